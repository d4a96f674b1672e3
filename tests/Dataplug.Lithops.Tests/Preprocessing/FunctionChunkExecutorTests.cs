using System.IO.Compression;
using System.Text;
using Dataplug.Conformance.Storage;
using Dataplug.Conformance.Toys;
using Dataplug.Formats;
using Dataplug.Lithops.Backends.Processes;
using Dataplug.Lithops.Preprocessing;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;
using Dataplug.Text;

namespace Dataplug.Lithops.Tests.Preprocessing;

/// <summary>Preprocessing spread over worker processes makes the index that one thread makes, bit for bit.</summary>
public sealed class FunctionChunkExecutorTests : IDisposable
{
    private const int ChunkSize = 10_000;

    private readonly ScratchFolder _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task The_index_of_gzip_text_is_that_of_one_thread()
    {
        var path = GZipText();

        var serial = await IndexAsync(GZipTextFormat, path, null);
        await using var executor = NewExecutor();
        var spread = await IndexAsync(GZipTextFormat, path, new FunctionChunkExecutor(executor, RunGZipChunk));

        Assert.Equal(serial, spread);
    }

    [Fact]
    public async Task The_index_of_lines_in_many_chunks_is_that_of_one_thread()
    {
        var path = Lines();

        var serial = await IndexAsync(new LinesFormat(ChunkSize), path, null);
        await using var executor = NewExecutor();
        var counted = new ChunkCounter(new FunctionChunkExecutor(executor, RunLinesChunk));
        var spread = await IndexAsync(new LinesFormat(ChunkSize), path, counted);

        Assert.Equal(serial, spread);
        Assert.InRange(counted.Chunks, 10, 1000);
    }

    [Fact]
    public async Task A_worker_that_dies_in_the_middle_leaves_no_trace_in_the_index()
    {
        var path = Lines();
        var mark = Path.Combine(_scratch.Path, "died");

        var serial = await IndexAsync(new LinesFormat(ChunkSize), path, null);
        await using var executor = NewExecutor(new ExecutorOptions { Retries = 1, RetryDelay = TimeSpan.Zero });
        var spread = await IndexAsync(new LinesFormat(ChunkSize), path, new FunctionChunkExecutor(executor, (chunk, token) => DieOnceThenRun(mark, chunk, token)));

        Assert.True(File.Exists(mark));
        Assert.Equal(serial, spread);
    }

    [Fact]
    public async Task Damage_is_told_by_whoever_finds_it()
    {
        var path = GZipText();
        await using (var file = File.OpenWrite(path))
        {
            file.Position = file.Length - 2_000_000;
            file.Write(new byte[1000]);
        }

        await using var here = new FunctionExecutor();
        await using var elsewhere = NewExecutor();

        await Assert.ThrowsAsync<CorruptObjectException>(() => IndexAsync(GZipTextFormat, path, new FunctionChunkExecutor(here, RunGZipChunk)));
        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => IndexAsync(GZipTextFormat, path, new FunctionChunkExecutor(elsewhere, RunGZipChunk)));
        Assert.Equal("Dataplug.CorruptObjectException", exception.Failure.ExceptionType);
        Assert.Contains(path, exception.Failure.Message, StringComparison.Ordinal);
    }

    private static DataFormat GZipTextFormat => Dataplug.Text.GZipText.Format;

    private static FunctionExecutor NewExecutor(ExecutorOptions? options = null) => new(new ProcessBackend(new ProcessBackendOptions { MaxParallelism = 2 }), options);

    private static Task<ReadOnlyMemory<byte>> RunGZipChunk(ChunkTask chunk, CancellationToken cancellationToken) =>
        new FormatRegistry(GZipTextFormat).RunChunkAsync(chunk, ObjectStores.Default, cancellationToken: cancellationToken);

    private static Task<ReadOnlyMemory<byte>> RunLinesChunk(ChunkTask chunk, CancellationToken cancellationToken) =>
        new FormatRegistry(new LinesFormat(ChunkSize)).RunChunkAsync(chunk, ObjectStores.Default, cancellationToken: cancellationToken);

    private static Task<ReadOnlyMemory<byte>> DieOnceThenRun(string mark, ChunkTask chunk, CancellationToken cancellationToken)
    {
        if (chunk.Index == 5 && !File.Exists(mark))
        {
            File.WriteAllText(mark, "");
            Environment.Exit(9);
        }

        return RunLinesChunk(chunk, cancellationToken);
    }

    private async Task<byte[]> IndexAsync(DataFormat format, string path, IChunkExecutor? executor)
    {
        var options = new CloudObjectOptions { Metadata = new MetadataOptions { Home = Path.Combine(_scratch.Path, "home-" + Guid.NewGuid().ToString("N")) } };
        var report = await CloudObject.FromUri(format, ObjectUri.ForFile(path), options).PreprocessAsync(new PreprocessOptions { Workers = 1, Executor = executor });
        return await File.ReadAllBytesAsync(report.Sidecar.Key);
    }

    // Three chunks of gzip, whose blocks refer to what comes before them.
    private string GZipText()
    {
        var path = Path.Combine(_scratch.Path, "large.txt.gz");
        var random = new byte[9_000_000];
        new Random(1).NextBytes(random);
        using var gzip = new GZipStream(File.Create(path), CompressionLevel.Optimal);
        gzip.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(random, Base64FormattingOptions.InsertLineBreaks)));
        return path;
    }

    private string Lines()
    {
        var path = Path.Combine(_scratch.Path, "lines.txt");
        File.WriteAllLines(path, Enumerable.Range(0, 30_000).Select(i => new string('x', i % 17)));
        return path;
    }

    private sealed class ChunkCounter(IChunkExecutor executor) : IChunkExecutor
    {
        public int Chunks { get; private set; }

        public Task RunAsync(IReadOnlyList<ChunkTask> tasks, Func<ChunkTask, ReadOnlyMemory<byte>, ValueTask> onPartial, IProgress<long>? progress, CancellationToken cancellationToken)
        {
            Chunks += tasks.Count;
            return executor.RunAsync(tasks, onPartial, progress, cancellationToken);
        }
    }
}
