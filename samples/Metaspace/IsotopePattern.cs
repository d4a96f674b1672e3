namespace Samples.Metaspace;

/// <summary>
/// The peaks that the isotopes of an ion make in a spectrum. Found in two steps. The fine structure has a line for every combination of
/// isotopes: of each element the multinomial distribution of its atoms over its isotopes, of all elements their convolution. The instrument
/// widens every line to a Gaussian of its resolving power, and what is seen of lines closer than that is one peak: a local maximum of the sum
/// of the Gaussians, with the m/z and the height of its apex. This is what METASPACE does by cpyMSpec with its centroids; here the apex is
/// found to the last digits, not on a grid, so that it can be checked.
/// </summary>
/// <param name="Mzs">The m/z of the peaks, ascending.</param>
/// <param name="Intensities">Their heights, in the same order; the highest is 1.</param>
internal sealed record IsotopePattern(double[] Mzs, double[] Intensities)
{
    /// <summary>How many peaks METASPACE takes of an ion.</summary>
    public const int DefaultPeaks = 4;

    /// <summary>The mass of an electron in dalton (CODATA 2018).</summary>
    public const double ElectronMass = 0.000548579909065;

    // Lines below this probability are left out: of an ion with 1000 carbon atoms they add up to less than a millionth.
    private const double LeastProbability = 1e-10;

    // Peaks below this share of the highest are not seen next to it.
    private const double LeastIntensity = 1e-4;

    // A Gaussian is nothing farther than so many FWHM from its line: e^(-4 ln2 · 16), 5e-20.
    private const double Reach = 4;

    private static readonly double FourLog2 = 4 * Math.Log(2);

    /// <summary>The peaks of an ion.</summary>
    /// <param name="ion">Its formula, the adduct included.</param>
    /// <param name="charge">Its charge, not 0: electrons that it lacks, or has too many where negative.</param>
    /// <param name="instrument">What it is measured with.</param>
    /// <param name="peaks">How many peaks are kept at most, the highest; ≥ 1.</param>
    public static IsotopePattern Of(Formula ion, int charge, Instrument instrument, int peaks = DefaultPeaks)
    {
        ArgumentOutOfRangeException.ThrowIfZero(charge);
        ArgumentOutOfRangeException.ThrowIfLessThan(peaks, 1);
        var lines = FineStructure(ion).Select(line => (Mz: (line.Mass - (charge * ElectronMass)) / Math.Abs(charge), line.Probability)).ToArray();
        var apexes = Centroids(lines, instrument);
        var highest = apexes.Max(apex => apex.Intensity);
        var kept = apexes
            .Where(apex => apex.Intensity >= LeastIntensity * highest)
            .OrderByDescending(apex => apex.Intensity).ThenBy(apex => apex.Mz).Take(peaks)
            .OrderBy(apex => apex.Mz).ToArray();
        return new IsotopePattern([.. kept.Select(apex => apex.Mz)], [.. kept.Select(apex => apex.Intensity / highest)]);
    }

    /// <summary>The lines of a formula: the masses of all combinations of isotopes, and how likely each is.</summary>
    /// <param name="formula">The formula.</param>
    /// <returns>By mass, in dalton, of the neutral molecule. Those less likely than 10⁻¹⁰ are left out.</returns>
    public static IReadOnlyList<(double Mass, double Probability)> FineStructure(Formula formula)
    {
        List<(double Mass, double Probability)> lines = [(0, 1)];
        foreach (var (symbol, count) in formula.Atoms)
        {
            var element = Multinomial(Element.Find(symbol)!, count);
            var all = new List<(double Mass, double Probability)>(lines.Count * element.Count);
            foreach (var line in lines)
            {
                foreach (var (mass, probability) in element)
                {
                    if (line.Probability * probability >= LeastProbability)
                        all.Add((line.Mass + mass, line.Probability * probability));
                }
            }

            lines = all;
        }

        lines.Sort();
        return lines;
    }

    // How the atoms of an element share its isotopes: n! ∕ (k₁! k₂! …) · p₁^k₁ p₂^k₂ …, isotope by isotope as binomials.
    private static List<(double Mass, double Probability)> Multinomial(Element element, int count)
    {
        var logFactorials = new double[count + 1];
        for (var i = 2; i <= count; i++)
            logFactorials[i] = logFactorials[i - 1] + Math.Log(i);
        var found = new List<(double Mass, double Probability)>();
        Share(0, count, 0, logFactorials[count], bound: 0);
        return found;

        // logWeight grows into the logarithm of the probability. bound is that of all that the isotopes so far have left to the others:
        // these can't have a probability above it.
        void Share(int isotope, int left, double mass, double logWeight, double bound)
        {
            var (isotopeMass, abundance) = element.Isotopes[isotope];
            if (isotope == element.Isotopes.Count - 1)
            {
                var probability = Math.Exp(logWeight + (left * Math.Log(abundance)) - logFactorials[left]);
                if (probability >= LeastProbability)
                    found.Add((mass + (left * isotopeMass), probability));
                return;
            }

            // The share of this isotope among the atoms left, and of what comes after.
            var after = 0.0;
            for (var i = isotope + 1; i < element.Isotopes.Count; i++)
                after += element.Isotopes[i].Abundance;
            var (logOwn, logAfter) = (Math.Log(abundance / (abundance + after)), Math.Log(after / (abundance + after)));
            for (var k = 0; k <= left; k++)
            {
                var binomial = logFactorials[left] - logFactorials[k] - logFactorials[left - k] + (k * logOwn) + ((left - k) * logAfter);
                if (bound + binomial >= Math.Log(LeastProbability))
                    Share(isotope + 1, left - k, mass + (k * isotopeMass), logWeight + (k * Math.Log(abundance)) - logFactorials[k], bound + binomial);
            }
        }
    }

    private static List<(double Mz, double Intensity)> Centroids((double Mz, double Probability)[] lines, Instrument instrument)
    {
        var apexes = new List<(double Mz, double Intensity)>();
        for (var first = 0; first < lines.Length;)
        {
            // Lines so far from the next that its Gaussian does not reach them make peaks of their own.
            var end = first + 1;
            while (end < lines.Length && lines[end].Mz - lines[end - 1].Mz <= 2 * Reach * instrument.FullWidthAt(lines[end].Mz))
                end++;
            FindApexes(lines.AsSpan(first, end - first), instrument, apexes);
            first = end;
        }

        return apexes;
    }

    private static void FindApexes(ReadOnlySpan<(double Mz, double Probability)> lines, Instrument instrument, List<(double Mz, double Intensity)> apexes)
    {
        // All maxima lie between the first and the last line, and are not closer to each other than the steps, of a tenth of the width.
        var step = instrument.FullWidthAt(lines[0].Mz) / 10;
        var start = lines[0].Mz - step;
        var steps = (int)Math.Ceiling((lines[^1].Mz - start) / step) + 1;
        var (before, rising) = (0.0, false);
        for (var i = 0; i <= steps; i++)
        {
            var height = HeightAt(start + (i * step), lines, instrument, out _);
            if (i > 0 && rising && height <= before)
            {
                var mz = Refine(start + ((i - 2) * step), start + (i * step), lines, instrument);
                apexes.Add((mz, HeightAt(mz, lines, instrument, out _)));
            }

            rising = height > before;
            before = height;
        }
    }

    // Where the slope goes from up to down, by bisection.
    private static double Refine(double low, double high, ReadOnlySpan<(double Mz, double Probability)> lines, Instrument instrument)
    {
        while (true)
        {
            var middle = low + ((high - low) / 2);
            if (middle <= low || middle >= high)
                return middle;
            _ = HeightAt(middle, lines, instrument, out var slope);
            if (slope > 0)
                low = middle;
            else
                high = middle;
        }
    }

    private static double HeightAt(double mz, ReadOnlySpan<(double Mz, double Probability)> lines, Instrument instrument, out double slope)
    {
        var (height, width) = (0.0, instrument.FullWidthAt(mz));
        slope = 0;
        var (from, to) = (mz - (2 * Reach * width), mz + (2 * Reach * width));
        foreach (var (line, probability) in lines)
        {
            if (line < from)
                continue;
            if (line > to)
                break;
            var narrow = 1 / instrument.FullWidthAt(line);
            var distance = (mz - line) * narrow;
            var own = probability * Math.Exp(-FourLog2 * distance * distance);
            height += own;
            slope -= own * distance * narrow;
        }

        return height;
    }
}
