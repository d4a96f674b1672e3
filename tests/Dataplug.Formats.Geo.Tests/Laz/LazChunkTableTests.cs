using System.Buffers.Binary;

namespace Dataplug.Formats.Geo.Laz.Tests;

public sealed class LazChunkTableTests
{
    [Theory]
    [InlineData(3, false)]
    [InlineData(3, true)]
    [InlineData(7, false)]
    [InlineData(7, true)]
    public async Task A_table_says_where_chunks_are(int format, bool variable)
    {
        var (file, chunks) = Make(format, variable, 40);
        var table = await file.ReadTableAsync();
        Assert.Null(table.Rebuilt);
        Assert.Equal(chunks, Enumerable.Range(0, table.Count).Select(i => table[i].Points));
        Assert.Equal(file.Points.Count, table.Points);
        Assert.Equal(file.Points.Offset + 8, table.Offset);
        Assert.InRange(file.Reads, 2, 2);
    }

    [Theory]
    [InlineData(3, false)]
    [InlineData(7, false)]
    [InlineData(7, true)]
    public async Task A_table_is_made_of_the_chunks_when_it_is_missing(int format, bool variable)
    {
        foreach (var damage in Damages())
        {
            var (file, _) = Make(format, variable, 25);
            var table = await file.ReadTableAsync();
            damage(file, (int)table.End);
            var rebuilt = await file.ReadTableAsync();
            Assert.NotNull(rebuilt.Rebuilt);
            Assert.Equal(Enumerable.Range(0, table.Count).Select(i => table[i]), Enumerable.Range(0, rebuilt.Count).Select(i => rebuilt[i]));
            // One read found the table the first time, and few find small chunks.
            Assert.InRange(file.Reads, 4, 11);
        }
    }

    [Fact]
    public async Task Chunks_larger_than_a_read_are_found()
    {
        foreach (var format in new[] { 1, 6 })
        {
            var length = PointRecords.LengthOf(format);
            var vlr = LazVlr.Create(format, length, 60_000);
            var records = PointRecords.Hostile(format, 0, 150_000, 2);
            var file = LazFile.Make(format, vlr, [.. records.Chunk(60_000 * length)]);
            var table = await file.ReadTableAsync();
            Assert.True(table[0].Length > 1 << 20);
            BinaryPrimitives.WriteInt64LittleEndian(file.Bytes.AsSpan((int)file.Points.Offset), file.Points.Offset);
            var rebuilt = await file.ReadTableAsync();
            Assert.NotNull(rebuilt.Rebuilt);
            Assert.Equal(Enumerable.Range(0, table.Count).Select(i => table[i]), Enumerable.Range(0, rebuilt.Count).Select(i => rebuilt[i]));
        }
    }

    [Fact]
    public async Task Nothing_tells_where_streams_of_any_number_of_points_begin()
    {
        foreach (var damage in Damages())
        {
            var (file, _) = Make(3, variable: true, 10);
            damage(file, (int)(await file.ReadTableAsync()).End);
            var error = await Assert.ThrowsAsync<CorruptObjectException>(file.ReadTableAsync);
            Assert.Contains("nothing tells where chunks of any number of points begin", error.Message, StringComparison.Ordinal);
            Assert.Equal(file.Points.Offset, error.ByteOffset);
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    public async Task The_place_of_the_table_may_stand_behind_it(int format)
    {
        var (made, chunks) = Make(format, false, 25);
        var bytes = made.Bytes;
        var place = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan((int)made.Points.Offset));
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan((int)made.Points.Offset), -1);
        var file = new LazFile([.. bytes, .. BitConverter.GetBytes(place)]);
        var table = await file.ReadTableAsync();
        Assert.Null(table.Rebuilt);
        Assert.Equal(chunks.Count, table.Count);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    public async Task Chunks_that_are_damaged_too_give_no_table(int format)
    {
        var (file, _) = Make(format, false, 25);
        var table = await file.ReadTableAsync();
        BinaryPrimitives.WriteInt64LittleEndian(file.Bytes.AsSpan((int)file.Points.Offset), file.Points.Offset);
        file.Bytes.AsSpan((int)table[7].Offset, (int)table[7].Length).Fill(0xFF);
        var error = await Assert.ThrowsAsync<CorruptObjectException>(file.ReadTableAsync);
        Assert.InRange(error.ByteOffset!.Value, table[7].Offset, file.Bytes.Length);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(6)]
    public async Task An_object_cut_anywhere_ends_in_the_exception(int format)
    {
        var (made, _) = Make(format, false, 6);
        for (var length = (int)made.Points.Offset + 8; length < made.Bytes.Length; length += 7)
        {
            var file = new LazFile(made.Bytes[..length]);
            if (length < (await made.ReadTableAsync()).End)
                await Assert.ThrowsAsync<CorruptObjectException>(file.ReadTableAsync);
            else
                Assert.NotNull((await file.ReadTableAsync()).Rebuilt);
        }
    }

    [Fact]
    public async Task An_object_without_points_has_no_chunks()
    {
        var file = LazFile.Make(3, LazVlr.Create(3, 34), []);
        var table = await file.ReadTableAsync();
        Assert.Equal(0, table.Count);
        Assert.Equal(0, table.Points);
        Assert.Null(table.Rebuilt);
    }

    [Fact]
    public async Task Tables_of_many_chunks_are_read_whole()
    {
        // So many that the first read has not all of it.
        var random = new Random(2);
        var entries = Enumerable.Range(0, 5000).Select(_ => ((long)random.Next(100, 1 << random.Next(8, 30)), (long)random.Next(1, 1 << random.Next(1, 3)))).ToArray();
        var written = LazChunkTable.Of(1008, entries);
        var bytes = written.ToBytes(variable: true);
        Assert.True(bytes.Length > 8192);
        var vlr = LazVlr.Create(3, 34, LazVlr.VariableChunks);
        var end = written.End + bytes.Length;
        var reads = 0;
        var read = await LazChunkTable.ReadAsync(vlr, new LazPoints(1000, written.Points, end), (offset, length, _) =>
        {
            reads++;
            return ValueTask.FromResult<ReadOnlyMemory<byte>>(offset == 1000 ? BitConverter.GetBytes(written.End) : bytes.AsMemory((int)(offset - written.End), length));
        });
        Assert.Equal(3, reads);
        Assert.Null(read.Rebuilt);
        Assert.Equal(Enumerable.Range(0, 5000).Select(i => written[i]), Enumerable.Range(0, 5000).Select(i => read[i]));
    }

    [Fact]
    public async Task A_number_of_chunks_that_can_not_be_true_takes_no_memory()
    {
        var (file, _) = Make(7, true, 5);
        var table = await file.ReadTableAsync();
        BinaryPrimitives.WriteUInt32LittleEndian(file.Bytes.AsSpan((int)table.End + 4), uint.MaxValue);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.NotNull((await file.ReadTableAsync()).Rebuilt);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_000_000);
    }

    [Theory]
    [InlineData(3, false)]
    [InlineData(7, true)]
    public async Task A_table_with_any_byte_changed_is_read_or_made_anew_or_refused(int format, bool variable)
    {
        var random = new Random(9);
        for (var round = 0; round < 40; round++)
        {
            var (file, _) = Make(format, variable, 6);
            var end = (int)(await file.ReadTableAsync()).End;
            file.Bytes[random.Next(end, file.Bytes.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                var table = await file.ReadTableAsync();
                Assert.Equal(file.Points.Count, table.Points);
                Assert.InRange(table.End, table.Offset, file.Bytes.Length);
            }
            catch (CorruptObjectException)
            {
            }
        }
    }

    // A writer that was interrupted, a place behind the end, a place of nonsense, and a table of another version.
    private static IEnumerable<Action<LazFile, int>> Damages() =>
    [
        (file, _) => BinaryPrimitives.WriteInt64LittleEndian(file.Bytes.AsSpan((int)file.Points.Offset), file.Points.Offset),
        (file, _) => BinaryPrimitives.WriteInt64LittleEndian(file.Bytes.AsSpan((int)file.Points.Offset), long.MaxValue),
        (file, _) => BinaryPrimitives.WriteInt64LittleEndian(file.Bytes.AsSpan((int)file.Points.Offset), -1),
        (file, end) => file.Bytes[end] = 1,
        (file, end) => file.Bytes[end + 4]++,
    ];

    private static (LazFile File, List<long> Chunks) Make(int format, bool variable, int count)
    {
        var random = new Random(format);
        var length = PointRecords.LengthOf(format) + 1;
        var vlr = LazVlr.Create(format, length, variable ? LazVlr.VariableChunks : 100);
        var points = Enumerable.Range(0, count).Select(i => variable ? random.Next(1, 200) : i == count - 1 ? 37 : 100).ToArray();
        var records = PointRecords.Realistic(format, 1, points.Sum(), 6);
        var chunks = new List<byte[]>();
        var at = 0;
        foreach (var size in points)
        {
            chunks.Add(records.AsSpan(at * length, size * length).ToArray());
            at += size;
        }
        return (LazFile.Make(format, vlr, chunks), [.. points.Select(size => (long)size)]);
    }
}
