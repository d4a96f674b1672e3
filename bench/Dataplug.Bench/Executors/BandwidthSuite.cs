using System.Diagnostics;
using System.Globalization;
using System.Text;
using Dataplug.Bench.Tasks;
using Dataplug.Conformance.Servers;
using Dataplug.Lithops;
using Dataplug.Lithops.Backends.Processes;
using Dataplug.Storage;

namespace Dataplug.Bench.Executors;

/// <summary>How fast worker processes together read one object, each its own part of it by one request.</summary>
internal sealed class BandwidthSuite(DirectoryInfo docs, IReadOnlyList<int> workers, int megabytes, int rounds)
{
    private sealed record Result(string Store, int Workers, Statistics Together, Statistics Each);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var server = await S3Server.GetAsync();
        var bucket = await server.NewBucketAsync();
        var folder = Directory.CreateTempSubdirectory("dataplug-bench-");
        await using var stores = ObjectStores.Create(server.Options);
        ObjectUri[] objects = [bucket.WithKey("object"), ObjectUri.ForFile(Path.Combine(folder.FullName, "object"))];
        try
        {
            var content = new byte[megabytes * 1_000_000];
            new Random(1).NextBytes(content);
            foreach (var uri in objects)
                await stores.Get(uri).PutAsync(uri, content, PutOptions.Overwrite, cancellationToken);
            var results = new List<Result>();
            foreach (var uri in objects)
            {
                foreach (var count in workers)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var result = await MeasureAsync(uri, content.Length, count, server);
                    results.Add(result);
                    Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Store,-5} {count,2} workers: {result.Together.Median:F0} MB/s together"));
                }
            }

            await WriteAsync(results, cancellationToken);
        }
        finally
        {
            await stores.Get(bucket).DeleteAsync([objects[0]], CancellationToken.None);
            folder.Delete(recursive: true);
        }
    }

    private async Task<Result> MeasureAsync(ObjectUri uri, long size, int count, S3Server server)
    {
        await using var executor = new FunctionExecutor(new ProcessBackend(new ProcessBackendOptions
        {
            MaxParallelism = count,
            Environment = server.Environment.ToDictionary(pair => pair.Key, string? (pair) => pair.Value),
        }));
        var parts = Enumerable.Range(0, count).Select(part => new ObjectPart(uri.Value, size * part / count, (size * (part + 1) / count) - (size * part / count))).ToArray();
        var (together, each) = (new List<double>(), new List<double>());
        for (var round = 0; round <= rounds; round++)
        {
            var times = await executor.MapAsync(MeasuredTasks.ReadAsync, parts);
            if (times.Sum(time => time.Bytes) != size)
                throw new InvalidOperationException($"{times.Sum(time => time.Bytes)} of {size} bytes of {uri} were read");

            // In the first round the workers start.
            if (round == 0)
                continue;
            together.Add(size / 1e6 / Stopwatch.GetElapsedTime(times.Min(time => time.Begun), times.Max(time => time.Ended)).TotalSeconds);
            each.AddRange(times.Select(time => time.Bytes / 1e6 / Stopwatch.GetElapsedTime(time.Begun, time.Ended).TotalSeconds));
        }

        return new Result(uri.Scheme == "file" ? "files" : "S3", count, Statistics.Of(together), Statistics.Of(each));
    }

    private async Task WriteAsync(List<Result> results, CancellationToken cancellationToken)
    {
        var body = new StringBuilder();
        body.AppendLine(CultureInfo.InvariantCulture, $"Measured {DateTime.UtcNow:yyyy-MM-dd} on {Machine.Describe()}, .NET {Environment.Version}; an object of {megabytes} MB; MB/s, medians of {rounds} rounds after one that does not count. Together: all bytes over the time from the first task's beginning to the last one's end.");
        body.AppendLine();
        body.AppendLine("![MB/s that worker processes read together](images/bandwidth.svg)");
        body.AppendLine();
        body.AppendLine("| workers | S3, together (min to max) | S3, each | files, together (min to max) | files, each |");
        body.AppendLine("|---:|---:|---:|---:|---:|");
        foreach (var count in results.GroupBy(result => result.Workers))
        {
            body.AppendLine(CultureInfo.InvariantCulture, $"| {count.Key} | {string.Join(" | ", count.Select(result => string.Create(CultureInfo.InvariantCulture, $"{result.Together.Median:N0} ({result.Together.Min:N0} to {result.Together.Max:N0}) | {result.Each.Median:N0}")))} |");
        }

        var lines = results.GroupBy(result => result.Store).Select((store, group) => new ChartLine(store.Key, [.. store.Select(result => ((double)result.Workers, result.Together.Median))], group));
        await DocumentSection.WriteImageAsync(docs, "bandwidth.svg", LineChart.Render("One object, read by several workers at once", "MB/s together, more is better", "worker processes", [.. lines], isLogarithmic: true), cancellationToken);
        await DocumentSection.OfBenchmarks(docs, "bandwidth").ReplaceAsync(body.ToString(), cancellationToken);
    }
}
