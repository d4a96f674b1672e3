using System.Buffers.Binary;

namespace Dataplug.Compression;

/// <summary>
/// All that a scan needs to go on from an access point as if it had never been broken off; the same bytes on every machine.
/// </summary>
/// <remarks>
/// The window may be a sparse one: the output after the access point depends on no other byte of it, and the next window begins at
/// least 32 KiB of output (or a member) later, so it holds nothing from before. The marks and access points that follow depend only
/// on the distance from this one, which is both.
/// </remarks>
public sealed class GzipScanState
{
    private const byte Version = 1;
    private const int FixedLength = 1 + 1 + 8 + 8 + 8 + 8 + 8 + 4 + 4 + 4;

    private readonly byte[] _window;
    private readonly byte[] _header;

    internal GzipScanState(InflateMark mark, byte[] window, long memberCount, long memberOffset, long memberOutputOffset, byte[] header, uint crc)
    {
        Mark = mark;
        _window = window;
        MemberCount = memberCount;
        MemberOffset = memberOffset;
        MemberOutputOffset = memberOutputOffset;
        _header = header;
        Crc = crc;
    }

    /// <summary>The access point. The input of the resumed scan begins at its <see cref="InflateMark.CompressedByteOffset"/>.</summary>
    public InflateMark Mark { get; }

    /// <summary>Members that ended before the access point.</summary>
    public long MemberCount { get; }

    /// <summary>The window: empty at a member's start, else at most 32768 bytes before the access point, with all that any output
    /// after it refers to.</summary>
    public ReadOnlyMemory<byte> Window => _window;

    internal long MemberOffset { get; }

    internal long MemberOutputOffset { get; }

    internal ReadOnlySpan<byte> Header => _header;

    internal uint Crc { get; }

    /// <summary>The state as bytes, checksum included.</summary>
    public byte[] ToBytes()
    {
        var window = WindowCodec.Encode(_window);
        var bytes = new byte[FixedLength + _header.Length + window.Length + 4];
        var rest = bytes.AsSpan();
        rest[0] = Version;
        rest[1] = Mark.IsMemberStart ? (byte)1 : (byte)0;
        rest = rest[2..];
        foreach (var value in (ReadOnlySpan<long>)[Mark.CompressedBitOffset, Mark.OutputOffset, MemberCount, MemberOffset, MemberOutputOffset])
        {
            BinaryPrimitives.WriteInt64LittleEndian(rest, value);
            rest = rest[8..];
        }
        BinaryPrimitives.WriteUInt32LittleEndian(rest, Crc);
        BinaryPrimitives.WriteInt32LittleEndian(rest[4..], _header.Length);
        BinaryPrimitives.WriteInt32LittleEndian(rest[8..], window.Length);
        rest = rest[12..];
        _header.CopyTo(rest);
        rest = rest[_header.Length..];
        window.CopyTo(rest);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[window.Length..], Crc32.Append(0, bytes.AsSpan(0, bytes.Length - 4)));
        return bytes;
    }

    /// <summary>The state that <see cref="ToBytes"/> wrote.</summary>
    /// <param name="bytes">All of its bytes.</param>
    /// <exception cref="CorruptIndexException">They are damaged, cut short, or of an unknown version.</exception>
    public static GzipScanState FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < FixedLength + 4 || BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]) != Crc32.Append(0, bytes[..^4]))
            throw Corrupt("a saved scan state is damaged or cut short");
        if (bytes[0] != Version)
            throw Corrupt($"a saved scan state has version {bytes[0]}, known is {Version}");
        var isMemberStart = bytes[1] != 0;
        Span<long> values = stackalloc long[5];
        var rest = bytes[2..^4];
        for (var i = 0; i < values.Length; i++, rest = rest[8..])
            values[i] = BinaryPrimitives.ReadInt64LittleEndian(rest);
        var crc = BinaryPrimitives.ReadUInt32LittleEndian(rest);
        var headerLength = BinaryPrimitives.ReadInt32LittleEndian(rest[4..]);
        var windowLength = BinaryPrimitives.ReadInt32LittleEndian(rest[8..]);
        rest = rest[12..];
        if (headerLength < 0 || windowLength < 0 || (long)headerLength + windowLength != rest.Length || values.ContainsAnyInRange(long.MinValue, -1))
            throw Corrupt("a saved scan state contradicts itself");
        var mark = new InflateMark(values[0], values[1], isMemberStart);
        if (bytes[1] > 1 || mark.CompressedByteOffset < values[3] || mark.OutputOffset < values[4] || isMemberStart && (mark.BitOffset != 0 || !rest.IsEmpty))
            throw Corrupt("a saved scan state contradicts itself");
        return new GzipScanState(
            mark,
            WindowCodec.Decode(rest[headerLength..]),
            values[2],
            values[3],
            values[4],
            rest[..headerLength].ToArray(),
            crc);
    }

    private static CorruptIndexException Corrupt(string problem) => new(null, problem, "Preprocess the object from its start, with force.");
}
