using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.Storage;
using Dataplug.Conformance.Toys;
using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Storage;

namespace Dataplug.Core.Tests.Partitioning;

public sealed class SlicePackingTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();
    private readonly RecordingObjectStore _store = new(new MemoryObjectStore("data"));

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Inlined_slices_read_without_the_sidecar()
    {
        var (cloud, slices) = await SlicesAsync(new MetadataOptions());
        var packed = await slices.InlineBlobsAsync();
        await cloud.CleanAsync();

        await Assert.ThrowsAsync<ObjectNotFoundException>(() => slices[0].ReadMarkAsync());
        var serializer = new FormatRegistry(cloud.Format).CreateSliceSerializer();
        foreach (var slice in packed)
        {
            var elsewhere = (LinesSlice)(serializer.Deserialize(serializer.Serialize(slice)) with { Stores = MemoryObjectStore.Stores(_store) });
            Assert.Equal(slice, elsewhere);
            Assert.StartsWith("mark", await elsewhere.ReadMarkAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_blob_that_slices_share_is_fetched_once()
    {
        var (_, slices) = await SlicesAsync(new MetadataOptions { UseMetaBucket = true }, count: 40);
        var distinct = slices.Select(slice => slice.Mark).Distinct().Count();
        Assert.InRange(distinct, 2, 10);
        _store.Clear();
        var packed = await slices.InlineBlobsAsync();
        Assert.Equal(distinct, _store.Reads.Count);
        Assert.Equal(slices.Select(slice => slice.Range), packed.Select(slice => slice.Range));
    }

    [Fact]
    public async Task Presigned_slices_name_URLs_and_stay_pinned()
    {
        var (_, slices) = await SlicesAsync(new MetadataOptions { UseMetaBucket = true });
        var packed = await slices.PresignAsync(TimeSpan.FromHours(1));
        Assert.All(packed, (slice, i) =>
        {
            Assert.Equal("http://data.mem.example/a.lines?X-Amz-Expires=3600&X-Amz-Signature=secret", slice.Source.Uri.Value);
            Assert.Equal(slices[i].Source.ETag, slice.Source.ETag);
            Assert.StartsWith("http://data.meta.mem.example/", slice.Mark!.Sidecar!.Value, StringComparison.Ordinal);
            Assert.DoesNotContain("secret", slice.Source.Uri.Display, StringComparison.Ordinal);
            Assert.Equal(slices[i].Range, slice.Range);
        });
    }

    [Fact]
    public async Task Blobs_in_the_home_folder_must_be_inlined_before_presigning()
    {
        var (_, slices) = await SlicesAsync(new MetadataOptions());
        var refused = await Assert.ThrowsAsync<StorageException>(() => slices.PresignAsync(TimeSpan.FromHours(1)));
        Assert.Contains("InlineBlobsAsync", refused.Cure, StringComparison.Ordinal);
        var packed = await (await slices.InlineBlobsAsync()).PresignAsync(TimeSpan.FromHours(1));
        Assert.All(packed, slice => Assert.Null(slice.Mark!.Sidecar));
    }

    private async Task<(CloudObject<LinesIndex> Cloud, IReadOnlyList<LinesSlice> Slices)> SlicesAsync(MetadataOptions metadata, int count = 4)
    {
        var uri = ObjectUri.Parse("mem://data/a.lines");
        await _store.PutAsync(uri, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 900).Select(i => $"line {i}\n"))), PutOptions.Overwrite);
        var cloud = CloudObject.FromUri(new LinesFormat(), uri.Value, _scratch.Options(MemoryObjectStore.Stores(_store), metadata));
        await cloud.PreprocessAsync();
        return (cloud, await cloud.PartitionAsync(LinesFormat.IntoSlices(count)));
    }
}
