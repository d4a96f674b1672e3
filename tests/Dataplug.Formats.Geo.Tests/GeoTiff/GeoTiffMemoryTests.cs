namespace Dataplug.Formats.Geo.Tests;

/// <summary>Memory is counted in the whole process, so that nothing else may run meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class GeoTiffMemoryAlone
{
    public const string Name = "GeoTIFF memory";
}

/// <summary>What files promise and what is taken for it.</summary>
[Collection(GeoTiffMemoryAlone.Name)]
public sealed class GeoTiffMemoryTests : GeoTiffBench
{
    [Fact]
    public async Task Files_that_promise_much_take_no_memory()
    {
        foreach (var (width, height, compression) in new[] { (30_000u, 30_000u, 8), (30_000u, 30_000u, 50000), (65_000u, 65_000u, 1), (30_000u, 30_000u, 5) })
        {
            var stored = TiffBuilder.Build(new TiffSample { Width = 16, Height = 16, Tile = (16, 16), Compression = compression, DirectoriesFirst = true });
            foreach (var tag in new[] { 256, 322 })
                GeoTiffFaultTests.Entry(stored, tag, value: width);
            foreach (var tag in new[] { 257, 323 })
                GeoTiffFaultTests.Entry(stored, tag, value: height);
            var before = GC.GetTotalAllocatedBytes();
            var refused = await Assert.ThrowsAnyAsync<DataplugException>(async () =>
            {
                foreach (var slice in await (await IndexAsync(stored)).PartitionAsync(GeoTiffPartition.BySize(100, 100)))
                    _ = await slice.GetAsync();
            });
            Assert.True(refused is CorruptObjectException or UnsupportedFormatException, refused.ToString());
            Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 300 << 20);
        }
    }
}
