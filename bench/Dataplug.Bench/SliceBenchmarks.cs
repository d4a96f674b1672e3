using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Dataplug.Formats.Genomics;
using Dataplug.Metadata;

namespace Dataplug.Bench;

/// <summary>Reading slice 117 of 200 of a local FASTQ.gz (350 MB, gzip -6) in a process that runs already, beside a process
/// of gztool that prints the same lines from its own index.</summary>
[Config(typeof(Config))]
public class SliceBenchmarks
{
    private const long Reads = 3_961_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("dataplug-bench-").FullName;
    private FastqSlice _slice = null!;
    private string _path = "";

    [GlobalSetup]
    public async Task IndexAsync()
    {
        _path = Path.Combine(_folder, "reads.fastq.gz");
        using (var gzip = Process.Start(new ProcessStartInfo("bash", ["-c", $"exec gzip -6 > '{_path}'"]) { RedirectStandardInput = true })!)
        {
            await FastqGenerator.WriteAsync(gzip.StandardInput.BaseStream, new FastqGeneratorOptions { Reads = Reads });
            gzip.StandardInput.Close();
            await gzip.WaitForExitAsync();
        }

        var reads = CloudObject.FromFile(Fastq.GZip, _path, new CloudObjectOptions { Metadata = new MetadataOptions { Home = _folder } });
        await reads.PreprocessAsync();
        _slice = (await reads.PartitionAsync(FastqPartition.IntoBatches(200)))[117];
        Run($"gztool -i -x -v 0 -I '{_path}.gzi' '{_path}' > /dev/null");
    }

    [GlobalCleanup]
    public void Clean() => Directory.Delete(_folder, recursive: true);

    [Benchmark(Baseline = true)]
    public async Task<long> OpenAndDrainSlice()
    {
        await using var stream = await _slice.OpenReadAsync();
        var buffer = new byte[1 << 17];
        long length = 0;
        for (int n; (n = await stream.ReadAsync(buffer)) > 0;)
            length += n;
        return length;
    }

    [Benchmark]
    public async Task<long> ReadSliceAsSpans()
    {
        await using var reader = await _slice.OpenReaderAsync();
        long bases = 0;
        while (await reader.FillAsync())
        {
            while (reader.TryRead(out var read))
                bases += read.Sequence.Length;
        }

        return bases;
    }

    [Benchmark]
    public void GztoolProcess() => Run($"gztool -v 0 -I '{_path}.gzi' -L {(4 * _slice.FirstRead) + 1} -R {4 * _slice.ReadCount} '{_path}' > /dev/null");

    private static void Run(string command)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", "exec " + command]))!;
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"'{command}' ended with exit code {process.ExitCode}.");
    }

    private sealed class Config : ManualConfig
    {
        public Config() => AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithStrategy(RunStrategy.Monitoring).WithWarmupCount(5).WithIterationCount(20).WithInvocationCount(1).WithUnrollFactor(1));
    }
}
