using System.Globalization;
using Dataplug.Conformance.GZip;

namespace Dataplug.Cli.Tests;

/// <summary>imzML on the command line, on a real data set of nine pixels.</summary>
public sealed class ImzmlCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();
    private readonly Tool _tool;

    public ImzmlCommandTests() => _tool = new Tool(_workspace);

    public void Dispose() => _workspace.Dispose();

    [SharedDataFact]
    public async Task A_data_set_is_indexed_cut_and_drawn()
    {
        var document = Copy("Example_Processed");
        await _tool.OkAsync("preprocess", document, "--statistics", "--check", "checksum");
        var slices = _workspace.PathOf("slices.jsonl");
        await _tool.OkAsync("partition", document, "--strategy", "mz", "--param", "count=3", "--out", slices);

        // A slice as two files is a data set of its own.
        var piece = _workspace.PathOf("piece.imzML");
        await _tool.OkAsync("get", slices, "--slice", "1", "--out", piece);
        Assert.True(File.Exists(_workspace.PathOf("piece.ibd")));
        Assert.Equal("indexed", (await _tool.JsonAsync("preprocess", piece, "--check", "checksum")).GetProperty("outcome").GetString());
        Assert.Equal("PK", (await _tool.OkAsync("get", slices, "--slice", "1")).Text[..2]);

        var csv = _workspace.PathOf("tic.csv");
        await _tool.OkAsync("imzml", "image", document, "--kind", "tic", "--out", csv);
        var rows = (await File.ReadAllLinesAsync(csv)).Select(row => row.Split(',').Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray()).ToArray();
        Assert.Equal((3, 3), (rows.Length, rows[0].Length));
        Assert.Equal(243.53950660310792, rows[2][2], 6);

        // m/z 328.9 is what the data set is known for: the whole window of an ion image is a part of the TIC.
        await _tool.OkAsync("imzml", "image", document, "--mz", "328.9", "--da", "0.25", "--out", csv);
        var ion = (await File.ReadAllLinesAsync(csv)).SelectMany(row => row.Split(',')).Sum(number => double.Parse(number, CultureInfo.InvariantCulture));
        Assert.InRange(ion, 0.001, rows.Sum(row => row.Sum()));
        var png = await _tool.OkAsync("imzml", "image", document, "--mz", "328.9", "--ppm", "500", "--map", "inferno", "--color-bar", "--out", "-");
        Assert.Equal([0x89, 0x50, 0x4E, 0x47], png.Output[..4]);

        var mean = await _tool.OkAsync("imzml", "mean", document, "--da", "1");
        var lines = mean.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => double.Parse(line.Split(',')[1], CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(rows.Sum(row => row.Sum()) / 9, lines.Sum(), 6);
    }

    [SharedDataFact]
    public async Task A_data_set_without_an_index_is_indexed_before_it_is_drawn()
    {
        var document = Copy("Example_Continuous");
        var picture = _workspace.PathOf("image.png");
        await _tool.OkAsync("imzml", "image", document, "--mz", "328.9", "--da", "0.25", "--out", picture);
        Assert.True(new FileInfo(picture).Length > 50);
        var mean = await _tool.OkAsync("imzml", "mean", document);
        Assert.Equal(8400, mean.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Theory]
    [InlineData("--mz", "300")]
    [InlineData("--ppm", "3")]
    [InlineData("--mz", "300", "--ppm", "3", "--da", "1")]
    [InlineData("--mz", "-1", "--ppm", "3")]
    [InlineData("--kind", "tic", "--mz", "300", "--ppm", "3")]
    [InlineData("--kind", "tic", "--hot-spots", "0")]
    public async Task Wrong_usage_is_told(params string[] args)
    {
        var result = await _tool.RunAsync(["imzml", "image", _workspace.PathOf("x.imzML"), .. args, "--out", _workspace.PathOf("x.png")]);
        Assert.Equal(2, result.ExitCode);
        Assert.NotEmpty(result.ErrorLine);
    }

    [Fact]
    public async Task Options_of_imzml_are_refused_for_other_formats()
    {
        _workspace.Text("x.txt");
        var result = await _tool.RunAsync("preprocess", _workspace.PathOf("x.txt"), "--statistics");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("imzML", result.ErrorLine, StringComparison.Ordinal);
    }

    private string Copy(string name)
    {
        foreach (var ending in (string[])[".imzML", ".ibd"])
        {
            File.WriteAllBytes(_workspace.PathOf(name + ending), File.ReadAllBytes(Path.Combine(SharedData.Folder!, "imzml", name + ending)));
        }

        return _workspace.PathOf(name + ".imzML");
    }
}
