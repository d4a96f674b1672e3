namespace Dataplug.Formats.Geo;

/// <summary>A number for each of the three axes.</summary>
/// <param name="X">Along x.</param>
/// <param name="Y">Along y.</param>
/// <param name="Z">Along z.</param>
public readonly record struct LasVector(double X, double Y, double Z);
