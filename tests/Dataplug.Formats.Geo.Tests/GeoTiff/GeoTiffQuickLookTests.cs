using System.Buffers.Binary;
using System.IO.Compression;

namespace Dataplug.Formats.Geo.Tests;

/// <summary>Small pictures.</summary>
public sealed class GeoTiffQuickLookTests : GeoTiffBench
{
    [Fact]
    public async Task A_picture_comes_from_the_overview_that_is_large_enough()
    {
        var sample = new TiffSample { Width = 400, Height = 200, Tile = (64, 64), Bits = 16, Overviews = 3, HasMask = true, Compression = 8 };
        var cloud = await IndexAsync(TiffBuilder.Build(sample));
        var picture = await RasterQuickLook.DrawAsync(cloud, 100);
        Assert.Equal((100, 50, 2), (picture.Width, picture.Height, picture.Level));
        var mask = TiffBuilder.Mask(sample, 2);
        var pixels = TiffBuilder.Pixels(sample, 2)[0];
        var values = Enumerable.Range(0, 5000).Where(i => mask[i] == 1).Select(i => BinaryPrimitives.ReadUInt16LittleEndian(pixels.AsSpan(2 * i))).Order().ToArray();
        var (low, high) = (values[(int)((values.Length - 1) * 0.02)], values[(int)((values.Length - 1) * 0.98)]);
        for (var i = 0; i < 5000; i++)
        {
            var value = BinaryPrimitives.ReadUInt16LittleEndian(pixels.AsSpan(2 * i));
            var expected = mask[i] == 0 ? 255 : (int)Math.Round(255 * Math.Clamp((value - (double)low) / (high - low), 0, 1));
            Assert.Equal([(byte)expected, (byte)expected, (byte)expected], picture.Rgb.Slice(3 * i, 3).ToArray());
        }

        Assert.Equal((400, 200, 0), await RasterQuickLook.DrawAsync(cloud, 8000) is var full ? (full.Width, full.Height, full.Level) : default);
        await Assert.ThrowsAsync<PartitionException>(() => RasterQuickLook.DrawAsync(cloud, 100, [1, 1]));
    }

    [Fact]
    public async Task Colours_are_as_they_are_and_PNG_holds_them()
    {
        var sample = new TiffSample { Width = 40, Height = 20, Bands = 3 };
        var picture = await RasterQuickLook.DrawAsync(await IndexAsync(TiffBuilder.Build(sample)));
        var pixels = TiffBuilder.Pixels(sample);
        Assert.Equal(Enumerable.Range(0, 2400).Select(i => pixels[i % 3][i / 3]), picture.Rgb.ToArray());

        var png = new MemoryStream();
        await picture.WritePngAsync(png);
        var file = png.ToArray();
        Assert.Equal("89504E470D0A1A0A0000000D49484452000000280000001408020000", Convert.ToHexString(file[..28]));
        var length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(33));
        using var zlib = new ZLibStream(new MemoryStream(file, 41, length), CompressionMode.Decompress);
        var rows = new byte[20 * 121];
        zlib.ReadExactly(rows);
        Assert.Equal(picture.Rgb.ToArray(), rows.Where((_, i) => i % 121 != 0));
        Assert.Equal("0000000049454E44AE426082", Convert.ToHexString(file[^12..]));
    }
}
