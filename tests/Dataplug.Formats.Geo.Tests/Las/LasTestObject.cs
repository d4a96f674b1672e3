using Dataplug.Conformance.Formats;
using Dataplug.Metadata;
using Dataplug.Preprocessing;

namespace Dataplug.Formats.Geo.Tests;

/// <summary>An object in a folder of its own, and its index.</summary>
internal static class LasTestObject
{
    public static LasFormat SmallBlocks { get; } = new(new LasBlockSize(32, 1 << 20), chunkSize: 20_000);

    public static async Task<CloudObject<LasIndex>> IndexAsync(LawStore store, byte[] stored, LasFormat? format = null)
    {
        var cloud = await BindAsync(store, stored, format);
        await cloud.PreprocessAsync();
        return cloud;
    }

    public static async Task<CloudObject<LasIndex>> BindAsync(LawStore store, byte[] stored, LasFormat? format = null) =>
        CloudObject.FromUri(format ?? SmallBlocks, (await store.PutAsync(stored, "points.las")).Value, new CloudObjectOptions { Stores = store.Stores, Metadata = new MetadataOptions { Home = store.NewHome() } });

    public static async Task<IReadOnlyList<string>> RecordsOfAsync(LasSlice slice)
    {
        var points = await slice.GetAsync();
        return [.. Enumerable.Range(0, points.Count).Select(i => Convert.ToHexString(points.RecordOf(i)))];
    }
}
