using Dataplug.Metadata;

namespace Dataplug.Text;

/// <summary>
/// Where to cut a row of items (lines, reads) into slices. Slice i holds the items from cut i up to, not including, cut i + 1;
/// the first cut is 0, the last the number of items. There is always at least one slice, also of nothing.
/// </summary>
public static class LineCuts
{
    /// <summary>The most slices of a plan: a plan is held in memory, at about a kilobyte a slice.</summary>
    public const int MaxSlices = 1 << 22;

    /// <summary>Equally many items a slice, give or take one; the larger slices come first. Slices are empty where there are
    /// fewer items than slices.</summary>
    /// <param name="items">Number of items, ≥ 0.</param>
    /// <param name="count">Number of slices, ≥ 1.</param>
    /// <exception cref="PartitionException">Too many slices, or fewer than one.</exception>
    public static IReadOnlyList<long> Balanced(long items, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(items);
        var cuts = new long[CheckCount(count, null) + 1];
        var (each, larger) = Math.DivRem(items, count);
        for (var i = 1; i < cuts.Length; i++)
            cuts[i] = cuts[i - 1] + each + (i <= larger ? 1 : 0);
        return cuts;
    }

    /// <summary>A number of items a slice; what is left over makes a shorter last slice or is part of the last full one.</summary>
    /// <param name="items">Number of items, ≥ 0.</param>
    /// <param name="each">Items a slice, ≥ 1.</param>
    /// <param name="remainder">What becomes of items left over.</param>
    /// <exception cref="PartitionException">Too many slices, or less than one item a slice.</exception>
    public static IReadOnlyList<long> Every(long items, long each, LineRemainder remainder = LineRemainder.Keep) => Every(items, each, remainder, null);

    /// <inheritdoc cref="Every(long, long, LineRemainder)"/>
    internal static IReadOnlyList<long> Every(long items, long each, LineRemainder remainder, string? source)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(items);
        if (each < 1)
            throw new PartitionException(source, $"{each} items a slice make no sense");
        var (full, rest) = Math.DivRem(items, each);
        var cuts = new long[CheckCount(Math.Max(1, full + (rest > 0 && remainder == LineRemainder.Keep ? 1 : 0)), source) + 1];
        for (var i = 1; i < cuts.Length - 1; i++)
            cuts[i] = i * each;
        cuts[^1] = items;
        return cuts;
    }

    /// <summary>Slices of about a number of bytes of content, of whole groups of lines (1 for lines, 4 for FASTQ reads). No slice
    /// is empty, bar the only one of an object without items.</summary>
    /// <param name="index">Where the lines are.</param>
    /// <param name="bytes">Bytes of decompressed content a slice, ≥ 1.</param>
    /// <param name="items">Number of items, ≥ 0.</param>
    /// <param name="linesPerItem">Lines of an item, ≥ 1.</param>
    /// <exception cref="PartitionException">Too many slices, or less than one byte a slice.</exception>
    public static IReadOnlyList<long> BySize(GZipLineIndex index, long bytes, long items, int linesPerItem = 1)
    {
        ArgumentNullException.ThrowIfNull(index);
        ArgumentOutOfRangeException.ThrowIfNegative(items);
        ArgumentOutOfRangeException.ThrowIfLessThan(linesPerItem, 1);
        if (bytes < 1)
            throw new PartitionException(null, $"{bytes} bytes a slice make no sense");

        var cuts = new List<long> { 0 };
        for (var offset = bytes; offset < index.ContentSize; offset += bytes)
        {
            var item = (index.LineNear(offset) + linesPerItem - 1) / linesPerItem;
            if (item >= items)
                break;
            if (item > cuts[^1])
            {
                cuts.Add(item);
                CheckCount(cuts.Count, null);
            }

            if (index.ContentSize - offset <= bytes)
                break;
        }

        cuts.Add(items);
        return cuts;
    }

    /// <summary>Checks cuts that come from elsewhere.</summary>
    /// <param name="cuts">The cuts.</param>
    /// <param name="items">The number of items.</param>
    /// <param name="source">The object, for the error message.</param>
    /// <exception cref="PartitionException">They don't rise from 0 to <paramref name="items"/>, or are too many.</exception>
    public static void Check(IReadOnlyList<long> cuts, long items, SourceIdentity source)
    {
        ArgumentNullException.ThrowIfNull(source);
        Check(cuts, items, source.Uri.Display);
    }

    /// <inheritdoc cref="Check(IReadOnlyList{long}, long, SourceIdentity)"/>
    internal static void Check(IReadOnlyList<long> cuts, long items, string source)
    {
        ArgumentNullException.ThrowIfNull(cuts);
        CheckCount(cuts.Count - 1L, source);
        if (cuts[0] != 0 || cuts[^1] != items || cuts.Zip(cuts.Skip(1)).Any(pair => pair.First > pair.Second))
            throw new PartitionException(source, $"the cuts must rise from 0 to {items}", "Give one cut more than slices, the first 0, the last the number of items.");
    }

    /// <summary>Checks that a plan of so many slices is possible.</summary>
    /// <param name="count">Number of slices.</param>
    /// <param name="source">The object, for the error message; null where it is not known.</param>
    /// <exception cref="PartitionException">Less than one, or more than <see cref="MaxSlices"/>.</exception>
    internal static long CheckCount(long count, string? source) =>
        count is >= 1 and <= MaxSlices
            ? count
            : throw new PartitionException(source, $"a plan of {count} slices is not possible", $"Ask for 1 to {MaxSlices} slices.");
}
