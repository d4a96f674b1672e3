using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Text;

namespace Dataplug.Formats.Imzml.Tests;

/// <summary>Real data sets of several instruments and converters, against what independent programs say of them.</summary>
public sealed class SharedFileTests
{
    public static TheoryData<string> Files() => SharedData.Folder is not { } folder ? [""]
        : [.. Directory.EnumerateFiles(Path.Combine(folder, "imzml")).Where(path => path.EndsWith(".imzml", StringComparison.OrdinalIgnoreCase)).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [SharedDataTheory]
    [MemberData(nameof(Files))]
    public async Task A_real_data_set_is_read_as_others_read_it(string name)
    {
        await using var store = new FileLawStore();
        var path = Path.Combine(SharedData.Folder!, "imzml", name);
        using var truths = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(SharedData.Folder!, "TRUTH.json")));
        var truth = truths.RootElement.GetProperty("imzml/" + name);
        var options = new CloudObjectOptions { Metadata = new MetadataOptions { Home = store.NewHome() } };
        var uri = Dataplug.Storage.ObjectUri.ForFile(path);
        Assert.IsType<ImzmlFormat>(await new FormatRegistry(Csv.Format, RawText.Format, Imzml.Format).DetectAsync(await options.Stores.PinAsync(uri)));

        var data = CloudObject.FromUri(Imzml.With(new ImzmlOptions { Statistics = true, Check = ImzmlCheck.Checksum }), uri.Value, options);
        await data.PreprocessAsync();
        var index = await data.GetIndexAsync();
        Assert.Equal(truth.GetProperty("mode").GetString(), index.DataSet.Mode);
        Assert.Equal(truth.GetProperty("uuid_in_xml").GetString(), index.DataSet.Uuid);
        Assert.Equal(truth.GetProperty("pixels").GetInt32(), index.Spectra);
        Assert.Equal(truth.GetProperty("total_points").GetInt64(), index.DataSet.Points);
        Assert.Equal(truth.GetProperty("mode").GetString() == "continuous", index.DataSet.SharesMz);

        // Cut in several ways, the numbers are the same to the last bit.
        var pixels = truth.GetProperty("pixel_table_x_y_z_n_sumint").EnumerateArray().ToArray();
        foreach (var strategy in (ImzmlSlice[][])[[.. await data.PartitionAsync(ImzmlPartition.IntoSlices(4))], [.. await data.PartitionAsync(ImzmlPartition.ByBytes(100_000))]])
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var (mz, intensity, number) = (0.0, 0.0, 0);
            foreach (var slice in strategy)
            {
                foreach (var spectrum in await slice.GetAsync())
                {
                    hash.AppendData(MemoryMarshal.AsBytes(spectrum.Mz.Span));
                    hash.AppendData(MemoryMarshal.AsBytes(spectrum.Intensities.Span));
                    mz += spectrum.Mz.ToArray().Sum();
                    var total = spectrum.Intensities.ToArray().Sum();
                    intensity += total;
                    Assert.Equal(pixels[number][0].GetString(), $"{spectrum.X}");
                    Assert.Equal(pixels[number][1].GetString(), $"{spectrum.Y}");
                    AssertNear(pixels[number][4].GetDouble(), total);
                    AssertNear(pixels[number][4].GetDouble(), index.TotalIonCurrentOf(number++));
                }
            }

            Assert.Equal(pixels.Length, number);
            Assert.Equal(truth.GetProperty("sha256_of_f8_mz_then_int_per_spectrum").GetString(), Convert.ToHexStringLower(hash.GetHashAndReset()));
            AssertNear(truth.GetProperty("sum_mz").GetDouble(), mz);
            AssertNear(truth.GetProperty("sum_intensity").GetDouble(), intensity);
        }
    }

    // Others add in another order.
    private static void AssertNear(double expected, double actual) => Assert.InRange(actual, expected - (Math.Abs(expected) * 1e-9) - 1e-300, expected + (Math.Abs(expected) * 1e-9) + 1e-300);
}
