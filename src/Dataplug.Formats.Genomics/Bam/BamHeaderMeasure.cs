using System.Buffers.Binary;

namespace Dataplug.Formats.Genomics;

/// <summary>Finds where a header ends, of bytes that come bit by bit (SAM specification, section 4.2): it never believes in more than
/// has come.</summary>
internal sealed class BamHeaderMeasure(string? source)
{
    /// <summary>The longest header that is read, decompressed: 64 MiB, about a million reference sequences.</summary>
    public const int MaxLength = 64 << 20;

    private int _at;
    private int _left = -1;

    /// <summary>Goes on with all bytes that there are so far.</summary>
    /// <param name="bytes">The bytes from the header's start on.</param>
    /// <param name="offset">Where in the stored object the last of them are, for messages.</param>
    /// <param name="length">Bytes of the header.</param>
    /// <returns>False when more are needed.</returns>
    public bool TryFinish(ReadOnlySpan<byte> bytes, long offset, out int length)
    {
        length = 0;
        if (_at == 0)
        {
            if (bytes.Length < BamHeader.TextStart)
                return false;
            if (!bytes.StartsWith(BamHeader.Magic))
                throw source is not null && Bam.RefusalOf(bytes, source) is { } refusal ? refusal : Corrupt("the object is not BAM: its content does not begin with 'BAM\\1'", offset);
            _at = Grow(BamHeader.TextStart, ReadCount(bytes[4..], "of the header's text", offset), 1, offset);
        }

        if (_left < 0)
        {
            if (bytes.Length - _at < 4)
                return false;
            _left = ReadCount(bytes[_at..], "of the reference sequences", offset);
            _at += 4;
            _ = Grow(_at, _left, 9, offset);
        }

        for (; _left > 0; _left--)
        {
            if (bytes.Length - _at < 4)
                return false;
            var nameLength = ReadCount(bytes[_at..], "of a reference sequence's name", offset);
            if (nameLength == 0)
                throw Corrupt("a reference sequence has no name", offset);
            var end = Grow(_at + 8, nameLength, 1, offset);
            if (bytes.Length < end)
                return false;
            if (BinaryPrimitives.ReadInt32LittleEndian(bytes[(end - 4)..]) < 0)
                throw Corrupt("a reference sequence has a negative length", offset);
            _at = end;
        }

        length = _at;
        return true;
    }

    private int ReadCount(ReadOnlySpan<byte> bytes, string what, long offset)
    {
        var count = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        return count >= 0 ? count : throw Corrupt($"the number {what} is negative", offset);
    }

    private int Grow(int length, int count, int bytesEach, long offset) =>
        length + ((long)count * bytesEach) <= MaxLength
            ? length + (count * bytesEach)
            : throw new UnsupportedFormatException(source, $"the header is longer than {MaxLength} bytes, or its numbers are wrong", "Check the object against its origin; a header of so many reference sequences is not read.", offset);

    private CorruptObjectException Corrupt(string problem, long offset) => new(source, problem, byteOffset: offset);
}
