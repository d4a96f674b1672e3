using System.Security.Cryptography;
using System.Text.Json;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;

namespace Dataplug.Formats.Geo.Tests;

#pragma warning disable CA1001 // The test runner disposes by IAsyncLifetime.

/// <summary>Real files against what independent programs say of them.</summary>
public sealed class LasSharedFileTests : IAsyncLifetime
{
    private readonly FileLawStore _store = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [SharedDataFact]
    public async Task Every_file_is_read_as_others_read_it()
    {
        using var truths = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(SharedData.Folder!, "TRUTH.json")));
        var files = truths.RootElement.EnumerateObject().Where(file => file.Name.StartsWith("las/", StringComparison.Ordinal)).ToArray();
        Assert.True(files.Length >= 19);
        foreach (var file in files)
        {
            var stored = await File.ReadAllBytesAsync(Path.Combine(SharedData.Folder!, file.Name));
            var truth = file.Value;
            var head = truth.GetProperty("header");
            var cloud = await LasTestObject.IndexAsync(_store, stored);
            var index = await cloud.GetIndexAsync();
            Assert.Equal(head.GetProperty("version").GetString(), index.Points.Version);
            Assert.Equal(head.GetProperty("pdrf").GetInt32(), index.Points.PointFormat);
            Assert.Equal(truth.GetProperty("points_in_file").GetInt64(), index.Points.Points);
            Assert.Equal(head.GetProperty("vlrs_user_id_len_dataoffset").EnumerateArray().Select(vlr => $"{vlr[0]} {vlr[1]}"), index.Header.Vlrs.Select(vlr => vlr.ToString()));

            // By points: the records one behind the other.
            var slices = await cloud.PartitionAsync(LasPartition.ByPoints(97));
            var records = new List<byte>();
            foreach (var slice in slices)
                records.AddRange((await slice.GetAsync()).Records.ToArray());
            Assert.Equal(truth.GetProperty("point_records_sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(records.ToArray())));
            Assert.Equal(stored, await SliceBytes.JoinAsync(slices));

            // By place: counts, bounds and sums.
            var (points, sums, intensity) = (0L, new long[3], 0L);
            var (min, max) = (new int[] { int.MaxValue, int.MaxValue, int.MaxValue }, new int[] { int.MinValue, int.MinValue, int.MinValue });
            foreach (var slice in await cloud.PartitionAsync(LasPartition.IntoGrid(3, 3)))
            {
                var part = await slice.GetAsync();
                points += part.Count;
                foreach (var (axis, column) in new[] { part.RawX.ToArray(), part.RawY.ToArray(), part.RawZ.ToArray() }.Index())
                {
                    sums[axis] += column.Sum(value => (long)value);
                    min[axis] = Math.Min(min[axis], column.DefaultIfEmpty(int.MaxValue).Min());
                    max[axis] = Math.Max(max[axis], column.DefaultIfEmpty(int.MinValue).Max());
                }

                intensity += part.Intensity.ToArray().Sum(value => (long)value);
                PlainLas.Parse(await SliceBytes.ReadAsync(slice)).AssertHeaderIsTrue();
            }

            Assert.Equal(index.Points.Points, points);
            Assert.Equal(Longs("raw_xyz_sum"), sums);
            Assert.Equal(Longs("raw_xyz_min"), min.Select(value => (long)value));
            Assert.Equal(Longs("raw_xyz_max"), max.Select(value => (long)value));
            Assert.Equal(truth.GetProperty("intensity_sum").GetInt64(), intensity);

            long[] Longs(string name) => [.. truth.GetProperty(name).EnumerateArray().Select(value => value.GetInt64())];
        }
    }

    [SharedDataTheory]
    [InlineData("1.0_0.las", 26915, null)]
    [InlineData("srs_vertcs.las", 32617, 5703)]
    [InlineData("autzen_geo_proj.las", 2994, null)]
    [InlineData("simple1_4.las", 4326, null)]
    [InlineData("simple.las", null, null)]
    public async Task Reference_systems_are_found(string name, int? epsg, int? vertical)
    {
        var points = (await (await LasTestObject.IndexAsync(_store, await File.ReadAllBytesAsync(Path.Combine(SharedData.Folder!, "las", name)))).GetIndexAsync()).Points;
        Assert.Equal((epsg, vertical), (points.Epsg, points.VerticalEpsg));
    }

    [SharedDataTheory]
    [InlineData("simple.las")]
    [InlineData("extrabytes.las")]
    [InlineData("bad_points_1.1.las")]
    public async Task Warnings_are_what_they_are(string name)
    {
        var index = await (await LasTestObject.IndexAsync(_store, await File.ReadAllBytesAsync(Path.Combine(SharedData.Folder!, "las", name)))).GetIndexAsync();
        Assert.Empty(index.Warnings);
    }

    [SharedDataFact]
    public async Task Extra_bytes_of_a_real_file_are_typed()
    {
        var cloud = await LasTestObject.IndexAsync(_store, await File.ReadAllBytesAsync(Path.Combine(SharedData.Folder!, "las", "extrabytes.las")));
        var points = await (await cloud.PartitionAsync(LasPartition.IntoBatches(1)))[0].GetAsync();
        Assert.Equal(61 - 34, points.Format.ExtraBytes.Sum(extra => extra.Length));
        Assert.DoesNotContain(points.Format.ExtraBytes, extra => extra.Name == "undescribed");
        foreach (var extra in points.Format.ExtraBytes.Where(extra => extra.Type != LasExtraType.Undocumented))
            Assert.Equal(1065, points.ExtraValues(extra.Name).Length);
    }
}
