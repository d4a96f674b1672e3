using System.CommandLine;
using System.Globalization;
using System.Text;
using Dataplug.Simulate;

// How indexing one gzip member scales over functions: costs are measured on this machine, chunk by chunk; the cluster is simulated.
var file = new Option<FileInfo>("--file") { Description = "A FASTQ.gz to measure on, a single member of some hundred megabytes; bench/compare makes one.", DefaultValueFactory = _ => new FileInfo("artifacts/compare/reads-350MB.fastq.gz") };
var gigabytes = new Option<double>("--gigabytes") { Description = "Size of the simulated object.", DefaultValueFactory = _ => 100 };
var workers = new Option<int[]>("--workers") { Description = "Functions at once.", DefaultValueFactory = _ => [1, 10, 100, 1000], AllowMultipleArgumentsPerToken = true };
var docs = new Option<DirectoryInfo>("--docs") { Description = "Folder whose benchmarks.md and chart are written.", DefaultValueFactory = _ => new DirectoryInfo("docs") };
var command = new RootCommand("Simulates the indexing of a large gzip object by 1 to 1000 functions, from costs measured here.") { file, gigabytes, workers, docs };
command.SetAction(async (parsed, cancellationToken) =>
{
    var path = parsed.GetRequiredValue(file).FullName;
    if (!File.Exists(path))
    {
        Console.Error.WriteLine($"{path} is missing; make it with 'dotnet run -c Release --project bench/compare', or give another with --file");
        return 1;
    }

    var objectBytes = (long)(parsed.GetRequiredValue(gigabytes) * 1e9);
    var costs = await ChunkCosts.MeasureAsync(path, cancellationToken);
    var runs = parsed.GetRequiredValue(workers).Select(count => new ClusterSimulation(new Cluster(count), costs, objectBytes).Run()).ToArray();
    var stream = costs.StreamSecondsPerByte * objectBytes;
    var body = Write(costs, new Cluster(1), runs, objectBytes, stream, Path.GetFileName(path));
    Console.WriteLine(body);
    await SaveAsync(parsed.GetRequiredValue(docs), body, ScalingChart.Render(string.Create(CultureInfo.InvariantCulture, $"Indexing a {objectBytes / 1e9:G} GB FASTQ.gz (simulated)"), stream, runs), cancellationToken);
    return 0;
});
return await command.Parse(args).InvokeAsync();

static string Write(ChunkCosts costs, Cluster cluster, IReadOnlyList<SimulatedRun> runs, long objectBytes, double stream, string measured)
{
    var text = new StringBuilder();
    text.AppendLine(CultureInfo.InvariantCulture, $"Measured {DateTime.UtcNow:yyyy-MM-dd} on one core, on {measured}, in chunks of {costs.ChunkBytes / 1048576.0:F0} MiB (medians; files in the page cache):");
    text.AppendLine();
    text.AppendLine("| a chunk | CPU s | bytes read | bytes out |");
    text.AppendLine("|---|---:|---:|---:|");
    text.AppendLine(CultureInfo.InvariantCulture, $"| first pass (scout) | {Median(costs.Scouts):F3} | {costs.ScoutReadBytes / 1e6:F1} MB | {costs.ScoutReportBytes / 1e3:F1} kB |");
    text.AppendLine(CultureInfo.InvariantCulture, $"| between the passes, on the client | {costs.ResolveSeconds:F4} | | {costs.StartBytes / 1e3:F1} kB |");
    text.AppendLine(CultureInfo.InvariantCulture, $"| second pass | {Median(costs.Maps):F3} | {costs.MapReadBytes / 1e6:F1} MB | {costs.PartialBytes / 1e3:F1} kB |");
    text.AppendLine(CultureInfo.InvariantCulture, $"| merge, on the client | {costs.MergeSeconds:F4} | | |");
    text.AppendLine(CultureInfo.InvariantCulture, $"| for comparison: one stream over as many bytes | {costs.StreamSecondsPerByte * costs.ChunkBytes:F3} | {costs.ChunkBytes / 1e6:F1} MB | |");
    text.AppendLine();
    text.AppendLine(CultureInfo.InvariantCulture, $"Simulated for an object of {objectBytes / 1e9:G} GB: functions with {cluster.MemoryGigabytes:G} GB of memory that start in {cluster.StartSeconds:G} s, {cluster.CallsPerSecond:G} of them a second, read {cluster.BytesPerSecond / 1e6:G} MB/s each and wait {cluster.RequestSeconds * 1000:G} ms for a first byte; a client with {cluster.ClientBytesPerSecond / 1e6:G} MB/s. These are assumptions; change them in `Cluster.cs`.");
    text.AppendLine();
    text.AppendLine("| functions | time s | first pass | between | second pass | merge | speed-up over one stream | efficiency | read | GB-seconds |");
    text.AppendLine("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    foreach (var run in runs)
    {
        text.AppendLine(CultureInfo.InvariantCulture, $"| {run.Workers} | {run.Seconds:F1} | {run.ScoutSeconds:F1} | {run.ResolveSeconds:F1} | {run.MapSeconds:F1} | {run.MergeSeconds:F1} | {stream / run.Seconds:F1} × | {100 * runs[0].Seconds * runs[0].Workers / (run.Seconds * run.Workers):F0} % | {run.BytesRead / 1e9:F1} GB | {run.GigabyteSeconds:F0} |");
    }

    text.AppendLine();
    text.AppendLine(CultureInfo.InvariantCulture, $"One stream on one core that reads as fast as it decodes takes {stream:F0} s. Efficiency is against one function.");
    return text.ToString();
}

static double Median(IReadOnlyList<double> numbers)
{
    var sorted = numbers.Order().ToArray();
    return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
}

static async Task SaveAsync(DirectoryInfo docs, string body, string chart, CancellationToken cancellationToken)
{
    const string begin = "<!-- simulate:begin -->", end = "<!-- simulate:end -->";
    await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(Path.Combine(docs.FullName, "images")).FullName, "distributed-index.svg"), chart, cancellationToken);
    var path = Path.Combine(docs.FullName, "benchmarks.md");
    var text = await File.ReadAllTextAsync(path, cancellationToken);
    var from = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
    var to = text.IndexOf(end, StringComparison.Ordinal);
    if (from < begin.Length || to < from)
        throw new InvalidOperationException($"{path} has no '{begin}' … '{end}'");
    await File.WriteAllTextAsync(path, text[..from] + "\n" + body + text[to..], cancellationToken);
}
