namespace Dataplug.Formats.Geo.Laz.Tests;

/// <summary>A part of an object's points as an object of its own, of which only the two chunks at its ends are compressed again.</summary>
public sealed class LazSliceTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(10)]
    public async Task Chunks_wholly_inside_are_taken_as_they_are(int format)
    {
        foreach (var (first, end) in new[] { (0, 5000), (1234, 4321), (700, 2100), (10, 20), (699, 701) })
        {
            var (slice, records) = await CutAsync(format, first, end);
            Assert.Equal(LazFile.Hash(records), LazFile.Hash(await slice.DecodeAsync()));
            Assert.Null((await slice.ReadTableAsync()).Rebuilt);
        }
    }

    internal static async Task<(LazFile Slice, byte[] Records)> CutAsync(int format, int first, int end)
    {
        const int Size = 700;
        var length = PointRecords.LengthOf(format) + 2;
        var records = PointRecords.Realistic(format, 2, 5000, 11);
        var file = LazFile.Make(format, LazVlr.Create(format, length, Size), [.. records.Chunk(Size * length)]);
        var table = await file.ReadTableAsync();
        var vlr = file.Vlr.WithChunks(LazVlr.VariableChunks);
        var encoder = new LazChunkEncoder(vlr);
        var chunks = new List<(byte[], long)>();
        for (var i = table.ChunkOf(first); i < table.Count && table[i].FirstPoint < end; i++)
        {
            var chunk = table[i];
            var (from, to) = (Math.Max(first, chunk.FirstPoint), Math.Min(end, chunk.FirstPoint + chunk.Points));
            var bytes = to - from == chunk.Points ? file.BytesOf(chunk) : encoder.Encode(records.AsSpan((int)from * length, (int)(to - from) * length));
            chunks.Add((bytes.ToArray(), to - from));
        }
        return (LazFile.Assemble(format, vlr, chunks), records[(first * length)..(end * length)]);
    }
}
