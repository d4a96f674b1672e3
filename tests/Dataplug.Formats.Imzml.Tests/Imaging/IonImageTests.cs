using Dataplug.Formats.Imzml.Imaging;

namespace Dataplug.Formats.Imzml.Tests.Imaging;

public sealed class IonImageTests
{
    [Fact]
    public void Pixels_are_asked_for_by_their_coordinates()
    {
        var image = new IonImage(3, 2, [1, 2, 3, 4, 5, 6], [true, true, true, true, false, true], x0: 10, y0: 20);
        Assert.Equal((1.0, 3.0, 4.0, 0.0, 6.0), (image[10, 20], image[12, 20], image[10, 21], image[11, 21], image[12, 21]));
        Assert.Equal((true, false), (image.HasSpectrum(10, 20), image.HasSpectrum(11, 21)));
        Assert.Equal((16.0, 6.0, 1.0, 5), (image.Sum, image.Max, image.Min, image.Pixels));
        Assert.Equal([1.0, 2, 3, 4, 0, 6], image.Values.ToArray());
    }

    [Theory]
    [InlineData(9, 20)]
    [InlineData(13, 20)]
    [InlineData(10, 19)]
    [InlineData(10, 22)]
    [InlineData(int.MinValue, 20)]
    [InlineData(int.MaxValue, 20)]
    public void Pixels_outside_are_refused(int x, int y)
    {
        var image = new IonImage(3, 2, new double[6], x0: 10, y0: 20);
        Assert.Throws<ArgumentOutOfRangeException>(() => image[x, y]);
        Assert.Throws<ArgumentOutOfRangeException>(() => image.HasSpectrum(x, y));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IonImageBuilder(3, 2, 10, 20).Add(x, y, 1));
    }

    [Fact]
    public void What_is_no_image_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new IonImage(3, 2, new double[5]));
        Assert.Throws<ArgumentException>(() => new IonImage(0, 2, default));
        Assert.Throws<ArgumentException>(() => new IonImage(1, 1, [double.NaN]));
        Assert.Throws<ArgumentException>(() => new IonImage(2, 1, new double[2], [true]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IonImageBuilder(100_000, 100_000));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IonImageBuilder(2, 1, x0: int.MaxValue));
        Assert.Throws<ArgumentOutOfRangeException>(() => new IonImageBuilder(0, 1));

        // What is masked is not looked at.
        Assert.Equal(0, new IonImage(1, 1, [double.NaN], [false])[1, 1]);
    }

    [Fact]
    public void Values_are_copied()
    {
        double[] values = [1, 2];
        var image = new IonImage(2, 1, values);
        values[0] = 7;
        Assert.Equal(1, image[1, 1]);
    }

    [Fact]
    public void A_builder_sums_and_tells_dark_pixels_from_missing_ones()
    {
        var builder = new IonImageBuilder(2, 2);
        builder.Add(1, 1, 2);
        builder.Add(1, 1, 3);
        builder.MarkSpectrum(2, 1);
        var image = builder.ToImage();
        builder.Add(2, 2, 1);
        Assert.Equal([5.0, 0, 0, 0], image.Values.ToArray());
        Assert.Equal([true, true, false, false], image.Mask.ToArray());
        Assert.Equal(3, builder.ToImage().Pixels);
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Add(1, 1, double.NaN));
        Assert.Equal(5, builder.ToImage()[1, 1]);
    }

    [Fact]
    public void Percentiles_are_interpolated_over_the_pixels_with_a_spectrum()
    {
        var image = new IonImage(6, 1, [0, 10, 1000, 20, 40, 0], [true, true, false, true, true, true]);
        Assert.Equal(0, image.Percentile(0));
        Assert.Equal(10, image.Percentile(50));
        Assert.Equal(20, image.Percentile(75));
        Assert.Equal(39.2, image.Percentile(99), 1e-9);
        Assert.Equal(40, image.Percentile(100));
        Assert.Equal(20, image.Percentile(50, positiveOnly: true));
        Assert.Equal(0, new IonImage(1, 1, [1], [false]).Percentile(50));
        Assert.Throws<ArgumentOutOfRangeException>(() => image.Percentile(101));
        Assert.Throws<ArgumentOutOfRangeException>(() => image.Percentile(double.NaN));

        var clipped = image.WithoutHotSpots(75);
        Assert.Equal([0.0, 10, 0, 20, 20, 0], clipped.Values.ToArray());
        Assert.Equal(image.Mask.ToArray(), clipped.Mask.ToArray());
        Assert.Equal(40, image.Max);
        Assert.Same(image, image.Clip(40));
    }

    [Fact]
    public void Maps_begin_and_end_as_published_and_grow_lighter()
    {
        Assert.Equal((68, 1, 84), ColorMap.Viridis[0]);
        Assert.Equal((33, 145, 140), ColorMap.Viridis[128]);
        Assert.Equal((253, 231, 37), ColorMap.Viridis[255]);
        Assert.Equal(((byte)0, (byte)0, (byte)4), ColorMap.Inferno[0]);
        Assert.Equal((252, 255, 164), ColorMap.Inferno[255]);
        Assert.Equal((252, 253, 191), ColorMap.Magma[255]);
        Assert.Equal((0, 32, 77), ColorMap.Cividis[0]);
        Assert.Equal((255, 234, 70), ColorMap.Cividis[255]);
        Assert.Equal((127, 127, 127), ColorMap.Gray[127]);
        foreach (var map in ColorMap.All)
        {
            Assert.Equal(3 * ColorMap.Count, map.Table.Length);
            Assert.Same(map, ColorMap.Of(map.Name.ToUpperInvariant()));
            for (var i = 0; i < 255; i++)
                Assert.True(Lightness(map[i + 1]) > Lightness(map[i]) - 0.5, $"{map} grows darker at {i}");
        }

        static double Lightness((byte Red, byte Green, byte Blue) color) => (0.2126 * color.Red) + (0.7152 * color.Green) + (0.0722 * color.Blue);
    }

    [Fact]
    public void Intensities_beyond_the_map_have_its_last_colours()
    {
        Assert.Equal(ColorMap.Viridis[0], ColorMap.Viridis.At(-1));
        Assert.Equal(ColorMap.Viridis[255], ColorMap.Viridis.At(double.PositiveInfinity));
        Assert.Equal(ColorMap.Viridis[128], ColorMap.Viridis.At(0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => ColorMap.Viridis.At(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => ColorMap.Viridis[256]);
        Assert.Throws<ArgumentException>(() => ColorMap.Of("jet"));
    }

    [Fact]
    public void Windows_are_relative_or_absolute()
    {
        var (low, high) = MassTolerance.Ppm(5).Window(800);
        Assert.Equal((799.996, 800.004), (low, high));
        Assert.Equal((799.99, 800.01), MassTolerance.Dalton(0.01).Window(800));
        Assert.Equal((800.0, 800.0), default(MassTolerance).Window(800));
        Assert.Throws<ArgumentOutOfRangeException>(() => MassTolerance.Ppm(5).Window(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => MassTolerance.Ppm(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => MassTolerance.Ppm(1e6));
        Assert.Throws<ArgumentOutOfRangeException>(() => MassTolerance.Dalton(double.NaN));
    }

    [Theory]
    [InlineData("3ppm", 3, MassToleranceUnit.Ppm)]
    [InlineData(" 0.005 Da ", 0.005, MassToleranceUnit.Dalton)]
    [InlineData("2.5 PPM", 2.5, MassToleranceUnit.Ppm)]
    public void Tolerances_are_read_and_written(string text, double value, MassToleranceUnit unit)
    {
        var tolerance = MassTolerance.Parse(text);
        Assert.Equal((value, unit), (tolerance.Value, tolerance.Unit));
        Assert.Equal(tolerance, MassTolerance.Parse(tolerance.ToString()));
        Assert.Equal(tolerance, System.Text.Json.JsonSerializer.Deserialize<MassTolerance>(System.Text.Json.JsonSerializer.Serialize(tolerance)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("3")]
    [InlineData("ppm")]
    [InlineData("-1ppm")]
    [InlineData("NaN Da")]
    [InlineData("1e7ppm")]
    public void What_is_no_tolerance_is_refused(string text) => Assert.Throws<FormatException>(() => MassTolerance.Parse(text));
}
