using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Dataplug.Conformance.GZip;

namespace Dataplug.Cli.Tests;

/// <summary>Quick looks of real point clouds and rasters on the command line.</summary>
public sealed class GeoCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();
    private readonly Tool _tool;

    public GeoCommandTests() => _tool = new Tool(_workspace);

    public void Dispose() => _workspace.Dispose();

    [SharedDataTheory]
    [InlineData("las/simple.las")]
    [InlineData("laz/autzen_trim.laz")]
    [InlineData("copc/ellipsoid.copc.laz")]
    [InlineData("geotiff/cogeo.tif")]
    public async Task A_quick_look_is_a_picture_of_the_size_asked_for(string name)
    {
        var file = Copy(name);
        var picture = _workspace.PathOf("look.png");
        await _tool.OkAsync("geo", "preview", file, "--size", "200", "--out", picture);
        var (width, height, colors) = Decode(await File.ReadAllBytesAsync(picture));
        Assert.Equal(200, Math.Max(width, height));
        Assert.InRange(Math.Min(width, height), 20, 200);
        Assert.True(colors > 50, $"a picture of {colors} different bytes");

        // It was indexed, once; and the same picture goes to standard output.
        var again = await _tool.OkAsync("geo", "preview", file, "--size", "200", "--out", "-");
        Assert.Equal(await File.ReadAllBytesAsync(picture), again.Output);
        Assert.Equal("current", (await _tool.JsonAsync("inspect", file)).GetProperty("index").GetString());
    }

    [SharedDataFact]
    public async Task A_damaged_object_is_told_in_one_line_and_leaves_no_picture()
    {
        var file = Copy("laz/autzen_trim.laz");
        var bytes = await File.ReadAllBytesAsync(file);
        await File.WriteAllBytesAsync(file, bytes[..(bytes.Length / 2)]);
        var picture = _workspace.PathOf("look.png");
        var result = await _tool.RunAsync("geo", "preview", file, "--out", picture);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("byte", result.ErrorLine, StringComparison.Ordinal);
        Assert.False(File.Exists(picture));
    }

    [Fact]
    public async Task What_is_no_cloud_and_no_raster_is_refused()
    {
        var result = await _tool.RunAsync("geo", "preview", _workspace.Text("x.txt"), "--out", _workspace.PathOf("x.png"));
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("LAS, LAZ, COPC and GeoTIFF", result.ErrorLine, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("15")]
    [InlineData("4097")]
    [InlineData("large")]
    public async Task A_size_that_can_not_be_is_refused(string size)
    {
        var result = await _tool.RunAsync("geo", "preview", _workspace.PathOf("x.las"), "--size", size, "--out", _workspace.PathOf("x.png"));
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--size", result.ErrorLine, StringComparison.Ordinal);
        Assert.Contains("4096", result.ErrorLine, StringComparison.Ordinal);
    }

    private string Copy(string name)
    {
        var path = _workspace.PathOf(Path.GetFileName(name));
        File.WriteAllBytes(path, File.ReadAllBytes(Path.Combine(SharedData.Folder!, name)));
        return path;
    }

    // The picture's sides, and how many different bytes its lines have.
    private static (int Width, int Height, int Bytes) Decode(byte[] png)
    {
        Assert.Equal([0x89, 0x50, 0x4E, 0x47], png[..4]);
        var (width, height) = (BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20)));
        using var data = new MemoryStream();
        for (int at = 8, length; at < png.Length; at += length + 12)
        {
            length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            if (Encoding.ASCII.GetString(png, at + 4, 4) == "IDAT")
                data.Write(png, at + 8, length);
        }

        data.Position = 0;
        using var lines = new MemoryStream();
        using (var inflated = new ZLibStream(data, CompressionMode.Decompress))
            inflated.CopyTo(lines);
        Assert.Equal(0, lines.Length % height);
        return (width, height, lines.ToArray().Distinct().Count());
    }
}
