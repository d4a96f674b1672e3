using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Dataplug.Compare;

/// <summary>
/// Index build with line counts, by kind of data and number of cores, beside what others need for an index, for decompression alone,
/// and for decompression with a line count.
/// </summary>
/// <param name="large">Only what the goals are stated against, on one core: for objects so large that start-up does not count.</param>
internal sealed class EngineSuite(DirectoryInfo work, DirectoryInfo docs, string dataplug, int rounds, bool large = false)
{
    // What this project holds itself to; the tables say whether it is reached.
    private const double IndexGoal = 2.8;
    private const double DecodeGoal = 0.85;
    private const double CoresGoal = 1.6;
    private const double IndexSizeGoal = 0.1;

    private readonly string[] _coreSets = large ? ["0"] : ["0", "0,1"];

    /// <summary>What is measured of one kind of data.</summary>
    private sealed record Result(DataKind Kind, long Compressed, long Plain, IReadOnlyList<Row> Rows)
    {
        public Row? Of(string tool, int cores) => Rows.FirstOrDefault(row => row.Contender.Name == tool && row.Contender.Cores == cores);
    }

    public async Task RunAsync(int megabytes, CancellationToken cancellationToken)
    {
        Environment.SetEnvironmentVariable("DATAPLUG_HOME", Path.Combine(work.FullName, "home"));
        var results = new List<Result>();
        foreach (var kind in (DataKind[])[DataKind.Fastq(1), DataKind.Fastq(6), DataKind.Fastq(9), DataKind.Vcf, DataKind.Base64])
            results.Add(await MeasureAsync(kind, megabytes, cancellationToken));

        var body = new StringBuilder();
        if (large)
        {
            body.AppendLine(CultureInfo.InvariantCulture, $"Measured {DateTime.UtcNow:yyyy-MM-dd} on {Machine.Describe()}; about {megabytes} MB of each kind of data, `gzip`, a single member, in the page cache; every process pinned to one core; medians of {rounds} rounds in which all tools take turns, after one that does not count. {await VersionsAsync()}");
            body.AppendLine();
            Goals(body, results);
            foreach (var result in results)
                Table(body, result);
            await new DocumentSection(Path.Combine(docs.FullName, "benchmarks.md"), "engine-large").ReplaceAsync(body.ToString(), cancellationToken);
            return;
        }
        body.AppendLine(CultureInfo.InvariantCulture, $"Measured {DateTime.UtcNow:yyyy-MM-dd} on {Machine.Describe()}; about {megabytes} MB of each kind of data, `gzip`, a single member, in the page cache; medians of {rounds} rounds in which all tools and core counts take turns, after one that does not count. One core: every process pinned to one; two: to both. \"× ours\" is the tool's wall time over that of `{OurName}` on as many cores, the median of the rounds' ratios.");
        body.AppendLine();
        body.AppendLine(CultureInfo.InvariantCulture, $"Versions: {await VersionsAsync()}");
        body.AppendLine();
        foreach (var cores in _coreSets.Select(set => set.Split(',').Length))
        {
            var image = $"engine-{cores}-core{(cores == 1 ? "" : "s")}.svg";
            await ChartAsync(image, cores, results, cancellationToken);
            body.AppendLine(CultureInfo.InvariantCulture, $"![Decompressed MB/s by tool and kind of data on {cores} core{(cores == 1 ? "" : "s")}](images/{image})");
            body.AppendLine();
        }
        Goals(body, results);
        foreach (var result in results)
            Table(body, result);
        await new DocumentSection(Path.Combine(docs.FullName, "benchmarks.md"), "engine").ReplaceAsync(body.ToString(), cancellationToken);
    }

    private const string OurName = "dataplug (gzip-text)";
    private const string OurFastqName = "dataplug (fastq-gzip)";

    private async Task<Result> MeasureAsync(DataKind kind, int megabytes, CancellationToken cancellationToken)
    {
        var file = await SyntheticData.EnsureAsync(work, kind, megabytes, cancellationToken);
        var contenders = new List<Contender>();
        var reports = new List<(int Contender, string Path)>();
        foreach (var set in _coreSets)
        {
            var cores = set.Split(',').Length;
            Ours(OurName, "gzip-text", "index, line counts, CRC");
            if (kind.Extension == "fastq")
                Ours(OurFastqName, "fastq-gzip", "index, line counts, CRC, FASTQ validation and statistics");
            contenders.Add(new("gztool -i -x", "index, line counts", $"gztool -i -x -f -v 0 -I '{file}.gzi' '{file}' > /dev/null", file + ".gzi", set));
            if (!large)
                contenders.Add(new("indexed_gzip", "index", $"/usr/bin/python3 -c \"import indexed_gzip as g; f = g.IndexedGzipFile('{file}'); f.build_full_index(); f.export_index('{file}.gzidx')\"", file + ".gzidx", set));
            if (!large && Machine.Has("rapidgzip"))
            {
                contenders.Add(new("rapidgzip index", "index, line counts", $"rapidgzip -q -P {cores} --count-lines --index-format gztool-with-lines --export-index '{file}.rgzi' '{file}' > /dev/null", file + ".rgzi", set));
                contenders.Add(new("rapidgzip -dc", "decompression alone", $"rapidgzip -q -P {cores} -dc '{file}' > /dev/null", Processors: set));
            }
            contenders.Add(new("igzip -dc", "decompression alone", $"igzip -dc '{file}' > /dev/null", Processors: set));
            if (large)
                continue;
            contenders.Add(new("pigz -dc", "decompression alone, helper threads", $"pigz -dc '{file}' > /dev/null", Processors: set));
            contenders.Add(new("GZipStream", "decompression, line count (.NET)", $"{Machine.Self} gzipstream '{file}' > /dev/null", Processors: set));

            void Ours(string name, string format, string does)
            {
                var report = Path.Combine(work.FullName, $"report-{format}-{cores}.json");
                reports.Add((contenders.Count, report));
                contenders.Add(new(name, does, $"{dataplug} preprocess '{file}' --format {format} --force --workers {cores} --json > '{report}'", Processors: set));
            }
        }

        var rows = (await new Comparison(kind.Name, contenders, _coreSets[0]).RunAsync(rounds)).ToArray();
        foreach (var (contender, path) in reports)
        {
            using var report = JsonDocument.Parse(await File.ReadAllTextAsync(path, cancellationToken));
            rows[contender] = rows[contender] with { IndexBytes = report.RootElement.GetProperty("sidecarSize").GetInt64() };
        }
        await CheckLinesAsync(file);
        var plain = long.Parse(await Machine.OutputAsync($"igzip -dc '{file}' | wc -c"), CultureInfo.InvariantCulture);
        return new Result(kind, new FileInfo(file).Length, plain, rows);
    }

    /// <summary>A fast index that counts wrongly would be none.</summary>
    private async Task CheckLinesAsync(string file)
    {
        await Machine.OutputAsync($"{dataplug} preprocess '{file}' --format gzip-text --force --json");
        using var inspected = JsonDocument.Parse(await Machine.OutputAsync($"{dataplug} inspect '{file}' --format gzip-text --json"));
        var ours = inspected.RootElement.GetProperty("attributes").GetProperty("lines").GetInt64();
        var lines = long.Parse(await Machine.OutputAsync($"igzip -dc '{file}' | wc -l"), CultureInfo.InvariantCulture);
        if (ours != lines)
            throw new InvalidOperationException($"dataplug counts {ours} lines of '{file}', wc {lines}");
    }

    private static async Task<string> VersionsAsync()
    {
        var versions = $".NET {Environment.Version}, gztool {await Machine.PackageVersionAsync("gztool")}, indexed_gzip {await Machine.PackageVersionAsync("python3-indexed-gzip")}, igzip (ISA-L) {await Machine.PackageVersionAsync("isal")}, pigz {await Machine.PackageVersionAsync("pigz")}";
        return Machine.Has("rapidgzip")
            ? $"{versions}, rapidgzip {(await Machine.OutputAsync("rapidgzip --version | head -n 1")).Split(' ')[^1]}."
            : versions + ". rapidgzip is measured where it is installed; here it is not.";
    }

    private void Goals(StringBuilder body, List<Result> results)
    {
        body.AppendLine(CultureInfo.InvariantCulture, $"| | × gztool -i -x (goal {IndexGoal}) | × igzip -dc's speed (goal {DecodeGoal}) |{(large ? "" : $" 2 cores over 1 (goal {CoresGoal}) |")} index, % of the object (goal {IndexSizeGoal} on FASTQ) |");
        body.AppendLine($"|---|---:|---:|{(large ? "" : "---:|")}---:|");
        foreach (var result in results)
        {
            var ours = result.Of(OurName, 1)!;
            var index = result.Of("gztool -i -x", 1)!.TimesOf(ours);
            var decode = result.Of("igzip -dc", 1)!.TimesOf(ours);
            var cores = result.Of(OurName, 2) is { } both ? $" {Goal(ours.TimesOf(both), "F2", ours.TimesOf(both) >= CoresGoal)} |" : "";
            var size = 100.0 * ours.IndexBytes!.Value / result.Compressed;
            var isFastq = result.Kind.Extension == "fastq";
            body.AppendLine(CultureInfo.InvariantCulture, $"| {result.Kind.Name} | {Goal(index, "F2", index >= IndexGoal)} | {Goal(decode, "F2", decode >= DecodeGoal)} |{cores} {(isFastq ? Goal(size, "F3", size <= IndexSizeGoal) : size.ToString("F3", CultureInfo.InvariantCulture))} |");
        }
        body.AppendLine();
        body.AppendLine("Bold: the goal is reached.");

        static string Goal(double value, string format, bool isReached) => (isReached ? "**" : "") + value.ToString(format, CultureInfo.InvariantCulture) + (isReached ? "**" : "");
    }

    private static void Table(StringBuilder body, Result result)
    {
        body.AppendLine();
        body.AppendLine(CultureInfo.InvariantCulture, $"**{result.Kind.Name}**: {result.Compressed / 1e6:F0} MB, {result.Plain / 1e6:F0} MB decompressed");
        body.AppendLine();
        body.AppendLine("| | does | cores | wall s | CPU s | MB/s compressed | MB/s decompressed | × ours | peak MiB | index, % of the object |");
        body.AppendLine("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var row in result.Rows)
        {
            var (tool, median) = (row.Contender, row.Median);
            var index = row.IndexBytes is { } bytes ? (100.0 * bytes / result.Compressed).ToString("F3", CultureInfo.InvariantCulture) : "–";
            body.AppendLine(CultureInfo.InvariantCulture, $"| {tool.Name} | {tool.Does} | {tool.Cores} | {median.WallSeconds:F3} | {median.CpuSeconds:F3} | {result.Compressed / 1e6 / median.WallSeconds:F0} | {result.Plain / 1e6 / median.WallSeconds:F0} | {row.TimesOf(result.Of(OurName, tool.Cores)!):F2} | {median.PeakMebibytes:F0} | {index} |");
        }
    }

    private async Task ChartAsync(string name, int cores, List<Result> results, CancellationToken cancellationToken)
    {
        var tools = results.SelectMany(result => result.Rows).Where(row => row.Contender.Cores == cores).Select(row => row.Contender).DistinctBy(tool => tool.Name)
            .OrderBy(tool => tool.Name == OurName ? 0 : tool.Name == OurFastqName ? 1 : tool.Does.StartsWith("index", StringComparison.Ordinal) ? 2 : 3).ToArray();
        var chart = GroupedBarChart.Render(
            $"gzip on {cores} core{(cores == 1 ? "" : "s")}: indexing beside other indexers and bare decompression",
            "MB/s of decompressed data, more is better",
            [.. tools.Select(tool => ($"{tool.Name}{(tool.Does.StartsWith("index", StringComparison.Ordinal) ? ": index" + (tool.Does.Contains("line", StringComparison.Ordinal) ? " with lines" : "") : "")}".Replace(" index: index", ": index", StringComparison.Ordinal), tool.Name is OurName or OurFastqName))],
            [.. results.Select(result => (result.Kind.Name, (IReadOnlyList<double?>)[.. tools.Select(tool => result.Of(tool.Name, cores) is { } row ? (double?)(result.Plain / 1e6 / row.Median.WallSeconds) : null)]))]);
        var folder = Directory.CreateDirectory(Path.Combine(docs.FullName, "images"));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, name), chart, cancellationToken);
    }
}
