using System.Text.Json;
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
    private readonly ObjectStores _stores;
    private readonly DataFormat<TIndex> _format;

    private IndexedText(DataFormat<TIndex> format, ObjectStores stores, MemoryObjectStore store, TIndex index, SidecarReader reader, byte[] sidecar)
    {
        _format = format;
        _stores = stores;
        Store = store;
        Index = index;
        Reader = reader;
        Sidecar = sidecar;
    }

    public MemoryObjectStore Store { get; }

    public TIndex Index { get; }

    public SidecarReader Reader { get; }

    public byte[] Sidecar { get; }

    public static async Task<IndexedText<TIndex>> CreateAsync(DataFormat<TIndex> format, byte[] content)
    {
        var store = new MemoryObjectStore();
        var stores = new ObjectStores().Register("memory", () => store);
        var source = await stores.PinAsync(store.Put("object", content));
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

        var reader = await SidecarReader.OpenAsync(stores, store.Put("sidecar", sidecar.ToArray()));
        return new IndexedText<TIndex>(format, stores, store, await format.LoadIndexAsync(reader), reader, sidecar.ToArray());
    }

    /// <summary>Cuts the object; every slice has been JSON in between.</summary>
    public IReadOnlyList<TSlice> Partition<TSlice>(IPartitionStrategy<TIndex, TSlice> strategy)
        where TSlice : Slice
    {
        var slices = strategy.Partition(Index);
        var copies = new TSlice[slices.Count];
        for (var i = 0; i < copies.Length; i++)
        {
            Assert.Equal((i, slices.Count), (slices[i].Index, slices[i].Count));
            var json = JsonSerializer.Serialize(slices[i], _format.SliceKind.TypeInfo);
            Assert.InRange(json.Length, 1, 2048);
            var copy = (TSlice)JsonSerializer.Deserialize(json, _format.SliceKind.TypeInfo)!;
            Assert.Equal(slices[i], copy);
            copies[i] = copy with { Stores = _stores };
        }

        return copies;
    }

    /// <summary>The slices' continuations, put together.</summary>
    public static async Task<byte[]> JoinAsync(IEnumerable<Slice> slices)
    {
        var whole = new MemoryStream();
        foreach (var slice in slices)
        {
            await using var piece = await slice.OpenContinuationAsync();
            await piece.CopyToAsync(whole);
        }

        return whole.ToArray();
    }

    public static async Task<byte[]> ReadAsync(Slice slice)
    {
        await using var piece = await slice.OpenReadAsync();
        var bytes = new MemoryStream();
        await piece.CopyToAsync(bytes);
        return bytes.ToArray();
    }

}

/// <summary>Properties that are checked by asynchronous code.</summary>
internal static class Properties
{
    public static void ForAll<T>(Gen<T> cases, int count, Func<T, Task> property) =>
        Prop.ForAll(cases.ToArbitrary(), value => Task.Run(() => property(value)).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(count).WithQuietOnSuccess(true));
}
