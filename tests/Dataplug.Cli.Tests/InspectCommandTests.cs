using System.Text.Json;

namespace Dataplug.Cli.Tests;

public sealed class InspectCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();
    private readonly Tool _tool;

    public InspectCommandTests() => _tool = new Tool(_workspace);

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task An_object_without_index_shows_size_version_format_and_strategies()
    {
        var file = await _workspace.FastqAsync();

        var answer = await _tool.JsonAsync("inspect", file.Path);

        Assert.Equal(new FileInfo(file.Path).Length, answer.GetProperty("size").GetInt64());
        Assert.NotEmpty(answer.GetProperty("eTag").GetString()!);
        Assert.Equal("fastq-gzip", answer.GetProperty("format").GetString());
        Assert.Equal("missing", answer.GetProperty("index").GetString());
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("attributes").ValueKind);
        Assert.Equal("batches", answer.GetProperty("strategies")[0].GetProperty("name").GetString());
    }

    [Fact]
    public async Task Attributes_come_from_the_index()
    {
        var file = await _workspace.FastqAsync(reads: 1234);
        await _tool.OkAsync("preprocess", file.Path);

        var answer = await _tool.JsonAsync("inspect", file.Path);
        var text = (await _tool.OkAsync("inspect", file.Path)).Text;

        Assert.Equal("current", answer.GetProperty("index").GetString());
        Assert.Equal(1234, answer.GetProperty("attributes").GetProperty("reads").GetInt64());
        Assert.Equal(new FileInfo(new Uri(answer.GetProperty("sidecar").GetString()!).LocalPath).Length, answer.GetProperty("sidecarSize").GetInt64());
        Assert.Matches(@"reads +1,234\b", text);
        Assert.Matches(@"index +current, ", text);
    }

    [Fact]
    public async Task A_changed_object_has_a_stale_index()
    {
        var text = _workspace.Text();
        await _tool.OkAsync("preprocess", text);
        _workspace.Text(lines: 1001);

        var answer = await _tool.JsonAsync("inspect", text, "--format", "raw-text");

        Assert.Equal("stale", answer.GetProperty("index").GetString());
        Assert.Contains("stale", (await _tool.OkAsync("inspect", text, "--format", "raw-text")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_index_is_told_and_not_fatal()
    {
        var text = _workspace.Text();
        var sidecar = (await _tool.JsonAsync("preprocess", text)).GetProperty("sidecar").GetString()!;
        var path = new Uri(sidecar).LocalPath;
        var bytes = File.ReadAllBytes(path);
        bytes.AsSpan(bytes.Length - 8).Fill(0x55);
        File.WriteAllBytes(path, bytes);

        var answer = await _tool.JsonAsync("inspect", text);

        Assert.Equal("damaged", answer.GetProperty("index").GetString());
    }

    [Fact]
    public async Task The_format_that_the_object_was_indexed_as_is_preferred_to_the_detected_one()
    {
        var csv = _workspace.Csv();
        Assert.Equal("csv", (await _tool.JsonAsync("inspect", csv)).GetProperty("format").GetString());

        await _tool.OkAsync("preprocess", csv, "--format", "raw-text");

        Assert.Equal("raw-text", (await _tool.JsonAsync("inspect", csv)).GetProperty("format").GetString());
    }

    [Fact]
    public async Task An_object_of_no_known_format_can_still_be_inspected()
    {
        var random = new byte[10_000];
        new Random(1).NextBytes(random);
        var path = _workspace.Write("noise.bin", random);

        var answer = await _tool.JsonAsync("inspect", path);

        Assert.Equal(10_000, answer.GetProperty("size").GetInt64());
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("format").ValueKind);
    }
}
