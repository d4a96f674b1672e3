using System.Text;

namespace Dataplug.Formats.Imzml.Xml;

/// <summary>The encoding of a document, by its byte order mark or its declaration (XML 1.0, section 4.3.3).</summary>
internal static class DocumentEncoding
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The encoding; null where it is not known.</summary>
    public static Encoding? Detect(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || start.StartsWith("<\0?\0"u8))
            return new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true);
        if (start.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) || start.StartsWith("\0<\0?"u8))
            return new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true);
        var name = Name(start);
        if (name.Length == 0 || name.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            return Utf8;
        try
        {
            return Encoding.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
        }
        catch (ArgumentException)
        {
            // Code pages of Windows and others.
            return CodePagesEncodingProvider.Instance.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
        }
    }

    /// <summary>Whether every byte below 128 is that ASCII character, and no other byte is part of one, so that markup can be read byte by byte.</summary>
    public static bool IsAsciiCompatible(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("\uFEFF"u8))
            start = start[3..];
        if (start.IsEmpty || start[0] is not ((byte)'<' or (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
            return false;
        var name = Name(start);
        return name.Length == 0
            || name.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
            || name.Equals("us-ascii", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("iso-8859-", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("windows-125", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The name in the declaration; empty where there is none.</summary>
    public static string Name(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("\uFEFF"u8))
            start = start[3..];
        if (!start.StartsWith("<?xml"u8) || start.IndexOf("?>"u8) is not (> 0 and < 512 and var length))
            return "";
        var declaration = start[..length];
        var at = declaration.IndexOf("encoding"u8);
        if (at < 0)
            return "";
        declaration = declaration[(at + "encoding"u8.Length)..].TrimStart(" \t\r\n="u8);
        if (declaration.IsEmpty || declaration[0] is not ((byte)'"' or (byte)'\''))
            return "";
        var end = declaration[1..].IndexOf(declaration[0]);
        return end < 0 ? "" : Encoding.ASCII.GetString(declaration.Slice(1, end));
    }
}
