using System.Text;
using Dataplug.Formats.Geo.Laz;
using Dataplug.Formats.Geo.Laz.Tests;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Geo.Tests;

/// <summary>LAZ objects made of LAS ones and back, by the plainest means but for the codec.</summary>
internal static class LazSamples
{
    private const int PlaceLength = 8;

    /// <summary>Valid objects of all versions and formats, in fixed and in variable chunks.</summary>
    public static Gen<byte[]> All { get; } =
        from las in LasSamples.All
        from chunk in Gen.Choose(1, 90)
        from variable in Gen.Elements(true, false)
        from atEnd in Gen.Elements(true, false, false)
        select Compress(las, chunk, variable, atEnd);

    /// <summary>Compresses the points of an object.</summary>
    /// <param name="las">The object.</param>
    /// <param name="chunk">Points of a chunk; in variable chunks of every second one, others have one.</param>
    /// <param name="variable">Whether chunks have any number of points.</param>
    /// <param name="placeAtEnd">Whether the place of the chunk table stands at its end, as who writes to a stream has it.</param>
    public static byte[] Compress(byte[] las, int chunk, bool variable = false, bool placeAtEnd = false)
    {
        var counts = new List<int>();
        for (var left = (int)PlainLas.Parse(las).Count; left > 0; left -= counts[^1])
            counts.Add(Math.Min(left, variable && counts.Count % 2 == 1 ? 1 : chunk));
        return Compress(las, counts, variable ? LazVlr.VariableChunks : (uint)chunk, placeAtEnd);
    }

    /// <summary>Compresses the points of an object in chunks of some numbers of points.</summary>
    public static byte[] Compress(byte[] las, IReadOnlyList<int> counts, uint chunkSize, bool placeAtEnd = false)
    {
        var plain = PlainLas.Parse(las);
        var variable = chunkSize == LazVlr.VariableChunks;
        var vlr = LazVlr.Create(plain.Pdrf, plain.RecordLength, chunkSize);
        var payload = vlr.ToBytes();
        var at = EndOfVlrs(las);
        var record = new byte[54 + payload.Length];
        Encoding.ASCII.GetBytes(LazVlr.UserId).CopyTo(record, 2);
        BitConverter.TryWriteBytes(record.AsSpan(18), (ushort)LazVlr.RecordId);
        BitConverter.TryWriteBytes(record.AsSpan(20), (ushort)payload.Length);
        payload.CopyTo(record, 54);
        var file = new List<byte>([.. las[..at], .. record, .. las[at..(int)plain.PointsOffset]]);
        var offset = file.Count;

        var encoder = new LazChunkEncoder(vlr);
        var (body, table) = (new List<byte>(), new List<(long, long)>());
        var i = 0;
        foreach (var points in counts)
        {
            var bytes = encoder.Encode(plain.Records.Skip(i).Take(points).SelectMany(r => r).ToArray()).ToArray();
            body.AddRange(bytes);
            table.Add((bytes.Length, points));
            i += points;
        }

        var place = offset + PlaceLength + body.Count;
        file.AddRange(BitConverter.GetBytes(placeAtEnd ? -1L : place));
        file.AddRange(body);
        file.AddRange(LazChunkTable.Of(offset + PlaceLength, table).ToBytes(variable));
        if (placeAtEnd)
            file.AddRange(BitConverter.GetBytes((long)place));
        var moved = file.Count - plain.PointsEnd;
        file.AddRange(plain.Tail);
        var laz = file.ToArray();
        laz[104] |= 0x80;
        BitConverter.TryWriteBytes(laz.AsSpan(96), offset);
        BitConverter.TryWriteBytes(laz.AsSpan(100), BitConverter.ToInt32(las, 100) + 1);
        MoveEvlrs(laz, plain.Minor, moved);
        return laz;
    }

    /// <summary>What an object is without compression; objects without compression as they are.</summary>
    /// <param name="stored">The object.</param>
    /// <param name="table">Where its chunks are; null for what its own table says.</param>
    public static byte[] Decompress(byte[] stored, LazChunkTable? table = null)
    {
        if ((stored[104] & 0xc0) == 0)
            return stored;
        var file = new LazFile(stored);
        var points = file.Points;
        if (stored[25] >= 4 && points.Count == 0)
            points = points with { Count = BitConverter.ToUInt32(stored, 107) };
        file = new LazFile(stored, points);
        var records = file.DecodeAsync(table: table).GetAwaiter().GetResult();
        var at = file.VlrOffset - 54;
        var length = 54 + file.VlrBytes.Length;
        var offset = (int)file.Points.Offset;
        byte[] las = [.. stored[..at], .. stored[(at + length)..offset], .. records, .. stored[(int)file.Points.End..]];
        las[104] &= 0x3f;
        BitConverter.TryWriteBytes(las.AsSpan(96), offset - length);
        BitConverter.TryWriteBytes(las.AsSpan(100), BitConverter.ToInt32(stored, 100) - 1);
        MoveEvlrs(las, stored[25], offset - length + records.Length - file.Points.End);
        return las;
    }

    private static void MoveEvlrs(byte[] file, int minor, long by)
    {
        if (minor >= 4 && BitConverter.ToInt32(file, 243) > 0)
            BitConverter.TryWriteBytes(file.AsSpan(235), BitConverter.ToInt64(file, 235) + by);
    }

    private static int EndOfVlrs(byte[] las)
    {
        int at = BitConverter.ToUInt16(las, 94);
        for (var left = BitConverter.ToInt32(las, 100); left > 0; left--)
            at += 54 + BitConverter.ToUInt16(las, at + 20);
        return at;
    }
}
