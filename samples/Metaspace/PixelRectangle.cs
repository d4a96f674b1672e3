using Dataplug;
using Dataplug.Formats.Imzml;

namespace Samples.Metaspace;

/// <summary>The pixels that an image has.</summary>
/// <param name="X0">The lowest x.</param>
/// <param name="Y0">The lowest y.</param>
/// <param name="Width">Pixels in x, ≥ 1.</param>
/// <param name="Height">Pixels in y, ≥ 1.</param>
internal readonly record struct PixelRectangle(int X0, int Y0, int Width, int Height)
{
    // An image of each peak of an ion is in memory at once, with 9 bytes a pixel.
    private const long MostPixels = 1 << 26;

    /// <summary>Those from the lowest to the highest x and y of a data set.</summary>
    /// <exception cref="UnsupportedFormatException">It has several layers, no pixels, or so many that they are no image.</exception>
    public static PixelRectangle Of(ImzmlIndex index)
    {
        var data = index.DataSet;
        var name = index.Source.Uri.Display;
        if (data.Spectra == 0)
            throw new UnsupportedFormatException(name, "the data set has no spectra");
        if (data.Depth > 1)
            throw new UnsupportedFormatException(name, $"the data set has {data.Depth} layers, of which this makes no images", "Cut a layer out of it (dataplug partition, strategy rectangle).");
        if (data.Width > MostPixels / data.Height)
            throw new UnsupportedFormatException(name, $"its spectra lie in {data.Width} × {data.Height} pixels, which are more than the {MostPixels} of an image");
        return new PixelRectangle(data.MinX, data.MinY, (int)data.Width, (int)data.Height);
    }
}
