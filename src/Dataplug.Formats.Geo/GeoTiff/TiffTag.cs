namespace Dataplug.Formats.Geo;

/// <summary>Tags of TIFF 6.0 (section 8 and later, appendix A), GeoTIFF 1.1 (annex B) and GDAL.</summary>
internal static class TiffTag
{
    public const ushort NewSubfileType = 254;
    public const ushort SubfileType = 255;
    public const ushort ImageWidth = 256;
    public const ushort ImageLength = 257;
    public const ushort BitsPerSample = 258;
    public const ushort Compression = 259;
    public const ushort Photometric = 262;
    public const ushort FillOrder = 266;
    public const ushort DocumentName = 269;
    public const ushort ImageDescription = 270;
    public const ushort Make = 271;
    public const ushort Model = 272;
    public const ushort StripOffsets = 273;
    public const ushort SamplesPerPixel = 277;
    public const ushort RowsPerStrip = 278;
    public const ushort StripByteCounts = 279;
    public const ushort XResolution = 282;
    public const ushort YResolution = 283;
    public const ushort PlanarConfiguration = 284;
    public const ushort XPosition = 286;
    public const ushort YPosition = 287;
    public const ushort T4Options = 292;
    public const ushort T6Options = 293;
    public const ushort ResolutionUnit = 296;
    public const ushort Software = 305;
    public const ushort DateTime = 306;
    public const ushort Artist = 315;
    public const ushort HostComputer = 316;
    public const ushort Predictor = 317;
    public const ushort ColorMap = 320;
    public const ushort TileWidth = 322;
    public const ushort TileLength = 323;
    public const ushort TileOffsets = 324;
    public const ushort TileByteCounts = 325;
    public const ushort SubIfds = 330;
    public const ushort ExtraSamples = 338;
    public const ushort SampleFormat = 339;
    public const ushort JpegTables = 347;
    public const ushort YCbCrCoefficients = 529;
    public const ushort YCbCrSubSampling = 530;
    public const ushort YCbCrPositioning = 531;
    public const ushort ReferenceBlackWhite = 532;
    public const ushort Copyright = 33432;
    public const ushort ModelPixelScale = 33550;
    public const ushort ModelTiepoint = 33922;
    public const ushort ModelTransformation = 34264;
    public const ushort GeoKeyDirectory = 34735;
    public const ushort GeoDoubleParams = 34736;
    public const ushort GeoAsciiParams = 34737;
    public const ushort GdalMetadata = 42112;
    public const ushort GdalNoData = 42113;

    /// <summary>What a reader or writer of windows takes over from an image as it is: codec tables, colours, keys, texts.</summary>
    public static IReadOnlyList<ushort> Kept { get; } =
    [
        DocumentName, ImageDescription, Make, Model, T4Options, T6Options, Software, DateTime, Artist, HostComputer, ColorMap, ExtraSamples,
        JpegTables, YCbCrCoefficients, YCbCrSubSampling, YCbCrPositioning, ReferenceBlackWhite, Copyright, GeoKeyDirectory, GeoDoubleParams,
        GeoAsciiParams, GdalMetadata, GdalNoData,
    ];

    /// <summary>What overviews have from the full resolution where they lack it.</summary>
    public static IReadOnlyList<ushort> Inherited { get; } = [GeoKeyDirectory, GeoDoubleParams, GeoAsciiParams, GdalMetadata, GdalNoData, ColorMap];
}
