using System.Buffers.Binary;
using System.Globalization;
using Dataplug.Storage;

namespace Dataplug.Metadata;

/// <summary>Where the blobs of one sidecar section lie: 16 bytes of memory a blob.</summary>
public sealed class BlobTable
{
    private readonly ObjectUri _sidecar;
    private readonly long[] _ends;
    private readonly ulong[] _checksums;
    private readonly long _start;

    private BlobTable(ObjectUri sidecar, long start, long[] ends, ulong[] checksums)
    {
        _sidecar = sidecar;
        _start = start;
        _ends = ends;
        _checksums = checksums;
    }

    /// <summary>Number of blobs.</summary>
    public int Count => _ends.Length;

    /// <summary>The place of blob <paramref name="index"/>, from 0.</summary>
    public BlobReference this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _ends.Length);
            var offset = index == 0 ? _start : _ends[index - 1];
            return new BlobReference
            {
                Sidecar = _sidecar,
                Offset = offset,
                Length = (int)(_ends[index] - offset),
                Checksum = _checksums[index].ToString("x16", CultureInfo.InvariantCulture),
            };
        }
    }

    internal static BlobTable Empty(ObjectUri sidecar) => new(sidecar, 0, [], []);

    // All lengths as LEB128, then all checksums.
    internal static ReadOnlyMemory<byte> Encode(List<int> lengths, List<ulong> checksums)
    {
        var size = lengths.Sum(length => (long)ColumnCodec.VarintLength((ulong)length)) + (8L * checksums.Count);
        if (size > SidecarLayout.MaximumContentLength)
            throw new InvalidOperationException($"The table of {lengths.Count} blobs takes {size} bytes; the limit is {SidecarLayout.MaximumContentLength}.");
        var table = new byte[size];
        var at = 0;
        foreach (var length in lengths)
            at += ColumnCodec.WriteVarint(table.AsSpan(at), (ulong)length);
        foreach (var checksum in checksums)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(table.AsSpan(at), checksum);
            at += 8;
        }

        return table;
    }

    internal static BlobTable Decode(ReadOnlySpan<byte> table, SectionEntry entry, ObjectUri sidecar)
    {
        // The checksums alone take eight bytes each, so the count can't make us allocate more than the table justifies.
        if (entry.Count > table.Length / 9)
            throw Corrupt();
        var ends = new long[entry.Count];
        var checksums = new ulong[entry.Count];
        var at = 0;
        var end = entry.DataOffset;
        for (var i = 0; i < ends.Length; i++)
        {
            if (!ColumnCodec.TryReadVarint(table, ref at, out var length) || length > SidecarLayout.MaximumBlobLength)
                throw Corrupt();
            ends[i] = end += (long)length;
        }

        if (end != entry.DataOffset + entry.DataLength || table.Length - at != 8L * ends.Length)
            throw Corrupt();
        for (var i = 0; i < checksums.Length; i++)
            checksums[i] = BinaryPrimitives.ReadUInt64LittleEndian(table[(at + (8 * i))..]);
        return new BlobTable(sidecar, entry.DataOffset, ends, checksums);

        CorruptIndexException Corrupt() => new(sidecar.Display, $"the blob table of section '{entry.Name}' is damaged", byteOffset: entry.Offset);
    }
}
