using System.Text.Json;
using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;
using Dataplug.Storage;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Conformance.Formats;

/// <summary>
/// The six laws of docs/concepts.md as properties of one format on one store. Every format and every strategy must pass.
/// Derive once per format and store, and say how objects are made and how they are read by plain, obvious code.
/// </summary>
public abstract class FormatLaws<TIndex> : IAsyncLifetime
    where TIndex : ObjectIndex
{
    /// <summary>The format, with its spans made small so that small objects have many access points.</summary>
    protected abstract DataFormat<TIndex> Format { get; }

    /// <summary>The name that objects get, with the format's usual ending.</summary>
    protected abstract string FileName { get; }

    /// <summary>Valid objects as they are stored, realistic and hostile.</summary>
    protected abstract Gen<byte[]> Objects { get; }

    /// <summary>A strategy and its parameters.</summary>
    protected abstract Gen<StrategyCall> Strategies { get; }

    /// <summary>The most source requests that reading one slice may send.</summary>
    protected virtual int MaximumReadsOfSource => 1;

    /// <summary>The store.</summary>
    protected LawStore Store { get; private set; } = null!;

    /// <summary>The content of an object by the plainest means: decompressed, or the bytes themselves. Throws where the object is
    /// broken.</summary>
    protected abstract byte[] Decode(byte[] stored);

    /// <summary>The content of joined continuations: they are the content itself, but of formats whose slices are compressed.</summary>
    protected virtual byte[] DecodeJoined(byte[] joined) => joined;

    /// <summary>The records of a content or of a piece of it that is a valid file, by the plainest means.</summary>
    protected abstract IReadOnlyList<string> DecodeRecords(byte[] content);

    /// <summary>The records of all slices, in order, as those of the whole: where records may be cut, their pieces are joined.</summary>
    protected virtual IReadOnlyList<string> JoinRecords(IReadOnlyList<string> records) => records;

    /// <summary>The records of a slice, through its own <c>ReadAsync</c>.</summary>
    protected abstract Task<IReadOnlyList<string>> ReadRecordsAsync(Slice slice);

    /// <summary>How many source bytes beyond its own a slice may fetch: one access-point span and a mark's.</summary>
    protected abstract long OverreadAllowance(TIndex index);

    /// <summary>Whether a damaged object may be refused so, by preprocessing or by the strategy.</summary>
    protected virtual bool IsRefusal(DataplugException refused) => refused is CorruptObjectException or UnsupportedFormatException;

    /// <summary>Writes an object; one that is made of several objects is taken apart here.</summary>
    protected virtual Task<ObjectUri> PutAsync(byte[] stored) => Store.PutAsync(stored, FileName);

    /// <summary>The bytes of an object as they are now, all of its parts.</summary>
    protected virtual Task<byte[]> GetAsync(ObjectUri uri) => Store.GetAsync(uri);

    /// <summary>Writes another version over the object that slices read.</summary>
    protected virtual Task ReplaceAsync(ObjectUri uri, byte[] stored) => Store.ReplaceAsync(uri, [.. stored, (byte)'\n']);

    /// <summary>The object that a slice reads.</summary>
    protected virtual SourceIdentity DataOf(Slice slice) => slice.Source;

    /// <summary>The names by which errors may call an object.</summary>
    protected virtual IReadOnlyList<string> NamesOf(ObjectUri uri) => [uri.Display];

    public async Task InitializeAsync() => Store = await CreateStoreAsync();

    public async Task DisposeAsync() => await Store.DisposeAsync();

    [Fact]
    public void Law1_slices_put_together_are_the_whole_object() => ForAll(async (stored, call) =>
    {
        var (cloud, _) = await IndexAsync(stored);
        var slices = await cloud.PartitionAsync(call.Strategy, call.Parameters);
        Assert.All(slices, (slice, i) => Assert.Equal((i, slices.Count), (slice.Index, slice.Count)));

        var whole = new MemoryStream();
        var records = new List<string>();
        foreach (var slice in slices)
        {
            await using (var piece = await slice.OpenContinuationAsync())
                await piece.CopyToAsync(whole);
            records.AddRange(await ReadRecordsAsync(slice));
        }

        var content = Decode(stored);
        AssertSameBytes(content, DecodeJoined(whole.ToArray()));
        Assert.Equal(DecodeRecords(content), JoinRecords(records));
    });

    [Fact]
    public void Law1_every_slice_is_a_valid_file_with_its_own_records() => ForAll(async (stored, call) =>
    {
        var (cloud, _) = await IndexAsync(stored);
        foreach (var slice in await cloud.PartitionAsync(call.Strategy, call.Parameters))
            Assert.Equal(DecodeRecords(await SliceBytes.ReadAsync(slice)), await ReadRecordsAsync(slice));
    });

    [Fact]
    public void Law2_any_slice_reads_alone_in_any_order_and_elsewhere() => ForAll(async (stored, call) =>
    {
        var (cloud, _) = await IndexAsync(stored);
        var slices = await cloud.PartitionAsync(call.Strategy, call.Parameters);
        var expected = new byte[slices.Count][];
        for (var i = 0; i < expected.Length; i++)
            expected[i] = await SliceBytes.ReadAsync(slices[i]);

        // Elsewhere: only the text of the slice travels. The order is turned round, and four are read at a time.
        var serializer = new FormatRegistry(Format).CreateSliceSerializer();
        var texts = slices.Select(serializer.Serialize).Reverse().ToArray();
        Assert.All(texts, text => Assert.InRange(text.Length, 1, 4096));
        await Parallel.ForEachAsync(texts, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (text, _) =>
        {
            var slice = serializer.Deserialize(text) with { Stores = Store.Stores };
            Assert.Equal(slices[slice.Index], slice);
            var again = await SliceBytes.ReadAsync(slice);
            AssertSameBytes(expected[slice.Index], again);
        });
    });

    [Fact]
    public void Law3_the_object_is_never_written() => ForAll(async (stored, call) =>
    {
        var uri = await PutAsync(stored);
        var before = await Store.Stores.Get(uri).HeadAsync(uri);
        Store.Requests.Clear();

        var cloud = Bind(uri);
        await cloud.PreprocessAsync();
        foreach (var slice in await cloud.PartitionAsync(call.Strategy, call.Parameters))
            await SliceBytes.ReadAsync(slice);
        await cloud.CleanAsync();

        Assert.Equal(before.ETag, (await Store.Stores.Get(uri).HeadAsync(uri)).ETag);
        var after = await GetAsync(uri);
        AssertSameBytes(stored, after);
    });

    [Fact]
    public void Law4_a_slice_fetches_its_own_bytes_and_at_most_one_span() => ForAll(async (stored, call) =>
    {
        var (cloud, index) = await IndexAsync(stored);
        Store.Requests.Clear();
        var slices = await cloud.PartitionAsync(call.Strategy, call.Parameters);
        Assert.DoesNotContain(Store.Requests.Reads, read => read.Uri == cloud.Uri);

        var allowance = OverreadAllowance(index);
        long total = 0;
        var reading = 0;
        foreach (var slice in slices)
        {
            Store.Requests.Clear();
            await SliceBytes.ReadAsync(slice);
            var reads = Store.Requests.Reads.Where(read => read.Uri == DataOf(slice).Uri).ToArray();
            Assert.InRange(reads.Length, 0, MaximumReadsOfSource);
            Assert.Equal(0, Store.Requests.Heads);
            Assert.All(reads, read => Assert.Equal(DataOf(slice).ETag, read.IfMatch));
            Assert.All(reads, read => Assert.Contains(slice.Ranges, range => range.Contains(read.Range)));
            total += reads.Sum(read => read.Range.Length);
            reading += reads.Length > 0 ? 1 : 0;
        }

        Assert.InRange(total, 0, stored.Length + (reading * allowance));
    });

    [Fact]
    public void Law5_a_damaged_object_is_refused_or_read_as_it_is() =>
        ForAll(Objects.SelectMany(stored => Damage(stored)).Zip(Strategies), async (damaged, call) =>
        {
            var uri = await PutAsync(damaged);
            var cloud = Bind(uri);
            byte[] content;
            try
            {
                await cloud.PreprocessAsync().WaitAsync(TimeSpan.FromSeconds(60));
                content = await SliceBytes.JoinAsync(await cloud.PartitionAsync(call.Strategy, call.Parameters));
            }
            catch (DataplugException refused) when (IsRefusal(refused))
            {
                Assert.Contains(refused.ObjectName, NamesOf(uri));
                Assert.NotNull(refused.Cure);
                return;
            }

            AssertSameBytes(Decode(damaged), DecodeJoined(content));
        });

    [Fact]
    public void Law5_a_replaced_object_is_refused_by_every_slice() => ForAll(async (stored, call) =>
    {
        var (cloud, _) = await IndexAsync(stored);
        var slices = await cloud.PartitionAsync(call.Strategy, call.Parameters);
        await ReplaceAsync(cloud.Uri, stored);
        foreach (var slice in slices.Where(slice => slice.Ranges.Sum(range => range.Length) > 0))
            await Assert.ThrowsAsync<StaleIndexException>(() => SliceBytes.ReadAsync(slice));

        var reopened = Bind(cloud.Uri, cloud.Options.Metadata.Home);
        await Assert.ThrowsAsync<StaleIndexException>(() => reopened.GetIndexAsync());
    });

    [Fact]
    public void Law6_the_index_is_the_same_however_it_was_made() =>
        ForAll(Objects.Zip(Gen.Choose(1, 6)), async (stored, failAt) =>
        {
            var uri = await PutAsync(stored);
            var plain = await SidecarAsync(uri, new PreprocessOptions { Workers = 1 });
            var parallel = await SidecarAsync(uri, new PreprocessOptions { Workers = 3 });
            AssertSameBytes(plain, parallel);
            var foreign = await SidecarAsync(uri, new PreprocessOptions { Executor = new ForeignExecutor(new FormatRegistry(Format), Store.Stores) });
            AssertSameBytes(plain, foreign);

            // A run that dies at some read and is taken up again.
            var home = Store.NewHome();
            var reads = 0;
            Store.Requests.BeforeRead = _ =>
            {
                if (Interlocked.Increment(ref reads) == failAt)
                    throw new StorageException(uri.Display, "cut off by the test");
            };
            try
            {
                await Bind(uri, home).PreprocessAsync(new PreprocessOptions { Workers = 1 });
            }
            catch (StorageException)
            {
                // What the interruption is for.
            }
            finally
            {
                Store.Requests.BeforeRead = null;
            }

            var resumed = await SidecarAsync(uri, new PreprocessOptions(), home);
            AssertSameBytes(plain, resumed);
        });

    /// <summary>Where the objects are: <see cref="FileLawStore"/> or <see cref="S3LawStore"/>.</summary>
    protected abstract Task<LawStore> CreateStoreAsync();

    /// <summary>Damages an object: cut short, a byte changed, a piece doubled, foreign bytes at the end.</summary>
    protected static Gen<byte[]> Damage(byte[] stored)
    {
        if (stored.Length == 0)
            return Gen.Constant<byte[]>([0x1f]);
        var place = Gen.Choose(0, stored.Length - 1);
        return Gen.OneOf(
            place.Select(at => stored[..at]),
            place.Zip(Gen.Choose(1, 255)).Select(t =>
            {
                var changed = stored.ToArray();
                changed[t.Item1] ^= (byte)t.Item2;
                return changed;
            }),
            place.Select(at => (byte[])[.. stored[..at], .. stored[(at / 2)..]]),
            Gen.Choose(0, 255).ArrayOf().Select(tail => (byte[])[.. stored, .. tail.Select(b => (byte)b)]));
    }

    /// <summary>Compares bytes and says where they differ.</summary>
    protected static void AssertSameBytes(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        var common = expected.CommonPrefixLength(actual);
        if (common != expected.Length || common != actual.Length)
            Assert.Fail($"bytes differ from offset {common}: expected {expected.Length} bytes, found {actual.Length}");
    }

    private CloudObject<TIndex> Bind(ObjectUri uri, string? home = null) => CloudObject.FromUri(Format, uri.Value, new CloudObjectOptions
    {
        Stores = Store.Stores,
        Metadata = new MetadataOptions { Home = home ?? Store.NewHome() },
    });

    private async Task<(CloudObject<TIndex> Cloud, TIndex Index)> IndexAsync(byte[] stored)
    {
        var cloud = Bind(await PutAsync(stored));
        await cloud.PreprocessAsync();
        return (cloud, await cloud.GetIndexAsync());
    }

    private async Task<byte[]> SidecarAsync(ObjectUri uri, PreprocessOptions options, string? home = null) =>
        await Store.GetAsync((await Bind(uri, home).PreprocessAsync(options)).Sidecar);

    private void ForAll(Func<byte[], StrategyCall, Task> law) => ForAll(Objects.Zip(Strategies), law);

    private void ForAll<T1, T2>(Gen<(T1, T2)> cases, Func<T1, T2, Task> law) =>
        Prop.ForAll(cases.ToArbitrary(), c => Task.Run(() => law(c.Item1, c.Item2)).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Store.Cases).WithQuietOnSuccess(true));

    // Runs chunks as another process would: the task travels as JSON, the order is turned round.
    private sealed class ForeignExecutor(FormatRegistry registry, ObjectStores stores) : IChunkExecutor
    {
        public async Task RunAsync(
            IReadOnlyList<ChunkTask> tasks,
            Func<ChunkTask, ReadOnlyMemory<byte>, ValueTask> onPartial,
            IProgress<long>? progress,
            CancellationToken cancellationToken)
        {
            foreach (var task in tasks.Reverse())
            {
                var foreign = JsonSerializer.Deserialize<ChunkTask>(JsonSerializer.Serialize(task))!;
                await onPartial(task, await registry.RunChunkAsync(foreign, stores, progress, cancellationToken));
            }
        }
    }
}

/// <summary>A strategy's name and its parameters.</summary>
public sealed record StrategyCall(string Strategy, IReadOnlyDictionary<string, string> Parameters)
{
    public StrategyCall(string strategy, params (string Name, string Value)[] parameters)
        : this(strategy, parameters.ToDictionary(p => p.Name, p => p.Value))
    {
    }

    public override string ToString() => $"{Strategy}({string.Join(", ", Parameters.Select(p => $"{p.Key}={p.Value}"))})";
}
