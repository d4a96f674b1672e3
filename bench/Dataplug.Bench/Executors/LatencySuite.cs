using System.Diagnostics;
using System.Globalization;
using System.Text;
using Dataplug.Bench.Tasks;

namespace Dataplug.Bench.Executors;

/// <summary>How long a task waits for its beginning, and how long it takes to have it done, beside its own time; cold and warm.</summary>
internal sealed class LatencySuite(DirectoryInfo docs, IReadOnlyList<int> workers, int coldRounds, int warmRounds)
{
    /// <summary>So long a task holds its worker that each of those that are submitted together needs one of its own.</summary>
    private const int HoldMilliseconds = 200;

    private sealed record Result(string Backend, int Workers, Samples Cold, Samples Warm);

    private sealed class Samples
    {
        public List<double> Starts { get; } = [];

        public List<double> RoundTrips { get; } = [];
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // What the client itself has to compile is no part of any backend.
        await using (var local = await MeasuredBackend.Available[0].OpenAsync(1))
            await RoundAsync(local, 1, new Samples());

        var results = new List<Result>();
        foreach (var backend in MeasuredBackend.Available)
        {
            foreach (var count in workers)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var result = await MeasureAsync(backend, count);
                results.Add(result);
                Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{backend.Name,-10} {count,2} workers: begin cold {Statistics.Of(result.Cold.Starts).Median:F1} ms, warm {Statistics.Of(result.Warm.Starts).Median:F2} ms, round trip warm {Statistics.Of(result.Warm.RoundTrips).Median:F2} ms"));
            }
        }

        var body = new StringBuilder();
        body.AppendLine(CultureInfo.InvariantCulture, $"Measured {DateTime.UtcNow:yyyy-MM-dd} on {Machine.Describe()}, .NET {Environment.Version}; milliseconds; cold {coldRounds} rounds, warm {warmRounds} (slurm a quarter of these), each with one task a worker that takes {HoldMilliseconds} ms, which are not counted.");
        body.AppendLine();
        body.AppendLine("![Milliseconds from the submission of tasks to their beginning and back](images/latency.svg)");
        body.AppendLine();
        body.AppendLine("| backend | workers | cold, begin: min | median | p95 | cold, there and back: median | warm, begin: min | median | p95 | warm, there and back: min | median | p95 |");
        body.AppendLine("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var (backend, count, cold, warm) in results)
        {
            var (coldStart, warmStart, warmTrip) = (Statistics.Of(cold.Starts), Statistics.Of(warm.Starts), Statistics.Of(warm.RoundTrips));
            double[] numbers = [coldStart.Min, coldStart.Median, coldStart.P95, Statistics.Of(cold.RoundTrips).Median, warmStart.Min, warmStart.Median, warmStart.P95, warmTrip.Min, warmTrip.Median, warmTrip.P95];
            body.AppendLine(CultureInfo.InvariantCulture, $"| {backend} | {count} | {string.Join(" | ", numbers.Select(Statistics.Show))} |");
        }

        var lines = results.GroupBy(result => result.Backend).SelectMany((backend, group) => new[]
        {
            new ChartLine(backend.Key + ", cold, begin", [.. backend.Select(result => ((double)result.Workers, Statistics.Of(result.Cold.Starts).Median))], group, IsDashed: true),
            new ChartLine(backend.Key + ", warm, and back", [.. backend.Select(result => ((double)result.Workers, Statistics.Of(result.Warm.RoundTrips).Median))], group),
        });
        await DocumentSection.WriteImageAsync(docs, "latency.svg", LineChart.Render("From submission to a task's beginning, and back", "ms, medians, less is better", "tasks submitted together, one a worker", [.. lines], isLogarithmic: true), cancellationToken);
        await DocumentSection.OfBenchmarks(docs, "latency").ReplaceAsync(body.ToString(), cancellationToken);
    }

    private async Task<Result> MeasureAsync(MeasuredBackend backend, int count)
    {
        var result = new Result(backend.Name, count, new Samples(), new Samples());
        for (var round = 0; round < coldRounds; round++)
        {
            await using var inUse = await backend.OpenAsync(count);
            await RoundAsync(inUse, count, result.Cold);
            if (round < coldRounds - 1)
                continue;

            // The second round of a worker still compiles some of its own code.
            await RoundAsync(inUse, count, new Samples());
            for (var warm = 0; warm < (backend.ProcessPerTask ? Math.Max(1, warmRounds / 4) : warmRounds); warm++)
                await RoundAsync(inUse, count, result.Warm);
        }

        return result;
    }

    private static async Task RoundAsync(BackendInUse inUse, int count, Samples samples)
    {
        var submitted = Stopwatch.GetTimestamp();
        var futures = inUse.Executor.MapAsync(MeasuredTasks.HoldAsync, Enumerable.Repeat(HoldMilliseconds, count));
        await foreach (var future in futures.AsCompleted())
        {
            var back = Stopwatch.GetElapsedTime(submitted);
            var times = await future;
            samples.Starts.Add(Stopwatch.GetElapsedTime(submitted, times.Begun).TotalMilliseconds);
            samples.RoundTrips.Add((back - Stopwatch.GetElapsedTime(times.Begun, times.Ended)).TotalMilliseconds);
        }
    }
}
