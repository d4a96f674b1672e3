using System.Globalization;
using System.Text.Json;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Conformance.Servers;
using Dataplug.Conformance.Storage;

namespace Dataplug.Formats.Geo.Tests;

/// <summary>Written windows, as GDAL sees them.</summary>
public sealed class GeoTiffProgramTests : GeoTiffBench
{
    [Fact]
    public async Task GDAL_reads_every_written_window_as_it_is()
    {
        using var folder = new ScratchFolder();
        foreach (var (sample, strategy, size) in new[]
        {
            (new TiffSample { Width = 70, Height = 50, Tile = (16, 16), Compression = 8, Bands = 3, NoData = "7" }, "size", "33x29"),
            (new TiffSample { Width = 70, Height = 50, Tile = (16, 16), Compression = 5, Bits = 16, Format = 2, Predictor = 2, Bands = 2, IsPlanar = true, IsBigEndian = true }, "blocks", "2"),
            (new TiffSample { Width = 70, Height = 50, RowsPerStrip = 7, Compression = 32773, HasMask = true, IsBig = true }, "blocks", "3"),
            (new TiffSample { Width = 70, Height = 50, Tile = (32, 16), Compression = 8, HasMask = true, Bits = 32, Format = 3, Predictor = 3 }, "size", "40"),
            (new TiffSample { Width = 33, Height = 20, Bits = 4 }, "size", "20"),
            (new TiffSample { Width = 33, Height = 20, Tile = (16, 16), Bits = 64, Format = 6, Compression = 50000 }, "blocks", "1"),
            (new TiffSample { Width = 33, Height = 20, Tile = (16, 16), Compression = 8, SparseEvery = 2, NoData = "3", Overviews = 1, Keys = [(1024, 1), (1025, 2), (3072, 32633)] }, "blocks", "1"),
        })
        {
            var cloud = await IndexAsync(TiffBuilder.Build(sample));
            foreach (var slice in (await cloud.PartitionAsync(strategy, new Dictionary<string, string> { [strategy] = size })).Cast<GeoTiffSlice>())
                await CheckAsync(folder, slice);
        }
    }

    [Fact]
    public async Task What_GDAL_writes_is_read_as_GDAL_reads_it()
    {
        using var folder = new ScratchFolder();
        var programs = await InstalledPrograms.Geo;
        var sources = new Dictionary<string, TiffSample>
        {
            ["rgb"] = new() { Width = 203, Height = 151, Bands = 3 },
            ["bit"] = new() { Width = 203, Height = 151, Bits = 1 },
            ["float"] = new() { Width = 103, Height = 51, Bits = 32, Format = 1 },
        };
        foreach (var (name, sample) in sources)
            await File.WriteAllBytesAsync(Path.Combine(folder.Path, name + ".tif"), TiffBuilder.Build(sample));
        foreach (var (source, options) in new[]
        {
            ("bit", "-co NBITS=1 -co COMPRESS=CCITTFAX4"), ("bit", "-co NBITS=1 -co COMPRESS=CCITTFAX3"), ("bit", "-co NBITS=1 -co COMPRESS=CCITTRLE -co BLOCKYSIZE=16"),
            ("bit", "-co NBITS=2 -co COMPRESS=LZW"), ("rgb", "-b 1 -co NBITS=4 -scale 0 255 0 15"),
            ("rgb", "-co COMPRESS=JPEG"), ("rgb", "-co COMPRESS=JPEG -co PHOTOMETRIC=YCBCR"), ("rgb", "-co COMPRESS=JPEG -co PHOTOMETRIC=YCBCR -co TILED=YES -co BLOCKXSIZE=48 -co BLOCKYSIZE=32"),
            ("rgb", "-co COMPRESS=JPEG -co INTERLEAVE=BAND -co TILED=YES"), ("rgb", "-b 1 -co COMPRESS=JPEG -co TILED=YES"), ("rgb", "-outsize 5 5 -co COMPRESS=JPEG -co PHOTOMETRIC=YCBCR"),
            ("rgb", "-co COMPRESS=LZW -co PREDICTOR=2"), ("rgb", "-co COMPRESS=PACKBITS -co INTERLEAVE=BAND"), ("rgb", "-co COMPRESS=ZSTD -co PREDICTOR=2 -co TILED=YES -co BIGTIFF=YES"),
            ("rgb", "-of COG -co BLOCKSIZE=128 -co COMPRESS=JPEG"), ("rgb", "-of COG -co BLOCKSIZE=128 -co COMPRESS=DEFLATE -co OVERVIEWS=AUTO"), ("rgb", "-ot UInt16 -co ENDIANNESS=BIG -co COMPRESS=DEFLATE -co PREDICTOR=2"),
            ("float", "-ot Float32 -co COMPRESS=ZSTD -co PREDICTOR=3 -co TILED=YES"), ("float", "-ot Float64 -co COMPRESS=LZW -co PREDICTOR=3 -co ENDIANNESS=BIG"), ("float", "-ot Float32 -co COMPRESS=DEFLATE -co PREDICTOR=2 -co ENDIANNESS=BIG"),
            ("float", "-ot Float32 -scale 0 4294967295 0 100 -co NBITS=16 -co COMPRESS=DEFLATE"), ("float", "-ot CInt16 -scale 0 4294967295 0 100 -co ENDIANNESS=BIG"), ("float", "-ot CFloat32 -co ENDIANNESS=BIG -co COMPRESS=LZW"), ("float", "-ot CFloat64 -co COMPRESS=DEFLATE"),
            ("float", "-ot Int32 -a_nodata -5 -co COMPRESS=ZSTD -co PREDICTOR=2 -co ENDIANNESS=BIG -co TILED=YES"), ("float", "-ot UInt32 -co SPARSE_OK=TRUE -co TILED=YES -scale 0 1 0 0"),
        })
        {
            var path = Path.Combine(folder.Path, "written.tif");
            await programs.RunAsync("gdal_translate", ["-q", .. options.Split(' '), Path.Combine(folder.Path, source + ".tif"), path]);
            using var info = JsonDocument.Parse(await programs.RunAsync("gdalinfo", "-json", "-checksum", path));
            var cloud = await IndexAsync(await File.ReadAllBytesAsync(path));
            var index = await cloud.GetIndexAsync();
            var bands = info.RootElement.GetProperty("bands").EnumerateArray().ToArray();
            var whole = await (await cloud.PartitionAsync(GeoTiffPartition.IntoWindows(1))).Single().GetAsync();
            Assert.Equal(bands.Select(band => (options, band.GetProperty("checksum").GetInt32())), Enumerable.Range(0, whole.Bands).Select(band => (options, GdalChecksum.Of(whole, band))));

            // Pieces in the place of the whole.
            var again = whole.BandBytes(0).ToArray();
            foreach (var slice in await cloud.PartitionAsync(GeoTiffPartition.BySize(61, 40)))
            {
                var piece = await slice.GetAsync();
                var size = again.Length / (whole.Rows * whole.Columns);
                for (var row = 0; row < piece.Rows; row++)
                {
                    var at = (((slice.Window.Row + row) * whole.Columns) + slice.Window.Column) * size;
                    Assert.True(again.AsSpan(at, piece.Columns * size).SequenceEqual(piece.BandBytes(0).Span.Slice(row * piece.Columns * size, piece.Columns * size)), options);
                }
            }

            if (options.Contains("COG", StringComparison.Ordinal))
            {
                Assert.True(index.Image.CloudOptimized);
                Assert.Equal("IFDS_BEFORE_DATA", index.Image.Ghost!["LAYOUT"]);
                Assert.Equal(2, index.Levels.Count);
            }
        }

        foreach (var (options, problem) in new[] { ("-ot UInt16 -co NBITS=12", "12 bits"), ("-co COMPRESS=WEBP", "WebP"), ("-co COMPRESS=LZMA", "LZMA") })
        {
            var path = Path.Combine(folder.Path, "refused.tif");
            await programs.RunAsync("gdal_translate", ["-q", .. options.Split(' '), Path.Combine(folder.Path, "rgb.tif"), path]);
            var refused = await Assert.ThrowsAsync<UnsupportedFormatException>(async () => await IndexAsync(await File.ReadAllBytesAsync(path)));
            Assert.Contains(problem, refused.Problem, StringComparison.Ordinal);
        }
    }

    [SharedDataFact]
    public async Task GDAL_reads_windows_of_real_files_as_they_are()
    {
        using var folder = new ScratchFolder();
        foreach (var name in new[] { "cogeo.tif", "image_geos.tif", "world.byte.tif", "cog_band_tags.tif", "rgb-byte-tenth.tif", "rotated.tif", "austrian_capitals_model_transformation_pixel_is_area.tif", "image_rgb_mask.tif", "RGBA.uint16.tif" })
        {
            var cloud = await IndexAsync(await File.ReadAllBytesAsync(Path.Combine(SharedData.Folder!, "geotiff", name)));
            var index = await cloud.GetIndexAsync();
            await CheckAsync(folder, (await cloud.PartitionAsync(GeoTiffPartition.ByBlocks(1)))[0]);
            await CheckAsync(folder, (await cloud.PartitionAsync(GeoTiffPartition.IntoWindows(3, new RasterSelection { Level = index.Levels.Count - 1 })))[4]);
            if (index.Image.Bands > 2)
                await CheckAsync(folder, (await cloud.PartitionAsync(GeoTiffPartition.IntoWindows(3, new RasterSelection { Bands = [2, 1] })))[4]);
        }
    }

    private static async Task CheckAsync(ScratchFolder folder, GeoTiffSlice slice)
    {
        var programs = await InstalledPrograms.Geo;
        var path = Path.Combine(folder.Path, $"{Guid.NewGuid():N}.tif");
        await File.WriteAllBytesAsync(path, await SliceBytes.ReadAsync(slice));
        using var info = JsonDocument.Parse(await programs.RunAsync("gdalinfo", "-json", "-checksum", path));
        var raster = await slice.GetAsync();
        Assert.Equal([raster.Columns, raster.Rows], info.RootElement.GetProperty("size").EnumerateArray().Select(number => number.GetInt32()));
        var bands = info.RootElement.GetProperty("bands").EnumerateArray().ToArray();
        Assert.Equal(raster.Bands, bands.Length);
        for (var band = 0; band < bands.Length; band++)
        {
            Assert.Equal(GdalChecksum.Of(raster, band), bands[band].GetProperty("checksum").GetInt32());
            if (raster.NoData is { } noData)
                Assert.Equal(noData, bands[band].GetProperty("noDataValue").GetDouble());
            Assert.Equal(slice.Mask is not null, bands[band].TryGetProperty("mask", out var mask) && mask.GetProperty("flags").EnumerateArray().Select(flag => flag.GetString()).SequenceEqual(["PER_DATASET"]));
        }

        if (slice.Transform is { } transform)
        {
            double[] expected = [transform.OriginX, transform.PixelWidth, transform.RowShear, transform.OriginY, transform.ColumnShear, transform.PixelHeight];
            Assert.All(expected.Zip(info.RootElement.GetProperty("geoTransform").EnumerateArray()), pair => Assert.Equal(pair.First, pair.Second.GetDouble(), 1e-9 * Math.Max(1, Math.Abs(pair.First))));
        }

        if (slice.Epsg is { } epsg)
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"ID[\"EPSG\",{epsg}]"), info.RootElement.GetProperty("coordinateSystem").GetProperty("wkt").GetString()!, StringComparison.Ordinal);
    }
}
