using System.Diagnostics;
using System.Globalization;
using System.Text;
using Dataplug.Bench.Tasks;
using Dataplug.Conformance.Servers;
using Dataplug.Formats.Imzml;
using Dataplug.Lithops;
using Dataplug.Lithops.Backends.Processes;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Compare;

/// <summary>From an imzML data set in S3 to its spectra in several workers, in three ways: slices of the object where it lies, chunks into
/// which it was rewritten beforehand, and the whole object in every worker.</summary>
internal sealed class ImzmlIngestion(DirectoryInfo work, DirectoryInfo docs, int rounds)
{
    private const string Slices = "slices";
    private const string Chunks = "static chunks";
    private const string Whole = "whole download";
    private const string ChunkPrefix = "chunks/";

    private sealed record Result(int Workers, double PlanSeconds, double RewriteSeconds, long ChunkBytes, Dictionary<string, Statistics> Seconds, Dictionary<string, long> Downloaded);

    public async Task RunAsync(int megabytes, IReadOnlyList<int> workers, CancellationToken cancellationToken)
    {
        var data = await new ImzmlData(work).FullAsync(megabytes);
        var server = await S3Server.GetAsync();
        var bucket = await server.NewBucketAsync();
        var home = Directory.CreateTempSubdirectory("dataplug-bench-");
        await using var stores = ObjectStores.Create(server.Options);
        var store = stores.Get(bucket);
        try
        {
            var (document, ibd) = (bucket.WithKey("tissue.imzML"), bucket.WithKey("tissue.ibd"));
            var size = await UploadAsync(store, data.Document, document, cancellationToken) + await UploadAsync(store, data.Ibd, ibd, cancellationToken);
            var options = new CloudObjectOptions { Stores = stores, Metadata = new MetadataOptions { Home = home.FullName, Location = bucket.WithKey("index/") } };
            var (indexing, indexBytes) = (new List<double>(), 0L);
            for (var round = 0; round <= rounds; round++)
            {
                var report = await CloudObject.FromUri(Imzml.Format, document.Value, options).PreprocessAsync(new PreprocessOptions { Force = true }, cancellationToken);
                indexBytes = report.SidecarSize;
                if (round > 0)
                    indexing.Add(report.Elapsed.TotalSeconds);
            }

            var results = new List<Result>();
            foreach (var count in workers)
                results.Add(await MeasureAsync(server, store, document, ibd, options, data, count, cancellationToken));
            await WriteAsync(data, size, Statistics.Of(indexing), indexBytes, results, cancellationToken);
        }
        finally
        {
            await store.DeleteAllAsync(bucket, CancellationToken.None);
            home.Delete(recursive: true);
        }
    }

    private async Task<Result> MeasureAsync(S3Server server, IObjectStore store, ObjectUri document, ObjectUri ibd, CloudObjectOptions options, ImzmlDataSet data, int count, CancellationToken cancellationToken)
    {
        // As whoever runs a job: the index is read anew.
        var clock = Stopwatch.StartNew();
        var slices = await CloudObject.FromUri(Imzml.Format, document.Value, options).PartitionAsync(ImzmlPartition.IntoSlices(count), cancellationToken);
        var planning = clock.Elapsed.TotalSeconds;
        clock.Restart();
        var (chunks, chunkBytes) = await RewriteAsync(store, document, ibd, count, cancellationToken);
        var rewriting = clock.Elapsed.TotalSeconds;
        var wholes = Enumerable.Range(0, count).Select(part => new StoredImzml(document.Value, ibd.Value, part, count)).ToArray();

        await using var executor = new FunctionExecutor(new ProcessBackend(new ProcessBackendOptions
        {
            MaxParallelism = count,
            Environment = server.Environment.ToDictionary(pair => pair.Key, string? (pair) => pair.Value),
        }));
        var (seconds, downloaded) = (new Dictionary<string, List<double>> { [Slices] = [], [Chunks] = [], [Whole] = [] }, new Dictionary<string, long>());
        IngestTimes? first = null;
        for (var round = 0; round <= rounds; round++)
        {
            Take(Slices, await executor.MapAsync(ImzmlTasks.ReadSliceAsync, slices, cancellationToken: cancellationToken));
            Take(Chunks, await executor.MapAsync(ImzmlTasks.DownloadAsync, chunks, cancellationToken: cancellationToken));
            Take(Whole, await executor.MapAsync(ImzmlTasks.DownloadAsync, wholes, cancellationToken: cancellationToken));

            // In the first round the workers start, and compile.
            void Take(string way, IReadOnlyList<IngestTimes> times)
            {
                // Intensities are whole numbers, whose sums are exact in any order; those of m/z values are not.
                var all = new IngestTimes(0, 0, 0, times.Sum(time => time.Spectra), times.Sum(time => time.Points), times.Sum(time => time.Sum), 0);
                first ??= all;
                if (all != first || all.Spectra != data.Spectra || all.Points != data.Points)
                    throw new InvalidOperationException($"{way}, {count} workers: {all.Spectra} spectra, {all.Points} points, sum {all.Sum} were read; there are {data.Spectra} and {data.Points}, and the sum was {first.Sum}");
                var elapsed = Stopwatch.GetElapsedTime(times.Min(time => time.Begun), times.Max(time => time.Ended)).TotalSeconds;
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count,2} workers, round {round}/{rounds}: {way,-14} {elapsed,8:F3} s"));
                downloaded[way] = times.Sum(time => time.Bytes);
                if (round > 0)
                    seconds[way].Add(elapsed);
            }
        }

        await store.DeleteAllAsync(document.WithKey(ChunkPrefix), cancellationToken);
        return new Result(count, planning, rewriting, chunkBytes, seconds.ToDictionary(pair => pair.Key, pair => Statistics.Of(pair.Value)), downloaded);
    }

    // Without an index: the data set comes down whole, is cut into data sets of as many spectra each, which go up again.
    private async Task<(IReadOnlyList<StoredImzml> Chunks, long Bytes)> RewriteAsync(IObjectStore store, ObjectUri document, ObjectUri ibd, int count, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("dataplug-bench-");
        try
        {
            var (documentPath, ibdPath) = (Path.Combine(folder.FullName, "whole.imzML"), Path.Combine(folder.FullName, "whole.ibd"));
            await DownloadAsync(store, document, documentPath, cancellationToken);
            await DownloadAsync(store, ibd, ibdPath, cancellationToken);
            PlainImzml spectra;
            using (var stream = File.OpenRead(documentPath))
                spectra = PlainImzml.Read(stream);
            using var arrays = File.OpenHandle(ibdPath);
            var (chunks, bytes) = (new List<StoredImzml>(), 0L);
            for (var part = 0; part < count; part++)
            {
                var (from, to) = ((int)((long)spectra.Points.Count * part / count), (int)((long)spectra.Points.Count * (part + 1) / count));
                var path = Path.Combine(folder.FullName, string.Create(CultureInfo.InvariantCulture, $"{part}.imzML"));
                await WriteChunkAsync(path, spectra, arrays, from, to, cancellationToken);
                var chunk = new StoredImzml(document.WithKey(ChunkPrefix + Path.GetFileName(path)).Value, document.WithKey(ChunkPrefix + Path.GetFileName(Path.ChangeExtension(path, ".ibd"))).Value, 0, 1);
                bytes += await UploadAsync(store, path, ObjectUri.Parse(chunk.Document), cancellationToken) + await UploadAsync(store, Path.ChangeExtension(path, ".ibd"), ObjectUri.Parse(chunk.Ibd), cancellationToken);
                chunks.Add(chunk);
            }

            return (chunks, bytes);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task WriteChunkAsync(string path, PlainImzml spectra, Microsoft.Win32.SafeHandles.SafeFileHandle arrays, int from, int to, CancellationToken cancellationToken)
    {
        var uuid = new Guid(from, 3, 0x4000, 0x80, 0, 0, 0, 0, 0, 0, 1);
        await using var document = new ImzmlDocument(path, uuid, to - from, isContinuous: false, spectra.MzSize);
        await using var ibd = new FileStream(Path.ChangeExtension(path, ".ibd"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        await ibd.WriteAsync(uuid.ToByteArray(bigEndian: true), cancellationToken);
        var buffer = Array.Empty<byte>();
        for (var i = from; i < to; i++)
        {
            var points = spectra.Points[i];
            var mz = ibd.Position;
            Copy(spectra.MzOffsets[i], points * spectra.MzSize);
            var intensities = ibd.Position;
            Copy(spectra.IntensityOffsets[i], points * spectra.IntensitySize);
            document.Write(i - from, spectra.X[i], spectra.Y[i], points, mz, spectra.MzSize, intensities);
        }

        void Copy(long offset, int length)
        {
            if (buffer.Length < length)
                buffer = new byte[length];
            var bytes = buffer.AsSpan(0, length);
            if (RandomAccess.Read(arrays, bytes, offset) != length)
                throw new EndOfStreamException($"The ibd ends within {offset}+{length}.");
            ibd.Write(bytes);
        }
    }

    private static async Task<long> UploadAsync(IObjectStore store, string path, ObjectUri uri, CancellationToken cancellationToken) =>
        (await store.PutAsync(uri, await File.ReadAllBytesAsync(path, cancellationToken), PutOptions.Overwrite, cancellationToken)).Size;

    private static async Task DownloadAsync(IObjectStore store, ObjectUri uri, string path, CancellationToken cancellationToken)
    {
        await using var read = await store.OpenReadAsync(uri, new ReadRequest(), cancellationToken);
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, FileOptions.Asynchronous);
        await read.Content.CopyToAsync(file, 1 << 20, cancellationToken);
    }

    private async Task WriteAsync(ImzmlDataSet data, long size, Statistics indexing, long indexBytes, List<Result> results, CancellationToken cancellationToken)
    {
        var body = new StringBuilder();
        body.AppendLine(CultureInfo.InvariantCulture, $"Measured {DateTime.UtcNow:yyyy-MM-dd} on {Machine.Describe()}, .NET {Environment.Version}; a Ceph RADOS Gateway on the same machine, in memory; a processed data set of {data.Spectra:N0} spectra and {data.Points:N0} points: a document of {new FileInfo(data.Document).Length / 1e6:F0} MB and an ibd of {new FileInfo(data.Ibd).Length / 1e6:F0} MB. Seconds to ingest: from the first worker's beginning to the last one's end, medians of {rounds} rounds in which the three ways take turns, after one that does not count.");
        body.AppendLine();
        body.AppendLine("![Seconds until all spectra are read, by workers](images/imzml-ingestion.svg)");
        body.AppendLine();
        body.AppendLine("| | preprocessing, s | stored beside the data set, MB | % of it |");
        body.AppendLine("|---|---:|---:|---:|");
        body.AppendLine(CultureInfo.InvariantCulture, $"| {Slices} | {Statistics.Show(indexing.Median)} | {indexBytes / 1e6:F2} | {100.0 * indexBytes / size:F2} |");
        foreach (var result in results)
            body.AppendLine(CultureInfo.InvariantCulture, $"| {Chunks}, {result.Workers} | {Statistics.Show(result.RewriteSeconds)} | {result.ChunkBytes / 1e6:F0} | {100.0 * result.ChunkBytes / size:F0} |");
        body.AppendLine(CultureInfo.InvariantCulture, $"| {Whole} | 0 | 0 | 0 |");
        body.AppendLine();
        body.AppendLine("| workers | slices: planning, s | ingest, s (min to max) | downloaded, MB | static chunks: ingest, s (min to max) | downloaded, MB | whole download: ingest, s (min to max) | downloaded, MB | whole ÷ slices | chunks ÷ slices, preprocessing included |");
        body.AppendLine("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var result in results)
        {
            string Show(string way) => $"{Statistics.Show(result.Seconds[way].Median)} ({Statistics.Show(result.Seconds[way].Min)} to {Statistics.Show(result.Seconds[way].Max)}) | {(result.Downloaded[way] / 1e6).ToString("N0", CultureInfo.InvariantCulture)}";
            var slices = result.Seconds[Slices].Median;
            body.AppendLine(CultureInfo.InvariantCulture, $"| {result.Workers} | {Statistics.Show(result.PlanSeconds)} | {Show(Slices)} | {Show(Chunks)} | {Show(Whole)} | {result.Seconds[Whole].Median / slices:F2} | {(result.RewriteSeconds + result.Seconds[Chunks].Median) / (indexing.Median + result.PlanSeconds + slices):F2} |");
        }

        ChartLine Line(string name, Func<Result, double> value, int group, bool isDashed = false) => new(name, [.. results.Select(result => ((double)result.Workers, value(result)))], group, isDashed);
        ChartLine[] lines =
        [
            Line(Slices, result => result.Seconds[Slices].Median, 0),
            Line("slices and their index", result => result.Seconds[Slices].Median + result.PlanSeconds + indexing.Median, 0, isDashed: true),
            Line(Chunks, result => result.Seconds[Chunks].Median, 1),
            Line("chunks and the rewriting", result => result.Seconds[Chunks].Median + result.RewriteSeconds, 1, isDashed: true),
            Line(Whole, result => result.Seconds[Whole].Median, 2),
        ];
        await DocumentSection.WriteImageAsync(docs, "imzml-ingestion.svg", LineChart.Render("An imzML data set in S3, read by several workers", "seconds until all have summed their spectra, less is better", "workers", lines, isLogarithmic: true), cancellationToken);
        await DocumentSection.OfBenchmarks(docs, "imzml-ingestion").ReplaceAsync(body.ToString(), cancellationToken);
    }
}
