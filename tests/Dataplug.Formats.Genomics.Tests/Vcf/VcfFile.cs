using Dataplug.Conformance.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>A VCF object in a local folder, through the front door.</summary>
internal sealed class VcfFile : IAsyncDisposable
{
    private VcfFile(FileLawStore store, CloudObject<VcfIndex> cloud)
    {
        Store = store;
        Cloud = cloud;
    }

    public FileLawStore Store { get; }

    public CloudObject<VcfIndex> Cloud { get; }

    public string Path => Cloud.Uri.Key;

    /// <summary>An object that is not preprocessed.</summary>
    public static async Task<VcfFile> PutAsync(VcfFormat format, byte[] stored, string name = "variants.vcf.gz")
    {
        var store = new FileLawStore();
        var uri = await store.PutAsync(stored, name);
        return new VcfFile(store, CloudObject.FromUri(format, uri.Value, new CloudObjectOptions { Stores = store.Stores, Metadata = new MetadataOptions { Home = store.NewHome() } }));
    }

    /// <summary>An object that is preprocessed.</summary>
    public static async Task<VcfFile> CreateAsync(VcfFormat format, byte[] stored, string name = "variants.vcf.gz", PreprocessOptions? options = null)
    {
        var file = await PutAsync(format, stored, name);
        try
        {
            await file.Cloud.PreprocessAsync(options);
            return file;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    public Task<VcfIndex> IndexAsync() => Cloud.GetIndexAsync();

    public async Task<IReadOnlyList<VcfSlice>> CutAsync(IPartitionStrategy<VcfIndex, VcfSlice> strategy) => await Cloud.PartitionAsync(strategy);

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}
