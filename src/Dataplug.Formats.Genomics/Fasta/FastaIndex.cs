using System.Text;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>The index of a FASTA object: where its sequences are, and how long their lines.</summary>
public class FastaIndex : ObjectIndex
{
    internal const string Names = "names";
    internal const string Headers = "sequences.header";
    internal const string Offsets = "sequences.offset";
    internal const string Lengths = "sequences.length";
    internal const string LineBases = "sequences.line-bases";
    internal const string LineWidths = "sequences.line-width";
    internal const string MarkOffsets = "ragged.offset";
    internal const string MarkBases = "ragged.bases";
    internal const string ContentSize = "content-size";

    // Within lines longer than this a cut may fall anywhere.
    private const long LongLine = 64 << 10;

    private readonly Columns _columns;
    private readonly Lazy<Dictionary<string, int>> _numbers;

    private protected FastaIndex(SidecarReader sidecar, Columns columns, GZipLineIndex? lineIndex)
        : base(sidecar)
    {
        _columns = columns;
        LineIndex = lineIndex;
        _numbers = new Lazy<Dictionary<string, int>>(() =>
        {
            var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
            for (var i = 0; i < _columns.Names.Length; i++)
                numbers.TryAdd(_columns.Names[i], i);
            return numbers;
        });
        Bases = _columns.Lengths.Sum();
    }

    /// <summary>Number of sequences.</summary>
    public int Count => _columns.Headers.Length;

    /// <summary>Number of bases (letters) of all sequences.</summary>
    public long Bases { get; }

    /// <summary>Bytes of content: of the object, or decompressed.</summary>
    public long UncompressedSize => _columns.ContentSize;

    /// <summary>Where the content of a compressed object is; null where the object is its content.</summary>
    public GZipLineIndex? LineIndex { get; }

    /// <summary>A sequence.</summary>
    /// <param name="number">Its number, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sequence.</exception>
    public FastaSequence this[int number]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(number);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(number, Count);
            return new FastaSequence(number, _columns.Names[number], _columns.Headers[number], _columns.Offsets[number], _columns.Lengths[number], _columns.LineBases[number], _columns.LineWidths[number], EndOf(number));
        }
    }

    /// <summary>The sequence of a name; of several with that name the first, as in samtools. Null where there is none.</summary>
    public FastaSequence? Find(string name) => _numbers.Value.TryGetValue(name, out var number) ? this[number] : null;

    /// <summary>
    /// Slices between cuts: slice i holds what lies from cut i up to, not including, cut i + 1. For strategies of your own.
    /// </summary>
    /// <param name="cuts">Places that never fall, one more than slices; the first and the last are taken for the start and the end of the
    /// object.</param>
    /// <param name="overlap">Bases of the next slice that a slice gives too, where its last sequence goes on there.</param>
    /// <exception cref="PartitionException">The cuts are no such places, or too many.</exception>
    public IReadOnlyList<FastaSlice> Cut(IReadOnlyList<FastaCut> cuts, long overlap = 0)
    {
        ArgumentNullException.ThrowIfNull(cuts);
        ArgumentOutOfRangeException.ThrowIfNegative(overlap);
        if (cuts.Count < 2)
            throw new PartitionException(Source.Uri.Display, "there are no two cuts");
        if (cuts.Count - 1 > LineCuts.MaxSlices)
            throw new PartitionException(Source.Uri.Display, $"a plan of {cuts.Count - 1} slices is not possible", $"Ask for 1 to {LineCuts.MaxSlices} slices.");
        var slices = new FastaSlice[cuts.Count - 1];
        long at = 0;
        for (var i = 0; i < slices.Length; i++)
        {
            var end = i == slices.Length - 1 ? UncompressedSize : OffsetOf(cuts[i + 1]);
            if (end < at)
                throw new PartitionException(Source.Uri.Display, $"cut {i + 1} comes before cut {i}");
            var to = end > at && overlap > 0 && i < slices.Length - 1 ? OverlapEnd(cuts[i + 1], end, overlap) : end;
            var lead = i > 0 && cuts[i].Base > 0 && end > at ? new FastaLead(_columns.Names[cuts[i].Sequence], cuts[i].Base) : null;
            slices[i] = NewSlice(i, slices.Length, at, to) with { Lead = lead, Overlap = to - end, FirstSequence = i == 0 ? 0 : cuts[i].Sequence };
            at = end;
        }

        return slices;
    }

    /// <summary>A slice for each region, as <c>samtools faidx</c> gives it: its bases, under the region as their name, in lines of 60.</summary>
    /// <param name="regions">The regions; what goes beyond the end of a sequence is left out.</param>
    /// <exception cref="PartitionException">There is no sequence of a name.</exception>
    public IReadOnlyList<FastaSlice> Cut(RegionList regions)
    {
        ArgumentNullException.ThrowIfNull(regions);
        var slices = new FastaSlice[regions.Regions.Count];
        for (var i = 0; i < slices.Length; i++)
        {
            var region = regions.Regions[i];
            var sequence = Find(region.Name)
                ?? throw new PartitionException(Source.Uri.Display, $"there is no sequence '{region.Name}'", "Ask for a name of a sequence: the title up to the first blank.");
            var start = Math.Min(region.Start, sequence.Length);
            var end = Math.Min(region.End, sequence.Length);
            var (from, skip) = start < end ? PlaceOf(sequence, start, isEnd: false) : (sequence.Offset, 0);
            var to = start < end ? PlaceOf(sequence, end, isEnd: true).Offset : from;
            slices[i] = NewSlice(i, slices.Length, from, to) with
            {
                FirstSequence = sequence.Number,
                Region = new FastaRegion(region.ToString(), start, end - start, skip),
            };
        }

        return slices;
    }

    /// <summary>Whether a sequence has a name.</summary>
    internal bool IsName(string name) => _numbers.Value.ContainsKey(name);

    /// <summary>The last place at or before a byte of the content at which may be cut.</summary>
    internal FastaCut CutBefore(long offset)
    {
        var found = Array.BinarySearch(_columns.Headers, offset);
        var number = found >= 0 ? found : ~found - 1;
        if (number < 0)
            return new FastaCut(0, 0);
        var (start, length) = (_columns.Offsets[number], _columns.Lengths[number]);
        if (offset <= start || length == 0)
            return new FastaCut(number, 0);
        if (_columns.LineWidths[number] == 0)
        {
            var mark = MarkBefore(number, offset);
            return new FastaCut(number, mark < 0 ? 0 : _columns.MarkBases[mark]);
        }

        // A line start; within a long line any base. The last line is cut off with bases in it.
        var (line, rest) = Math.DivRem(offset - start, _columns.LineWidths[number]);
        var bases = line * _columns.LineBases[number];
        return _columns.LineWidths[number] > LongLine
            ? new FastaCut(number, Math.Min(bases + Math.Min(rest, _columns.LineBases[number]), length - 1))
            : new FastaCut(number, Math.Min(bases, (length - 1) / _columns.LineBases[number] * _columns.LineBases[number]));
    }

    /// <summary>The first place at or after a base at which may be cut: that base itself, unless the sequence's lines differ.</summary>
    internal FastaCut CutAfter(int number, long bases)
    {
        var length = _columns.Lengths[number];
        if (bases < length && _columns.LineWidths[number] == 0)
        {
            var (first, end) = MarksOf(number);
            var found = Array.BinarySearch(_columns.MarkBases, first, end - first, bases);
            found = found >= 0 ? found : ~found;
            bases = found < end ? _columns.MarkBases[found] : length;
        }

        return bases < length ? new FastaCut(number, bases) : new FastaCut(number + 1, 0);
    }

    internal long LengthOf(int number) => _columns.Lengths[number];

    internal static string[] SplitNames(byte[] names)
    {
        if (names.Length == 0)
            return [];
        var text = Encoding.UTF8.GetString(names, 0, names.Length - 1);
        return text.Split('\n');
    }

    internal static async Task<FastaIndex> LoadAsync(SidecarReader sidecar, CancellationToken cancellationToken) =>
        new(sidecar, await Columns.ReadAsync(sidecar, cancellationToken).ConfigureAwait(false), null);

    private FastaSlice NewSlice(int index, int count, long start, long end) => new()
    {
        Source = Source,
        Index = index,
        Count = count,
        IsCompressed = LineIndex is not null,
        Content = ContentRange.Of(LineIndex, start, end),
    };

    private long EndOf(int number) => number + 1 < Count ? _columns.Headers[number + 1] : _columns.ContentSize;

    private long OffsetOf(FastaCut cut)
    {
        if (cut.Sequence < 0 || cut.Sequence > Count || cut.Base < 0 || (cut.Base > 0 && (cut.Sequence == Count || cut.Base >= _columns.Lengths[cut.Sequence])))
            throw new PartitionException(Source.Uri.Display, $"there is no base {cut.Base} of sequence {cut.Sequence} to cut before");
        if (cut.Sequence == Count)
            return _columns.ContentSize;
        if (cut.Base == 0)
            return _columns.Headers[cut.Sequence];
        var (offset, skip) = PlaceOf(this[cut.Sequence], cut.Base, isEnd: false);
        return skip == 0
            ? offset
            : throw new PartitionException(Source.Uri.Display, $"sequence {cut.Sequence} can't be cut before base {cut.Base}: its lines differ, and no mark is there", "Cut it where FastaIndex has a mark, or between sequences.");
    }

    // Where a base is, or the place after the one before; where lines differ, the nearest mark and how many bases follow it before that.
    private (long Offset, long Skip) PlaceOf(FastaSequence sequence, long bases, bool isEnd)
    {
        if (!sequence.IsRagged)
        {
            var last = isEnd ? bases - 1 : bases;
            return (sequence.Offset + (last / sequence.LineBases * sequence.LineWidth) + (last % sequence.LineBases) + (isEnd ? 1 : 0), 0);
        }

        var (first, end) = MarksOf(sequence.Number);
        var found = Array.BinarySearch(_columns.MarkBases, first, end - first, bases);
        if (isEnd)
        {
            found = found >= 0 ? found : ~found;
            return found < end ? (_columns.MarkOffsets[found], 0) : (sequence.EndOffset, 0);
        }

        // Of several marks at the same base the last: those before are of empty lines.
        found = found >= 0 ? found : ~found - 1;
        return found < first ? (sequence.Offset, bases) : (_columns.MarkOffsets[found], bases - _columns.MarkBases[found]);
    }

    private long OverlapEnd(FastaCut cut, long end, long overlap)
    {
        if (cut.Base == 0 || cut.Sequence >= Count)
            return end;
        var sequence = this[cut.Sequence];
        return Math.Max(end, PlaceOf(sequence, Math.Min(sequence.Length, cut.Base + overlap), isEnd: true).Offset);
    }

    private (int First, int End) MarksOf(int number)
    {
        var first = Array.BinarySearch(_columns.MarkOffsets, _columns.Offsets[number]);
        var end = Array.BinarySearch(_columns.MarkOffsets, EndOf(number));
        return (first >= 0 ? first : ~first, end >= 0 ? end : ~end);
    }

    private int MarkBefore(int number, long offset)
    {
        var (first, end) = MarksOf(number);
        var found = Array.BinarySearch(_columns.MarkOffsets, first, end - first, offset);
        found = found >= 0 ? found : ~found - 1;

        // Not behind the last base.
        while (found >= first && _columns.MarkBases[found] >= _columns.Lengths[number])
            found--;
        return found >= first ? found : -1;
    }

    /// <summary>The columns of the sidecar.</summary>
    private protected sealed record Columns(string[] Names, long[] Headers, long[] Offsets, long[] Lengths, long[] LineBases, long[] LineWidths, long[] MarkOffsets, long[] MarkBases, long ContentSize)
    {
        public static async Task<Columns> ReadAsync(SidecarReader sidecar, CancellationToken cancellationToken)
        {
            ArgumentNullException.ThrowIfNull(sidecar);
            var size = await sidecar.ReadColumnAsync(FastaIndex.ContentSize, cancellationToken).ConfigureAwait(false);
            var columns = new Columns(
                SplitNames(await sidecar.ReadSectionAsync(FastaIndex.Names, cancellationToken).ConfigureAwait(false)),
                await sidecar.ReadColumnAsync(FastaIndex.Headers, cancellationToken).ConfigureAwait(false),
                await sidecar.ReadColumnAsync(FastaIndex.Offsets, cancellationToken).ConfigureAwait(false),
                await sidecar.ReadColumnAsync(FastaIndex.Lengths, cancellationToken).ConfigureAwait(false),
                await sidecar.ReadColumnAsync(FastaIndex.LineBases, cancellationToken).ConfigureAwait(false),
                await sidecar.ReadColumnAsync(FastaIndex.LineWidths, cancellationToken).ConfigureAwait(false),
                await sidecar.ReadColumnAsync(FastaIndex.MarkOffsets, cancellationToken).ConfigureAwait(false),
                await sidecar.ReadColumnAsync(FastaIndex.MarkBases, cancellationToken).ConfigureAwait(false),
                size.Length == 1 ? size[0] : -1);
            return columns.AreSound() ? columns : throw new CorruptIndexException(sidecar.Header.Source.Uri.Display, "the columns of its FASTA index contradict each other");
        }

        private bool AreSound()
        {
            if (ContentSize < 0 || MarkOffsets.Length != MarkBases.Length
                || new[] { Headers.Length, Offsets.Length, Lengths.Length, LineBases.Length, LineWidths.Length }.Any(length => length != Names.Length))
            {
                return false;
            }

            long at = 0;
            for (var i = 0; i < Headers.Length; i++)
            {
                var end = i + 1 < Headers.Length ? Headers[i + 1] : ContentSize;
                if (Headers[i] < at || Offsets[i] <= Headers[i] || Offsets[i] > end || Lengths[i] < 0 || Lengths[i] > end - Offsets[i] || !HasSoundLines(i, end))
                    return false;
                at = Offsets[i];
            }

            return Array.TrueForAll(MarkBases, bases => bases >= 0) && MarkOffsets.AsSpan().IndexOfAnyExceptInRange(0, ContentSize) < 0
                && !MarkOffsets.Zip(MarkOffsets.Skip(1)).Any(pair => pair.First >= pair.Second);
        }

        private bool HasSoundLines(int i, long end)
        {
            var (bases, width) = (LineBases[i], LineWidths[i]);
            if (width == 0)
                return bases == 0;
            return bases > 0 && width > bases && Lengths[i] > 0 && (Lengths[i] - 1) / bases <= (end - Offsets[i]) / width;
        }
    }
}

/// <summary>The index of a FASTA object in gzip or BGZF.</summary>
internal sealed class FastaGZipIndex : FastaIndex, IGZipIndexed
{
    private FastaGZipIndex(SidecarReader sidecar, Columns columns, GZipLineIndex lineIndex)
        : base(sidecar, columns, lineIndex)
    {
    }

    /// <inheritdoc/>
    GZipLineIndex IGZipIndexed.LineIndex => LineIndex!;

    internal static new async Task<FastaGZipIndex> LoadAsync(SidecarReader sidecar, CancellationToken cancellationToken)
    {
        var lines = await GZipLineIndex.LoadAsync(sidecar, cancellationToken).ConfigureAwait(false);
        var columns = await Columns.ReadAsync(sidecar, cancellationToken).ConfigureAwait(false);
        return columns.ContentSize == lines.ContentSize
            ? new FastaGZipIndex(sidecar, columns, lines)
            : throw new CorruptIndexException(sidecar.Header.Source.Uri.Display, "the columns of its FASTA index contradict each other");
    }
}

/// <summary>A place to cut a FASTA object at.</summary>
/// <param name="Sequence">The number of a sequence, from 0; the number of sequences for the end of the object.</param>
/// <param name="Base">The base before which is cut, from 0; 0 cuts before the header.</param>
public readonly record struct FastaCut(int Sequence, long Base);
