using System.Diagnostics;
using System.IO.Compression;
using Dataplug.Cli.Commands;
using Dataplug.Cli.Output;
using Dataplug.Formats.Genomics;
using Dataplug.Lithops;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Cli.Demo;

/// <summary>The steps of the demo: make, index, cut two ways, map both, compare with what the index knows.</summary>
internal sealed class DemoRun(Session session, DemoView view, string folder, int workers)
{
    private const int Batches = 16;
    private const long SliceBytes = 32 << 20;

    public async Task<DemoAnswer> RunAsync(string? uri, int reads, CancellationToken cancellationToken)
    {
        view.Begin();
        TimeSpan? generateTime = null;
        if (uri is null)
        {
            uri = Path.Combine(folder, "demo.fastq.gz");
            var watch = Stopwatch.StartNew();
            var plainSize = await view.WhileAsync($"Making {ByteText.Count(reads)} reads", () => GenerateAsync(uri, reads, cancellationToken));
            generateTime = watch.Elapsed;
            view.Generated(reads, plainSize, new FileInfo(uri).Length, generateTime.Value);
        }

        var source = ObjectUri.Parse(uri);
        var counter = new CountingStore(session.Stores.Get(source), source);
        // The session's stores retry already.
        await using var stores = new ObjectStores(RetryOptions.None).Register(source.Scheme, () => counter).Register("file", () => source.Scheme == "file" ? counter : session.Stores.Get(ObjectUri.ForFile(folder)));
        var cloud = CloudObject.FromUri(Fastq.GZip, source.Value, new CloudObjectOptions
        {
            Stores = stores,
            // The demo's own: nothing of it stays behind, and nothing of the user's is touched.
            Metadata = new MetadataOptions { Home = Path.Combine(folder, "home") },
        });

        var report = await PreprocessCommand.RunAsync(session, cloud, new PreprocessOptions { Workers = workers }, cancellationToken);
        var index = await cloud.GetIndexAsync(cancellationToken);
        view.Indexed(report, index, counter.Reads.Requests);

        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = workers });
        var batches = await RunPlanAsync(executor, cloud, counter, "batches", $"count={Batches}", FastqPartition.IntoBatches(Batches), cancellationToken);
        var sized = await RunPlanAsync(executor, cloud, counter, "bytes", "bytes=32MiB", FastqPartition.ByBytes(SliceBytes), cancellationToken);
        view.Mapped(index, [batches, sized], workers);

        var agree = batches.Total == sized.Total && batches.Total.Reads == index.Reads && batches.Total.Bases == index.Bases;
        view.End(index, batches, sized, agree);
        if (!agree)
            throw new WorkFailedException($"the totals differ: the index has {index.Reads} reads and {index.Bases} bases, the slices {batches.Total} and {sized.Total}; please report it");
        return Answer(report, index, generateTime, [batches, sized]);
    }

    private static async Task<long> GenerateAsync(string path, int reads, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 1 << 16, useAsync: true);
        await using var gzip = new GZipStream(file, CompressionLevel.Optimal);
        return await FastqGenerator.WriteAsync(gzip, new FastqGeneratorOptions { Reads = reads }, cancellationToken);
    }

    private async Task<DemoPlan> RunPlanAsync(
        FunctionExecutor executor,
        CloudObject<FastqIndex> cloud,
        CountingStore counter,
        string strategy,
        string parameter,
        IPartitionStrategy<FastqIndex, FastqSlice> partition,
        CancellationToken cancellationToken)
    {
        var before = counter.Reads;
        var watch = Stopwatch.StartNew();
        var slices = await cloud.PartitionAsync(partition, cancellationToken);
        var partitionTime = watch.Elapsed;
        var after = counter.Reads;

        watch.Restart();
        var job = executor.MapAsync(ReadStatistics.CountAsync, slices, cancellationToken: cancellationToken);
        var counts = await view.WhileAsync($"Mapping over {slices.Count} slices", () => job.GetResultAsync(cancellationToken));
        var mapTime = watch.Elapsed;
        var times = job.Snapshot().Select(future => future.Statistics).ToArray();
        var end = counter.Reads;
        return new DemoPlan(strategy, parameter, slices, partitionTime, after.Bytes - before.Bytes, counts, times, mapTime, end.Requests - after.Requests, end.Bytes - after.Bytes);
    }

    private static DemoAnswer Answer(PreprocessReport report, FastqIndex index, TimeSpan? generateTime, IReadOnlyList<DemoPlan> plans) => new(
        index.Source.Uri.Display,
        index.Source.Size,
        index.UncompressedSize,
        index.Reads,
        index.Bases,
        Math.Round(100 * plans[0].Total.GcFraction, 3),
        Math.Round(plans[0].Total.MeanQuality, 3),
        generateTime is { } time ? Math.Round(time.TotalSeconds, 3) : null,
        Math.Round(report.Elapsed.TotalSeconds, 3),
        Math.Round(index.UncompressedSize / 1e6 / Math.Max(0.001, report.Elapsed.TotalSeconds), 1),
        report.SidecarSize,
        Math.Round(100.0 * report.SidecarSize / Math.Max(1, index.Source.Size), 4),
        [.. plans.Select(plan => new DemoPlanAnswer(
            plan.Strategy,
            plan.Parameter,
            plan.Slices.Count,
            Math.Round(plan.PartitionTime.TotalMilliseconds, 3),
            plan.PartitionBytes,
            Math.Round(plan.MapTime.TotalSeconds, 3),
            plan.MapRequests,
            plan.MapBytes))],
        TotalsAgree: true);
}
