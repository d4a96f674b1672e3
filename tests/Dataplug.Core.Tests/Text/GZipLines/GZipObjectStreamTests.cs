using System.Text;
using Dataplug.Conformance.GZip;
using Dataplug.Metadata;
using Dataplug.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dataplug.Core.Tests.Text;

public sealed class GZipObjectStreamTests
{
    private static readonly GZipTextFormat Fine = GZipText.WithOptions(new GZipLineOptions { AccessPointSpacing = 1, MarkSpacing = 1 });

    public static Arbitrary<SeekCase> Cases() =>
        (from content in GZipSamples.Texts
         from layout in GZipSamples.Layouts
         from seed in Gen.Choose(0, int.MaxValue)
         select new SeekCase(content, layout, seed)).ToArbitrary();

    [Property(Arbitrary = [typeof(GZipObjectStreamTests)], MaxTest = 60)]
    public void Any_seeks_and_reads_give_the_bytes_of_the_content(SeekCase text) => RunAsync(async () =>
    {
        await using var file = await IndexedFile.CreateAsync(Fine, GZipSamples.Compress(text.Content, text.Layout));
        await using var stream = new GZipObjectStream(file.Index, file.Stores);
        await CompareAsync(stream, text.Content, text.Seed, reads: 60, longest: 40_000);
    });

    [Theory]
    [InlineData(GZipLayout.OneMember)]
    [InlineData(GZipLayout.Bgzf)]
    [InlineData(GZipLayout.Stored)]
    [InlineData(GZipLayout.EmptyMembers)]
    public async Task Any_seeks_and_reads_give_the_bytes_of_a_longer_content(GZipLayout layout)
    {
        var content = NumberedLines.Make(300_000, seed: 3);
        var format = GZipText.WithOptions(new GZipLineOptions { AccessPointSpacing = 1 << 20, MarkSpacing = 100_000 });
        await using var file = await IndexedFile.CreateAsync(format, GZipSamples.Compress(content, layout));
        await using var stream = new GZipObjectStream(file.Index, file.Stores);
        await CompareAsync(stream, content, seed: 77, reads: 150, longest: 700_000);
    }

    [Theory]
    [InlineData(GZipLayout.OneMember)]
    [InlineData(GZipLayout.Bgzf)]
    public async Task A_read_of_a_megabyte_anywhere_is_one_request_for_its_compressed_bytes_and_one_spacing(GZipLayout layout)
    {
        const int Length = 1 << 20;
        var content = NumberedLines.Make(500_000, seed: 4);
        var format = GZipText.WithOptions(new GZipLineOptions { AccessPointSpacing = 2 << 20 });
        await using var file = await IndexedFile.CreateAsync(format, GZipSamples.Compress(content, layout));
        var index = file.Index.LineIndex;
        Assert.True(index.AccessPointCount >= 5);
        await using var stream = new GZipObjectStream(file.Index, file.Stores);
        var bytes = new byte[Length];
        var random = new Random(42);
        for (var i = 0; i < 20; i++)
        {
            // Far from the place before, so that nothing goes on.
            var position = i % 2 == 0 ? random.Next(content.Length / 3) : random.Next(content.Length / 2, content.Length - Length);
            file.Requests.Clear();
            stream.Position = position;
            await stream.ReadExactlyAsync(bytes);
            Assert.True(content.AsSpan(position, Length).SequenceEqual(bytes));

            var read = Assert.Single(file.Requests.Reads, read => read.Uri == file.Uri);
            Assert.Equal(file.Index.Source.ETag, read.IfMatch);
            Assert.InRange(file.Requests.Reads.Count, 1, 2);
            var own = index.StoredEndAfter(position + Length) - index.StoredEndAfter(position);
            Assert.InRange(read.Range.Length, 1, own + index.MaxOverread);
        }
    }

    [Fact]
    public async Task Reading_on_and_ahead_within_a_span_begins_nothing_anew()
    {
        var content = NumberedLines.Make(300_000, seed: 5);
        var format = GZipText.WithOptions(new GZipLineOptions { AccessPointSpacing = 4 << 20 });
        var stored = GZipSamples.Compress(content, GZipLayout.OneMember);
        await using var file = await IndexedFile.CreateAsync(format, stored);
        file.Requests.Clear();
        await using var stream = new GZipObjectStream(file.Index, file.Stores);
        var bytes = new byte[1000];
        for (var position = 0; position < 4_000_000; position += 100_000)
        {
            stream.Position = position;
            await stream.ReadExactlyAsync(bytes);
            Assert.True(content.AsSpan(position, 1000).SequenceEqual(bytes));
        }

        var reads = file.Requests.Reads;
        Assert.All(reads, read => Assert.Equal(file.Uri, read.Uri));
        Assert.Equal(0, reads[0].Range.Offset);
        Assert.All(reads.Zip(reads.Skip(1)), pair => Assert.Equal(pair.First.Range.End, pair.Second.Range.Offset));
        Assert.InRange(reads.Count, 1, 6);
    }

    [Fact]
    public async Task A_sequential_read_fetches_every_byte_once_in_few_requests()
    {
        var content = NumberedLines.Make(400_000, seed: 6);
        var stored = GZipSamples.Compress(content, GZipLayout.OneMember);
        await using var file = await IndexedFile.CreateAsync(GZipText.Format, stored);
        file.Requests.Clear();
        await using var stream = new GZipObjectStream(file.Index, file.Stores);
        Assert.Equal(content.Length, stream.Length);
        var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        Assert.Equal(content, copy.ToArray());
        Assert.Equal(stored.Length, file.Requests.Reads.Sum(read => read.Range.Length));
        Assert.InRange(file.Requests.Reads.Count, 1, 6);
        Assert.Equal(0, await stream.ReadAsync(new byte[10]));
    }

    [Fact]
    public async Task Windows_of_late_are_not_fetched_again()
    {
        var content = NumberedLines.Make(300_000, seed: 7);
        var format = GZipText.WithOptions(new GZipLineOptions { AccessPointSpacing = 1 << 20 });
        await using var file = await IndexedFile.CreateAsync(format, GZipSamples.Compress(content, GZipLayout.OneMember));
        await using var stream = new GZipObjectStream(file.Index, file.Stores);
        for (var round = 0; round < 2; round++)
        {
            file.Requests.Clear();
            foreach (var position in new[] { 5_000_000, 2_000_000, 6_500_000 })
            {
                stream.Position = position;
                var bytes = new byte[10];
                await stream.ReadExactlyAsync(bytes);
                Assert.Equal(content[position..(position + 10)], bytes);
            }

            Assert.Equal(round == 0 ? 3 : 0, file.Requests.Reads.Count(read => read.Uri != file.Uri));
        }
    }

    [Fact]
    public async Task A_changed_object_and_a_damaged_trailer_are_told_and_nothing_wrong_is_read()
    {
        var content = NumberedLines.Make(50_000, seed: 8);
        var stored = GZipSamples.Compress(content, GZipLayout.OneMember);
        await using var file = await IndexedFile.CreateAsync(GZipText.Format, stored);
        await using (var stream = new GZipObjectStream(file.Index, file.Stores))
        {
            await stream.ReadExactlyAsync(new byte[100]);
            await File.WriteAllBytesAsync(file.Uri.Key, [.. stored, 0]);
            stream.Position = 0;
            await Assert.ThrowsAsync<StaleIndexException>(async () => await stream.CopyToAsync(Stream.Null));
        }

        // A trailer that went bad after the object was indexed, in a store whose version did not tell.
        stored[^6] ^= 1;
        await File.WriteAllBytesAsync(file.Uri.Key, stored);
        var now = await file.Stores.PinAsync(file.Uri);
        await using var damaged = new GZipObjectStream(new Disguised(file.Index, now.ETag), file.Stores);
        var failure = await Assert.ThrowsAsync<CorruptObjectException>(async () => await damaged.CopyToAsync(Stream.Null));
        Assert.Contains("CRC-32", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_a_stream_like_others()
    {
        var content = Encoding.ASCII.GetBytes("one\ntwo\nthree\n");
        await using var file = await IndexedFile.CreateAsync(GZipText.Format, GZipSamples.Compress(content, GZipLayout.OneMember));
        var stream = new GZipObjectStream(file.Index, file.Stores);
        Assert.Equal((true, true, false), (stream.CanRead, stream.CanSeek, stream.CanWrite));
        Assert.Equal(8, stream.Seek(-6, SeekOrigin.End));
        using (var reader = new StreamReader(stream, leaveOpen: true))
            Assert.Equal("three", reader.ReadLine());
        Assert.Equal(1, stream.Seek(1, SeekOrigin.Begin));
        Assert.Equal('n', stream.ReadByte());
        Assert.Equal(1000, stream.Seek(998, SeekOrigin.Current));
        Assert.Equal(-1, stream.ReadByte());
        Assert.Throws<IOException>(() => stream.Seek(-1, SeekOrigin.Begin));
        Assert.Throws<ArgumentOutOfRangeException>(() => stream.Position = -1);
        Assert.Throws<NotSupportedException>(() => stream.SetLength(3));
        stream.Position = 4;
        var two = new byte[3];
        Assert.Equal(3, stream.Read(two, 0, 3));
        Assert.Equal("two"u8, two);
        await stream.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => stream.ReadExactlyAsync(two).AsTask());
        Assert.False(stream.CanSeek);
    }

    private static async Task CompareAsync(GZipObjectStream stream, byte[] content, int seed, int reads, int longest)
    {
        Assert.Equal(content.Length, stream.Length);
        var random = new Random(seed);
        var buffer = new byte[longest];
        for (var i = 0; i < reads; i++)
        {
            switch (random.Next(6))
            {
                case 0: stream.Position = random.Next(content.Length + 10); break;
                case 1: stream.Seek(random.Next(2000), SeekOrigin.Current); break;
                case 2: stream.Seek(-Math.Min(stream.Position, random.Next(50_000)), SeekOrigin.Current); break;
                case 3: stream.Seek(-random.Next(Math.Min(content.Length, 3000) + 1), SeekOrigin.End); break;
            }

            var position = (int)Math.Min(stream.Position, content.Length);
            var wanted = random.Next(random.Next(4) == 0 ? longest : 2000) + 1;
            var read = random.Next(2) == 0
                ? await stream.ReadAtLeastAsync(buffer.AsMemory(0, wanted), wanted, throwOnEndOfStream: false)
                : stream.ReadAtLeast(buffer.AsSpan(0, wanted), wanted, throwOnEndOfStream: false);
            Assert.Equal(Math.Min(wanted, content.Length - position), read);
            Assert.True(content.AsSpan(position, read).SequenceEqual(buffer.AsSpan(0, read)), $"read {i} of {read} bytes at {position}, seed {seed}");
        }
    }

    private static void RunAsync(Func<Task> test) => test().GetAwaiter().GetResult();

    private sealed class Disguised(GZipTextIndex index, string etag) : IGZipIndexed
    {
        public SourceIdentity Source { get; } = index.Source with { ETag = etag };

        public GZipLineIndex LineIndex => index.LineIndex;
    }
}

public sealed record SeekCase(byte[] Content, GZipLayout Layout, int Seed)
{
    public override string ToString() => $"{Content.Length} bytes, {Layout}, seed {Seed}";
}
