namespace Dataplug.Formats.Imzml.Imaging;

/// <summary>How <see cref="PngWriter"/> draws an image.</summary>
public sealed record PngOptions
{
    /// <summary>The colours, of pictures that have some; viridis.</summary>
    public ColorMap ColorMap { get; init; } = ColorMap.Viridis;

    /// <summary>How many pixels of the picture a pixel of the image is wide and high, from 1 to 1024; 1.</summary>
    public int Scale { get; init; } = 1;

    /// <summary>The intensity that gets the first colour, as all below; 0.</summary>
    public double Minimum { get; init; }

    /// <summary>The intensity that gets the last colour, as all above; null for the image's highest.</summary>
    public double? Maximum { get; init; }

    /// <summary>Whether pixels without a spectrum are transparent, in pictures with colours; else they are black, as they are in gray ones.</summary>
    public bool Transparent { get; init; } = true;

    /// <summary>Whether all colours stand in a bar at the right of the image, the highest intensity's at the top.</summary>
    public bool ColorBar { get; init; }
}
