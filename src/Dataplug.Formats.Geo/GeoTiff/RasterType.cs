using System.Diagnostics.CodeAnalysis;

namespace Dataplug.Formats.Geo;

/// <summary>What the samples of a raster are: TIFF's SampleFormat and BitsPerSample. Samples of 1, 2 and 4 bits are read as
/// <see cref="UInt8"/>.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "They are the names that rasters' types have.")]
public enum RasterType
{
    /// <summary>Unsigned, 8 bits or less.</summary>
    UInt8,

    /// <summary>Signed, 8 bits.</summary>
    Int8,

    /// <summary>Unsigned, 16 bits.</summary>
    UInt16,

    /// <summary>Signed, 16 bits.</summary>
    Int16,

    /// <summary>Unsigned, 32 bits.</summary>
    UInt32,

    /// <summary>Signed, 32 bits.</summary>
    Int32,

    /// <summary>Unsigned, 64 bits.</summary>
    UInt64,

    /// <summary>Signed, 64 bits.</summary>
    Int64,

    /// <summary>IEEE 754 binary16.</summary>
    Float16,

    /// <summary>IEEE 754 binary32.</summary>
    Float32,

    /// <summary>IEEE 754 binary64.</summary>
    Float64,

    /// <summary>Two signed numbers of 16 bits: real part, imaginary part.</summary>
    ComplexInt16,

    /// <summary>Two signed numbers of 32 bits.</summary>
    ComplexInt32,

    /// <summary>Two of binary32.</summary>
    ComplexFloat32,

    /// <summary>Two of binary64.</summary>
    ComplexFloat64,
}

internal static class RasterTypes
{
    /// <summary>Bytes of one sample in memory.</summary>
    public static int SizeOf(RasterType type) => type switch
    {
        RasterType.UInt8 or RasterType.Int8 => 1,
        RasterType.UInt16 or RasterType.Int16 or RasterType.Float16 => 2,
        RasterType.UInt32 or RasterType.Int32 or RasterType.Float32 or RasterType.ComplexInt16 => 4,
        RasterType.ComplexFloat64 => 16,
        _ => 8,
    };

    /// <summary>Bytes of what is stored in one byte order: a part of a complex number, else a sample.</summary>
    public static int ComponentSizeOf(RasterType type) => IsComplex(type) ? SizeOf(type) / 2 : SizeOf(type);

    public static bool IsComplex(RasterType type) => type >= RasterType.ComplexInt16;

    public static bool IsFloat(RasterType type) => type is RasterType.Float16 or RasterType.Float32 or RasterType.Float64;

    /// <summary>TIFF's SampleFormat (section 19).</summary>
    public static int SampleFormatOf(RasterType type) => type switch
    {
        RasterType.Int8 or RasterType.Int16 or RasterType.Int32 or RasterType.Int64 => 2,
        RasterType.Float16 or RasterType.Float32 or RasterType.Float64 => 3,
        RasterType.ComplexInt16 or RasterType.ComplexInt32 => 5,
        RasterType.ComplexFloat32 or RasterType.ComplexFloat64 => 6,
        _ => 1,
    };

    /// <summary>The type of a SampleFormat and BitsPerSample; null where there is none.</summary>
    public static RasterType? Of(long format, long bits) => (format, bits) switch
    {
        (1 or 4, 1 or 2 or 4 or 8) => RasterType.UInt8,
        (1 or 4, 16) => RasterType.UInt16,
        (1 or 4, 32) => RasterType.UInt32,
        (1 or 4, 64) => RasterType.UInt64,
        (2, 8) => RasterType.Int8,
        (2, 16) => RasterType.Int16,
        (2, 32) => RasterType.Int32,
        (2, 64) => RasterType.Int64,
        (3, 16) => RasterType.Float16,
        (3, 32) => RasterType.Float32,
        (3, 64) => RasterType.Float64,
        (5, 32) => RasterType.ComplexInt16,
        (5, 64) => RasterType.ComplexInt32,
        (6, 64) => RasterType.ComplexFloat32,
        (6, 128) => RasterType.ComplexFloat64,
        _ => null,
    };
}
