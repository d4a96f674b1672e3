using Dataplug.Metadata;

namespace Dataplug.Partitioning;

/// <summary>
/// Cuts an object into slices: a pure function of its index. It reads nothing, so the same index can be cut any number of
/// ways for free. Write your own in a few lines: the index of each format makes slices of what you ask it for.
/// </summary>
/// <typeparam name="TIndex">The index of the format that the strategy is for.</typeparam>
/// <typeparam name="TSlice">The slices it makes.</typeparam>
public interface IPartitionStrategy<in TIndex, out TSlice>
    where TIndex : ObjectIndex
    where TSlice : Slice
{
    /// <summary>Makes the slices, in the order of the object: complete and disjoint (law 1).</summary>
    /// <exception cref="PartitionException">The parameters make no sense for this object.</exception>
    IReadOnlyList<TSlice> Partition(TIndex index);
}
