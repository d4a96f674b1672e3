using Dataplug.Partitioning;
using Dataplug.Text;
using NetTopologySuite.Geometries;

namespace Dataplug.Formats.Geo;

/// <summary>The strategies for LAS.</summary>
public static class LasPartition
{
    /// <summary>Exactly <paramref name="count"/> slices of about the same number of points, in the order of the object.</summary>
    /// <param name="count">Number of slices, from 1 to 4 194 304.</param>
    public static IPartitionStrategy<LasIndex, LasSlice> IntoBatches(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return new Strategy(index => index.Cut(LineCuts.Balanced(index.Points.Points, count)));
    }

    /// <summary>Slices of exactly <paramref name="points"/> points, the last of the remainder, in the order of the object.</summary>
    /// <param name="points">Points a slice, ≥ 1.</param>
    public static IPartitionStrategy<LasIndex, LasSlice> ByPoints(long points)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(points);
        return new Strategy(index => index.Cut(LineCuts.Every(index.Points.Points, points)));
    }

    /// <summary>A grid of cells of the same size over all points, a slice for each, in rows from the least y, each from the least x. A point
    /// on a border belongs to the cell with the greater stored coordinates; one on the outer border to the last cell.</summary>
    /// <param name="rows">Number of rows, ≥ 1.</param>
    /// <param name="columns">Number of columns, ≥ 1.</param>
    public static IPartitionStrategy<LasIndex, LasSlice> IntoGrid(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        return new Strategy(index => index.SlicesOf(index.Grid(rows, columns), areWhole: true));
    }

    /// <summary>Exactly <paramref name="count"/> cells with about as many points each, a slice for each: the longer side is halved again and
    /// again. Borders belong as in a grid.</summary>
    /// <param name="count">Number of slices, from 1 to 4 194 304.</param>
    public static IPartitionStrategy<LasIndex, LasSlice> IntoEqualCells(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return new Strategy(index => index.SlicesOf(index.Balanced(count), areWhole: true));
    }

    /// <summary>The points within a box, its borders included: a slice, or a grid of them over the box.</summary>
    /// <param name="minX">The least x, in the units of the coordinate reference system.</param>
    /// <param name="minY">The least y.</param>
    /// <param name="maxX">The greatest x.</param>
    /// <param name="maxY">The greatest y.</param>
    /// <param name="rows">Number of rows, ≥ 1.</param>
    /// <param name="columns">Number of columns, ≥ 1.</param>
    /// <exception cref="PartitionException">When it is used: not a box, or the object's coordinates are no places.</exception>
    public static IPartitionStrategy<LasIndex, LasSlice> InBox(double minX, double minY, double maxX, double maxY, int rows = 1, int columns = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        return new Strategy(index => index.Select(index.RectangleOf(minX, minY, maxX, maxY), rows, columns, polygon: null));
    }

    /// <summary>The points within a polygon, its border included: a slice, or a grid of them over its envelope.</summary>
    /// <param name="polygon">A polygon or several, in the coordinate reference system of the object.</param>
    /// <param name="rows">Number of rows, ≥ 1.</param>
    /// <param name="columns">Number of columns, ≥ 1.</param>
    /// <exception cref="PartitionException">Not a polygon, or, when it is used, the object's coordinates are no places.</exception>
    public static IPartitionStrategy<LasIndex, LasSlice> InPolygon(Geometry polygon, int rows = 1, int columns = 1)
    {
        ArgumentNullException.ThrowIfNull(polygon);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        LasPolygon.Check(polygon);
        var envelope = polygon.EnvelopeInternal;
        return new Strategy(index => index.Select(index.RectangleOf(envelope.MinX, envelope.MinY, envelope.MaxX, envelope.MaxY), rows, columns, polygon));
    }

    /// <summary>As <see cref="InPolygon(Geometry, int, int)"/>, of a polygon as Well-Known Text or GeoJSON.</summary>
    /// <inheritdoc cref="InPolygon(Geometry, int, int)"/>
    public static IPartitionStrategy<LasIndex, LasSlice> InPolygon(string polygon, int rows = 1, int columns = 1)
    {
        ArgumentNullException.ThrowIfNull(polygon);
        return InPolygon(LasPolygon.Parse(polygon), rows, columns);
    }

    /// <summary>The slices of another strategy with some of their points only.</summary>
    internal static IPartitionStrategy<LasIndex, LasSlice> Filtered(IPartitionStrategy<LasIndex, LasSlice> strategy, int[]? returns, int[]? classes)
    {
        if (returns is null && classes is null)
            return strategy;
        return new Strategy(index => [.. strategy.Partition(index).Select(slice =>
        {
            slice = returns is null ? slice : slice.WithReturns(returns);
            return classes is null ? slice : slice.WithClasses(classes);
        })]);
    }

    private sealed class Strategy(Func<LasIndex, IReadOnlyList<LasSlice>> cut) : IPartitionStrategy<LasIndex, LasSlice>
    {
        public IReadOnlyList<LasSlice> Partition(LasIndex index)
        {
            ArgumentNullException.ThrowIfNull(index);
            return cut(index);
        }
    }
}
