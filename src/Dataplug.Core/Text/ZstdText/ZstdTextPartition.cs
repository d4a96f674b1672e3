using Dataplug.Partitioning;

namespace Dataplug.Text;

/// <summary>The ways to cut text in zstd. All keep the order, and all cut between lines.</summary>
public static class ZstdTextPartition
{
    /// <summary>A number of lines a slice.</summary>
    /// <param name="lines">Lines a slice, ≥ 1.</param>
    /// <param name="remainder">What becomes of lines left over.</param>
    public static IPartitionStrategy<ZstdTextIndex, ZstdTextSlice> ByLines(long lines, LineRemainder remainder = LineRemainder.Keep) =>
        new Strategy(index => LineCuts.Every(index.Lines, lines, remainder));

    /// <summary>A number of slices with equally many lines, give or take one; some empty where there are fewer lines.</summary>
    /// <param name="count">Number of slices, ≥ 1.</param>
    public static IPartitionStrategy<ZstdTextIndex, ZstdTextSlice> IntoSlices(int count) =>
        new Strategy(index => LineCuts.Balanced(index.Lines, count));

    /// <summary>Slices of about a size: exact where the index has a mark, in proportion between two marks.</summary>
    /// <param name="bytes">Bytes of decompressed content a slice, ≥ 1.</param>
    public static IPartitionStrategy<ZstdTextIndex, ZstdTextSlice> ByBytes(long bytes) =>
        new Strategy(index => LineCuts.BySize(index.LineIndex, bytes, index.Lines));

    private sealed class Strategy(Func<ZstdTextIndex, IReadOnlyList<long>> cuts) : IPartitionStrategy<ZstdTextIndex, ZstdTextSlice>
    {
        public IReadOnlyList<ZstdTextSlice> Partition(ZstdTextIndex index)
        {
            ArgumentNullException.ThrowIfNull(index);
            return index.Cut(cuts(index));
        }
    }
}
