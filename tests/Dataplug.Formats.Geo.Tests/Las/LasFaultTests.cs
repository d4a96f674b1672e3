using Dataplug.Conformance.Formats;

namespace Dataplug.Formats.Geo.Tests;

#pragma warning disable CA1001 // The test runner disposes by IAsyncLifetime.

/// <summary>What is broken is refused with its place; what is merely untrue is told.</summary>
public sealed class LasFaultTests : IAsyncLifetime
{
    private static readonly byte[] Newest = LasSamples.Make(new LasSample { Pdrf = 6, Minor = 4, Points = 50, Vlrs = [("a", 1, new byte[10])], Evlrs = [("b", 2, new byte[10])] });

    private readonly FileLawStore _store = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Theory]
    [InlineData(94, 374, "the header has 374 bytes; one of LAS 1.4 has at least 375", 94)]
    [InlineData(96, 100, "inside the header", 96)]
    [InlineData(96, 1_000_000, "behind the end of the object", 96)]
    [InlineData(100, 2, "variable length record 2 of 2 begins at byte", 439)]
    [InlineData(100, -1, "variable length record 2 of 4294967295", 439)]
    [InlineData(395, 60, "run into the points", 375)]
    [InlineData(105, 29, "a point record has 29 bytes; one of format 6 has at least 30", 105)]
    [InlineData(235, 500, "but the points end at byte", 500)]
    [InlineData(235, int.MaxValue, "is said to start at byte", 2009)]
    [InlineData(243, 2, "extended variable length record 2 is said to start", 2009)]
    [InlineData(247, 53, "the header speaks of 53 points, but only 52 are there", 2009)]
    [InlineData(247, int.MaxValue, "was cut short", 2009)]
    [InlineData(1959, 1000, "has 1000 bytes, which run over the end", 1939)]
    public async Task A_number_that_breaks_a_rule_is_refused(int offset, int value, string problem, long at)
    {
        var stored = Newest.ToArray();
        var width = offset is 94 or 105 or 395 ? 2 : offset is 247 or 235 or 1959 ? 8 : 4;
        Assert.True(width == 2 ? BitConverter.TryWriteBytes(stored.AsSpan(offset), (ushort)value) : width == 4 ? BitConverter.TryWriteBytes(stored.AsSpan(offset), value) : BitConverter.TryWriteBytes(stored.AsSpan(offset), (long)value));
        var refused = await Assert.ThrowsAsync<CorruptObjectException>(() => LasTestObject.IndexAsync(_store, stored));
        Assert.Contains(problem, refused.Problem, StringComparison.Ordinal);
        Assert.Equal(at, refused.ByteOffset);
    }

    [Theory]
    [InlineData(0, (byte)'X', "not LAS")]
    [InlineData(24, (byte)2, "LAS 2.4")]
    [InlineData(25, (byte)5, "LAS 1.5")]
    [InlineData(104, (byte)11, "point data record format 11")]
    [InlineData(104, (byte)(128 + 6), "LAZ")]
    public async Task What_is_another_format_is_not_supported(int offset, byte value, string problem)
    {
        var stored = Newest.ToArray();
        stored[offset] = value;
        Assert.Contains(problem, (await Assert.ThrowsAsync<UnsupportedFormatException>(() => LasTestObject.IndexAsync(_store, stored))).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_object_that_was_cut_short_is_refused_wherever_it_was()
    {
        for (var length = 0; length < Newest.Length; length += length < 500 ? 37 : 211)
            await Assert.ThrowsAsync<CorruptObjectException>(() => LasTestObject.IndexAsync(_store, Newest[..length]));
    }

    [Fact]
    public async Task An_object_that_was_cut_short_is_salvaged_up_to_its_last_whole_point()
    {
        var salvaging = (LasFormat)LasTestObject.SmallBlocks.ForSalvage();
        Assert.Equal(salvaging.Parameters, Assert.IsType<LasFormat>(LasTestObject.SmallBlocks.WithParameters(salvaging.Parameters)).Parameters);
        var plain = PlainLas.Parse(Newest);
        var cloud = await LasTestObject.IndexAsync(_store, Newest[..(int)(plain.PointsOffset + (20 * 30) + 7)], salvaging);
        var index = await cloud.GetIndexAsync();
        Assert.Equal(20, index.Points.Points);
        Assert.Contains(index.Warnings, warning => warning.Contains("only 20 are there", StringComparison.Ordinal));
        var records = new List<string>();
        foreach (var slice in await cloud.PartitionAsync(LasPartition.IntoGrid(2, 2)))
        {
            var file = PlainLas.Parse(await SliceBytes.ReadAsync(slice));
            file.AssertHeaderIsTrue();
            records.AddRange(file.Records.Select(Convert.ToHexString));
        }

        Assert.Equal(plain.Records.Take(20).Select(Convert.ToHexString).Order(StringComparer.Ordinal), records.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Differences_between_header_and_points_are_told_and_no_more()
    {
        var stored = LasSamples.Make(new LasSample { Points = 60, Minor = 4, Pdrf = 1 });
        BitConverter.TryWriteBytes(stored.AsSpan(179), 1e6);
        BitConverter.TryWriteBytes(stored.AsSpan(219), double.NaN);
        BitConverter.TryWriteBytes(stored.AsSpan(255), 61L);
        BitConverter.TryWriteBytes(stored.AsSpan(107), 59);
        var index = await (await LasTestObject.IndexAsync(_store, [.. stored, .. new byte[70]])).GetIndexAsync();
        foreach (var part in new[] { "in its legacy field of 59", "70 bytes behind the points are in no record; they would hold 2 points more", "points by return are [", "the header says [61, ", "x goes from 500", "z goes from " })
            Assert.Contains(index.Warnings, warning => warning.Contains(part, StringComparison.Ordinal));
        Assert.Equal(6 - 1, index.Warnings.Count);
        Assert.Equal(60, index.Points.Points);
    }

    [Fact]
    public async Task A_header_of_the_newest_version_that_fills_only_the_legacy_field_is_understood()
    {
        var stored = LasSamples.Make(new LasSample { Points = 60, Minor = 4, Pdrf = 1 });
        BitConverter.TryWriteBytes(stored.AsSpan(247), 0L);
        var index = await (await LasTestObject.IndexAsync(_store, stored)).GetIndexAsync();
        Assert.Equal(60, index.Points.Points);
        Assert.Contains("legacy one, 60, was taken", Assert.Single(index.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Attributes_say_what_was_counted()
    {
        var stored = LasSamples.Make(new LasSample { Seed = 5, Points = 300 });
        var plain = PlainLas.Parse(stored);
        var points = (await (await LasTestObject.IndexAsync(_store, stored)).GetIndexAsync()).Points;
        Assert.Equal(("1.2", 1, 28, 300L), (points.Version, points.PointFormat, points.RecordLength, points.Points));
        Assert.Equal(Enumerable.Range(1, 5).Select(i => plain.Records.LongCount(record => plain.ReturnOf(record) == i)), points.PointsByReturn);
        Assert.Equal(plain.Records.GroupBy(plain.ClassOf).ToDictionary(g => $"{g.Key}", g => g.LongCount()), points.PointsByClass);
        Assert.Equal(new LasVector(plain.Records.Min(plain.PlaceX), plain.Records.Min(plain.PlaceY), plain.Records.Min(plain.PlaceZ)), points.Min);
        Assert.Equal(plain.Records.Max(record => BitConverter.ToUInt16(record, 12)), points.GreatestIntensity);
        Assert.Equal(("week", "2024-02-29", "made by tests"), (points.GpsTime, points.Created, points.GeneratingSoftware));
    }

    [Theory]
    [InlineData("""PROJCS["x",GEOGCS["y",AUTHORITY["EPSG","4269"]],PARAMETER["a",1],AUTHORITY["EPSG","26910"]]""", 26910, null)]
    [InlineData("""COMPD_CS["z",PROJCS["x",GEOGCS["y",AUTHORITY["EPSG","4269"]],AUTHORITY["EPSG","26910"]],VERT_CS["h",VERT_DATUM["d",2005,AUTHORITY["EPSG","5103"]],AUTHORITY["EPSG","5703"]],AUTHORITY["EPSG","9999"]]""", 26910, 5703)]
    [InlineData("""PROJCRS["a ] b",BASEGEOGCRS["c",ID["EPSG",4326]],ID["EPSG",32633]]""", 32633, null)]
    [InlineData("""LOCAL_CS["unknown"]""", null, null)]
    [InlineData("""PROJCS["broken""", null, null)]
    public async Task The_reference_system_is_read_from_wkt(string wkt, int? epsg, int? vertical)
    {
        var stored = LasSamples.Make(new LasSample { Pdrf = 6, Minor = 4, Points = 1, GlobalEncoding = 16, Vlrs = [("LASF_Projection", 2112, [.. System.Text.Encoding.UTF8.GetBytes(wkt), 0])] });
        var points = (await (await LasTestObject.IndexAsync(_store, stored)).GetIndexAsync()).Points;
        Assert.Equal((epsg, vertical, wkt), (points.Epsg, points.VerticalEpsg, points.Crs));
    }

    [Fact]
    public async Task An_index_that_is_not_of_the_object_is_refused()
    {
        var cloud = await LasTestObject.IndexAsync(_store, LasSamples.Make(new LasSample()));
        var report = await cloud.PreprocessAsync();
        var sidecar = await _store.GetAsync(report.Sidecar);
        sidecar[sidecar.Length / 2] ^= 1;
        await _store.ReplaceAsync(report.Sidecar, sidecar);
        await Assert.ThrowsAsync<CorruptIndexException>(() => CloudObject.FromUri(LasTestObject.SmallBlocks, cloud.Uri.Value, cloud.Options).GetIndexAsync());
    }
}
