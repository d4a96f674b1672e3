using System.Diagnostics;
using System.Formats.Tar;
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
    public async Task WordCount_counts_words()
    {
        var path = Path.Combine(_folder, "text.txt");
        await File.WriteAllTextAsync(path, string.Concat(Enumerable.Repeat("so many words here\n", 2500)));
        Assert.Equal("10,000 words\n", await RunAsync("WordCount", path));
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

    private async Task<string> WriteReadsAsync(long reads)
    {
        var path = Path.Combine(_folder, "reads.fastq.gz");
        await using var gzip = new System.IO.Compression.GZipStream(File.Create(path), System.IO.Compression.CompressionLevel.Optimal);
        await FastqGenerator.WriteAsync(gzip, new FastqGeneratorOptions { Reads = reads });
        return path;
    }

    private async Task<string> RunAsync(string sample, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, sample + ".dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DATAPLUG_HOME"] = Path.Combine(_folder, "home") },
        })!;
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
        var errors = process.StandardError.ReadToEndAsync(timeout.Token);
        await process.WaitForExitAsync(timeout.Token);
        Assert.Equal((0, ""), (process.ExitCode, await errors));
        return await output;
    }
}
