using Dataplug.Conformance.Formats;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Geo.Tests;

/// <summary>Rasters of all kinds, of which the pixels are known.</summary>
public sealed class GeoTiffPropertyTests : GeoTiffBench
{
    [Fact]
    public void Every_level_has_its_pixels_and_its_mask() => ForAll(TiffSample.Any, async sample =>
    {
        var cloud = await IndexAsync(TiffBuilder.Build(sample));
        var index = await cloud.GetIndexAsync();
        Assert.Empty(index.Warnings);
        Assert.Equal(Enumerable.Range(0, sample.Overviews + 1).Select(level => TiffBuilder.Size(sample, level)), index.Levels.Select(level => (level.Width, level.Height)));
        for (var level = 0; level < index.Levels.Count; level++)
        {
            // Masks below the first directory come after all others, and belong to a level by their size.
            var raster = await (await cloud.PartitionAsync(GeoTiffPartition.IntoWindows(1, new RasterSelection { Level = level }))).Single().GetAsync();
            var expected = TiffBuilder.Pixels(sample, level);
            for (var band = 0; band < sample.Bands; band++)
                Assert.Equal(Convert.ToHexString(expected[band]), Convert.ToHexString(raster.BandBytes(band).Span));
            Assert.Equal(sample.HasMask ? TiffBuilder.Mask(sample, level).Select(bit => (byte)(255 * bit)) : [], raster.Mask.ToArray());
        }
    });

    [Fact]
    public void A_window_of_some_bands_is_cut_out_of_the_whole_and_written_in_its_place() => ForAll(TiffSample.Any.Zip(Gen.Choose(0, int.MaxValue)), async (sample, seed) =>
    {
        var random = new Random(seed);
        var cloud = await IndexAsync(TiffBuilder.Build(sample));
        var index = await cloud.GetIndexAsync();
        var level = random.Next(index.Levels.Count);
        var (width, height) = TiffBuilder.Size(sample, level);
        var (column, row) = (random.Next(width), random.Next(height));
        var window = new RasterWindow(column, row, 1 + random.Next(width - column), 1 + random.Next(height - row));
        var bands = Enumerable.Range(1, sample.Bands).OrderBy(_ => random.Next()).Take(1 + random.Next(sample.Bands)).ToArray();
        var slice = index.Cut([window], level, bands).Single() with { Stores = Store.Stores };

        var raster = await slice.GetAsync();
        var size = TiffBuilder.SizeOf(sample.Bits);
        var whole = TiffBuilder.Pixels(sample, level);
        var expected = bands.Select(band => Enumerable.Range(row, window.Height).SelectMany(y => whole[band - 1].Skip(((y * width) + column) * size).Take(window.Width * size)).ToArray()).ToArray();
        Assert.Equal(bands, raster.BandNumbers);
        for (var band = 0; band < bands.Length; band++)
            Assert.Equal(Convert.ToHexString(expected[band]), Convert.ToHexString(raster.BandBytes(band).Span));

        // Block by block it is the same.
        var pasted = bands.Select(_ => new byte[window.Width * window.Height * size]).ToArray();
        await foreach (var block in slice.ReadAsync())
        {
            for (var band = 0; band < bands.Length; band++)
            {
                for (var y = 0; y < block.Rows; y++)
                    block.BandBytes(band).Slice(y * block.Columns * size, block.Columns * size).CopyTo(pasted[band].AsMemory(((((block.Window.Row - row + y) * window.Width) + block.Window.Column - column) * size)));
            }
        }

        Assert.Equal(expected.Select(Convert.ToHexString), pasted.Select(Convert.ToHexString));

        // So is the file.
        var file = PlainTiff.Parse(await SliceBytes.ReadAsync(slice));
        Assert.Equal((window.Width, window.Height, bands.Length, sample.Bits, sample.Format), (file.Width, file.Height, file.Bands, file.Bits, file.Format));
        Assert.Equal((column, row), file.Position);
        Assert.Equal(expected.Select(Convert.ToHexString), file.Pixels().Select(Convert.ToHexString));
        Assert.Equal(sample.NoData, file.Text(42113));
        var mask = TiffBuilder.Mask(sample, level);
        Assert.Equal(sample.HasMask ? Enumerable.Range(0, window.Width * window.Height).Select(i => mask[((row + (i / window.Width)) * width) + column + (i % window.Width)]) : null, file.Mask());
        Assert.Equal([1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32633], file.Numbers(34735)!);

        var (columns, rows) = (30.0 * sample.Width / width, 30.0 * sample.Height / height);
        AssertNear([columns, rows, 0], file.Doubles(33550)!);
        AssertNear([0, 0, 0, 500000 + (column * columns), 4600000 - (row * rows), 0], file.Doubles(33922)!);
        var transform = raster.Transform!.Value;
        AssertNear([500000 + (column * columns), columns, 0, 4600000 - (row * rows), 0, -rows], [transform.OriginX, transform.PixelWidth, transform.RowShear, transform.OriginY, transform.ColumnShear, transform.PixelHeight]);

        // And it can be indexed in turn.
        var again = await ReadAsync(await SliceBytes.ReadAsync(slice));
        Assert.Equal(expected.Select(Convert.ToHexString), Enumerable.Range(0, bands.Length).Select(band => Convert.ToHexString(again.BandBytes(band).Span)));
    });

    [Fact]
    public void Damage_anywhere_ends_in_a_typed_refusal_or_in_pixels() => ForAll(TiffSample.Any.Zip(Gen.Choose(0, int.MaxValue)), async (sample, seed) =>
    {
        var stored = TiffBuilder.Build(sample);
        var random = new Random(seed);
        for (var i = 0; i < 30; i++)
        {
            var damaged = random.Next(3) == 0 ? stored[..random.Next(stored.Length)] : stored.ToArray();
            for (var n = random.Next(4); n >= 0 && damaged.Length > 0; n--)
                damaged[random.Next(3) > 0 ? random.Next(damaged.Length) : random.Next(Math.Min(damaged.Length, 64))] = (byte)random.Next(256);
            try
            {
                var cloud = await IndexAsync(damaged).WaitAsync(TimeSpan.FromSeconds(20));
                foreach (var slice in (await cloud.PartitionAsync(GeoTiffPartition.BySize(512, 512))).Take(3))
                    _ = await SliceBytes.ReadAsync(slice).WaitAsync(TimeSpan.FromSeconds(20));
            }
            catch (DataplugException refused)
            {
                Assert.True(refused is CorruptObjectException or UnsupportedFormatException or PartitionException or InvalidSliceException, refused.ToString());
                Assert.NotNull(refused.Cure);
            }
        }
    });

    private static void AssertNear(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-9 * Math.Max(1, Math.Abs(pair.First))));
    }

    private static void ForAll<T>(Gen<T> cases, Func<T, Task> check) =>
        Prop.ForAll(cases.ToArbitrary(), c => Task.Run(() => check(c)).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(15).WithQuietOnSuccess(true));

    private static void ForAll<T1, T2>(Gen<(T1, T2)> cases, Func<T1, T2, Task> check) => ForAll(cases, c => check(c.Item1, c.Item2));
}
