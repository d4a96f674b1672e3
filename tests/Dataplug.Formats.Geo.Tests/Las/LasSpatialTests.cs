using Dataplug.Conformance.Formats;
using Dataplug.Formats;
using NetTopologySuite.Geometries;
using NetTopologySuite.IO;

namespace Dataplug.Formats.Geo.Tests;

#pragma warning disable CA1001 // The test runner disposes by IAsyncLifetime.

/// <summary>Cuts by place, against the plainest loops over all points.</summary>
public sealed class LasSpatialTests : IAsyncLifetime
{
    private readonly FileLawStore _store = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Theory]
    [InlineData(1, true, false)]
    [InlineData(2, false, false)]
    [InlineData(3, true, true)]
    public async Task A_grid_has_the_points_of_each_of_its_cells(int seed, bool scanned, bool outliers)
    {
        var stored = LasSamples.Make(new LasSample { Seed = seed, Points = 900, IsScanned = scanned, HasOutliers = outliers });
        var plain = PlainLas.Parse(stored);
        var cloud = await LasTestObject.IndexAsync(_store, stored);
        const int Rows = 3, Columns = 4;
        var slices = await cloud.PartitionAsync(LasPartition.IntoGrid(Rows, Columns));
        var (minX, minY) = ((long)plain.Records.Min(PlainLas.X), (long)plain.Records.Min(PlainLas.Y));
        var (width, height) = (plain.Records.Max(PlainLas.X) - minX + 1, plain.Records.Max(PlainLas.Y) - minY + 1);
        Assert.Equal(Rows * Columns, slices.Count);
        for (var row = 0; row < Rows; row++)
        {
            for (var column = 0; column < Columns; column++)
            {
                // Borders by whole numbers, as the document says: rounded down.
                var (x0, x1) = (minX + (width * column / Columns), minX + (width * (column + 1) / Columns));
                var (y0, y1) = (minY + (height * row / Rows), minY + (height * (row + 1) / Rows));
                var expected = plain.Records.Where(record => PlainLas.X(record) >= x0 && PlainLas.X(record) < x1 && PlainLas.Y(record) >= y0 && PlainLas.Y(record) < y1).Select(Convert.ToHexString);
                Assert.Equal(expected, await LasTestObject.RecordsOfAsync(slices[(row * Columns) + column]));
            }
        }
    }

    [Fact]
    public async Task A_point_on_a_border_belongs_to_the_cell_with_the_greater_coordinate_and_one_on_the_outer_border_to_the_last()
    {
        var records = LasSamples.Records(new LasSample { Pdrf = 0, Points = 3 });
        foreach (var (record, x) in records.Zip([0, 50, 99]))
        {
            BitConverter.TryWriteBytes(record.AsSpan(0), x);
            BitConverter.TryWriteBytes(record.AsSpan(4), 7);
        }

        var slices = await (await LasTestObject.IndexAsync(_store, LasSamples.Make(new LasSample { Pdrf = 0 }, records))).PartitionAsync(LasPartition.IntoGrid(1, 2));
        Assert.Equal<int[]>([0], (await slices[0].GetAsync()).RawX.ToArray());
        Assert.Equal<int[]>([50, 99], (await slices[1].GetAsync()).RawX.ToArray());
    }

    [Theory]
    [InlineData(true, 16)]
    [InlineData(false, 7)]
    public async Task Equal_cells_have_about_as_many_points_each(bool scanned, int count)
    {
        var stored = LasSamples.Make(new LasSample { Seed = 8, Pdrf = 0, Points = 20_000, IsScanned = scanned, Extent = 1_000_000 });
        var slices = await (await LasTestObject.IndexAsync(_store, stored)).PartitionAsync(LasPartition.IntoEqualCells(count));
        Assert.Equal(count, slices.Count);
        var points = await Task.WhenAll(slices.Select(async slice => (await slice.GetAsync()).Count));
        Assert.Equal(20_000, points.Sum());
        Assert.All(points, number => Assert.InRange(number, 20_000 / count * 0.7, 20_000 / count * 1.3));
    }

    [Theory]
    [InlineData(500_010.0, -995.0, 500_050.5, -940.25)]
    [InlineData(500_000.03, -999.99, 500_000.03, -900)]
    [InlineData(0, 0, 1, 1)]
    [InlineData(-1e30, -1e30, 1e30, 1e30)]
    public async Task A_box_has_the_points_whose_places_are_in_it(double minX, double minY, double maxX, double maxY)
    {
        var stored = LasSamples.Make(new LasSample { Seed = 4, Points = 900, Pdrf = 6, Minor = 4 });
        var plain = PlainLas.Parse(stored);
        var expected = plain.Records.Where(record => plain.PlaceX(record) >= minX && plain.PlaceX(record) <= maxX && plain.PlaceY(record) >= minY && plain.PlaceY(record) <= maxY).Select(Convert.ToHexString).ToArray();
        var cloud = await LasTestObject.IndexAsync(_store, stored);
        Assert.Equal(expected, await LasTestObject.RecordsOfAsync(Assert.Single(await cloud.PartitionAsync(LasPartition.InBox(minX, minY, maxX, maxY)))));
        var grid = await cloud.PartitionAsync(LasPartition.InBox(minX, minY, maxX, maxY, rows: 2, columns: 3));
        var together = new List<string>();
        foreach (var slice in grid)
            together.AddRange(await LasTestObject.RecordsOfAsync(slice));
        Assert.Equal(expected.Order(StringComparer.Ordinal), together.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_box_is_exact_also_where_places_are_not_and_where_they_fall()
    {
        foreach (var scale in new[] { 0.1, -0.1, 1.16451354e-06, 3e8 })
        {
            var stored = LasSamples.Make(new LasSample { Seed = 5, Points = 400, Scale = scale, ShiftX = 1692500.352 });
            var plain = PlainLas.Parse(stored);
            var cloud = await LasTestObject.IndexAsync(_store, stored);

            // Bounds that are places of points, and the next numbers on either side.
            var (x, y) = (plain.Records.Select(plain.PlaceX).Order().ElementAt(130), plain.Records.Select(plain.PlaceY).Order().ElementAt(70));
            foreach (var minX in new[] { x, Math.BitIncrement(x), Math.BitDecrement(x) })
            {
                var slice = Assert.Single(await cloud.PartitionAsync(LasPartition.InBox(minX, y, double.MaxValue, double.MaxValue)));
                Assert.Equal(plain.Records.Where(record => plain.PlaceX(record) >= minX && plain.PlaceY(record) >= y).Select(Convert.ToHexString), await LasTestObject.RecordsOfAsync(slice));
            }
        }
    }

    [Theory]
    [InlineData("POLYGON((500000 -1000, 500100 -1000, 500050 -900, 500000 -1000))")]
    [InlineData("POLYGON((500000 -1000, 500100 -1000, 500100 -900, 500000 -900, 500000 -1000), (500020 -980, 500080 -980, 500080 -920, 500020 -920, 500020 -980))")]
    [InlineData("MULTIPOLYGON(((500000 -1000, 500010 -1000, 500010 -990, 500000 -1000)), ((500060 -940, 500090 -940, 500090.5 -905.25, 500060 -940)))")]
    [InlineData("""{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":[[[500000,-1000],[500040,-1000],[500040,-960],[500000,-1000]]]}},{"type":"Feature","properties":{},"geometry":{"type":"MultiPolygon","coordinates":[[[[500030,-1000],[500060,-1000],[500060,-960],[500030,-1000]]]]}}]}""")]
    public async Task A_polygon_has_the_points_that_it_covers(string text)
    {
        var stored = LasSamples.Make(new LasSample { Seed = 6, Points = 1500 });
        var plain = PlainLas.Parse(stored);
        var polygon = text.StartsWith('{') ? new WKTReader().Read("MULTIPOLYGON(((500000 -1000, 500040 -1000, 500040 -960, 500000 -1000)), ((500030 -1000, 500060 -1000, 500060 -960, 500030 -1000)))").Buffer(0) : new WKTReader().Read(text);
        var expected = plain.Records.Where(record => polygon.Covers(new Point(plain.PlaceX(record), plain.PlaceY(record)))).Select(Convert.ToHexString).ToArray();
        Assert.NotEmpty(expected);
        var cloud = await LasTestObject.IndexAsync(_store, stored);
        var slices = await cloud.PartitionAsync("polygon", new Dictionary<string, string> { ["polygon"] = text });
        Assert.Equal(expected, await LasTestObject.RecordsOfAsync((LasSlice)Assert.Single(slices)));
        Assert.InRange(new FormatRegistry(cloud.Format).CreateSliceSerializer().Serialize(slices[0]).Length, 1, 4096);
        var together = new List<string>();
        foreach (var slice in await cloud.PartitionAsync(LasPartition.InPolygon(text, rows: 3, columns: 2)))
            together.AddRange(await LasTestObject.RecordsOfAsync(slice));
        Assert.Equal(expected.Order(StringComparer.Ordinal), together.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Points_on_the_border_of_a_polygon_are_in_it()
    {
        var records = LasSamples.Records(new LasSample { Pdrf = 0, Points = 4 });
        foreach (var (record, place) in records.Zip([(0, 0), (50, 0), (50, 50), (51, 50)]))
        {
            BitConverter.TryWriteBytes(record.AsSpan(0), place.Item1);
            BitConverter.TryWriteBytes(record.AsSpan(4), place.Item2);
        }

        var cloud = await LasTestObject.IndexAsync(_store, LasSamples.Make(new LasSample { Pdrf = 0, Scale = 1, ShiftX = 0, ShiftY = 0 }, records));
        var slice = Assert.Single(await cloud.PartitionAsync(LasPartition.InPolygon("POLYGON((0 0, 100 0, 0 100, 0 0))")));
        Assert.Equal<int[]>([0, 50, 50], (await slice.GetAsync()).RawX.ToArray());
    }

    [Theory]
    [InlineData("POLYGON((0 0, 1 1", "neither Well-Known Text nor GeoJSON")]
    [InlineData("POINT(1 1)", "is no polygon")]
    [InlineData("POLYGON EMPTY", "without points")]
    [InlineData("""{"type":"Point","coordinates":[1,2]}""", "neither Well-Known Text nor GeoJSON")]
    [InlineData("""{"type":"Polygon","coordinates":[[[1]]]}""", "neither Well-Known Text nor GeoJSON")]
    [InlineData("""{"type":"Polygon"}""", "neither Well-Known Text nor GeoJSON")]
    public async Task What_is_no_polygon_is_refused(string text, string problem)
    {
        var cloud = await LasTestObject.IndexAsync(_store, LasSamples.Make(new LasSample()));
        var refused = await Assert.ThrowsAsync<PartitionException>(() => cloud.PartitionAsync("polygon", new Dictionary<string, string> { ["polygon"] = text }));
        Assert.Contains(problem, refused.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1,2,3")]
    [InlineData("1,2,3,x")]
    [InlineData("2,2,1,1")]
    [InlineData("NaN,0,1,1")]
    public async Task What_is_no_box_is_refused(string text)
    {
        var cloud = await LasTestObject.IndexAsync(_store, LasSamples.Make(new LasSample()));
        await Assert.ThrowsAsync<PartitionException>(() => cloud.PartitionAsync("bbox", new Dictionary<string, string> { ["box"] = text }));
    }

    [Fact]
    public async Task Slices_of_a_scanned_object_read_little_beyond_their_own()
    {
        var stored = LasSamples.Make(new LasSample { Seed = 9, Pdrf = 0, Points = 60_000, ExtraLength = 80, Extent = 1_000_000 });
        var cloud = await LasTestObject.IndexAsync(_store, stored, new LasFormat(new LasBlockSize(128, 1 << 20), 1 << 20));
        foreach (var (strategy, most) in new[] { (LasPartition.IntoGrid(4, 8), 2.0), (LasPartition.IntoEqualCells(32), 2.0) })
        {
            var slices = await cloud.PartitionAsync(strategy);
            Assert.InRange(slices.Sum(slice => slice.Ranges.Sum(range => range.Length)), stored.Length, (long)(stored.Length * most));
            Assert.All(slices, slice => Assert.InRange(slice.Runs.Count, 1, 8));
        }
    }

    [Fact]
    public async Task Slices_of_an_object_in_no_order_stay_small()
    {
        // Blocks of one point each: every cell is in blocks all over the object.
        var stored = LasSamples.Make(new LasSample { Seed = 10, Pdrf = 0, Points = 4000, ExtraLength = 9000, IsScanned = false });
        var cloud = await LasTestObject.IndexAsync(_store, stored, new LasFormat(new LasBlockSize(1, 1), 10 << 20));
        var slices = await cloud.PartitionAsync(LasPartition.IntoGrid(5, 5));
        var serializer = new FormatRegistry(cloud.Format).CreateSliceSerializer();
        Assert.All(slices, slice => Assert.InRange(slice.Runs.Count, 1, LasIndex.MaxRunsPerSlice));
        Assert.All(slices, slice => Assert.InRange(serializer.Serialize(slice).Length, 1, 4096));
        var all = await Task.WhenAll(slices.Select(async slice => (await slice.GetAsync()).Count));
        Assert.Equal(4000, all.Sum());
    }

    [Fact]
    public async Task The_index_is_small_and_its_blocks_and_cells_are_few()
    {
        var stored = LasSamples.Make(new LasSample { Seed = 11, Points = 200_000, Extent = 2_000_000 });
        var cloud = await LasTestObject.IndexAsync(_store, stored, Las.Format);
        var state = await cloud.GetStateAsync();
        Assert.InRange(state.SidecarSize, 1, stored.Length / 1000);
        var index = await cloud.GetIndexAsync();
        Assert.InRange(index.Points.Cells, 16, 256);
        Assert.Equal(4096, index.Points.BlockPoints);
    }

    [Theory]
    [InlineData(0, 28, 4096)]
    [InlineData(1_000_000, 67, 2048)]
    [InlineData(1_000_000, 65535, 4)]
    [InlineData(36_000_000_000, 28, 262_144)]
    public void Blocks_are_of_a_size_that_keeps_the_index_small(long points, int recordLength, int expected) =>
        Assert.Equal(expected, LasBlockSize.Usual.For(points, recordLength));

    [Theory]
    [InlineData(0.01)]
    [InlineData(0)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public async Task Coordinates_that_are_no_places_are_cut_by_what_is_stored(double scale)
    {
        var stored = LasSamples.Make(new LasSample { Seed = 12, Scale = scale });
        var cloud = await LasTestObject.IndexAsync(_store, stored);
        var index = await cloud.GetIndexAsync();
        Assert.Equal(500, (await Task.WhenAll((await cloud.PartitionAsync(LasPartition.IntoGrid(3, 3))).Select(async slice => (await slice.GetAsync()).Count))).Sum());
        if (scale == 0.01)
        {
            Assert.Empty(index.Warnings);
            return;
        }

        Assert.Contains(index.Warnings, warning => warning.Contains("coordinates are no places", StringComparison.Ordinal));
        await Assert.ThrowsAsync<PartitionException>(() => cloud.PartitionAsync(LasPartition.InBox(0, 0, 1, 1)));
    }

    [Fact]
    public async Task A_plan_of_too_many_slices_is_refused()
    {
        var cloud = await LasTestObject.IndexAsync(_store, LasSamples.Make(new LasSample()));
        await Assert.ThrowsAsync<PartitionException>(() => cloud.PartitionAsync(LasPartition.IntoGrid(100_000, 100_000)));
        await Assert.ThrowsAsync<PartitionException>(() => cloud.PartitionAsync("grid", new Dictionary<string, string> { ["rows"] = "0", ["columns"] = "1" }));
    }
}
