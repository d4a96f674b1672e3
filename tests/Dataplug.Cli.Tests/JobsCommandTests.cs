using System.Text;
using System.Text.Json;
using Dataplug.Lithops;

namespace Dataplug.Cli.Tests;

/// <summary><c>dataplug jobs</c> over the records of executors of this process and of others, and <c>dataplug hello</c>.</summary>
public sealed class JobsCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();

    private ExecutorOptions Options => new() { JobRecords = Path.Combine(_workspace.Home, "jobs"), MaxParallelism = 2 };

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Jobs_are_listed_the_latest_first()
    {
        await using (var executor = new FunctionExecutor(Options))
        {
            await executor.MapAsync(x => x, [1, 2], new JobOptions { Name = "first" });
            await executor.MapAsync(x => x == 2 ? throw new InvalidOperationException() : x, [1, 2, 3], new JobOptions { Name = "second" }).WhenAllSettledAsync();
        }

        var tool = new Tool(_workspace);
        var table = (await tool.OkAsync("jobs", "list")).Lines.ToList();
        var jobs = (await tool.JsonAsync("jobs", "list")).EnumerateArray().ToList();

        var (second, first) = (table.FindIndex(line => line.Contains("second", StringComparison.Ordinal)), table.FindIndex(line => line.Contains("first", StringComparison.Ordinal)));
        Assert.InRange(second, 0, first - 1);
        Assert.Contains("3/3", table[second], StringComparison.Ordinal);
        Assert.Equal(["second", "first"], jobs.Select(job => job.GetProperty("name").GetString()));
        Assert.Equal(["failed", "succeeded"], jobs.Select(job => job.GetProperty("state").GetString()));
        Assert.Equal((3, 2, 1), (jobs[0].GetProperty("total").GetInt32(), jobs[0].GetProperty("succeeded").GetInt32(), jobs[0].GetProperty("failed").GetInt32()));
        Assert.Equal(Environment.ProcessId, jobs[0].GetProperty("processId").GetInt32());
    }

    [Fact]
    public async Task Without_jobs_the_list_says_so()
    {
        Assert.StartsWith("There are no jobs.", (await new Tool(_workspace).OkAsync("jobs", "list")).Text, StringComparison.Ordinal);
        Assert.Empty((await new Tool(_workspace).JsonAsync("jobs", "list")).EnumerateArray());
    }

    [Fact]
    public async Task A_terminal_gets_colours()
    {
        await using (var executor = new FunctionExecutor(Options))
            await executor.CallAsync(() => 1);

        var colours = (await new Tool(_workspace) { Terminal = true, Variables = { ["TERM"] = "xterm-256color" } }.OkAsync("jobs", "list")).Text;
        var plain = (await new Tool(_workspace).OkAsync("jobs", "list")).Text;

        Assert.Contains('\u001b', colours);
        Assert.DoesNotContain('\u001b', plain);
    }

    [Fact]
    public async Task A_job_is_shown_with_its_tasks_by_the_beginning_of_its_id()
    {
        string id;
        await using (var executor = new FunctionExecutor(Options with { Retries = 1, RetryDelay = TimeSpan.Zero }))
        {
            var futures = executor.MapAsync(x => x == 2 ? throw new FormatException("no [number]") : x, [1, 2, 3]);
            await futures.WhenAllSettledAsync();
            id = futures.JobId;
        }

        var tool = new Tool(_workspace);
        var text = (await tool.OkAsync("jobs", "show", id[..^2])).Text;
        var shown = await tool.JsonAsync("jobs", "show", id);

        Assert.Contains("3: 2 succeeded, 1 failed, 0 cancelled, 0 running, 1 retries, 0 backups", text, StringComparison.Ordinal);
        Assert.Contains("no [number]", text, StringComparison.Ordinal);
        Assert.Equal(id, shown.GetProperty("job").GetProperty("id").GetString());
        var tasks = shown.GetProperty("tasks").EnumerateArray().ToList();
        Assert.Equal(["succeeded", "failed", "succeeded"], tasks.Select(task => task.GetProperty("state").GetString()));
        Assert.Equal(2, tasks[1].GetProperty("attempts").GetInt32());
        Assert.Contains("no [number]", tasks[1].GetProperty("failure").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_have_the_tasks_number_in_front()
    {
        string id;
        await using (var executor = new FunctionExecutor(Options))
        {
            var futures = executor.MapAsync(
                (string text, TaskContext context) =>
                {
                    context.Log("saw " + text);
                    return Task.FromResult(1);
                },
                ["a", "b"],
                new JobOptions { MaxParallelism = 1 });
            await futures;
            id = futures.JobId;
        }

        Assert.Equal("[0] saw a\n[1] saw b\n", (await new Tool(_workspace).OkAsync("jobs", "logs", id)).Text);
        Assert.Equal("saw b", (await new Tool(_workspace).JsonAsync("jobs", "logs", id))[1].GetProperty("text").GetString());
    }

    [Fact]
    public async Task Cancelling_stops_the_job_in_its_own_process()
    {
        await using var executor = new FunctionExecutor(Options);
        var futures = executor.MapAsync(
            async (int _, CancellationToken token) =>
            {
                await Task.Delay(Timeout.Infinite, token);
                return 1;
            },
            [1, 2, 3]);
        var tool = new Tool(_workspace);
        while ((await tool.JsonAsync("jobs", "list")).GetArrayLength() == 0)
            await Task.Delay(10);

        var running = await tool.JsonAsync("jobs", "show", futures.JobId);
        await tool.OkAsync("jobs", "cancel", futures.JobId);
        var summary = await futures.WhenAllSettledAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await executor.DisposeAsync();
        var again = await tool.RunAsync("jobs", "cancel", futures.JobId);

        Assert.Equal("running", running.GetProperty("job").GetProperty("state").GetString());
        Assert.Equal(3, summary.Canceled);
        Assert.Equal(1, again.ExitCode);
        Assert.Contains("it is cancelled", again.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_are_cleaned_by_age_and_running_jobs_left_alone()
    {
        await using var executor = new FunctionExecutor(Options);
        var gate = new TaskCompletionSource<int>();
        var running = executor.MapAsync(async (int _) => await gate.Task, [1]);
        await using (var other = new FunctionExecutor(Options))
        {
            await other.CallAsync(() => 1);
            await other.CallAsync(() => 2);
        }

        var tool = new Tool(_workspace);
        while ((await tool.JsonAsync("jobs", "list")).GetArrayLength() < 3)
            await Task.Delay(10);

        Assert.Equal(0, (await tool.JsonAsync("jobs", "clean", "--older-than", "1h")).GetProperty("removed").GetInt32());
        Assert.Equal("Removed 2 records\n", (await tool.OkAsync("jobs", "clean")).Text);
        Assert.Equal(running.JobId, Assert.Single((await tool.JsonAsync("jobs", "list")).EnumerateArray()).GetProperty("id").GetString());
        gate.SetResult(1);
        await running;
    }

    [Fact]
    public async Task Jobs_are_drawn()
    {
        string[] ids;
        await using (var executor = new FunctionExecutor(Options))
        {
            var (one, other) = (executor.MapAsync(x => x, [1, 2]), executor.MapAsync(x => x, [3]));
            _ = (await one, await other);
            ids = [one.JobId, other.JobId];
        }

        var tool = new Tool(_workspace);
        await tool.OkAsync("jobs", "plot", ids[0], "--out", _workspace.PathOf("one.png"));
        var both = await tool.JsonAsync("jobs", "plot", ids[0], ids[1], "--out", _workspace.PathOf("both.svg"));

        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], File.ReadAllBytes(_workspace.PathOf("one.png")).Take(4));
        Assert.Contains("2 jobs on local: 3 tasks", File.ReadAllText(_workspace.PathOf("both.svg"), Encoding.UTF8), StringComparison.Ordinal);
        Assert.Equal(ids, both.GetProperty("ids").EnumerateArray().Select(id => id.GetString()));
    }

    [Theory]
    [InlineData(1, "there is no record of a job 'nothing'", "show", "nothing")]
    [InlineData(1, "there is no record of a job '../home'", "logs", "../home")]
    [InlineData(2, "'7x', expected an age", "clean", "--older-than", "7x")]
    [InlineData(2, ".png or .svg", "plot", "nothing", "--out", "job.jpg")]
    [InlineData(2, "Option '--out' is required", "plot", "nothing")]
    public async Task Mistakes_are_told(int exitCode, string message, params string[] args)
    {
        var result = await new Tool(_workspace).RunAsync(["jobs", .. args]);

        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains(message, result.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_ambiguous_beginning_is_refused_with_what_it_may_mean()
    {
        await using (var executor = new FunctionExecutor(Options))
        {
            await executor.CallAsync(() => 1);
            await executor.CallAsync(() => 2);
        }

        var id = (await new Tool(_workspace).JsonAsync("jobs", "list"))[0].GetProperty("id").GetString()!;
        var result = await new Tool(_workspace).RunAsync("jobs", "show", id[..8]);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(id, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("local")]
    [InlineData("processes")]
    public async Task Hello_says_which_worker_answers_and_its_jobs_are_recorded(string backend)
    {
        var result = await ToolProcess.RunAsync(_workspace, "hello", "--backend", backend, "--json");

        Assert.True(result.ExitCode == 0, result.Error);
        var hello = JsonDocument.Parse(result.Output).RootElement;
        Assert.Equal(backend, hello.GetProperty("backend").GetString());
        Assert.Equal(Environment.MachineName, hello.GetProperty("machine").GetString());
        Assert.True(hello.GetProperty("firstMilliseconds").GetDouble() > 0);
        var jobs = (await new Tool(_workspace).JsonAsync("jobs", "list")).EnumerateArray().ToList();
        Assert.Equal(["hello", "hello"], jobs.Select(job => job.GetProperty("name").GetString()));
        Assert.All(jobs, job => Assert.Equal((backend, "succeeded"), (job.GetProperty("backend").GetString(), job.GetProperty("state").GetString())));

        // On processes it is another process than the tool's that answers.
        Assert.Equal(backend == "local", jobs[0].GetProperty("processId").GetInt32() == hello.GetProperty("processId").GetInt32());
    }

    [Fact]
    public async Task Hello_is_for_people_too_and_refuses_backends_that_are_none()
    {
        var hello = await ToolProcess.RunAsync(_workspace, "hello");
        var wrong = await ToolProcess.RunAsync(_workspace, "hello", "--backend", "cloud");

        Assert.Equal(["backend", "worker", "", "storage", "round trip"], hello.Lines.Select(line => line[..12].Trim()));
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains("'cloud'", wrong.ErrorLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_whose_program_was_killed_is_lost()
    {
        using var process = ToolProcess.Start(_workspace, "hello", "--backend", "local");
        await ToolProcess.FinishAsync(process);
        var file = Directory.EnumerateFiles(Path.Combine(_workspace.Home, "jobs"), "*-001.json").Single();

        // As it would be had the program been killed before the end.
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace("\"state\":\"Succeeded\",\"submitted\"", "\"state\":\"Running\",\"submitted\"", StringComparison.Ordinal));
        var jobs = await new Tool(_workspace).JsonAsync("jobs", "list");

        Assert.Equal(["succeeded", "lost"], jobs.EnumerateArray().Select(job => job.GetProperty("state").GetString()));
    }
}
