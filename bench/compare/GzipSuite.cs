using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Dataplug.Compare;

/// <summary>Indexing and slicing of FASTQ.gz: dataplug against gztool, indexed_gzip, igzip and GZipStream.</summary>
internal sealed class GzipSuite(DirectoryInfo work, DirectoryInfo docs, string dataplug, string processor, int rounds)
{
    private const int Slices = 200;
    private const int Slice = 117;

    public async Task RunAsync(IReadOnlyList<int> megabytes, CancellationToken cancellationToken)
    {
        var home = Path.Combine(work.FullName, "home");
        var body = new StringBuilder();
        body.AppendLine(CultureInfo.InvariantCulture, $"Measured {DateTime.UtcNow:yyyy-MM-dd} on {Machine.Describe()}, every process pinned to one core; medians of {rounds} rounds in which the contenders take turns, after one round that does not count; files in the page cache. \"× ours\" is the median of the rounds' ratios of wall time.");
        body.AppendLine();
        body.AppendLine(CultureInfo.InvariantCulture, $"Versions: {await VersionsAsync()}");
        foreach (var size in megabytes)
        {
            var file = await SyntheticData.EnsureAsync(work, DataKind.Fastq(6), size, cancellationToken);
            var compressed = new FileInfo(file).Length;

            Environment.SetEnvironmentVariable("DATAPLUG_HOME", home);
            var build = new Comparison($"{size} MB FASTQ.gz: index", [
                new("dataplug preprocess", "index, line counts, FASTQ validation and statistics, CRC", $"{dataplug} preprocess '{file}' --force --workers 1 --json > {work.FullName}/report.json"),
                new("gztool -i -x", "index, line counts", $"gztool -i -x -f -v 0 -I '{file}.gzi' '{file}' > /dev/null", file + ".gzi"),
                new("indexed_gzip", "index, no line counts", $"/usr/bin/python3 -c \"import indexed_gzip as g; f = g.IndexedGzipFile('{file}'); f.build_full_index(); f.export_index('{file}.gzidx')\"", file + ".gzidx"),
                new("igzip -dc", "decompression alone", $"igzip -dc '{file}' > /dev/null"),
                new("GZipStream", "decompression, line count (.NET)", $"{Machine.Self} gzipstream '{file}' > /dev/null"),
            ], processor);
            var rows = await build.RunAsync(rounds);
            using var report = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(work.FullName, "report.json"), cancellationToken));
            var sidecarBytes = report.RootElement.GetProperty("sidecarSize").GetInt64();
            rows = [rows[0] with { IndexBytes = sidecarBytes }, .. rows.Skip(1)];
            Write(body, build.Title, rows, compressed);
            await ChartAsync($"index-{size}MB.svg", $"Index a {size} MB FASTQ.gz, one core", rows, cancellationToken);

            // The same reads for everybody: slice 117 of 200, by lines.
            var plan = Path.Combine(work.FullName, $"plan-{size}MB.jsonl");
            await Measurement.RunAsync($"{dataplug} partition '{file}' --strategy batches --param count={Slices} --out '{plan}'", processor);
            var lines = await CountLinesAsync($"{dataplug} get '{plan}' --slice {Slice}");
            var before = 0L;
            for (var i = 0; i < Slice; i++)
                before += ReadLines(plan, i);
            var slicing = new Comparison($"{size} MB FASTQ.gz: slice {Slice} of {Slices}", [
                new("dataplug get", "a process that reads one slice", $"{dataplug} get '{plan}' --slice {Slice} > /dev/null"),
                new("gztool -L", "a process that reads the same lines", $"gztool -v 0 -I '{file}.gzi' -L {before + 1} -R {lines} '{file}' > /dev/null"),
            ], processor);
            var same = await CountLinesAsync($"gztool -v 0 -I '{file}.gzi' -L {before + 1} -R {lines} '{file}'");
            if (same != lines)
                throw new InvalidOperationException($"gztool gave {same} lines where dataplug gave {lines}");
            rows = await slicing.RunAsync(Math.Max(rounds, 7));
            Write(body, slicing.Title, rows, null);
        }

        await new DocumentSection(Path.Combine(docs.FullName, "benchmarks.md"), "compare").ReplaceAsync(body.ToString(), cancellationToken);
    }

    private static long ReadLines(string plan, int slice)
    {
        using var json = JsonDocument.Parse(File.ReadLines(plan).ElementAt(slice));
        return json.RootElement.GetProperty("slice").GetProperty("lines").GetProperty("lineCount").GetInt64();
    }

    private static async Task<long> CountLinesAsync(string command) => long.Parse(await Machine.OutputAsync($"{command} | wc -l"), CultureInfo.InvariantCulture);

    private static async Task<string> VersionsAsync()
    {
        var gztool = await Machine.PackageVersionAsync("gztool");
        var indexedGzip = await Machine.PackageVersionAsync("python3-indexed-gzip");
        var isal = await Machine.PackageVersionAsync("isal");
        return $".NET {Environment.Version}, gztool {gztool}, indexed_gzip {indexedGzip}, igzip (ISA-L) {isal}.";
    }

    private static void Write(StringBuilder body, string title, IReadOnlyList<Row> rows, long? compressed)
    {
        body.AppendLine();
        body.AppendLine(CultureInfo.InvariantCulture, $"**{title}**");
        body.AppendLine();
        body.AppendLine(compressed is null ? "| | does | wall s | CPU s | × ours | peak MiB |" : "| | does | wall s | CPU s | MB/s | × ours | peak MiB | index, % of the object |");
        body.AppendLine(compressed is null ? "|---|---|---:|---:|---:|---:|" : "|---|---|---:|---:|---:|---:|---:|---:|");
        foreach (var row in rows)
        {
            var (contender, median, ratio, index) = (row.Contender, row.Median, row.TimesOf(rows[0]), row.IndexBytes);
            body.Append(CultureInfo.InvariantCulture, $"| {contender.Name} | {contender.Does} | {median.WallSeconds:F3} | {median.CpuSeconds:F3} | ");
            if (compressed is { } bytes)
                body.Append(CultureInfo.InvariantCulture, $"{bytes / 1e6 / median.WallSeconds:F0} | ");
            body.Append(CultureInfo.InvariantCulture, $"{ratio:F2} | {median.PeakMebibytes:F0} |");
            if (compressed is { } total)
                body.Append(index is { } size ? string.Create(CultureInfo.InvariantCulture, $" {100.0 * size / total:F3} |") : " – |");
            body.AppendLine();
        }
    }

    private async Task ChartAsync(string name, string title, IReadOnlyList<Row> rows, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(Path.Combine(docs.FullName, "images"));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, name), BarChart.Render(title, "s", rows.Select(row => (row.Contender.Name, row.Median.WallSeconds)).ToArray()), cancellationToken);
    }
}
