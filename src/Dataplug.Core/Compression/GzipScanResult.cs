using Dataplug.Storage;

namespace Dataplug.Compression;

/// <summary>What a whole scan saw; after a resumed scan the numbers are still those of the whole object.</summary>
/// <param name="CompressedLength">Bytes of the stored object, those after the last member included.</param>
/// <param name="OutputLength">Bytes of decompressed output of all members.</param>
/// <param name="MemberCount">Number of gzip members, at least 1.</param>
public sealed record GzipScanResult(long CompressedLength, long OutputLength, long MemberCount)
{
    /// <summary>The bytes after the last member that are neither a member nor zeros only, and were ignored as gzip(1) ignores them;
    /// null where there are none. Zeros before them are part of them.</summary>
    public ByteRange? TrailingBytes { get; init; }
}
