using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Dataplug.Conformance.Servers;

namespace Dataplug.Bench.Executors;

/// <summary>The stages of the sample TeraSort on worker processes, shuffled through files, S3 and Redis in turns.</summary>
internal sealed partial class TeraSortSuite(DirectoryInfo docs, DirectoryInfo work, long records, int maps, int reducers, int workers, int rounds)
{
    private static readonly string[] Kinds = ["file", "s3", "redis"];
    private static readonly string[] Names = ["files", "S3", "Redis"];
    private static readonly string[] Stages = ["generate", "sample", "map", "reduce", "validate"];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var program = new DirectoryInfo(Path.Combine(work.FullName, "terasort"));
        await Machine.PublishAsync("samples/TeraSort", program, [], cancellationToken);
        var folder = Directory.CreateTempSubdirectory("dataplug-bench-");
        try
        {
            var times = Kinds.ToDictionary(kind => kind, _ => Stages.ToDictionary(stage => stage, _ => new List<double>()));
            for (var round = 0; round <= rounds; round++)
            {
                foreach (var kind in Kinds)
                {
                    var place = await ConfiguredStorage.CreateAsync(kind, folder.FullName);
                    var stages = await RunOnceAsync(Path.Combine(program.FullName, "TeraSort.dll"), place, folder.FullName, cancellationToken);
                    Console.Error.WriteLine($"round {round}/{rounds}: {kind,-5} {string.Join("  ", Stages.Select(stage => string.Create(CultureInfo.InvariantCulture, $"{stage} {stages[stage]:F2} s")))}");
                    foreach (var stage in round == 0 ? [] : Stages)
                        times[kind][stage].Add(stages[stage]);
                }
            }

            await WriteAsync(times, cancellationToken);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task<Dictionary<string, double>> RunOnceAsync(string program, ConfiguredStorage place, string folder, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", [program, "--records", Text(records), "--maps", Text(maps), "--reducers", Text(reducers)]) { RedirectStandardOutput = true };
        foreach (var (name, value) in place.Environment)
            start.Environment[name] = value;
        start.Environment["DATAPLUG_BACKEND"] = "processes";
        start.Environment["DATAPLUG_WORKERS"] = Text(workers);
        start.Environment["DATAPLUG_HOME"] = Path.Combine(folder, "home");
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        var stages = StageLine().Matches(output).ToDictionary(line => line.Groups["stage"].Value, line => double.Parse(line.Groups["seconds"].Value, CultureInfo.InvariantCulture));
        return process.ExitCode == 0 && Stages.All(stages.ContainsKey) ? stages : throw new InvalidOperationException($"TeraSort ended with exit code {process.ExitCode}:\n{output}");
    }

    private async Task WriteAsync(Dictionary<string, Dictionary<string, List<double>>> times, CancellationToken cancellationToken)
    {
        var bytes = records * 100.0;
        var body = new StringBuilder();
        body.AppendLine(CultureInfo.InvariantCulture, $"Measured {DateTime.UtcNow:yyyy-MM-dd} on {Machine.Describe()}, .NET {Environment.Version}; {records:N0} records ({bytes / 1e6:N0} MB), {maps} maps, {reducers} reducers, {workers} worker processes; seconds, medians of {rounds} rounds in which the storages take turns, after one that does not count.");
        body.AppendLine();
        body.AppendLine("![Seconds of each stage of TeraSort by storage](images/terasort.svg)");
        body.AppendLine();
        body.AppendLine("| stage | files, s | MB/s | S3, s | MB/s | Redis, s | MB/s |");
        body.AppendLine("|---|---:|---:|---:|---:|---:|---:|");
        foreach (var stage in Stages)
        {
            var cells = Kinds.Select(kind => Statistics.Of(times[kind][stage]).Median).Select(seconds => $"{Statistics.Show(seconds)} | {(stage == "sample" ? "–" : Statistics.Show(bytes / 1e6 / seconds))}");
            body.AppendLine(CultureInfo.InvariantCulture, $"| {stage} | {string.Join(" | ", cells)} |");
        }

        var sums = Kinds.Select(kind => Statistics.Of(Enumerable.Range(0, rounds).Select(round => Stages.Sum(stage => times[kind][stage][round]))).Median);
        body.AppendLine(CultureInfo.InvariantCulture, $"| all | {string.Join(" | ", sums.Select(seconds => Statistics.Show(seconds) + " | –"))} |");

        var chart = GroupedBarChart.Render(
            string.Create(CultureInfo.InvariantCulture, $"TeraSort of {bytes / 1e6:N0} MB on {workers} worker processes"),
            "s, less is better",
            [.. Names.Select(name => (name, true))],
            [.. Stages.Select(stage => (stage, (IReadOnlyList<double?>)[.. Kinds.Select(kind => (double?)Statistics.Of(times[kind][stage]).Median)]))],
            "0.0#");
        await DocumentSection.WriteImageAsync(docs, "terasort.svg", chart, cancellationToken);
        await DocumentSection.OfBenchmarks(docs, "terasort").ReplaceAsync(body.ToString(), cancellationToken);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(?<stage>[a-z]+) +(?<seconds>[0-9.]+) s", RegexOptions.Multiline)]
    private static partial Regex StageLine();
}
