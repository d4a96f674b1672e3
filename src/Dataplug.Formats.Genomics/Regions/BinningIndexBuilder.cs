using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using Dataplug.Compression;

namespace Dataplug.Formats.Genomics;

/// <summary>
/// Makes a <see cref="BinningIndex"/> of records in the order of their object, as samtools, tabix and bcftools do; or of the builders
/// of its parts, in the order of the object.
/// </summary>
/// <remarks>Memory is about that of the index. What can't be indexed because it is not sorted does not throw: it is told by
/// <see cref="Unsorted"/>.</remarks>
public sealed class BinningIndexBuilder
{
    /// <summary>The position behind the last that a record can have: 2³².</summary>
    public const long MaxPosition = 1L << 32;

    // Bins are numbered for this many levels and renumbered for as many as are needed at the end.
    private static readonly BinningScheme Widest = new(14, 6);

    // Null where a sequence has no records, as most have where there are millions.
    private readonly List<Reference?> _references = [];
    private readonly List<int> _order = [];
    private Reference? _current;
    private long _unplaced;

    /// <summary>Where the records are found not to be sorted: the place of the first record that comes too late, and why; null while
    /// they are.</summary>
    public (VirtualOffset Place, string Problem)? Unsorted { get; private set; }

    /// <summary>Number of sequences that were named so far: one more than the highest number.</summary>
    public int ReferenceCount => _references.Count;

    /// <summary>Adds the next record.</summary>
    /// <param name="reference">The number of its sequence, from 0; −1 for a record without a place.</param>
    /// <param name="start">Its first position, from 0; −1 is taken as 0.</param>
    /// <param name="end">The position after its last.</param>
    /// <param name="place">Where it starts in the object.</param>
    /// <param name="placeAfter">Where it ends.</param>
    /// <param name="isMapped">Whether it is mapped.</param>
    public void Add(int reference, long start, long end, VirtualOffset place, VirtualOffset placeAfter, bool isMapped = true)
    {
        if (Unsorted is not null)
            return;
        if (reference < 0)
        {
            _unplaced++;
            _current = null;
            return;
        }

        var binned = Get(reference);
        if (binned != _current && !Begin(reference, binned, place))
            return;
        start = Math.Max(0, start);
        end = Math.Max(start + 1, end);
        if (end > MaxPosition)
        {
            Unsorted = (place, string.Create(CultureInfo.InvariantCulture, $"a record ends at position {end}, beyond {MaxPosition}"));
            return;
        }

        if (start < binned.LastStart)
        {
            Unsorted = (place, string.Create(CultureInfo.InvariantCulture, $"a record at position {start + 1} comes after one at {binned.LastStart + 1}"));
            return;
        }

        binned.Add(Widest.BinOf(start, end), start, end, place, placeAfter, isMapped);
    }

    /// <summary>Adds what the builder of the next part holds.</summary>
    /// <param name="next">That builder.</param>
    /// <param name="numbers">The numbers here of its sequences; null where they are the same.</param>
    public void Append(BinningIndexBuilder next, IReadOnlyList<int>? numbers = null)
    {
        ArgumentNullException.ThrowIfNull(next);
        if (Unsorted is not null)
            return;
        if (next._order.Count == 0 && next.Unsorted is null)
        {
            _current = next._unplaced > 0 ? null : _current;
            _unplaced += next._unplaced;
            return;
        }

        foreach (var number in next._order)
        {
            var part = next._references[number]!;
            var reference = numbers is null ? number : numbers[number];
            var binned = Get(reference);
            if (binned != _current && !Begin(reference, binned, part.Extent.Start))
                return;
            if (part.FirstStart < binned.LastStart)
            {
                Unsorted = (part.Extent.Start, string.Create(CultureInfo.InvariantCulture, $"a record at position {part.FirstStart + 1} comes after one at {binned.LastStart + 1}"));
                return;
            }

            binned.Append(part);
        }

        _unplaced += next._unplaced;
        if (next._current is null)
            _current = null;
        Unsorted = next.Unsorted;
    }

    /// <summary>Makes the index of what was added.</summary>
    /// <param name="names">The names of all sequences, in the order of their numbers; sequences without records need not have any.</param>
    /// <param name="maxLength">Positions of the longest sequence, as far as they are known: what the number of levels goes by.</param>
    /// <exception cref="InvalidOperationException">The records are not sorted.</exception>
    public BinningIndex Build(IReadOnlyList<string> names, long maxLength = 0)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (Unsorted is not null)
            throw new InvalidOperationException("The records are not sorted.");
        var longest = Math.Max(maxLength, _references.Select(reference => reference?.MaxEnd ?? 0).DefaultIfEmpty().Max());
        var scheme = longest <= BinningScheme.Classic.MaxPosition ? BinningScheme.Classic : BinningScheme.For(Widest.MinShift, longest);
        if (scheme.Depth > Widest.Depth)
            scheme = Widest;
        var references = new BinnedReference[Math.Max(names.Count, _references.Count)];
        for (var i = 0; i < references.Length; i++)
        {
            var name = i < names.Count ? names[i] : null;
            references[i] = i < _references.Count && _references[i] is { Records: > 0 } reference ? reference.Build(name, scheme) : new BinnedReference(name, [], [], null);
        }

        return new BinningIndex(scheme, references, _unplaced);
    }

    /// <summary>Writes what was added, so that a builder elsewhere can go on with it.</summary>
    public void Save(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write7BitEncodedInt64(_unplaced);
        writer.Write(_current is null);
        writer.Write(Unsorted is not null);
        if (Unsorted is { } unsorted)
        {
            writer.Write(unsorted.Place.Value);
            writer.Write(unsorted.Problem);
        }

        writer.Write7BitEncodedInt(_order.Count);
        foreach (var number in _order)
        {
            writer.Write7BitEncodedInt(number);
            _references[number]!.Save(writer);
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="CorruptIndexException">The bytes are something else.</exception>
    public static BinningIndexBuilder Load(BinaryReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        try
        {
            var builder = new BinningIndexBuilder { _unplaced = reader.Read7BitEncodedInt64() };
            var isAtUnplaced = reader.ReadBoolean();
            if (reader.ReadBoolean())
                builder.Unsorted = (new VirtualOffset(reader.ReadUInt64()), reader.ReadString());
            for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
            {
                var number = reader.Read7BitEncodedInt();
                builder._current = builder.Get(number);
                builder._current.Load(reader);
                builder._order.Add(number);
            }

            if (isAtUnplaced)
                builder._current = null;
            return builder;
        }
        catch (Exception failure) when (failure is EndOfStreamException or FormatException or ArgumentException)
        {
            throw new CorruptIndexException(null, "a partial result of preprocessing is damaged", innerException: failure);
        }
    }

    private Reference Get(int number)
    {
        while (_references.Count <= number)
            _references.Add(null);
        return _references[number] ??= new Reference();
    }

    private bool Begin(int number, Reference reference, VirtualOffset place)
    {
        if (reference.Records > 0)
            Unsorted = (place, "the records of a sequence are not all together");
        else if (_unplaced > 0)
            Unsorted = (place, "a record on a sequence comes after records without a place");
        else
            _order.Add(number);
        _current = reference;
        return Unsorted is null;
    }

    private sealed class Reference
    {
        private readonly Dictionary<int, List<VirtualChunk>> _bins = [];
        private readonly List<ulong> _linear = [];
        private int _lastBin = -1;
        private List<VirtualChunk> _lastChunks = [];

        public long Records => Mapped + Unmapped;

        public long Mapped { get; private set; }

        public long Unmapped { get; private set; }

        public long FirstStart { get; private set; }

        public long LastStart { get; private set; }

        public long MaxEnd { get; private set; }

        public VirtualChunk Extent { get; private set; }

        public void Add(int bin, long start, long end, VirtualOffset place, VirtualOffset placeAfter, bool isMapped)
        {
            if (Records == 0)
            {
                FirstStart = start;
                Extent = new VirtualChunk(place, placeAfter);
            }

            if (bin != _lastBin)
            {
                _lastBin = bin;
                if (!_bins.TryGetValue(bin, out _lastChunks!))
                    _bins.Add(bin, _lastChunks = []);
            }

            AddChunk(_lastChunks, new VirtualChunk(place, placeAfter));

            // Records are sorted: all windows from this one's start to the furthest so far have an earlier record.
            var last = (int)((end - 1) >> Widest.MinShift);
            for (var window = _linear.Count; window <= last; window++)
                _linear.Add(window < (int)(start >> Widest.MinShift) ? ulong.MaxValue : place.Value);
            Extent = Extent with { End = placeAfter };
            LastStart = start;
            MaxEnd = Math.Max(MaxEnd, end);
            if (isMapped)
                Mapped++;
            else
                Unmapped++;
        }

        public void Append(Reference next)
        {
            if (Records == 0)
            {
                FirstStart = next.FirstStart;
                Extent = next.Extent;
            }

            foreach (var (bin, chunks) in next._bins)
            {
                if (!_bins.TryGetValue(bin, out var list))
                    _bins.Add(bin, list = []);
                foreach (var chunk in chunks)
                    AddChunk(list, chunk);
            }

            _lastBin = -1;
            for (var window = _linear.Count; window < next._linear.Count; window++)
                _linear.Add(next._linear[window]);
            Extent = Extent with { End = next.Extent.End };
            LastStart = next.LastStart;
            MaxEnd = Math.Max(MaxEnd, next.MaxEnd);
            Mapped += next.Mapped;
            Unmapped += next.Unmapped;
        }

        public BinnedReference Build(string? name, BinningScheme scheme)
        {
            var levels = Widest.Depth - scheme.Depth;
            var bins = new SortedDictionary<int, List<VirtualChunk>>();
            foreach (var (bin, chunks) in _bins)
                bins.Add(Renumber(bin, levels), [.. chunks]);
            var linear = FillLinear();
            PushUp(bins, scheme);
            return new BinnedReference(
                name,
                bins.Select(bin => new IndexBin(bin.Key, FirstOverlap(linear, scheme.FirstWindow(bin.Key)), MergeByBlock(bin.Value))),
                linear,
                new ReferenceMetadata(Extent, Mapped, Unmapped));
        }

        public void Save(BinaryWriter writer)
        {
            foreach (var number in (ReadOnlySpan<long>)[Mapped, Unmapped, FirstStart, LastStart, MaxEnd])
                writer.Write7BitEncodedInt64(number);
            writer.Write(Extent.Start.Value);
            writer.Write(Extent.End.Value);
            writer.Write7BitEncodedInt(_bins.Count);
            foreach (var (bin, chunks) in _bins.OrderBy(bin => bin.Key))
            {
                writer.Write7BitEncodedInt(bin);
                writer.Write7BitEncodedInt(chunks.Count);
                ulong at = 0;
                foreach (var chunk in chunks)
                {
                    writer.Write7BitEncodedInt64((long)(chunk.Start.Value - at));
                    writer.Write7BitEncodedInt64((long)(chunk.End.Value - chunk.Start.Value));
                    at = chunk.End.Value;
                }
            }

            // Windows that the same record opens are many; those before the part's first record are not known here.
            writer.Write7BitEncodedInt(_linear.Count);
            for (var i = 0; i < _linear.Count;)
            {
                var run = i;
                while (run < _linear.Count && _linear[run] == _linear[i])
                    run++;
                writer.Write7BitEncodedInt(run - i);
                writer.Write(_linear[i]);
                i = run;
            }
        }

        public void Load(BinaryReader reader)
        {
            (Mapped, Unmapped) = (reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64());
            (FirstStart, LastStart, MaxEnd) = (reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64());
            Extent = new VirtualChunk(new VirtualOffset(reader.ReadUInt64()), new VirtualOffset(reader.ReadUInt64()));
            for (var bins = reader.Read7BitEncodedInt(); bins > 0; bins--)
            {
                var chunks = new List<VirtualChunk>();
                _bins.Add(reader.Read7BitEncodedInt(), chunks);
                ulong at = 0;
                for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
                {
                    var start = at + (ulong)reader.Read7BitEncodedInt64();
                    at = start + (ulong)reader.Read7BitEncodedInt64();
                    chunks.Add(new VirtualChunk(new VirtualOffset(start), new VirtualOffset(at)));
                }
            }

            for (var windows = reader.Read7BitEncodedInt(); _linear.Count < windows;)
            {
                var run = reader.Read7BitEncodedInt();
                if (run <= 0 || run > windows - _linear.Count)
                    throw new FormatException("a run of windows is too long");
                CollectionsMarshal.SetCount(_linear, _linear.Count + run);
                CollectionsMarshal.AsSpan(_linear)[^run..].Fill(reader.ReadUInt64());
            }
        }

        // The records of a bin that follow one another are one chunk.
        private static void AddChunk(List<VirtualChunk> chunks, VirtualChunk chunk)
        {
            if (chunks.Count > 0 && chunks[^1].End == chunk.Start)
                chunks[^1] = chunks[^1] with { End = chunk.End };
            else
                chunks.Add(chunk);
        }

        private static int Renumber(int bin, int levels)
        {
            for (var level = Widest.Depth; level >= 0; level--)
            {
                if (bin >= BinningScheme.FirstBin(level))
                    return level < levels ? 0 : bin - BinningScheme.FirstBin(level) + BinningScheme.FirstBin(level - levels);
            }

            return 0;
        }

        // Windows without a record have the place of the one before, and those before the first record that of it.
        private VirtualOffset[] FillLinear()
        {
            var linear = new VirtualOffset[_linear.Count];
            var last = Extent.Start.Value;
            for (var i = 0; i < linear.Length; i++)
            {
                last = _linear[i] == ulong.MaxValue ? last : _linear[i];
                linear[i] = new VirtualOffset(last);
            }

            return linear;
        }

        private static VirtualOffset FirstOverlap(VirtualOffset[] linear, int window) => window < linear.Length ? linear[window] : default;

        // A bin whose records lie close together goes into the bin above it, where that exists: it would save no read.
        private static void PushUp(SortedDictionary<int, List<VirtualChunk>> bins, BinningScheme scheme)
        {
            for (var level = scheme.Depth; level > 0; level--)
            {
                foreach (var bin in bins.Keys.Where(bin => bin >= BinningScheme.FirstBin(level)).ToArray())
                {
                    var chunks = bins[bin];
                    if (level < scheme.Depth)
                        Sort(chunks);
                    if (chunks[^1].End.Block - chunks[0].Start.Block >= 0x10000 || !bins.TryGetValue(BinningScheme.Parent(bin), out var above))
                        continue;
                    above.AddRange(chunks);
                    bins.Remove(bin);
                }
            }

            if (bins.TryGetValue(0, out var root))
                Sort(root);
        }

        private static void Sort(List<VirtualChunk> chunks) => chunks.Sort((a, b) => a.Start.CompareTo(b.Start));

        // Chunks that share a block are one.
        private static List<VirtualChunk> MergeByBlock(List<VirtualChunk> chunks)
        {
            var merged = new List<VirtualChunk>(chunks.Count);
            foreach (var chunk in chunks)
            {
                if (merged.Count > 0 && merged[^1].End.Block >= chunk.Start.Block)
                    merged[^1] = merged[^1] with { End = merged[^1].End > chunk.End ? merged[^1].End : chunk.End };
                else
                    merged.Add(chunk);
            }

            return merged;
        }
    }
}
