using System.Text.Json.Serialization;

namespace Dataplug.Formats.Geo;

/// <summary>What is known of a raster.</summary>
public sealed record GeoTiffAttributes
{
    /// <summary>Columns.</summary>
    public required int Width { get; init; }

    /// <summary>Rows.</summary>
    public required int Height { get; init; }

    /// <summary>Bands.</summary>
    public required int Bands { get; init; }

    /// <summary>What samples are.</summary>
    public required RasterType Type { get; init; }

    /// <summary>Bits of a sample as it is stored.</summary>
    public required int BitsPerSample { get; init; }

    /// <summary>What bands are: <c>grey</c>, <c>grey, 0 is white</c>, <c>RGB</c>, <c>palette</c>, <c>mask</c>, <c>CMYK</c>, <c>YCbCr</c>,
    /// or TIFF's number.</summary>
    public required string Photometric { get; init; }

    /// <summary>Whether blocks are tiles; else strips.</summary>
    public required bool Tiled { get; init; }

    /// <summary>Columns of a block.</summary>
    public required int BlockWidth { get; init; }

    /// <summary>Rows of a block; large strips that are not compressed are taken as smaller ones.</summary>
    public required int BlockHeight { get; init; }

    /// <summary>Whether each band has blocks of its own.</summary>
    public required bool Planar { get; init; }

    /// <summary>The compression's name.</summary>
    public required string Compression { get; init; }

    /// <summary>TIFF's predictor: 1 none, 2 differences, 3 floating-point.</summary>
    public required int Predictor { get; init; }

    /// <summary>The full resolution and the overviews, from fine to coarse.</summary>
    public required IReadOnlyList<GeoTiffLevelAttributes> Levels { get; init; }

    /// <summary>GDAL's value for no data, as written; null where there is none.</summary>
    public string? NoData { get; init; }

    /// <summary>EPSG's code of the coordinate system.</summary>
    public int? Epsg { get; init; }

    /// <summary>Its name.</summary>
    public string? Crs { get; init; }

    /// <summary>GDAL's six numbers from pixels to the map.</summary>
    public IReadOnlyList<double>? Transform { get; init; }

    /// <summary>What the raster covers: minX, minY, maxX, maxY.</summary>
    public IReadOnlyList<double>? Bounds { get; init; }

    /// <summary>Number of ground control points, where there is no transform.</summary>
    public int? ControlPoints { get; init; }

    /// <summary><c>area</c> or <c>point</c>: what the object places on the map.</summary>
    public required string PixelIs { get; init; }

    /// <summary>Whether offsets have 64 bits.</summary>
    public required bool BigTiff { get; init; }

    /// <summary>Whether the most significant byte is first.</summary>
    public required bool BigEndian { get; init; }

    /// <summary>Whether it is laid out for reading by ranges (OGC 21-026): tiles, or at most 512 × 512 pixels, and all directories before all
    /// pixels.</summary>
    public required bool CloudOptimized { get; init; }

    /// <summary>What GDAL's ghost area says; null where there is none.</summary>
    public IReadOnlyDictionary<string, string>? Ghost { get; init; }

    /// <summary>Stored bytes of all blocks of all levels and masks.</summary>
    public required long StoredBytes { get; init; }

    /// <summary>What is odd; <see cref="Dataplug.Metadata.ObjectIndex.Warnings"/>.</summary>
    public IReadOnlyList<string>? Warnings { get; init; }
}

/// <summary>One level of a raster.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Blocks">Number of blocks.</param>
/// <param name="Missing">How many of them are not stored: all of their pixels are no data.</param>
/// <param name="Mask">Whether it has a mask.</param>
public sealed record GeoTiffLevelAttributes(int Width, int Height, long Blocks, long Missing, bool Mask);

/// <summary>What the index keeps beside columns and blobs.</summary>
internal sealed record RasterStructure
{
    public required IReadOnlyList<LevelStructure> Levels { get; init; }

    public required Georeference Georeference { get; init; }

    public required IReadOnlyList<GdalMetadataItem> Metadata { get; init; }
}

/// <summary>How a level is stored.</summary>
internal sealed record LevelStructure(RasterLayout Layout, RasterLayout? Mask);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(GeoTiffAttributes))]
[JsonSerializable(typeof(RasterStructure))]
internal sealed partial class GeoTiffIndexJson : JsonSerializerContext;
