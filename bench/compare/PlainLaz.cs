using System.Buffers.Binary;
using Dataplug.Formats.Geo;
using Dataplug.Formats.Geo.Laz;

namespace Dataplug.Compare;

/// <summary>The decoder of LAZ with nothing around it: chunk after chunk, from memory to memory.</summary>
internal static class PlainLaz
{
    private const int HeadRead = 1 << 16;

    /// <summary>Reads all points.</summary>
    /// <returns>How many there are, and the sum of their stored coordinates.</returns>
    public static async Task<(long Points, long Sum)> ReadAsync(string path)
    {
        using var file = File.OpenHandle(path, options: FileOptions.Asynchronous);
        var size = RandomAccess.GetLength(file);
        var header = LasHeader.Parse(await ReadAsync(0, (int)Math.Min(size, HeadRead)), path);
        var vlr = LazVlr.Parse(header.Vlrs.Single(record => record.UserId == LazVlr.UserId).Data.Span);
        var table = await LazChunkTable.ReadAsync(vlr, new LazPoints(header.PointsOffset, header.Points, size), async (offset, length, _) => await ReadAsync(offset, length), path);
        var decoder = new LazChunkDecoder(vlr);
        var records = new byte[(int)Enumerable.Range(0, table.Count).Max(chunk => table[chunk].Points) * vlr.RecordLength];
        var (points, sum, bytes) = (0L, 0L, Array.Empty<byte>());
        for (var i = 0; i < table.Count; i++)
        {
            var chunk = table[i];
            if (bytes.Length < chunk.Length)
                bytes = new byte[chunk.Length * 2];
            _ = RandomAccess.Read(file, bytes.AsSpan(0, (int)chunk.Length), chunk.Offset);
            decoder.Decode(bytes.AsSpan(0, (int)chunk.Length), (int)chunk.Points, records, path, chunk.Offset);
            for (var at = 0; at < chunk.Points * vlr.RecordLength; at += vlr.RecordLength)
                sum += (long)BinaryPrimitives.ReadInt32LittleEndian(records.AsSpan(at)) + BinaryPrimitives.ReadInt32LittleEndian(records.AsSpan(at + 4)) + BinaryPrimitives.ReadInt32LittleEndian(records.AsSpan(at + 8));
            points += chunk.Points;
        }

        return (points, sum);

        async Task<byte[]> ReadAsync(long offset, int length)
        {
            var read = new byte[length];
            _ = await RandomAccess.ReadAsync(file, read, offset);
            return read;
        }
    }
}
