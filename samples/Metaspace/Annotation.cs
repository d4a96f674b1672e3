namespace Samples.Metaspace;

/// <summary>A row of the result: a target ion, how well it is found, and how likely by chance.</summary>
/// <param name="Formula">The formula of the molecule, in Hill's order.</param>
/// <param name="Adduct">The adduct.</param>
/// <param name="Mz">The m/z of the first peak.</param>
/// <param name="Chaos">See <see cref="MsmScore.Chaos"/>.</param>
/// <param name="Spatial">See <see cref="MsmScore.Spatial"/>.</param>
/// <param name="Spectral">See <see cref="MsmScore.Spectral"/>.</param>
/// <param name="Msm">The product of the three.</param>
/// <param name="Fdr">The false discovery rate, from 0 to 1.</param>
/// <param name="FdrLevel">The level that it is reported at: 0.05, 0.1, 0.2, 0.5 or 1.</param>
internal sealed record Annotation(string Formula, string Adduct, double Mz, double Chaos, double Spatial, double Spectral, double Msm, double Fdr, double FdrLevel);
