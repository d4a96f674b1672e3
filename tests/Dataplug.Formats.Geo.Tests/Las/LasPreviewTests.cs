using System.IO.Compression;
using Dataplug.Conformance.Formats;

namespace Dataplug.Formats.Geo.Tests;

#pragma warning disable CA1001 // The test runner disposes by IAsyncLifetime.

public sealed class LasPreviewTests : IAsyncLifetime
{
    private readonly FileLawStore _store = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task Low_points_are_blue_high_ones_light_and_nothing_is_white()
    {
        // Two plains side by side, the right one high, and none in the upper half of the left.
        var records = new List<byte[]>();
        for (var x = 0; x < 100; x++)
        {
            for (var y = 0; y < (x < 50 ? 50 : 100); y++)
            {
                var record = new byte[20];
                BitConverter.TryWriteBytes(record.AsSpan(0), x);
                BitConverter.TryWriteBytes(record.AsSpan(4), y);
                BitConverter.TryWriteBytes(record.AsSpan(8), x < 50 ? 0 : 1000);
                record[14] = 9;
                records.Add(record);
            }
        }

        var cloud = await LasTestObject.IndexAsync(_store, LasSamples.Make(new LasSample { Pdrf = 0 }, [.. records]));
        var preview = await LasPreview.CreateAsync(cloud, 40, 40);
        Assert.Equal((40, 40, 3 * 40 * 40), (preview.Width, preview.Height, preview.Rgb.Length));
        (int R, int G, int B) At(int column, int row) => (preview.Rgb.Span[3 * ((row * 40) + column)], preview.Rgb.Span[(3 * ((row * 40) + column)) + 1], preview.Rgb.Span[(3 * ((row * 40) + column)) + 2]);
        Assert.Equal((255, 255, 255), At(5, 5));
        Assert.True(At(5, 35) is var low && low.B > low.R);
        Assert.True(At(35, 5) is var high && high.R > 200 && high.R >= high.B && high.R < 255);
    }

    [Fact]
    public async Task A_picture_is_png()
    {
        var cloud = await LasTestObject.IndexAsync(_store, LasSamples.Make(new LasSample { Points = 2000 }));
        var preview = await LasPreview.CreateAsync((await cloud.PartitionAsync(LasPartition.IntoBatches(1)))[0], 31, 17);
        using var file = new MemoryStream();
        preview.WritePng(file);
        var png = file.ToArray();
        Assert.Equal([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], png[..8]);
        Assert.Equal((31, 17), (ReadInt32(png, 16), ReadInt32(png, 20)));

        // The first chunk's checksum is that of its type and content.
        Assert.Equal(System.IO.Hashing.Crc32.HashToUInt32(png.AsSpan(12, 17)), (uint)ReadInt32(png, 29));
        var length = ReadInt32(png, 33);
        using var zlib = new ZLibStream(new MemoryStream(png, 41, length), CompressionMode.Decompress);
        using var rows = new MemoryStream();
        await zlib.CopyToAsync(rows);
        var pixels = new byte[3 * 31 * 17];
        for (var y = 0; y < 17; y++)
        {
            Assert.Equal(2, rows.GetBuffer()[y * 94]);
            for (var i = 0; i < 93; i++)
                pixels[(y * 93) + i] = (byte)(rows.GetBuffer()[(y * 94) + 1 + i] + (y == 0 ? 0 : pixels[((y - 1) * 93) + i]));
        }

        Assert.Equal(preview.Rgb.ToArray(), pixels);
    }

    [Theory]
    [InlineData(0, 0.01)]
    [InlineData(1, 0.01)]
    [InlineData(50, double.NaN)]
    [InlineData(50, 0.0)]
    public async Task Points_that_make_no_picture_make_a_plain_one(int points, double scale)
    {
        var cloud = await LasTestObject.IndexAsync(_store, LasSamples.Make(new LasSample { Points = points, Scale = scale }));
        Assert.Equal(3 * 8 * 8, (await LasPreview.CreateAsync(cloud, 8, 8)).Rgb.Length);
    }

    [Fact]
    public async Task A_sample_is_spread_over_the_object()
    {
        var cloud = await LasTestObject.IndexAsync(_store, LasSamples.Make(new LasSample { Points = 5000 }));
        var sample = (await cloud.GetIndexAsync()).Sample(500) with { Stores = _store.Stores };
        Assert.InRange((await sample.GetAsync()).Count, 300, 700);
        Assert.True(sample.Runs[^1].First > 4000);
    }

    private static int ReadInt32(byte[] bytes, int at) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at));
}
