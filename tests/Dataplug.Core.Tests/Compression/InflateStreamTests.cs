using Dataplug.Compression;

namespace Dataplug.Core.Tests.Compression;

public sealed class InflateStreamTests
{
    private static (byte[] Gzip, byte[] Data) Fastq(int reads)
    {
        var data = System.Text.Encoding.ASCII.GetBytes(GzipObjects.Fastq(new Random(2), reads));
        using var output = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(output, System.IO.Compression.CompressionLevel.Optimal))
            gzip.Write(data);
        return (output.ToArray(), data);
    }

    private static InflateStream Open(byte[] gzip) => new(new MemoryStream(gzip), new InflateReadOptions { Source = "test.gz" });

    private static byte[] ReadAll(Stream stream)
    {
        using var output = new MemoryStream();
        stream.CopyTo(output);
        return output.ToArray();
    }

    [Fact]
    public void Following_members_and_padding_are_read_over()
    {
        var (gzip, data) = Fastq(50);
        Assert.Equal((byte[])[.. data, .. data], ReadAll(Open([.. gzip, .. gzip, 0, 0, 0])));
    }

    [Fact]
    public void After_the_end_reads_give_nothing()
    {
        using var stream = Open(Fastq(1).Gzip);
        ReadAll(stream);
        Assert.Equal(0, stream.Read(new byte[10]));
        Assert.Equal(0, stream.Read(new byte[10]));
    }

    [Fact]
    public void An_empty_read_gives_nothing_and_consumes_nothing()
    {
        var (gzip, data) = Fastq(1);
        using var stream = Open(gzip);
        Assert.Equal(0, stream.Read([]));
        Assert.Equal(data, ReadAll(stream));
    }

    [Fact]
    public void A_wrong_checksum_is_reported_after_the_data_and_again()
    {
        var (gzip, data) = Fastq(2000);
        gzip[^8] ^= 1;
        using var stream = Open(gzip);
        var read = new byte[data.Length];
        stream.ReadExactly(read);
        Assert.Equal(data, read);
        var refused = Assert.Throws<CorruptObjectException>(() => stream.Read(new byte[1]));
        Assert.Equal(gzip.Length - 8, refused.ByteOffset);
        Assert.Throws<CorruptObjectException>(() => stream.Read(new byte[1]));
    }

    [Fact]
    public async Task Of_a_member_entered_in_the_middle_the_trailer_is_not_verified_but_of_the_next_one_it_is()
    {
        var (gzip, data) = Fastq(2000);
        var point = (await GzipRecording.OfAsync(gzip, new GzipScanOptions { MarkSpacing = 1, AccessPointSpacing = 1 })).AccessPoints[1];
        var start = (int)point.Mark.CompressedByteOffset;
        InflateStream At(byte[] bytes) => new(new MemoryStream(bytes, start, bytes.Length - start), InflateReadOptions.At(point.Mark, point.Window));
        var rest = data[(int)point.Mark.OutputOffset..];

        var wrong = gzip.ToArray();
        wrong[^8] ^= 1;
        Assert.Equal(rest, ReadAll(At(wrong)));
        Assert.Equal((byte[])[.. rest, .. data], ReadAll(At([.. wrong, .. gzip])));
        var refused = Assert.Throws<CorruptObjectException>(() => ReadAll(At([.. gzip, .. wrong])));
        Assert.Equal(2 * gzip.Length - 8, refused.ByteOffset);
    }

    [Fact]
    public async Task A_distance_beyond_a_short_window_is_refused()
    {
        var (gzip, _) = Fastq(2000);
        var point = (await GzipRecording.OfAsync(gzip, new GzipScanOptions { MarkSpacing = 1, AccessPointSpacing = 1 })).AccessPoints[1];
        var start = (int)point.Mark.CompressedByteOffset;
        using var stream = new InflateStream(new MemoryStream(gzip, start, gzip.Length - start), InflateReadOptions.At(point.Mark, point.Window.AsMemory(point.Window.Length - 100), "test.gz"));
        var refused = Assert.Throws<CorruptObjectException>(() => ReadAll(stream));
        Assert.Contains("before the start", refused.Message, StringComparison.Ordinal);
        Assert.InRange(refused.ByteOffset!.Value, start, gzip.Length);
    }

    [Fact]
    public async Task Cancellation_before_a_read_is_seen()
    {
        await using var stream = Open(Fastq(1).Gzip);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await stream.ReadExactlyAsync(new byte[5], new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Disposing_closes_the_compressed_stream_unless_it_is_left_open()
    {
        var gzip = Fastq(1).Gzip;
        foreach (var leaveOpen in (bool[])[true, false])
        {
            var sync = new MemoryStream(gzip);
            var stream = new InflateStream(sync, new InflateReadOptions { LeaveOpen = leaveOpen });
            stream.Dispose();
            Assert.Equal(leaveOpen, sync.CanRead);
            Assert.False(stream.CanRead);
            Assert.Throws<ObjectDisposedException>(() => stream.Read(new byte[1]));
            var async = new MemoryStream(gzip);
            await new InflateStream(async, new InflateReadOptions { LeaveOpen = leaveOpen }).DisposeAsync();
            Assert.Equal(leaveOpen, async.CanRead);
        }
    }

    [Theory]
    [InlineData(8, false, 0)]
    [InlineData(-1, false, 0)]
    [InlineData(1, true, 0)]
    [InlineData(0, false, 32769)]
    public void Impossible_options_are_refused(int bit, bool isMemberStart, int window) =>
        Assert.Throws<ArgumentException>(() => new InflateStream(Stream.Null, new InflateReadOptions { BitOffset = bit, IsMemberStart = isMemberStart, Window = new byte[window] }));

    [Fact]
    public void An_object_that_ends_before_the_member_that_was_promised_is_cut_short()
    {
        using var stream = new InflateStream(Stream.Null, new InflateReadOptions { StartByteOffset = 1000, Source = "test.gz" });
        Assert.Equal(1000, Assert.Throws<CorruptObjectException>(() => stream.Read(new byte[1])).ByteOffset);
        using var empty = Open([]);
        Assert.Equal(0, Assert.Throws<CorruptObjectException>(() => empty.Read(new byte[1])).ByteOffset);
    }
}
