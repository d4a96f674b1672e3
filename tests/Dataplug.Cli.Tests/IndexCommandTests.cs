using Dataplug.Conformance.Servers;

namespace Dataplug.Cli.Tests;

public sealed class IndexCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();
    private readonly Tool _tool;

    public IndexCommandTests() => _tool = new Tool(_workspace);

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task An_index_goes_to_gztool_and_comes_back_as_text_in_gzip()
    {
        var programs = await InstalledPrograms.GZip;
        var fastq = await _workspace.FastqAsync();
        await _tool.OkAsync("preprocess", fastq.Path);
        var index = _workspace.PathOf("reads.gzi");
        await _tool.OkAsync("index", "export", fastq.Path, "--to", "gztool", "--out", index);
        var lines = await programs.RunAsync("gztool", "-v", "0", "-W", "-I", index, "-L", "4001", "-R", "4", fastq.Path);
        var expected = System.Text.Encoding.UTF8.GetString(fastq.Plain).Split('\n')[4000..4004];
        Assert.Equal(string.Join('\n', expected) + "\n", System.Text.Encoding.UTF8.GetString(lines));

        await _tool.OkAsync("clean", fastq.Path);
        var answer = await _tool.JsonAsync("index", "import", fastq.Path, index);
        Assert.Equal(("imported", "gztool", 4L * fastq.Reads), (answer.GetProperty("outcome").GetString(), answer.GetProperty("from").GetString(), answer.GetProperty("lines").GetInt64()));
        Assert.Equal(fastq.Plain.LongLength, answer.GetProperty("uncompressedSize").GetInt64());

        var again = await _tool.OkAsync("index", "import", fastq.Path, index);
        Assert.Contains("indexed already", again.Text, StringComparison.Ordinal);
        var inspected = await _tool.JsonAsync("inspect", fastq.Path);
        Assert.Equal("gzip-text", inspected.GetProperty("format").GetString());
        Assert.Equal("gztool", inspected.GetProperty("attributes").GetProperty("importedFrom").GetString());

        await _tool.OkAsync("partition", fastq.Path, "--strategy", "lines", "--param", "lines=400", "--out", _workspace.PathOf("slices.jsonl"));
        Assert.Equal(fastq.Plain, (await _tool.OkAsync("get", _workspace.PathOf("slices.jsonl"), "--all")).Output);
    }

    [Fact]
    public async Task An_index_can_come_from_standard_input_and_go_to_standard_output()
    {
        var fastq = await _workspace.FastqAsync();
        await _tool.OkAsync("preprocess", fastq.Path);
        var index = (await _tool.OkAsync("index", "export", fastq.Path, "--to", "gzidx")).Output;
        Assert.Equal("GZIDX"u8, index.AsSpan(0, 5));

        var result = await _tool.RunAsync(["index", "import", fastq.Path, "-", "--from", "gzidx", "--workers", "2"], index);
        Assert.Equal(0, result.ExitCode);
        Assert.Contains("Imported the gzidx index", result.Text, StringComparison.Ordinal);
        Assert.Contains("8,000 lines", result.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_can_not_be_done_is_one_line_of_error()
    {
        var fastq = await _workspace.FastqAsync();
        Assert.Contains("has no", (await FailAsync("index", "export", fastq.Path, "--to", "gztool")).ErrorLine, StringComparison.Ordinal);
        Assert.Contains("no index of gztool, indexed_gzip or bgzip", (await FailAsync("index", "import", fastq.Path, fastq.Path)).ErrorLine, StringComparison.Ordinal);
        await _tool.OkAsync("preprocess", fastq.Path);
        Assert.Contains("not BGZF", (await FailAsync("index", "export", fastq.Path, "--to", "gzi")).ErrorLine, StringComparison.Ordinal);
    }

    private async Task<ToolResult> FailAsync(params string[] args)
    {
        var result = await _tool.RunAsync(args);
        Assert.Equal(1, result.ExitCode);
        return result;
    }
}
