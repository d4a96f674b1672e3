using System.IO.Compression;
using System.Security.Cryptography;
using FsCheck.Xunit;

namespace Dataplug.Formats.Genomics.Tests;

public sealed class FastqGeneratorTests
{
    [Property(MaxTest = 30)]
    public void Every_choice_of_options_makes_valid_reads_of_the_lengths_asked_for(byte reads, byte shortest, ushort more, bool longReads, ulong seed)
    {
        var options = new FastqGeneratorOptions { Seed = seed, Reads = reads, MinReadLength = 1 + shortest, MaxReadLength = 1 + shortest + (more % 3000), LongReads = longReads, GenomeLength = 1024 };
        var made = PlainFastq.Parse(Generate(options));
        Assert.Equal(reads, made.Count);
        Assert.All(made, read => Assert.InRange(read.Sequence.Length, options.MinReadLength, options.MaxReadLength));
        Assert.All(made, read => Assert.DoesNotContain(read.Sequence, c => !"ACGTN".Contains(c, StringComparison.Ordinal)));
        Assert.Equal(made.Count, made.Select(read => read.Title).Distinct().Count());
    }

    [Fact]
    public void The_same_seed_makes_the_same_bytes_and_another_seed_others()
    {
        // Pinned: benchmarks of different days must be about the same data.
        Assert.Equal("4228a82986e9da1030b1eeedf8c04926ecec780ae15ba960a0a2ebd63dae19bf", Hash(new FastqGeneratorOptions { Reads = 1000 }));
        Assert.Equal("2f95e821f87940a6908fb2f11d75666d51b612b8ac3bae3641eb2485b45f25c0", Hash(new FastqGeneratorOptions { Reads = 20, LongReads = true, MinReadLength = 200, MaxReadLength = 50_000 }));
        Assert.NotEqual(Hash(new FastqGeneratorOptions { Reads = 10 }), Hash(new FastqGeneratorOptions { Reads = 10, Seed = 2 }));
    }

    [Fact]
    public void It_compresses_as_real_runs_do()
    {
        var plain = Generate(new FastqGeneratorOptions { Reads = 20_000 });
        var stored = new MemoryStream();
        using (var gzip = new GZipStream(stored, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(plain);
        Assert.InRange((double)plain.Length / stored.Length, 3.3, 4.7);
    }

    [Theory]
    [InlineData(false, 150, 150)]
    [InlineData(false, 50, 250)]
    [InlineData(true, 200, 20_000)]
    public void The_estimate_of_reads_is_near(bool longReads, int shortest, int longest)
    {
        var options = new FastqGeneratorOptions { LongReads = longReads, MinReadLength = shortest, MaxReadLength = longest };
        var reads = FastqGenerator.EstimateReads(5_000_000, options);
        Assert.InRange(Generate(options with { Reads = reads }).Length, 4_000_000, 6_000_000);
    }

    private static string Hash(FastqGeneratorOptions options) => Convert.ToHexStringLower(SHA256.HashData(Generate(options)));

    private static byte[] Generate(FastqGeneratorOptions options) => Task.Run(async () =>
    {
        var stream = new MemoryStream();
        Assert.Equal(await FastqGenerator.WriteAsync(stream, options), stream.Length);
        return stream.ToArray();
    }).GetAwaiter().GetResult();
}
