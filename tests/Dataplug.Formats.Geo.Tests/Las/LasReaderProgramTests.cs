using System.Text.Json;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.Servers;
using Dataplug.Conformance.Storage;

namespace Dataplug.Formats.Geo.Tests;

#pragma warning disable CA1001 // The test runner disposes by IAsyncLifetime.

/// <summary>Slices as files, read by a program that knows nothing of ours.</summary>
public sealed class LasReaderProgramTests : IAsyncLifetime
{
    private readonly FileLawStore _store = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Theory]
    [InlineData(2, 3)]
    [InlineData(4, 1)]
    [InlineData(4, 7)]
    [InlineData(4, 8)]
    public async Task Another_reader_finds_in_a_slice_what_it_has(int minor, int pdrf)
    {
        var program = await InstalledPrograms.LasReader;
        var cloud = await LasTestObject.IndexAsync(_store, LasSamples.Make(new LasSample
        {
            Seed = pdrf,
            Minor = minor,
            Pdrf = pdrf,
            ExtraLength = 6,

            // Without scales, which that reader takes for big-endian.
            ExtraDescription = [.. LasSamples.Description("Amplitude", 3, 0), .. LasSamples.Description("Width", 5, 0)],
            Vlrs = [("someone", 4, new byte[9])],
            Evlrs = [("late", 5, new byte[300])],
        }));
        var slice = (await cloud.PartitionAsync(LasPartition.IntoGrid(2, 2)))[2];
        using var folder = new ScratchFolder();
        var path = Path.Combine(folder.Path, "slice.las");
        await File.WriteAllBytesAsync(path, await SliceBytes.ReadAsync(slice));
        using var read = JsonDocument.Parse(await program.RunAsync("bash", Path.Combine(Repository.Root, "tests", "services", "las-read.sh"), path));
        var root = read.RootElement;
        var points = await slice.GetAsync();

        Assert.NotEqual(0, points.Count);
        Assert.Equal($"1.{minor}", root.GetProperty("version").GetString());
        Assert.Equal(points.Count, root.GetProperty("points").GetInt32());
        Assert.Equal(minor == 4 ? ["someone 4", "LASF_Spec 4", "late 5"] : ["someone 4", "LASF_Spec 4"], root.GetProperty("vlrs").EnumerateArray().Select(vlr => vlr.GetString()!));
        Assert.Equal(points.ReturnNumber.ToArray().Count(number => number == 1), root.GetProperty("byReturn")[0].GetInt32());
        Assert.Equal([points.X.ToArray().Min(), points.Y.ToArray().Min(), points.Z.ToArray().Min()], root.GetProperty("min").EnumerateArray().Select(value => value.GetDouble()));
        Assert.Equal([points.X.ToArray().Max(), points.Y.ToArray().Max(), points.Z.ToArray().Max()], root.GetProperty("max").EnumerateArray().Select(value => value.GetDouble()));
        var columns = root.GetProperty("columns");
        Check("X", points.X.ToArray());
        Check("Y", points.Y.ToArray());
        Check("Z", points.Z.ToArray());
        Check("Intensity", Doubles(points.Intensity.ToArray()));
        Check("ReturnNumber", Doubles(points.ReturnNumber.ToArray()));
        Check("NumberOfReturns", Doubles(points.NumberOfReturns.ToArray()));
        Check("ScanAngle", points.ScanAngle.ToArray());
        Check("UserData", Doubles(points.UserData.ToArray()));
        Check("PointSourceId", Doubles(points.PointSourceId.ToArray()));
        Check("Red", Doubles(points.Red.ToArray()));
        Check("Green", Doubles(points.Green.ToArray()));
        Check("Blue", Doubles(points.Blue.ToArray()));
        Check("Infrared", Doubles(points.NearInfrared.ToArray()));
        Check("Amplitude", points.ExtraValues("Amplitude"));
        Check("Width", Doubles(points.Extra<uint>("Width")));
        Check("ScanDirectionFlag", [.. points.ScanDirection.ToArray().Select(flag => flag ? 1.0 : 0)]);
        Check("EdgeOfFlightLine", [.. points.EdgeOfFlightLine.ToArray().Select(flag => flag ? 1.0 : 0)]);
        Check("Withheld", [.. points.Flags.ToArray().Select(flags => flags.HasFlag(LasClassificationBits.Withheld) ? 1.0 : 0)]);

        // That reader takes class 12 of the older formats, "overlap", for a flag.
        Check("Classification", [.. points.Classification.ToArray().Select(number => pdrf < 6 && number == 12 ? 0 : (double)number)]);

        void Check(string name, double[] expected)
        {
            if (expected.Length > 0)
                Assert.Equal(expected, columns.GetProperty(name).EnumerateArray().Select(value => value.GetDouble()));
        }

        static double[] Doubles<T>(T[] values)
            where T : System.Numerics.INumber<T> => [.. values.Select(double.CreateChecked)];
    }
}
