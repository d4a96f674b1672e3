using System.Diagnostics;
using System.Globalization;
using System.Text;
using Dataplug.Bench.Tasks;

namespace Dataplug.Bench.Executors;

/// <summary>
/// What it costs to have a task done that does nothing: the time of a map over many of them, divided by their number, on each backend,
/// and how long the first task waits for its worker and the code.
/// </summary>
internal sealed class DispatchSuite(DirectoryInfo docs, int tasks, int workers)
{
    private const int Rounds = 7;
    private const int RoundsOfProcesses = 3;
    private const int TasksOfProcesses = 16;

    private sealed record Result(string Backend, int Tasks, double First, Statistics PerTask);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var results = new List<Result>();
        foreach (var backend in MeasuredBackend.Available)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var result = await MeasureAsync(backend);
            results.Add(result);
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{backend.Name,-10} {result.Tasks} tasks: first task {result.First,7:F1} ms   then {result.PerTask.Median:F3} ms a task (median; {result.PerTask.Min:F3} to {result.PerTask.Max:F3})"));
        }

        var body = new StringBuilder();
        body.AppendLine(CultureInfo.InvariantCulture, $"Measured {DateTime.UtcNow:yyyy-MM-dd} on {Machine.Describe()}, .NET {Environment.Version}; {workers} workers; medians of {Rounds} rounds (slurm {RoundsOfProcesses}) after one that does not count.");
        body.AppendLine();
        body.AppendLine("![Milliseconds a task that does nothing](images/dispatch.svg)");
        body.AppendLine();
        body.AppendLine("| backend | tasks | first task, ms | ms a task | from | to |");
        body.AppendLine("|---|---:|---:|---:|---:|---:|");
        foreach (var (backend, count, first, perTask) in results)
            body.AppendLine(CultureInfo.InvariantCulture, $"| {backend} | {count} | {Statistics.Show(first)} | {Statistics.Show(perTask.Median)} | {Statistics.Show(perTask.Min)} | {Statistics.Show(perTask.Max)} |");
        await DocumentSection.WriteImageAsync(docs, "dispatch.svg", BarChart.Render(string.Create(CultureInfo.InvariantCulture, $"A task that does nothing, {workers} workers"), "ms", [.. results.Select(result => (result.Backend, result.PerTask.Median))], ours: results.Count), cancellationToken);
        await DocumentSection.OfBenchmarks(docs, "dispatch").ReplaceAsync(body.ToString(), cancellationToken);
    }

    private async Task<Result> MeasureAsync(MeasuredBackend backend)
    {
        await using var inUse = await backend.OpenAsync(workers);
        var executor = inUse.Executor;
        var watch = Stopwatch.StartNew();
        await executor.CallAsync(MeasuredTasks.Increment, 1);
        var first = watch.Elapsed.TotalMilliseconds;

        // All workers have started then, and the code is compiled as far as it will be.
        var count = backend.ProcessPerTask ? Math.Min(tasks, TasksOfProcesses) : tasks;
        await executor.MapAsync(MeasuredTasks.Increment, Enumerable.Range(0, count));
        var rounds = new double[backend.ProcessPerTask ? RoundsOfProcesses : Rounds];
        for (var round = 0; round < rounds.Length; round++)
        {
            watch.Restart();
            await executor.MapAsync(MeasuredTasks.Increment, Enumerable.Range(0, count));
            rounds[round] = watch.Elapsed.TotalMilliseconds / count;
        }

        return new Result(backend.Name, count, first, Statistics.Of(rounds));
    }
}
