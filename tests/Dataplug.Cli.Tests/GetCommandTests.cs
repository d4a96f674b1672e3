using System.Text;

namespace Dataplug.Cli.Tests;

public sealed class GetCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();
    private readonly Tool _tool;

    public GetCommandTests() => _tool = new Tool(_workspace);

    public void Dispose() => _workspace.Dispose();

    [Theory]
    [InlineData("batches", "count=7")]
    [InlineData("batches", "count=5000")]
    [InlineData("reads", "reads=333")]
    [InlineData("bytes", "bytes=20kB")]
    public async Task All_slices_of_a_fastq_put_together_are_its_content(string strategy, string parameter)
    {
        var file = await _workspace.FastqAsync();
        var slices = await PartitionAsync(file.Path, strategy, parameter);

        var result = await _tool.OkAsync("get", slices, "--all");

        Assert.True(file.Plain.AsSpan().SequenceEqual(result.Output));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("3")]
    public async Task All_slices_of_a_table_have_its_header_once(string workers)
    {
        var csv = _workspace.Csv();
        var slices = await PartitionAsync(csv, "rows", "rows=60");

        var all = await _tool.OkAsync("get", slices, "--all", "--workers", workers);
        var third = await _tool.OkAsync("get", slices, "--slice", "3");

        Assert.Equal(File.ReadAllText(csv), all.Text);
        Assert.StartsWith("id,name,value\n180,", third.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_slice_is_a_valid_file_of_its_format()
    {
        var file = await _workspace.FastqAsync();
        var slices = await PartitionAsync(file.Path, "reads", "reads=300");

        var slice = await _tool.OkAsync("get", slices, "--slice", "2");

        var lines = Encoding.ASCII.GetString(file.Plain).Split('\n');
        Assert.Equal(string.Join('\n', lines[2400..3600]) + "\n", slice.Text);
    }

    [Fact]
    public async Task Slices_are_read_from_standard_input_and_a_single_one_needs_no_number()
    {
        var text = _workspace.Text();
        var lines = File.ReadAllLines(await PartitionAsync(text, "lines", "lines=250"));

        var one = await _tool.RunAsync(["get", "-"], Encoding.UTF8.GetBytes(lines[1] + "\n"));
        var all = await _tool.RunAsync(["get", "-", "--all"], Encoding.UTF8.GetBytes(string.Join("\r\n\r\n", lines)));

        Assert.Equal(0, one.ExitCode);
        Assert.StartsWith("line 250 ", one.Text, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(text), all.Text);
    }

    [Fact]
    public async Task Slices_in_any_order_come_out_in_that_of_the_plan()
    {
        var text = _workspace.Text();
        var slices = await PartitionAsync(text, "lines", "lines=100");
        File.WriteAllLines(slices, File.ReadAllLines(slices).Reverse());

        Assert.Equal(File.ReadAllText(text), (await _tool.OkAsync("get", slices, "--all")).Text);
    }

    [Fact]
    public async Task A_file_appears_whole_or_not_at_all()
    {
        var text = _workspace.Text();
        var slices = await PartitionAsync(text, "lines", "lines=100");
        var target = _workspace.Write("target.txt", "before");

        File.AppendAllText(text, "changed\n");
        var failed = await _tool.RunAsync("get", slices, "--all", "--out", target);

        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("notes.txt", failed.ErrorLine, StringComparison.Ordinal);
        Assert.Equal("before", File.ReadAllText(target));
        Assert.Empty(Directory.GetFiles(_workspace.Folder, ".*.tmp"));

        await _tool.OkAsync("preprocess", text);
        await _tool.OkAsync("partition", text, "--strategy", "lines", "--param", "lines=100", "--out", slices);
        var link = _workspace.PathOf("link.txt");
        File.CreateSymbolicLink(link, target);
        await _tool.OkAsync("get", slices, "--all", "--out", link);
        Assert.Equal(File.ReadAllText(text), File.ReadAllText(target));
        Assert.NotNull(new FileInfo(link).LinkTarget);
    }

    [Fact]
    public async Task A_device_can_be_the_target()
    {
        var slices = await PartitionAsync(_workspace.Text(), "lines", "lines=100");

        var result = await _tool.OkAsync("get", slices, "--all", "--out", "/dev/null");

        Assert.Empty(result.Output);
    }

    [Fact]
    public async Task Missing_slices_are_named()
    {
        var slices = await PartitionAsync(_workspace.Text(), "lines", "lines=100");
        var lines = File.ReadAllLines(slices);
        File.WriteAllLines(slices, lines.Where((_, i) => i is not (3 or 7)));

        var all = await _tool.RunAsync("get", slices, "--all");
        var one = await _tool.RunAsync("get", slices, "--slice", "7");

        Assert.Equal(1, all.ExitCode);
        Assert.Contains("2 of 10 slices are missing: 3, 7", all.ErrorLine, StringComparison.Ordinal);
        Assert.Empty(all.Output);
        Assert.Equal(1, one.ExitCode);
        Assert.Contains("slice 7 is not in the file", one.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doubled_slices_are_refused()
    {
        var slices = await PartitionAsync(_workspace.Text(), "lines", "lines=500");
        File.AppendAllText(slices, File.ReadAllLines(slices)[1] + "\n");

        var result = await _tool.RunAsync("get", slices, "--all");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("slice 1 is there twice", result.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Slices_of_different_plans_and_objects_are_refused()
    {
        var text = _workspace.Text();
        var halves = File.ReadAllLines(await PartitionAsync(text, "count", "count=2"));
        var thirds = File.ReadAllLines(await PartitionAsync(text, "count", "count=3"));
        var other = File.ReadAllLines(await PartitionAsync(_workspace.Text("other.txt"), "count", "count=2"));

        var plans = await _tool.RunAsync("get", Mixed(halves[0], thirds[1], thirds[2]), "--all");
        var objects = await _tool.RunAsync("get", Mixed(halves[0], other[1]), "--all");
        var ambiguous = await _tool.RunAsync("get", Mixed(halves[0], thirds[0]), "--slice", "0");

        Assert.Equal([1, 1, 1], [plans.ExitCode, objects.ExitCode, ambiguous.ExitCode]);
        Assert.Contains("a plan of 2 and of a plan of 3", plans.ErrorLine, StringComparison.Ordinal);
        Assert.Contains("other.txt", objects.ErrorLine, StringComparison.Ordinal);
        Assert.Contains("2 different slices with the number 0", ambiguous.ErrorLine, StringComparison.Ordinal);

        string Mixed(params string[] lines) => _workspace.Write("mixed.jsonl", string.Join('\n', lines));
    }

    [Fact]
    public async Task A_number_beyond_the_plan_is_wrong_usage()
    {
        var slices = await PartitionAsync(_workspace.Text(), "count", "count=4");

        var beyond = await _tool.RunAsync("get", slices, "--slice", "4");
        var neither = await _tool.RunAsync("get", slices);

        Assert.Equal(2, beyond.ExitCode);
        Assert.Contains("has the slices 0 to 3", beyond.ErrorLine, StringComparison.Ordinal);
        Assert.Equal(2, neither.ExitCode);
        Assert.Contains("--slice I", neither.ErrorLine, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("this is no slice\n")]
    [InlineData("{}\n")]
    public async Task What_is_no_slice_is_one_error_line(string content)
    {
        var result = await _tool.RunAsync("get", _workspace.Write("bad.jsonl", content), "--all");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("bad.jsonl", result.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slice_that_was_changed_is_refused_with_its_line()
    {
        var slices = await PartitionAsync(_workspace.Text(), "count", "count=3");
        var lines = File.ReadAllLines(slices);
        lines[1] = lines[1].Replace("notes.txt", "n0tes.txt", StringComparison.Ordinal);
        File.WriteAllLines(slices, lines);

        var result = await _tool.RunAsync("get", slices, "--slice", "1");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("slices.jsonl, line 2", result.ErrorLine, StringComparison.Ordinal);
    }

    private async Task<string> PartitionAsync(string path, string strategy, string parameter)
    {
        await _tool.OkAsync("preprocess", path);
        var slices = _workspace.PathOf("slices.jsonl");
        await _tool.OkAsync("partition", path, "--strategy", strategy, "--param", parameter, "--out", slices);
        return slices;
    }
}
