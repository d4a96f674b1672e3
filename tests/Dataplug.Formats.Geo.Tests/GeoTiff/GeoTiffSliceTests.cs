using System.Buffers.Binary;
using Dataplug.Conformance.Formats;
using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;

namespace Dataplug.Formats.Geo.Tests;

/// <summary>What slices fetch, hold and write.</summary>
public sealed class GeoTiffSliceTests : GeoTiffBench
{
    private static readonly TiffSample Tiled = new() { Width = 2000, Height = 1500, Tile = (128, 128), Bits = 16, Bands = 2, Compression = 8, Overviews = 2, DirectoriesFirst = true };

    [Fact]
    public async Task Preprocessing_reads_directories_and_no_pixels()
    {
        var stored = TiffBuilder.Build(Tiled with { Compression = 1 });
        Store.Requests.Clear();
        var cloud = await IndexAsync(stored);
        var reads = Store.Requests.Reads.Where(read => read.Uri == cloud.Uri).ToArray();
        Assert.InRange(reads.Sum(read => read.Range.Length), 1, 64 << 10);
        Assert.Single(reads);

        // Directories behind the pixels: the header's page, and those at the end.
        stored = TiffBuilder.Build(Tiled with { Compression = 1, DirectoriesFirst = false });
        Store.Requests.Clear();
        cloud = await IndexAsync(stored);
        reads = [.. Store.Requests.Reads.Where(read => read.Uri == cloud.Uri)];
        Assert.InRange(reads.Length, 2, 3);
        Assert.True(stored.Length > 20 * reads.Sum(read => read.Range.Length));
    }

    [Fact]
    public async Task Neighbours_are_fetched_with_one_request()
    {
        var cloud = await IndexAsync(TiffBuilder.Build(Tiled));
        var index = await cloud.GetIndexAsync();
        foreach (var (window, most) in new[] { (new RasterWindow(128, 256, 640, 128), 1), (new RasterWindow(0, 0, 2000, 128), 1), (new RasterWindow(300, 100, 10, 10), 1), (new RasterWindow(0, 0, 128, 1500), 12) })
        {
            var slice = index.Cut([window]).Single() with { Stores = Store.Stores };
            Store.Requests.Clear();
            _ = await slice.GetAsync();
            var reads = Store.Requests.Reads.Where(read => read.Uri == cloud.Uri).ToArray();
            Assert.InRange(reads.Length, 1, most);
            Assert.Equal(slice.Ranges.Count, reads.Length);
            Assert.Equal(0, Store.Requests.Heads);
        }

        // A row of tiles fetches its tiles and nothing else.
        var row = index.Cut([new RasterWindow(0, 128, 2000, 128)]).Single();
        Assert.Equal(index.Image.StoredBytes, (await cloud.PartitionAsync(GeoTiffPartition.ByBlocks(1))).Sum(slice => slice.Ranges.Sum(range => range.Length))
            + (await cloud.PartitionAsync(GeoTiffPartition.ByBlocks(1, new RasterSelection { Level = 1 }))).Sum(slice => slice.Ranges.Sum(range => range.Length))
            + (await cloud.PartitionAsync(GeoTiffPartition.ByBlocks(1, new RasterSelection { Level = 2 }))).Sum(slice => slice.Ranges.Sum(range => range.Length)));
        Assert.True(row.Ranges.Single().Length < index.Image.StoredBytes / 8);
    }

    [Fact]
    public async Task A_large_strip_that_is_not_compressed_is_fetched_by_rows()
    {
        var sample = new TiffSample { Width = 1000, Height = 2000, RowsPerStrip = 2000, Bits = 16 };
        var cloud = await IndexAsync(TiffBuilder.Build(sample));
        var index = await cloud.GetIndexAsync();
        var slice = index.Cut([new RasterWindow(0, 1000, 1000, 10)]).Single() with { Stores = Store.Stores };
        Assert.InRange(slice.Ranges.Sum(range => range.Length), 20_000, 1 << 20);
        Assert.Equal(TiffBuilder.Pixels(sample)[0][2_000_000..2_020_000], (await slice.GetAsync()).BandBytes(0).ToArray());
    }

    [Fact]
    public async Task Slices_of_many_blocks_take_their_table_from_the_index_and_stay_small()
    {
        var sample = new TiffSample { Width = 1600, Height = 1600, Tile = (16, 16), Compression = 8, HasMask = true, DirectoriesFirst = true };
        var cloud = await IndexAsync(TiffBuilder.Build(sample));
        var slice = (await cloud.PartitionAsync(GeoTiffPartition.IntoWindows(1))).Single();
        Assert.NotEmpty(slice.Blocks.Pages!);
        var serializer = new FormatRegistry(GeoTiff.Format).CreateSliceSerializer();
        var text = serializer.Serialize(slice);
        Assert.InRange(text.Length, 500, 4096);
        var far = (GeoTiffSlice)serializer.Deserialize(text) with { Stores = Store.Stores };
        Assert.Equal(slice, far);
        Store.Requests.Clear();
        Assert.Equal(TiffBuilder.Pixels(sample)[0], (await far.GetAsync()).BandBytes(0).ToArray());
        Assert.All(Store.Requests.Reads.Where(read => read.Uri == cloud.Uri), read => Assert.Contains(slice.Ranges, range => range.Contains(read.Range)));

        // Small ones have it on board; on board or not, a slice travels without the sidecar when its blobs do.
        var small = (await cloud.PartitionAsync(GeoTiffPartition.IntoWindows(20)))[210];
        Assert.NotNull(small.Blocks.Inline);
        var packed = (await new[] { slice }.InlineBlobsAsync()).Single();
        Assert.All(packed.Blobs, blob => Assert.NotNull(blob.Inline));
        Assert.Equal(TiffBuilder.Pixels(sample)[0], (await packed.GetAsync()).BandBytes(0).ToArray());
    }

    [Fact]
    public async Task Whole_blocks_are_passed_on_as_they_are_stored()
    {
        var sample = Tiled with { IsBigEndian = true, Predictor = 2, HasMask = true };
        var cloud = await IndexAsync(TiffBuilder.Build(sample));
        var slices = await cloud.PartitionAsync(GeoTiffPartition.ByBlocks(3));
        var file = PlainTiff.Parse(await SliceBytes.ReadAsync(slices[1]));
        Assert.Equal([8], file.Numbers(259)!);
        Assert.Equal([128], file.Numbers(322)!);
        Assert.Equal((384, 384, 384, 0), (file.Width, file.Height, file.Position.Column, file.Position.Row));
        var whole = TiffBuilder.Pixels(sample);
        Assert.Equal(whole[1].AsSpan(((5 * 2000) + 384) * 2, 768).ToArray(), file.Pixels()[1].AsSpan(5 * 768, 768).ToArray());
        Assert.Equal(TiffBuilder.Mask(sample).AsSpan((5 * 2000) + 384, 384).ToArray(), file.Mask().AsSpan(5 * 384, 384).ToArray());
    }

    [Fact]
    public async Task Damage_in_blocks_is_told_by_whoever_reads_them()
    {
        foreach (var compression in new[] { 5, 8, 50000, 32773 })
        {
            var sample = new TiffSample { Width = 64, Height = 64, Tile = (32, 32), Compression = compression, DirectoriesFirst = true };
            var stored = TiffBuilder.Build(sample);
            var cloud = await IndexAsync(stored);
            var slices = await cloud.PartitionAsync(GeoTiffPartition.ByBlocks(1));
            var hurt = slices[2].Ranges.Single();
            var damaged = stored.ToArray();
            damaged.AsSpan((int)hurt.Offset, 40).Fill(compression == 32773 ? (byte)0x80 : (byte)0xff);
            cloud = await IndexAsync(damaged);
            slices = await cloud.PartitionAsync(GeoTiffPartition.ByBlocks(1));
            Assert.Equal(TiffBuilder.Pixels(sample)[0][..32], (await slices[0].GetAsync()).BandBytes(0)[..32].ToArray());
            var refused = await Assert.ThrowsAsync<CorruptObjectException>(() => slices[2].GetAsync());
            Assert.Equal((cloud.Uri.Display, hurt.Offset), (refused.ObjectName, refused.ByteOffset));
            await Assert.ThrowsAsync<CorruptObjectException>(() => SliceBytes.ReadAsync(slices[2]));
        }
    }

    [Fact]
    public async Task Samples_come_as_what_they_are()
    {
        var bytes = TiffBuilder.Build(new TiffSample { Width = 2, Height = 1, Bits = 32, Format = 3 });
        var raster = await ReadAsync(bytes);
        Assert.Equal(raster[0, 0, 1], raster.Band<float>(0)[1]);
        Assert.Throws<ArgumentException>(() => raster.Band<double>(0).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => raster[0, 0, 2]);

        foreach (var (bits, format, type) in new[] { (8, 2, RasterType.Int8), (16, 2, RasterType.Int16), (32, 5, RasterType.ComplexInt16), (64, 5, RasterType.ComplexInt32), (64, 6, RasterType.ComplexFloat32), (128, 6, RasterType.ComplexFloat64), (64, 1, RasterType.UInt64), (16, 3, RasterType.Float16) })
        {
            var sample = new TiffSample { Width = 5, Height = 3, Bits = bits, Format = format, IsBigEndian = true };
            raster = await ReadAsync(TiffBuilder.Build(sample));
            Assert.Equal(type, raster.Type);
            var pixel = TiffBuilder.Pixels(sample)[0].AsSpan(7 * bits / 8);
            var expected = type switch
            {
                RasterType.Int8 => (sbyte)pixel[0],
                RasterType.Int16 or RasterType.ComplexInt16 => BinaryPrimitives.ReadInt16LittleEndian(pixel),
                RasterType.ComplexInt32 => BinaryPrimitives.ReadInt32LittleEndian(pixel),
                RasterType.ComplexFloat32 => BinaryPrimitives.ReadSingleLittleEndian(pixel),
                RasterType.ComplexFloat64 => BinaryPrimitives.ReadDoubleLittleEndian(pixel),
                RasterType.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(pixel),
                _ => (double)BinaryPrimitives.ReadHalfLittleEndian(pixel),
            };
            Assert.Equal(expected, raster[0, 1, 2]);
            Assert.Equal(expected, raster.ComplexAt(0, 1, 2).Real);
            if (type == RasterType.ComplexInt16)
                Assert.Equal(BinaryPrimitives.ReadInt16LittleEndian(pixel[2..]), raster.ComplexAt(0, 1, 2).Imaginary);
        }
    }

    [Fact]
    public async Task What_is_no_data_is_told()
    {
        // By GDAL's value, which a type may not hold.
        var sample = new TiffSample { Width = 30, Height = 20, NoData = "0", Seed = 3 };
        var raster = await ReadAsync(TiffBuilder.Build(sample));
        var expected = TiffBuilder.Pixels(sample)[0].Select(value => value != 0).ToArray();
        Assert.Equal(expected, raster.ValidityOf(0));
        Assert.All((await ReadAsync(TiffBuilder.Build(sample with { NoData = "-9999" }))).ValidityOf(0), Assert.True);
        Assert.Equal(-9999, raster.NoData is null ? 0 : (await ReadAsync(TiffBuilder.Build(sample with { NoData = "-9999" }))).NoData);

        // By alpha, by the mask, by blocks that are not there.
        sample = sample with { NoData = null, Bands = 4, HasAlpha = true };
        raster = await ReadAsync(TiffBuilder.Build(sample));
        expected = [.. TiffBuilder.Pixels(sample)[3].Select(value => value != 0)];
        Assert.Equal(expected, raster.ValidityOf(1));
        sample = sample with { HasAlpha = false, HasMask = true };
        Assert.Equal(TiffBuilder.Mask(sample).Select(value => value != 0), (await ReadAsync(TiffBuilder.Build(sample))).ValidityOf(2));
        sample = new TiffSample { Width = 30, Height = 20, NoData = "nan", Bits = 64, Format = 3, SparseEvery = 2 };
        raster = await ReadAsync(TiffBuilder.Build(sample));
        Assert.True(double.IsNaN(raster[0, 4, 0]));
        Assert.False(raster.IsValid(0, 4, 0));
    }

    [Fact]
    public async Task Bits_in_the_other_order_are_turned_round()
    {
        var sample = new TiffSample { Width = 21, Bits = 1, Compression = 32773, IsBitReversed = true };
        Assert.Equal(TiffBuilder.Pixels(sample)[0], (await ReadAsync(TiffBuilder.Build(sample))).BandBytes(0).ToArray());
    }

    [Fact]
    public async Task Forged_slices_are_refused()
    {
        var cloud = await IndexAsync(TiffBuilder.Build(Tiled));
        var slice = (await cloud.PartitionAsync(GeoTiffPartition.IntoWindows(3)))[4];
        foreach (var forged in new[]
        {
            slice with { Window = new RasterWindow(1990, 0, 20, 20) },
            slice with { Window = new RasterWindow(0, 0, int.MaxValue, int.MaxValue) },
            slice with { Bands = [3] },
            slice with { Bands = [] },
            slice with { Layout = slice.Layout with { BlockWidth = 0 } },
            slice with { Layout = slice.Layout with { Compression = 7777 } },
            slice with { Layout = slice.Layout with { Width = int.MaxValue, Height = int.MaxValue, BlockWidth = 1, BlockHeight = 1 } },
            slice with { Blocks = new BlockSet { Inline = "AAAA" } },
            slice with { Blocks = new BlockSet() },
            slice with { Mask = slice.Layout },
        })
        {
            await Assert.ThrowsAsync<InvalidSliceException>(() => forged.GetAsync());
            await Assert.ThrowsAsync<InvalidSliceException>(() => SliceBytes.ReadAsync(forged));
        }
    }
}
