namespace Dataplug.Cli.Tests;

public sealed class DemoCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();
    private readonly Tool _tool;

    public DemoCommandTests() => _tool = new Tool(_workspace);

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task The_whole_journey_is_made_and_nothing_is_left()
    {
        var before = Folders();

        var result = await _tool.OkAsync("demo", "--reads", "5000");

        Assert.Contains("5,000 reads and 750,000 bases, as the index says", result.Text, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', result.Text);
        Assert.Empty(Folders().Except(before));
        Assert.Empty(Directory.GetFileSystemEntries(_workspace.Home));
    }

    [Fact]
    public async Task Json_has_the_numbers()
    {
        var answer = await _tool.JsonAsync("demo", "--reads", "5000", "--workers", "3");

        Assert.Equal(5000, answer.GetProperty("reads").GetInt64());
        Assert.Equal(750_000, answer.GetProperty("bases").GetInt64());
        Assert.InRange(answer.GetProperty("gcPercent").GetDouble(), 1, 99);
        Assert.True(answer.GetProperty("totalsAgree").GetBoolean());
        var plans = answer.GetProperty("plans").EnumerateArray().ToArray();
        Assert.Equal(2, plans.Length);
        Assert.Equal(16, plans[0].GetProperty("slices").GetInt32());
        Assert.All(plans, plan => Assert.Equal(0, plan.GetProperty("sourceBytesReadToPartition").GetInt64()));
        Assert.All(plans, plan => Assert.True(plan.GetProperty("mapBytesRead").GetInt64() > 0));
    }

    [Fact]
    public async Task A_file_of_your_own_can_be_given_and_stays()
    {
        var file = await _workspace.FastqAsync(reads: 777);
        var content = File.ReadAllBytes(file.Path);

        var answer = await _tool.JsonAsync("demo", file.Path);

        Assert.Equal(777, answer.GetProperty("reads").GetInt64());
        Assert.Equal(content, File.ReadAllBytes(file.Path));
    }

    [Fact]
    public async Task What_was_made_can_be_kept()
    {
        var result = await _tool.OkAsync("demo", "--reads", "100", "--keep");

        var folder = result.Error.Split("kept in ")[1].Trim();
        Assert.True(File.Exists(Path.Combine(folder, "demo.fastq.gz")));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_terminal_gets_colours()
    {
        var result = await new Tool(_workspace) { Terminal = true }.OkAsync("demo", "--reads", "100");

        Assert.Contains('\e', result.Text);
    }

    [Fact]
    public async Task A_file_that_is_no_fastq_is_one_error_line()
    {
        var result = await _tool.RunAsync("demo", _workspace.Write("text.fastq.gz", Workspace.GZip("not a read\n"u8.ToArray())));

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("text.fastq.gz", result.ErrorLine, StringComparison.Ordinal);
    }

    private static string[] Folders() => Directory.GetDirectories(Path.GetTempPath(), "dataplug-demo-*");
}
