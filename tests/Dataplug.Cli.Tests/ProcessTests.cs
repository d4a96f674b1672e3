using System.Diagnostics;
using System.Globalization;

namespace Dataplug.Cli.Tests;

/// <summary>The tool as a process of its own: exit codes, pipes, signals, kills.</summary>
public sealed class ProcessTests : IDisposable
{
    private readonly Workspace _workspace = new();

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Exit_codes_reach_the_shell()
    {
        _workspace.Text();

        var result = await ToolProcess.ShellAsync(_workspace, "dataplug formats >/dev/null; echo $?; dataplug inspect missing 2>/dev/null; echo $?; dataplug inspect 2>/dev/null; echo $?");

        Assert.Equal("0\n1\n2\n", result.Text);
    }

    [Fact]
    public async Task Binary_output_passes_pipes_and_redirections_unchanged()
    {
        var file = await _workspace.FastqAsync();
        // UTF-8 and bytes that are no UTF-8 at all.
        var bytes = Enumerable.Range(0, 200_000).Select(i => (byte)(i % 97 == 0 ? '\n' : i * 31)).ToArray();
        _workspace.Write("binary.txt", bytes);

        var result = await ToolProcess.ShellAsync(_workspace, """
            set -e
            dataplug preprocess binary.txt --format raw-text >/dev/null
            dataplug partition binary.txt --format raw-text --param count=5 > slices.jsonl
            dataplug get slices.jsonl --all | cmp - binary.txt && echo piped
            dataplug get slices.jsonl --all > copy && cmp copy binary.txt && echo redirected
            (dataplug get slices.jsonl --slice 0; dataplug get slices.jsonl --slice 1; echo end) > parts
            head -c $(($(stat -c %s parts) - 4)) parts | cmp - binary.txt 2>&1 | grep -q 'EOF on -' && tail -c 4 parts
            dataplug map binary.txt --format raw-text --param count=3 -- cat | cmp - binary.txt && echo mapped
            """);

        Assert.Equal("piped\nredirected\nend\nmapped\n", result.Text);
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task A_reader_that_closes_the_pipe_ends_the_tool_quietly()
    {
        _workspace.Text("long.txt", lines: 300_000);

        var result = await ToolProcess.ShellAsync(_workspace, """
            dataplug preprocess long.txt >/dev/null
            dataplug partition long.txt --param count=50 > slices.jsonl
            dataplug get slices.jsonl --all | head -n 1; echo ${PIPESTATUS[0]}
            dataplug map long.txt --param count=50 -- cat | head -n 1; echo ${PIPESTATUS[0]}
            """);

        Assert.Equal("line 0 of a text with some words\n141\nline 0 of a text with some words\n141\n", result.Text);
        Assert.Empty(result.Error);
    }

    [Fact]
    public async Task A_full_disk_is_one_error_line()
    {
        _workspace.Text();

        var result = await ToolProcess.ShellAsync(_workspace, """
            dataplug preprocess notes.txt >/dev/null
            dataplug partition notes.txt --param count=1 > slices.jsonl
            dataplug get slices.jsonl --all > /dev/full; echo $?
            """);

        Assert.Equal("1\n", result.Text);
        Assert.NotEmpty(result.ErrorLine);
    }

    [Fact]
    public async Task An_interrupt_stops_cleanly_and_the_next_run_goes_on()
    {
        var path = await LargeFastqAsync();
        using var process = ToolProcess.Start(_workspace, "preprocess", path);
        await RunStateAsync(process);

        Signal(process, "INT");
        var stopped = await ToolProcess.FinishAsync(process);
        var hasCheckpoint = Directory.EnumerateFiles(Path.Combine(_workspace.Home, "runs"), "state.bin", SearchOption.AllDirectories).Any();
        var resumed = await ToolProcess.RunAsync(_workspace, "preprocess", path, "--json");

        // A machine may be so fast that the run was over before the signal came.
        if (stopped.ExitCode != 0)
        {
            Assert.Equal(130, stopped.ExitCode);
            Assert.Equal("dataplug: stopped\n", stopped.Error);
            // The first checkpoint comes after two seconds, which is often longer than the run.
            Assert.Equal(hasCheckpoint, !resumed.Text.Contains("\"resumedFrom\": 0,", StringComparison.Ordinal));
        }

        Assert.Equal(0, resumed.ExitCode);
    }

    [Fact]
    public async Task A_killed_run_is_resumed_and_gives_the_same_index()
    {
        var path = await LargeFastqAsync();
        var whole = await ToolProcess.RunAsync(_workspace, "preprocess", path, "--metadata", _workspace.PathOf("whole"), "--json");
        using var process = ToolProcess.Start(_workspace, "preprocess", path, "--metadata", _workspace.PathOf("killed"));
        await RunStateAsync(process);

        process.Kill();
        await ToolProcess.FinishAsync(process);
        var resumed = await ToolProcess.RunAsync(_workspace, "preprocess", path, "--metadata", _workspace.PathOf("killed"), "--json");

        Assert.Equal(0, resumed.ExitCode);
        Assert.Equal(File.ReadAllBytes(Sidecar(whole)), File.ReadAllBytes(Sidecar(resumed)));

        static string Sidecar(ToolResult result) =>
            new Uri(System.Text.Json.JsonDocument.Parse(result.Output).RootElement.GetProperty("sidecar").GetString()!).LocalPath;
    }

    [Fact]
    public async Task A_terminate_signal_has_its_own_exit_code()
    {
        _workspace.Text();
        await ToolProcess.RunAsync(_workspace, "preprocess", "notes.txt");
        var started = _workspace.PathOf("started");
        using var process = ToolProcess.Start(_workspace, "map", "notes.txt", "--param", "count=1", "--", "sh", "-c", $"touch {started}; sleep 60");
        await UntilAsync(process, () => File.Exists(started));

        Signal(process, "TERM");
        var result = await ToolProcess.FinishAsync(process);

        Assert.Equal(143, result.ExitCode);
        Assert.Equal("dataplug: stopped\n", result.Error);
    }

    private async Task<string> LargeFastqAsync() => (await _workspace.FastqAsync("large.fastq.gz", reads: 400_000)).Path;

    // Until something that can be resumed from is on the disk, or the run is over.
    private Task RunStateAsync(Process process) =>
        UntilAsync(process, () => Directory.Exists(Path.Combine(_workspace.Home, "runs")) && Directory.EnumerateFiles(Path.Combine(_workspace.Home, "runs"), "*", SearchOption.AllDirectories).Any());

    private static async Task UntilAsync(Process process, Func<bool> condition)
    {
        var limit = Stopwatch.StartNew();
        while (!condition() && !process.HasExited && limit.Elapsed < TimeSpan.FromSeconds(60))
            await Task.Delay(5);
    }

    private static void Signal(Process process, string name)
    {
        using var kill = Process.Start("kill", ["-" + name, process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
