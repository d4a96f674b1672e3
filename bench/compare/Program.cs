using System.CommandLine;
using System.Globalization;
using Dataplug.Compare;

// What is measured is whole processes: dataplug against the tools that people use today, on the same files, in one run.
var suites = new Option<string[]>("--suite") { Description = "What to measure: 'engine' (index build by kind of data and cores), 'fastq' (indexing and slicing of larger FASTQ.gz); both by default.", DefaultValueFactory = _ => ["engine", "fastq"], AllowMultipleArgumentsPerToken = true };
suites.AcceptOnlyFromAmong("engine", "fastq");
var engineSize = new Option<int>("--engine-megabytes") { Description = "Size of each file of the engine suite, in MB of compressed data.", DefaultValueFactory = _ => 150 };
var sizes = new Option<int[]>("--megabytes") { Description = "Sizes of the files of the FASTQ suite, in MB of compressed data.", DefaultValueFactory = _ => [350, 1500], AllowMultipleArgumentsPerToken = true };
var rounds = new Option<int>("--rounds") { Description = "Rounds that are counted.", DefaultValueFactory = _ => 3 };
var work = new Option<DirectoryInfo>("--work") { Description = "Folder for data and indexes; kept, so that files are made once.", DefaultValueFactory = _ => new DirectoryInfo("artifacts/compare") };
var docs = new Option<DirectoryInfo>("--docs") { Description = "Folder whose benchmarks.md and charts are written.", DefaultValueFactory = _ => new DirectoryInfo("docs") };
var processor = new Option<int>("--processor") { Description = "The processor that every contender of the FASTQ suite runs on.", DefaultValueFactory = _ => 1 };

var command = new RootCommand("Compares dataplug as whole processes with gztool, indexed_gzip, igzip, pigz, GZipStream, and with rapidgzip where it is installed.") { suites, engineSize, sizes, rounds, work, docs, processor };
command.SetAction(async (parsed, cancellationToken) =>
{
    var chosen = parsed.GetRequiredValue(suites);
    var (folder, document) = (parsed.GetRequiredValue(work), parsed.GetRequiredValue(docs));
    var dataplug = await Machine.PublishDataplugAsync(folder, cancellationToken);
    if (chosen.Contains("engine"))
        await new EngineSuite(folder, document, dataplug, parsed.GetRequiredValue(rounds)).RunAsync(parsed.GetRequiredValue(engineSize), cancellationToken);
    if (chosen.Contains("fastq"))
        await new GzipSuite(folder, document, dataplug, parsed.GetRequiredValue(processor).ToString(CultureInfo.InvariantCulture), parsed.GetRequiredValue(rounds)).RunAsync(parsed.GetRequiredValue(sizes), cancellationToken);
    return 0;
});

// The GZipStream contender is this program itself.
if (args is ["gzipstream", var path])
{
    using var input = new System.IO.Compression.GZipStream(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan), System.IO.Compression.CompressionMode.Decompress);
    var buffer = new byte[1 << 18];
    long lines = 0;
    for (int n; (n = input.Read(buffer)) > 0;)
        lines += buffer.AsSpan(0, n).Count((byte)'\n');
    Console.WriteLine(lines);
    return 0;
}

return await command.Parse(args).InvokeAsync();
