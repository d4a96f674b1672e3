namespace Dataplug.Text;

/// <summary>The byte order marks at the start of a text (Unicode Standard §23.8).</summary>
internal static class ByteOrderMark
{
    /// <summary>Length of the UTF-8 mark.</summary>
    public const int Utf8Length = 3;

    /// <summary>How many bytes at the start of an object are its UTF-8 byte order mark: 3 or 0.</summary>
    public static int LengthOf(ReadOnlySpan<byte> head) => head.StartsWith("\uFEFF"u8) ? Utf8Length : 0;

    /// <summary>The name of the encoding when the mark says that characters are wider than bytes, else null.</summary>
    public static string? WideEncoding(ReadOnlySpan<byte> head) => head switch
    {
        [0xFF, 0xFE, 0, 0, ..] => "UTF-32LE",
        [0, 0, 0xFE, 0xFF, ..] => "UTF-32BE",
        [0xFF, 0xFE, ..] => "UTF-16LE",
        [0xFE, 0xFF, ..] => "UTF-16BE",
        _ => null,
    };

    /// <summary>Refuses UTF-16 and UTF-32: their line ends are not bytes, and cutting at bytes would corrupt them.</summary>
    public static void RefuseWide(ReadOnlySpan<byte> head, string source)
    {
        if (WideEncoding(head) is { } encoding)
            throw new UnsupportedFormatException(source, $"the text is in {encoding}", $"Convert it: iconv -f {encoding[..6]} -t UTF-8 IN > OUT.", 0);
    }
}
