using System.Security.Cryptography;
using System.Text.Json;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;

namespace Dataplug.Formats.Geo.Tests;

/// <summary>Real rasters against what GDAL and a script that knows nothing of this project say of them.</summary>
public sealed class GeoTiffSharedTests : GeoTiffBench
{
    // What is not read, and why.
    private static readonly Dictionary<string, Type> Refused = new()
    {
        ["corrupt.tif"] = typeof(CorruptObjectException), // a tile that is said to end behind the end of the file
        ["image_webp.tif"] = typeof(UnsupportedFormatException),
    };

    public static TheoryData<string> Files() => SharedData.Folder is not { } folder ? [""] : [.. Directory.EnumerateFiles(Path.Combine(folder, "geotiff"), "*.tif").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    [SharedDataTheory]
    [MemberData(nameof(Files))]
    public async Task A_real_raster_has_the_pixels_that_GDAL_sees(string name)
    {
        var stored = await File.ReadAllBytesAsync(Path.Combine(SharedData.Folder!, "geotiff", name));
        if (Refused.TryGetValue(name, out var refusal))
        {
            var error = (DataplugException)await Assert.ThrowsAsync(refusal, () => IndexAsync(stored, name));
            Assert.NotNull(error.ByteOffset);
            Assert.NotNull(error.Cure);
            return;
        }

        using var truths = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(SharedData.Folder!, "TRUTH.json")));
        var truth = truths.RootElement.GetProperty("geotiff/" + name);
        var gdal = truth.GetProperty("gdal");
        var cloud = await IndexAsync(stored, name);
        var index = await cloud.GetIndexAsync();
        Assert.Equal([.. gdal.GetProperty("size").EnumerateArray().Select(size => size.GetInt32())], new[] { index.Image.Width, index.Image.Height });
        if (gdal.GetProperty("geoTransform") is { ValueKind: JsonValueKind.Array } transform)
        {
            var expected = transform.EnumerateArray().Select(number => number.GetDouble()).ToArray();
            Assert.All(expected.Zip(index.Image.Transform!), pair => Assert.Equal(pair.First, pair.Second, 1e-9 * Math.Max(1, Math.Abs(pair.First))));
        }
        else
        {
            Assert.Null(index.Image.Transform);
        }

        Assert.Equal(gdal.GetProperty("gcps").GetInt32(), index.Georeference.ControlPoints.Count);
        Assert.Equal(gdal.GetProperty("area_or_point").GetString() == "Point", index.Georeference.IsPixelPoint);
        if (gdal.GetProperty("crs_root_id") is { ValueKind: JsonValueKind.Array } crs)
            Assert.Equal(crs[1].GetString(), $"{index.Image.Epsg}");

        var bands = gdal.GetProperty("bands").EnumerateArray().ToArray();
        Assert.Equal(bands.Length, index.Image.Bands);
        var whole = await (await cloud.PartitionAsync(GeoTiffPartition.IntoWindows(1))).Single().GetAsync();
        var sha = SHA256.HashData([.. Enumerable.Range(0, whole.Bands).SelectMany(band => whole.BandBytes(band).ToArray())]);
        if (truth.TryGetProperty("decoded_bsq_native_le_sha256", out var expectedSha))
            Assert.Equal(expectedSha.GetString(), Convert.ToHexStringLower(sha));
        for (var band = 0; band < bands.Length; band++)
        {
            Assert.Equal(bands[band].GetProperty("type").GetString()!.Replace("Byte", "UInt8", StringComparison.Ordinal), $"{index.Image.Type}");
            Assert.Equal(bands[band].GetProperty("checksum").GetInt32(), GdalChecksum.Of(whole, band));
            var noData = bands[band].GetProperty("noDataValue");
            Assert.Equal(noData.ValueKind switch { JsonValueKind.Null => null, JsonValueKind.String => double.NaN, _ => noData.GetDouble() }, whole.NoData);
            var overviews = bands[band].GetProperty("overviews").EnumerateArray().Select(size => (size[0].GetInt32(), size[1].GetInt32())).ToArray();
            Assert.Equal(overviews, index.Levels.Skip(1).Select(level => (level.Width, level.Height)));
            Assert.Equal(bands[band].GetProperty("maskflags") is { ValueKind: JsonValueKind.Array } flags && flags.GetArrayLength() == 1, index.Levels[0].HasMask);
        }

        for (var level = 1; level < index.Levels.Count; level++)
        {
            var overview = await (await cloud.PartitionAsync(GeoTiffPartition.IntoWindows(1, new RasterSelection { Level = level }))).Single().GetAsync();
            for (var band = 0; band < bands.Length; band++)
                Assert.Equal(bands[band].GetProperty("ovr_checksums")[level - 1].GetInt32(), GdalChecksum.Of(overview, band));
        }
    }
}
