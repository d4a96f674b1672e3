using System.Buffers.Text;

namespace Dataplug.Formats.Imzml.Xml;

/// <summary>Terms of the PSI mass-spectrometry vocabulary and of the imaging vocabulary, as numbers.</summary>
internal static class CvTerm
{
    /// <summary>Added to the numbers of the imaging vocabulary.</summary>
    private const int Imaging = 1 << 30;

    public const int CentroidSpectrum = 1000127;
    public const int ProfileSpectrum = 1000128;
    public const int NegativeScan = 1000129;
    public const int PositiveScan = 1000130;
    public const int MsLevel = 1000511;
    public const int MzArray = 1000514;
    public const int IntensityArray = 1000515;
    public const int Int32 = 1000519;
    public const int Float16 = 1000520;
    public const int Float32 = 1000521;
    public const int Int64 = 1000522;
    public const int Float64 = 1000523;
    public const int ZLib = 1000574;
    public const int NoCompression = 1000576;
    public const int NonStandardArray = 1000786;
    public const int ImagingInt32 = Imaging | 1000141;
    public const int ImagingInt64 = Imaging | 1000142;
    public const int ImagingInt8 = Imaging | 1100000;
    public const int ImagingInt16 = Imaging | 1100001;
    public const int Continuous = Imaging | 1000030;
    public const int Processed = Imaging | 1000031;
    public const int MaxCountOfPixelsX = Imaging | 1000042;
    public const int MaxCountOfPixelsY = Imaging | 1000043;
    public const int PixelSizeX = Imaging | 1000046;
    public const int PixelSizeY = Imaging | 1000047;
    public const int PositionX = Imaging | 1000050;
    public const int PositionY = Imaging | 1000051;
    public const int PositionZ = Imaging | 1000052;
    public const int Uuid = Imaging | 1000080;
    public const int IbdMd5 = Imaging | 1000090;
    public const int IbdSha1 = Imaging | 1000091;
    public const int IbdSha256 = Imaging | 1000092;
    public const int ExternalOffset = Imaging | 1000102;
    public const int ExternalArrayLength = Imaging | 1000103;
    public const int ExternalEncodedLength = Imaging | 1000104;

    /// <summary>Arrays that a spectrum may hold beside m/z and intensity: the terms under "binary data array" (MS:1000513) that are in use,
    /// charges, signal to noise, times, wavelengths, ion mobilities, and those of the document's own.</summary>
    private static readonly HashSet<int> OtherArrays =
    [
        1000516, 1000517, 1000595, 1000617, 1000786, 1000820, 1000821, 1000822, 1002477, 1002478, 1002529, 1002530, 1002742, 1002743, 1002744, 1002745,
        1002816, 1002893, 1003006, 1003007, 1003008, 1003143, 1003144, 1003153, 1003154, 1003155, 1003156, 1003157, 1003158,
    ];

    /// <summary>Compressions that are not read, by name.</summary>
    private static readonly Dictionary<int, string> OtherCompressions = new()
    {
        [1002312] = "MS-Numpress linear prediction",
        [1002313] = "MS-Numpress positive integer",
        [1002314] = "MS-Numpress short logged float",
        [1002746] = "MS-Numpress linear prediction with zlib",
        [1002747] = "MS-Numpress positive integer with zlib",
        [1002748] = "MS-Numpress short logged float with zlib",
        [1003088] = "truncation with zlib",
        [1003089] = "truncation, delta and zlib",
        [1003090] = "truncation, linear prediction and zlib",
    };

    /// <summary>The number of a term such as <c>MS:1000514</c> or <c>IMS:1000050</c>; 0 of another vocabulary.</summary>
    public static int Parse(ReadOnlySpan<byte> accession)
    {
        var offset = 0;
        if (accession.StartsWith("IMS:"u8))
        {
            offset = Imaging;
            accession = accession[4..];
        }
        else if (accession.StartsWith("MS:"u8))
            accession = accession[3..];
        else
            return 0;
        return accession.Length <= 7 && Utf8Parser.TryParse(accession, out int number, out var read) && read == accession.Length && number > 0 ? number | offset : 0;
    }

    public static bool IsOtherArray(int term) => OtherArrays.Contains(term);

    public static string? UnsupportedCompression(int term) => OtherCompressions.GetValueOrDefault(term);

    public static string ToAccession(int term) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{((term & Imaging) != 0 ? "IMS" : "MS")}:{term & ~Imaging}");
}
