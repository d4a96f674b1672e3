using Dataplug.Partitioning;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>The ways to cut FASTQ. All keep the order of the reads, and all cut between reads.</summary>
public static class FastqPartition
{
    /// <summary>A number of batches with equally many reads, give or take one; some empty where there are fewer reads.</summary>
    /// <param name="count">Number of batches, ≥ 1.</param>
    public static IPartitionStrategy<FastqIndex, FastqSlice> IntoBatches(int count) =>
        new Strategy(index => LineCuts.Balanced(index.Reads, count));

    /// <summary>A number of reads a slice; what is left over makes a shorter last slice.</summary>
    /// <param name="reads">Reads a slice, ≥ 1.</param>
    public static IPartitionStrategy<FastqIndex, FastqSlice> ByReads(long reads) =>
        new Strategy(index => LineCuts.Every(index.Reads, reads));

    /// <summary>Slices of about a size: exact to a read where the index has a mark, in proportion between two marks.</summary>
    /// <param name="bytes">Bytes of decompressed FASTQ a slice, ≥ 1.</param>
    public static IPartitionStrategy<FastqIndex, FastqSlice> ByBytes(long bytes) =>
        new Strategy(index => LineCuts.BySize(index.LineIndex, bytes, index.Reads, 4));

    private sealed class Strategy(Func<FastqIndex, IReadOnlyList<long>> cuts) : IPartitionStrategy<FastqIndex, FastqSlice>
    {
        public IReadOnlyList<FastqSlice> Partition(FastqIndex index)
        {
            ArgumentNullException.ThrowIfNull(index);
            return index.Cut(cuts(index));
        }
    }
}
