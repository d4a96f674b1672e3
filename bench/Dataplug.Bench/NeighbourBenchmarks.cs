using System.IO.Compression;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Dataplug.Formats.Genomics;
using Dataplug.Metadata;
using Dataplug.Storage;
using Dataplug.Text;

namespace Dataplug.Bench;

/// <summary>One worker that reads all 200 slices of a local FASTQ.gz (100 MB of reads) one after another: going on with the decoder of
/// the slice before, and each from its own access point; and megabytes from anywhere, through the seekable stream.</summary>
[Config(typeof(Config))]
[MemoryDiagnoser]
public class NeighbourBenchmarks
{
    private const long Reads = 280_000;
    private const int Slices = 200;
    private const int RandomReads = 50;

    private readonly string _folder = Directory.CreateTempSubdirectory("dataplug-bench-").FullName;
    private readonly byte[] _buffer = new byte[1 << 20];
    private ObjectStores _stores = null!;
    private CloudObject<FastqIndex> _reads = null!;
    private IReadOnlyList<FastqSlice> _slices = [];

    [GlobalSetup]
    public async Task IndexAsync()
    {
        var path = Path.Combine(_folder, "reads.fastq.gz");
        await using (var gzip = new GZipStream(File.Create(path), CompressionLevel.Optimal))
            await FastqGenerator.WriteAsync(gzip, new FastqGeneratorOptions { Reads = Reads });
        _stores = ObjectStores.Create();
        _reads = CloudObject.FromFile(Fastq.GZip, path, new CloudObjectOptions { Stores = _stores, Metadata = new MetadataOptions { Home = _folder } });
        await _reads.PreprocessAsync();
        _slices = await _reads.PartitionAsync(FastqPartition.IntoBatches(Slices));
    }

    [GlobalCleanup]
    public async Task CleanAsync()
    {
        await _stores.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark(Baseline = true)]
    public Task<long> EachSliceByItself() => ReadSlicesAsync(nameof(EachSliceByItself), 0);

    [Benchmark]
    public Task<long> NeighboursGoOn() => ReadSlicesAsync(nameof(NeighboursGoOn), 4);

    [Benchmark]
    public async Task<long> MegabytesFromAnywhere()
    {
        var before = _stores.Statistics;
        await using var stream = await GZipObjectStream.OpenAsync(_reads);
        var random = new Random(1);
        for (var i = 0; i < RandomReads; i++)
        {
            stream.Position = random.NextInt64(stream.Length - _buffer.Length);
            await stream.ReadExactlyAsync(_buffer);
        }

        Traffic.Record(nameof(MegabytesFromAnywhere), before, _stores.Statistics);
        return stream.Position;
    }

    private async Task<long> ReadSlicesAsync(string benchmark, int capacity)
    {
        var before = _stores.Statistics;
        GZipDecoderCache.Of(_stores).Capacity = capacity;
        long length = 0;
        foreach (var slice in _slices)
        {
            await using var stream = await slice.OpenReadAsync();
            for (int read; (read = await stream.ReadAsync(_buffer.AsMemory(0, 128 << 10))) > 0;)
                length += read;
        }

        Traffic.Record(benchmark, before, _stores.Statistics);
        return length == _reads.GetIndexAsync().Result.UncompressedSize ? length : throw new InvalidOperationException($"{benchmark} read {length} bytes.");
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
