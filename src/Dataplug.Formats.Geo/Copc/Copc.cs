namespace Dataplug.Formats.Geo;

/// <summary>COPC: the way in.</summary>
public static class Copc
{
    /// <summary>The format: Cloud Optimized Point Cloud 1.0.</summary>
    public static CopcFormat Format { get; } = new();
}
