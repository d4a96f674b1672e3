namespace Dataplug.Text;

/// <summary>An access point as another program's index gives it.</summary>
/// <param name="BitOffset">Bits from the start of the stored object to the first bit of a deflate block, or, where
/// <paramref name="IsMemberStart"/>, of a gzip header.</param>
/// <param name="ContentOffset">Bytes of content before it.</param>
/// <param name="Window">The content before it, at most 32768 bytes; empty right behind a header.</param>
/// <param name="LineFeeds">Line feeds before it; null where the index does not tell.</param>
/// <param name="IsMemberStart">Whether a gzip header begins here.</param>
internal sealed record GZipIndexPoint(long BitOffset, long ContentOffset, ReadOnlyMemory<byte> Window, long? LineFeeds, bool IsMemberStart)
{
    /// <summary>The start of any object.</summary>
    public static GZipIndexPoint Start { get; } = new(0, 0, default, 0, true);
}
