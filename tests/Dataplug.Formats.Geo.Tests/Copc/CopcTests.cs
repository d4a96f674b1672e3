using System.Security.Cryptography;
using System.Text.Json;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Formats.Geo.Laz.Tests;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;

namespace Dataplug.Formats.Geo.Tests;

#pragma warning disable CA1001 // The test runner disposes by IAsyncLifetime.

/// <summary>What is particular about COPC: its hierarchy, levels, and groups of nodes.</summary>
public sealed class CopcTests : IAsyncLifetime
{
    private static readonly LasSample Sample = new() { Seed = 7, Pdrf = 7, Minor = 4, Points = 1500 };

    private readonly FileLawStore _store = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [SharedDataFact]
    public async Task Every_file_has_the_hierarchy_and_the_points_that_others_find()
    {
        using var truths = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(SharedData.Folder!, "TRUTH.json")));
        var files = truths.RootElement.EnumerateObject().Where(file => file.Name.StartsWith("copc/", StringComparison.Ordinal)).ToArray();
        Assert.True(files.Length >= 4);
        foreach (var file in files)
        {
            var stored = await File.ReadAllBytesAsync(Path.Combine(SharedData.Folder!, file.Name));
            var truth = file.Value.GetProperty("copc_hierarchy");
            _store.Requests.Clear();
            var cloud = await IndexAsync(stored);
            var index = await cloud.GetIndexAsync();
            var header = index.Header;
            Assert.InRange(_store.Requests.Reads.Where(read => read.Uri == cloud.Uri).Sum(read => read.Range.Length), 1, (64 << 10) + (stored.Length - header.EvlrOffset) + 8192);

            var info = CopcInfo.Of(header, stored.Length, "test");
            var told = file.Value.GetProperty("copc_info");
            Assert.Equal(
                (told.GetProperty("halfsize").GetDouble(), told.GetProperty("spacing").GetDouble(), told.GetProperty("root_hier_offset").GetInt64(), told.GetProperty("root_hier_size").GetInt64()),
                (info.HalfSize, info.Spacing, info.RootOffset, info.RootLength));
            var hierarchy = await CopcHierarchy.ReadAsync(index.Source.Pin(_store.Stores), info, header.PointsOffset + 8, default);
            Assert.Equal(truth.GetProperty("pages").GetInt32(), hierarchy.Pages);
            Assert.Equal(truth.GetProperty("nodes").GetInt32(), hierarchy.Nodes.Count);
            var entries = truth.GetProperty("entries_l_x_y_z_off_size_n").EnumerateArray().Select(entry => string.Join(" ", entry.EnumerateArray().Select(value => value.GetInt64())));
            var nodes = hierarchy.Nodes.Select(node => $"{node.Level} {node.X} {node.Y} {node.Z} {node.Offset} {node.Length} {node.Points}").ToHashSet();
            Assert.All(entries, entry => Assert.Contains(entry, nodes));
            Assert.Equal(
                truth.GetProperty("points_per_level").EnumerateObject().ToDictionary(level => int.Parse(level.Name, System.Globalization.CultureInfo.InvariantCulture), level => level.Value.GetInt64()),
                index.Points.Octree!.PointsByLevel.Index().ToDictionary(level => level.Index, level => level.Item));

            foreach (var strategy in new[] { CopcPartition.IntoNodeGroups(5), LasPartition.IntoBatches(3) })
            {
                using var records = new MemoryStream();
                foreach (var slice in await cloud.PartitionAsync(strategy))
                    records.Write((await slice.GetAsync()).Records.Span);
                Assert.Equal(file.Value.GetProperty("decompressed").GetProperty("point_records_sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(records.ToArray())));
            }

            // Every point in one cell, also of a fine grid, and every level by itself.
            var points = 0L;
            foreach (var slice in await cloud.PartitionAsync(LasPartition.IntoGrid(4, 3)))
            {
                var part = PlainLas.Parse(LazSamples.Decompress(await SliceBytes.ReadAsync(slice)));
                part.AssertHeaderIsTrue();
                points += part.Count;
            }

            Assert.Equal(header.Points, points);
        }
    }

    [Fact]
    public async Task Boxes_polygons_and_filters_are_exact()
    {
        var stored = CopcSamples.Make(Sample, 3, hasPages: true);
        var plain = PlainLas.Parse(CopcSamples.Decompress(stored));
        var cloud = await IndexAsync(stored);
        var box = (await cloud.PartitionAsync("bbox", new Dictionary<string, string> { ["box"] = "500020,-990,500070,-930", ["classes"] = "0-100" })).Cast<LasSlice>();
        var expected = plain.Records.Where(record => plain.PlaceX(record) is >= 500020 and <= 500070 && plain.PlaceY(record) is >= -990 and <= -930 && plain.ClassOf(record) <= 100).Select(Convert.ToHexString).ToArray();
        Assert.NotEmpty(expected);
        Assert.Equal(expected, await LasTestObject.RecordsOfAsync(box.Single()));

        // A triangle whose sides are no multiples of anything.
        var triangle = await cloud.PartitionAsync(LasPartition.InPolygon("POLYGON((500000.003 -1000.001, 500090.003 -1000.001, 500000.003 -910.001, 500000.003 -1000.001))"));
        var within = plain.Records.Where(record => plain.PlaceX(record) - 500000.003 >= 0 && plain.PlaceY(record) + 1000.001 >= 0 && plain.PlaceX(record) - 500000.003 + plain.PlaceY(record) + 1000.001 <= 90).Select(Convert.ToHexString).ToArray();
        Assert.InRange(within.Length, 1, plain.Records.Length - 1);
        Assert.Equal(within, await LasTestObject.RecordsOfAsync(triangle.Single()));
    }

    [Fact]
    public async Task Levels_are_read_as_far_as_they_are_asked_for()
    {
        var stored = CopcSamples.Make(Sample, 3, hasPages: false);
        var cloud = await IndexAsync(stored);
        var index = await cloud.GetIndexAsync();
        var octree = index.Points.Octree!;
        Assert.Equal(4, octree.PointsByLevel.Count);
        Assert.Equal(0, octree.LevelOf(octree.Spacing));
        Assert.Equal(1, octree.LevelOf(octree.Spacing * 0.99));
        Assert.Equal(2, octree.LevelOf(octree.Spacing / 4));
        Assert.Equal(3, octree.LevelOf(octree.Spacing / 1000));
        for (var level = 0; level < 4; level++)
        {
            var limited = await cloud.PartitionAsync(CopcPartition.UpToLevel(LasPartition.IntoGrid(2, 2), level));
            var sum = 0L;
            foreach (var slice in limited)
            {
                var part = await slice.GetAsync();
                sum += part.Count;
                Assert.Equal(part.Count, PlainLas.Parse(LazSamples.Decompress(await SliceBytes.ReadAsync(slice))).Count);
            }

            Assert.Equal(octree.PointsByLevel.Take(level + 1).Sum(), sum);
        }

        var named = await cloud.PartitionAsync("nodes", new Dictionary<string, string> { ["count"] = "1", ["resolution"] = (octree.Spacing / 2).ToString(System.Globalization.CultureInfo.InvariantCulture), ["levels"] = "4" });
        Assert.Equal(octree.PointsByLevel.Take(2).Sum(), (await ((LasSlice)named.Single()).GetAsync()).Count);
        var sample = index.Sample(octree.PointsByLevel.Take(2).Sum() + 1) with { Stores = _store.Stores };
        Assert.Equal(octree.PointsByLevel.Take(2).Sum(), (await sample.GetAsync()).Count);
        await Assert.ThrowsAsync<PartitionException>(() => cloud.PartitionAsync("nodes", new Dictionary<string, string> { ["count"] = "1", ["levels"] = "0" }));
    }

    [Fact]
    public async Task Nodes_are_fetched_only_where_they_are_needed()
    {
        // Nodes of 20 000 points and more are larger than a gap that is read over.
        var stored = CopcSamples.Make(Sample with { Points = 300_000, Extent = 1_000_000 }, 1, hasPages: false);
        var cloud = await IndexAsync(stored);
        var root = (await CopcHierarchy.ReadAsync((await cloud.GetIndexAsync()).Source.Pin(_store.Stores), CopcInfo.Of((await cloud.GetIndexAsync()).Header, stored.Length, "test"), 0, default)).Nodes.Single(node => node.Level == 0);
        var slice = (await cloud.PartitionAsync(CopcPartition.UpToLevel(CopcPartition.IntoNodeGroups(1), 0))).Single();
        _store.Requests.Clear();
        Assert.Equal(root.Points, (await slice.GetAsync()).Count);
        var reads = _store.Requests.Reads.Where(read => read.Uri == cloud.Uri).ToArray();
        Assert.InRange(reads.Length, 1, 2);
        Assert.InRange(reads.Sum(read => read.Range.Length), root.Length, root.Length + slice.PointsOffset + LasIndex.MaxGap);
    }

    [Fact]
    public async Task Groups_of_nodes_are_balanced_complete_and_copied()
    {
        var stored = CopcSamples.Make(Sample, 3, hasPages: true);
        var table = await new LazFile(stored).ReadTableAsync();
        var slices = await (await IndexAsync(stored)).PartitionAsync(CopcPartition.IntoNodeGroups(6));
        var largest = Enumerable.Range(0, table.Count).Max(i => table[i].Points);
        Assert.All(slices, slice => Assert.InRange(slice.PointCount!.Value, (Sample.Points / 6) - largest, (Sample.Points / 6) + largest));
        var next = 0;
        foreach (var slice in slices)
        {
            var written = new LazFile(await SliceBytes.ReadAsync(slice));
            var own = await written.ReadTableAsync();
            for (var i = 0; i < own.Count; i++)
                Assert.Equal(Convert.ToHexString(new LazFile(stored).BytesOf(table[next++])), Convert.ToHexString(written.BytesOf(own[i])));

            // It is no COPC any more, since there is no hierarchy.
            Assert.False(CopcInfo.IsAtStart(written.Bytes));
        }

        Assert.Equal(table.Count, next);
    }

    public static TheoryData<string, int, long, string> Faults() => new()
    {
        { "level", 0, 32, "which can't be" },
        { "level below 0", 0, -1, "which can't be" },
        { "place", 4, 1 << 20, "which can't be" },
        { "offset", 16, 5, "should be" },
        { "offset behind the end", 16, int.MaxValue, "should be" },
        { "offset below 0", 16, -5, "should be" },
        { "no bytes", 24, 0, "should be" },
        { "bytes below 0", 24, -7, "should be" },
        { "points below 0", 28, -2, "has -2 points" },
        { "other points", 28, 1, "the header says" },
        { "a page that can't be", 28, -1, "page of the hierarchy" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_malformed_entry_is_refused(string what, int at, long value, string problem)
    {
        var stored = CopcSamples.Make(Sample, 2, hasPages: false);
        var root = (int)BitConverter.ToInt64(stored, CopcSamples.InfoAt + 40);
        var entry = stored.AsSpan(root, 32);
        Assert.True(at == 16 ? BitConverter.TryWriteBytes(entry[at..], value) : BitConverter.TryWriteBytes(entry[at..], (int)value), what);
        Assert.Contains(problem, (await Assert.ThrowsAsync<CorruptObjectException>(() => IndexAsync(stored))).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_in_a_circle_and_entries_given_twice_are_refused()
    {
        var stored = CopcSamples.Make(Sample, 2, hasPages: false);
        var root = BitConverter.ToInt64(stored, CopcSamples.InfoAt + 40);
        var length = BitConverter.ToInt64(stored, CopcSamples.InfoAt + 48);

        // The first entry says that its node is in the page where it stands.
        var circle = stored.ToArray();
        BitConverter.TryWriteBytes(circle.AsSpan((int)root + 16), root);
        BitConverter.TryWriteBytes(circle.AsSpan((int)root + 24), (int)length);
        BitConverter.TryWriteBytes(circle.AsSpan((int)root + 28), -1);
        Assert.Contains("bytes in common", (await Assert.ThrowsAsync<CorruptObjectException>(() => IndexAsync(circle))).Problem, StringComparison.Ordinal);

        var twice = stored.ToArray();
        twice.AsSpan((int)root, 32).CopyTo(twice.AsSpan((int)root + 32));
        Assert.Contains("two entries", (await Assert.ThrowsAsync<CorruptObjectException>(() => IndexAsync(twice))).Problem, StringComparison.Ordinal);

        var shared = stored.ToArray();
        shared.AsSpan((int)root + 16, 8).CopyTo(shared.AsSpan((int)root + 32 + 16));
        Assert.Contains("bytes in common", (await Assert.ThrowsAsync<CorruptObjectException>(() => IndexAsync(shared))).Problem, StringComparison.Ordinal);

        var odd = stored.ToArray();
        BitConverter.TryWriteBytes(odd.AsSpan(CopcSamples.InfoAt + 48), length - 1);
        Assert.Contains("page of the hierarchy", (await Assert.ThrowsAsync<CorruptObjectException>(() => IndexAsync(odd))).Problem, StringComparison.Ordinal);

        // Without its record it is LAZ, and says so.
        stored[377] = (byte)'k';
        Assert.Contains("not COPC", (await Assert.ThrowsAsync<UnsupportedFormatException>(() => IndexAsync(stored))).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_laszip_record_with_chunks_of_one_size_is_refused()
    {
        var stored = CopcSamples.Make(Sample, 2, hasPages: false);
        var at = stored.AsSpan().IndexOf("laszip encoded"u8) - 2 + 54 + 12;
        BitConverter.TryWriteBytes(stored.AsSpan(at), 50_000u);
        var refused = await Assert.ThrowsAsync<CorruptObjectException>(() => IndexAsync(stored));
        Assert.Contains("50000 points each", refused.Problem, StringComparison.Ordinal);
        Assert.Equal(at, refused.ByteOffset);
    }

    [Fact]
    public async Task Points_outside_of_their_cubes_are_not_lost_in_silence()
    {
        var stored = CopcSamples.Make(Sample, 2, hasPages: false);

        // The whole octree is somewhere else.
        BitConverter.TryWriteBytes(stored.AsSpan(CopcSamples.InfoAt), BitConverter.ToDouble(stored, CopcSamples.InfoAt) + 1000);
        var cloud = await IndexAsync(stored);
        await Assert.ThrowsAsync<CorruptObjectException>(async () =>
        {
            foreach (var slice in await cloud.PartitionAsync(LasPartition.IntoGrid(2, 2)))
                await slice.GetAsync();
        });
        var points = 0L;
        foreach (var slice in await cloud.PartitionAsync(CopcPartition.IntoNodeGroups(4)))
            points += (await slice.GetAsync()).Count;
        Assert.Equal(Sample.Points, points);
    }

    [Fact]
    public async Task Formats_are_told_apart_by_their_bytes()
    {
        var las = LasSamples.Make(Sample with { Points = 9 });
        var registry = new FormatRegistry(Las.Format, LasZip.Format, Copc.Format);
        foreach (var (stored, id) in new[] { (las, "las"), (LazSamples.Compress(las, 5), "laz"), (CopcSamples.Make(Sample with { Points = 9 }, 1, hasPages: false), "copc") })
        {
            var uri = await _store.PutAsync(stored, "points.bin");
            var probe = new FormatProbe(uri, stored.Length, stored, false, stored);
            Assert.Equal(id, registry.Formats.MaxBy(format => format.Detect(probe))!.Id);
        }
    }

    private async Task<CloudObject<LasIndex>> IndexAsync(byte[] stored)
    {
        var cloud = CloudObject.FromUri(Copc.Format, (await _store.PutAsync(stored, "points.copc.laz")).Value, new CloudObjectOptions { Stores = _store.Stores, Metadata = new MetadataOptions { Home = _store.NewHome() } });
        await cloud.PreprocessAsync();
        return cloud;
    }
}
