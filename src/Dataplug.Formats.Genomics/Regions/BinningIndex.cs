using Dataplug.Compression;

namespace Dataplug.Formats.Genomics;

/// <summary>
/// Where the records of a sorted BGZF object are that overlap a run of positions: what BAI, CSI and tabix indexes hold (SAM
/// specification, section 5; CSI and tabix specifications of hts-specs).
/// </summary>
/// <remarks>Plain immutable data. <see cref="BinningIndexBuilder"/> makes it of records, <see cref="BinningIndexFile"/> reads and
/// writes it.</remarks>
public sealed class BinningIndex
{
    /// <summary>Creates an index.</summary>
    public BinningIndex(BinningScheme scheme, IReadOnlyList<BinnedReference> references, long? unplacedCount)
    {
        ArgumentNullException.ThrowIfNull(references);
        Scheme = scheme;
        References = references;
        UnplacedCount = unplacedCount;
    }

    /// <summary>How positions are put into bins.</summary>
    public BinningScheme Scheme { get; }

    /// <summary>The reference sequences in the order of the object.</summary>
    public IReadOnlyList<BinnedReference> References { get; }

    /// <summary>Number of records at the end that have no place on a sequence; null where the index does not tell.</summary>
    public long? UnplacedCount { get; }

    /// <summary>
    /// Where the records are that may overlap a run of positions: chunks in the order of the object that neither overlap nor share a
    /// block. Not all that they hold does overlap; everything that does is in them.
    /// </summary>
    /// <param name="reference">The number of the sequence.</param>
    /// <param name="start">The first position, from 0.</param>
    /// <param name="end">The position after the last.</param>
    public IReadOnlyList<VirtualChunk> Query(int reference, long start, long end)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(reference);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(reference, References.Count);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        var (binned, from) = (References[reference], Math.Min(start, Scheme.MaxPosition - 1));
        var least = LeastOffset(binned, from);
        var chunks = new List<VirtualChunk>();
        foreach (var (first, last) in Scheme.BinsOverlapping(start, end))
        {
            foreach (var bin in binned.BinsBetween(first, last))
                chunks.AddRange(bin.Chunks.Where(chunk => chunk.End > least));
        }

        return Merge(chunks, least);
    }

    /// <summary>Where all records of a sequence are, from the first one's start to the last one's end; null where it has none.</summary>
    public VirtualChunk? Extent(int reference)
    {
        var binned = References[reference];
        if (binned.Metadata is { } metadata && metadata.Extent.Start < metadata.Extent.End)
            return metadata.Extent;
        var chunks = binned.Bins.SelectMany(bin => bin.Chunks).ToArray();
        return chunks.Length == 0 ? null : new VirtualChunk(chunks.Min(chunk => chunk.Start), chunks.Max(chunk => chunk.End));
    }

    /// <summary>Places of records that are known, rising: starts of chunks and entries of the linear index.</summary>
    public IEnumerable<VirtualOffset> KnownStarts() =>
        References.SelectMany(reference => reference.Bins.SelectMany(bin => bin.Chunks.Select(chunk => chunk.Start)).Concat(reference.Linear.Where(offset => offset.Value > 0)))
            .Distinct()
            .Order();

    // No record that overlaps the position starts before this place.
    private VirtualOffset LeastOffset(BinnedReference reference, long start)
    {
        var window = start >> Scheme.MinShift;
        if (reference.Linear.Count > 0)
            return window < reference.Linear.Count ? reference.Linear[(int)window] : reference.Linear[^1];

        // Without a linear index: the nearest bin to the left, on the lowest level that has one, tells.
        var bin = BinningScheme.FirstBin(Scheme.Depth) + (int)window;
        for (; ; )
        {
            if (reference.Find(bin) is { } found)
                return found.FirstOverlap;
            if (bin == 0)
                return default;
            bin = bin > (BinningScheme.Parent(bin) << 3) + 1 ? bin - 1 : BinningScheme.Parent(bin);
        }
    }

    private static List<VirtualChunk> Merge(List<VirtualChunk> chunks, VirtualOffset least)
    {
        chunks.Sort((a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : a.End.CompareTo(b.End));
        var merged = new List<VirtualChunk>();
        foreach (var chunk in chunks)
        {
            var start = chunk.Start < least ? least : chunk.Start;
            if (merged.Count > 0 && (merged[^1].End >= start || merged[^1].End.Block == start.Block))
                merged[^1] = merged[^1] with { End = merged[^1].End > chunk.End ? merged[^1].End : chunk.End };
            else
                merged.Add(chunk with { Start = start });
        }

        return merged;
    }
}

/// <summary>A run of records.</summary>
/// <param name="Start">Where the first one starts.</param>
/// <param name="End">Where the last one ends.</param>
public readonly record struct VirtualChunk(VirtualOffset Start, VirtualOffset End);

/// <summary>A bin and the records in it.</summary>
/// <param name="Number">Its number.</param>
/// <param name="FirstOverlap">Where the first record starts that overlaps its positions; 0 where only the linear index tells.</param>
/// <param name="Chunks">The records, rising.</param>
public sealed record IndexBin(int Number, VirtualOffset FirstOverlap, IReadOnlyList<VirtualChunk> Chunks);

/// <summary>What the pseudo-bin of a sequence holds.</summary>
/// <param name="Extent">From the start of its first record to the end of its last.</param>
/// <param name="Mapped">Records on it that are mapped; of formats without such a thing all.</param>
/// <param name="Unmapped">Records on it that are not mapped.</param>
public sealed record ReferenceMetadata(VirtualChunk Extent, long Mapped, long Unmapped);

/// <summary>One reference sequence of a <see cref="BinningIndex"/>.</summary>
public sealed class BinnedReference
{
    private readonly int[] _numbers;

    /// <summary>Creates a sequence.</summary>
    /// <param name="name">Its name; null where the index does not tell.</param>
    /// <param name="bins">Its bins that hold something, in any order.</param>
    /// <param name="linear">Where the first record starts that overlaps each smallest bin; empty in CSI.</param>
    /// <param name="metadata">Its counts; null where the index does not tell.</param>
    public BinnedReference(string? name, IEnumerable<IndexBin> bins, IReadOnlyList<VirtualOffset> linear, ReferenceMetadata? metadata)
    {
        Name = name;
        Bins = [.. bins.OrderBy(bin => bin.Number)];
        Linear = linear;
        Metadata = metadata;
        _numbers = [.. Bins.Select(bin => bin.Number)];
    }

    /// <summary>Its name; null where the index does not tell.</summary>
    public string? Name { get; }

    /// <summary>Its bins that hold something, rising by number.</summary>
    public IReadOnlyList<IndexBin> Bins { get; }

    /// <summary>Where the first record starts that overlaps each smallest bin; empty in CSI.</summary>
    public IReadOnlyList<VirtualOffset> Linear { get; }

    /// <summary>Its counts; null where the index does not tell.</summary>
    public ReferenceMetadata? Metadata { get; }

    /// <summary>The bin of a number; null where it holds nothing.</summary>
    public IndexBin? Find(int number)
    {
        var found = Array.BinarySearch(_numbers, number);
        return found < 0 ? null : Bins[found];
    }

    internal IEnumerable<IndexBin> BinsBetween(int first, int last)
    {
        var found = Array.BinarySearch(_numbers, first);
        for (var i = found < 0 ? ~found : found; i < _numbers.Length && _numbers[i] <= last; i++)
            yield return Bins[i];
    }
}
