using System.Diagnostics;
using System.Globalization;
using Dataplug.Lithops;
using Dataplug.Lithops.Backends.Local;
using Dataplug.Lithops.Backends.Processes;

namespace Dataplug.Bench;

/// <summary>
/// <c>dispatch [TASKS [WORKERS]]</c>: what it costs to have a task done that does nothing: the time of a map over many of them, divided by
/// their number, on each backend of this machine, and how long the first task waits for its worker.
/// </summary>
internal static class DispatchMeasurement
{
    private const int Rounds = 7;

    public static async Task RunAsync(IReadOnlyList<string> arguments)
    {
        var tasks = arguments.Count > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 2000;
        var workers = arguments.Count > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : Environment.ProcessorCount;
        Console.WriteLine($"{tasks} tasks, {workers} workers, {Rounds} rounds");
        await MeasureAsync("local", new FunctionExecutor(new LocalBackend(workers)), tasks);
        await MeasureAsync("processes", new FunctionExecutor(new ProcessBackend(new ProcessBackendOptions { MaxParallelism = workers })), tasks);
    }

    private static async Task MeasureAsync(string backend, FunctionExecutor executor, int tasks)
    {
        await using (executor)
        {
            var watch = Stopwatch.StartNew();
            await executor.CallAsync(static x => x + 1, 1);
            var first = watch.Elapsed;

            // All workers have started, and the code is compiled as far as it will be.
            await executor.MapAsync(static x => x + 1, Enumerable.Range(0, tasks));
            var rounds = new double[Rounds];
            for (var round = 0; round < Rounds; round++)
            {
                watch.Restart();
                await executor.MapAsync(static x => x + 1, Enumerable.Range(0, tasks));
                rounds[round] = watch.Elapsed.TotalMilliseconds / tasks;
            }

            Array.Sort(rounds);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{backend,-10} first task {first.TotalMilliseconds,7:F1} ms   then {rounds[Rounds / 2]:F3} ms a task (median; {rounds[0]:F3} to {rounds[^1]:F3})"));
        }
    }
}
