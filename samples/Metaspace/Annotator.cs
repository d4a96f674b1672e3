using Dataplug.Formats.Imzml.Imaging;

namespace Samples.Metaspace;

/// <summary>From ion images to annotations. The parts are apart, so that each can be a stage: scores in many tasks, rates over all of them.</summary>
internal static class Annotator
{
    /// <summary>Annotates in one go.</summary>
    /// <param name="ions">The ions, targets and decoys.</param>
    /// <param name="images">Gives an image for each peak of an ion, by m/z.</param>
    /// <param name="ruleOfSuccession">See <see cref="FalseDiscovery.Estimate"/>.</param>
    /// <returns>The targets, as <see cref="Rank"/> orders them.</returns>
    public static IReadOnlyList<Annotation> Annotate(IEnumerable<IonPattern> ions, Func<IonPattern, IReadOnlyList<IonImage>> images, bool ruleOfSuccession = true) =>
        Rank([.. ions.Select(ion => Score(ion, images(ion)))], ruleOfSuccession);

    /// <summary>Scores an ion.</summary>
    /// <param name="ion">The ion.</param>
    /// <param name="images">An image for each of its peaks, by m/z.</param>
    public static ScoredIon Score(IonPattern ion, IReadOnlyList<IonImage> images) =>
        new(ion.Formula, ion.Adduct, ion.Target, ion.Mzs[0], MsmScore.Of(images, ion.Intensities));

    /// <summary>
    /// Tells the false discovery rates. Each target adduct is ranked on its own, against the decoys of all formulas that it makes an ion of,
    /// for some adducts are found far more often than others.
    /// </summary>
    /// <param name="ions">The ions of all formulas, targets and decoys, in any order.</param>
    /// <param name="ruleOfSuccession">See <see cref="FalseDiscovery.Estimate"/>.</param>
    /// <returns>The targets by score, the highest first; equal ones by formula and adduct.</returns>
    public static IReadOnlyList<Annotation> Rank(IReadOnlyCollection<ScoredIon> ions, bool ruleOfSuccession = true)
    {
        var decoysOf = ions.Where(ion => !ion.Target).ToLookup(ion => ion.Formula);
        var annotations = new List<Annotation>();
        foreach (var adduct in ions.Where(ion => ion.Target).GroupBy(ion => ion.Adduct))
        {
            var targets = adduct.ToArray();
            var decoys = targets.SelectMany(ion => decoysOf[ion.Formula]).Select(ion => ion.Score.Msm).ToArray();
            var rates = FalseDiscovery.Estimate([.. targets.Select(ion => ion.Score.Msm)], decoys, (double)decoys.Length / targets.Length, ruleOfSuccession);
            foreach (var (ion, rate) in targets.Zip(rates))
            {
                var score = ion.Score;
                annotations.Add(new Annotation(ion.Formula, ion.Adduct, ion.Mz, score.Chaos, score.Spatial, score.Spectral, score.Msm, rate, FalseDiscovery.LevelOf(rate)));
            }
        }

        return [.. annotations
            .OrderByDescending(annotation => annotation.Msm)
            .ThenBy(annotation => annotation.Formula, StringComparer.Ordinal).ThenBy(annotation => annotation.Adduct, StringComparer.Ordinal)];
    }
}
