using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.Storage;
using Dataplug.Conformance.Toys;
using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Core.Tests.Formats;

public sealed class FormatRegistryTests : IAsyncDisposable
{
    private readonly RecordingObjectStore _store = new(new MemoryObjectStore("b"));

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task The_surest_wins_and_among_equals_the_first()
    {
        var likely = new Probing("likely", _ => FormatMatch.Likely);
        var certain = new Probing("certain", _ => FormatMatch.Certain);
        var other = new Probing("other", _ => FormatMatch.Certain);
        var none = new Probing("none", _ => FormatMatch.None);
        var source = await PutAsync("x"u8.ToArray());
        Assert.Same(certain, await new FormatRegistry(none, likely, certain, other).DetectAsync(source));
        Assert.Same(other, await new FormatRegistry(other, likely, certain).DetectAsync(source));
        var refused = await Assert.ThrowsAsync<UnsupportedFormatException>(() => new FormatRegistry(none).DetectAsync(source));
        Assert.Equal("mem://b/x.gz", refused.ObjectName);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65536)]
    [InlineData(1_000_000)]
    public async Task A_probe_is_one_read_of_at_most_64_KiB(int size)
    {
        var content = new byte[size];
        Random.Shared.NextBytes(content);
        if (size > 0)
            content[0] = (byte)'x';
        FormatProbe? seen = null;
        var source = await PutAsync(content);
        _store.Clear();
        await new FormatRegistry(new Probing("p", probe =>
        {
            seen = probe;
            return FormatMatch.Possible;
        })).DetectAsync(source);
        Assert.Equal(Math.Min(size, 65536), seen!.Head.Length);
        Assert.Equal(seen.Head, seen.Content);
        Assert.False(seen.IsGZip);
        Assert.Equal(size, seen.Size);
        Assert.Equal(size == 0 ? 0 : 1, _store.Reads.Count);
    }

    [Fact]
    public async Task Of_gzip_the_content_is_shown_even_when_it_is_cut_or_damaged()
    {
        var text = string.Concat(Enumerable.Range(0, 200_000).Select(i => $"{i * 7919L % 100_003}\n"));
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Encoding.ASCII.GetBytes(text));

        // Longer than 64 KiB, cut after 3000 bytes, and with a foreign byte in the middle of the first 64 KiB.
        var damaged = compressed.ToArray();
        damaged[30_000] ^= 0xff;
        foreach (var (stored, least) in ((byte[], int)[])[(compressed.ToArray(), 65536), (compressed.ToArray()[..3000], 2000), (damaged, 10_000)])
        {
            Assert.InRange(compressed.Length, 100_000, int.MaxValue);
            FormatProbe? seen = null;
            await new FormatRegistry(new Probing("p", probe =>
            {
                seen = probe;
                return FormatMatch.Possible;
            })).DetectAsync(await PutAsync(stored));
            Assert.True(seen!.IsGZip);
            Assert.InRange(seen.Content.Length, least, 65536);
            var shown = Encoding.ASCII.GetString(seen.Content.Span[..Math.Min(least, seen.Content.Length)]);
            Assert.StartsWith(shown, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_front_door_detects()
    {
        await PutAsync("#lines\n1\n2\n"u8.ToArray());
        var uri = ObjectUri.Parse("mem://b/x.gz");
        var options = new CloudObjectOptions { Stores = MemoryObjectStore.Stores(_store) };
        var cloud = await CloudObject.DetectAsync(uri, new FormatRegistry(new Probing("p", _ => FormatMatch.Likely), new LinesFormat()), options);
        Assert.Equal("toy-lines", cloud.Format.Id);
        Assert.IsType<CloudObject<LinesIndex>>(cloud);
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => CloudObject.DetectAsync(uri.WithKey("none"), new FormatRegistry(new LinesFormat()), options));
    }

    [Fact]
    public async Task A_chunk_runs_in_a_process_that_knows_it_only_as_JSON()
    {
        var source = await PutAsync("a\nb\nc\nd\n"u8.ToArray());
        var task = new ChunkTask("toy-lines", """{"chunk":4}""", SourceIdentity.Of(source.Info), new ByteRange(4, 4), 1, 2);
        var foreign = JsonSerializer.Deserialize<ChunkTask>(JsonSerializer.Serialize(task))!;
        Assert.Equal(task, foreign);
        var steps = new Steps();
        var partial = await new FormatRegistry(new LinesFormat(1000)).RunChunkAsync(foreign, MemoryObjectStore.Stores(_store), steps);
        Assert.Equal(2, BitConverter.ToInt64(partial.Span));
        Assert.Equal([2L, 2L], steps.Seen);
        await Assert.ThrowsAsync<UnsupportedFormatException>(() => new FormatRegistry().RunChunkAsync(foreign, MemoryObjectStore.Stores(_store)));
        await Assert.ThrowsAsync<ArgumentException>(() => new FormatRegistry(new LinesFormat(4, isStreaming: true)).RunChunkAsync(foreign with { FormatId = "toy-lines-streamed" }, MemoryObjectStore.Stores(_store)));
    }

    [Fact]
    public void Each_way_in_takes_its_own_kind_of_name()
    {
        var format = new LinesFormat();
        Assert.Equal("s3://b/k", CloudObject.FromS3(format, "s3://b/k").Uri.Value);
        Assert.Equal("file:///a/b", CloudObject.FromFile(format, "/a/b").Uri.Value);
        Assert.Equal("/a/s3:/b", CloudObject.FromFile(format, "/a/s3://b").Uri.Key);
        Assert.Equal("https://h/k?q=1", CloudObject.FromHttp(format, "https://h/k?q=1").Uri.Value);
        Assert.Throws<InvalidUriException>(() => CloudObject.FromS3(format, "/a/b"));
        Assert.Throws<InvalidUriException>(() => CloudObject.FromS3(format, "https://h/k"));
        Assert.Throws<InvalidUriException>(() => CloudObject.FromHttp(format, "s3://b/k"));
    }

    private async Task<PinnedObject> PutAsync(byte[] content)
    {
        var uri = ObjectUri.Parse("mem://b/x.gz");
        return new PinnedObject(_store, await _store.PutAsync(uri, content, PutOptions.Overwrite));
    }

    private sealed class Steps : IProgress<long>
    {
        public List<long> Seen { get; } = [];

        public void Report(long value) => Seen.Add(value);
    }

    private sealed class Probing(string id, Func<FormatProbe, FormatMatch> detect) : DataFormat<LinesIndex>
    {
        private readonly LinesFormat _inner = new();

        public override string Id => id;

        public override int IndexVersion => 1;

        public override string Name => id;

        public override string Description => id;

        public override IReadOnlyList<string> Extensions => [];

        public override IReadOnlyList<StrategyDescription> Strategies => [];

        public override SliceKind SliceKind => _inner.SliceKind;

        public override FormatMatch Detect(FormatProbe probe) => detect(probe);

        public override IPreprocessor CreatePreprocessor() => _inner.CreatePreprocessor();

        public override Task<LinesIndex> LoadIndexAsync(SidecarReader sidecar, CancellationToken cancellationToken = default) => _inner.LoadIndexAsync(sidecar, cancellationToken);

        public override IPartitionStrategy<LinesIndex, Slice> CreateStrategy(StrategyArguments arguments, string name) => throw new NotSupportedException();
    }
}
