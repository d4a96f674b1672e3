using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>BAM by the plainest means: read, written, cut into blocks.</summary>
internal static class PlainBam
{
    /// <summary>The end-of-file marker.</summary>
    public static readonly byte[] EndMarker = Convert.FromHexString("1f8b08040000000000ff0600424302001b0003000000000000000000");

    /// <summary>The content of BGZF; a gzip reader knows no more than gzip.</summary>
    public static byte[] Inflate(byte[] stored)
    {
        using var gzip = new GZipStream(new MemoryStream(stored), CompressionMode.Decompress);
        var content = new MemoryStream();
        gzip.CopyTo(content);
        return content.ToArray();
    }

    /// <summary>A block of BGZF.</summary>
    public static byte[] Block(ReadOnlySpan<byte> content)
    {
        var deflated = new MemoryStream();
        using (var deflate = new DeflateStream(deflated, CompressionLevel.Fastest, leaveOpen: true))
            deflate.Write(content);
        var block = new MemoryStream();
        using (var writer = new BinaryWriter(block, Encoding.ASCII, leaveOpen: true))
        {
            writer.Write([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, (byte)'B', (byte)'C', 2, 0]);
            writer.Write((ushort)(18 + (content.IsEmpty ? 2 : deflated.Length) + 8 - 1));
            writer.Write(content.IsEmpty ? [3, 0] : deflated.ToArray());
            writer.Write(Crc(content));
            writer.Write(content.Length);
        }

        return block.ToArray();
    }

    /// <summary>The header's bytes and each record's, without block_size.</summary>
    public static (byte[] Header, List<byte[]> Records) Parse(byte[] content)
    {
        using var reader = new BinaryReader(new MemoryStream(content));
        Assert.Equal("BAM\u0001"u8.ToArray(), reader.ReadBytes(4));
        reader.ReadBytes(reader.ReadInt32());
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            reader.ReadBytes(reader.ReadInt32());
            reader.ReadInt32();
        }

        var header = content[..(int)reader.BaseStream.Position];
        var records = new List<byte[]>();
        while (reader.BaseStream.Position < content.Length)
        {
            var size = reader.ReadInt32();
            var record = reader.ReadBytes(size);
            Assert.Equal(size, record.Length);
            records.Add(record);
        }

        return (header, records);
    }

    /// <summary>Where a record is: its sequence, start and end; as htslib's bam_endpos has it.</summary>
    public static (int Reference, long Start, long End) PlaceOf(byte[] record)
    {
        var (reference, start) = (BitConverter.ToInt32(record, 0), BitConverter.ToInt32(record, 4));
        var (nameLength, operations, flags, bases) = (record[8], BitConverter.ToUInt16(record, 12), BitConverter.ToUInt16(record, 14), BitConverter.ToInt32(record, 16));
        var cigar = Enumerable.Range(0, operations).Select(i => BitConverter.ToUInt32(record, 32 + nameLength + (4 * i))).ToArray();
        if (operations == 2 && cigar[0] == (((uint)bases << 4) | 4) && (cigar[1] & 15) == 3)
        {
            // The generator puts the tag of a long CIGAR first.
            var tag = 32 + nameLength + (4 * operations) + ((bases + 1) / 2) + bases;
            if (record.AsSpan(tag).StartsWith("CGBI"u8))
                cigar = [.. Enumerable.Range(0, BitConverter.ToInt32(record, tag + 4)).Select(i => BitConverter.ToUInt32(record, tag + 8 + (4 * i)))];
        }

        var length = (flags & 4) != 0 ? 0 : cigar.Where(operation => "MDN=X".Contains("MIDNSHP=X"[(int)(operation & 15)])).Sum(operation => operation >> 4);
        return (reference, start, start + Math.Max(1, length));
    }

    private static uint Crc(ReadOnlySpan<byte> content)
    {
        var crc = uint.MaxValue;
        foreach (var b in content)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ (0xEDB88320 & (uint)-(int)(crc & 1));
        }

        return ~crc;
    }
}
