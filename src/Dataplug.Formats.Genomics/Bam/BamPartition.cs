using Dataplug.Partitioning;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>The ways to cut BAM. All keep the order of the records, and all cut between records.</summary>
public static class BamPartition
{
    /// <summary>A number of slices of about the same compressed size; some empty where there are fewer places to cut at.</summary>
    /// <param name="count">Number of slices, ≥ 1.</param>
    public static IPartitionStrategy<BamIndex, BamSlice> IntoChunks(int count) => new Strategy(index => index.CutInto(count));

    /// <summary>Slices of about a compressed size: as soon as they have it they end at the next place to cut at.</summary>
    /// <param name="bytes">Compressed bytes a slice, ≥ 1.</param>
    public static IPartitionStrategy<BamIndex, BamSlice> ByBytes(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        return new Strategy(index => index.CutBySize(bytes));
    }

    /// <summary>A number of records a slice; what is left over makes a shorter last slice.</summary>
    /// <param name="records">Records a slice, ≥ 1.</param>
    public static IPartitionStrategy<BamIndex, BamSlice> ByRecords(long records) => new Strategy(index => index.Cut(LineCuts.Every(index.RequireNumbers(), records)));

    /// <summary>A slice for each reference sequence that has records, in their order, and a last one for the records without a
    /// place.</summary>
    public static IPartitionStrategy<BamIndex, BamSlice> ByReferences() => new Strategy(index => index.ByReferences());

    /// <summary>Reference sequences in windows of a length, each with the records that start in it; also windows without records, so that
    /// all objects with the same reference sequences are cut alike. A last slice has the records without a place.</summary>
    /// <param name="length">Positions a window, ≥ 1.</param>
    public static IPartitionStrategy<BamIndex, BamSlice> ByWindows(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        return new Strategy(index => index.ByWindows(length));
    }

    /// <summary>A slice for each region, with the records that overlap it; those that overlap several belong to the first one in the
    /// order of positions.</summary>
    public static IPartitionStrategy<BamIndex, BamSlice> ByRegions(RegionList regions)
    {
        ArgumentNullException.ThrowIfNull(regions);
        return new Strategy(index => index.Select(regions));
    }

    /// <summary>As <see cref="ByRegions(RegionList)"/>, of regions as text: <see cref="RegionList.Parse"/>.</summary>
    public static IPartitionStrategy<BamIndex, BamSlice> ByRegions(string regions)
    {
        ArgumentNullException.ThrowIfNull(regions);
        return new Strategy(index => index.Select(RegionList.Parse(regions, name => index.Header.TryFind(name, out _))));
    }

    /// <summary>One slice with the records without a place, which are at the end.</summary>
    public static IPartitionStrategy<BamIndex, BamSlice> Unplaced() => new Strategy(index => index.UnplacedOnly());

    private sealed class Strategy(Func<BamIndex, IReadOnlyList<BamSlice>> cut) : IPartitionStrategy<BamIndex, BamSlice>
    {
        public IReadOnlyList<BamSlice> Partition(BamIndex index)
        {
            ArgumentNullException.ThrowIfNull(index);
            return cut(index);
        }
    }
}
