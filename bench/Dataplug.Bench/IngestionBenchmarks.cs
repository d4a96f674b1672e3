using System.Buffers;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Dataplug.Conformance.Servers;
using Dataplug.Formats.Genomics;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Bench;

/// <summary>
/// From one FASTQ.gz in S3 to 16 pieces read in parallel: by rewriting the object into chunks first, as is done today, and by
/// indexing it where it lies. Every operation reads all reads and counts them.
/// </summary>
/// <remarks>Runs against the S3 server of the tests (tests/services/s3-up.sh), or the one in DATAPLUG_TEST_S3.</remarks>
[Config(typeof(Config))]
public class IngestionBenchmarks
{
    private const int Pieces = 16;
    private const long ReadsPerPiece = 60_000;
    private const long Reads = Pieces * ReadsPerPiece;

    private readonly string _home = Directory.CreateTempSubdirectory("dataplug-bench-").FullName;
    private ObjectStores _stores = null!;
    private ObjectUri _object = null!;
    private ObjectUri _bucket = null!;
    private CloudObject<FastqIndex> _reads = null!;

    [GlobalSetup]
    public async Task UploadAsync()
    {
        var server = await S3Server.GetAsync();
        _bucket = await server.NewBucketAsync();
        _object = _bucket.WithKey("reads.fastq.gz");
        _stores = ObjectStores.Create(server.Options);

        var stored = new MemoryStream();
        await using (var gzip = new GZipStream(stored, CompressionLevel.Optimal, leaveOpen: true))
            await FastqGenerator.WriteAsync(gzip, new FastqGeneratorOptions { Reads = Reads });
        await _stores.Get(_object).PutAsync(_object, stored.GetBuffer().AsMemory(0, (int)stored.Length), PutOptions.Overwrite);
        Console.WriteLine($"// object: {stored.Length / 1e6:F1} MB, {Reads:N0} reads");

        _reads = CloudObject.FromUri(Fastq.GZip, _object.Value, new CloudObjectOptions { Stores = _stores, Metadata = new MetadataOptions { Home = _home } });
        await _reads.PreprocessAsync();
        await RechunkAsync("gz", CompressionLevel.Optimal);
    }

    [GlobalCleanup]
    public async Task CleanAsync()
    {
        await _stores.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }

    /// <summary>Download, decompress, cut, compress and upload 16 chunks; then read them in parallel.</summary>
    [Benchmark(Baseline = true)]
    public Task RechunkToGzipThenRead() => MeasureAsync(async () =>
    {
        await RechunkAsync("gz", CompressionLevel.Optimal);
        return await ReadChunksAsync("gz");
    });

    /// <summary>The same with chunks that are not compressed: less work, four times the storage.</summary>
    [Benchmark]
    public Task RechunkToPlainThenRead() => MeasureAsync(async () =>
    {
        await RechunkAsync("fastq", null);
        return await ReadChunksAsync("fastq");
    });

    /// <summary>Index the object where it lies, cut it, and read the slices in parallel.</summary>
    [Benchmark]
    public Task PreprocessThenReadSlices() => MeasureAsync(async () =>
    {
        await _reads.PreprocessAsync(new PreprocessOptions { Force = true });
        return await ReadSlicesAsync();
    });

    /// <summary>Read chunks that were written before.</summary>
    [Benchmark]
    public Task ReadChunksAgain() => MeasureAsync(() => ReadChunksAsync("gz"));

    /// <summary>Read slices of an object that was indexed before.</summary>
    [Benchmark]
    public Task ReadSlicesAgain() => MeasureAsync(ReadSlicesAsync);

    private async Task MeasureAsync(Func<Task<long>> operation, [CallerMemberName] string benchmark = "")
    {
        var before = _stores.Statistics;
        var reads = await operation();
        Traffic.Record(benchmark, before, _stores.Statistics);
        if (reads != Reads)
            throw new InvalidOperationException($"{benchmark} found {reads} reads instead of {Reads}");
    }

    private async Task<long> ReadSlicesAsync()
    {
        var slices = await _reads.PartitionAsync(FastqPartition.IntoBatches(Pieces));
        return await SumAsync(slices.Select(slice => (Func<Task<Stream>>)(() => slice.OpenReadAsync())));
    }

    private Task<long> ReadChunksAsync(string ending) => SumAsync(Enumerable.Range(0, Pieces).Select(i => (Func<Task<Stream>>)(async () =>
    {
        var uri = Chunk(i, ending);
        var content = (await _stores.Get(uri).OpenReadAsync(uri, new ReadRequest(ReadRange.All))).Content;
        return ending == "gz" ? new GZipStream(content, CompressionMode.Decompress) : content;
    })));

    private ObjectUri Chunk(int number, string ending) => _bucket.WithKey($"chunks/{number:D2}.{ending}");

    // One pass, as a script of today does it: the upload of a chunk overlaps the cutting of the next.
    private async Task RechunkAsync(string ending, CompressionLevel? level)
    {
        await using var read = await _stores.Get(_object).OpenReadAsync(_object, new ReadRequest(ReadRange.All));
        await using var content = new GZipStream(read.Content, CompressionMode.Decompress);
        var uploads = new List<Task>();
        var buffer = new byte[1 << 20];
        int start = 0, end = 0;
        for (var i = 0; i < Pieces; i++)
        {
            var chunk = new MemoryStream();
            Stream target = level is { } l ? new GZipStream(chunk, l, leaveOpen: true) : chunk;
            for (var lines = 4 * ReadsPerPiece; lines > 0;)
            {
                if (start == end)
                {
                    (start, end) = (0, await content.ReadAsync(buffer));
                    if (end == 0)
                        break;
                }

                var available = buffer.AsMemory(start, end - start);
                var take = TakeLines(available.Span, ref lines);
                await target.WriteAsync(available[..take]);
                start += take;
            }

            if (target != chunk)
                await target.DisposeAsync();
            var uri = Chunk(i, ending);
            uploads.Add(_stores.Get(uri).PutAsync(uri, chunk.GetBuffer().AsMemory(0, (int)chunk.Length), PutOptions.Overwrite));
        }

        await Task.WhenAll(uploads);
    }

    private static int TakeLines(ReadOnlySpan<byte> text, ref long lines)
    {
        var taken = 0;
        while (lines > 0)
        {
            var feed = text[taken..].IndexOf((byte)'\n');
            if (feed < 0)
                return text.Length;
            taken += feed + 1;
            lines--;
        }

        return taken;
    }

    private static async Task<long> SumAsync(IEnumerable<Func<Task<Stream>>> pieces)
    {
        long lines = 0;
        await Parallel.ForEachAsync(pieces, new ParallelOptions { MaxDegreeOfParallelism = Pieces }, async (open, cancellationToken) =>
        {
            await using var stream = await open();
            var buffer = ArrayPool<byte>.Shared.Rent(1 << 17);
            long own = 0;
            for (int n; (n = await stream.ReadAsync(buffer, cancellationToken)) > 0;)
                own += buffer.AsSpan(0, n).Count((byte)'\n');
            ArrayPool<byte>.Shared.Return(buffer);
            Interlocked.Add(ref lines, own);
        });
        return lines / 4;
    }

    private sealed class Config : ManualConfig
    {
        public Config()
        {
            AddColumn(TrafficColumn.All);
            AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithStrategy(RunStrategy.Monitoring).WithWarmupCount(1).WithIterationCount(5).WithInvocationCount(1).WithUnrollFactor(1));
        }
    }
}
