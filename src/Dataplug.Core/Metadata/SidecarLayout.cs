using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;

namespace Dataplug.Metadata;

/// <summary>The numbers of the sidecar container (docs/index-format.md) and the limits that both sides keep to.</summary>
internal static class SidecarLayout
{
    /// <summary>Version of the container: layout of preamble, directory and trailer.</summary>
    public const uint Version = 1;

    /// <summary>Magic, version, header length, header checksum.</summary>
    public const int PreambleLength = 24;

    /// <summary>Length of the trailer, the last bytes of every sidecar.</summary>
    public const int TrailerLength = 48;

    /// <summary>Fixed part of one directory entry; the name follows its two first bytes.</summary>
    public const int EntryFixedLength = 58;

    /// <summary>What opening a sidecar asks for: its last bytes.</summary>
    public const int TailLength = 64 << 10;

    /// <summary>Limit of the header JSON, in bytes.</summary>
    public const int MaximumHeaderLength = 1 << 20;

    /// <summary>Limit of the decompressed directory (header, attributes, entries), in bytes.</summary>
    public const int MaximumDirectoryLength = 16 << 20;

    /// <summary>Limit of the number of sections.</summary>
    public const int MaximumSections = 4096;

    /// <summary>Limit of one section's decompressed content, in bytes.</summary>
    public const int MaximumContentLength = 256 << 20;

    /// <summary>Limit of the number of values of a column and of blobs in a section.</summary>
    public const int MaximumCount = 1 << 26;

    /// <summary>Limit of one blob, in bytes.</summary>
    public const int MaximumBlobLength = 16 << 20;

    /// <summary>The level sections are compressed with. Part of the format only in that the same writer gives the same bytes.</summary>
    public const int CompressionLevel = 9;

    private static readonly SearchValues<char> SectionNameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/");

    /// <summary>The first eight bytes. As in PNG: a byte over 127, a name, CR LF, the DOS end of file, LF, so that damage by
    /// text-mode transfers shows at once.</summary>
    public static ReadOnlySpan<byte> Magic => [0x89, (byte)'D', (byte)'P', (byte)'I', 0x0d, 0x0a, 0x1a, 0x0a];

    /// <summary>The last eight bytes.</summary>
    public static ReadOnlySpan<byte> EndMagic => "DPI-END\n"u8;

    /// <summary>Limit of a section's frame: incompressible content grows by a little (ZSTD_compressBound).</summary>
    public const long MaximumStoredLength = MaximumContentLength + (MaximumContentLength >> 8) + 64;

    public static bool IsSectionName(string name) =>
        name.Length is >= 1 and <= 64 && !name.AsSpan().ContainsAnyExcept(SectionNameCharacters);

    public static ulong Checksum(ReadOnlySpan<byte> bytes) => XxHash3.HashToUInt64(bytes);

    /// <summary>A zstd block of at most 128 KiB takes at least four bytes (RFC 8878 §3.1.1.2), so a frame can't promise more.</summary>
    public static bool IsPossibleRatio(long stored, long content) => content <= (stored / 4 + 1) * (128L << 10);

    public static uint ReadUInt32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    public static ulong ReadUInt64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}

/// <summary>What a section of a sidecar holds.</summary>
internal enum SectionKind : byte
{
    /// <summary>Bytes.</summary>
    Bytes = 0,

    /// <summary>64-bit numbers: count is the number of values.</summary>
    Column = 1,

    /// <summary>The table of a run of blobs: count is the number of blobs.</summary>
    Blobs = 2,
}

/// <summary>One entry of a sidecar's directory.</summary>
/// <param name="Name">The section's name.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Offset">Where its zstd frame starts in the sidecar.</param>
/// <param name="StoredLength">Length of the frame.</param>
/// <param name="ContentLength">Length of what the frame holds.</param>
/// <param name="Count">Values or blobs; 0 for bytes.</param>
/// <param name="Checksum">XXH3-64 of the frame.</param>
/// <param name="DataOffset">Where the blobs start; 0 for other kinds.</param>
/// <param name="DataLength">Length of all blobs together; 0 for other kinds.</param>
internal sealed record SectionEntry(
    string Name,
    SectionKind Kind,
    long Offset,
    long StoredLength,
    long ContentLength,
    long Count,
    ulong Checksum,
    long DataOffset,
    long DataLength);
