using System.Text;
using Dataplug.Conformance.Servers;
using Dataplug.Conformance.Storage;
using Dataplug.Lithops.Backends.Processes;
using Dataplug.Storage;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dataplug.Lithops.Tests.Inputs;

public sealed class ObjectInputsTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    public void Dispose() => _scratch.Dispose();

    /// <summary>Short lines, empty ones, both line ends, a missing last end, characters of several bytes; cut anywhere.</summary>
    [Property(MaxTest = 200)]
    public Property Chunks_are_the_object_and_their_lines_are_its_lines()
    {
        var texts = Gen.Elements("", "a", "\n", "\r\n", "bc", "é", "\n\n", "a long line of text ").ListOf().Select(string.Concat);
        var cuts = Gen.OneOf(Gen.Choose(1, 9).Select(size => new ObjectChunking { ChunkSize = size }), Gen.Choose(1, 9).Select(count => new ObjectChunking { ChunkCount = count }));
        return Prop.ForAll(texts.Zip(cuts).ToArbitrary(), pair => CheckAsync(pair.Item1, pair.Item2).GetAwaiter().GetResult());
    }

    [Fact]
    public async Task Long_lines_run_over_chunks_that_none_begins_in()
    {
        var text = string.Join('\n', new string('x', 300_000), "short", new string('y', 100_000)) + "\n";
        var path = Write("long.txt", text);

        var chunks = await ObjectInputs.ListAsync(path, new ObjectChunking { ChunkSize = 70_000 }).ToListAsync();
        var counts = new List<int>();
        foreach (var chunk in chunks)
            counts.Add(await chunk.ReadLinesAsync().CountAsync());

        Assert.Equal([1, 0, 0, 0, 2, 0], counts);
        Assert.Equal(text.Split('\n')[..^1], await LinesOf(chunks));
    }

    [Fact]
    public async Task Prefixes_and_lists_are_objects_in_order_whole_or_cut()
    {
        foreach (var (name, length) in ((string, int)[])[("in/b", 10), ("in/a", 7), ("in/c", 0), ("in-other", 3), ("out", 1)])
            Write(name, new string('x', length));

        Assert.Equal(["a:0+7", "b:0+10", "c:0+0"], await Named(ObjectInputs.ListAsync(PathOf("in/"))));
        Assert.Equal(["in-other:0+3", "a:0+7", "b:0+10", "c:0+0"], await Named(ObjectInputs.ListAsync(PathOf("in*"))));
        Assert.Equal(["out:0+1", "a:0+3", "a:3+4", "b:0+5", "b:5+5", "c:0+0"], await Named(ObjectInputs.ListAsync([PathOf("out"), PathOf("in/")], new ObjectChunking { ChunkCount = 2 })));
        Assert.Equal(["b:0+4", "b:4+4", "b:8+2"], await Named(ObjectInputs.ListAsync(PathOf("in/b"), new ObjectChunking { ChunkSize = 4 })));
    }

    [Fact]
    public async Task What_is_not_there_or_makes_no_sense_is_refused()
    {
        await Assert.ThrowsAsync<ObjectNotFoundException>(async () => await ObjectInputs.ListAsync(PathOf("nothing")).ToListAsync());
        await Assert.ThrowsAsync<ObjectNotFoundException>(async () => await ObjectInputs.ListAsync(PathOf("nothing/")).ToListAsync());
        Assert.Throws<ArgumentOutOfRangeException>(() => ObjectInputs.ListAsync("x", new ObjectChunking { ChunkSize = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => ObjectInputs.ListAsync("x", new ObjectChunking { ChunkCount = 0 }));
        Assert.Throws<ArgumentException>(() => ObjectInputs.ListAsync("x", new ObjectChunking { ChunkSize = 1, ChunkCount = 1 }));
    }

    [Fact]
    public async Task An_object_that_has_changed_since_it_was_listed_is_not_read()
    {
        var path = Write("changing.txt", "one\ntwo\n");
        var chunk = await ObjectInputs.ListAsync(path).SingleAsync();

        File.WriteAllText(path, "one\ntwo\nthree\n");

        await Assert.ThrowsAsync<StaleIndexException>(() => chunk.ReadAsync());
        await Assert.ThrowsAsync<StaleIndexException>(async () => await chunk.ReadLinesAsync().ToListAsync());
    }

    [Fact]
    public async Task Tasks_in_other_processes_read_their_chunks_of_s3()
    {
        var server = await S3Server.GetAsync();
        var bucket = await server.NewBucketAsync();
        var lines = Enumerable.Range(0, 3000).Select(i => $"line {i}").ToList();
        await using var stores = new ObjectStores().Register("s3", () => new S3Store(server.Options));
        foreach (var part in (int[])[0, 1, 2])
            await stores.Get(bucket).PutAsync(bucket.WithKey($"parts/{part}"), Encoding.UTF8.GetBytes(string.Concat(lines.Skip(part * 1000).Take(1000).Select(line => line + "\n"))), PutOptions.Overwrite);
        await using var executor = new FunctionExecutor(new ProcessBackend(new ProcessBackendOptions { MaxParallelism = 2, Environment = server.Environment.ToDictionary(pair => pair.Key, pair => (string?)pair.Value) }));

        var counts = await executor.MapAsync(CountLines, ObjectInputs.ListAsync(bucket + "parts/", new ObjectChunking { ChunkSize = 4000 }, stores)).InTime();

        Assert.True(counts.Count > 6, $"{counts.Count} chunks");
        Assert.Equal(3000, counts.Sum());
    }

    private static async Task<int> CountLines(ObjectChunk chunk, CancellationToken cancellationToken) => await chunk.ReadLinesAsync(cancellationToken).CountAsync(cancellationToken);

    private async Task<bool> CheckAsync(string text, ObjectChunking chunking)
    {
        var path = Write("text", text);
        var chunks = await ObjectInputs.ListAsync(path, chunking).ToListAsync();
        var bytes = new List<byte>();
        foreach (var chunk in chunks)
        {
            bytes.AddRange(await chunk.ReadAsync());
            using var copy = new MemoryStream();
            await using (var stream = chunk.OpenRead())
                await stream.CopyToAsync(copy);
            Assert.Equal(chunk.Length, copy.Length);
        }

        Assert.Equal(text, Encoding.UTF8.GetString([.. bytes]));
        Assert.Equal(Enumerable.Range(0, chunks.Count), chunks.Select(chunk => chunk.Index));
        var expected = text.Split('\n').Select(line => line.EndsWith('\r') ? line[..^1] : line).ToList();

        // A line that has no end is one only if there is something in it.
        if (text.Length == 0 || text.EndsWith('\n'))
            expected.RemoveAt(expected.Count - 1);
        Assert.Equal(expected, await LinesOf(chunks));
        return true;
    }

    private static async Task<List<string>> LinesOf(IEnumerable<ObjectChunk> chunks)
    {
        var lines = new List<string>();
        foreach (var chunk in chunks)
            lines.AddRange(await chunk.ReadLinesAsync().ToListAsync());
        return lines;
    }

    private static async Task<List<string>> Named(IAsyncEnumerable<ObjectChunk> chunks) =>
        await chunks.Select(chunk => $"{chunk.Uri.Name}:{chunk.Offset}+{chunk.Length}").ToListAsync();

    private string PathOf(string name) => Path.Combine(_scratch.Path, name);

    private string Write(string name, string text)
    {
        var path = Path.Combine(_scratch.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}
