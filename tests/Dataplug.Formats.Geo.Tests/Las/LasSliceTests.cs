using Dataplug.Conformance.Formats;
using Dataplug.Formats;
using Dataplug.Partitioning;

namespace Dataplug.Formats.Geo.Tests;

#pragma warning disable CA1001 // The test runner disposes by IAsyncLifetime.

public sealed class LasSliceTests : IAsyncLifetime
{
    private readonly FileLawStore _store = new();

    public static TheoryData<int> Formats => [.. Enumerable.Range(0, 11)];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task Points_are_columns_of_what_their_format_has(int pdrf)
    {
        var stored = LasSamples.Make(new LasSample { Seed = pdrf, Pdrf = pdrf, Minor = 4, Points = 100 });
        var plain = PlainLas.Parse(stored);
        var points = await (await (await LasTestObject.IndexAsync(_store, stored)).PartitionAsync(LasPartition.IntoBatches(1)))[0].GetAsync();
        T[] Expected<T>(Func<byte[], T> value) => [.. plain.Records.Select(value)];
        Assert.Equal(100, points.Count);
        Assert.Equal(Expected(PlainLas.X), points.RawX.ToArray());
        Assert.Equal(Expected(PlainLas.Y), points.RawY.ToArray());
        Assert.Equal(Expected(PlainLas.Z), points.RawZ.ToArray());
        Assert.Equal(Expected(plain.PlaceX), points.X.ToArray());
        Assert.Equal(Expected(plain.PlaceY), points.Y.ToArray());
        Assert.Equal(Expected(plain.PlaceZ), points.Z.ToArray());
        Assert.Equal(Expected(r => BitConverter.ToUInt16(r, 12)), points.Intensity.ToArray());

        // Tables 7 and 8, and 15 and 16 of the specification.
        if (pdrf < 6)
        {
            Assert.Equal(Expected(r => (byte)(r[14] & 7)), points.ReturnNumber.ToArray());
            Assert.Equal(Expected(r => (byte)((r[14] >> 3) & 7)), points.NumberOfReturns.ToArray());
            Assert.Equal(Expected(r => (r[14] & 64) != 0), points.ScanDirection.ToArray());
            Assert.Equal(Expected(r => (r[14] & 128) != 0), points.EdgeOfFlightLine.ToArray());
            Assert.Equal(Expected(r => (byte)(r[15] & 31)), points.Classification.ToArray());
            Assert.Equal(Expected(r => ((r[15] & 32) != 0, (r[15] & 64) != 0, (r[15] & 128) != 0)), points.Flags.ToArray().Select(f => (f.HasFlag(LasClassificationBits.Synthetic), f.HasFlag(LasClassificationBits.KeyPoint), f.HasFlag(LasClassificationBits.Withheld))));
            Assert.Equal(new byte[100], points.ScannerChannel.ToArray());
            Assert.Equal(Expected(r => (double)(sbyte)r[16]), points.ScanAngle.ToArray());
            Assert.Equal(Expected(r => r[17]), points.UserData.ToArray());
            Assert.Equal(Expected(r => BitConverter.ToUInt16(r, 18)), points.PointSourceId.ToArray());
        }
        else
        {
            Assert.Equal(Expected(r => (byte)(r[14] & 15)), points.ReturnNumber.ToArray());
            Assert.Equal(Expected(r => (byte)(r[14] >> 4)), points.NumberOfReturns.ToArray());
            Assert.Equal(Expected(r => (LasClassificationBits)(r[15] & 15)), points.Flags.ToArray());
            Assert.Equal(Expected(r => (byte)((r[15] >> 4) & 3)), points.ScannerChannel.ToArray());
            Assert.Equal(Expected(r => (r[15] & 64) != 0), points.ScanDirection.ToArray());
            Assert.Equal(Expected(r => (r[15] & 128) != 0), points.EdgeOfFlightLine.ToArray());
            Assert.Equal(Expected(r => r[16]), points.Classification.ToArray());
            Assert.Equal(Expected(r => r[17]), points.UserData.ToArray());
            Assert.Equal(Expected(r => BitConverter.ToInt16(r, 18) * 0.006), points.ScanAngle.ToArray());
            Assert.Equal(Expected(r => BitConverter.ToUInt16(r, 20)), points.PointSourceId.ToArray());
        }

        int? gps = pdrf switch { 1 or 3 or 4 or 5 => 20, >= 6 => 22, _ => null };
        int? color = pdrf switch { 2 => 20, 3 or 5 => 28, 7 or 8 or 10 => 30, _ => null };
        int? infrared = pdrf is 8 or 10 ? 36 : null;
        int? wave = pdrf switch { 4 => 28, 5 => 34, 9 => 30, 10 => 38, _ => null };
        Assert.Equal(gps is { } g ? Expected(r => BitConverter.ToDouble(r, g)) : [], points.GpsTime.ToArray());
        Assert.Equal(color is { } c ? Expected(r => BitConverter.ToUInt16(r, c)) : [], points.Red.ToArray());
        Assert.Equal(color is { } d ? Expected(r => BitConverter.ToUInt16(r, d + 2)) : [], points.Green.ToArray());
        Assert.Equal(color is { } e ? Expected(r => BitConverter.ToUInt16(r, e + 4)) : [], points.Blue.ToArray());
        Assert.Equal(infrared is { } n ? Expected(r => BitConverter.ToUInt16(r, n)) : [], points.NearInfrared.ToArray());
        Assert.Equal(wave is { } w ? Expected(r => (r[w], BitConverter.ToUInt64(r, w + 1), BitConverter.ToUInt32(r, w + 9))) : [],
            points.WavePacketDescriptor.ToArray().Zip(points.WavePacketOffset.ToArray(), points.WavePacketLength.ToArray()));
        Assert.Equal(wave is { } v ? Expected(r => (BitConverter.ToSingle(r, v + 13), BitConverter.ToSingle(r, v + 17), BitConverter.ToSingle(r, v + 21), BitConverter.ToSingle(r, v + 25))) : [],
            Enumerable.Range(0, points.ReturnPointLocation.Length).Select(i => (points.ReturnPointLocation[i], points.WaveX[i], points.WaveY[i], points.WaveZ[i])));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Extra_bytes_are_typed_columns(bool behind)
    {
        byte[] description =
        [
            .. LasSamples.Description("height", 4, 1 | 8 | 16, scale: 0.01, shift: 100, noData: BitConverter.GetBytes(-32768L)),
            .. LasSamples.Description("normal", 29, 0),
            .. LasSamples.Description("flags", 1, 0),
            .. LasSamples.Description("", 0, 3),
        ];
        var sample = new LasSample { Pdrf = 6, Minor = 4, Points = 3, ExtraLength = 2 + 12 + 1 + 3 + 2, ExtraDescription = description, IsDescribedBehind = behind, Evlrs = [("late", 1, new byte[5])] };
        var records = LasSamples.Records(sample);
        BitConverter.TryWriteBytes(records[0].AsSpan(30), (short)-32768);
        BitConverter.TryWriteBytes(records[1].AsSpan(30), (short)250);
        BitConverter.TryWriteBytes(records[1].AsSpan(36), 2.5f);
        var cloud = await LasTestObject.IndexAsync(_store, LasSamples.Make(sample, records));
        var points = await (await cloud.PartitionAsync(LasPartition.IntoBatches(1)))[0].GetAsync();

        Assert.Equal(["height", "normal", "flags", "", "undescribed"], points.Format.ExtraBytes.Select(extra => extra.Name));
        Assert.Equal([30, 32, 44, 45, 48], points.Format.ExtraBytes.Select(extra => extra.Offset));
        Assert.Equal("about height", points.Format.ExtraBytes[0].Description);
        Assert.Equal([-32768], points.Format.ExtraBytes[0].NoData!);
        var heights = points.ExtraValues("height");
        Assert.True(double.IsNaN(heights[0]));
        Assert.Equal((250 * 0.01) + 100, heights[1]);
        Assert.Equal((short)250, points.Extra<short>("height")[1]);
        Assert.Equal(2.5, points.ExtraValues("normal", element: 1)[1]);
        Assert.Equal(9, points.Extra<float>("normal").Length);
        Assert.Equal(records.Select(record => record[44]), points.Extra<byte>("flags"));
        Assert.Equal(records.SelectMany(record => record[45..48]), points.Extra<byte>(""));
        Assert.Throws<ArgumentException>(() => points.ExtraValues("undescribed"));
        Assert.Throws<ArgumentException>(() => points.Extra<int>("height"));
        Assert.Throws<ArgumentException>(() => points.ExtraValues("absent"));
    }

    [Theory]
    [InlineData(3, "undescribed")]
    [InlineData(4, "a,undescribed")]
    [InlineData(6, "a,b")]
    public async Task A_description_of_extra_bytes_that_does_not_fit_is_void(int length, string names)
    {
        byte[] description = [.. LasSamples.Description("a", 3, 0), .. LasSamples.Description("b", length == 4 ? 31 : 5, 0)];
        var cloud = await LasTestObject.IndexAsync(_store, LasSamples.Make(new LasSample { ExtraLength = length, ExtraDescription = description }));
        var format = (await cloud.GetIndexAsync()).Header.PointFormat;
        Assert.Equal(names, string.Join(',', format.ExtraBytes.Select(extra => extra.Name)));
        Assert.Equal(length, format.ExtraBytes.Sum(extra => extra.Length));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public async Task A_slice_is_a_file_whose_header_is_true(int pdrf)
    {
        var sample = new LasSample
        {
            Seed = pdrf,
            Pdrf = pdrf,
            Minor = pdrf >= 6 ? 4 : pdrf >= 4 ? 3 : pdrf >= 2 ? 2 : pdrf,
            Points = 700,
            ExtraLength = pdrf % 2,
            HeaderSurplus = 5,
            Padding = 3,
            Vlrs = [("someone", 77, [1, 2, 3])],
            Evlrs = [("late", 9, new byte[40])],
        };
        var cloud = await LasTestObject.IndexAsync(_store, LasSamples.Make(sample));
        foreach (var strategy in new[] { LasPartition.ByPoints(123), LasPartition.IntoGrid(2, 3), LasPartition.InBox(500_000, -1000, 500_030, -950), LasPartition.InBox(0, 0, 1, 1) })
        {
            foreach (var slice in await cloud.PartitionAsync(strategy))
            {
                var file = await SliceBytes.ReadAsync(slice);
                var plain = PlainLas.Parse(file);
                plain.AssertHeaderIsTrue();
                Assert.Equal(await LasTestObject.RecordsOfAsync(slice), plain.Records.Select(Convert.ToHexString));

                // It can be indexed and cut again, without any complaint.
                var again = await LasTestObject.IndexAsync(_store, file);
                Assert.Empty((await again.GetIndexAsync()).Warnings);
                var header = (await again.GetIndexAsync()).Header;
                Assert.Equal((232 - 227, 3), (header.HeaderSize - (sample.Minor switch { 4 => 375, 3 => 235, _ => 227 }), (int)(header.PointsOffset - header.Vlrs[^1].Offset - 54 - header.Vlrs[^1].Length)));
                Assert.Equal("someone 77", header.Vlrs[0].ToString());
                Assert.Equal(sample.Minor >= 4 ? 1 : 0, header.EvlrCount);
                Assert.Equal(sample.Minor >= 4 ? 100 : 0, plain.Tail.Length);
            }
        }
    }

    [Fact]
    public async Task Records_that_speak_of_the_objects_points_by_their_place_do_not_come_along()
    {
        var stored = LasSamples.Make(new LasSample
        {
            Pdrf = 9,
            Minor = 4,
            GlobalEncoding = 2,
            Vlrs = [("LAStools", 30, new byte[20]), ("someone", 1, new byte[4])],
            Evlrs = [("first", 1, new byte[10]), ("LASF_Spec", 65535, new byte[5000]), ("LAStools", 30, new byte[100]), ("last", 2, new byte[30])],
        });
        BitConverter.TryWriteBytes(stored.AsSpan(227), PlainLas.Parse(stored).PointsEnd + 70);
        var cloud = await LasTestObject.IndexAsync(_store, stored);
        Assert.Empty((await cloud.GetIndexAsync()).Warnings);
        var slices = await cloud.PartitionAsync(LasPartition.IntoBatches(3));
        var file = await SliceBytes.ReadAsync(slices[1]);
        var header = LasHeader.Parse(file, "slice");
        Assert.Equal(["LASF_Spec 7", "someone 1"], header.Vlrs.Select(vlr => vlr.ToString()));
        Assert.Equal(["first 1", "last 2"], LasBody.Parse(PlainLas.Parse(file).Tail, 0).Select(vlr => vlr.ToString()));
        Assert.Equal((2, 0, LasGlobalEncoding.None), (header.EvlrCount, header.WaveformOffset, header.GlobalEncoding));
        Assert.Equal(stored, await SliceBytes.JoinAsync(slices));
    }

    [Fact]
    public async Task Points_are_filtered_by_return_and_class_when_they_are_read()
    {
        var stored = LasSamples.Make(new LasSample { Seed = 3, Points = 800 });
        var plain = PlainLas.Parse(stored);
        var cloud = await LasTestObject.IndexAsync(_store, stored);
        var slice = (await cloud.PartitionAsync(LasPartition.IntoBatches(1)))[0];
        async Task CheckAsync(LasSlice filtered, Func<byte[], bool> isMeant)
        {
            var serializer = new FormatRegistry(cloud.Format).CreateSliceSerializer();
            Assert.Equal(filtered, serializer.Deserialize(serializer.Serialize(filtered)));
            var expected = plain.Records.Where(isMeant).Select(Convert.ToHexString).ToArray();
            Assert.NotEmpty(expected);
            Assert.Equal(expected, await LasTestObject.RecordsOfAsync(filtered));
            var file = PlainLas.Parse(await SliceBytes.ReadAsync(filtered));
            file.AssertHeaderIsTrue();
            Assert.Equal(expected, file.Records.Select(Convert.ToHexString));
        }

        await CheckAsync(slice.WithReturns(2, 1), record => plain.ReturnOf(record) is 1 or 2);
        await CheckAsync(slice.WithClasses(2, 9), record => plain.ClassOf(record) is 2 or 9);
        await CheckAsync(slice.WithLastReturns(), record => (record[14] & 7) == ((record[14] >> 3) & 7));
        await CheckAsync(slice.WithClasses(1, 2, 3).WithReturns(1), record => plain.ReturnOf(record) == 1 && plain.ClassOf(record) is 1 or 2 or 3 && plain.ReturnOf(record) == 1);
        var byName = await cloud.PartitionAsync("grid", new Dictionary<string, string> { ["rows"] = "1", ["columns"] = "1", ["classes"] = "2-4,9", ["returns"] = "1,3" });
        await CheckAsync((LasSlice)Assert.Single(byName), record => plain.ReturnOf(record) is 1 or 3 && plain.ClassOf(record) is 2 or 3 or 4 or 9);
        Assert.Throws<ArgumentOutOfRangeException>(() => slice.WithReturns(16));
        await Assert.ThrowsAsync<PartitionException>(() => cloud.PartitionAsync("batches", new Dictionary<string, string> { ["count"] = "1", ["classes"] = "7-256" }));
        await Assert.ThrowsAsync<PartitionException>(async () => await (await cloud.PartitionAsync(LasPartition.IntoBatches(2)))[1].WithClasses(2).OpenContinuationAsync());
    }

    [Fact]
    public async Task Points_that_do_not_fit_in_memory_wait_in_a_file()
    {
        await using var spool = new PointSpool(mostInMemory: 100);
        var random = new Random(1);
        var expected = new List<byte>();
        for (var i = 0; i < 20; i++)
        {
            var piece = new byte[random.Next(30)];
            random.NextBytes(piece);
            expected.AddRange(piece);
            await spool.AddAsync(piece, default);
        }

        var read = new List<byte>();
        await foreach (var piece in spool.ReadAsync(default))
            read.AddRange(piece.ToArray());
        Assert.Equal(expected, read);
    }

    [Fact]
    public async Task A_slice_reads_the_head_and_its_points_with_one_request_where_they_are_neighbours()
    {
        var cloud = await LasTestObject.IndexAsync(_store, LasSamples.Make(new LasSample()));
        var slices = await cloud.PartitionAsync(LasPartition.IntoBatches(5));
        foreach (var (slice, requests) in slices.Zip([1, 2, 2, 2, 2]))
        {
            _store.Requests.Clear();
            await slice.GetAsync();
            Assert.Equal(requests, _store.Requests.Reads.Count);
        }
    }

    [Fact]
    public async Task A_foreign_slice_is_refused()
    {
        var cloud = await LasTestObject.IndexAsync(_store, LasSamples.Make(new LasSample()));
        var slice = (await cloud.PartitionAsync(LasPartition.IntoBatches(1)))[0];
        await Assert.ThrowsAsync<InvalidSliceException>(() => (slice with { RecordLength = 21 }).GetAsync());
        await Assert.ThrowsAsync<InvalidSliceException>(() => (slice with { RecordLength = 0 }).GetAsync());
        await Assert.ThrowsAsync<InvalidSliceException>(() => (slice with { Polygon = "AAAA" }).GetAsync());
        await Assert.ThrowsAsync<InvalidSliceException>(() => (slice with { Polygon = Convert.ToBase64String([1, 3, 0, 0, 0, 255, 255, 255, 127]) }).GetAsync());
        await Assert.ThrowsAsync<RangeNotSatisfiableException>(() => (slice with { Runs = [new LasRun(499, 2)] }).GetAsync());
    }

    [Fact]
    public void Las_is_detected_and_laz_is_not()
    {
        var stored = LasSamples.Make(new LasSample());
        FormatMatch Detect(byte[] head) => Las.Format.Detect(new FormatProbe(Storage.ObjectUri.ForFile("/a.bin"), head.Length, head, false, head));
        Assert.Equal(FormatMatch.Certain, Detect(stored));
        Assert.Equal(FormatMatch.Certain, Detect(stored[..50]));
        stored[104] |= 0x80;
        Assert.Equal(FormatMatch.None, Detect(stored));
        Assert.Equal(FormatMatch.None, Detect([1, 2, 3]));
    }
}
