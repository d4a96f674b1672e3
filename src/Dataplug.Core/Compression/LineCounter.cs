namespace Dataplug.Compression;

/// <summary>Counts line feeds in bytes that come in pieces, at memory speed.</summary>
/// <remarks>CR LF counts once, at its LF. A lone CR is no line end.</remarks>
public struct LineCounter
{
    private byte _last;

    /// <summary>Line feeds (0x0A) seen so far.</summary>
    public long LineFeeds { get; private set; }

    /// <summary>Bytes seen so far.</summary>
    public long Length { get; private set; }

    /// <summary>Lines seen so far; a last line without a line feed counts.</summary>
    public readonly long Lines => LineFeeds + (Length > 0 && _last != (byte)'\n' ? 1 : 0);

    /// <summary>Counts the next piece.</summary>
    /// <param name="text">The bytes that follow those of the previous call.</param>
    public void Add(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return;
        LineFeeds += Count(text);
        Length += text.Length;
        _last = text[^1];
    }

    /// <summary>The number of line feeds (0x0A) in a span.</summary>
    /// <param name="text">Any bytes.</param>
    public static int Count(ReadOnlySpan<byte> text) => text.Count((byte)'\n');
}
