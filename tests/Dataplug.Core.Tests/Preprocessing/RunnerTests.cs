using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.Storage;
using Dataplug.Conformance.Toys;
using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Core.Tests.Preprocessing;

public sealed class RunnerTests : IDisposable
{
    private static readonly byte[] Content = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 3000).Select(i => $"line {i}\n")));

    private readonly ScratchFolder _scratch = new();
    private readonly MemoryObjectStore _memory = new("b");
    private readonly RecordingObjectStore _store;

    public RunnerTests() => _store = new RecordingObjectStore(_memory);

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("chunked")]
    [InlineData("streamed")]
    public async Task A_run_that_is_killed_goes_on_where_it_was(string kind)
    {
        var file = _scratch.Write("a.lines", Content);
        var expected = await SidecarAsync(file, kind == "streamed");
        string[] arguments = ["preprocess", _scratch.Home, "-", file.Key, kind, "1000", "400"];
        long begun;
        using (var victim = TestHost.Start([.. arguments, "8"]))
        {
            var said = (await victim.WaitAsync()).Output;
            Assert.Contains("step 8\n", said, StringComparison.Ordinal);
            Assert.DoesNotContain("Indexed", said, StringComparison.Ordinal);
            begun = said.Split('\n').Count(line => line.StartsWith("step ", StringComparison.Ordinal));
        }

        Assert.Equal(0, Indexes());
        using var next = TestHost.Start([.. arguments[..^1], "0"]);
        var (exitCode, output) = await next.WaitAsync();
        Assert.Equal(0, exitCode);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var resumedFrom = long.Parse(lines[^1].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        Assert.StartsWith("Indexed ", lines[^1], StringComparison.Ordinal);
        Assert.InRange(resumedFrom, 5000, begun * 1000);
        Assert.Equal((Content.Length - resumedFrom + 999) / 1000, lines.Length - 1);
        Assert.Equal(expected, await File.ReadAllBytesAsync(Directory.GetFiles(Path.Combine(_scratch.Home, "indexes")).Single()));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_scratch.Home, "runs")));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_scratch.Home, "tmp")));
    }

    [Fact]
    public async Task A_run_killed_again_and_again_comes_to_the_same_end()
    {
        var file = _scratch.Write("a.lines", Content);
        var expected = await SidecarAsync(file, isStreaming: true);
        foreach (var step in (string[])["0", "3", "5"])
        {
            using var victim = TestHost.Start("preprocess", _scratch.Home, "-", file.Key, "streamed", "1000", "100", step);
            Assert.EndsWith($"step {step}\n", (await victim.WaitAsync()).Output, StringComparison.Ordinal);
        }

        using var last = TestHost.Start("preprocess", _scratch.Home, "-", file.Key, "streamed", "1000", "0");
        Assert.Equal(0, (await last.WaitAsync()).ExitCode);
        Assert.Equal(expected, await File.ReadAllBytesAsync(Directory.GetFiles(Path.Combine(_scratch.Home, "indexes")).Single()));
    }

    [Fact]
    public async Task Two_processes_never_work_on_the_same_object()
    {
        var file = _scratch.Write("a.lines", Content);
        using var first = TestHost.Start("preprocess", _scratch.Home, "-", file.Key, "chunked", "1000", "300");
        await first.WaitForAsync("step 2");
        using var second = TestHost.Start("preprocess", _scratch.Home, "-", file.Key, "chunked", "1000", "0");
        var (exitCode, output) = await second.WaitAsync();
        Assert.Equal(1, exitCode);
        Assert.StartsWith(nameof(PreprocessingInProgressException), output, StringComparison.Ordinal);
        Assert.Contains($"process {first.Id} on {Environment.MachineName} since 20", output, StringComparison.Ordinal);
        var (firstExit, firstOutput) = await first.WaitAsync();
        Assert.Equal(0, firstExit);
        Assert.Contains("Indexed 0", firstOutput, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Any_number_of_workers_and_any_executor_make_the_same_sidecar(bool isStreaming)
    {
        var uri = await PutAsync();
        var sidecars = new List<byte[]>();
        foreach (var options in (PreprocessOptions[])[new() { Workers = 1 }, new() { Workers = 7 }, new() { Executor = new ForeignExecutor(new FormatRegistry(Format(isStreaming)), Stores) }])
        {
            var report = await Cloud(uri, isStreaming, Path.Combine(_scratch.Path, sidecars.Count.ToString(System.Globalization.CultureInfo.InvariantCulture))).PreprocessAsync(options);
            sidecars.Add(await File.ReadAllBytesAsync(report.Sidecar.Key));
        }

        Assert.All(sidecars, sidecar => Assert.Equal(sidecars[0], sidecar));
    }

    [Fact]
    public async Task A_good_index_costs_one_head_and_one_small_read()
    {
        var uri = await PutAsync();
        await Cloud(uri, metadata: new MetadataOptions { UseMetaBucket = true }).PreprocessAsync();
        _store.Clear();
        var report = await Cloud(uri, metadata: new MetadataOptions { UseMetaBucket = true }).PreprocessAsync();
        Assert.Equal(PreprocessOutcome.AlreadyIndexed, report.Outcome);
        Assert.Equal(1, _store.Heads);
        Assert.Equal("mem://b.meta/a.lines.toy-lines.dpi", Assert.Single(_store.Reads).Uri.Value);
        Assert.Equal(0, _store.Writes);
    }

    [Fact]
    public async Task Force_indexes_again()
    {
        var uri = await PutAsync();
        var cloud = Cloud(uri);
        var first = await cloud.PreprocessAsync();
        var before = await File.ReadAllBytesAsync(first.Sidecar.Key);
        var again = await cloud.PreprocessAsync(new PreprocessOptions { Force = true });
        Assert.Equal(PreprocessOutcome.Indexed, again.Outcome);
        Assert.Equal(before, await File.ReadAllBytesAsync(again.Sidecar.Key));
    }

    [Fact]
    public async Task A_damaged_or_outdated_index_is_made_anew_without_force()
    {
        var uri = await PutAsync();
        var report = await Cloud(uri).PreprocessAsync();
        await File.WriteAllBytesAsync(report.Sidecar.Key, new byte[500]);
        await Assert.ThrowsAsync<CorruptIndexException>(() => Cloud(uri).GetIndexAsync());
        await Assert.ThrowsAsync<CorruptIndexException>(() => Cloud(uri).GetStateAsync());
        Assert.Equal(PreprocessOutcome.Indexed, (await Cloud(uri).PreprocessAsync()).Outcome);
        Assert.Equal(3000, (await Cloud(uri).GetIndexAsync()).Lines.Sum());

        // Other parameters are another index.
        var other = CloudObject.FromUri(new LinesFormat(500), uri.Value, Options());
        var refused = await Assert.ThrowsAsync<NotPreprocessedException>(() => other.GetIndexAsync());
        Assert.Contains("""{"chunk":500}""", refused.Message, StringComparison.Ordinal);
        Assert.Equal(IndexStatus.Stale, (await other.GetStateAsync()).Status);
        Assert.Equal(PreprocessOutcome.Indexed, (await other.PreprocessAsync()).Outcome);
    }

    [Fact]
    public async Task An_index_of_another_version_of_the_object_is_stale()
    {
        var uri = await PutAsync();
        var old = Cloud(uri);
        await old.PreprocessAsync();
        var slices = await old.PartitionAsync(LinesFormat.IntoSlices(2));
        var before = (await old.GetStateAsync()).Current.ETag;
        var now = await _store.PutAsync(uri, Content.AsMemory(100), PutOptions.Overwrite);

        var refused = await Assert.ThrowsAsync<StaleIndexException>(() => Cloud(uri).GetIndexAsync());
        Assert.Contains(before, refused.Message, StringComparison.Ordinal);
        Assert.Contains(now.ETag, refused.Message, StringComparison.Ordinal);
        Assert.Equal(IndexStatus.Stale, (await Cloud(uri).GetStateAsync()).Status);
        await Assert.ThrowsAsync<StaleIndexException>(async () =>
        {
            await using var stream = await slices[0].OpenReadAsync();
            await stream.ReadExactlyAsync(new byte[10]);
        });
        Assert.Equal(PreprocessOutcome.Indexed, (await Cloud(uri).PreprocessAsync()).Outcome);
    }

    [Theory]
    [InlineData(false, 3)]
    [InlineData(true, 3)]
    [InlineData(false, 28)]
    public async Task An_object_that_changes_while_it_is_read_gets_no_index(bool isStreaming, int step)
    {
        var uri = await PutAsync();
        var format = new LinesFormat(isStreaming: isStreaming)
        {
            BeforeStep = async i =>
            {
                if (i == step)
                    await _store.PutAsync(uri, Content, PutOptions.Overwrite);
            },
        };
        var cloud = CloudObject.FromUri(format, uri.Value, Options());
        await Assert.ThrowsAsync<StaleIndexException>(() => cloud.PreprocessAsync(new PreprocessOptions { Workers = 1 }));
        Assert.Equal(0, Indexes());
        await Assert.ThrowsAsync<NotPreprocessedException>(() => cloud.GetIndexAsync());
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_scratch.Home, "runs")));
    }

    [Fact]
    public async Task An_object_that_changes_after_the_last_read_gets_no_index()
    {
        var uri = await PutAsync();
        var executor = new AfterwardsExecutor(new LocalChunkExecutor(Format(), Stores), () => _store.PutAsync(uri, Content, PutOptions.Overwrite));
        await Assert.ThrowsAsync<StaleIndexException>(() => Cloud(uri).PreprocessAsync(new PreprocessOptions { Executor = executor }));
        Assert.Equal(0, Indexes());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cancelling_keeps_what_is_done(bool isStreaming)
    {
        var uri = await PutAsync();
        using var cancel = new CancellationTokenSource();
        var steps = 0;
        var format = new LinesFormat(isStreaming: isStreaming)
        {
            BeforeStep = _ =>
            {
                if (++steps == 12)
                    cancel.Cancel();
                return Task.CompletedTask;
            },
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CloudObject.FromUri(format, uri.Value, Options()).PreprocessAsync(new PreprocessOptions { Workers = 1 }, cancel.Token));
        var run = Assert.Single(await (await Catalog.OpenAsync(Options().Metadata)).ListRunsAsync());
        Assert.Equal(CatalogRunState.Cancelled, run.State);
        Assert.Equal(11_000, run.BytesDone);
        Assert.Equal(isStreaming ? 0 : 29, run.Chunks.Count);
        Assert.Equal(isStreaming ? 0 : 11, run.Chunks.Count(chunk => chunk.IsDone));

        var report = await Cloud(uri, isStreaming).PreprocessAsync();
        Assert.Equal(11_000, report.ResumedFrom);
        run = Assert.Single(await (await Catalog.OpenAsync(Options().Metadata)).ListRunsAsync());
        Assert.Equal((CatalogRunState.Succeeded, (long)Content.Length), (run.State, run.BytesDone));
        Assert.Empty(run.Chunks);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Leftovers_that_are_damaged_are_thrown_away(bool isStreaming)
    {
        var uri = await PutAsync();
        var expected = await SidecarAsync(_scratch.Write("x", Content), isStreaming);
        await InterruptAsync(uri, isStreaming, atStep: 12);
        var folder = Directory.GetDirectories(Path.Combine(_scratch.Home, "runs")).Single();
        var partials = Directory.GetFiles(folder, "partial-*.bin").Order().ToArray();
        Assert.Equal(12, partials.Length);

        // A flipped bit, an empty file, a result of another chunk, a file that was being written.
        var bytes = await File.ReadAllBytesAsync(partials[2]);
        bytes[^12] ^= 1;
        await File.WriteAllBytesAsync(partials[2], bytes);
        await File.WriteAllBytesAsync(partials[4], []);
        File.Copy(partials[7], partials[6], overwrite: true);
        await File.WriteAllBytesAsync(partials[0] + ".tmp", [1]);

        var report = await Cloud(uri, isStreaming).PreprocessAsync();
        Assert.Equal(isStreaming ? 0 : 9000, report.ResumedFrom);
        AssertSameButForTheSource(expected, await File.ReadAllBytesAsync(report.Sidecar.Key));
    }

    [Fact]
    public async Task Leftovers_of_another_version_of_the_object_are_thrown_away()
    {
        var uri = await PutAsync();
        await InterruptAsync(uri, isStreaming: false, atStep: 12);
        await _store.PutAsync(uri, Content, PutOptions.Overwrite);
        Assert.Equal(0, (await Cloud(uri).PreprocessAsync()).ResumedFrom);
    }

    [Fact]
    public async Task Progress_never_falls_and_ends_at_the_end()
    {
        var uri = await PutAsync();
        await InterruptAsync(uri, isStreaming: false, atStep: 5);
        var seen = new Collected<PreprocessProgress>();
        await Cloud(uri).PreprocessAsync(new PreprocessOptions { Workers = 3, Progress = seen });
        Assert.All(seen.Items, progress => Assert.Equal((Content.Length, 5000L), (progress.BytesTotal, progress.ResumedFrom)));
        Assert.Equal(seen.Items.Select(progress => progress.BytesDone).Order(), seen.Items.Select(progress => progress.BytesDone));
        Assert.Equal(Content.Length, seen.Items[^1].BytesDone);
        Assert.Equal(TimeSpan.Zero, seen.Items[^1].Remaining);
    }

    [Fact]
    public void Progress_reports_are_few_and_the_rate_is_that_of_the_last_seconds()
    {
        var clock = new ManualTime();
        var seen = new Collected<PreprocessProgress>();
        var tracker = new ProgressTracker(10_000, 0, seen, clock);
        for (var i = 0; i < 1000; i++)
        {
            clock.Advance(TimeSpan.FromMilliseconds(10));
            tracker.Add(5);
        }

        Assert.InRange(seen.Items.Count, 30, 45);
        var last = seen.Items[^1];
        Assert.InRange(last.BytesPerSecond, 499, 501);
        Assert.InRange(last.Remaining!.Value.TotalSeconds, 9.9, 10.6);
        tracker.AdvanceTo(3);
        tracker.AdvanceTo(long.MaxValue);
        tracker.Finish();
        Assert.Equal(10_000, seen.Items[^1].BytesDone);
    }

    [Fact]
    public async Task An_empty_object_has_an_index()
    {
        var uri = ObjectUri.Parse("mem://b/empty.lines");
        await _store.PutAsync(uri, ReadOnlyMemory<byte>.Empty, PutOptions.Overwrite);
        foreach (var isStreaming in (bool[])[false, true])
        {
            var cloud = Cloud(uri, isStreaming);
            await cloud.PreprocessAsync();
            Assert.Empty((await cloud.GetIndexAsync()).Lines);
            Assert.Equal(3, (await cloud.PartitionAsync("by-count", new Dictionary<string, string> { ["count"] = "3" })).Count);
        }
    }

    [Fact]
    public async Task Strategies_are_found_by_name_or_named()
    {
        var cloud = Cloud(await PutAsync());
        await cloud.PreprocessAsync();
        Assert.Contains("by-count", (await Assert.ThrowsAsync<PartitionException>(() => cloud.PartitionAsync("no", new Dictionary<string, string>()))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<PartitionException>(() => cloud.PartitionAsync("by-count", new Dictionary<string, string>()));
        var slices = await cloud.PartitionAsync("by-count", new Dictionary<string, string> { ["count"] = "3" });
        Assert.All(slices, slice => Assert.Same(cloud.Options.Stores, slice.Stores));
    }

    [Fact]
    public async Task The_index_is_read_once_and_cutting_reads_nothing()
    {
        var cloud = Cloud(await PutAsync(), metadata: new MetadataOptions { UseMetaBucket = true });
        await cloud.PreprocessAsync();
        _store.Clear();
        await cloud.GetIndexAsync();
        Assert.Equal((1, 1), (_store.Heads, _store.Reads.Count));
        for (var i = 1; i < 5; i++)
            await cloud.PartitionAsync(LinesFormat.IntoSlices(i));
        Assert.Same(await cloud.GetIndexAsync(), await cloud.GetObjectIndexAsync());
        Assert.Equal((1, 1), (_store.Heads, _store.Reads.Count));
    }

    [Fact]
    public async Task Cleaning_leaves_nothing_but_the_object()
    {
        var uri = await PutAsync();
        var cloud = Cloud(uri);
        Assert.False(await cloud.CleanAsync());
        await cloud.PreprocessAsync();
        await cloud.GetIndexAsync();
        Assert.True(await cloud.CleanAsync());
        Assert.Equal(0, Indexes());
        await Assert.ThrowsAsync<NotPreprocessedException>(() => cloud.GetIndexAsync());
        Assert.Empty(await (await Catalog.OpenAsync(Options().Metadata)).ListAsync());

        await InterruptAsync(uri, isStreaming: false, atStep: 5);
        Assert.True(await cloud.CleanAsync());
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_scratch.Home, "runs")));
        Assert.Empty(await (await Catalog.OpenAsync(Options().Metadata)).ListRunsAsync());
        Assert.Equal(Content.Length, (await _store.HeadAsync(uri)).Size);
        Assert.False(await cloud.CleanAsync());
    }

    [Fact]
    public async Task An_executor_that_forgets_a_chunk_is_found_out()
    {
        var uri = await PutAsync();
        var failed = await Assert.ThrowsAsync<StorageException>(() => Cloud(uri).PreprocessAsync(new PreprocessOptions { Executor = new ForeignExecutor(new FormatRegistry(Format()), Stores) { Forget = 4 } }));
        Assert.Contains("chunk 4 of 29", failed.Message, StringComparison.Ordinal);
        Assert.Equal(Content.Length - 1000, (await Cloud(uri).PreprocessAsync()).ResumedFrom);
    }

    [Fact]
    public async Task A_home_that_can_not_be_written_is_named_with_a_cure()
    {
        var uri = await PutAsync();
        var blocked = _scratch.Write("a-file", "x"u8).Key;
        var failed = await Assert.ThrowsAsync<StorageException>(() => Cloud(uri, home: Path.Combine(blocked, "home")).PreprocessAsync());
        Assert.Contains("DATAPLUG_HOME", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_is_named_with_a_cure()
    {
        await using var full = new HomeFileStream("/dev/full");
        var failed = await Assert.ThrowsAsync<StorageException>(async () =>
        {
            await full.WriteAsync(new byte[1 << 20]);
            await full.FlushAsync();
        });
        Assert.Contains("Free some space", failed.Cure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signed_URL_is_known_again_under_another_signature()
    {
        var web = new WebStore(_memory);
        var stores = MemoryObjectStore.Stores(_store).Register("https", () => web);
        await PutAsync();
        CloudObject<LinesIndex> At(string query) => CloudObject.FromHttp(Format(), "https://host/b/a.lines?" + query, _scratch.Options(stores));
        var first = At("X-Amz-Credential=me&X-Amz-Signature=one");
        await first.PreprocessAsync();
        var second = At("X-Amz-Credential=me&X-Amz-Signature=two");
        Assert.Equal(PreprocessOutcome.AlreadyIndexed, (await second.PreprocessAsync()).Outcome);
        var slices = await second.PartitionAsync(LinesFormat.IntoSlices(2));
        Assert.All(slices, slice => Assert.Equal(second.Uri, slice.Source.Uri));
        foreach (var file in Directory.EnumerateFiles(_scratch.Home, "*", SearchOption.AllDirectories))
        {
            var bytes = await File.ReadAllBytesAsync(file);
            Assert.True(bytes.AsSpan().IndexOf("X-Amz"u8) < 0, file);
        }
    }

    private LinesFormat Format(bool isStreaming = false) => new(isStreaming: isStreaming);

    private ObjectStores Stores => MemoryObjectStore.Stores(_store);

    private CloudObjectOptions Options() => _scratch.Options(Stores);

    private CloudObject<LinesIndex> Cloud(ObjectUri uri, bool isStreaming = false, string? home = null, MetadataOptions? metadata = null) =>
        CloudObject.FromUri(Format(isStreaming), uri.Value, new CloudObjectOptions
        {
            Stores = Stores,
            Metadata = (metadata ?? new MetadataOptions()) with { Home = home ?? _scratch.Home },
        });

    private int Indexes() => Directory.Exists(Path.Combine(_scratch.Home, "indexes")) ? Directory.GetFiles(Path.Combine(_scratch.Home, "indexes")).Length : 0;

    private async Task<ObjectUri> PutAsync()
    {
        var uri = ObjectUri.Parse("mem://b/a.lines");
        await _store.PutAsync(uri, Content, PutOptions.Overwrite);
        return uri;
    }

    private async Task InterruptAsync(ObjectUri uri, bool isStreaming, int atStep)
    {
        var format = new LinesFormat(isStreaming: isStreaming)
        {
            BeforeStep = step => step == atStep ? throw new StorageException(uri.Display, "cut off by the test") : Task.CompletedTask,
        };
        var failed = await Assert.ThrowsAsync<StorageException>(() => CloudObject.FromUri(format, uri.Value, Options()).PreprocessAsync(new PreprocessOptions { Workers = 1 }));
        Assert.Contains("cut off", failed.Message, StringComparison.Ordinal);
    }

    // The sidecar of an undisturbed run with another home.
    private async Task<byte[]> SidecarAsync(ObjectUri file, bool isStreaming)
    {
        using var other = new ScratchFolder();
        var report = await CloudObject.FromFile(Format(isStreaming), file.Key, other.Options()).PreprocessAsync();
        return await File.ReadAllBytesAsync(report.Sidecar.Key);
    }

    private static void AssertSameButForTheSource(byte[] expected, byte[] actual)
    {
        // Sections begin after the front header.
        static ReadOnlySpan<byte> Sections(byte[] sidecar) => sidecar.AsSpan((24 + BitConverter.ToInt32(sidecar, 12))..(int)BitConverter.ToInt64(sidecar, sidecar.Length - 48));
        Assert.True(Sections(expected).SequenceEqual(Sections(actual)));
    }

    private sealed class ForeignExecutor(FormatRegistry registry, ObjectStores stores) : IChunkExecutor
    {
        public int? Forget { get; init; }

        public async Task RunAsync(IReadOnlyList<ChunkTask> tasks, Func<ChunkTask, ReadOnlyMemory<byte>, ValueTask> onPartial, IProgress<long>? progress, CancellationToken cancellationToken)
        {
            foreach (var task in tasks.Reverse())
            {
                if (task.Index == Forget)
                    continue;
                var partial = await registry.RunChunkAsync(task, stores, progress, cancellationToken);
                await onPartial(task, partial);
                await onPartial(task, partial);
            }
        }
    }

    private sealed class AfterwardsExecutor(IChunkExecutor inner, Func<Task> afterwards) : IChunkExecutor
    {
        public async Task RunAsync(IReadOnlyList<ChunkTask> tasks, Func<ChunkTask, ReadOnlyMemory<byte>, ValueTask> onPartial, IProgress<long>? progress, CancellationToken cancellationToken)
        {
            await inner.RunAsync(tasks, onPartial, progress, cancellationToken);
            await afterwards();
        }
    }

    private sealed class Collected<T> : IProgress<T>
    {
        public List<T> Items { get; } = [];

        public void Report(T value) => Items.Add(value);
    }

    private sealed class ManualTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan time) => _ticks += time.Ticks;
    }

    // https://host/bucket/key?signature over the memory store; only what reading needs.
    private sealed class WebStore(MemoryObjectStore memory) : IObjectStore
    {
        public StoreCapabilities Capabilities => StoreCapabilities.None;

        public async Task<ObjectInfo> HeadAsync(ObjectUri uri, CancellationToken cancellationToken = default) =>
            await memory.HeadAsync(Inner(uri), cancellationToken) with { Uri = uri };

        public async Task<ObjectRead> OpenReadAsync(ObjectUri uri, ReadRequest request, CancellationToken cancellationToken = default)
        {
            var read = await memory.OpenReadAsync(Inner(uri), request, cancellationToken);
            return new ObjectRead(read.Info with { Uri = uri }, read.Range, read.Content);
        }

        public Task<ObjectInfo> PutAsync(ObjectUri uri, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<IMultipartUpload> CreateMultipartAsync(ObjectUri uri, PutOptions options, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public IAsyncEnumerable<ObjectInfo> ListAsync(ObjectUri prefix, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task DeleteAsync(IReadOnlyCollection<ObjectUri> uris, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<ObjectInfo> CopyAsync(ObjectUri source, ObjectUri destination, PutOptions options, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<bool> CreateContainerAsync(ObjectUri uri, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<ObjectUri> PresignReadAsync(ObjectUri uri, TimeSpan validFor, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static ObjectUri Inner(ObjectUri uri) => ObjectUri.Parse("mem:/" + new Uri(uri.Value).AbsolutePath);
    }
}
