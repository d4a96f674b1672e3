using System.Text;
using System.Text.Json.Serialization;

namespace Dataplug.Text;

/// <summary>How the bytes of a text become characters.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TextEncoding>))]
public enum TextEncoding
{
    /// <summary>Every byte is below 0x80.</summary>
    [JsonStringEnumMemberName("us-ascii")]
    Ascii,

    /// <summary>Well-formed UTF-8 (RFC 3629) throughout.</summary>
    [JsonStringEnumMemberName("utf-8")]
    Utf8,

    /// <summary>Not UTF-8. Read as ISO 8859-1, where every byte is the character of the same number: nothing is lost, but
    /// characters beyond ASCII are a guess.</summary>
    [JsonStringEnumMemberName("iso-8859-1")]
    Latin1,
}

/// <summary>What line ends a text has.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LineEnding>))]
public enum LineEnding
{
    /// <summary>There is none.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>Line feed, as on Unix.</summary>
    [JsonStringEnumMemberName("lf")]
    Lf,

    /// <summary>Carriage return and line feed, as on Windows and in RFC 4180.</summary>
    [JsonStringEnumMemberName("crlf")]
    CrLf,

    /// <summary>Carriage return alone, as on the classic Mac OS.</summary>
    [JsonStringEnumMemberName("cr")]
    Cr,

    /// <summary>More than one of them.</summary>
    [JsonStringEnumMemberName("mixed")]
    Mixed,
}

internal static class TextEncodings
{
    public static Encoding ToEncoding(this TextEncoding encoding) => encoding == TextEncoding.Latin1 ? Encoding.Latin1 : Encoding.UTF8;

    public static LineEnding StyleOf(long lf, long crlf, long cr) => (lf > 0, crlf > 0, cr > 0) switch
    {
        (false, false, false) => LineEnding.None,
        (true, false, false) => LineEnding.Lf,
        (false, true, false) => LineEnding.CrLf,
        (false, false, true) => LineEnding.Cr,
        _ => LineEnding.Mixed,
    };
}
