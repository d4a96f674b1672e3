using System.Buffers.Binary;

namespace Dataplug.Compression;

/// <summary>The header of a zstd frame (RFC 8878, section 3.1.1.1).</summary>
/// <param name="Length">Bytes of the header, magic number included.</param>
/// <param name="WindowSize">Bytes of content that matches reach back at most.</param>
/// <param name="ContentSize">Bytes of content; null where the frame does not tell.</param>
/// <param name="DictionaryId">The dictionary that is needed; 0 for none.</param>
/// <param name="HasChecksum">Whether a checksum of the content ends the frame.</param>
internal readonly record struct ZstdFrameHeader(int Length, ulong WindowSize, ulong? ContentSize, uint DictionaryId, bool HasChecksum)
{
    /// <summary>The magic number of a frame, little endian.</summary>
    public const uint Magic = 0xFD2FB528;

    /// <summary>Magic number and descriptor: what must be there to know the header's length.</summary>
    public const int MinLength = 5;

    private const uint FirstSkippableMagic = 0x184D2A50;

    /// <summary>Whether a magic number begins a skippable frame (section 3.1.2).</summary>
    public static bool IsSkippable(uint magic) => (magic & 0xFFFFFFF0) == FirstSkippableMagic;

    /// <summary>Reads a header.</summary>
    /// <param name="bytes">The frame's first bytes, at least <see cref="MinLength"/>.</param>
    /// <param name="header">The header, when it is there as a whole.</param>
    /// <param name="problem">What is wrong with it; null when nothing is.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ZstdFrameHeader header, out string? problem)
    {
        header = default;
        problem = null;
        var descriptor = bytes[4];
        if ((descriptor & 0x08) != 0)
        {
            problem = "a zstd frame's header sets its reserved bit";
            return false;
        }
        var isSingleSegment = (descriptor & 0x20) != 0;
        var windowLength = isSingleSegment ? 0 : 1;
        var dictionaryLength = (descriptor & 3) switch { 0 => 0, 1 => 1, 2 => 2, _ => 4 };
        var sizeLength = (descriptor >> 6) switch { 0 => isSingleSegment ? 1 : 0, 1 => 2, 2 => 4, _ => 8 };
        var length = MinLength + windowLength + dictionaryLength + sizeLength;
        if (bytes.Length < length)
            return false;

        var rest = bytes[MinLength..length];
        ulong window = 0;
        if (!isSingleSegment)
        {
            // Section 3.1.1.1.2: exponent and mantissa.
            var size = 1UL << (10 + (rest[0] >> 3));
            window = size + size / 8 * (ulong)(rest[0] & 7);
            rest = rest[1..];
        }
        var dictionary = (uint)Number(rest[..dictionaryLength]);
        rest = rest[dictionaryLength..];
        // Section 3.1.1.1.4: two bytes count from 256.
        ulong? content = sizeLength == 0 ? null : Number(rest) + (sizeLength == 2 ? 256UL : 0);
        header = new ZstdFrameHeader(length, isSingleSegment ? content!.Value : window, content, dictionary, (descriptor & 4) != 0);
        return true;
    }

    private static ulong Number(ReadOnlySpan<byte> bytes)
    {
        Span<byte> number = stackalloc byte[8];
        number.Clear();
        bytes.CopyTo(number);
        return BinaryPrimitives.ReadUInt64LittleEndian(number);
    }
}
