using System.Buffers.Binary;
using System.Globalization;
using Dataplug.Storage;

namespace Dataplug.Compression;

/// <summary>
/// The seek table that ends an object in the zstd seekable format (contrib/seekable_format of zstd, version 0.1.0): where its frames
/// are, in the object and in the content, without decompressing anything. It is held in memory, with 20 bytes a frame.
/// </summary>
public sealed class ZstdSeekTable
{
    /// <summary>The number that ends a seek table, and so the object.</summary>
    internal const uint FooterMagic = 0x8F92EAB1;

    private const uint FrameMagic = 0x184D2A5E;
    private const int FrameHeaderLength = 8;
    private const int FooterLength = 9;
    private const uint MaxFrames = 0x8000000;

    private readonly long[] _compressed;
    private readonly long[] _uncompressed;
    private readonly uint[]? _checksums;

    private ZstdSeekTable(long[] compressed, long[] uncompressed, uint[]? checksums, long tableOffset)
    {
        _compressed = compressed;
        _uncompressed = uncompressed;
        _checksums = checksums;
        TableOffset = tableOffset;
    }

    /// <summary>Number of frames, the table's own not counted.</summary>
    public int Count => _compressed.Length - 1;

    /// <summary>Offset in bytes of each frame in the stored object, and of the end of the last: one more than frames.</summary>
    public ReadOnlyMemory<long> CompressedOffsets => _compressed;

    /// <summary>Bytes of content before each frame, and before the end: one more than frames.</summary>
    public ReadOnlyMemory<long> UncompressedOffsets => _uncompressed;

    /// <summary>For each frame the least significant 32 bits of the XXH64 of its content; empty where the table has none.</summary>
    public ReadOnlyMemory<uint> Checksums => _checksums;

    /// <summary>Whether the table has checksums.</summary>
    public bool HasChecksums => _checksums is not null;

    /// <summary>Offset of the skippable frame that holds the table.</summary>
    public long TableOffset { get; }

    /// <summary>Whether the frames fill the object up to the table. They don't where seekable objects were put one after another: the
    /// table then speaks of the last one only.</summary>
    public bool CoversObject => _compressed[^1] == TableOffset;

    /// <summary>Reads the table from the object's end: two requests.</summary>
    /// <returns>Null when the object ends with no seek table.</returns>
    /// <exception cref="CorruptObjectException">It ends with one that contradicts itself.</exception>
    public static async Task<ZstdSeekTable?> ReadAsync(PinnedObject source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.Size < FrameHeaderLength + FooterLength)
            return null;
        var footer = await source.ReadAsync(ByteRange.FromBounds(source.Size - FooterLength, source.Size), cancellationToken).ConfigureAwait(false);
        if (BinaryPrimitives.ReadUInt32LittleEndian(footer.AsSpan(5)) != FooterMagic)
            return null;
        var name = source.Uri.Display;
        var count = BinaryPrimitives.ReadUInt32LittleEndian(footer);
        var descriptor = footer[4];
        if ((descriptor & 0x7C) != 0)
            throw Corrupt(name, "the zstd seek table sets reserved bits", source.Size - 5);
        var entryLength = (descriptor & 0x80) != 0 ? 12 : 8;
        var length = (long)count * entryLength;
        var offset = source.Size - FooterLength - length - FrameHeaderLength;
        if (count > MaxFrames || offset < 0)
            throw Corrupt(name, string.Create(CultureInfo.InvariantCulture, $"the zstd seek table claims {count} frames, which do not fit"), source.Size - FooterLength);

        var table = await source.ReadAsync(new ByteRange(offset, FrameHeaderLength + length), cancellationToken).ConfigureAwait(false);
        if (BinaryPrimitives.ReadUInt32LittleEndian(table) != FrameMagic || BinaryPrimitives.ReadUInt32LittleEndian(table.AsSpan(4)) != length + FooterLength)
            throw Corrupt(name, "the zstd seek table is not in a skippable frame of its size", offset);
        return Parse(table.AsSpan(FrameHeaderLength), (int)count, entryLength, offset);
    }

    /// <summary>The frame that holds a byte of content.</summary>
    /// <param name="uncompressedOffset">Bytes of content before it, 0 up to, not including, the content's size.</param>
    /// <returns>The frame's number, from 0; never that of an empty frame.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such byte.</exception>
    public int FindFrame(long uncompressedOffset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(uncompressedOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(uncompressedOffset, _uncompressed[^1]);
        int low = 0, high = _uncompressed.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_uncompressed[middle] <= uncompressedOffset)
                low = middle + 1;
            else
                high = middle;
        }

        return low - 1;
    }

    private static ZstdSeekTable Parse(ReadOnlySpan<byte> entries, int count, int entryLength, long tableOffset)
    {
        var compressed = new long[count + 1];
        var uncompressed = new long[count + 1];
        var checksums = entryLength == 12 ? new uint[count] : null;
        for (var i = 0; i < count; i++, entries = entries[entryLength..])
        {
            compressed[i + 1] = compressed[i] + BinaryPrimitives.ReadUInt32LittleEndian(entries);
            uncompressed[i + 1] = uncompressed[i] + BinaryPrimitives.ReadUInt32LittleEndian(entries[4..]);
            if (checksums is not null)
                checksums[i] = BinaryPrimitives.ReadUInt32LittleEndian(entries[8..]);
        }

        return new ZstdSeekTable(compressed, uncompressed, checksums, tableOffset);
    }

    private static CorruptObjectException Corrupt(string name, string problem, long offset) => new(name, problem, byteOffset: offset);
}
