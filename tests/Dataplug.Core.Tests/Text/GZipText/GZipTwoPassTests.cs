using System.IO.Compression;
using System.Text;
using Dataplug.Conformance.GZip;
using Dataplug.Core.Tests.Compression;
using Dataplug.Text;
using FsCheck.Xunit;

namespace Dataplug.Core.Tests.Text;

/// <summary>Law 6 for gzip: chunks that know nothing of each other give the index of the stream, bit for bit.</summary>
[Properties(Arbitrary = [typeof(Seeds)], MaxTest = 120)]
public sealed class GZipTwoPassTests
{
    private static GZipLineOptions Options(Random random) => new()
    {
        AccessPointSpacing = random.Next(1, 100_000),
        MarkSpacing = random.Next(1, random.Next(2) == 0 ? 100 : 40_000),
        ChunkSize = random.Next(200, random.Next(2) == 0 ? 3000 : 50_000),
    };

    [Property]
    public async Task Chunks_give_the_index_of_the_stream(Seed seed)
    {
        var random = seed.Random();
        var format = GZipText.WithOptions(Options(random));
        var gzip = GzipObjects.Object(random, random.Next(2) == 0 ? 60_000 : 300_000);
        await using var file = await IndexedFile.CreateAsync(format, gzip, "text.gz");
        Assert.Equal(file.Sidecar, await file.IndexInChunksAsync(format));
    }

    [Property]
    public async Task Damage_is_refused_by_both(Seed seed)
    {
        var random = seed.Random();
        var format = GZipText.WithOptions(Options(random));
        var good = GzipObjects.Object(random, 100_000);
        await using var file = await IndexedFile.CreateAsync(format, good, "text.gz");
        var bad = good.ToArray();
        bad[random.Next(bad.Length)] ^= (byte)(1 << random.Next(8));
        if (random.Next(3) == 0)
            bad = bad[..random.Next(bad.Length)];
        await File.WriteAllBytesAsync(file.Uri.Key, bad);

        byte[]? expected = null;
        try
        {
            expected = await file.IndexAgainAsync(format, int.MaxValue);
        }
        catch (CorruptObjectException)
        {
            // As it should be, unless the flipped bit says nothing (a header's time, padding).
        }

        if (expected is null)
            await Assert.ThrowsAsync<CorruptObjectException>(() => file.IndexInChunksAsync(format));
        else
            Assert.Equal(expected, await file.IndexInChunksAsync(format));
    }

    [Theory]
    [InlineData(CompressionLevel.Optimal)]
    [InlineData(CompressionLevel.SmallestSize)]
    public async Task Every_chunk_of_a_fastq_is_worked_on_by_itself(CompressionLevel level)
    {
        using var compressed = new MemoryStream();
        await using (var gzip = new GZipStream(compressed, level, leaveOpen: true))
            await gzip.WriteAsync(Encoding.ASCII.GetBytes(GzipObjects.Fastq(new Random(1), 40_000)));
        var format = GZipText.WithOptions(new GZipLineOptions { ChunkSize = compressed.Length / 9, AccessPointSpacing = 300_000 });
        await using var file = await IndexedFile.CreateAsync(format, compressed.ToArray(), "reads.gz");
        Assert.Equal(file.Sidecar, await file.IndexInChunksAsync(format));
        // Of the last chunks one is too short to hold a block's start, or ends with the object.
        Assert.InRange(file.ScoutedChunks, 7, 9);
        Assert.Equal(file.ScoutedChunks + 1, file.MappedChunks);
    }

    [Fact]
    public void Pieces_of_checksums_make_the_checksum()
    {
        var random = new Random(3);
        for (var i = 0; i < 200; i++)
        {
            var data = new byte[random.Next(5000)];
            random.NextBytes(data);
            var at = random.Next(data.Length + 1);
            var (first, second) = (Dataplug.Compression.Crc32.Append(0, data.AsSpan(0, at)), Dataplug.Compression.Crc32.Append(0, data.AsSpan(at)));
            Assert.Equal(Dataplug.Compression.Crc32.Append(0, data), Dataplug.Compression.Crc32.Combine(first, second, data.Length - at));
        }

    }
}
