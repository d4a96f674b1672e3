using Dataplug.Conformance.Formats;
using Dataplug.Formats.Imzml.Imaging;

namespace Dataplug.Formats.Imzml.Tests.Imaging;

/// <summary>Images and mean spectra of data sets, against plain sums.</summary>
public sealed class ImzmlImagesTests : IAsyncDisposable
{
    private readonly FileLawStore _store = new();

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Images_are_sums_over_the_spectra(bool continuous, bool statistics)
    {
        var data = await DataSet.IndexAsync(_store, ImzmlSamples.Make(new ImzmlDialect { IsContinuous = continuous, HasZ = true }, 6, 5, 21, maxPoints: 300), new ImzmlOptions { Statistics = statistics });
        var spectra = await (await data.PartitionAsync(ImzmlPartition.IntoSlices(1)))[0].GetAsync();
        foreach (var z in (int[])[1, 2])
        {
            var layer = spectra.Where(spectrum => spectrum.Z == z).ToArray();
            var ion = await data.ReadIonImageAsync(420.0, MassTolerance.Dalton(25), z);
            var tic = await data.ReadTotalIonCurrentImageAsync(z);
            var peak = await data.ReadBasePeakImageAsync(z);
            Assert.Equal(layer.Select(spectrum => (spectrum.X, spectrum.Y)).Distinct().Count(), ion.Pixels);
            foreach (var spectrum in layer)
            {
                var points = spectrum.Mz.ToArray().Zip(spectrum.Intensities.ToArray()).ToArray();
                Assert.Equal(points.Where(point => point.First is >= 395 and <= 445).Sum(point => point.Second), ion[spectrum.X, spectrum.Y], 9);
                Assert.Equal(points.Sum(point => point.Second), tic[spectrum.X, spectrum.Y], 9);
                Assert.Equal(points.Select(point => point.Second).DefaultIfEmpty(0).Max(), peak[spectrum.X, spectrum.Y], 9);
            }
        }

        var mean = await data.ReadMeanSpectrumAsync(MassTolerance.Ppm(1000));
        Assert.Equal(mean.Mz.Order(), mean.Mz);
        Assert.Equal(spectra.Sum(spectrum => spectrum.Intensities.ToArray().Sum()) / spectra.Count, mean.Intensities.Sum(), 6);
    }

    [Fact]
    public async Task Several_images_are_those_one_by_one()
    {
        var data = await DataSet.IndexAsync(_store, ImzmlSamples.Make(new ImzmlDialect(), 4, 4, 8, maxPoints: 300), new ImzmlOptions { Statistics = true });
        double[] masses = [150, 500.5, 899];
        var together = await data.ReadIonImagesAsync(masses, MassTolerance.Ppm(20_000));
        for (var i = 0; i < masses.Length; i++)
            Assert.Equal((await data.ReadIonImageAsync(masses[i], MassTolerance.Ppm(20_000))).Values.ToArray(), together[i].Values.ToArray());
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}
