namespace Samples.Metaspace;

/// <summary>An ion that a tissue has.</summary>
/// <param name="Formula">The molecule.</param>
/// <param name="Adduct">The adduct.</param>
/// <param name="Region">Where it is.</param>
/// <param name="Amplitude">The intensity of its highest peak where there is most of it.</param>
internal sealed record PlantedIon(string Formula, string Adduct, TissueRegion Region, double Amplitude);

/// <summary>
/// A tissue that never was: known molecules in known places, measured with errors and noise. An ellipse of pixels has spectra, those in the
/// corners have none. The same options give the same spectra.
/// </summary>
internal sealed record SyntheticTissue
{
    /// <summary>Pixels in x; 48.</summary>
    public int Width { get; init; } = 48;

    /// <summary>Pixels in y; 36.</summary>
    public int Height { get; init; } = 36;

    /// <summary>The pixels, those without a spectrum among them.</summary>
    public PixelRectangle Pixels => new(1, 1, Width, Height);

    /// <summary>The ions that are there.</summary>
    public IReadOnlyList<PlantedIon> Planted { get; init; } = [];

    /// <summary>The charge of all of them; 1.</summary>
    public int Charge { get; init; } = 1;

    /// <summary>What they are measured with; an orbitrap of 140,000 at m/z 200.</summary>
    public Instrument Instrument { get; init; } = new(Analyser.Orbitrap, 140_000);

    /// <summary>The standard deviation of the m/z of every peak, in ppm; 0.7.</summary>
    public double MassErrorPpm { get; init; } = 0.7;

    /// <summary>The standard deviation of the intensity of every peak, as a share of it; 0.08.</summary>
    public double IntensityError { get; init; } = 0.08;

    /// <summary>Below this intensity nothing is recorded; 20.</summary>
    public double DetectionLimit { get; init; } = 20;

    /// <summary>Peaks of noise in every spectrum; 80.</summary>
    public int NoisePeaks { get; init; } = 80;

    /// <summary>How many different m/z the noise has, each again and again as that of a matrix is; 4000.</summary>
    public int NoiseMzs { get; init; } = 4000;

    /// <summary>Above the detection limit the intensity of the noise falls off exponentially, with this mean; 40.</summary>
    public double NoiseIntensity { get; init; } = 40;

    /// <summary>The lowest m/z that noise has; 100.</summary>
    public double LowestMz { get; init; } = 100;

    /// <summary>The highest m/z that noise has; 1000.</summary>
    public double HighestMz { get; init; } = 1000;

    /// <summary>All that is random comes from it; 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Measures the tissue.</summary>
    /// <returns>A spectrum for each pixel that has one, row by row; x and y count from 1, the m/z ascend, intensities are 32-bit floats.</returns>
    /// <exception cref="FormatException">A formula or an adduct is none.</exception>
    public IEnumerable<(int X, int Y, double[] Mz, double[] Intensities)> Spectra()
    {
        var planted = Planted.Select(ion => (ion.Region, ion.Amplitude, Pattern: PatternOf(ion))).ToArray();
        var matrix = new SplitMix64(SplitMix64.SeedOf(Seed, "matrix"));
        var noise = new double[NoiseMzs];
        for (var i = 0; i < noise.Length; i++)
            noise[i] = LowestMz + (matrix.NextDouble() * (HighestMz - LowestMz));

        for (var y = 1; y <= Height; y++)
        {
            for (var x = 1; x <= Width; x++)
            {
                var (u, v) = ((x - 0.5) / Width, (y - 0.5) / Height);
                if (((u - 0.5) * (u - 0.5)) + ((v - 0.5) * (v - 0.5)) > 0.25)
                    continue;
                var random = new SplitMix64(SplitMix64.SeedOf(Seed, $"{x},{y}"));
                var peaks = new List<(double Mz, double Intensity)>();
                foreach (var (region, amplitude, pattern) in planted)
                {
                    for (var i = 0; i < pattern.Mzs.Length; i++)
                        Record(pattern.Mzs[i], amplitude * region.At(u, v) * pattern.Intensities[i] * (1 + (IntensityError * random.NextNormal())), ref random, peaks);
                }

                for (var i = 0; i < NoisePeaks && noise.Length > 0; i++)
                    Record(noise[random.Next(noise.Length)], DetectionLimit - (NoiseIntensity * Math.Log(1 - random.NextDouble())), ref random, peaks);
                peaks.Sort();
                yield return (x, y, [.. peaks.Select(peak => peak.Mz)], [.. peaks.Select(peak => peak.Intensity)]);
            }
        }
    }

    private void Record(double mz, double intensity, ref SplitMix64 random, List<(double Mz, double Intensity)> peaks)
    {
        var measured = mz * (1 + (MassErrorPpm * 1e-6 * random.NextNormal()));
        if (intensity >= DetectionLimit)
            peaks.Add((measured, (float)intensity));
    }

    // More peaks than are looked for: what is measured does not know that.
    private IsotopePattern PatternOf(PlantedIon ion) => IsotopePattern.Of(
        Adduct.Parse(ion.Adduct).ApplyTo(Formula.Parse(ion.Formula)) ?? throw new FormatException($"{ion.Formula} has nothing to make {ion.Adduct} of."),
        Charge,
        Instrument,
        peaks: 8);
}
