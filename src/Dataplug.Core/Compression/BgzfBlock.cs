using System.Buffers.Binary;

namespace Dataplug.Compression;

/// <summary>What the SAM specification, section 4.1, says of a BGZF block: a gzip member of at most 64 KiB that tells its own size.</summary>
internal static class BgzfBlock
{
    /// <summary>Bytes of the fixed part of a gzip header up to and with XLEN; the extra field follows.</summary>
    public const int FixedHeaderLength = 12;

    /// <summary>Bytes of CRC-32 and ISIZE.</summary>
    public const int TrailerLength = 8;

    /// <summary>The most bytes of a block: BSIZE is 16 bits and one less.</summary>
    public const int MaxLength = 1 << 16;

    private const int EndMarkerLength = 28;

    /// <summary>Finds the subfield BC of two bytes.</summary>
    /// <param name="extra">The extra field.</param>
    /// <param name="size">The whole block's size in bytes.</param>
    public static bool TryReadSize(ReadOnlySpan<byte> extra, out int size)
    {
        while (extra.Length >= 4)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (extra.Length < 4 + length)
                break;
            if (extra[..2].SequenceEqual("BC"u8) && length == 2)
            {
                size = BinaryPrimitives.ReadUInt16LittleEndian(extra[4..]) + 1;
                return true;
            }
            extra = extra[(4 + length)..];
        }

        size = 0;
        return false;
    }

    /// <summary>The size of the block whose header the bytes begin with.</summary>
    /// <param name="bytes">The bytes from the block's start on.</param>
    /// <param name="size">Bytes of the whole block; 0 where more of the header is needed, −1 where the bytes are no block's.</param>
    /// <returns>Whether the size is known.</returns>
    public static bool TryReadHeader(ReadOnlySpan<byte> bytes, out int size)
    {
        size = 0;
        ReadOnlySpan<byte> magic = [0x1f, 0x8b, 8, 4];
        if (!bytes[..Math.Min(4, bytes.Length)].SequenceEqual(magic[..Math.Min(4, bytes.Length)]))
        {
            size = -1;
            return false;
        }

        if (bytes.Length < FixedHeaderLength)
            return false;
        var extraLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes[10..]);
        if (bytes.Length < FixedHeaderLength + extraLength)
            return false;
        if (TryReadSize(bytes.Slice(FixedHeaderLength, extraLength), out size) && size >= FixedHeaderLength + extraLength + 2 + TrailerLength)
            return true;
        size = -1;
        return false;
    }

    /// <summary>Whether a member that is a BGZF block is the end-of-file marker (section 4.1.2): 28 given bytes.</summary>
    public static bool IsEndMarker(GzipMember member) =>
        member is { CompressedLength: EndMarkerLength, OutputLength: 0, ModificationTime: 0, ExtraFlags: 0, OperatingSystem: 255 };

    /// <summary>The end-of-file marker.</summary>
    public static ReadOnlySpan<byte> EndMarker =>
        [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, (byte)'B', (byte)'C', 2, 0, 0x1b, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
}
