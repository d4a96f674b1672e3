using Dataplug.Compression;
using FsCheck.Xunit;

namespace Dataplug.Core.Tests.Compression;

/// <summary>Windows that serve only what comes after a lead-in.</summary>
[Properties(Arbitrary = [typeof(Seeds)], MaxTest = 30)]
public sealed class LeadInTests
{
    [Property]
    public async Task After_the_lead_in_the_output_is_right_and_depends_on_every_byte_that_was_kept_and_no_other(Seed seed)
    {
        var random = seed.Random();
        var gzip = GzipObjects.Object(random, 400_000);
        var options = Options(random);
        var scan = await GzipRecording.OfAsync(gzip, options);
        var whole = await GzipRecording.OfAsync(gzip, options with { SparseWindows = false, LeadIn = 0, AccessPointSpacing = Math.Max(options.AccessPointSpacing, options.LeadIn + 32768) });
        Assert.Equal(whole.AccessPoints.Select(point => point.Mark), scan.AccessPoints.Select(point => point.Mark));
        Assert.Equal(scan.LeadInEnds.Keys.Order(Comparer<InflateMark>.Create((a, b) => a.OutputOffset.CompareTo(b.OutputOffset))), scan.AccessPoints.Where(point => !point.Mark.IsMemberStart).Select(point => point.Mark));

        foreach (var (point, full) in scan.AccessPoints.Zip(whole.AccessPoints).Where(pair => !pair.First.Mark.IsMemberStart))
        {
            var member = scan.Members.First(member => member.OutputOffset + member.OutputLength >= point.Mark.OutputOffset && member.Offset < point.Mark.CompressedByteOffset && member.Offset + member.CompressedLength > point.Mark.CompressedByteOffset);
            var usable = scan.LeadInEnds[point.Mark];
            Assert.Equal(Math.Min(point.Mark.OutputOffset + options.LeadIn, member.OutputOffset + member.OutputLength), usable);
            var leadIn = (int)(usable - point.Mark.OutputOffset);

            var expected = scan.Output.AsSpan((int)usable).ToArray();
            Assert.Equal(expected, (await ReadAsync(gzip, point.Mark, WindowCodec.Decode(WindowCodec.Encode(point.Window))))[leadIn..]);

            // Every byte that was kept turned around: each output byte that comes from one of them turns around with it, and all of
            // them do reach some; those that were left out change nothing.
            var (kept, lost) = ((byte[])full.Window.Clone(), (byte[])full.Window.Clone());
            for (var i = 0; i < full.Window.Length; i++)
            {
                if (point.Window[i] != 0)
                    Assert.Equal(full.Window[i], point.Window[i]);
                else if (full.Window[i] != 0)
                    lost[i] ^= 0xFF;
            }
            Assert.Equal(expected, (await ReadAsync(gzip, point.Mark, lost))[leadIn..]);
            foreach (var i in Enumerable.Range(0, kept.Length).Where(i => point.Window[i] != 0).OrderBy(_ => random.Next()).Take(5))
            {
                kept[i] ^= 0xFF;
                Assert.NotEqual(expected, (await ReadAsync(gzip, point.Mark, kept))[leadIn..]);
                kept[i] ^= 0xFF;
            }
        }
    }

    [Property]
    public async Task A_scan_resumed_at_an_access_point_reports_the_same(Seed seed)
    {
        var random = seed.Random();
        var gzip = GzipObjects.Object(random, 400_000);
        var options = Options(random);
        var scan = await GzipRecording.OfAsync(gzip, options);
        foreach (var (point, i) in scan.AccessPoints.Select((point, i) => (point, i)))
        {
            var resumed = new GzipRecording(point.Mark.OutputOffset);
            resumed.Marks.Add(point.Mark);
            using var input = new MemoryStream(gzip, (int)point.Mark.CompressedByteOffset, gzip.Length - (int)point.Mark.CompressedByteOffset);
            await GzipScanner.ScanAsync(input, resumed, options, GzipScanState.FromBytes(point.State.ToBytes()));

            Assert.Equal(scan.Output.AsSpan((int)point.Mark.OutputOffset).ToArray(), resumed.Output);
            Assert.Equal(scan.AccessPoints.Skip(i + 1).Select(p => (p.Mark, Convert.ToHexString(p.Window), p.Mark.IsMemberStart ? 0 : scan.LeadInEnds[p.Mark])), resumed.AccessPoints.Select(p => (p.Mark, Convert.ToHexString(p.Window), p.Mark.IsMemberStart ? 0 : resumed.LeadInEnds[p.Mark])));
        }
    }

    [Fact]
    public async Task Of_sequencing_reads_a_lead_in_leaves_little()
    {
        var random = new Random(4);
        var data = System.Text.Encoding.ASCII.GetBytes(GzipObjects.Fastq(random, 8000));
        using var output = new MemoryStream();
        using (var compressor = new System.IO.Compression.GZipStream(output, System.IO.Compression.CompressionLevel.Optimal))
            compressor.Write(data);
        var options = new GzipScanOptions { AccessPointSpacing = 600_000, MarkSpacing = 1 };

        var without = await GzipRecording.OfAsync(output.ToArray(), options);
        var with = await GzipRecording.OfAsync(output.ToArray(), options with { LeadIn = 256 << 10 });

        Assert.Equal(without.AccessPoints.Select(point => point.Mark), with.AccessPoints.Select(point => point.Mark));
        Assert.True(without.AccessPoints.Count > 2);
        var (used, left) = (without.AccessPoints.Sum(Used), with.AccessPoints.SkipLast(1).Sum(Used));
        Assert.True(left * 5 < used, $"{used} bytes of windows matter, {left} after the lead-in");

        static int Used(RecordedAccessPoint point) => point.Window.Length - point.Window.AsSpan().Count((byte)0);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData((1 << 20) + 1)]
    public async Task Other_lead_ins_are_refused(long leadIn) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => GzipRecording.OfAsync([], new GzipScanOptions { LeadIn = leadIn }));

    private static GzipScanOptions Options(Random random) => new()
    {
        Source = "test.gz",
        MarkSpacing = random.Next(1, random.Next(2) == 0 ? 10 : 30_000),
        AccessPointSpacing = random.Next(1, 100_000),
        LeadIn = random.Next(4) switch { 0 => random.Next(1, 300), 1 => random.Next(1, 32768), _ => random.Next(1, 250_000) },
    };

    private static async Task<byte[]> ReadAsync(byte[] gzip, InflateMark mark, byte[] window)
    {
        var input = new MemoryStream(gzip, (int)mark.CompressedByteOffset, gzip.Length - (int)mark.CompressedByteOffset);
        await using var stream = new InflateStream(input, InflateReadOptions.At(mark, window, "test.gz"));
        using var rest = new MemoryStream();
        await stream.CopyToAsync(rest);
        return rest.ToArray();
    }
}
