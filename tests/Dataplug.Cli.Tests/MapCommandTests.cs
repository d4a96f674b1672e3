namespace Dataplug.Cli.Tests;

public sealed class MapCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();
    private readonly Tool _tool;

    public MapCommandTests() => _tool = new Tool(_workspace);

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Outputs_come_in_the_order_of_slices_whatever_order_they_end_in()
    {
        var result = await _tool.OkAsync("map", _workspace.Text(), "--strategy", "lines", "--param", "lines=250", "--workers", "4",
            "--", "sh", "-c", "sleep 0.$((3 - {index})); echo \"slice {index} of {count}, $DATAPLUG_SLICE_INDEX of $DATAPLUG_SLICE_COUNT: $(wc -l)\"");

        Assert.Equal([.. Enumerable.Range(0, 4).Select(i => $"slice {i} of 4, {i} of 4: 250")], result.Lines);
    }

    [Fact]
    public async Task On_a_backend_outputs_and_errors_are_those_of_programs_here()
    {
        var file = await _workspace.FastqAsync();
        string[] words = ["map", file.Path, "--param", "count=5", "--", "sh", "-c", "echo \"warning {index}\" >&2; wc -c; [ {index} != 3 ] || exit 7"];
        var here = await _tool.RunAsync(words);

        _tool.Variables["DATAPLUG_BACKEND"] = "processes";
        var there = await _tool.RunAsync(words);
        var grouped = await _tool.RunAsync([.. words[..2], "--per-invocation", "3", "--memory", "500", .. words[2..]]);

        Assert.Equal((1, 1), (here.ExitCode, there.ExitCode));
        Assert.Equal(here.Text, there.Text);
        Assert.Equal((there.ExitCode, there.Text), (grouped.ExitCode, grouped.Text));
        Assert.Contains("slice 3: ", there.Error, StringComparison.Ordinal);
        Assert.Contains("exit code 7", there.Error, StringComparison.Ordinal);
        Assert.Equal([.. Enumerable.Range(0, 5).Select(i => $"[{i}] warning {i}")], there.Error.Split('\n').Where(line => line.Contains("] warning", StringComparison.Ordinal)).Order());
    }

    [Fact]
    public async Task A_backend_that_is_not_there_is_told_with_those_that_are()
    {
        var result = await _tool.RunAsync("map", _workspace.Text(), "--backend", "moon", "--param", "count=2", "--", "cat");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("there is no backend 'moon'", result.ErrorLine, StringComparison.Ordinal);
        Assert.Contains("slurm", result.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kubernetes_is_among_the_backends_and_says_what_is_not_configured()
    {
        _tool.Variables["DATAPLUG_JOBS"] = "s3://bucket/jobs";

        var result = await _tool.RunAsync("map", _workspace.Text(), "--backend", "kubernetes", "--param", "count=2", "--", "cat");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("executor.kubernetes.image", result.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public void Workers_get_what_is_mapped_without_the_tool_s_own_libraries()
    {
        var seen = new HashSet<string>();
        var pending = new Stack<System.Reflection.Assembly>([typeof(Dataplug.Cli.Mapping.RemoteSliceProgram).Assembly]);
        while (pending.TryPop(out var assembly))
        {
            foreach (var reference in assembly.GetReferencedAssemblies().Where(reference => !reference.Name!.StartsWith("System.", StringComparison.Ordinal) && seen.Add(reference.Name)))
                pending.Push(System.Reflection.Assembly.Load(reference));
        }

        Assert.Contains("Dataplug.Formats.Genomics", seen);
        Assert.DoesNotContain(seen, name => name is "dataplug" or "ScottPlot" or "SkiaSharp" or "Spectre.Console" or "System.CommandLine" or "KubernetesClient");
    }

    [Fact]
    public async Task The_object_is_indexed_first_with_a_note_when_it_was_not()
    {
        var text = _workspace.Text();

        var first = await _tool.OkAsync("map", text, "--param", "count=2", "--", "cat");
        var second = await _tool.OkAsync("map", text, "--param", "count=3", "--", "cat");

        Assert.Equal(File.ReadAllText(text), first.Text);
        Assert.Equal(File.ReadAllText(text), second.Text);
        Assert.Contains("is not indexed yet; indexing it as raw-text first", first.Error, StringComparison.Ordinal);
        Assert.Empty(second.Error);
    }

    [Fact]
    public async Task Output_is_binary_and_may_be_larger_than_memory_allows()
    {
        var file = await _workspace.FastqAsync();

        // 200 slices, each answered with 1 MB: beyond what is kept in memory, so it goes through temporary files.
        var result = await _tool.OkAsync("map", file.Path, "--param", "count=200", "--workers", "4",
            "--", "sh", "-c", "cat >/dev/null; [ {index} = 0 ] && sleep 3; head -c 1000000 /dev/zero | tr '\\0' '\\377'");

        Assert.Equal(200_000_000, result.Output.Length);
        Assert.False(result.Output.AsSpan().ContainsAnyExcept((byte)0xFF));
        Assert.Empty(Directory.GetFiles(Path.GetTempPath(), "dataplug-*.tmp"));
    }

    [Fact]
    public async Task A_program_that_closes_its_input_early_is_no_failure()
    {
        var text = _workspace.Text(lines: 100_000);

        var result = await _tool.OkAsync("map", text, "--param", "count=2", "--", "head", "-n", "1");

        Assert.Equal(2, result.Lines.Count);
        Assert.Equal("line 0 of a text with some words", result.Lines[0]);
    }

    [Fact]
    public async Task Failures_are_reported_with_slice_exit_code_and_last_lines_and_the_others_are_printed()
    {
        var text = _workspace.Text();
        await _tool.OkAsync("preprocess", text);

        var result = await _tool.RunAsync("map", text, "--param", "count=4", "--workers", "2",
            "--", "sh", "-c", "cat >/dev/null; echo out {index}; if [ {index} = 1 ] || [ {index} = 3 ]; then echo 'it broke' >&2; exit $((40 + {index})); fi");

        Assert.Equal(1, result.ExitCode);
        Assert.Equal(["out 0", "out 2"], result.Lines);
        Assert.Equal("2 of 4 slices failed", result.ErrorLine);
        Assert.Contains("[1] it broke\n", result.Error, StringComparison.Ordinal);
        Assert.Contains("  slice 1: exit code 41\n    | it broke\n", result.Error, StringComparison.Ordinal);
        Assert.Contains("  slice 3: exit code 43\n    | it broke\n", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failing_program_is_run_again_and_only_the_good_output_is_printed()
    {
        var marks = _workspace.PathOf("marks");
        Directory.CreateDirectory(marks);

        var result = await _tool.OkAsync("map", _workspace.Text(), "--param", "count=3", "--retries", "2",
            "--", "sh", "-c", $"echo try {{index}}; echo x >> {marks}/{{index}}; [ $(wc -l < {marks}/{{index}}) -ge $(({{index}} + 1)) ]");

        Assert.Equal(["try 0", "try 1", "try 2"], result.Lines);
        Assert.Equal([1, 2, 3], Enumerable.Range(0, 3).Select(i => File.ReadAllLines(Path.Combine(marks, $"{i}")).Length));
    }

    [Fact]
    public async Task Retries_are_counted_in_the_report()
    {
        var text = _workspace.Text();
        await _tool.OkAsync("preprocess", text);

        var result = await _tool.RunAsync("map", text, "--param", "count=1", "--retries", "2", "--", "sh", "-c", "exit 7");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("slice 0: exit code 7 after 3 attempts", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_ended_by_a_signal_has_failed()
    {
        var text = _workspace.Text();

        var result = await _tool.RunAsync("map", text, "--param", "count=1", "--", "sh", "-c", "kill -9 $$");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("exit code 137 (signal 9)", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_slice_of_a_table_has_its_header()
    {
        var result = await _tool.OkAsync("map", _workspace.Csv(), "--strategy", "rows", "--param", "rows=100", "--", "head", "-n", "1");

        Assert.Equal(5, result.Lines.Count);
        Assert.All(result.Lines, line => Assert.Equal("id,name,value", line));
    }

    [Fact]
    public async Task Cancelling_kills_the_programs()
    {
        var text = _workspace.Text();
        await _tool.OkAsync("preprocess", text);
        var pid = _workspace.PathOf("pid");
        using var cancellation = new CancellationTokenSource();

        var run = _tool.RunAsync(["map", text, "--param", "count=1", "--", "sh", "-c", $"echo $$ > {pid}.tmp; mv {pid}.tmp {pid}; sleep 300 & wait"], null, cancellation.Token);
        while (!File.Exists(pid))
            await Task.Delay(20);
        await cancellation.CancelAsync();
        var result = await run;

        Assert.Equal(130, result.ExitCode);
        // Gone, or a zombie that nobody has waited for yet.
        var status = $"/proc/{File.ReadAllText(pid).Trim()}/status";
        for (var i = 0; i < 100 && File.Exists(status) && !File.ReadAllText(status).Contains("State:\tZ", StringComparison.Ordinal); i++)
            await Task.Delay(20);
        Assert.True(!File.Exists(status) || File.ReadAllText(status).Contains("State:\tZ", StringComparison.Ordinal));
    }
}
