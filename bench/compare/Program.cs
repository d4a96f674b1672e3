using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Dataplug;
using Dataplug.Bench.Tasks;
using Dataplug.Compare;
using Dataplug.Formats.Imzml;
using Dataplug.Metadata;
using Dataplug.Preprocessing;

// What is measured is whole processes: dataplug against the tools that people use today, on the same files, in one run.
var suites = new Option<string[]>("--suite") { Description = "What to measure: 'engine' (index build by kind of data and cores), 'engine-large' (the same on one core and large objects, against what the goals are stated in), 'fastq' (indexing and slicing of larger FASTQ.gz), 'genomics' (indexing FASTA, FASTQ, VCF and BAM, and regions over HTTP), 'genomics-memory' (indexing objects of many gigabytes), 'imzml' (indexing imzML, against pyimzML), 'imzml-ingestion' (slices of imzML in S3, against chunks and downloads), 'geo' (LAS and LAZ against LASzip, windows of GeoTIFF over HTTP against GDAL); all by default.", DefaultValueFactory = _ => ["engine", "engine-large", "fastq", "genomics", "genomics-memory", "imzml", "imzml-ingestion", "geo"], AllowMultipleArgumentsPerToken = true };
suites.AcceptOnlyFromAmong("engine", "engine-large", "fastq", "genomics", "genomics-memory", "imzml", "imzml-ingestion", "geo");
var engineSize = new Option<int>("--engine-megabytes") { Description = "Size of each file of the engine suite, in MB of compressed data.", DefaultValueFactory = _ => 150 };
var largeSize = new Option<int>("--large-megabytes") { Description = "Size of each file of the engine-large suite, in MB of compressed data.", DefaultValueFactory = _ => 1000 };
var sizes = new Option<int[]>("--megabytes") { Description = "Sizes of the files of the FASTQ suite, in MB of compressed data.", DefaultValueFactory = _ => [350, 1500], AllowMultipleArgumentsPerToken = true };
var genomicsSize = new Option<int>("--genomics-megabytes") { Description = "Size of the FASTQ file of the genomics suite, in MB; the genome is nine times as large, the VCF and BAM files a third.", DefaultValueFactory = _ => 300 };
var memorySize = new Option<int>("--gigabytes") { Description = "Size of the largest objects of the genomics-memory suite, in GB.", DefaultValueFactory = _ => 10 };
var spectra = new Option<int[]>("--imzml-spectra") { Description = "Spectra of the documents of the imzml suite, from small to large.", DefaultValueFactory = _ => [100_000, 1_000_000], AllowMultipleArgumentsPerToken = true };
var pyimzml = new Option<DirectoryInfo?>("--pyimzml") { Description = "Folder that holds pyimzML's package 'pyimzml'; without it, and without DATAPLUG_PYIMZML, pyimzML is not measured.", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("DATAPLUG_PYIMZML") is { Length: > 0 } folder ? new DirectoryInfo(folder) : null };
pyimzml.Validators.Add(result =>
{
    if (result.GetValueOrDefault<DirectoryInfo?>() is { } folder && !File.Exists(Path.Combine(folder.FullName, "pyimzml", "ImzMLParser.py")))
        result.AddError($"{folder} has no pyimzml/ImzMLParser.py.");
});
var ibdSize = new Option<int>("--ibd-megabytes") { Description = "Size of the ibd of the imzml-ingestion suite, in MB.", DefaultValueFactory = _ => 500 };
var workers = new Option<int[]>("--workers") { Description = "Numbers of workers of the imzml-ingestion suite, from small to large.", DefaultValueFactory = _ => [1, 2, 4, 8, 16], AllowMultipleArgumentsPerToken = true };
var points = new Option<int>("--million-points") { Description = "Points of the compressed clouds of the geo suite, in millions; the one that is not compressed has three times as many.", DefaultValueFactory = _ => 10 };
var laszip = new Option<DirectoryInfo?>("--laszip") { Description = "Folder of a copy of LASzip's source, which is built with g++; without it, and without DATAPLUG_LASZIP, LASzip is not measured.", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("DATAPLUG_LASZIP") is { Length: > 0 } folder ? new DirectoryInfo(folder) : null };
laszip.Validators.Add(result =>
{
    if (result.GetValueOrDefault<DirectoryInfo?>() is { } folder && !File.Exists(Path.Combine(folder.FullName, "src", "laszip_dll.cpp")))
        result.AddError($"{folder} has no src/laszip_dll.cpp.");
});
var rounds = new Option<int>("--rounds") { Description = "Rounds that are counted.", DefaultValueFactory = _ => 3 };
var work = new Option<DirectoryInfo>("--work") { Description = "Folder for data and indexes; kept, so that files are made once.", DefaultValueFactory = _ => new DirectoryInfo("artifacts/compare") };
var docs = new Option<DirectoryInfo>("--docs") { Description = "Folder whose benchmarks.md and charts are written.", DefaultValueFactory = _ => new DirectoryInfo("docs") };
var processor = new Option<int>("--processor") { Description = "The processor that every contender of the FASTQ suite runs on.", DefaultValueFactory = _ => 1 };

var command = new RootCommand("Compares dataplug as whole processes with gztool, indexed_gzip, igzip, pigz, GZipStream, with rapidgzip where it is installed, with pyimzML and LASzip where copies are named, and with the programs of genomics and of GDAL.") { suites, engineSize, largeSize, sizes, genomicsSize, memorySize, spectra, pyimzml, ibdSize, workers, points, laszip, rounds, work, docs, processor };
command.SetAction(async (parsed, cancellationToken) =>
{
    var chosen = parsed.GetRequiredValue(suites);
    var (folder, document) = (parsed.GetRequiredValue(work), parsed.GetRequiredValue(docs));
    var dataplug = await Machine.PublishDataplugAsync(folder, cancellationToken);
    if (chosen.Contains("engine"))
        await new EngineSuite(folder, document, dataplug, parsed.GetRequiredValue(rounds)).RunAsync(parsed.GetRequiredValue(engineSize), cancellationToken);
    if (chosen.Contains("engine-large"))
        await new EngineSuite(folder, document, dataplug, parsed.GetRequiredValue(rounds), large: true).RunAsync(parsed.GetRequiredValue(largeSize), cancellationToken);
    if (chosen.Contains("fastq"))
        await new GzipSuite(folder, document, dataplug, parsed.GetRequiredValue(processor).ToString(CultureInfo.InvariantCulture), parsed.GetRequiredValue(rounds)).RunAsync(parsed.GetRequiredValue(sizes), cancellationToken);
    if (chosen.Contains("genomics"))
        await new GenomicsSuite(folder, document, dataplug, parsed.GetRequiredValue(rounds)).RunAsync(parsed.GetRequiredValue(genomicsSize), cancellationToken);
    if (chosen.Contains("genomics-memory"))
        await new GenomicsMemory(folder, document, dataplug).RunAsync(parsed.GetRequiredValue(memorySize), cancellationToken);
    if (chosen.Contains("imzml"))
        await new ImzmlSuite(folder, document, dataplug, parsed.GetValue(pyimzml), parsed.GetRequiredValue(rounds)).RunAsync(parsed.GetRequiredValue(spectra), cancellationToken);
    if (chosen.Contains("imzml-ingestion"))
        await new ImzmlIngestion(folder, document, parsed.GetRequiredValue(rounds)).RunAsync(parsed.GetRequiredValue(ibdSize), parsed.GetRequiredValue(workers), cancellationToken);
    if (chosen.Contains("geo"))
        await new GeoSuite(folder, document, dataplug, parsed.GetValue(laszip), parsed.GetRequiredValue(rounds)).RunAsync(parsed.GetRequiredValue(points), cancellationToken);
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

// So is XmlReader.
if (args is ["xmlreader", var document])
{
    using var input = new FileStream(document, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 17, FileOptions.SequentialScan);
    var read = PlainImzml.Read(input);
    Console.WriteLine($"{read.X.Count} {read.Points.Sum(points => (long)points)} {read.IntensityOffsets.Sum()}");
    return 0;
}

// What indexing imzML takes in a process that runs already: the median of three, after as many that do not count.
if (args is ["imzml", var indexed, var workerCount, var home])
{
    var seconds = new List<double>();
    for (var round = -3; round < 3; round++)
    {
        var clock = Stopwatch.StartNew();
        await CloudObject.FromFile(Imzml.Format, indexed, new CloudObjectOptions { Metadata = new MetadataOptions { Home = home } })
            .PreprocessAsync(new PreprocessOptions { Force = true, Workers = int.Parse(workerCount, CultureInfo.InvariantCulture) });
        if (round >= 0)
            seconds.Add(clock.Elapsed.TotalSeconds);
    }

    Console.WriteLine(Measurement.Median(seconds).ToString("R", CultureInfo.InvariantCulture));
    return 0;
}

// And the decoder of LAZ by itself, on one core.
if (args is ["laz", var cloud])
{
    var (count, sum) = await PlainLaz.ReadAsync(cloud);
    Console.WriteLine($"{count} {sum}");
    return 0;
}

return await command.Parse(args).InvokeAsync();
