namespace Dataplug.Cli.Tests;

public sealed class CatalogCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();
    private readonly Tool _tool;

    public CatalogCommandTests() => _tool = new Tool(_workspace);

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task An_empty_catalog_says_so()
    {
        Assert.Contains("Nothing is indexed yet", (await _tool.OkAsync("catalog", "list")).Text, StringComparison.Ordinal);
        Assert.Equal(0, (await _tool.JsonAsync("catalog", "list")).GetArrayLength());
    }

    [Fact]
    public async Task Indexed_objects_are_listed_with_their_attributes()
    {
        var file = await _workspace.FastqAsync(reads: 500);
        var report = await _tool.JsonAsync("preprocess", file.Path);
        await _tool.OkAsync("preprocess", _workspace.Csv());

        var entries = (await _tool.JsonAsync("catalog", "list")).EnumerateArray().ToArray();
        var text = (await _tool.OkAsync("catalog", "list")).Text;

        Assert.Equal(["fastq-gzip", "csv"], entries.Select(entry => entry.GetProperty("format").GetString()!));
        Assert.Equal(report.GetProperty("uri").GetString(), entries[0].GetProperty("uri").GetString());
        Assert.Equal(report.GetProperty("eTag").GetString(), entries[0].GetProperty("eTag").GetString());
        Assert.Equal(report.GetProperty("sidecar").GetString(), entries[0].GetProperty("sidecar").GetString());
        Assert.Equal(report.GetProperty("sidecarSize").GetInt64(), entries[0].GetProperty("sidecarSize").GetInt64());
        Assert.Equal(500, entries[0].GetProperty("attributes").GetProperty("reads").GetInt64());
        Assert.Contains("reads.fastq.gz", text, StringComparison.Ordinal);
        Assert.Contains("table.csv", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_cleaned_is_listed_no_more()
    {
        var csv = _workspace.Csv();
        await _tool.OkAsync("preprocess", csv);
        await _tool.OkAsync("clean", csv);

        Assert.Equal(0, (await _tool.JsonAsync("catalog", "list")).GetArrayLength());
    }

    [Fact]
    public async Task A_catalog_that_is_lost_or_damaged_is_made_again_from_the_indexes()
    {
        await _tool.OkAsync("preprocess", _workspace.Csv());
        var before = (await _tool.JsonAsync("catalog", "list"))[0].GetProperty("uri").GetString();
        File.WriteAllText(Path.Combine(_workspace.Home, "catalog.db"), "this is no database, and long enough to be looked at as one");
        foreach (var journal in Directory.GetFiles(_workspace.Home, "catalog.db-*"))
            File.Delete(journal);

        var damaged = await _tool.RunAsync("catalog", "list");
        var rebuilt = await _tool.JsonAsync("catalog", "rebuild");

        Assert.Equal(1, damaged.ExitCode);
        Assert.Contains("dataplug catalog rebuild", damaged.ErrorLine, StringComparison.Ordinal);
        Assert.Equal(1, rebuilt.GetProperty("indexes").GetInt32());
        Assert.Equal(0, rebuilt.GetProperty("refused").GetInt32());
        Assert.Equal(before, (await _tool.JsonAsync("catalog", "list"))[0].GetProperty("uri").GetString());
    }

    [Fact]
    public async Task A_shared_location_is_taken_into_the_catalog_and_bad_indexes_are_named()
    {
        var shared = _workspace.PathOf("shared");
        await _tool.OkAsync("preprocess", _workspace.Csv(), "--metadata", shared);
        File.WriteAllText(Path.Combine(shared, "bad.dpi"), "no index");
        var other = new Tool(_workspace);
        other.Variables["DATAPLUG_HOME"] = _workspace.PathOf("other-home");

        var result = await other.OkAsync("catalog", "rebuild", "--metadata", shared);

        Assert.Equal("The catalog has 1 index; 1 could not be read\n", result.Text);
        Assert.Contains("bad.dpi", result.Error, StringComparison.Ordinal);
        Assert.EndsWith("table.csv", (await other.JsonAsync("catalog", "list"))[0].GetProperty("uri").GetString(), StringComparison.Ordinal);
    }
}
