using Dataplug.Formats.Imzml.Imaging;

namespace Samples.Metaspace;

/// <summary>Ions that are near each other in m/z: what one task looks for, and the range of m/z that it needs of the spectra.</summary>
/// <param name="Low">The lowest m/z that belongs to a peak.</param>
/// <param name="High">The highest.</param>
/// <param name="Ions">The ions, by the m/z of their first peaks.</param>
internal sealed record IonSegment(double Low, double High, IonPattern[] Ions)
{
    /// <summary>
    /// Cuts ions into segments of equally many, give or take one. Ranges of neighbours overlap by the width of a pattern, so that every ion
    /// has all its peaks in one.
    /// </summary>
    /// <param name="ions">The ions.</param>
    /// <param name="tolerance">How far from its m/z a peak may lie.</param>
    /// <param name="segments">How many, ≥ 1; fewer where there are fewer ions.</param>
    public static IReadOnlyList<IonSegment> Cut(IEnumerable<IonPattern> ions, MassTolerance tolerance, int segments)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(segments, 1);
        var ordered = ions
            .OrderBy(ion => ion.Mzs[0]).ThenBy(ion => ion.Formula, StringComparer.Ordinal).ThenBy(ion => ion.Adduct, StringComparer.Ordinal)
            .ToArray();
        segments = Math.Min(segments, ordered.Length);
        var cut = new IonSegment[segments];
        for (var i = 0; i < segments; i++)
        {
            var own = ordered[(int)((long)ordered.Length * i / segments)..(int)((long)ordered.Length * (i + 1) / segments)];
            cut[i] = new IonSegment(tolerance.Window(own[0].Mzs[0]).Low, own.Max(ion => tolerance.Window(ion.Mzs[^1]).High), own);
        }

        return cut;
    }
}
