namespace Dataplug.Compression;

/// <summary>What a whole scan saw; after a resumed scan the numbers are still those of the whole object.</summary>
/// <param name="CompressedLength">Bytes of the stored object, zero padding after the last member included.</param>
/// <param name="OutputLength">Bytes of decompressed output of all members.</param>
/// <param name="MemberCount">Number of gzip members, at least 1.</param>
public sealed record GzipScanResult(long CompressedLength, long OutputLength, long MemberCount);
