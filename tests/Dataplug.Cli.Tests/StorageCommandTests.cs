using System.Text;
using Dataplug.Conformance.Servers;

namespace Dataplug.Cli.Tests;

/// <summary><c>dataplug storage</c> on all stores, told of by a file and by the environment.</summary>
public sealed class StorageCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public static TheoryData<string> Kinds => [.. ConfiguredStorage.Kinds];

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Objects_are_put_listed_read_and_deleted(string kind)
    {
        var place = await ConfiguredStorage.CreateAsync(kind, _workspace.Folder);
        var config = Path.Combine(_workspace.Folder, "config.json");
        await File.WriteAllTextAsync(config, place.Json);
        var tool = new Tool(_workspace);
        tool.Variables["DATAPLUG_CONFIG"] = config;
        var file = Path.Combine(_workspace.Folder, "file.txt");
        await File.WriteAllTextAsync(file, "0123456789");

        Assert.Contains("Wrote 10 B to ", (await tool.OkAsync("storage", "put", file, "a/file")).Text, StringComparison.Ordinal);
        var piped = await tool.RunAsync(["storage", "put", "-", "a/piped", "--create-only", "--json"], "piped"u8.ToArray());
        Assert.True(piped.ExitCode == 0, piped.Error);
        var again = await tool.RunAsync(["storage", "put", "-", "a/piped", "--create-only"], "other"u8.ToArray());
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("a/piped", again.ErrorLine, StringComparison.Ordinal);

        Assert.Equal("0123456789", (await tool.OkAsync("storage", "get", "a/file")).Text);
        Assert.Equal("345", (await tool.OkAsync("storage", "get", "a/file", "--range", "3-5")).Text);
        Assert.Equal("89", (await tool.OkAsync("storage", "get", "a/file", "--range=-2")).Text);
        var copy = Path.Combine(_workspace.Folder, "copy.txt");
        await tool.OkAsync("storage", "get", "a/piped", "--out", copy);
        Assert.Equal("piped", await File.ReadAllTextAsync(copy));

        Assert.Equal(["a/file\t10", "a/piped\t5"], (await tool.OkAsync("storage", "list")).Lines.Select(line => line[..line.LastIndexOf('\t')]));
        var listed = await tool.JsonAsync("storage", "list", "a/p");
        Assert.Equal("a/piped", Assert.Single(listed.EnumerateArray()).GetProperty("key").GetString());
        var uri = listed[0].GetProperty("uri").GetString()!;
        Assert.Equal("piped", (await tool.OkAsync("storage", "get", uri)).Text);
        if (kind != "file")
            Assert.StartsWith(kind + "://", uri, StringComparison.Ordinal);

        Assert.Equal("Deleted 1 object\n", (await tool.OkAsync("storage", "delete", "a/file")).Text);
        var missing = await tool.RunAsync("storage", "get", "a/file");
        Assert.Equal(1, missing.ExitCode);
        Assert.Contains("a/file", missing.ErrorLine, StringComparison.Ordinal);
        Assert.Equal(1, (await tool.JsonAsync("storage", "delete", "a/", "--prefix")).GetProperty("objects").GetInt64());
        Assert.Empty((await tool.OkAsync("storage", "list")).Lines);
    }

    [Theory]
    [InlineData("az")]
    [InlineData("redis")]
    public async Task The_environment_alone_says_where(string kind)
    {
        var place = await ConfiguredStorage.CreateAsync(kind, _workspace.Folder);
        var variables = string.Concat(place.Environment.Select(pair => $"export {pair.Key}='{pair.Value}'\n"));
        var result = await ToolProcess.ShellAsync(_workspace, variables + "printf 'some\\nlines\\n' | dataplug storage put - notes.txt && dataplug storage get notes.txt | wc -l");
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal("2", result.Lines[^1].Trim());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Objects_of_every_store_can_be_indexed_and_cut(string kind)
    {
        var place = await ConfiguredStorage.CreateAsync(kind, _workspace.Folder);
        var config = Path.Combine(_workspace.Folder, "config.yaml");
        await File.WriteAllTextAsync(config, place.Yaml);
        var tool = new Tool(_workspace);
        tool.Variables["DATAPLUG_CONFIG"] = config;
        var text = string.Concat(Enumerable.Range(0, 1000).Select(i => $"line {i}\n"));
        var put = await tool.RunAsync(["storage", "put", "-", "notes.txt", "--json"], Encoding.ASCII.GetBytes(text));
        Assert.True(put.ExitCode == 0, put.Error);
        using var answer = System.Text.Json.JsonDocument.Parse(put.Output);
        var uri = answer.RootElement.GetProperty("uri").GetString()!;
        await tool.OkAsync("preprocess", uri);
        var counts = await tool.OkAsync("map", uri, "--param", "count=4", "--", "wc", "-l");
        Assert.Equal(1000, counts.Lines.Sum(line => int.Parse(line, System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task Mistakes_are_one_line()
    {
        var config = Path.Combine(_workspace.Folder, "config.yaml");
        await File.WriteAllTextAsync(config, "storage:\n  s3:\n    endpoint: http://x\n");
        var tool = new Tool(_workspace);
        tool.Variables["DATAPLUG_CONFIG"] = config;
        var result = await tool.RunAsync("storage", "list");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("config.yaml (line 3): storage.s3.endpoint", result.ErrorLine, StringComparison.Ordinal);

        tool.Variables.Remove("DATAPLUG_CONFIG");
        Assert.Equal(2, (await tool.RunAsync("storage", "put", config)).ExitCode);
        Assert.Equal(2, (await tool.RunAsync("storage", "get", "a", "--range", "5-3")).ExitCode);
        Assert.Equal(2, (await tool.RunAsync("storage", "get", "../a")).ExitCode);
        Assert.Equal(2, (await tool.RunAsync("storage", "delete", "", "--prefix")).ExitCode);
        Assert.Equal(2, (await tool.RunAsync("storage", "list", "https://host/x")).ExitCode);
        var away = await tool.RunAsync("storage", "list", "--storage", "redis://127.0.0.1:9/0/bucket");
        Assert.Equal(1, away.ExitCode);
        Assert.Contains("no connection", away.ErrorLine, StringComparison.Ordinal);
    }
}
