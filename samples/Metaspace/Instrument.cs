using System.Globalization;

namespace Samples.Metaspace;

/// <summary>How the resolving power of a mass analyser falls with the m/z.</summary>
internal enum Analyser
{
    /// <summary>Time of flight: not at all.</summary>
    Tof,

    /// <summary>Orbitrap: with the square root.</summary>
    Orbitrap,

    /// <summary>Ion cyclotron resonance: in proportion.</summary>
    Fticr,
}

/// <summary>A mass spectrometer, as far as the shape of its peaks goes.</summary>
/// <param name="Analyser">What it measures m/z with.</param>
/// <param name="ResolvingPower">m/z over the full width of a peak at half of its height (FWHM), at m/z 200.</param>
internal sealed record Instrument(Analyser Analyser, double ResolvingPower)
{
    /// <summary>The m/z at which a resolving power is told.</summary>
    public const double ReferenceMz = 200;

    /// <summary>The resolving power at an m/z: R₂₀₀ · (200 ∕ m/z)ᵏ, where k is 0, ½ or 1.</summary>
    public double ResolvingPowerAt(double mz) => ResolvingPower * Analyser switch
    {
        Analyser.Tof => 1,
        Analyser.Orbitrap => Math.Sqrt(ReferenceMz / mz),
        Analyser.Fticr => ReferenceMz / mz,
        _ => throw new InvalidOperationException($"There is no analyser {Analyser}."),
    };

    /// <summary>The full width at half maximum of a peak, in units of m/z.</summary>
    public double FullWidthAt(double mz) => mz / ResolvingPowerAt(mz);

    /// <summary>Reads an instrument such as <c>orbitrap:140000</c>.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static Instrument Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            && Enum.GetNames<Analyser>().Contains(text[..colon], StringComparer.OrdinalIgnoreCase)
            && double.TryParse(text.AsSpan(colon + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var power)
            && power is >= 100 and <= 1e8
            ? new Instrument(Enum.Parse<Analyser>(text[..colon], ignoreCase: true), power)
            : throw new FormatException($"'{text}' is no instrument: write tof, orbitrap or fticr, and the resolving power at m/z 200, such as orbitrap:140000.");
    }
}
