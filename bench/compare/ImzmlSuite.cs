using System.Globalization;
using System.Text;
using System.Text.Json;
using Dataplug.Formats.Imzml;
using Dataplug.Metadata;

namespace Dataplug.Compare;

/// <summary>Indexing imzML beside pyimzML, which parses the document each time it is opened, and beside a bare XmlReader.</summary>
/// <param name="work">Folder for data and indexes.</param>
/// <param name="docs">Folder of benchmarks.md.</param>
/// <param name="dataplug">The tool.</param>
/// <param name="pyimzml">The folder in which pyimzML's package lies; null where it is not measured.</param>
/// <param name="rounds">Rounds that are counted.</param>
internal sealed class ImzmlSuite(DirectoryInfo work, DirectoryInfo docs, string dataplug, DirectoryInfo? pyimzml, int rounds)
{
    private const double Goal = 15;
    private const int LargeSpectra = 500_000;

    private readonly string _home = Path.Combine(work.FullName, "home");

    private sealed record Result(ImzmlDataSet Data, bool IsContinuous, IReadOnlyList<Row> Rows, Warm? Warm);

    /// <summary>Seconds in processes that run already.</summary>
    private sealed record Warm(double OneWorker, double TwoWorkers, double Pyimzml);

    public async Task RunAsync(IReadOnlyList<int> sizes, CancellationToken cancellationToken)
    {
        Environment.SetEnvironmentVariable("DATAPLUG_HOME", _home);
        var data = new ImzmlData(work);
        var (tables, results) = (new StringBuilder(), new List<Result>());
        foreach (var spectra in sizes)
        {
            foreach (var isContinuous in (bool[])[true, false])
            {
                cancellationToken.ThrowIfCancellationRequested();
                results.Add(await MeasureAsync(tables, await data.SparseAsync(spectra, isContinuous), isContinuous));
            }
        }

        var body = new StringBuilder();
        body.AppendLine(CultureInfo.InvariantCulture, $"Measured {DateTime.UtcNow:yyyy-MM-dd} on {Machine.Describe()}; documents in the page cache, the ibd sparse; whole processes, start-up included; medians of {rounds} rounds ({LargeRounds} from {LargeSpectra:N0} spectra on) in which all take turns, after one that does not count. Versions: .NET {Environment.Version}, {await VersionsAsync()}.");
        body.AppendLine();
        Summarise(body, results);
        body.Append(tables);
        await DocumentSection.OfBenchmarks(docs, "imzml").ReplaceAsync(body.ToString(), cancellationToken);
    }

    private int LargeRounds => Math.Min(rounds, 1);

    private async Task<Result> MeasureAsync(StringBuilder tables, ImzmlDataSet data, bool isContinuous)
    {
        var report = Path.Combine(work.FullName, "report-imzml.json");
        var contenders = new List<Contender>
        {
            new("dataplug, 1 worker", "index, all arrays checked against the ibd", $"{dataplug} preprocess '{data.Document}' --format imzml --workers 1 --force --json > '{report}'", Processors: "0"),
            new("dataplug, 2 workers", "index, all arrays checked against the ibd", $"{dataplug} preprocess '{data.Document}' --format imzml --workers 2 --force --json > '{report}'", Processors: "0,1"),
            new("XmlReader", "offsets, lengths, positions (.NET)", $"{Machine.Self} xmlreader '{data.Document}' > '{Answer("xmlreader")}'", Processors: "0"),
        };
        var hasFailed = false;
        if (pyimzml is not null)
        {
            contenders.Add(new("pyimzML, ElementTree", "offsets, lengths, positions", Python("ElementTree", data), Processors: "0"));

            // lxml's memory is damaged when elements are removed while it parses, which pyimzML does; with some documents the process dies of it.
            hasFailed = await HasLxmlAsync() && !await SucceedsAsync(Python("lxml", data));
            if (!hasFailed && await HasLxmlAsync())
                contenders.Add(new("pyimzML, lxml", "offsets, lengths, positions", Python("lxml", data), Processors: "0"));
        }

        var title = string.Create(CultureInfo.InvariantCulture, $"{data.Spectra:N0} spectra, {(isContinuous ? "continuous" : "processed")}");
        var rows = await new Comparison(title, contenders, "0,1").RunAsync(data.Spectra < LargeSpectra ? rounds : LargeRounds);
        await CheckAsync(data, contenders);
        using var answer = JsonDocument.Parse(await File.ReadAllTextAsync(report));
        var index = answer.RootElement.GetProperty("sidecarSize").GetInt64();
        var size = new FileInfo(data.Document).Length;
        tables.AppendLine();
        tables.AppendLine(CultureInfo.InvariantCulture, $"**{title}**: a document of {size / 1e6:F0} MB ({(double)size / data.Spectra:F0} bytes a spectrum), an ibd of {new FileInfo(data.Ibd).Length / 1e9:F1} GB, {data.Points:N0} points; the index has {index / 1e6:F2} MB, {100.0 * index / size:F2} % of the document and {100.0 * index / (size + new FileInfo(data.Ibd).Length):F4} % of the data set");
        tables.AppendLine();
        if (hasFailed)
        {
            tables.AppendLine("pyimzML's process with lxml ends with an error on this document, so that it has no row.");
            tables.AppendLine();
        }

        tables.AppendLine("| | does | cores | wall s | CPU s | MB/s | spectra/s | × 1 worker | × 2 workers | peak MiB |");
        tables.AppendLine("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var row in rows)
            tables.AppendLine(CultureInfo.InvariantCulture, $"| {row.Contender.Name} | {row.Contender.Does} | {row.Contender.Cores} | {row.Median.WallSeconds:F2} | {row.Median.CpuSeconds:F2} | {size / 1e6 / row.Median.WallSeconds:F0} | {data.Spectra / row.Median.WallSeconds:N0} | {row.TimesOf(rows[0]):F2} | {row.TimesOf(rows[1]):F2} | {row.Median.PeakMebibytes:F0} |");
        var warm = pyimzml is null ? null : await MeasureWarmAsync(data);
        if (warm is not null)
        {
            tables.AppendLine();
            tables.AppendLine(CultureInfo.InvariantCulture, $"In processes that run already: dataplug {warm.OneWorker:F3} s with one worker, {warm.TwoWorkers:F3} s with two; pyimzML (ElementTree) {warm.Pyimzml:F2} s, which is {warm.Pyimzml / warm.OneWorker:F1} and {warm.Pyimzml / warm.TwoWorkers:F1} times as long.");
        }

        return new Result(data, isContinuous, rows, warm);
    }

    // Neither a start nor imports count, and for dataplug no compiling either.
    private async Task<Warm> MeasureWarmAsync(ImzmlDataSet data)
    {
        const string Program = "import sys, time; sys.path.insert(0, sys.argv[1]); from pyimzml.ImzMLParser import ImzMLParser; t = time.perf_counter(); ImzMLParser(sys.argv[2], parse_lib=\"ElementTree\"); print(time.perf_counter() - t)";
        var count = data.Spectra < LargeSpectra ? rounds : LargeRounds;
        var (one, two, theirs) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < count; round++)
        {
            one.Add(await SecondsAsync($"taskset -c 0 {Machine.Self} imzml '{data.Document}' 1 '{_home}'"));
            two.Add(await SecondsAsync($"taskset -c 0,1 {Machine.Self} imzml '{data.Document}' 2 '{_home}'"));
            theirs.Add(await SecondsAsync($"taskset -c 0 /usr/bin/python3 -c '{Program}' '{pyimzml!.FullName}' '{data.Document}'"));
        }

        return new Warm(Measurement.Median(one), Measurement.Median(two), Measurement.Median(theirs));

        static async Task<double> SecondsAsync(string command) => double.Parse(await Machine.OutputAsync(command), CultureInfo.InvariantCulture);
    }

    private static void Summarise(StringBuilder body, List<Result> results)
    {
        body.AppendLine(CultureInfo.InvariantCulture, $"| | × pyimzML, ElementTree (goal {Goal:F0}): 1 worker, 2 workers | the same in processes that run already | × pyimzML, lxml: 1 worker, 2 workers | × XmlReader: 1 worker, 2 workers | peak MiB: dataplug (1 worker), XmlReader, pyimzML |");
        body.AppendLine("|---|---:|---:|---:|---:|---:|");
        foreach (var result in results)
        {
            var running = result.Warm is { } warm
                ? string.Join(", ", ((double[])[warm.Pyimzml / warm.OneWorker, warm.Pyimzml / warm.TwoWorkers]).Select(Marked))
                : "–";
            string Times(string name) => result.Rows.FirstOrDefault(row => row.Contender.Name == name) is { } other
                ? string.Join(", ", result.Rows.Take(2).Select(ours => other.TimesOf(ours)).Select(Marked))
                : "–";
            static string Marked(double times) => times.ToString(times >= Goal ? "'**'0.0'**'" : "0.0", CultureInfo.InvariantCulture);
            string Peak(string name) => result.Rows.FirstOrDefault(row => row.Contender.Name == name)?.Median.PeakMebibytes.ToString("F0", CultureInfo.InvariantCulture) ?? "–";
            body.AppendLine(CultureInfo.InvariantCulture, $"| {result.Data.Spectra:N0}, {(result.IsContinuous ? "continuous" : "processed")} | {Times("pyimzML, ElementTree")} | {running} | {Times("pyimzML, lxml")} | {Times("XmlReader")} | {Peak("dataplug, 1 worker")}, {Peak("XmlReader")}, {Peak("pyimzML, ElementTree")} |");
        }

        body.AppendLine();
        body.AppendLine("Bold: the goal is reached.");
    }

    // All must have read the same, or their times mean nothing.
    private async Task CheckAsync(ImzmlDataSet data, List<Contender> contenders)
    {
        var expected = string.Create(CultureInfo.InvariantCulture, $"{data.Spectra} {data.Points} {data.OffsetSum}");
        foreach (var (contender, name) in contenders.Skip(2).Zip((string[])["xmlreader", "ElementTree", "lxml"]))
        {
            var found = (await File.ReadAllTextAsync(Answer(name))).Trim();
            if (found != expected)
                throw new InvalidOperationException($"{contender.Name} read '{found}' of {data.Document}, which has '{expected}'");
        }

        var index = await CloudObject.FromFile(Imzml.Format, data.Document, new CloudObjectOptions { Metadata = new MetadataOptions { Home = _home } }).GetIndexAsync();
        if (index.Spectra != data.Spectra || index.DataSet.Points != data.Points)
            throw new InvalidOperationException($"dataplug read {index.Spectra} spectra with {index.DataSet.Points} points of {data.Document}, which has '{expected}'");
    }

    private string Answer(string name) => Path.Combine(work.FullName, $"answer-{name}.txt");

    private string Python(string library, ImzmlDataSet data)
    {
        const string Program = "import sys; sys.path.insert(0, sys.argv[1]); from pyimzml.ImzMLParser import ImzMLParser; p = ImzMLParser(sys.argv[2], parse_lib=sys.argv[3]); print(len(p.coordinates), sum(p.intensityLengths), sum(p.intensityOffsets))";
        return $"/usr/bin/python3 -c '{Program}' '{pyimzml!.FullName}' '{data.Document}' {library} > '{Answer(library)}'";
    }

    private static async Task<bool> HasLxmlAsync() => await Machine.OutputAsync("/usr/bin/python3 -c 'import lxml' 2> /dev/null && echo yes || echo no") == "yes";

    private static async Task<bool> SucceedsAsync(string command) => await Machine.OutputAsync($"({command}) 2> /dev/null && echo yes || echo no") == "yes";

    private async Task<string> VersionsAsync()
    {
        if (pyimzml is null)
            return "pyimzML not measured: it is in no Debian package, and --pyimzml or DATAPLUG_PYIMZML names no folder with a copy of it";
        var version = await Machine.OutputAsync($"/usr/bin/python3 -c 'import sys; sys.path.insert(0, sys.argv[1]); import pyimzml; print(pyimzml.__version__)' '{pyimzml.FullName}'");
        var lxml = await HasLxmlAsync() ? "lxml " + await Machine.PackageVersionAsync("python3-lxml") : "lxml not measured, which is not installed (python3-lxml)";
        return $"pyimzML {version}, Python {await Machine.PackageVersionAsync("python3")}, NumPy {await Machine.PackageVersionAsync("python3-numpy")}, {lxml}";
    }
}
