using System.Text;
using Dataplug.Formats.Imzml.Imaging;

namespace Dataplug.Formats.Imzml.Tests.Imaging;

/// <summary>Pictures hold what images do, told by an independent decoder.</summary>
public sealed class PngWriterTests
{
    private static readonly double[] Values = [0, 1, 2, 3, 4, 5];
    private static readonly bool[] Mask = [true, true, true, true, false, true];

    private static IonImage Image => new(3, 2, Values, Mask);

    [Fact]
    public void Colours_are_those_of_the_map_and_masked_pixels_are_transparent()
    {
        foreach (var map in ColorMap.All)
        {
            var png = DecodedPng.Decode(PngWriter.EncodeRgba(Image, new PngOptions { ColorMap = map, Scale = 2 }));
            Assert.Equal((6, 4, 8, 6), (png.Width, png.Height, png.BitDepth, png.ColorType));
            for (var y = 0; y < 4; y++)
            {
                for (var x = 0; x < 6; x++)
                {
                    var at = (y / 2 * 3) + (x / 2);
                    var color = map.At(Values[at] / 5);
                    Assert.Equal(Mask[at] ? (color.Red, color.Green, color.Blue, (byte)255) : default, png.At(x, y));
                }
            }
        }
    }

    [Fact]
    public void A_palette_is_near_the_map_and_masked_pixels_are_transparent()
    {
        var png = DecodedPng.Decode(PngWriter.EncodePalette(Image, new PngOptions { ColorMap = ColorMap.Gray, Scale = 3 }));
        Assert.Equal((9, 6, 8, 3), (png.Width, png.Height, png.BitDepth, png.ColorType));
        Assert.Equal((0, 0, 0, 0), png.At(3, 3));
        Assert.Equal((255, 255, 255, 255), png.At(8, 5));
        for (var x = 0; x < 3; x++)
            Assert.InRange(png.At(x * 3, 0).Red, Math.Floor(x * 51.0), Math.Ceiling(x * 51.0) + 1);
    }

    [Fact]
    public void Masked_pixels_may_be_black()
    {
        Assert.Equal((0, 0, 0, 255), DecodedPng.Decode(PngWriter.EncodePalette(Image, new PngOptions { Transparent = false })).At(1, 1));
        Assert.Equal((0, 0, 0, 255), DecodedPng.Decode(PngWriter.EncodeRgba(Image, new PngOptions { Transparent = false })).At(1, 1));
    }

    [Fact]
    public void Intensities_can_be_read_off_the_gray_picture()
    {
        var png = DecodedPng.Decode(PngWriter.EncodeGray16(Image, new PngOptions { Minimum = 0.5, Maximum = 4 }));
        Assert.Equal((3, 2, 16, 0), (png.Width, png.Height, png.BitDepth, png.ColorType));
        var text = Encoding.ASCII.GetString(png.Chunks["tEXt"]).Split('\0');
        Assert.Equal(["Intensity range", "0.5 4"], text);
        for (var i = 0; i < 6; i++)
        {
            var expected = Mask[i] ? Math.Clamp(Values[i], 0.5, 4) : 0.5;
            Assert.Equal(expected, 0.5 + (png.GrayAt(i % 3, i / 3) / 65535.0 * 3.5), 3.5 / 65535);
        }
    }

    [Fact]
    public void The_bar_goes_from_the_last_colour_at_the_top_to_the_first()
    {
        var image = new IonImage(32, 20, [.. Enumerable.Range(0, 640).Select(i => (double)i)]);
        var plain = DecodedPng.Decode(PngWriter.EncodeRgba(image, new PngOptions { Scale = 2 }));
        var png = DecodedPng.Decode(PngWriter.EncodeRgba(image, new PngOptions { Scale = 2, ColorBar = true }));
        Assert.Equal((64, 40), (plain.Width, plain.Height));
        Assert.Equal((64 + 2 + 4, 40), (png.Width, png.Height));
        for (var y = 0; y < 40; y++)
        {
            Assert.Equal(0, png.At(64, y).Alpha);
            var color = ColorMap.Viridis.At(1 - (y / 39.0));
            Assert.Equal((color.Red, color.Green, color.Blue, (byte)255), png.At(69, y));
            Assert.Equal(plain.At(63, y), png.At(63, y));
        }
    }

    [Fact]
    public void Images_that_are_the_same_everywhere_are_drawn_in_the_first_colour()
    {
        var png = DecodedPng.Decode(PngWriter.EncodeRgba(new IonImage(2, 1, [0, 0])));
        Assert.Equal((68, 1, 84, 255), png.At(1, 0));
    }

    [Theory]
    [InlineData(0, 0.0, 1.0)]
    [InlineData(1025, 0.0, 1.0)]
    [InlineData(1, 2.0, 1.0)]
    [InlineData(1, double.NaN, 1.0)]
    [InlineData(1, 0.0, double.PositiveInfinity)]
    public void Options_that_are_none_are_refused(int scale, double minimum, double maximum) =>
        Assert.Throws<ArgumentException>(() => PngWriter.EncodePalette(Image, new PngOptions { Scale = scale, Minimum = minimum, Maximum = maximum }));

    [Fact]
    public void Pictures_too_large_are_refused() =>
        Assert.Throws<ArgumentException>(() => PngWriter.EncodeRgba(new IonImage(1000, 1000, new double[1_000_000]), new PngOptions { Scale = 1024 }));
}
