using System.Formats.Tar;
using System.Globalization;
using Dataplug.Formats.Genomics;

namespace Dataplug.Samples.Tests;

/// <summary>The samples, run as the processes that they are.</summary>
public sealed class SampleTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dataplug-samples-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task CountReads_counts_reads_and_bases()
    {
        var path = await WriteReadsAsync(1000);
        Assert.Equal("1,000 reads, 150,000 bases\n", await RunAsync("CountReads", path));
    }

    [Fact]
    public async Task OwnStrategy_doubles_its_slices()
    {
        var path = await WriteReadsAsync(3500);
        Assert.Equal("slice   0: reads 0 to 1,000\nslice   1: reads 1,000 to 3,000\nslice   2: reads 3,000 to 3,500\n", await RunAsync("OwnStrategy", path));
    }

    [Fact]
    public async Task CsvReport_counts_values_of_a_column()
    {
        var path = Path.Combine(_folder, "table.csv");
        await File.WriteAllTextAsync(path, "id,city\n" + string.Concat(Enumerable.Range(0, 600).Select(i => $"{i},\"{(i % 3 == 0 ? "Tarragona" : "Reus,\nBaix Camp")}\"\n")));
        Assert.Equal("       400  Reus,\nBaix Camp\n       200  Tarragona\n", await RunAsync("CsvReport", path, "city"));
    }

    [Fact]
    public async Task RandomAccess_reads_from_the_middle()
    {
        var path = Path.Combine(_folder, "log.txt.gz");
        await using (var gzip = new System.IO.Compression.GZipStream(File.Create(path), System.IO.Compression.CompressionLevel.Optimal))
            await gzip.WriteAsync(string.Concat(Enumerable.Range(100_000, 200_000).Select(i => $"line {i}\n")).Select(c => (byte)c).ToArray());
        Assert.Equal("line 150000\nline 150001\n", await RunAsync("RandomAccess", path, "600000", "24"));
    }

    [Fact]
    public async Task PluggedInStore_reads_members_of_an_archive()
    {
        var path = Path.Combine(_folder, "archive.tar");
        await using (var tar = new TarWriter(File.Create(path)))
        {
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "other.bin") { DataStream = new MemoryStream(new byte[1000]) });
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "lines.txt") { DataStream = new MemoryStream([.. Enumerable.Repeat("line\n"u8.ToArray(), 400).SelectMany(line => line)]) });
        }

        Assert.Equal("slice 0: 100 lines\nslice 1: 100 lines\nslice 2: 100 lines\nslice 3: 100 lines\n", await RunAsync("PluggedInStore", path, "lines.txt"));
    }

    [Theory]
    [InlineData("local")]
    [InlineData("processes")]
    public async Task Pi_is_the_same_wherever_it_is_computed(string backend)
    {
        var program = await SampleProgram.RunAsync("Pi", Environment(backend), "--tasks", "4", "--points", "250000");
        Assert.Equal($"1,000,000 points in 4 tasks on {backend}: pi is about 3.14071200, off by 0.00088065\n", program.Succeeded());
    }

    [Fact]
    public async Task Pi_comes_nearer_with_other_points_too()
    {
        var output = await RunAsync("Pi", "--tasks", "3", "--points", "3000000", "--seed", "7");
        var estimate = double.Parse(output.Split("about ")[1].Split(',')[0], CultureInfo.InvariantCulture);
        Assert.InRange(estimate, Math.PI - 0.003, Math.PI + 0.003); // more than five standard deviations
        Assert.NotEqual(3.14071200, estimate);
    }

    [Theory]
    [InlineData(2, "Pi", "--tasks", "0")]
    [InlineData(2, "Pi", "--points", "many")]
    [InlineData(2, "WordCount")]
    [InlineData(2, "WordCount", "text.txt", "--slices", "0")]
    [InlineData(1, "WordCount", "no-such-file.txt")]
    [InlineData(2, "FastqQuality")]
    [InlineData(2, "FastqQuality", "reads.fastq", "--positions", "0")]
    [InlineData(1, "FastqQuality", "no-such-file.fastq")]
    [InlineData(2, "TeraSort", "sideways")]
    [InlineData(2, "TeraSort", "--records", "0")]
    [InlineData(1, "TeraSort", "sort", "--name", "never-generated")]
    public async Task Samples_say_in_one_line_what_is_wrong(int exitCode, string sample, params string[] arguments)
    {
        var line = (await SampleProgram.RunAsync(sample, Environment(), arguments)).Failed(exitCode);
        Assert.StartsWith(sample.ToLowerInvariant() + ": ", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backend_that_there_is_not_is_named()
    {
        var line = (await SampleProgram.RunAsync("Pi", Environment("mainframe"))).Failed(exitCode: 1);
        Assert.Contains("'mainframe'", line, StringComparison.Ordinal);
    }

    private async Task<string> WriteReadsAsync(long reads)
    {
        var path = Path.Combine(_folder, "reads.fastq.gz");
        await using var gzip = new System.IO.Compression.GZipStream(File.Create(path), System.IO.Compression.CompressionLevel.Optimal);
        await FastqGenerator.WriteAsync(gzip, new FastqGeneratorOptions { Reads = reads });
        return path;
    }

    private async Task<string> RunAsync(string sample, params string[] arguments) =>
        (await SampleProgram.RunAsync(sample, Environment(), arguments)).Succeeded();

    private Dictionary<string, string> Environment(string backend = "local") => new() { ["DATAPLUG_HOME"] = Path.Combine(_folder, "home"), ["DATAPLUG_BACKEND"] = backend };
}
