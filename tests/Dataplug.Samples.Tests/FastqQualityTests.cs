using System.Globalization;
using System.IO.Compression;
using System.Text;
using Dataplug.Formats.Genomics;

namespace Dataplug.Samples.Tests;

/// <summary>FastqQuality, held against the lines of the whole FASTQ.</summary>
public sealed class FastqQualityTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dataplug-quality-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("reads.fastq", "local", false)]
    [InlineData("reads.fastq", "processes", false)]
    [InlineData("reads.fastq.gz", "local", false)]
    [InlineData("reads.fastq.gz", "processes", false)]
    [InlineData("reads.fastq", "local", true)]
    [InlineData("reads.fastq.gz", "local", true)]
    public async Task The_table_is_that_of_all_reads(string name, string backend, bool longReads)
    {
        var reads = await MakeAsync(new FastqGeneratorOptions { Reads = 2003, MinReadLength = 30, MaxReadLength = longReads ? 3000 : 151, LongReads = longReads, Seed = 3 });
        var path = await WriteAsync(name, reads);
        var program = await RunAsync(path, backend, "--slices", "6", "--positions", "100");
        Assert.Equal(Expected(reads, positions: 100), program.Succeeded());
    }

    [Theory]
    [InlineData("\n\n\n\n\n\n\n\n\n")]
    [InlineData("")]
    public async Task What_follows_the_last_read_of_plain_fastq_is_no_read(string end)
    {
        var reads = await MakeAsync(new FastqGeneratorOptions { Reads = 5, MinReadLength = 20, MaxReadLength = 40 });
        var path = await WriteAsync("reads.fastq", reads.TrimEnd('\n') + end);
        Assert.Equal(Expected(reads, positions: 500), (await RunAsync(path, "local")).Succeeded());
    }

    [Fact]
    public async Task A_truncated_plain_fastq_is_no_fastq()
    {
        var reads = await MakeAsync(new FastqGeneratorOptions { Reads = 50 });
        var path = await WriteAsync("reads.fastq", reads[..^200]);
        Assert.Contains("read 50 ", (await RunAsync(path, "local")).Failed(exitCode: 1), StringComparison.Ordinal);
    }

    private static async Task<string> MakeAsync(FastqGeneratorOptions options)
    {
        var plain = new MemoryStream();
        await FastqGenerator.WriteAsync(plain, options);
        return Encoding.ASCII.GetString(plain.ToArray());
    }

    private static string Expected(string reads, int positions)
    {
        var qualities = reads.TrimEnd('\n').Split('\n').Where((_, line) => line % 4 == 3).ToArray();
        var scores = qualities.SelectMany(line => line.Select((quality, position) => (Position: Math.Min(position, positions), Score: quality - 33))).ToArray();
        var table = new StringBuilder();
        table.Append(CultureInfo.InvariantCulture, $"{qualities.Length:N0} reads, {scores.Length:N0} bases, phred+33\n");
        table.Append("position          bases   mean  Q1 median  Q3    ≥Q30\n");
        foreach (var group in scores.GroupBy(score => score.Position, score => score.Score).OrderBy(group => group.Key))
            Append(group.Key == positions ? $"{positions + 1}+" : $"{group.Key + 1}", [.. group]);
        Append("all", [.. scores.Select(score => score.Score)]);
        return table.ToString();

        void Append(string name, int[] row)
        {
            Array.Sort(row);
            int Quantile(int quarters) => row[(((row.Length * quarters) + 3) / 4) - 1];
            table.Append(CultureInfo.InvariantCulture, $"{name,8} {row.Length,14:N0} {row.Average(),6:F2} {Quantile(1),3} {Quantile(2),6} {Quantile(3),3} {100.0 * row.Count(score => score >= 30) / row.Length,6:F1}%\n");
        }
    }

    private async Task<string> WriteAsync(string name, string reads)
    {
        var path = Path.Combine(_folder, name);
        await using Stream file = File.Create(path);
        await using var content = name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionLevel.Optimal) : file;
        await content.WriteAsync(Encoding.ASCII.GetBytes(reads));
        return path;
    }

    private Task<SampleProgram> RunAsync(string path, string backend, params string[] arguments) => SampleProgram.RunAsync(
        "FastqQuality", new Dictionary<string, string> { ["DATAPLUG_HOME"] = Path.Combine(_folder, "home"), ["DATAPLUG_BACKEND"] = backend }, [path, .. arguments]);
}
