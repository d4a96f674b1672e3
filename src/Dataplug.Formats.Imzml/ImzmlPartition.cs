using Dataplug.Partitioning;

namespace Dataplug.Formats.Imzml;

/// <summary>The ways to cut an imzML data set: by spectra, by place, by m/z. All keep the order of the document within a slice.</summary>
public static class ImzmlPartition
{
    /// <summary>A number of spectra a slice, in the order of the document; the last slice may have fewer.</summary>
    /// <param name="spectra">Spectra a slice, ≥ 1.</param>
    public static IPartitionStrategy<ImzmlIndex, ImzmlSlice> BySpectra(long spectra)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(spectra);
        return new Strategy(index => index.Cut([.. Enumerable.Range(0, (int)((index.Spectra + spectra - 1) / spectra)).Select(i => (int)(i * spectra)), .. index.Spectra == 0 ? (int[])[0, 0] : [index.Spectra]]));
    }

    /// <summary>A number of slices with about as many spectra each; some are empty where there are fewer spectra than slices.</summary>
    /// <param name="count">Number of slices, ≥ 1.</param>
    public static IPartitionStrategy<ImzmlIndex, ImzmlSlice> IntoSlices(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return new Strategy(index => index.Cut([.. Enumerable.Range(0, count + 1).Select(i => (int)((long)index.Spectra * i / count))]));
    }

    /// <summary>Slices of at most a number of bytes of the ibd, unless a single spectrum has more. An m/z axis that spectra share is
    /// counted once in each slice.</summary>
    /// <param name="bytes">Bytes a slice, ≥ 1.</param>
    public static IPartitionStrategy<ImzmlIndex, ImzmlSlice> ByBytes(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        return new Strategy(index => index.CutBySize(bytes));
    }

    /// <summary>One slice with the pixels of a rectangle.</summary>
    public static IPartitionStrategy<ImzmlIndex, ImzmlSlice> ByRectangle(PixelArea area) => new Strategy(index => index.Select([area]));

    /// <summary>The pixels of a region of interest, whatever its shape, in all layers; several slices where its description takes more than
    /// one may have. Pixels without a spectrum are passed over.</summary>
    /// <param name="pixels">Its pixels, in any order.</param>
    public static IPartitionStrategy<ImzmlIndex, ImzmlSlice> ByMask(IReadOnlyList<(int X, int Y)> pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        return new Strategy(index => index.SelectPixels(pixels));
    }

    /// <summary>A number of rows of the image a slice, layer after layer.</summary>
    /// <param name="rows">Rows a slice, ≥ 1.</param>
    public static IPartitionStrategy<ImzmlIndex, ImzmlSlice> ByRows(int rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        return new Strategy(index => index.CutTiles(Math.Max(1, index.DataSet.Width), rows));
    }

    /// <summary>Tiles of the image, layer after layer, row after row; also those without a spectrum, so that all data sets of one size are
    /// cut alike.</summary>
    /// <param name="width">Pixels across, ≥ 1.</param>
    /// <param name="height">Pixels down, ≥ 1.</param>
    public static IPartitionStrategy<ImzmlIndex, ImzmlSlice> ByTiles(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        return new Strategy(index => index.CutTiles(width, height));
    }

    /// <summary>A number of m/z ranges with about as many points each: one mass window of all pixels for each worker. A processed data set
    /// needs statistics.</summary>
    /// <param name="count">Number of slices, ≥ 1.</param>
    /// <param name="maxGap">Bytes that a reader reads over rather than ask once more; null for 128 KiB.</param>
    public static IPartitionStrategy<ImzmlIndex, ImzmlSlice> IntoMzRanges(int count, long? maxGap = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return new Strategy(index => index.CutMz(index.MzEdges(count), maxGap));
    }

    /// <summary>m/z ranges between edges: all below the first edge, from each edge up to, not including, the next, and all from the last
    /// edge on: one more slice than edges.</summary>
    /// <param name="edges">m/z values in rising order.</param>
    /// <param name="maxGap">Bytes that a reader reads over rather than ask once more; null for 128 KiB.</param>
    public static IPartitionStrategy<ImzmlIndex, ImzmlSlice> ByMzRanges(IReadOnlyList<double> edges, long? maxGap = null)
    {
        ArgumentNullException.ThrowIfNull(edges);
        return new Strategy(index => index.CutMz([double.NegativeInfinity, .. edges, double.PositiveInfinity], maxGap));
    }

    /// <summary>One slice with a window of m/z of all spectra.</summary>
    /// <param name="low">The smallest m/z that belongs to it.</param>
    /// <param name="high">The smallest m/z beyond it.</param>
    public static IPartitionStrategy<ImzmlIndex, ImzmlSlice> ByMzWindow(double low, double high) => new Strategy(index => index.CutMz([low, high]));

    private sealed class Strategy(Func<ImzmlIndex, IReadOnlyList<ImzmlSlice>> cut) : IPartitionStrategy<ImzmlIndex, ImzmlSlice>
    {
        public IReadOnlyList<ImzmlSlice> Partition(ImzmlIndex index)
        {
            ArgumentNullException.ThrowIfNull(index);
            return cut(index);
        }
    }
}
