using System.Globalization;
using Dataplug.Partitioning;

namespace Dataplug.Formats.Geo;

/// <summary>The strategies that only COPC has; those of <see cref="LasPartition"/> work on it as well.</summary>
public static class CopcPartition
{
    /// <summary>Exactly <paramref name="count"/> groups of whole nodes with about as many points each, in the order of the nodes' bytes: a slice
    /// is one run of bytes. Together they are the object. Slices are empty where there are fewer nodes.</summary>
    /// <param name="count">Number of slices, from 1 to 4 194 304.</param>
    public static IPartitionStrategy<LasIndex, LasSlice> IntoNodeGroups(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return new Strategy(index => index.CutNodes(count));
    }

    /// <summary>The slices of another strategy without the points of deeper levels: fewer points, spread evenly. Nodes of deeper levels are not
    /// fetched.</summary>
    /// <param name="strategy">The other strategy.</param>
    /// <param name="deepest">The deepest level that is read, ≥ 0; the root's is 0.</param>
    /// <exception cref="PartitionException">When it is used: the object is not COPC.</exception>
    public static IPartitionStrategy<LasIndex, LasSlice> UpToLevel(IPartitionStrategy<LasIndex, LasSlice> strategy, int deepest)
    {
        ArgumentNullException.ThrowIfNull(strategy);
        ArgumentOutOfRangeException.ThrowIfNegative(deepest);
        return new Strategy(index => Limit(strategy.Partition(index), OctreeOf(index), deepest));
    }

    /// <summary>The slices of another strategy with as many levels as it takes for points to be no further apart than a distance: down to the
    /// first level whose spacing is no greater.</summary>
    /// <param name="strategy">The other strategy.</param>
    /// <param name="resolution">The distance, in the units of the coordinate reference system, greater than 0.</param>
    /// <exception cref="PartitionException">When it is used: the object is not COPC.</exception>
    public static IPartitionStrategy<LasIndex, LasSlice> WithResolution(IPartitionStrategy<LasIndex, LasSlice> strategy, double resolution)
    {
        ArgumentNullException.ThrowIfNull(strategy);
        if (!(resolution > 0))
            throw new ArgumentOutOfRangeException(nameof(resolution), resolution, "A distance is greater than 0.");
        return new Strategy(index => Limit(strategy.Partition(index), OctreeOf(index), OctreeOf(index).LevelOf(resolution)));
    }

    /// <summary>The slices of another strategy, limited by what the user wrote.</summary>
    internal static IPartitionStrategy<LasIndex, LasSlice> Limited(IPartitionStrategy<LasIndex, LasSlice> strategy, string levels, string resolution)
    {
        if (levels != "all")
        {
            if (!int.TryParse(levels, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count < 1)
                throw new PartitionException(null, $"'{levels}' is no number of levels", "Write a number from 1 on, or all.");
            strategy = UpToLevel(strategy, count - 1);
        }

        if (resolution == "all")
            return strategy;
        if (!double.TryParse(resolution, NumberStyles.Float, CultureInfo.InvariantCulture, out var distance) || !(distance > 0))
            throw new PartitionException(null, $"'{resolution}' is no distance between points", "Write a number greater than 0, or all.");
        return WithResolution(strategy, distance);
    }

    private static LasSlice[] Limit(IReadOnlyList<LasSlice> slices, CopcOctree octree, int deepest) => deepest >= octree.PointsByLevel.Count - 1
        ? [.. slices]
        : [.. slices.Select(slice => slice with
        {
            Compressed = slice.Compressed! with { MaxLevel = Math.Min(deepest, slice.Compressed.MaxLevel ?? int.MaxValue) },
            IsOfWhole = false,
            FirstPoint = null,
            PointCount = null,
        })];

    private static CopcOctree OctreeOf(LasIndex index) =>
        index.Points.Octree ?? throw new PartitionException(index.Source.Uri.Display, "the object has no octree whose levels could be told apart", "Only COPC has one.");

    private sealed class Strategy(Func<LasIndex, IReadOnlyList<LasSlice>> cut) : IPartitionStrategy<LasIndex, LasSlice>
    {
        public IReadOnlyList<LasSlice> Partition(LasIndex index)
        {
            ArgumentNullException.ThrowIfNull(index);
            return cut(index);
        }
    }
}
