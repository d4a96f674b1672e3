using Dataplug.Formats.Imzml.Imaging;

namespace Samples.Metaspace;

/// <summary>
/// Collects the images of many ions in one pass over spectra. Only what lies in the window of a peak is kept, so that memory grows with what
/// is found and not with ions times pixels.
/// </summary>
internal sealed class SegmentImages
{
    private readonly IonPattern[] _ions;
    private readonly PixelRectangle _pixels;
    private readonly bool[] _mask;
    private readonly (double Low, double High, int Ion, int Peak)[] _windows;
    private readonly List<(int Pixel, double Intensity)>[][] _found;

    /// <summary>Begins to collect.</summary>
    /// <param name="ions">The ions.</param>
    /// <param name="tolerance">How far from its m/z a peak may lie.</param>
    /// <param name="pixels">The pixels of the images.</param>
    public SegmentImages(IEnumerable<IonPattern> ions, MassTolerance tolerance, PixelRectangle pixels)
    {
        _ions = [.. ions];
        _pixels = pixels;
        _mask = new bool[checked(pixels.Width * pixels.Height)];
        _windows = [.. _ions
            .SelectMany((ion, i) => ion.Mzs.Select((mz, peak) => (tolerance.Window(mz).Low, tolerance.Window(mz).High, Ion: i, Peak: peak)))
            .OrderBy(window => window.Low)];
        _found = [.. _ions.Select(ion => ion.Mzs.Select(_ => new List<(int, double)>()).ToArray())];
    }

    /// <summary>Adds a spectrum, or the part of it that lies in the segment's range of m/z.</summary>
    /// <param name="x">The x of its pixel.</param>
    /// <param name="y">The y of its pixel.</param>
    /// <param name="mzs">The m/z of its peaks, in any order.</param>
    /// <param name="intensities">Their intensities, in the same order.</param>
    /// <exception cref="InvalidDataException">The pixel is outside, or the spectrum is none.</exception>
    public void Add(int x, int y, ReadOnlySpan<double> mzs, ReadOnlySpan<double> intensities)
    {
        if (x < _pixels.X0 || (long)x - _pixels.X0 >= _pixels.Width || y < _pixels.Y0 || (long)y - _pixels.Y0 >= _pixels.Height)
            throw new InvalidDataException($"The spectrum at ({x}, {y}) is outside of the image.");
        if (mzs.Length != intensities.Length)
            throw new InvalidDataException($"The spectrum at ({x}, {y}) has {mzs.Length} m/z and {intensities.Length} intensities.");
        var ascends = true;
        for (var i = 0; i < mzs.Length; i++)
        {
            if (!double.IsFinite(intensities[i]) || !(mzs[i] >= 0))
                throw new InvalidDataException($"The peak {i} of the spectrum at ({x}, {y}) has no m/z or no intensity.");
            ascends &= i == 0 || mzs[i] >= mzs[i - 1];
        }

        if (!ascends)
        {
            // As no writer of imzML has to sort.
            var (sortedMzs, sortedIntensities) = (mzs.ToArray(), intensities.ToArray());
            Array.Sort(sortedMzs, sortedIntensities);
            mzs = sortedMzs;
            intensities = sortedIntensities;
        }

        var pixel = ((y - _pixels.Y0) * _pixels.Width) + (x - _pixels.X0);
        _mask[pixel] = true;

        // Windows and spectrum ascend together: no window begins below the one before.
        var first = 0;
        foreach (var (low, high, ion, peak) in _windows)
        {
            while (first < mzs.Length && mzs[first] < low)
                first++;
            var sum = 0.0;
            for (var i = first; i < mzs.Length && mzs[i] <= high; i++)
                sum += intensities[i];
            if (sum != 0)
                _found[ion][peak].Add((pixel, sum));
        }
    }

    /// <summary>The ions, each with an image for each peak of its pattern, made as they are asked for.</summary>
    public IEnumerable<(IonPattern Ion, IReadOnlyList<IonImage> Images)> Images()
    {
        for (var i = 0; i < _ions.Length; i++)
            yield return (_ions[i], [.. _found[i].Select(ImageOf)]);
    }

    private IonImage ImageOf(List<(int Pixel, double Intensity)> found)
    {
        var values = new double[_mask.Length];
        foreach (var (pixel, intensity) in found)
            values[pixel] += intensity;
        return new IonImage(_pixels.Width, _pixels.Height, values, _mask, _pixels.X0, _pixels.Y0);
    }
}
