using System.Buffers.Binary;

namespace Dataplug.Formats.Geo;

/// <summary>Writes headers and directories of TIFFs (TIFF 6.0, section 2) and BigTIFFs.</summary>
internal sealed class TiffDirectoryWriter(bool isBig, bool isBigEndian)
{
    public bool IsBig => isBig;

    public int HeaderLength => isBig ? 16 : 8;

    /// <summary>Bytes that a directory with its values takes; even, so that the next one begins at a word.</summary>
    public long LengthOf(IReadOnlyList<TiffValue> values)
    {
        var length = isBig ? 16L + (20L * values.Count) : 6L + (12L * values.Count);
        foreach (var value in values)
            length += value.Bytes.Length <= (isBig ? 8 : 4) ? 0 : (value.Bytes.Length + 7) & ~7;
        return (length + 7) & ~7;
    }

    /// <summary>The header, whose first directory is right behind it.</summary>
    public byte[] Header()
    {
        var header = new byte[HeaderLength];
        header.AsSpan(0, 2).Fill(isBigEndian ? (byte)'M' : (byte)'I');
        Number(header.AsSpan(2), isBig ? 43 : 42, 2);
        if (isBig)
            Number(header.AsSpan(4), 8, 2);
        Number(header.AsSpan(isBig ? 8 : 4), HeaderLength, isBig ? 8 : 4);
        return header;
    }

    /// <summary>A directory with its values behind it.</summary>
    /// <param name="values">Its tags.</param>
    /// <param name="offset">Where it will be.</param>
    /// <param name="next">Where the next one will be; 0 for none.</param>
    public byte[] Directory(IReadOnlyList<TiffValue> values, long offset, long next)
    {
        var bytes = new byte[LengthOf(values)];
        var (countSize, entrySize, offsetSize) = isBig ? (8, 20, 8) : (2, 12, 4);
        Number(bytes, values.Count, countSize);
        Number(bytes.AsSpan(countSize + (entrySize * values.Count)), next, offsetSize);
        var place = countSize + (entrySize * values.Count) + offsetSize;
        var at = countSize;
        foreach (var value in values.OrderBy(value => value.Tag))
        {
            Number(bytes.AsSpan(at), value.Tag, 2);
            Number(bytes.AsSpan(at + 2), value.Type, 2);
            Number(bytes.AsSpan(at + 4), value.Count, offsetSize);
            var field = bytes.AsSpan(at + 4 + offsetSize, offsetSize);
            var content = value.Bytes.ToArray();
            if (isBigEndian)
                ByteOrder.Reverse(content, TiffValue.WordOf(value.Type));
            if (content.Length <= offsetSize)
            {
                content.CopyTo(field);
            }
            else
            {
                Number(field, offset + place, offsetSize);
                content.CopyTo(bytes, place);
                place += (content.Length + 7) & ~7;
            }

            at += entrySize;
        }

        return bytes;
    }

    /// <summary>Everything of a TIFF of one strip but the strip itself, which follows.</summary>
    public static byte[] WriteOneStrip(IReadOnlyList<TiffValue> values, int length)
    {
        var writer = new TiffDirectoryWriter(isBig: false, isBigEndian: false);
        var offset = writer.HeaderLength + writer.LengthOf([.. values, TiffValue.Longs(TiffTag.StripOffsets, 0), TiffValue.Longs(TiffTag.StripByteCounts, 0)]);
        return [.. writer.Header(), .. writer.Directory([.. values, TiffValue.Longs(TiffTag.StripOffsets, (uint)offset), TiffValue.Longs(TiffTag.StripByteCounts, (uint)length)], writer.HeaderLength, 0)];
    }

    private void Number(Span<byte> target, long number, int size)
    {
        switch (size)
        {
            case 2 when isBigEndian:
                BinaryPrimitives.WriteUInt16BigEndian(target, (ushort)number);
                break;
            case 2:
                BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)number);
                break;
            case 4 when isBigEndian:
                BinaryPrimitives.WriteUInt32BigEndian(target, (uint)number);
                break;
            case 4:
                BinaryPrimitives.WriteUInt32LittleEndian(target, (uint)number);
                break;
            default:
                if (isBigEndian)
                    BinaryPrimitives.WriteInt64BigEndian(target, number);
                else
                    BinaryPrimitives.WriteInt64LittleEndian(target, number);
                break;
        }
    }
}
