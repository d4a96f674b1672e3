using System.Buffers;
using System.Text.Unicode;

namespace Dataplug.Text;

/// <summary>Whether the first bytes of an object look like text at all.</summary>
internal static class TextProbe
{
    // What text has no use for: control characters bar white space, backspace and escape; and DEL.
    private static readonly SearchValues<byte> Unprintable = SearchValues.Create(
        [.. Enumerable.Range(0, 32).Select(i => (byte)i).Except("\b\t\n\v\f\r\u001B"u8.ToArray()), 0x7F]);

    // Control characters other than those of text are in no text encoding that has one byte per line feed; UTF-16 and binary data
    // have them at once.
    private static readonly SearchValues<byte> Binary = SearchValues.Create(
        [.. Enumerable.Range(0, 32).Select(i => (byte)i).Except("\t\n\v\f\r\u001B"u8.ToArray())]);

    /// <summary>Whether decompressed bytes hold no control characters but those of text: tab, line feed, vertical tab, form feed,
    /// return, escape.</summary>
    public static bool HasNoBinaryControls(ReadOnlySpan<byte> content) => !content.ContainsAny(Binary);

    /// <summary>Text has no NUL, no byte order mark of wide characters, and next to no control characters.</summary>
    public static bool LooksLikeText(ReadOnlySpan<byte> head)
    {
        if (head.Contains((byte)0) || ByteOrderMark.WideEncoding(head) is not null)
            return false;

        long unprintable = 0;
        for (var rest = head; rest.IndexOfAny(Unprintable) is var i and >= 0; rest = rest[(i + 1)..])
            unprintable++;

        // Bytes that are not UTF-8 are as likely compressed data as Latin-1, and get less credit.
        var allowed = IsUtf8(head) ? head.Length / 64 : head.Length / 512;
        return unprintable <= allowed;
    }

    private static bool IsUtf8(ReadOnlySpan<byte> head)
    {
        // The head may end inside a character.
        for (var cut = 0; cut <= Math.Min(3, head.Length); cut++)
        {
            if (Utf8.IsValid(head[..^cut]))
                return true;
        }

        return false;
    }
}
