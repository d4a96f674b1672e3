using System.IO.Compression;
using System.Text;
using Dataplug.Compression;
using Dataplug.Conformance.GZip;
using FsCheck.Xunit;

namespace Dataplug.Core.Tests.Compression;

/// <summary>Law 6 for the cores of one machine: what workers decode ahead changes nothing that a scan reports.</summary>
[Properties(Arbitrary = [typeof(Seeds)], MaxTest = 60)]
public sealed class SpeculativeScanTests
{
    private static SpeculationOptions Always(Random random) => new()
    {
        Workers = random.Next(1, 4),
        ChunkLength = random.Next(random.Next(2) == 0 ? 2000 : 60_000) + 1,
        Overlap = random.Next(2) == 0 ? random.Next(1, 3000) : 100_000,
        MaxOutput = random.Next(3) == 0 ? random.Next(200_000) : 16 << 20,
        Always = true,
    };

    private static GzipScanOptions Options(Random random) => new()
    {
        Source = "test.gz",
        MarkSpacing = random.Next(1, random.Next(2) == 0 ? 10 : 30_000),
        AccessPointSpacing = random.Next(1, random.Next(2) == 0 ? 10 : 60_000),
        SparseWindows = random.Next(2) == 0,
    };

    [Property(MaxTest = 250)]
    public async Task What_was_decoded_ahead_changes_nothing(Seed seed)
    {
        var random = seed.Random();
        var gzip = GzipObjects.Object(random, random.Next(2) == 0 ? 60_000 : 400_000);
        var options = Options(random);
        var expected = await GzipRecording.OfAsync(gzip, options);

        using var input = new RandomReadsStream(gzip, random, random.Next(1, 10_000));
        GzipRecording.AssertEqual(expected, await GzipRecording.OfAsync(input, options with { Speculation = Always(random) }));
    }

    [Property]
    public async Task It_can_be_taken_up_at_every_access_point(Seed seed)
    {
        var random = seed.Random();
        var gzip = GzipObjects.Object(random, 200_000);
        var options = Options(random) with { AccessPointSpacing = 40_000 };
        var whole = await GzipRecording.OfAsync(gzip, options);
        var point = whole.AccessPoints[random.Next(whole.AccessPoints.Count)];
        var expected = await GzipRecording.OfAsync(gzip, options, point.State);
        GzipRecording.AssertEqual(expected, await GzipRecording.OfAsync(gzip, options with { Speculation = Always(random) }, point.State));
    }

    [Property(MaxTest = 150)]
    public async Task Damage_is_found_at_the_same_place(Seed seed)
    {
        var random = seed.Random();
        var gzip = GzipObjects.Object(random, 200_000);
        for (var flips = random.Next(1, 4); flips > 0; flips--)
            gzip[random.Next(gzip.Length)] ^= (byte)(1 << random.Next(8));
        if (random.Next(3) == 0)
            gzip = gzip[..random.Next(gzip.Length)];
        var options = Options(random);
        var expected = await Outcome(gzip, options);
        Assert.Equal(expected, await Outcome(gzip, options with { Speculation = Always(random) }));

        static async Task<(string?, long?, string?)> Outcome(byte[] gzip, GzipScanOptions options)
        {
            try
            {
                var recording = await GzipRecording.OfAsync(gzip, options);
                return (null, null, Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(recording.Output)));
            }
            catch (CorruptObjectException failure)
            {
                return (failure.Message, failure.ByteOffset, null);
            }
        }
    }

    [Fact]
    public async Task A_block_within_what_looks_like_a_members_header_is_not_taken_for_the_first_one_behind_it()
    {
        // The content of the first block ends with a header that has a name. The name goes on into the second block, up to its
        // first byte, which is 0; and the second block's length, 3 + 1024, looks like an empty block.
        var content = new byte[1500];
        content.AsSpan().Fill((byte)'a');
        GzipObjects.Header(name: "")[..^1].CopyTo(content.AsSpan(^10));
        var second = new byte[3 + 1024];
        second.AsSpan().Fill((byte)'b');
        var writer = new DeflateWriter();
        writer.Stored(content, isLast: false);
        writer.Stored(second, isLast: false);
        writer.Fixed([], isLast: true);
        var gzip = GzipObjects.Member(writer.ToArray(), [.. content, .. second]);

        var options = new GzipScanOptions { MarkSpacing = 1 };
        var speculation = new SpeculationOptions { Workers = 1, ChunkLength = 1000, Always = true };
        GzipRecording.AssertEqual(await GzipRecording.OfAsync(gzip, options), await GzipRecording.OfAsync(gzip, options with { Speculation = speculation }));
    }

    [Theory]
    [InlineData(CompressionLevel.Optimal)]
    [InlineData(CompressionLevel.SmallestSize)]
    public async Task Most_of_a_fastq_is_copied(CompressionLevel level)
    {
        var text = Encoding.ASCII.GetBytes(GzipObjects.Fastq(new Random(1), 60_000));
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, level, leaveOpen: true))
            gzip.Write(text);
        var input = new MemoryStream(compressed.ToArray());

        var recording = new GzipRecording();
        using var scan = new GzipScan<GzipRecording>(recording, new GzipScanOptions(), null, default);
        using var speculation = new SpeculativeScan<GzipRecording>(scan, new SpeculationOptions { Workers = 2, ChunkLength = 200_000, Always = true });
        await speculation.RunAsync(input, null, default);

        Assert.Equal(text, recording.Output);
        // All but the first chunk, the blocks in which an access point's window is noted, and what the last blocks leave.
        Assert.InRange(speculation.Copied, text.Length * 7 / 10, text.Length);
    }

    [Fact]
    public async Task A_failing_read_ends_it()
    {
        var gzip = GzipObjects.Member(GzipObjects.BySharpZipLib(new Random(2), new byte[1000]).Deflate, new byte[1000]);
        using var input = new FailingStream(gzip);
        await Assert.ThrowsAsync<IOException>(() => GzipRecording.OfAsync(input, new GzipScanOptions { Workers = 3 }));
    }

    [Fact]
    public async Task Cancelling_ends_it()
    {
        using var cancellation = new CancellationTokenSource();
        using var input = new EndlessStream();
        var scan = GzipScanner.ScanAsync(input, new GzipRecording(), new GzipScanOptions { Workers = 2 }, cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scan.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    private sealed class FailingStream(byte[] before) : MemoryStream(before)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            return read > 0 ? read : throw new IOException("The cable is cut.");
        }
    }

    private sealed class EndlessStream : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }
}
