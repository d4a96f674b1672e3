namespace Dataplug.Formats.Geo;

/// <summary>Values of the tag Compression that are read, and the names of those that are not.</summary>
internal static class TiffCompression
{
    public const int None = 1;
    public const int CcittRle = 2;
    public const int CcittFax3 = 3;
    public const int CcittFax4 = 4;
    public const int Lzw = 5;
    public const int Jpeg = 7;
    public const int Deflate = 8;
    public const int OldDeflate = 32946;
    public const int PackBits = 32773;
    public const int Zstd = 50000;

    /// <summary>Whether blocks of it are decoded.</summary>
    public static bool IsRead(int compression) =>
        compression is None or CcittRle or CcittFax3 or CcittFax4 or Lzw or Jpeg or Deflate or OldDeflate or PackBits or Zstd;

    public static bool IsCcitt(int compression) => compression is CcittRle or CcittFax3 or CcittFax4;

    /// <summary>The name that GDAL and libtiff have for it.</summary>
    public static string NameOf(int compression) => compression switch
    {
        None => "none",
        CcittRle => "CCITT RLE",
        CcittFax3 => "CCITT fax 3",
        CcittFax4 => "CCITT fax 4",
        Lzw => "LZW",
        6 => "old JPEG",
        Jpeg => "JPEG",
        Deflate or OldDeflate => "deflate",
        PackBits => "PackBits",
        32771 => "CCITT RLE with word alignment",
        32809 => "ThunderScan",
        33003 or 33005 => "JPEG 2000 of Aperio",
        34661 => "JBIG",
        34676 or 34677 => "SGI Log",
        34712 => "JPEG 2000",
        34887 => "LERC",
        34925 => "LZMA",
        Zstd => "zstd",
        50001 => "WebP",
        50002 => "JPEG XL",
        _ => $"code {compression}",
    };

    /// <summary>The most bytes that one stored byte can stand for, so that what a block decompresses to is held against what is there
    /// before memory is taken.</summary>
    public static long MaximumRatio(int compression, long rowBytes) => compression switch
    {
        None => 1,

        // Deflate: 258 bytes for two bits. LZW: strings of at most 4096 bytes for nine bits. PackBits: 128 bytes for two. zstd: a block
        // of 128 KiB for four. JPEG: at least a bit for the DC of each of six blocks, which make 768 samples. CCITT: a bit a row.
        Deflate or OldDeflate => 1032,
        Lzw => 4096,
        PackBits => 64,
        Zstd => 1 << 15,
        Jpeg => 1024,
        _ => 8 * rowBytes,
    };
}
