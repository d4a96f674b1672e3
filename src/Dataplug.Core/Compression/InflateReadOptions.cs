namespace Dataplug.Compression;

/// <summary>Where in its object an <see cref="InflateStream"/> begins, and what it may expect at the end of its input.</summary>
public sealed record InflateReadOptions
{
    /// <summary>The object's name (its URI) for error messages; null when it has none.</summary>
    public string? Source { get; init; }

    /// <summary>What is around the deflate data; gzip by default.</summary>
    public DeflateContainer Container { get; init; }

    /// <summary>Offset in the stored object of the first byte of the compressed stream, in bytes; used in messages.</summary>
    public long StartByteOffset { get; init; }

    /// <summary>The bit of the first byte at which decoding begins, 0 (least significant) to 7; 0 at a member's start.</summary>
    public int BitOffset { get; init; }

    /// <summary>True (the default) when the input begins with the container's header; false at a block boundary.</summary>
    public bool IsMemberStart { get; init; } = true;

    /// <summary>At a block boundary: the member's output before it, at most 32768 bytes, its end at the boundary. Empty at a
    /// member's start.</summary>
    public ReadOnlyMemory<byte> Window { get; init; }

    /// <summary>
    /// False (the default): the compressed stream runs to the object's end, so an end in the middle of a member is an error
    /// (<see cref="CorruptObjectException"/>, cut short), thrown after all that could be decoded has been delivered.
    /// True: the compressed stream is only a part of the object; its end, wherever it falls, ends this stream as well, after all
    /// that could be decoded has been delivered. The caller knows then how many bytes it must have got.
    /// </summary>
    public bool ExpectMoreData { get; init; }

    /// <summary>True to leave the compressed stream open when this stream is disposed.</summary>
    public bool LeaveOpen { get; init; }

    /// <summary>Options to read from a mark, the compressed stream beginning at <see cref="InflateMark.CompressedByteOffset"/>.</summary>
    /// <param name="mark">The place.</param>
    /// <param name="window">Its window; empty at a member's start.</param>
    /// <param name="source">The object's name for error messages.</param>
    public static InflateReadOptions At(InflateMark mark, ReadOnlyMemory<byte> window, string? source = null) => new()
    {
        Source = source,
        StartByteOffset = mark.CompressedByteOffset,
        BitOffset = mark.BitOffset,
        IsMemberStart = mark.IsMemberStart,
        Window = window,
    };
}
