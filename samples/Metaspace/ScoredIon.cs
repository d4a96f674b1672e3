namespace Samples.Metaspace;

/// <summary>An ion and how well it is found.</summary>
/// <param name="Formula">The formula of the molecule.</param>
/// <param name="Adduct">The adduct.</param>
/// <param name="Target">Whether it is no decoy.</param>
/// <param name="Mz">The m/z of its first peak.</param>
/// <param name="Score">The score.</param>
internal sealed record ScoredIon(string Formula, string Adduct, bool Target, double Mz, MsmScore Score);
