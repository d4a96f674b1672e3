using System.Text.Json;
using Dataplug.Compression;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Storage;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>The index of a BAM object: where its records are, and, where it is sorted, those of every run of positions.</summary>
public sealed class BamIndex : ObjectIndex
{
    /// <summary>The most ranges that one slice fetches; nearer ones are merged.</summary>
    public const int MaxRangesPerSlice = 16;

    private readonly BlobReference _headerBlocks;
    private readonly long[] _markOffsets;
    private readonly long[] _markPositions;
    private readonly long[]? _markNumbers;
    private readonly Dictionary<int, (long Mapped, long Unmapped)> _counts;

    private BamIndex(SidecarReader sidecar, BamAttributes alignments, BamHeader header, BlobReference headerBlocks, long[] markOffsets, long[] markPositions, long[]? markNumbers, Dictionary<int, (long, long)> counts, BinningIndex? bins)
        : base(sidecar)
    {
        Alignments = alignments;
        Header = header;
        Bins = bins;
        _headerBlocks = headerBlocks;
        _markOffsets = markOffsets;
        _markPositions = markPositions;
        _markNumbers = markNumbers;
        _counts = counts;
        var isRising = markPositions.Length == markOffsets.Length && (markNumbers is null || markNumbers.Length == markOffsets.Length);
        for (var i = 1; isRising && i < markOffsets.Length; i++)
            isRising = (ulong)markOffsets[i] > (ulong)markOffsets[i - 1] && markPositions[i] >= markPositions[i - 1] && (markNumbers is null || markNumbers[i] > markNumbers[i - 1]);
        if (!isRising)
            throw new CorruptIndexException(Source.Uri.Display, "the marks of a BAM index do not rise");
    }

    /// <summary>The attributes, typed.</summary>
    public BamAttributes Alignments { get; }

    /// <summary>The header.</summary>
    public BamHeader Header { get; }

    /// <summary>Number of records; null where an imported index did not tell.</summary>
    public long? Records => Alignments.Records;

    /// <summary>Whether the records are sorted by position, so that regions can be asked for.</summary>
    public bool IsSorted => Bins is not null;

    /// <summary>Where the records of a run of positions are; null where they are not sorted.</summary>
    public BinningIndex? Bins { get; }

    /// <summary>Numbers of records on a reference sequence, mapped and not, as <c>samtools idxstats</c> has them.</summary>
    /// <param name="reference">The number of the sequence.</param>
    public (long Mapped, long Unmapped) CountsOf(int reference) => _counts.GetValueOrDefault(reference);

    /// <summary>
    /// Slices between cuts: slice i holds the records from cut i up to, not including, cut i + 1. For strategies of your own.
    /// </summary>
    /// <param name="cuts">Record numbers that never fall, from 0 to <see cref="Records"/>: one more than slices.</param>
    /// <exception cref="PartitionException">The cuts are not such numbers, or too many, or the index does not number the records.</exception>
    public IReadOnlyList<BamSlice> Cut(IReadOnlyList<long> cuts)
    {
        ArgumentNullException.ThrowIfNull(cuts);
        var records = RequireNumbers();
        if (cuts.Count < 2 || cuts[0] != 0 || cuts[^1] != records || !Enumerable.Range(1, cuts.Count - 1).All(i => cuts[i] >= cuts[i - 1]))
            throw new PartitionException(Source.Uri.Display, $"cuts are record numbers that rise from 0 to {records}");
        _ = CheckCount(cuts.Count - 1);
        var slices = new BamSlice[cuts.Count - 1];
        for (var i = 0; i < slices.Length; i++)
        {
            var count = cuts[i + 1] - cuts[i];
            if (count == 0)
            {
                slices[i] = Make(i, slices.Length, []) with { FirstRecord = cuts[i], RecordCount = 0 };
                continue;
            }

            var mark = LastMarkUpTo(cuts[i]);
            var next = FirstMarkFrom(cuts[i + 1]);
            var start = mark < 0 ? Alignments.FirstRecord : Mark(mark);
            var skip = cuts[i] - (mark < 0 ? 0 : _markNumbers![mark]);
            var end = next == _markOffsets.Length ? Alignments.RecordsEnd : Mark(next);
            var surplus = (next == _markOffsets.Length ? records : _markNumbers![next]) - cuts[i + 1];
            slices[i] = Make(i, slices.Length, [RangeOf(start, end)]) with
            {
                FirstRecord = cuts[i],
                RecordCount = count,
                Selection = skip + surplus > 0 ? new BamSelection { Skip = skip, Take = count } : null,
            };
        }

        return slices;
    }

    /// <summary>
    /// Slices that each hold the records which overlap a region, in the order of the regions; a record that overlaps several belongs to
    /// the first one in the order of positions. The region <c>*</c> stands for the records without a place.
    /// </summary>
    /// <exception cref="PartitionException">The object is not sorted by position, or has no reference sequence of a name.</exception>
    public IReadOnlyList<BamSlice> Select(RegionList regions)
    {
        ArgumentNullException.ThrowIfNull(regions);
        var bins = RequireSorted();
        var fences = regions.Fences();
        var slices = new BamSlice[CheckCount(regions.Regions.Count)];
        var isUnplacedGiven = false;
        for (var i = 0; i < slices.Length; i++)
        {
            var region = regions.Regions[i];
            if (region.Name == "*" && !Header.TryFind(region.Name, out var number))
            {
                slices[i] = isUnplacedGiven ? Make(i, slices.Length, []) : MakeUnplaced(i, slices.Length);
                isUnplacedGiven = true;
                continue;
            }

            if (!Header.TryFind(region.Name, out number))
                throw new PartitionException(Source.Uri.Display, $"there is no reference sequence '{region.Name}'; there are: {string.Join(", ", Header.References.Take(8).Select(reference => reference.Name))}{(Header.References.Count > 8 ? ", …" : "")}", "Write the names as the object's header has them.");
            slices[i] = MakeOverlap(bins, i, slices.Length, new BamOverlap(number, region.Start, Math.Min(region.End, bins.Scheme.MaxPosition), fences[i] > 0 ? fences[i] : -1));
        }

        return slices;
    }

    /// <summary>Cuts at the first mark, a place of a record that the index keeps, so many stored bytes behind the cut before.</summary>
    internal IReadOnlyList<BamSlice> CutBySize(long bytes)
    {
        var cuts = new List<int> { 0 };
        for (var mark = 0; mark < _markOffsets.Length;)
        {
            mark = Math.Max(mark + 1, Ascend(_markPositions, _markPositions[mark] + Math.Min(bytes, Source.Size)));
            if (mark < _markOffsets.Length)
                cuts.Add(mark);
        }

        cuts.Add(_markOffsets.Length);
        return CutAtMarks(cuts);
    }

    /// <summary>Cuts at the marks nearest behind equal shares of the stored object.</summary>
    internal IReadOnlyList<BamSlice> CutInto(int count)
    {
        var cuts = new int[CheckCount(count) + 1];
        var (first, end) = (_markPositions.FirstOrDefault(), PositionOfEnd());
        for (var i = 1; i < count; i++)
            cuts[i] = Math.Max(cuts[i - 1], Ascend(_markPositions, first + (long)((Int128)(end - first) * i / count)));
        cuts[^1] = _markOffsets.Length;
        return CutAtMarks(cuts);
    }

    internal IReadOnlyList<BamSlice> ByReferences()
    {
        var bins = RequireSorted();
        var extents = Enumerable.Range(0, bins.References.Count).Select(number => (Number: number, Extent: bins.Extent(number)))
            .Where(reference => reference.Extent is not null).OrderBy(reference => reference.Extent!.Value.Start.Value).ToArray();
        var slices = new BamSlice[CheckCount(extents.Length + 1L)];
        for (var i = 0; i < extents.Length; i++)
        {
            // To where the next one starts: an index of others may end a sequence short of it, at an empty block.
            var end = i + 1 < extents.Length ? extents[i + 1].Extent!.Value.Start : extents[i].Extent!.Value.End;
            var counts = CountsOf(extents[i].Number);
            slices[i] = Make(i, slices.Length, [RangeOf(extents[i].Extent!.Value.Start, end)]) with { RecordCount = counts.Mapped + counts.Unmapped > 0 ? counts.Mapped + counts.Unmapped : null };
        }

        slices[^1] = MakeUnplaced(extents.Length, slices.Length);
        return slices;
    }

    internal IReadOnlyList<BamSlice> ByWindows(long length)
    {
        var bins = RequireSorted();
        var numbers = InOrder(bins);
        var slices = new BamSlice[CheckCount(numbers.Sum(number => WindowsOf(number, length)) + 1)];
        var i = 0;
        foreach (var number in numbers)
        {
            var windows = WindowsOf(number, length);
            for (var window = 0L; window < windows; window++, i++)
            {
                // The first has also what starts nowhere, the last what starts behind the sequence's end.
                var start = window == 0 ? -1 : window * length;
                var end = window == windows - 1 ? bins.Scheme.MaxPosition : (window + 1) * length;
                slices[i] = MakeOverlap(bins, i, slices.Length, new BamOverlap(number, start, end, start));
            }
        }

        slices[i] = MakeUnplaced(i, slices.Length);
        return slices;
    }

    internal IReadOnlyList<BamSlice> UnplacedOnly()
    {
        _ = RequireSorted();
        return [MakeUnplaced(0, 1)];
    }

    internal long RequireNumbers() => _markNumbers is not null && Records is { } records
        ? records
        : throw new PartitionException(Source.Uri.Display, $"the index was made of a {Alignments.ImportedFrom} index, which does not number the records", "Preprocess the object itself, with force, or cut it by another strategy.");

    internal static async Task<BamIndex> LoadAsync(SidecarReader sidecar, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sidecar);
        var name = sidecar.Header.Source.Uri.Display;
        BamAttributes alignments;
        BamHeader header;
        try
        {
            alignments = sidecar.Attributes.Deserialize(BamIndexJson.Default.BamAttributes)!;
            header = BamHeader.Parse(await sidecar.ReadSectionAsync(BamIndexContent.HeaderSection, cancellationToken).ConfigureAwait(false), name);
        }
        catch (Exception failure) when (failure is JsonException or CorruptObjectException or UnsupportedFormatException)
        {
            throw new CorruptIndexException(name, "the index's attributes or header are not those of a BAM object", innerException: failure);
        }

        var blobs = await sidecar.ReadBlobTableAsync(BamIndexContent.HeaderBlobs, cancellationToken).ConfigureAwait(false);
        if (blobs.Count != 1)
            throw new CorruptIndexException(name, "the header of a BAM index is missing");
        var references = await sidecar.ReadColumnAsync(BamIndexContent.CountReferenceColumn, cancellationToken).ConfigureAwait(false);
        var mapped = await sidecar.ReadColumnAsync(BamIndexContent.CountMappedColumn, cancellationToken).ConfigureAwait(false);
        var unmapped = await sidecar.ReadColumnAsync(BamIndexContent.CountUnmappedColumn, cancellationToken).ConfigureAwait(false);
        if (mapped.Length != references.Length || unmapped.Length != references.Length)
            throw new CorruptIndexException(name, "the counts of a BAM index are of different lengths");
        var counts = new Dictionary<int, (long, long)>(references.Length);
        for (var i = 0; i < references.Length; i++)
            counts[(int)references[i]] = (mapped[i], unmapped[i]);
        return new BamIndex(
            sidecar,
            alignments,
            header,
            blobs[0],
            await sidecar.ReadColumnAsync(BamIndexContent.MarkOffsetColumn, cancellationToken).ConfigureAwait(false),
            await sidecar.ReadColumnAsync(BamIndexContent.MarkPositionColumn, cancellationToken).ConfigureAwait(false),
            sidecar.HasSection(BamIndexContent.MarkNumberColumn) ? await sidecar.ReadColumnAsync(BamIndexContent.MarkNumberColumn, cancellationToken).ConfigureAwait(false) : null,
            counts,
            sidecar.HasSection(BamIndexContent.BinsSection)
                ? BinningIndexCodec.FromBytes(await sidecar.ReadSectionAsync(BamIndexContent.BinsSection, cancellationToken).ConfigureAwait(false), [.. header.References.Select(reference => reference.Name)], name)
                : null);
    }

    private static int Ascend(long[] column, long value)
    {
        var found = Array.BinarySearch(column, value);
        if (found < 0)
            return ~found;
        while (found > 0 && column[found - 1] == value)
            found--;
        return found;
    }

    private static List<BgzfRange> Merge(IEnumerable<BgzfRange> ranges)
    {
        var merged = new List<BgzfRange>();
        foreach (var range in ranges)
        {
            if (merged.Count > 0 && range.Start.Block - merged[^1].StoredEnd <= ReadManyOptions.Default.MaxGap)
                merged[^1] = Join(merged[^1], range);
            else
                merged.Add(range);
        }

        while (merged.Count > MaxRangesPerSlice)
        {
            var nearest = Enumerable.Range(1, merged.Count - 1).MinBy(i => merged[i].Start.Block - merged[i - 1].StoredEnd);
            merged[nearest - 1] = Join(merged[nearest - 1], merged[nearest]);
            merged.RemoveAt(nearest);
        }

        return merged;

        static BgzfRange Join(BgzfRange first, BgzfRange second) => first with { End = second.End, StoredEnd = Math.Max(first.StoredEnd, second.StoredEnd) };
    }

    private BamSlice[] CutAtMarks(IReadOnlyList<int> cuts)
    {
        _ = CheckCount(cuts.Count - 1);
        var slices = new BamSlice[cuts.Count - 1];
        for (var i = 0; i < slices.Length; i++)
        {
            var (first, next) = (cuts[i], cuts[i + 1]);
            var number = _markNumbers is null ? (long?)null : NumberOf(first);
            slices[i] = Make(i, slices.Length, first < next ? [RangeOf(Mark(first), next == _markOffsets.Length ? Alignments.RecordsEnd : Mark(next))] : []) with
            {
                FirstRecord = number,
                RecordCount = number is null ? null : NumberOf(next) - number,
            };
        }

        return slices;
    }

    private BamSlice MakeOverlap(BinningIndex bins, int i, int count, BamOverlap overlap)
    {
        var chunks = overlap.End > Math.Max(0, overlap.Start) ? bins.Query(overlap.ReferenceId, Math.Max(0, overlap.Start), overlap.End) : [];
        return Make(i, count, Merge(chunks.Select(chunk => RangeOf(chunk.Start, chunk.End)))) with { Selection = new BamSelection { Overlap = overlap } };
    }

    private BamSlice MakeUnplaced(int i, int count)
    {
        var start = Alignments.FirstRecord;
        for (var number = 0; number < Bins!.References.Count; number++)
        {
            if (Bins.Extent(number) is { } extent && extent.End > start)
                start = extent.End;
        }

        var isNone = Alignments.Unplaced == 0;
        return Make(i, count, isNone || start >= Alignments.RecordsEnd ? [] : [RangeOf(start, Alignments.RecordsEnd)]) with
        {
            RecordCount = Alignments.Unplaced,
            FirstRecord = Records - Alignments.Unplaced,
        };
    }

    private BamSlice Make(int i, int count, IReadOnlyList<BgzfRange> parts) => new()
    {
        Source = Source,
        Index = i,
        Count = count,
        Header = _headerBlocks,
        Parts = parts,
    };

    // In the order of the object; those without records behind those that the header has before them.
    private static int[] InOrder(BinningIndex bins)
    {
        var keys = new ulong[bins.References.Count];
        for (var i = 0; i < keys.Length; i++)
            keys[i] = bins.Extent(i)?.Start.Value ?? (i > 0 ? keys[i - 1] : 0);
        return [.. Enumerable.Range(0, keys.Length).OrderBy(i => keys[i])];
    }

    private long WindowsOf(int number, long length) => Math.Max(1, ((Header.References[number].Length - 1) / length) + 1);

    // The block that a range ends in ends where the next mark's starts, or before.
    private BgzfRange RangeOf(VirtualOffset start, VirtualOffset end)
    {
        var range = BgzfRange.Between(start, end, Source.Size);
        if (end.Within == 0)
            return range;
        var (low, high) = (0, _markOffsets.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Mark(middle).Block <= end.Block)
                low = middle + 1;
            else
                high = middle;
        }

        return low < _markOffsets.Length ? range with { StoredEnd = Math.Min(range.StoredEnd, Mark(low).Block) } : range;
    }

    private VirtualOffset Mark(int mark) => new((ulong)_markOffsets[mark]);

    private long NumberOf(int mark) => mark == _markOffsets.Length ? Records!.Value : _markNumbers![mark];

    private long PositionOfEnd() => Alignments.RecordsEnd.Block + (Alignments.RecordsEnd.Within == 0 ? 0 : 1);

    private int LastMarkUpTo(long number)
    {
        var found = Array.BinarySearch(_markNumbers!, number);
        return found < 0 ? ~found - 1 : found;
    }

    private int FirstMarkFrom(long number)
    {
        var found = Array.BinarySearch(_markNumbers!, number);
        return found < 0 ? ~found : found;
    }

    private BinningIndex RequireSorted() => Bins
        ?? throw new PartitionException(Source.Uri.Display, $"the object is not sorted by position: {Alignments.Unsorted}", "Sort it: samtools sort -o SORTED.bam IN.bam; or cut it by chunks, bytes or records.");

    private int CheckCount(long count) =>
        count is >= 1 and <= LineCuts.MaxSlices
            ? (int)count
            : throw new PartitionException(Source.Uri.Display, $"a plan of {count} slices is not possible", $"Ask for 1 to {LineCuts.MaxSlices} slices.");
}
