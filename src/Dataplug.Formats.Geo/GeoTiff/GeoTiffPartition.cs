using Dataplug.Partitioning;

namespace Dataplug.Formats.Geo;

/// <summary>The ways to cut a raster. Windows come row by row.</summary>
public static class GeoTiffPartition
{
    /// <summary>n × n windows of about the same size, which cover the level and do not overlap; at most one a pixel.</summary>
    /// <param name="n">Windows beside each other, and below each other, ≥ 1.</param>
    /// <param name="selection">Which level and bands; null for all of the full resolution.</param>
    public static IPartitionStrategy<GeoTiffIndex, GeoTiffSlice> IntoWindows(int n, RasterSelection? selection = null) => IntoWindows(n, n, selection);

    /// <summary>Windows of about the same size, which cover the level and do not overlap; at most one a pixel.</summary>
    /// <param name="columns">Windows beside each other, ≥ 1.</param>
    /// <param name="rows">Windows below each other, ≥ 1.</param>
    /// <param name="selection">Which level and bands; null for all of the full resolution.</param>
    public static IPartitionStrategy<GeoTiffIndex, GeoTiffSlice> IntoWindows(int columns, int rows, RasterSelection? selection = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        return new Strategy(selection, (_, level) => Grid(level.Whole, columns, rows));
    }

    /// <summary>Windows of a size; those at the right and the bottom may be smaller.</summary>
    /// <param name="width">Columns, ≥ 1.</param>
    /// <param name="height">Rows, ≥ 1.</param>
    /// <param name="overlap">Pixels by which each window reaches farther on all four sides, as far as there are any; 0 for windows that do
    /// not overlap.</param>
    /// <param name="selection">Which level and bands; null for all of the full resolution.</param>
    public static IPartitionStrategy<GeoTiffIndex, GeoTiffSlice> BySize(int width, int height, int overlap = 0, RasterSelection? selection = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegative(overlap);
        return new Strategy(selection, (_, level) => Every(level, width, height, overlap));
    }

    /// <summary>Windows of k × k tiles, or of k strips, so that no block is fetched for two slices.</summary>
    /// <param name="blocks">k, ≥ 1.</param>
    /// <param name="selection">Which level and bands; null for all of the full resolution.</param>
    public static IPartitionStrategy<GeoTiffIndex, GeoTiffSlice> ByBlocks(int blocks, RasterSelection? selection = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blocks);
        return new Strategy(selection, (_, level) => Every(
            level, (int)Math.Min(int.MaxValue, (long)blocks * level.Layout.BlockWidth), (int)Math.Min(int.MaxValue, (long)blocks * level.Layout.BlockHeight), 0));
    }

    /// <summary>The pixels that meet a bounding box.</summary>
    /// <param name="bounds">The box, in the raster's coordinate system.</param>
    /// <param name="n">Cuts it into n × n windows, ≥ 1.</param>
    /// <param name="selection">Which level and bands; null for all of the full resolution.</param>
    public static IPartitionStrategy<GeoTiffIndex, GeoTiffSlice> ByBounds(RasterBounds bounds, int n = 1, RasterSelection? selection = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        return new Strategy(selection, (index, level) => Grid(index.WindowOf(bounds, level.Number), n, n));
    }

    /// <summary>The pixels that meet a bounding box of longitudes and latitudes (EPSG:4326).</summary>
    /// <param name="bounds">The box: west, south, east, north, in degrees.</param>
    /// <param name="n">Cuts it into n × n windows, ≥ 1.</param>
    /// <param name="selection">Which level and bands; null for all of the full resolution.</param>
    public static IPartitionStrategy<GeoTiffIndex, GeoTiffSlice> ByLonLat(RasterBounds bounds, int n = 1, RasterSelection? selection = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(n);
        return new Strategy(selection, (index, level) => Grid(index.WindowOfLonLat(bounds, level.Number), n, n));
    }

    private static IEnumerable<RasterWindow> Grid(RasterWindow whole, int columns, int rows)
    {
        columns = Math.Min(columns, whole.Width);
        rows = Math.Min(rows, whole.Height);
        for (var row = 0L; row < rows; row++)
        {
            var (top, bottom) = (whole.Height * row / rows, whole.Height * (row + 1) / rows);
            for (var column = 0L; column < columns; column++)
            {
                var (left, right) = (whole.Width * column / columns, whole.Width * (column + 1) / columns);
                yield return new RasterWindow((int)(whole.Column + left), (int)(whole.Row + top), (int)(right - left), (int)(bottom - top));
            }
        }
    }

    private static IEnumerable<RasterWindow> Every(RasterLevel level, int width, int height, int overlap)
    {
        for (var row = 0L; row < level.Height; row += height)
        {
            for (var column = 0L; column < level.Width; column += width)
            {
                var (left, top) = (Math.Max(0, column - overlap), Math.Max(0, row - overlap));
                yield return new RasterWindow(
                    (int)left, (int)top, (int)(Math.Min(level.Width, column + width + overlap) - left), (int)(Math.Min(level.Height, row + height + overlap) - top));
            }
        }
    }

    private sealed class Strategy(RasterSelection? selection, Func<GeoTiffIndex, RasterLevel, IEnumerable<RasterWindow>> cut) : IPartitionStrategy<GeoTiffIndex, GeoTiffSlice>
    {
        public IReadOnlyList<GeoTiffSlice> Partition(GeoTiffIndex index)
        {
            ArgumentNullException.ThrowIfNull(index);
            var level = index.LevelOf(selection);
            return index.Cut(cut(index, level), level.Number, selection?.Bands);
        }
    }
}

/// <summary>Which part of a raster is cut, beside where.</summary>
public sealed record RasterSelection
{
    /// <summary>The level: 0 the full resolution, then the overviews; null to choose it by <see cref="Resolution"/>.</summary>
    public int? Level { get; init; }

    /// <summary>Map units a pixel (where there is no map, pixels of the full resolution): the coarsest level that is not coarser is read, the
    /// full resolution where all are; null for the full resolution.</summary>
    public double? Resolution { get; init; }

    /// <summary>The bands, from 1, in the order in which they are to be read, each once; null for all.</summary>
    public IReadOnlyList<int>? Bands { get; init; }
}
