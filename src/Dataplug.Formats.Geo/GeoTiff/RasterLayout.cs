using System.Text.Json.Serialization;

namespace Dataplug.Formats.Geo;

/// <summary>How one image of a TIFF is stored: its blocks (tiles or strips) and what is in them.</summary>
public sealed record RasterLayout
{
    /// <summary>Columns of the image, 1 to 2³¹ − 1.</summary>
    public required int Width { get; init; }

    /// <summary>Rows of the image.</summary>
    public required int Height { get; init; }

    /// <summary>Columns of a block; of strips those of the image.</summary>
    public required int BlockWidth { get; init; }

    /// <summary>Rows of a block; the last strip may have fewer, tiles never.</summary>
    public required int BlockHeight { get; init; }

    /// <summary>Whether blocks are tiles; else strips.</summary>
    public bool IsTiled { get; init; }

    /// <summary>Bands: TIFF's SamplesPerPixel, 1 to 65535.</summary>
    public required int Bands { get; init; }

    /// <summary>Whether each band has blocks of its own (PlanarConfiguration 2).</summary>
    public bool IsPlanar { get; init; }

    /// <summary>What samples are in memory.</summary>
    public RasterType Type { get; init; }

    /// <summary>Bits of a sample as it is stored: 1, 2, 4, or those of <see cref="Type"/>.</summary>
    public required int BitsPerSample { get; init; }

    /// <summary>TIFF's Compression.</summary>
    public required int Compression { get; init; }

    /// <summary>TIFF's Predictor: 1 none, 2 horizontal differences, 3 of floating-point numbers.</summary>
    public required int Predictor { get; init; }

    /// <summary>TIFF's PhotometricInterpretation.</summary>
    public int Photometric { get; init; }

    /// <summary>Whether numbers have their most significant byte first.</summary>
    public bool IsBigEndian { get; init; }

    /// <summary>Whether the bits of bytes are stored in the other order (FillOrder 2).</summary>
    public bool IsBitReversed { get; init; }

    /// <summary>Blocks beside each other.</summary>
    [JsonIgnore]
    public int BlocksAcross => (int)(((long)Width + BlockWidth - 1) / BlockWidth);

    /// <summary>Blocks below each other.</summary>
    [JsonIgnore]
    public int BlocksDown => (int)(((long)Height + BlockHeight - 1) / BlockHeight);

    /// <summary>Blocks that a place has: one a band where the bands are apart, else one.</summary>
    [JsonIgnore]
    public int Planes => IsPlanar ? Bands : 1;

    /// <summary>Samples of a pixel in one block.</summary>
    [JsonIgnore]
    public int SamplesPerBlock => IsPlanar ? 1 : Bands;

    /// <summary>All blocks.</summary>
    [JsonIgnore]
    public long BlockCount => (long)BlocksAcross * BlocksDown * Planes;

    /// <summary>Bytes of a row of a block, decompressed.</summary>
    [JsonIgnore]
    internal long RowBytes => (((long)BlockWidth * SamplesPerBlock * BitsPerSample) + 7) / 8;

    /// <summary>Rows that the blocks of a row of blocks hold as stored.</summary>
    internal int RowsOf(int blockRow) => IsTiled ? BlockHeight : (int)Math.Min(BlockHeight, Height - ((long)blockRow * BlockHeight));

    /// <summary>Whether blocks are cut alike.</summary>
    internal bool IsCutLike(RasterLayout other) =>
        (Width, Height, BlockWidth, BlockHeight, IsTiled) == (other.Width, other.Height, other.BlockWidth, other.BlockHeight, other.IsTiled);

    /// <summary>Why nobody could have indexed such an image; null where it is sound. For slices, which come from anywhere.</summary>
    internal string? Contradiction() =>
        Width < 1 || Height < 1 || BlockWidth < 1 || BlockHeight < 1 || Bands is < 1 or > ushort.MaxValue ? "its sizes are none"
        : !Enum.IsDefined(Type) || RasterTypes.Of(RasterTypes.SampleFormatOf(Type), BitsPerSample) != Type ? "its samples are none"
        : !TiffCompression.IsRead(Compression) || Predictor is < 1 or > 3 ? "its compression is none"
        : BlockCount > GeoTiffIndex.MaxBlocks ? "it has too many blocks"
        : RowBytes * BlockHeight > GeoTiffIndex.MaxBlockBytes ? "its blocks are too large"
        : null;
}

/// <summary>A rectangle of pixels of one level.</summary>
/// <param name="Column">Its first column, from 0.</param>
/// <param name="Row">Its first row, from 0.</param>
/// <param name="Width">Its columns, ≥ 1.</param>
/// <param name="Height">Its rows, ≥ 1.</param>
public readonly record struct RasterWindow(int Column, int Row, int Width, int Height)
{
    /// <summary>The column behind the last.</summary>
    [JsonIgnore]
    public int EndColumn => Column + Width;

    /// <summary>The row behind the last.</summary>
    [JsonIgnore]
    public int EndRow => Row + Height;

    internal bool IsInside(int width, int height) =>
        Column >= 0 && Row >= 0 && Width >= 1 && Height >= 1 && (long)Column + Width <= width && (long)Row + Height <= height;
}
