namespace Samples.Metaspace;

/// <summary>
/// How many of the ions that are found are found by chance, estimated by decoys: ions that can't be there, by adducts that nobody expects
/// (Palmer et al., Nature Methods 14 (2017), 57, Methods). The ranking is that of METASPACE's engine from its analysis version 3 on.
/// </summary>
internal static class FalseDiscovery
{
    /// <summary>How many decoys METASPACE takes for a formula.</summary>
    public const int DefaultDecoys = 20;

    /// <summary>The levels at which METASPACE reports.</summary>
    public static IReadOnlyList<double> Levels { get; } = [0.05, 0.1, 0.2, 0.5];

    /// <summary>
    /// The decoy adducts of a formula: a sample of <see cref="Adduct.Decoys"/> without those looked for. It is the same for the same seed and
    /// formula, whatever else is looked for, and serves all target adducts of the formula.
    /// </summary>
    /// <param name="formula">The formula, in Hill's order.</param>
    /// <param name="targets">The adducts looked for.</param>
    /// <param name="count">How many; all that there are where there are fewer.</param>
    /// <param name="seed">Another sample for another seed.</param>
    public static IReadOnlyList<string> DecoysOf(string formula, IReadOnlyCollection<string> targets, int count = DefaultDecoys, ulong seed = 42)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var candidates = Adduct.Decoys.Except(targets).ToArray();
        var random = new SplitMix64(SplitMix64.SeedOf(seed, formula));

        // The first steps of Fisher and Yates' shuffle.
        count = Math.Min(count, candidates.Length);
        for (var i = 0; i < count; i++)
        {
            var other = i + random.Next(candidates.Length - i);
            (candidates[i], candidates[other]) = (candidates[other], candidates[i]);
        }

        return candidates[..count];
    }

    /// <summary>
    /// The false discovery rate of each target, were all accepted that score as high: (D + 1) ∕ r ∕ (T + 1), where D and T are the decoys and
    /// targets that score at least as high and r is the number of decoys for one target; and then the lowest of it over all scores as low or
    /// lower, so that it never falls with the score. The ones are Laplace's rule of succession: few targets without a decoy above them don't
    /// make a rate of 0.
    /// </summary>
    /// <param name="targets">Scores of the targets. Those of 0 are no discoveries: their rate is 1, and they are not counted.</param>
    /// <param name="decoys">Scores of the decoys.</param>
    /// <param name="decoysPerTarget">How many decoys there are for each target, those that score 0 included.</param>
    /// <param name="ruleOfSuccession">Whether the ones are added; without them the rate is D ∕ r ∕ T, as in the first versions.</param>
    /// <returns>A rate for each target, in their order, from 0 to 1.</returns>
    public static double[] Estimate(IReadOnlyList<double> targets, IReadOnlyList<double> decoys, double decoysPerTarget, bool ruleOfSuccession = true)
    {
        if (!(decoysPerTarget > 0))
            throw new ArgumentOutOfRangeException(nameof(decoysPerTarget), decoysPerTarget, "There is no rate without decoys.");
        var found = decoys.Where(score => score > 0).OrderDescending().ToArray();
        var order = Enumerable.Range(0, targets.Count).Where(i => targets[i] > 0).OrderByDescending(i => targets[i]).ToArray();
        var rates = new double[targets.Count];
        Array.Fill(rates, 1);

        // From the highest score down: all targets of a score at once, as they are accepted together.
        var more = ruleOfSuccession ? 1 : 0;
        var above = 0;
        for (var first = 0; first < order.Length;)
        {
            var score = targets[order[first]];
            var end = first;
            while (end < order.Length && targets[order[end]] == score)
                end++;
            while (above < found.Length && found[above] >= score)
                above++;
            for (; first < end; first++)
                rates[order[first]] = Math.Min(1, (above + more) / decoysPerTarget / (end + more));
        }

        var lowest = 1.0;
        foreach (var target in order.Reverse())
            rates[target] = lowest = Math.Min(lowest, rates[target]);
        return rates;
    }

    /// <summary>The lowest level that a rate, rounded to whole percents, does not exceed; 1 where it exceeds all.</summary>
    public static double LevelOf(double rate)
    {
        foreach (var level in Levels)
        {
            if (Math.Round(rate, 2) <= level)
                return level;
        }

        return 1;
    }
}
