using Dataplug.Conformance.Formats;
using Dataplug.Formats;
using Dataplug.Partitioning;

namespace Dataplug.Formats.Geo.Tests;

/// <summary>Where rasters are, and how they are cut.</summary>
public sealed class GeoTiffPartitionTests : GeoTiffBench
{
    private static readonly TiffSample Utm = new() { Width = 400, Height = 300, Tile = (64, 64), Compression = 8, Overviews = 3, Bands = 3 };

    [Fact]
    public async Task Windows_cover_and_do_not_overlap()
    {
        var cloud = await IndexAsync(TiffBuilder.Build(Utm));
        foreach (var (strategy, parameters, count) in new[]
        {
            ("windows", new Dictionary<string, string> { ["n"] = "3" }, 9),
            ("windows", new() { ["n"] = "1000" }, 400 * 300),
            ("size", new() { ["size"] = "128" }, 4 * 3),
            ("size", new() { ["size"] = "100x300" }, 4),
            ("blocks", new() { ["blocks"] = "2" }, 4 * 3),
            ("resolution", new() { ["resolution"] = "60", ["n"] = "2" }, 4),
        })
        {
            var slices = (await cloud.PartitionAsync(strategy, parameters)).Cast<GeoTiffSlice>().ToArray();
            Assert.Equal(count, slices.Length);
            var level = (await cloud.GetIndexAsync()).Levels[slices[0].Level];
            var seen = new bool[level.Width * level.Height];
            foreach (var window in slices.Select(slice => slice.Window))
            {
                for (var row = window.Row; row < window.EndRow; row++)
                {
                    for (var column = window.Column; column < window.EndColumn; column++)
                    {
                        Assert.False(seen[(row * level.Width) + column]);
                        seen[(row * level.Width) + column] = true;
                    }
                }
            }

            Assert.DoesNotContain(false, seen);
        }

        var overlapping = (await cloud.PartitionAsync("size", new Dictionary<string, string> { ["size"] = "128", ["overlap"] = "10" })).Cast<GeoTiffSlice>().Select(slice => slice.Window).ToArray();
        Assert.Equal([new RasterWindow(0, 0, 138, 138), new RasterWindow(118, 0, 148, 138)], overlapping[..2]);
    }

    [Fact]
    public async Task A_resolution_chooses_the_coarsest_overview_that_is_not_coarser()
    {
        var cloud = await IndexAsync(TiffBuilder.Build(Utm));
        var index = await cloud.GetIndexAsync();
        Assert.Equal([30.0, 60, 120, 240], index.Levels.Select(level => level.Resolution));
        foreach (var (resolution, level) in new[] { (1.0, 0), (30, 0), (59.9, 0), (60, 1), (100, 1), (120, 2), (1e9, 3) })
            Assert.Equal(level, index.LevelFor(resolution).Number);
        var slice = (GeoTiffSlice)(await cloud.PartitionAsync("bbox", new Dictionary<string, string> { ["bbox"] = "503000,4595500,505999,4599400", ["resolution"] = "70", ["bands"] = "3,1" })).Single();
        Assert.Equal((1, new RasterWindow(50, 10, 50, 65)), (slice.Level, slice.Window));
        Assert.Equal([3, 1], slice.Bands!);

        // Without a map, in pixels of the full resolution.
        index = await (await IndexAsync(TiffBuilder.Build(Utm with { Scale = null, Tiepoints = null, Keys = [] }))).GetIndexAsync();
        Assert.Equal(1, index.LevelFor(2.5).Number);
    }

    [Fact]
    public async Task Bounding_boxes_take_the_pixels_that_they_meet()
    {
        var cloud = await IndexAsync(TiffBuilder.Build(Utm));
        var index = await cloud.GetIndexAsync();
        Assert.Equal(index.Levels[0].Whole, index.WindowOf(new RasterBounds(0, 0, 1e7, 1e7)));
        Assert.Equal(new RasterWindow(1, 2, 1, 1), index.WindowOf(new RasterBounds(500030, 4600000 - 90, 500060, 4600000 - 60)));
        Assert.Equal(new RasterWindow(1, 2, 2, 2), index.WindowOf(new RasterBounds(500031, 4600000 - 91, 500061, 4600000 - 61)));
        foreach (var (box, problem) in new[] { ("0,0,1,1", "outside of the raster"), ("5,5,1,1", "no bounding box"), ("1,2,3", "no bounding box"), ("a,b,c,d", "no bounding box") })
        {
            var refused = await Assert.ThrowsAsync<PartitionException>(() => cloud.PartitionAsync("bbox", new Dictionary<string, string> { ["bbox"] = box }));
            Assert.Contains(problem, refused.Problem, StringComparison.Ordinal);
        }

        var pixels = await (await cloud.PartitionAsync(GeoTiffPartition.ByBounds(new RasterBounds(500030, 4599910, 500060, 4599940)))).Single().GetAsync();
        Assert.Equal(TiffBuilder.Pixels(Utm)[2][(2 * 400) + 1], pixels.Band<byte>(2)[0]);
    }

    // What PROJ says: echo 13.5 41.2 | gdaltransform -s_srs EPSG:4326 -t_srs EPSG:32633
    [Theory]
    [InlineData(32633, 13.5, 41.2, 374227.876, 4562043.914)]
    [InlineData(32733, 16.5, -20, 656921.667, 7787816.036)]
    [InlineData(3857, 13.5, 41.2, 1502813.126, 5041886.526)]
    [InlineData(25832, 9.5, 50, 535833.459, 5538750.477)]
    [InlineData(26917, -80, 40, 585360.462, 4428236.065)]
    [InlineData(3395, 13.5, 41.2, 1502813.126, 5013734.742)]
    [InlineData(2154, 2.5, 47, 662007.006, 6655651.149)]
    [InlineData(3034, 13.5, 41.2, 4287181.727, 1642837.380)]
    [InlineData(3035, 13.5, 41.2, 4615710.076, 2017908.018)]
    [InlineData(5070, -100, 40, -338390.588, 1894100.140)]
    public void Longitudes_and_latitudes_are_transformed_as_PROJ_does(int epsg, double lon, double lat, double x, double y)
    {
        var bounds = CoordinateSystems.FromLonLat(new RasterBounds(lon - 1e-9, lat - 1e-9, lon + 1e-9, lat + 1e-9), epsg, "raster");
        Assert.Equal(x, (bounds.MinX + bounds.MaxX) / 2, 0.05);
        Assert.Equal(y, (bounds.MinY + bounds.MaxY) / 2, 0.05);
    }

    [Fact]
    public async Task Boxes_of_degrees_find_their_pixels_or_say_why_not()
    {
        // The raster begins at 500000, 4600000 of UTM zone 33: 15° E, on the central meridian, and 41.55° N.
        var cloud = await IndexAsync(TiffBuilder.Build(Utm));
        var slice = (GeoTiffSlice)(await cloud.PartitionAsync("lonlat", new Dictionary<string, string> { ["bbox"] = "14.9,41.5,15.05,41.54" })).Single();
        Assert.Equal(0, slice.Window.Column);
        Assert.InRange(slice.Window.Width, 130, 150);
        Assert.InRange(slice.Window.Height, 140, 160);

        cloud = await IndexAsync(TiffBuilder.Build(Utm with { Keys = [(1024, 1), (3072, 31287)] }));
        var refused = await Assert.ThrowsAsync<PartitionException>(() => cloud.PartitionAsync("lonlat", new Dictionary<string, string> { ["bbox"] = "14.9,41.5,15.05,41.54" }));
        Assert.Contains("EPSG:31287", refused.Problem, StringComparison.Ordinal);
        Assert.Contains("326xx", refused.Cure, StringComparison.Ordinal);

        cloud = await IndexAsync(TiffBuilder.Build(Utm with { Scale = [0.001, 0.001, 0], Tiepoints = [0, 0, 0, 10, 50, 0], Keys = [(1024, 2), (2048, 4326)] }));
        Assert.Equal(new RasterWindow(100, 50, 50, 25), ((GeoTiffSlice)(await cloud.PartitionAsync("lonlat", new Dictionary<string, string> { ["bbox"] = "10.1,49.925,10.15,49.95" })).Single()).Window);
        refused = await Assert.ThrowsAsync<PartitionException>(() => cloud.PartitionAsync("lonlat", new Dictionary<string, string> { ["bbox"] = "500000,1,600000,2" }));
        Assert.Contains("degrees", refused.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Places_on_the_map_are_read_and_written_as_GDAL_does()
    {
        // Points: the tie point is the middle of the first pixel.
        var sample = Utm with { Overviews = 0, Keys = [(1024, 1), (1025, 2), (3072, 32633)] };
        var cloud = await IndexAsync(TiffBuilder.Build(sample));
        var index = await cloud.GetIndexAsync();
        Assert.Equal(new AffineTransform(499985, 30, 0, 4600015, 0, -30), index.Georeference.Transform);
        var file = PlainTiff.Parse(await SliceBytes.ReadAsync(index.Cut([new RasterWindow(10, 20, 5, 5)]).Single() with { Stores = Store.Stores }));
        Assert.Equal([0, 0, 0, 500300, 4599400, 0], file.Doubles(33922)!);

        // A tie point that is not that of the first pixel.
        index = await (await IndexAsync(TiffBuilder.Build(Utm with { Tiepoints = [10, 20, 0, 500300, 4599400, 0] }))).GetIndexAsync();
        Assert.Equal(new AffineTransform(500000, 30, 0, 4600000, 0, -30), index.Georeference.Transform);

        // Rotated.
        sample = Utm with { Overviews = 0, Scale = null, Tiepoints = null, Matrix = [20, 5, 0, 1000, 7, -30, 0, 2000, 0, 0, 0, 0, 0, 0, 0, 1] };
        cloud = await IndexAsync(TiffBuilder.Build(sample));
        index = await cloud.GetIndexAsync();
        Assert.Equal(new AffineTransform(1000, 20, 5, 2000, 7, -30), index.Georeference.Transform);
        file = PlainTiff.Parse(await SliceBytes.ReadAsync(index.Cut([new RasterWindow(10, 20, 5, 5)]).Single() with { Stores = Store.Stores }));
        Assert.Equal([20, 5, 0, 1300, 7, -30, 0, 1470, 0, 0, 0, 0, 0, 0, 0, 1], file.Doubles(34264)!);
        Assert.Null(file.Doubles(33550));
        var (column, row) = index.Georeference.Transform!.Value.ToPixel(1300, 1470);
        Assert.Equal((10, 20), (Math.Round(column, 9), Math.Round(row, 9)));

        // Control points move with the window.
        sample = Utm with { Overviews = 1, Scale = null, Tiepoints = [0, 0, 0, 1, 2, 0, 400, 0, 0, 3, 4, 0, 0, 300, 0, 5, 6, 0] };
        index = await (await IndexAsync(TiffBuilder.Build(sample))).GetIndexAsync();
        Assert.Null(index.Georeference.Transform);
        Assert.Equal(new GroundControlPoint(400, 0, 3, 4, 0), index.Georeference.ControlPoints[1]);
        file = PlainTiff.Parse(await SliceBytes.ReadAsync(index.Cut([new RasterWindow(10, 20, 5, 5)], 1).Single() with { Stores = Store.Stores }));
        Assert.Equal([-10, -20, 0, 1, 2, 0, 190, -20, 0, 3, 4, 0, -10, 130, 0, 5, 6, 0], file.Doubles(33922)!);
        Assert.Throws<PartitionException>(() => index.WindowOf(new RasterBounds(0, 0, 1, 1)));

        // What can't be turned round is left out, and what is no number is refused.
        index = await (await IndexAsync(TiffBuilder.Build(Utm with { Scale = null, Tiepoints = null, Matrix = new double[16] }))).GetIndexAsync();
        Assert.Null(index.Georeference.Transform);
        Assert.Contains("can't be turned round", Assert.Single(index.Warnings), StringComparison.Ordinal);
        await Assert.ThrowsAsync<CorruptObjectException>(() => IndexAsync(TiffBuilder.Build(Utm with { Scale = [double.NaN, 1, 0] })));
    }

    [Fact]
    public async Task Strategies_refuse_what_makes_no_sense()
    {
        var cloud = await IndexAsync(TiffBuilder.Build(Utm));
        foreach (var (strategy, name, value) in new[]
        {
            ("size", "size", "0"), ("size", "size", "4x5x6"), ("size", "size", "wide"), ("windows", "bands", "4"), ("windows", "bands", "1,1"), ("windows", "bands", "x"),
            ("windows", "resolution", "-1"), ("windows", "resolution", "fine"), ("resolution", "resolution", "full"),
        })
        {
            var parameters = new Dictionary<string, string> { [strategy switch { "size" => "size", "windows" => "n", _ => "resolution" }] = "2" };
            parameters[name] = value;
            var refused = await Assert.ThrowsAsync<PartitionException>(() => cloud.PartitionAsync(strategy, parameters));
            Assert.NotNull(refused.Cure);
        }

        await Assert.ThrowsAsync<PartitionException>(() => cloud.PartitionAsync(GeoTiffPartition.IntoWindows(1, new RasterSelection { Level = 4 })));
        cloud = await IndexAsync(TiffBuilder.Build(new TiffSample { Width = 3000, Height = 1000 }));
        Assert.Contains("more than 1048576 slices", (await Assert.ThrowsAsync<PartitionException>(() => cloud.PartitionAsync(GeoTiffPartition.BySize(1, 1)))).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TIFFs_are_detected_by_their_first_bytes()
    {
        foreach (var (isBig, isBigEndian) in new[] { (false, false), (true, false), (false, true), (true, true) })
        {
            var uri = await Store.PutAsync(TiffBuilder.Build(new TiffSample { IsBig = isBig, IsBigEndian = isBigEndian }), "what.bin");
            Assert.Same(GeoTiff.Format, await new FormatRegistry(GeoTiff.Format).DetectAsync(await Store.Stores.PinAsync(uri)));
        }
    }
}
