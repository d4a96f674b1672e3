using Dataplug.Conformance.Formats;
using Dataplug.Metadata;
using Dataplug.Preprocessing;

namespace Dataplug.Formats.Geo.Tests;

/// <summary>Puts rasters where they can be indexed.</summary>
public abstract class GeoTiffBench : IAsyncDisposable, IAsyncLifetime
{
    private protected FileLawStore Store { get; } = new();

    public Task InitializeAsync() => Task.CompletedTask;

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Store.DisposeAsync();
    }

    protected async Task<CloudObject<GeoTiffIndex>> IndexAsync(byte[] stored, string name = "raster.tif")
    {
        var cloud = CloudObject.FromUri(GeoTiff.Format, (await Store.PutAsync(stored, name)).Value, new CloudObjectOptions
        {
            Stores = Store.Stores,
            Metadata = new MetadataOptions { Home = Store.NewHome() },
        });
        await cloud.PreprocessAsync(new PreprocessOptions { Workers = 1 });
        return cloud;
    }

    protected async Task<Raster> ReadAsync(byte[] stored, RasterSelection? selection = null) =>
        await (await (await IndexAsync(stored)).PartitionAsync(GeoTiffPartition.IntoWindows(1, selection))).Single().GetAsync();
}
