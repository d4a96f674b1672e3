namespace Dataplug.Formats.Imzml.Imaging;

/// <summary>Sums intensities into the pixels of an <see cref="IonImage"/>. Not for use by many threads at once.</summary>
public sealed class IonImageBuilder
{
    private readonly double[] _values;
    private readonly bool[] _mask;

    /// <summary>Begins with an image in which no pixel has a spectrum.</summary>
    /// <param name="width">Pixels in x, ≥ 1.</param>
    /// <param name="height">Pixels in y, ≥ 1; there are at most <see cref="Array.MaxLength"/> pixels.</param>
    /// <param name="x0">The x of the first column; 1 as in imzML.</param>
    /// <param name="y0">The y of the first row; 1 as in imzML.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    public IonImageBuilder(int width, int height, int x0 = 1, int y0 = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if ((long)width * height > Array.MaxLength)
            throw new ArgumentOutOfRangeException(nameof(height), height, $"{width} × {height} pixels are too many for an image.");
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)x0 + width - 1, int.MaxValue, nameof(x0));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)y0 + height - 1, int.MaxValue, nameof(y0));
        (Width, Height, X0, Y0) = (width, height, x0, y0);
        _values = new double[width * height];
        _mask = new bool[width * height];
    }

    /// <inheritdoc cref="IonImage.Width"/>
    public int Width { get; }

    /// <inheritdoc cref="IonImage.Height"/>
    public int Height { get; }

    /// <inheritdoc cref="IonImage.X0"/>
    public int X0 { get; }

    /// <inheritdoc cref="IonImage.Y0"/>
    public int Y0 { get; }

    /// <summary>Says that a pixel has a spectrum, whatever is in it.</summary>
    /// <param name="x">Its x.</param>
    /// <param name="y">Its y.</param>
    /// <exception cref="ArgumentOutOfRangeException">The pixel is outside.</exception>
    public void MarkSpectrum(int x, int y) => _mask[IonImage.IndexOf(x, y, Width, Height, X0, Y0)] = true;

    /// <summary>Adds an intensity to a pixel, which has a spectrum then.</summary>
    /// <param name="x">Its x.</param>
    /// <param name="y">Its y.</param>
    /// <param name="value">The intensity, finite.</param>
    /// <exception cref="ArgumentOutOfRangeException">The pixel is outside, or the intensity is not finite.</exception>
    public void Add(int x, int y, double value)
    {
        var index = IonImage.IndexOf(x, y, Width, Height, X0, Y0);
        var sum = _values[index] + value;
        if (!double.IsFinite(sum))
            throw new ArgumentOutOfRangeException(nameof(value), value, "An intensity, and the sum in a pixel, is finite.");
        _values[index] = sum;
        _mask[index] = true;
    }

    /// <summary>The image so far. More can be added afterwards; the image does not change by that.</summary>
    public IonImage ToImage() => new(Width, Height, (double[])_values.Clone(), (bool[])_mask.Clone(), X0, Y0);
}
