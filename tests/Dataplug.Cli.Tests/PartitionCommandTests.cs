using System.Text.Json;

namespace Dataplug.Cli.Tests;

public sealed class PartitionCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();
    private readonly Tool _tool;

    public PartitionCommandTests() => _tool = new Tool(_workspace);

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Slices_are_one_line_of_json_each_on_standard_output()
    {
        var file = await _workspace.FastqAsync();
        await _tool.OkAsync("preprocess", file.Path);

        var result = await _tool.OkAsync("partition", file.Path, "--strategy", "batches", "--param", "count=7");

        Assert.Equal(7, result.Lines.Count);
        Assert.All(result.Lines, line => JsonDocument.Parse(line).Dispose());
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task The_first_strategy_is_the_default()
    {
        var file = await _workspace.FastqAsync();
        await _tool.OkAsync("preprocess", file.Path);

        var named = await _tool.OkAsync("partition", file.Path, "--strategy", "batches", "--param", "count=3");
        var defaulted = await _tool.OkAsync("partition", file.Path, "--param", "count=3");

        Assert.Equal(named.Text, defaulted.Text);
    }

    [Fact]
    public async Task An_object_that_is_not_indexed_is_an_error_that_says_what_to_run()
    {
        var text = _workspace.Text();

        var result = await _tool.RunAsync("partition", text, "--param", "count=2", "--format", "csv", "--metadata", "shared");

        Assert.Equal(1, result.ExitCode);
        Assert.EndsWith($"Run 'dataplug preprocess file://{text} --format csv --metadata shared' first.", result.ErrorLine, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task A_changed_object_is_an_error_that_says_what_to_do()
    {
        var text = _workspace.Text();
        await _tool.OkAsync("preprocess", text);
        _workspace.Text(lines: 1001);

        var result = await _tool.RunAsync("partition", text, "--param", "count=2");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("reprocess", result.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_is_written_whole_and_summed_up_in_json()
    {
        var text = _workspace.Text();
        await _tool.OkAsync("preprocess", text);
        var path = _workspace.PathOf("slices.jsonl");

        var answer = await _tool.JsonAsync("partition", text, "--strategy", "lines", "--param", "lines=100", "--out", path);

        Assert.Equal(10, answer.GetProperty("slices").GetInt32());
        Assert.Equal("raw-text", answer.GetProperty("format").GetString());
        Assert.Equal("lines", answer.GetProperty("strategy").GetString());
        Assert.Equal("100", answer.GetProperty("parameters").GetProperty("lines").GetString());
        Assert.Equal(path, answer.GetProperty("out").GetString());
        Assert.Equal(10, File.ReadAllLines(path).Length);
        Assert.Empty(Directory.GetFiles(_workspace.Folder, ".*.tmp"));
    }

    [Fact]
    public async Task A_target_that_cannot_be_written_is_one_error_line()
    {
        var text = _workspace.Text();
        await _tool.OkAsync("preprocess", text);

        var result = await _tool.RunAsync("partition", text, "--param", "count=2", "--out", _workspace.PathOf("no/such/folder/slices.jsonl"));

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("no/such/folder", result.ErrorLine, StringComparison.Ordinal);
    }
}
