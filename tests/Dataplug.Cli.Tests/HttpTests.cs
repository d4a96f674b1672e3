using Dataplug.Conformance.Servers;

namespace Dataplug.Cli.Tests;

public sealed class HttpTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task An_object_on_a_web_server_is_indexed_cut_and_read()
    {
        await using var server = await HttpFileServer.StartAsync();
        var csv = File.ReadAllText(_workspace.Csv());
        File.WriteAllText(Path.Combine(server.Root, "table.csv"), csv);
        var url = server.Url.TrimEnd('/') + "/table.csv";
        var slices = _workspace.PathOf("slices.jsonl");
        var tool = new Tool(_workspace);

        await tool.OkAsync("preprocess", url);
        await tool.OkAsync("partition", url, "--strategy", "rows", "--param", "rows=77", "--out", slices);

        Assert.Equal(csv, (await tool.OkAsync("get", slices, "--all")).Text);
    }

    [Fact]
    public async Task A_web_server_is_no_target()
    {
        var text = _workspace.Text();
        var tool = new Tool(_workspace);
        await tool.OkAsync("preprocess", text);

        var result = await tool.RunAsync("partition", text, "--param", "count=2", "--out", "http://127.0.0.1:9/slices.jsonl");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("http", result.ErrorLine, StringComparison.Ordinal);
    }
}
