using Dataplug.Formats.Imzml.Imaging;

namespace Samples.Metaspace;

/// <summary>
/// How well the images of an ion's isotope peaks are those of one ion: the metabolite-signal match of Palmer et al., Nature Methods 14 (2017),
/// 57 (doi:10.1038/nmeth.4072, Methods). Every part, and so their product, is from 0 to 1.
/// </summary>
/// <param name="Chaos">Whether the image of the first peak has structure: <see cref="SpatialChaos"/>.</param>
/// <param name="Spatial">Whether the other peaks are where the first is: <see cref="SpatialCorrelation"/>.</param>
/// <param name="Spectral">Whether the peaks are as high as the isotopes say: <see cref="SpectralMatch"/>.</param>
internal sealed record MsmScore(double Chaos, double Spatial, double Spectral)
{
    /// <summary>The percentile to which hot spots are clipped (Palmer et al. 2017: the 99th).</summary>
    public const double HotSpotPercentile = 99;

    private const double Rounding = 1e-22;

    /// <summary>An ion of which nothing is there.</summary>
    public static MsmScore None { get; } = new(0, 0, 0);

    /// <summary>The score: chaos · spatial · spectral.</summary>
    public double Msm => Chaos * Spatial * Spectral;

    /// <summary>Scores the images of an ion.</summary>
    /// <param name="images">An image for each peak of the pattern, by m/z; all of the same pixels.</param>
    /// <param name="intensities">The heights that the pattern has.</param>
    /// <param name="removeHotSpots">Whether the brightest pixels of every image are clipped first, to the 99th percentile of all with a
    /// spectrum.</param>
    /// <param name="levels">Levels of the measure of chaos.</param>
    /// <exception cref="ArgumentException">The images don't fit the pattern or each other.</exception>
    public static MsmScore Of(IReadOnlyList<IonImage> images, IReadOnlyList<double> intensities, bool removeHotSpots = true, int levels = SpatialChaos.DefaultLevels)
    {
        Check(images, intensities);

        // Most ions that are looked for aren't there: METASPACE too stops at the first part that is 0.
        if (images[0].Max <= 0)
            return None;
        if (removeHotSpots)
            images = [.. images.Select(image => image.WithoutHotSpots(HotSpotPercentile))];
        var spectral = SpectralMatch(images, intensities);
        var spatial = spectral > 0 ? SpatialCorrelation(images, intensities) : 0;
        return spatial > 0 ? new MsmScore(SpatialChaos.Measure(images[0], levels), spatial, spectral) : None with { Spectral = spectral };
    }

    /// <summary>
    /// The mean of Pearson's correlations of the first image with each of the others, over all pixels with a spectrum, weighted by the
    /// heights that the pattern has for the others; negative ones count as they are, the mean as 0 if it is below. A correlation with an
    /// image that is the same everywhere is 0.
    /// </summary>
    /// <returns>From 0 to 1; 0 with fewer than two images, and where the first has fewer than two pixels above 0.</returns>
    public static double SpatialCorrelation(IReadOnlyList<IonImage> images, IReadOnlyList<double> intensities)
    {
        Check(images, intensities);
        var principal = images[0].Values.Span;
        var mask = images[0].Mask.Span;
        var lit = 0;
        for (var i = 0; i < principal.Length; i++)
            lit += principal[i] > 0 ? 1 : 0;
        var weights = intensities.Skip(1).Sum();
        if (lit < 2 || !(weights > 0))
            return 0;

        var sum = 0.0;
        for (var image = 1; image < images.Count; image++)
            sum += intensities[image] * Correlation(principal, images[image].Values.Span, mask, images[0].Pixels);
        return Math.Clamp(sum / weights, 0, 1);
    }

    /// <summary>
    /// 1 − the mean of |t̂ − ô|: t are the heights that the pattern has, o the sums of the images over those pixels where the first is above
    /// 0, and each is divided by its Euclidean norm.
    /// </summary>
    /// <returns>From 0 to 1; 0 where the first image is empty, and where there is one peak alone, which matches anything.</returns>
    public static double SpectralMatch(IReadOnlyList<IonImage> images, IReadOnlyList<double> intensities)
    {
        Check(images, intensities);
        var principal = images[0].Values.Span;
        var totals = new double[images.Count];
        for (var image = 0; image < totals.Length; image++)
        {
            var values = images[image].Values.Span;
            for (var i = 0; i < values.Length; i++)
                totals[image] += principal[i] > 0 ? values[i] : 0;
        }

        var (observed, expected) = (Norm(totals), Norm(intensities));
        if (totals.Length < 2 || !(observed > 0) || !(expected > 0))
            return 0;
        var difference = 0.0;
        for (var image = 0; image < totals.Length; image++)
            difference += Math.Abs((intensities[image] / expected) - (totals[image] / observed));
        return Math.Max(0, 1 - (difference / totals.Length));

        static double Norm(IReadOnlyList<double> vector) => Math.Sqrt(vector.Sum(value => value * value));
    }

    private static double Correlation(ReadOnlySpan<double> one, ReadOnlySpan<double> other, ReadOnlySpan<bool> mask, int pixels)
    {
        var (oneMean, otherMean) = (0.0, 0.0);
        for (var i = 0; i < one.Length; i++)
        {
            oneMean += one[i];
            otherMean += other[i];
        }

        (oneMean, otherMean) = (oneMean / pixels, otherMean / pixels);
        var (both, oneSquares, otherSquares) = (0.0, 0.0, 0.0);
        for (var i = 0; i < one.Length; i++)
        {
            if (!mask[i])
                continue;
            var (a, b) = (one[i] - oneMean, other[i] - otherMean);
            both += a * b;
            oneSquares += a * a;
            otherSquares += b * b;
        }

        // Of an image that is the same everywhere what is left are the rounding errors of its mean.
        return oneSquares > Rounding * pixels * oneMean * oneMean && otherSquares > Rounding * pixels * otherMean * otherMean
            ? both / (Math.Sqrt(oneSquares) * Math.Sqrt(otherSquares))
            : 0;
    }

    private static void Check(IReadOnlyList<IonImage> images, IReadOnlyList<double> intensities)
    {
        if (images.Count == 0 || images.Count != intensities.Count)
            throw new ArgumentException($"{images.Count} images don't fit a pattern of {intensities.Count} peaks.");
        foreach (var image in images)
        {
            if (image.Width != images[0].Width || image.Height != images[0].Height || !image.Mask.Span.SequenceEqual(images[0].Mask.Span))
                throw new ArgumentException("The images of an ion are not of the same pixels.");
        }
    }
}
