namespace Dataplug.Formats.Imzml.Imaging;

/// <summary>
/// Intensities over the pixels of a measured area: how much of one ion, or of all, each spectrum has. A rectangle of pixels, in which those
/// without a spectrum are masked. Immutable; <see cref="IonImageBuilder"/> makes one step by step.
/// </summary>
public sealed class IonImage
{
    private readonly double[] _values;
    private readonly bool[] _mask;

    /// <summary>Makes an image of values, which are copied.</summary>
    /// <param name="width">Pixels in x, ≥ 1.</param>
    /// <param name="height">Pixels in y, ≥ 1.</param>
    /// <param name="values">Row by row, from the lowest y, each row from the lowest x: width · height finite numbers. Those of masked pixels
    /// are taken for 0.</param>
    /// <param name="mask">Which pixels have a spectrum, in the same order; empty for all.</param>
    /// <param name="x0">The x of the first column; 1 as in imzML.</param>
    /// <param name="y0">The y of the first row; 1 as in imzML.</param>
    /// <exception cref="ArgumentException">The sizes don't fit each other, or a value is not finite.</exception>
    public IonImage(int width, int height, ReadOnlySpan<double> values, ReadOnlySpan<bool> mask = default, int x0 = 1, int y0 = 1)
        : this(width, height, values.ToArray(), mask.IsEmpty ? AllOf(values.Length) : mask.ToArray(), x0, y0)
    {
    }

    // Takes the arrays as its own.
    internal IonImage(int width, int height, double[] values, bool[] mask, int x0, int y0)
    {
        if (width < 1 || height < 1 || (long)width * height != values.Length)
            throw new ArgumentException($"{values.Length} values are no image of {width} × {height} pixels.");
        if (mask.Length != values.Length)
            throw new ArgumentException($"A mask of {mask.Length} pixels does not fit {values.Length} values.");
        _ = checked(x0 + width - 1);
        _ = checked(y0 + height - 1);
        (Width, Height, X0, Y0, _values, _mask) = (width, height, x0, y0, values, mask);
        for (var i = 0; i < values.Length; i++)
        {
            if (!mask[i])
            {
                values[i] = 0;
                continue;
            }

            if (!double.IsFinite(values[i]))
                throw new ArgumentException($"The value of pixel ({x0 + (i % width)}, {y0 + (i / width)}) is not finite.");
            Max = Pixels == 0 ? values[i] : Math.Max(Max, values[i]);
            Min = Pixels == 0 ? values[i] : Math.Min(Min, values[i]);
            Sum += values[i];
            Pixels++;
        }
    }

    /// <summary>Pixels in x.</summary>
    public int Width { get; }

    /// <summary>Pixels in y.</summary>
    public int Height { get; }

    /// <summary>The x of the first column.</summary>
    public int X0 { get; }

    /// <summary>The y of the first row.</summary>
    public int Y0 { get; }

    /// <summary>The values row by row, width · height of them; 0 where <see cref="Mask"/> is false.</summary>
    public ReadOnlyMemory<double> Values => _values;

    /// <summary>Which pixels have a spectrum, row by row.</summary>
    public ReadOnlyMemory<bool> Mask => _mask;

    /// <summary>How many pixels have a spectrum.</summary>
    public int Pixels { get; }

    /// <summary>The sum over all pixels with a spectrum.</summary>
    public double Sum { get; }

    /// <summary>The highest value of a pixel with a spectrum; 0 where there is none.</summary>
    public double Max { get; }

    /// <summary>The lowest value of a pixel with a spectrum; 0 where there is none.</summary>
    public double Min { get; }

    /// <summary>The value of a pixel; 0 where it has no spectrum.</summary>
    /// <param name="x">Its x, from <see cref="X0"/> on.</param>
    /// <param name="y">Its y, from <see cref="Y0"/> on.</param>
    /// <exception cref="ArgumentOutOfRangeException">The pixel is outside.</exception>
    public double this[int x, int y] => _values[IndexOf(x, y, Width, Height, X0, Y0)];

    /// <summary>Whether a pixel has a spectrum.</summary>
    /// <inheritdoc cref="this[int, int]"/>
    public bool HasSpectrum(int x, int y) => _mask[IndexOf(x, y, Width, Height, X0, Y0)];

    /// <summary>
    /// A percentile of the values of pixels with a spectrum. Between ranks it is interpolated linearly: of n values in order it is the one
    /// at rank (n − 1) · percent ∕ 100, counted from 0.
    /// </summary>
    /// <param name="percent">From 0, the lowest value, to 100, the highest.</param>
    /// <param name="positiveOnly">Takes the percentile of the values above 0 alone, which of a sparse image tells more.</param>
    /// <returns>The percentile; 0 where there are no values.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The percentage is none.</exception>
    public double Percentile(double percent, bool positiveOnly = false)
    {
        if (!(percent >= 0 && percent <= 100))
            throw new ArgumentOutOfRangeException(nameof(percent), percent, "A percentage is from 0 to 100.");
        var ordered = new double[Pixels];
        var count = 0;
        for (var i = 0; i < _values.Length; i++)
        {
            if (_mask[i] && (!positiveOnly || _values[i] > 0))
                ordered[count++] = _values[i];
        }

        if (count == 0)
            return 0;
        Array.Sort(ordered, 0, count);
        var rank = (count - 1) * percent / 100;
        var below = (int)rank;
        return below == count - 1 ? ordered[below] : ordered[below] + ((ordered[below + 1] - ordered[below]) * (rank - below));
    }

    /// <summary>The same image with no value above a ceiling.</summary>
    /// <param name="ceiling">The highest value; those above become it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The ceiling is not finite.</exception>
    public IonImage Clip(double ceiling)
    {
        if (!double.IsFinite(ceiling))
            throw new ArgumentOutOfRangeException(nameof(ceiling), ceiling, "A ceiling is finite.");
        if (Max <= ceiling)
            return this;
        var values = new double[_values.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = Math.Min(_values[i], ceiling);
        return new IonImage(Width, Height, values, _mask, X0, Y0);
    }

    /// <summary>The same image without hot spots: few pixels so bright that all others look dark. They are clipped to a percentile.</summary>
    /// <inheritdoc cref="Percentile"/>
    /// <returns>The image, clipped.</returns>
    public IonImage WithoutHotSpots(double percent = 99, bool positiveOnly = false) => Clip(Percentile(percent, positiveOnly));

    internal static int IndexOf(int x, int y, int width, int height, int x0, int y0)
    {
        var (column, row) = ((long)x - x0, (long)y - y0);
        if (column < 0 || column >= width)
            throw new ArgumentOutOfRangeException(nameof(x), x, $"The image's x goes from {x0} to {x0 + width - 1}.");
        if (row < 0 || row >= height)
            throw new ArgumentOutOfRangeException(nameof(y), y, $"The image's y goes from {y0} to {y0 + height - 1}.");
        return (int)((row * width) + column);
    }

    private static bool[] AllOf(int count)
    {
        var mask = new bool[count];
        Array.Fill(mask, true);
        return mask;
    }
}
