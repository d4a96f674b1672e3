using System.Text.Json;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.Storage;
using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;
using Dataplug.Storage;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Core.Tests.Text;

/// <summary>An object in memory that was indexed chunk by chunk, last chunk first, and what came of it.</summary>
internal sealed class IndexedText<TIndex>
    where TIndex : ObjectIndex
{
    private static readonly ObjectUri Place = ObjectUri.ForContainer("mem", "test", "object");

    private readonly ObjectStores _stores;
    private readonly DataFormat<TIndex> _format;

    private IndexedText(DataFormat<TIndex> format, ObjectStores stores, RecordingObjectStore requests, TIndex index, SidecarReader reader, byte[] sidecar)
    {
        _format = format;
        _stores = stores;
        Requests = requests;
        Index = index;
        Reader = reader;
        Sidecar = sidecar;
    }

    public RecordingObjectStore Requests { get; }

    /// <summary>The ranges that were read since the requests were cleared.</summary>
    public IReadOnlyList<ByteRange> Reads => [.. Requests.Reads.Select(read => read.Range)];

    public TIndex Index { get; }

    public SidecarReader Reader { get; }

    public byte[] Sidecar { get; }

    public static async Task<IndexedText<TIndex>> CreateAsync(DataFormat<TIndex> format, byte[] content)
    {
        var requests = new RecordingObjectStore(new MemoryObjectStore("test"));
        var stores = MemoryObjectStore.Stores(requests);
        await requests.PutAsync(Place, content, PutOptions.Overwrite);
        var source = await stores.PinAsync(Place);
        var preprocessor = (IChunkedPreprocessor)format.CreatePreprocessor();
        var chunks = preprocessor.PlanChunks(content.Length);
        var partials = new ReadOnlyMemory<byte>[chunks.Count];
        for (var i = partials.Length - 1; i >= 0; i--)
            partials[i] = await preprocessor.MapAsync(new ChunkRun(source, chunks[i], i, chunks.Count), CancellationToken.None);

        var sidecar = new MemoryStream();
        var header = new SidecarHeader(format.Id, format.IndexVersion, SourceIdentity.Of(source.Info), format.Parameters);
        await using (var writer = new SidecarWriter(sidecar, header))
        {
            await preprocessor.MergeAsync(partials.ToAsyncEnumerable(), source, writer, CancellationToken.None);
            await writer.CompleteAsync();
        }

        var reader = await SidecarReader.OpenAsync(stores, (await requests.PutAsync(Place.WithKey("sidecar"), sidecar.ToArray(), PutOptions.Overwrite)).Uri);
        return new IndexedText<TIndex>(format, stores, requests, await format.LoadIndexAsync(reader), reader, sidecar.ToArray());
    }

    /// <summary>Writes over the object.</summary>
    public Task ReplaceAsync(byte[] content) => Requests.PutAsync(Place, content, PutOptions.Overwrite);

    /// <summary>Cuts the object; every slice has been JSON in between.</summary>
    public IReadOnlyList<TSlice> Partition<TSlice>(IPartitionStrategy<TIndex, TSlice> strategy)
        where TSlice : Slice
    {
        var slices = strategy.Partition(Index);
        var copies = new TSlice[slices.Count];
        for (var i = 0; i < copies.Length; i++)
        {
            Assert.Equal((i, slices.Count), (slices[i].Index, slices[i].Count));
            var json = JsonSerializer.Serialize(slices[i], _format.SliceKind.Contract);
            Assert.InRange(json.Length, 1, 2048);
            var copy = (TSlice)JsonSerializer.Deserialize(json, _format.SliceKind.Contract)!;
            Assert.Equal(slices[i], copy);
            copies[i] = copy with { Stores = _stores };
        }

        return copies;
    }
}

/// <summary>Properties that are checked by asynchronous code.</summary>
internal static class Properties
{
    public static void ForAll<T>(Gen<T> cases, int count, Func<T, Task> property) =>
        Prop.ForAll(cases.ToArbitrary(), value => Task.Run(() => property(value)).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(count).WithQuietOnSuccess(true));
}
