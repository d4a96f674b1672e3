namespace Dataplug.Cli.Tests;

public sealed class CleanCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();
    private readonly Tool _tool;

    public CleanCommandTests() => _tool = new Tool(_workspace);

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Everything_kept_about_an_object_goes_and_the_object_stays()
    {
        var csv = _workspace.Csv();
        var content = File.ReadAllBytes(csv);
        var asTable = (await _tool.JsonAsync("preprocess", csv)).GetProperty("sidecar").GetString()!;
        var asText = (await _tool.JsonAsync("preprocess", csv, "--format", "raw-text")).GetProperty("sidecar").GetString()!;

        var first = await _tool.JsonAsync("clean", csv);
        var second = await _tool.JsonAsync("clean", csv);

        Assert.True(first.GetProperty("removed").GetBoolean());
        Assert.False(second.GetProperty("removed").GetBoolean());
        Assert.False(File.Exists(new Uri(asTable).LocalPath));
        Assert.False(File.Exists(new Uri(asText).LocalPath));
        Assert.Equal(content, File.ReadAllBytes(csv));
        Assert.Equal("missing", (await _tool.JsonAsync("inspect", csv)).GetProperty("index").GetString());
    }

    [Fact]
    public async Task One_format_can_be_cleaned_alone()
    {
        var csv = _workspace.Csv();
        await _tool.OkAsync("preprocess", csv);
        await _tool.OkAsync("preprocess", csv, "--format", "raw-text");

        await _tool.OkAsync("clean", csv, "--format", "raw-text");

        Assert.Equal("current", (await _tool.JsonAsync("inspect", csv, "--format", "csv")).GetProperty("index").GetString());
        Assert.Equal("missing", (await _tool.JsonAsync("inspect", csv, "--format", "raw-text")).GetProperty("index").GetString());
    }

    [Fact]
    public async Task The_index_of_an_object_that_is_gone_can_be_cleaned()
    {
        var text = _workspace.Text();
        var sidecar = (await _tool.JsonAsync("preprocess", text)).GetProperty("sidecar").GetString()!;
        File.Delete(text);

        var result = await _tool.OkAsync("clean", text);

        Assert.Contains("Removed", result.Text, StringComparison.Ordinal);
        Assert.False(File.Exists(new Uri(sidecar).LocalPath));
    }
}
