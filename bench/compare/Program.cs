using System.CommandLine;
using Dataplug.Compare;

// What is measured is whole processes: dataplug against the tools that people use today, on the same file, in one run.
var sizes = new Option<int[]>("--megabytes") { Description = "Sizes of the synthetic FASTQ.gz files, in MB of compressed data.", DefaultValueFactory = _ => [350, 1500], AllowMultipleArgumentsPerToken = true };
var rounds = new Option<int>("--rounds") { Description = "Rounds that are counted.", DefaultValueFactory = _ => 3 };
var work = new Option<DirectoryInfo>("--work") { Description = "Folder for data and indexes; kept, so that files are made once.", DefaultValueFactory = _ => new DirectoryInfo("artifacts/compare") };
var docs = new Option<DirectoryInfo>("--docs") { Description = "Folder whose benchmarks.md and charts are written.", DefaultValueFactory = _ => new DirectoryInfo("docs") };
var processor = new Option<int>("--processor") { Description = "The processor that every contender runs on.", DefaultValueFactory = _ => 1 };

var command = new RootCommand("Compares dataplug with gztool, indexed_gzip, igzip and GZipStream as whole processes on one core.") { sizes, rounds, work, docs, processor };
command.SetAction(async (parsed, cancellationToken) =>
{
    var suite = new GzipSuite(parsed.GetRequiredValue(work), parsed.GetRequiredValue(docs), parsed.GetRequiredValue(processor), parsed.GetRequiredValue(rounds));
    await suite.RunAsync(parsed.GetRequiredValue(sizes), cancellationToken);
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
