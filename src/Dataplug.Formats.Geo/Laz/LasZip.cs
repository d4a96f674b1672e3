namespace Dataplug.Formats.Geo;

/// <summary>LAZ: the way in. The format has the name of the library that everybody writes it with.</summary>
public static class LasZip
{
    /// <summary>The format: LAS 1.0 to 1.4 whose points LASzip compressed in chunks, point data record formats 0 to 10.</summary>
    public static LazFormat Format { get; } = new();
}
