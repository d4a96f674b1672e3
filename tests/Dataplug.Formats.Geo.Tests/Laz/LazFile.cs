using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Dataplug.Formats.Geo.Laz.Tests;

/// <summary>A LAZ file in memory, of which only what the codec is told by a LAS header is looked at.</summary>
internal sealed class LazFile
{
    public LazFile(byte[] bytes)
    {
        Bytes = bytes;
        var span = bytes.AsSpan();
        var headerLength = BinaryPrimitives.ReadUInt16LittleEndian(span[94..]);
        var offset = BinaryPrimitives.ReadUInt32LittleEndian(span[96..]);
        var records = BinaryPrimitives.ReadInt32LittleEndian(span[100..]);
        PointFormat = span[104] & 0x3F;
        RecordLength = BinaryPrimitives.ReadUInt16LittleEndian(span[105..]);
        long count = BinaryPrimitives.ReadUInt32LittleEndian(span[107..]);
        long end = bytes.Length;
        if (span[25] >= 4)
        {
            count = BinaryPrimitives.ReadInt64LittleEndian(span[247..]);
            var evlrs = BinaryPrimitives.ReadInt64LittleEndian(span[235..]);
            if (evlrs > offset && BinaryPrimitives.ReadInt32LittleEndian(span[243..]) > 0)
                end = evlrs;
        }
        Points = new LazPoints(offset, count, end);
        for (int i = 0, at = headerLength; i < records; i++)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(span[(at + 20)..]);
            if (Encoding.ASCII.GetString(span.Slice(at + 2, 16)).Split('\0')[0].Equals(LazVlr.UserId, StringComparison.OrdinalIgnoreCase))
            {
                VlrOffset = at + 54;
                VlrBytes = span.Slice(VlrOffset, length).ToArray();
                Vlr = LazVlr.Parse(VlrBytes, null, VlrOffset);
            }
            at += 54 + length;
        }
    }

    public LazFile(byte[] bytes, LazPoints points)
        : this(bytes) => Points = points;

    public byte[] Bytes { get; }

    public int PointFormat { get; }

    public int RecordLength { get; }

    public LazPoints Points { get; }

    public int VlrOffset { get; }

    public byte[] VlrBytes { get; } = [];

    public LazVlr Vlr { get; } = null!;

    public int Reads { get; private set; }

    public static LazFile Read(string path) => new(File.ReadAllBytes(path));

    /// <summary>Chunks of points as a whole LAZ file of the least possible header.</summary>
    /// <param name="pointFormat">The point data record format.</param>
    /// <param name="vlr">How points are compressed.</param>
    /// <param name="chunks">Chunks, their point records each.</param>
    public static LazFile Make(int pointFormat, LazVlr vlr, IReadOnlyList<byte[]> chunks)
    {
        var encoder = new LazChunkEncoder(vlr);
        return Assemble(pointFormat, vlr, chunks.Select(chunk => (encoder.Encode(chunk).ToArray(), (long)(chunk.Length / vlr.RecordLength))));
    }

    /// <summary>Chunks that are compressed already as a whole LAZ file of the least possible header.</summary>
    /// <param name="pointFormat">The point data record format.</param>
    /// <param name="vlr">How points are compressed.</param>
    /// <param name="chunks">Chunks, and how many points each has.</param>
    public static LazFile Assemble(int pointFormat, LazVlr vlr, IEnumerable<(byte[] Bytes, long Points)> chunks)
    {
        var body = new MemoryStream();
        var table = new List<(long, long)>();
        foreach (var (bytes, points) in chunks)
        {
            body.Write(bytes);
            table.Add((bytes.Length, points));
        }

        var laszip = vlr.ToBytes();
        var layered = pointFormat >= 6;
        var headerLength = layered ? 375 : 227;
        var file = new byte[headerLength + 54 + laszip.Length];
        var count = table.Sum(entry => entry.Item2);
        var span = file.AsSpan();
        "LASF"u8.CopyTo(span);
        span[24] = 1;
        span[25] = (byte)(layered ? 4 : 2);
        BinaryPrimitives.WriteUInt16LittleEndian(span[94..], (ushort)headerLength);
        BinaryPrimitives.WriteUInt32LittleEndian(span[96..], (uint)file.Length);
        BinaryPrimitives.WriteInt32LittleEndian(span[100..], 1);
        span[104] = (byte)(pointFormat | 0x80);
        BinaryPrimitives.WriteUInt16LittleEndian(span[105..], (ushort)vlr.RecordLength);
        BinaryPrimitives.WriteUInt32LittleEndian(span[107..], layered ? 0 : (uint)count);
        for (var i = 0; i < 3; i++)
            BinaryPrimitives.WriteDoubleLittleEndian(span[(131 + 8 * i)..], 0.01);
        if (layered)
            BinaryPrimitives.WriteInt64LittleEndian(span[247..], count);
        var record = span[headerLength..];
        Encoding.ASCII.GetBytes(LazVlr.UserId, record[2..]);
        BinaryPrimitives.WriteUInt16LittleEndian(record[18..], LazVlr.RecordId);
        BinaryPrimitives.WriteUInt16LittleEndian(record[20..], (ushort)laszip.Length);
        laszip.CopyTo(record[54..]);

        var whole = new MemoryStream();
        whole.Write(file);
        var place = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(place, file.Length + 8 + body.Length);
        whole.Write(place);
        whole.Write(body.ToArray());
        whole.Write(LazChunkTable.Of(file.Length + 8, table).ToBytes(vlr.HasVariableChunks));
        return new LazFile(whole.ToArray());
    }

    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(long offset, int length, CancellationToken cancellationToken)
    {
        Reads++;
        return ValueTask.FromResult<ReadOnlyMemory<byte>>(Bytes.AsMemory((int)offset, length));
    }

    public ReadOnlySpan<byte> BytesOf(LazChunk chunk) => Bytes.AsSpan((int)chunk.Offset, (int)chunk.Length);

    public Task<LazChunkTable> ReadTableAsync() => LazChunkTable.ReadAsync(Vlr, Points, ReadAsync, "test.laz");

    /// <summary>All point records, chunk after chunk.</summary>
    /// <param name="fields">What to decode.</param>
    /// <param name="table">Where chunks are; null for what the file's own table says.</param>
    public async Task<byte[]> DecodeAsync(LazFields fields = LazFields.All, LazChunkTable? table = null)
    {
        table ??= await ReadTableAsync();
        var decoder = new LazChunkDecoder(Vlr, fields);
        var records = new byte[Points.Count * RecordLength];
        for (var i = 0; i < table.Count; i++)
            Decode(decoder, table[i], records);
        return records;
    }

    public void Decode(LazChunkDecoder decoder, LazChunk chunk, byte[] records) => decoder.Decode(
        BytesOf(chunk), (int)chunk.Points, records.AsSpan((int)chunk.FirstPoint * RecordLength, (int)chunk.Points * RecordLength), "test.laz", chunk.Offset);

    public static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
