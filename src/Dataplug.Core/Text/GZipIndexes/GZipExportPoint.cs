namespace Dataplug.Text;

/// <summary>An access point as other programs want it: behind the gzip header where one begins there.</summary>
/// <param name="BitOffset">Bits from the start of the stored object to the first bit of a deflate block.</param>
/// <param name="ContentOffset">Bytes of content before it.</param>
/// <param name="LineFeeds">Line feeds before it.</param>
/// <param name="HasWindow">Whether it needs a window.</param>
internal readonly record struct GZipExportPoint(long BitOffset, long ContentOffset, long LineFeeds, bool HasWindow)
{
    /// <summary>Offset of the first byte of which all bits belong to the block.</summary>
    public long FirstWholeByte => (BitOffset + 7) >> 3;

    /// <summary>How many bits of the byte before belong to it, 0 to 7.</summary>
    public int BitsBefore => (int)((FirstWholeByte * 8) - BitOffset);
}
