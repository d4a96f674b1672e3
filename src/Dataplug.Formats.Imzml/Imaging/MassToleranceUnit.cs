namespace Dataplug.Formats.Imzml.Imaging;

/// <summary>What a <see cref="MassTolerance"/> is measured in.</summary>
public enum MassToleranceUnit
{
    /// <summary>Parts of a million of the m/z itself: the window widens in proportion to the m/z.</summary>
    Ppm,

    /// <summary>Dalton, which is to say units of m/z: the window is equally wide everywhere.</summary>
    Dalton,
}
