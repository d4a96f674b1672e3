using Dataplug.Conformance.Formats;

namespace Dataplug.Formats.Geo.Tests;

#pragma warning disable CA1001 // The test runner disposes by IAsyncLifetime.

public sealed class LaxTests : IAsyncLifetime
{
    private readonly FileLawStore _store = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Theory]
    [InlineData(1, 0, true)]
    [InlineData(2, 3, true)]
    [InlineData(3, 900, false)]
    [InlineData(4, 2500, true)]
    public async Task An_exported_index_has_every_point_in_its_cell(int seed, int points, bool scanned)
    {
        var stored = LasSamples.Make(new LasSample { Seed = seed, Points = points, IsScanned = scanned });
        var plain = PlainLas.Parse(stored);
        var lax = LaxFile.Parse(await ExportAsync(await LasTestObject.IndexAsync(_store, stored)), "points.lax");
        Assert.Equal(points, lax.Cells.Sum(cell => cell.Points));
        var cells = lax.Cells.ToDictionary(cell => cell.Index);
        foreach (var (i, record) in plain.Records.Index())
        {
            // By the plainest walk down the tree, with LASlib's single precision.
            var (minX, maxX, minY, maxY, index) = (lax.MinX, lax.MaxX, lax.MinY, lax.MaxY, 0);
            for (var level = 0; level < lax.Levels; level++)
            {
                var (x, y) = ((minX + maxX) / 2, (minY + maxY) / 2);
                index *= 4;
                if (plain.PlaceX(record) < x)
                    maxX = x;
                else
                    (minX, index) = (x, index + 1);
                if (plain.PlaceY(record) < y)
                    maxY = y;
                else
                    (minY, index) = (y, index + 2);
            }

            var offset = (int)((Math.Pow(4, lax.Levels) - 1) / 3);
            Assert.Contains(cells[index + offset].Intervals, interval => interval.First <= i && i <= interval.Last);
        }
    }

    [Fact]
    public async Task An_imported_index_cuts_as_one_of_the_object_does_and_reads_hardly_anything()
    {
        var stored = LasSamples.Make(new LasSample { Seed = 5, Points = 20_000, Extent = 400_000, HasOutliers = false });
        var indexed = await LasTestObject.IndexAsync(_store, stored);
        var lax = await ExportAsync(indexed);
        var imported = await LasTestObject.BindAsync(_store, stored);
        _store.Requests.Clear();
        await LasIndexFile.ImportAsync(imported, new MemoryStream(lax), "points.lax");
        Assert.InRange(_store.Requests.Reads.Sum(read => read.Range.Length), 1, stored.Length / 2);

        var index = await imported.GetIndexAsync();
        Assert.Equal("lax", index.Points.ImportedFrom);
        Assert.Null(index.Points.PointsByClass);
        foreach (var strategy in new[] { LasPartition.IntoGrid(3, 4), LasPartition.InBox(500_100, -900, 501_500, 100), LasPartition.ByPoints(7000), LasPartition.InPolygon("POLYGON((500000 -1000, 502000 -1000, 501000 1000, 500000 -1000))") })
        {
            foreach (var (expected, actual) in (await indexed.PartitionAsync(strategy)).Zip(await imported.PartitionAsync(strategy)))
                Assert.Equal(await LasTestObject.RecordsOfAsync(expected), await LasTestObject.RecordsOfAsync(actual));
        }

        var cells = await imported.PartitionAsync(LasPartition.IntoEqualCells(8));
        var counts = await Task.WhenAll(cells.Select(async cell => (await cell.GetAsync()).Count));
        Assert.Equal(20_000, counts.Sum());
        Assert.All(counts, count => Assert.InRange(count, 1000, 5000));
        Assert.Equal(stored, await SliceBytes.JoinAsync(await imported.PartitionAsync(LasPartition.IntoBatches(3))));
        Assert.Equal(20_000, LaxFile.Parse(await ExportAsync(imported), "again.lax").Cells.Sum(cell => cell.Points));
    }

    [Fact]
    public async Task Points_outside_the_header_and_the_square_are_found()
    {
        var sample = new LasSample { Seed = 6, Points = 400, HasOutliers = true };
        var stored = LasSamples.Make(sample);

        // A square in the middle of everything, with cells of two levels.
        var plain = PlainLas.Parse(stored);
        var tree = new LaxFile { Levels = 2, MinX = 500_020, MaxX = 500_060, MinY = -980, MaxY = -940, Cells = [] };
        var byCell = plain.Records.Index().GroupBy(point => tree.CellsOf(plain.PlaceX(point.Item), plain.PlaceY(point.Item)).ElementAt(plain.PlaceX(point.Item) < 500_040 ? 1 : 2));
        var lax = new LaxFile { Levels = 2, MinX = 500_020, MaxX = 500_060, MinY = -980, MaxY = -940, Cells = [.. byCell.Select(group => new LaxCell(group.Key, group.LongCount(), [.. group.Select(point => new LaxInterval(point.Index, point.Index))]))] };
        var cloud = await LasTestObject.BindAsync(_store, stored);
        await LasIndexFile.ImportAsync(cloud, new MemoryStream(lax.ToBytes()), "points.lax");
        foreach (var strategy in new[] { LasPartition.IntoGrid(3, 3), LasPartition.IntoEqualCells(5) })
        {
            var records = new List<string>();
            foreach (var slice in await cloud.PartitionAsync(strategy))
                records.AddRange(await LasTestObject.RecordsOfAsync(slice));
            Assert.Equal(plain.Records.Select(Convert.ToHexString).Order(StringComparer.Ordinal), records.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Files_are_read_as_they_are_written_with_32_and_with_64_bits()
    {
        foreach (var last in new[] { 99L, uint.MaxValue, 1L << 40 })
        {
            var lax = new LaxFile { Levels = 1, MinX = 0, MaxX = 1, MinY = 2, MaxY = 3, Cells = [new LaxCell(1, last, [new LaxInterval(0, 5), new LaxInterval(9, last)]), new LaxCell(0, 0, [])] };
            var bytes = lax.ToBytes();
            var again = LaxFile.Parse(bytes, "a.lax");
            Assert.Equal(bytes, again.ToBytes());
            Assert.Equal(last, again.Cells[0].Intervals[1].Last);

            // LASX, version; LASS, type; LASQ, version, levels, two zeros, four bounds; LASV, version, cells.
            Assert.Equal(last > uint.MaxValue ? 1 : 0, BitConverter.ToInt32(bytes, 56));
            Assert.Equal(2, BitConverter.ToInt32(bytes, 60));
        }
    }

    [Fact]
    public async Task A_file_of_another_object_or_a_damaged_one_is_refused()
    {
        var stored = LasSamples.Make(new LasSample { Seed = 7, Points = 3000 });
        var lax = await ExportAsync(await LasTestObject.IndexAsync(_store, stored));
        var other = await LasTestObject.BindAsync(_store, LasSamples.Make(new LasSample { Seed = 7, Points = 2999 }));
        Assert.Contains("it is of 3000 points, but the object has 2999", (await Assert.ThrowsAsync<CorruptIndexException>(() => ImportAsync(other, lax))).Problem, StringComparison.Ordinal);
        var turned = await LasTestObject.BindAsync(_store, LasSamples.Make(new LasSample { Seed = 7 }, [.. PlainLas.Parse(stored).Records.Reverse()]));
        await Assert.ThrowsAsync<CorruptIndexException>(() => ImportAsync(turned, lax));
        await Assert.ThrowsAsync<UnsupportedFormatException>(() => ImportAsync(turned, [1, 2, 3, 4]));

        // However it is damaged, nothing else is thrown, and what is taken loses no point.
        var random = new Random(3);
        for (var i = 0; i < 60; i++)
        {
            var damaged = lax.ToArray();
            if (i % 3 == 0)
                damaged = damaged[..random.Next(damaged.Length)];
            else
                damaged[i < 40 ? random.Next(80) : random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            var failure = Record.Exception(() => LaxFile.Parse(damaged, "damaged.lax"));
            Assert.True(failure is null or CorruptIndexException or UnsupportedFormatException, failure?.ToString());
        }
    }

    private static async Task<byte[]> ExportAsync(CloudObject<LasIndex> cloud)
    {
        using var bytes = new MemoryStream();
        await LasIndexFile.ExportAsync(cloud, bytes);
        return bytes.ToArray();
    }

    private static Task<Preprocessing.PreprocessReport> ImportAsync(CloudObject<LasIndex> cloud, byte[] lax) => LasIndexFile.ImportAsync(cloud, new MemoryStream(lax), "points.lax");
}
