namespace Dataplug.Formats.Geo;

/// <summary>LAS: the way in.</summary>
public static class Las
{
    /// <summary>The format: LAS 1.0 to 1.4, point data record formats 0 to 10.</summary>
    public static LasFormat Format { get; } = new();
}
