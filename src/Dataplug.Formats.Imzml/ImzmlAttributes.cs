namespace Dataplug.Formats.Imzml;

/// <summary>What is known of a whole data set: the attributes that <c>dataplug inspect</c> shows.</summary>
public sealed record ImzmlAttributes
{
    /// <summary>Number of spectra.</summary>
    public required long Spectra { get; init; }

    /// <summary>Points of all intensity arrays.</summary>
    public required long Points { get; init; }

    /// <summary><c>continuous</c> (IMS:1000030) or <c>processed</c> (IMS:1000031), as the document says; null where it does not.</summary>
    public string? Mode { get; init; }

    /// <summary>Whether all spectra share one m/z axis, whatever the document says.</summary>
    public required bool SharesMz { get; init; }

    /// <summary>The ibd, without a query.</summary>
    public required string Ibd { get; init; }

    /// <summary>Its size in bytes.</summary>
    public required long IbdBytes { get; init; }

    /// <summary>The UUID of the document (IMS:1000080), 32 hexadecimal digits; null where it has none.</summary>
    public string? Uuid { get; init; }

    /// <summary>The checksum of the ibd as the document has it, e.g. <c>SHA-1 a5be…</c>; null where it has none.</summary>
    public string? IbdChecksum { get; init; }

    /// <summary>What was held against the document.</summary>
    public required ImzmlCheck Checked { get; init; }

    /// <summary>The smallest x, in pixels.</summary>
    public required int MinX { get; init; }

    /// <summary>The smallest y, in pixels.</summary>
    public required int MinY { get; init; }

    /// <summary>The smallest z; 1 where there is no third coordinate.</summary>
    public required int MinZ { get; init; }

    /// <summary>Pixels across, from the smallest x to the largest; 0 without spectra.</summary>
    public required long Width { get; init; }

    /// <summary>Pixels down.</summary>
    public required long Height { get; init; }

    /// <summary>Layers.</summary>
    public required long Depth { get; init; }

    /// <summary>Whether the document gives a third coordinate (IMS:1000052).</summary>
    public required bool HasZ { get; init; }

    /// <summary>Width of a pixel (IMS:1000046), in the document's unit, micrometres as a rule; null where it is not given.</summary>
    public double? PixelSizeX { get; init; }

    /// <summary>Height of a pixel (IMS:1000047); where only one number is given, that one.</summary>
    public double? PixelSizeY { get; init; }

    /// <summary>Centroid, profile, or neither where spectra differ or the document does not say.</summary>
    public required string Representation { get; init; }

    /// <summary>Positive, negative, mixed or unknown.</summary>
    public required string Polarity { get; init; }

    /// <summary>The arrays, e.g. <c>m/z array: Float64, ZLib</c>.</summary>
    public required IReadOnlyList<string> Arrays { get; init; }

    /// <summary>The software that wrote the document.</summary>
    public required IReadOnlyList<string> Software { get; init; }

    /// <summary>Whether the index has the total ion current and so on of every spectrum.</summary>
    public required bool HasStatistics { get; init; }

    /// <summary>The smallest m/z; null without statistics, or points.</summary>
    public double? MinMz { get; init; }

    /// <summary>The largest m/z; null without statistics, or points.</summary>
    public double? MaxMz { get; init; }

    /// <summary>What is odd about the data set without being refused.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}
