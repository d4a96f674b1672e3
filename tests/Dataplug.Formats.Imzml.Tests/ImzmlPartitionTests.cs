using System.Globalization;
using Dataplug.Conformance.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Imzml.Tests;

/// <summary>Strategies by place and by m/z: against plain reading.</summary>
public sealed class ImzmlPartitionTests : IAsyncDisposable
{
    private readonly FileLawStore _store = new();

    [Fact]
    public void Tiles_and_rows_hold_every_pixel_once() => ForAll(from sample in ImzmlSamples.Any from width in Gen.Choose(1, 5) from height in Gen.Choose(1, 4) select (sample, width, height), async t =>
    {
        var data = await DataSet.IndexAsync(_store, t.sample, new ImzmlOptions());
        var plain = t.sample.Lines();
        foreach (var strategy in (IPartitionStrategy<ImzmlIndex, ImzmlSlice>[])[ImzmlPartition.ByTiles(t.width, t.height), ImzmlPartition.ByRows(t.height)])
        {
            var slices = await data.PartitionAsync(strategy);
            var lines = new List<string>();
            foreach (var slice in slices)
            {
                var spectra = await slice.GetAsync();
                Assert.Equal(slice.SpectrumCount, spectra.Count);
                if (slice.Selection.Area is { } area)
                    Assert.All(spectra, spectrum => Assert.True(area.Contains(spectrum.X, spectrum.Y, spectrum.Z)));
                lines.AddRange(spectra.Select(PlainImzml.Line));
            }

            Assert.Equal(plain.Order(StringComparer.Ordinal), lines.Order(StringComparer.Ordinal));
        }
    });

    [Fact]
    public void Rectangles_and_masks_hold_the_pixels_that_they_name() => ForAll(from sample in ImzmlSamples.Any from seed in Gen.Choose(0, 9999) select (sample, seed), async t =>
    {
        var data = await DataSet.IndexAsync(_store, t.sample, new ImzmlOptions());
        var random = new Random(t.seed);
        var area = new PixelArea(random.Next(0, 4), random.Next(0, 4), random.Next(2, 8), random.Next(2, 8));
        var rectangle = Assert.Single(await data.PartitionAsync(ImzmlPartition.ByRectangle(area)));
        Assert.Equal(t.sample.Lines().Where(line => Contains(area, line)), (await rectangle.GetAsync()).Select(PlainImzml.Line));

        var mask = Enumerable.Range(0, 20).Select(_ => (X: random.Next(1, 8), Y: random.Next(1, 7))).ToArray();
        var lines = new List<string>();
        foreach (var slice in await data.PartitionAsync(ImzmlPartition.ByMask(mask)))
            lines.AddRange((await slice.GetAsync()).Select(PlainImzml.Line));
        Assert.Equal(t.sample.Lines().Where(line => mask.Contains((Position(line)[0], Position(line)[1]))), lines);
    });

    [Fact]
    public void Windows_of_mz_hold_every_point_once() => ForAll(
        from dialect in ImzmlSamples.Dialects
        from unsorted in Gen.Choose(0, 3)
        from count in Gen.Choose(1, 6)
        from gap in Gen.Choose(0, 200)
        from seed in Gen.Choose(0, 99_999)
        select (sample: ImzmlSamples.Make(dialect with { IsUnsorted = unsorted == 0 }, 4, 3, seed, maxPoints: 3000), count, gap),
        async t =>
        {
            var data = await DataSet.IndexAsync(_store, t.sample, new ImzmlOptions { Statistics = true });
            var whole = await Assert.Single(await data.PartitionAsync(ImzmlPartition.IntoSlices(1))).GetAsync();
            var slices = await data.PartitionAsync(ImzmlPartition.IntoMzRanges(t.count, t.gap));
            Assert.Equal(t.count, slices.Count);
            var points = whole.Select(_ => new List<(double Mz, double Intensity)>()).ToArray();
            var serializer = new FormatRegistry(Imzml.Format).CreateSliceSerializer();
            foreach (var slice in slices)
            {
                Assert.InRange(serializer.Serialize(slice).Length, 1, 4096);
                var spectra = await slice.GetAsync();
                Assert.Equal(whole.Count, spectra.Count);
                for (var i = 0; i < spectra.Count; i++)
                {
                    Assert.Equal((whole[i].Number, whole[i].X, whole[i].Y, whole[i].Z), (spectra[i].Number, spectra[i].X, spectra[i].Y, spectra[i].Z));
                    Assert.All(spectra[i].Mz.ToArray(), mz => Assert.True(mz >= (slice.Selection.MinMz ?? mz) && mz < (slice.Selection.MaxMz ?? double.PositiveInfinity)));
                    points[i].AddRange(spectra[i].Mz.ToArray().Zip(spectra[i].Intensities.ToArray()));
                }

                // As files, the same once more.
                var (document, ibd) = PlainImzml.Unpack(await SliceBytes.ReadAsync(slice));
                Assert.Equal(spectra.Select(PlainImzml.Line), PlainImzml.Read(document, ibd));
            }

            for (var i = 0; i < whole.Count; i++)
                Assert.Equal(whole[i].Mz.ToArray().Zip(whole[i].Intensities.ToArray()).Order(), points[i].Order());
        });

    [Fact]
    public async Task A_window_of_mz_fetches_little_more_than_its_own_points()
    {
        foreach (var continuous in (bool[])[true, false])
        {
            var sample = ImzmlSamples.Make(new ImzmlDialect { IsContinuous = continuous }, 5, 4, 3, maxPoints: 60_000, isWhole: true);
            var data = await DataSet.IndexAsync(_store, sample, new ImzmlOptions { Statistics = true });
            var slices = await data.PartitionAsync(ImzmlPartition.IntoMzRanges(16, maxGap: 0));
            var own = (await slices[7].GetAsync()).Sum(spectrum => spectrum.Mz.Length * 12L);
            _store.Requests.Clear();
            await slices[7].GetAsync();
            var read = _store.Requests.Reads.Where(read => read.Uri == slices[7].Ibd.Uri).Sum(read => read.Range.Length);
            var axis = continuous ? (await data.GetIndexAsync()).PointsOf(0) * 8 : 0;

            // Two blocks of a thousand points more, for each spectrum.
            Assert.InRange(read, own / 2, own + axis + (20 * 2 * 1024 * 12));
        }
    }

    [Fact]
    public async Task A_processed_data_set_without_statistics_is_not_cut_by_mz()
    {
        var data = await DataSet.IndexAsync(_store, ImzmlSamples.Make(new ImzmlDialect(), 3, 3, 1), new ImzmlOptions());
        var refused = await Assert.ThrowsAsync<PartitionException>(() => data.PartitionAsync(ImzmlPartition.IntoMzRanges(3)));
        Assert.Contains("statistics", refused.Cure, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(3, (await (await DataSet.IndexAsync(_store, ImzmlSamples.Make(new ImzmlDialect { IsContinuous = true }, 3, 3, 1), new ImzmlOptions())).PartitionAsync(ImzmlPartition.IntoMzRanges(3))).Count);
    }

    [Fact]
    public async Task Slices_stay_small_however_many_spectra_there_are()
    {
        var sample = ImzmlSamples.Make(new ImzmlDialect { IsIndented = false }, 260, 60, 5, maxPoints: 3, isWhole: true);
        var data = await DataSet.IndexAsync(_store, sample, new ImzmlOptions { Statistics = true });
        var serializer = new FormatRegistry(Imzml.Format).CreateSliceSerializer();
        var pixels = Enumerable.Range(0, 260 * 60).Where(i => i % 3 != 1).Select(i => ((i % 260) + 1, (i / 260) + 1)).ToArray();
        foreach (var strategy in (IPartitionStrategy<ImzmlIndex, ImzmlSlice>[])[ImzmlPartition.IntoSlices(1), ImzmlPartition.ByTiles(40, 40), ImzmlPartition.ByMask(pixels), ImzmlPartition.IntoMzRanges(2), ImzmlPartition.BySpectra(700)])
        {
            var slices = await data.PartitionAsync(strategy);
            Assert.All(slices, slice => Assert.InRange(serializer.Serialize(slice).Length, 1, 4096));
            Assert.Equal(slices[^1].SpectrumCount, (await slices[^1].GetAsync()).Count);
        }

        var masked = await data.PartitionAsync(ImzmlPartition.ByMask(pixels));
        Assert.Equal(pixels.Length, masked.Sum(slice => slice.SpectrumCount));
        Assert.Equal(pixels.ToHashSet(), (await Task.WhenAll(masked.Select(slice => slice.GetAsync()))).SelectMany(spectra => spectra).Select(spectrum => (spectrum.X, spectrum.Y)).ToHashSet());
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private static int[] Position(string line) => [.. line[..line.IndexOf('|', StringComparison.Ordinal)].Split(',').Select(part => int.Parse(part, CultureInfo.InvariantCulture))];

    private static bool Contains(PixelArea area, string line) => Position(line) is [var x, var y, var z] && area.Contains(x, y, z);

    private static void ForAll<T>(Gen<T> cases, Func<T, Task> check) =>
        Prop.ForAll(cases.ToArbitrary(), c => Task.Run(() => check(c)).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(15).WithQuietOnSuccess(true));
}

/// <summary>Generated data sets in a store.</summary>
internal static class DataSet
{
    public static async Task<CloudObject<ImzmlIndex>> IndexAsync(LawStore store, ImzmlSample sample, ImzmlOptions options)
    {
        var data = await PutAsync(store, sample, options);
        await data.PreprocessAsync();
        return data;
    }

    public static async Task<CloudObject<ImzmlIndex>> PutAsync(LawStore store, ImzmlSample sample, ImzmlOptions options, string ending = ".ibd")
    {
        var uri = await store.PutAsync(sample.Document, "tissue.imzML");
        await store.ReplaceAsync(uri.WithKey(uri.Key.Replace(".imzML", ending, StringComparison.Ordinal)), sample.Ibd);
        return CloudObject.FromUri(new ImzmlFormat(options, chunkSize: 5000), uri.Value, new CloudObjectOptions { Stores = store.Stores, Metadata = new MetadataOptions { Home = store.NewHome() } });
    }

    public static IReadOnlyList<string> Lines(this ImzmlSample sample) => PlainImzml.Read(sample.Document, sample.Ibd);
}
