namespace Samples.Metaspace;

/// <summary>An ion that is looked for, and the peaks that it has.</summary>
/// <param name="Formula">The formula of the molecule, in Hill's order.</param>
/// <param name="Adduct">The adduct.</param>
/// <param name="Charge">The charge, not 0.</param>
/// <param name="Target">Whether it is looked for to be found, and is no decoy.</param>
/// <param name="Mzs">The m/z of its peaks, ascending.</param>
/// <param name="Intensities">Their heights; the highest is 1.</param>
internal sealed record IonPattern(string Formula, string Adduct, int Charge, bool Target, double[] Mzs, double[] Intensities);
