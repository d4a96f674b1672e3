namespace Dataplug.Compression;

/// <summary>
/// A place in a gzip object where decoding can begin: the start of a member, or the boundary between two deflate blocks.
/// </summary>
/// <remarks>At a member's start nothing else is needed. At a block boundary the decoder also needs the window: the up to
/// 32 KiB of output before it that later matches may refer to (RFC 1951, section 3.2.1).</remarks>
/// <param name="CompressedBitOffset">Bits from the start of the stored object. Bits are counted within each byte from the
/// least significant one, as RFC 1951, section 3.1.1 packs them.</param>
/// <param name="OutputOffset">Bytes of decompressed output, of all members, that come before this place.</param>
/// <param name="IsMemberStart">True when the place is the first byte of a gzip member's header (RFC 1952, section 2.3); it is
/// then byte aligned and needs no window.</param>
public readonly record struct InflateMark(long CompressedBitOffset, long OutputOffset, bool IsMemberStart)
{
    /// <summary>The byte of the stored object that holds the first bit; a read of compressed data begins here.</summary>
    public long CompressedByteOffset => CompressedBitOffset >> 3;

    /// <summary>The first bit's place within its byte, 0 (least significant) to 7.</summary>
    public int BitOffset => (int)(CompressedBitOffset & 7);
}
