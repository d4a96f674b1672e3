using System.Diagnostics;
using Dataplug.Formats;
using Dataplug.Formats.Genomics;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Simulate;

/// <summary>What the two passes cost on this machine, chunk by chunk, on one core, with the object in the page cache.</summary>
/// <param name="ChunkBytes">Stored bytes of a chunk.</param>
/// <param name="StreamSecondsPerByte">One stream over the whole object.</param>
/// <param name="Scouts">CPU seconds of the first pass, each a measured chunk.</param>
/// <param name="ScoutReadBytes">Bytes that a chunk's first pass reads.</param>
/// <param name="ScoutReportBytes">Bytes of a report.</param>
/// <param name="ResolveSeconds">Seconds a chunk between the passes, one after another.</param>
/// <param name="StartBytes">Bytes that the second pass of a chunk is told.</param>
/// <param name="Maps">CPU seconds of the second pass, each a measured chunk.</param>
/// <param name="MapReadBytes">Bytes that a chunk's second pass reads.</param>
/// <param name="PartialBytes">Bytes of a partial result.</param>
/// <param name="MergeSeconds">Seconds a chunk of the merge, one after another.</param>
internal sealed record ChunkCosts(
    long ChunkBytes,
    double StreamSecondsPerByte,
    IReadOnlyList<double> Scouts,
    double ScoutReadBytes,
    double ScoutReportBytes,
    double ResolveSeconds,
    double StartBytes,
    IReadOnlyList<double> Maps,
    double MapReadBytes,
    double PartialBytes,
    double MergeSeconds)
{
    public static async Task<ChunkCosts> MeasureAsync(string path, CancellationToken cancellationToken)
    {
        var format = Fastq.GZip;
        await using var stores = ObjectStores.Create();
        var source = await stores.PinAsync(ObjectUri.ForFile(path), cancellationToken);
        var preprocessor = (ITwoPassPreprocessor)format.CreatePreprocessor();
        // Chunks as an object of 100 GB has them.
        var length = preprocessor.PlanChunks(100_000_000_000)[0].Length;
        var chunks = Enumerable.Range(0, (int)(source.Size / length)).Select(i => new ByteRange(i * length, length)).ToArray();
        if (chunks.Length < 3)
            throw new InvalidOperationException($"{path} has {source.Size} bytes; at least {3 * length} are needed.");

        // Once without measuring, so that the code is compiled.
        await preprocessor.ScoutAsync(new ChunkRun(source, chunks[0], 0, chunks.Length), cancellationToken);
        var streamed = Stopwatch.StartNew();
        await StreamAsync(format, source, cancellationToken);
        var streamSeconds = streamed.Elapsed.TotalSeconds;

        var read = stores.Statistics.BytesRead;
        var (scouts, reports) = (new List<double>(), new List<ReadOnlyMemory<byte>>());
        foreach (var (chunk, i) in chunks.Select((chunk, i) => (chunk, i)))
            scouts.Add(await CpuAsync(async () => reports.Add(await preprocessor.ScoutAsync(new ChunkRun(source, chunk, i, chunks.Length), cancellationToken))));
        var scoutRead = (stores.Statistics.BytesRead - read) / (double)chunks.Length;

        IReadOnlyList<ReadOnlyMemory<byte>?> starts = [];
        var resolve = await CpuAsync(async () => starts = await preprocessor.ResolveAsync(chunks, reports.SkipLast(1).ToAsyncEnumerable(), source, cancellationToken));

        read = stores.Statistics.BytesRead;
        var (maps, partials) = (new List<double>(), new List<ReadOnlyMemory<byte>>());
        // The last part goes to the object's end, whatever its length; it is left out of the times.
        for (var i = 0; i < chunks.Length; i++)
        {
            if (starts[i] is { } start)
                maps.Add(await CpuAsync(async () => partials.Add(await preprocessor.MapAsync(new ChunkRun(source, chunks[i], i, chunks.Length) { Resolved = start }, cancellationToken))));
        }

        var mapRead = (stores.Statistics.BytesRead - read) / (source.Size / (double)length);
        var merge = await CpuAsync(async () =>
        {
            await using var writer = new SidecarWriter(new MemoryStream(), new SidecarHeader(format.Id, format.IndexVersion, SourceIdentity.Of(source.Info), format.Parameters));
            await preprocessor.MergeAsync(partials.ToAsyncEnumerable(), source, writer, cancellationToken);
            await writer.CompleteAsync(cancellationToken);
        });
        return new ChunkCosts(
            length,
            streamSeconds / source.Size,
            scouts,
            scoutRead,
            reports.Average(report => report.Length),
            resolve / chunks.Length,
            starts.Average(start => start?.Length ?? 0),
            maps.SkipLast(1).ToArray(),
            mapRead,
            partials.Average(partial => partial.Length),
            merge / chunks.Length);
    }

    private static async Task<double> CpuAsync(Func<Task> work)
    {
        var before = Environment.CpuUsage.TotalTime;
        await work();
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }

    private static async Task StreamAsync(DataFormat format, PinnedObject source, CancellationToken cancellationToken) =>
        await ((IStreamingPreprocessor)format.CreatePreprocessor()).RunAsync(new Run(source), cancellationToken);

    private sealed class Run(PinnedObject source) : IStreamingRun
    {
        public PinnedObject Source => source;

        public int Workers => 1;

        public ReadOnlyMemory<byte>? ResumeState => null;

        public Task CheckpointAsync(ReadOnlyMemory<byte> partialResult, ReadOnlyMemory<byte> resumeState, CancellationToken cancellationToken) => Task.CompletedTask;

        public void ReportProgress(long bytesDone)
        {
        }
    }
}
