using Dataplug.Partitioning;

namespace Dataplug.Formats.Genomics;

/// <summary>The ways to cut VCF. All cut between records, and all but regions give every record exactly once.</summary>
public static class VcfPartition
{
    /// <summary>Exactly <paramref name="count"/> slices of about the same size; some are empty where there are more slices than places to
    /// cut at.</summary>
    /// <param name="count">Number of slices, ≥ 1.</param>
    /// <exception cref="PartitionException">When it is used: there are too many.</exception>
    public static IPartitionStrategy<VcfIndex, VcfSlice> IntoChunks(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return new Strategy(index => index.IntoChunks(count));
    }

    /// <summary>Slices as long as can be without their records taking more than <paramref name="bytes"/>, headers aside: stored bytes in
    /// BGZF, bytes of text in plain objects and other gzip. A slice is longer only where no known record starts in so many bytes.</summary>
    /// <param name="bytes">Bytes a slice, ≥ 1.</param>
    /// <exception cref="PartitionException">When it is used: there would be too many slices.</exception>
    public static IPartitionStrategy<VcfIndex, VcfSlice> ByBytes(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        return new Strategy(index => index.ByBytes(bytes));
    }

    /// <summary>Slices of exactly <paramref name="records"/> records, the last of the remainder.</summary>
    /// <param name="records">Records a slice, ≥ 1.</param>
    /// <exception cref="PartitionException">When it is used: there would be too many slices, or the index was imported and knows no
    /// record numbers.</exception>
    public static IPartitionStrategy<VcfIndex, VcfSlice> ByRecords(long records)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(records);
        return new Strategy(index => index.ByRecords(records));
    }

    /// <summary>A slice for each contig that has records, in the order of the object.</summary>
    /// <exception cref="PartitionException">When it is used: the records of a contig are not all together.</exception>
    public static IPartitionStrategy<VcfIndex, VcfSlice> ByContig() => new Strategy(index => index.ByContig());

    /// <summary>A slice for each region, with the records that overlap it by POS and INFO/END or the length of REF. A record that overlaps
    /// several belongs to the first of these in the order of positions.</summary>
    /// <param name="regions">The regions.</param>
    /// <exception cref="PartitionException">When it is used: the object is not sorted, or has no such contig.</exception>
    public static IPartitionStrategy<VcfIndex, VcfSlice> ByRegions(RegionList regions)
    {
        ArgumentNullException.ThrowIfNull(regions);
        return new Strategy(index => index.Cut(regions));
    }

    /// <summary>As <see cref="ByRegions(RegionList)"/>, of a list as <see cref="RegionList.Parse"/> reads it.</summary>
    /// <param name="regions">The list.</param>
    /// <exception cref="PartitionException">When it is used: a part is no region, the object is not sorted, or has no such contig.</exception>
    public static IPartitionStrategy<VcfIndex, VcfSlice> ByRegions(string regions)
    {
        ArgumentNullException.ThrowIfNull(regions);
        return new Strategy(index => index.Cut(RegionList.Parse(regions, index.HasContig)));
    }

    /// <summary>Every contig that has records, cut into windows of equal length; a record belongs to the window that holds its POS, whatever
    /// else it covers.</summary>
    /// <param name="length">Positions a window, ≥ 1.</param>
    /// <exception cref="PartitionException">When it is used: the object is not sorted, or there would be too many slices.</exception>
    public static IPartitionStrategy<VcfIndex, VcfSlice> ByWindows(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        return new Strategy(index => index.ByWindows(length));
    }

    private sealed class Strategy(Func<VcfIndex, IReadOnlyList<VcfSlice>> cut) : IPartitionStrategy<VcfIndex, VcfSlice>
    {
        public IReadOnlyList<VcfSlice> Partition(VcfIndex index)
        {
            ArgumentNullException.ThrowIfNull(index);
            return cut(index);
        }
    }
}
