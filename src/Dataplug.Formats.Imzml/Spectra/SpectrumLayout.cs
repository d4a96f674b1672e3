namespace Dataplug.Formats.Imzml;

/// <summary>Whether peaks were picked.</summary>
public enum SpectrumRepresentation
{
    /// <summary>The document does not say.</summary>
    Unknown,

    /// <summary>One point a peak (MS:1000127).</summary>
    Centroid,

    /// <summary>The detector's signal (MS:1000128).</summary>
    Profile,
}

/// <summary>The charge of the ions.</summary>
public enum Polarity
{
    /// <summary>The document does not say.</summary>
    Unknown,

    /// <summary>Positive (MS:1000130).</summary>
    Positive,

    /// <summary>Negative (MS:1000129).</summary>
    Negative,
}

/// <summary>What many spectra have in common: their arrays, and what kind of spectra they are.</summary>
/// <param name="Arrays">The m/z array, the intensity array, then any others in the order of the document.</param>
/// <param name="Representation">Whether peaks were picked.</param>
/// <param name="Polarity">The charge of the ions.</param>
/// <param name="MsLevel">The number of selections of ions before the spectrum was taken, plus one (MS:1000511); 0 where the document does not say.</param>
public sealed record SpectrumLayout(IReadOnlyList<ArrayLayout> Arrays, SpectrumRepresentation Representation, Polarity Polarity, int MsLevel)
{
    /// <inheritdoc/>
    public bool Equals(SpectrumLayout? other) =>
        other is not null && Representation == other.Representation && Polarity == other.Polarity && MsLevel == other.MsLevel && Arrays.SequenceEqual(other.Arrays);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Arrays.Count, Arrays.Count > 0 ? Arrays[0] : null, Representation, Polarity, MsLevel);
}
