using System.Text;

namespace Dataplug.Cli.Tests;

/// <summary>Damaged objects and objects with something after their end, from the command line.</summary>
public sealed class SalvageTests : IDisposable
{
    private readonly Workspace _workspace = new();
    private readonly Tool _tool;

    public SalvageTests() => _tool = new Tool(_workspace);

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task A_damaged_object_is_refused_then_salvaged_and_only_cut_as_such()
    {
        var (path, plain) = Damaged();

        var refused = await _tool.RunAsync("preprocess", path);
        Assert.Equal(ExitCodes.Failed, refused.ExitCode);
        Assert.Contains("in member 3, which begins at byte", refused.Error, StringComparison.Ordinal);
        Assert.Contains("--salvage", refused.Error, StringComparison.Ordinal);

        var salvaged = await _tool.OkAsync("preprocess", path, "--salvage");
        Assert.Contains("dataplug: warning: ", salvaged.Error, StringComparison.Ordinal);
        Assert.Contains("damaged at byte", salvaged.Error, StringComparison.Ordinal);
        var json = await _tool.JsonAsync("preprocess", path, "--salvage");
        Assert.Equal("already-indexed", json.GetProperty("outcome").GetString());
        Assert.Single(json.GetProperty("warnings").EnumerateArray());

        var inspected = await _tool.OkAsync("inspect", path);
        Assert.Contains("of a damaged object, up to byte", inspected.Text, StringComparison.Ordinal);
        Assert.Contains("warning", inspected.Text, StringComparison.Ordinal);
        var salvage = (await _tool.JsonAsync("inspect", path)).GetProperty("attributes").GetProperty("salvage");
        Assert.Equal(3, salvage.GetProperty("member").GetInt64());

        var slices = _workspace.PathOf("slices.jsonl");
        var asWhole = await _tool.RunAsync("partition", path, "--strategy", "count", "--param", "count=3", "--out", slices);
        Assert.Equal(ExitCodes.Failed, asWhole.ExitCode);
        Assert.Contains("Add --salvage", asWhole.Error, StringComparison.Ordinal);
        await _tool.OkAsync("partition", path, "--salvage", "--strategy", "count", "--param", "count=3", "--out", slices);
        var content = (await _tool.OkAsync("get", slices, "--all")).Output;
        Assert.Equal(salvage.GetProperty("contentEnd").GetInt64(), content.Length);
        // What the damaged member gave before the damage showed is there, but not proven.
        var proven = (int)salvage.GetProperty("verifiedContentEnd").GetInt64();
        Assert.InRange(proven, 2 * plain.Length / 5, content.Length);
        Assert.Equal(plain[..proven], content[..proven]);

        var mapped = await _tool.OkAsync("map", path, "--salvage", "--strategy", "count", "--param", "count=2", "--", "wc", "-c");
        Assert.Equal(content.Length, mapped.Lines.Sum(line => int.Parse(line.Trim(), System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task Bytes_after_the_end_are_a_warning_on_standard_error_and_in_inspect()
    {
        var path = _workspace.Write("notes.txt.gz", [.. Workspace.GZip("one\ntwo\n"u8.ToArray()), .. "appended by a proxy"u8]);

        var result = await _tool.OkAsync("preprocess", path);

        Assert.Contains("warning: ", result.Error, StringComparison.Ordinal);
        Assert.Contains("19 bytes from byte ", result.Error, StringComparison.Ordinal);
        Assert.Equal(2, result.Lines.Count);
        var attributes = (await _tool.JsonAsync("inspect", path)).GetProperty("attributes");
        Assert.Equal(19, attributes.GetProperty("trailingBytes").GetProperty("length").GetInt64());
    }

    [Fact]
    public async Task A_format_without_salvage_says_so()
    {
        var result = await _tool.RunAsync("preprocess", _workspace.Csv(), "--format", "csv", "--salvage");
        Assert.Equal(ExitCodes.Usage, result.ExitCode);
        Assert.Contains("--salvage can't be used with format 'csv'", result.Error, StringComparison.Ordinal);
    }

    private (string Path, byte[] Plain) Damaged()
    {
        var pieces = Enumerable.Range(0, 4).Select(piece => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(piece * 5000, 5000).Select(i => $"line {i}\n")))).ToArray();
        var members = pieces.Select(Workspace.GZip).ToArray();
        members[2].AsSpan(members[2].Length / 2, 200).Fill(0xFF);
        return (_workspace.Write("notes.txt.gz", [.. members.SelectMany(member => member)]), [.. pieces.SelectMany(piece => piece)]);
    }
}
