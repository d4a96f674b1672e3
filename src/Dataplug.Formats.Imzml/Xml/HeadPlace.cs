using System.Buffers;
using System.Text;

namespace Dataplug.Formats.Imzml.Xml;

/// <summary>Where the spectrum list of a document begins.</summary>
/// <param name="End">The first byte behind its start tag.</param>
/// <param name="IsEmpty">Whether the tag is all of the list.</param>
/// <param name="Open">The elements that are open there, outermost first.</param>
internal sealed record HeadPlace(long End, bool IsEmpty, IReadOnlyList<string> Open)
{
    /// <summary>The most bytes that may come before the list.</summary>
    public const int MaxLength = 16 << 20;

    private static readonly SearchValues<byte> NameEnds = SearchValues.Create(" \t\r\n/>"u8);

    /// <summary>Looks for the list.</summary>
    /// <param name="bytes">The document from its start.</param>
    /// <param name="departs">Whether there is something that can't be read byte by byte; else, where the answer is null, more bytes are needed.</param>
    public static HeadPlace? Find(ReadOnlySpan<byte> bytes, out bool departs)
    {
        departs = false;
        var open = new List<string>();
        var at = 0;
        while (bytes[at..].IndexOf((byte)'<') is >= 0 and var step)
        {
            at += step;
            var tag = bytes[at..];
            if (tag.Length < 9)
                return null;
            var ending = tag.StartsWith("<!--"u8) ? "-->"u8 : tag.StartsWith("<![CDATA["u8) ? "]]>"u8 : tag.StartsWith("<?"u8) ? "?>"u8 : default;
            if (!ending.IsEmpty)
            {
                var length = tag[2..].IndexOf(ending);
                if (length < 0)
                    return null;
                at += 2 + length + ending.Length;
                continue;
            }

            departs = tag[1] == (byte)'!';
            if (departs)
                return null;
            var end = EndOf(tag);
            if (end < 0)
                return null;
            at += end;
            if (tag[1] == (byte)'/')
            {
                departs = open.Count == 0;
                if (departs)
                    return null;
                open.RemoveAt(open.Count - 1);
                continue;
            }

            var name = NameOf(tag[1..end]);
            var isEmpty = tag[end - 2] == (byte)'/';
            departs = name.Contains(':', StringComparison.Ordinal) || open.Count == TagReader.MaxDepth;
            if (departs)
                return null;
            if (name == "spectrumList")
                return new HeadPlace(at, isEmpty, isEmpty ? open : [.. open, name]);
            if (!isEmpty)
                open.Add(name);
        }

        return null;
    }

    // Behind the tag's '>', which may also stand in a value.
    private static int EndOf(ReadOnlySpan<byte> tag)
    {
        for (var at = 1; tag[at..].IndexOfAny((byte)'>', (byte)'"', (byte)'\'') is >= 0 and var step;)
        {
            at += step;
            if (tag[at] == (byte)'>')
                return at + 1;
            var length = tag[(at + 1)..].IndexOf(tag[at]);
            if (length < 0)
                return -1;
            at += length + 2;
        }

        return -1;
    }

    private static string NameOf(ReadOnlySpan<byte> tag)
    {
        var length = tag.IndexOfAny(NameEnds);
        return Encoding.Latin1.GetString(length < 0 ? tag : tag[..length]);
    }
}
