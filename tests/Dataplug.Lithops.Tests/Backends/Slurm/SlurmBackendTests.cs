using System.Diagnostics;
using Dataplug.Conformance.Servers;
using Dataplug.Conformance.Storage;
using Dataplug.Lithops.Backends.Slurm;
using Dataplug.Storage;

namespace Dataplug.Lithops.Tests.Backends.Slurm;

/// <summary>On a real Slurm: one machine that pretends to be two nodes.</summary>
public sealed class SlurmConformance : BackendConformance, IAsyncLifetime
{
    /// <summary>Each is a process of its own.</summary>
    protected override int ManyTasks => 12;

    public Task InitializeAsync() => SlurmServer.GetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    protected override FunctionExecutor Create(ExecutorOptions? options = null) => new(
        new SlurmBackend(new SlurmBackendOptions
        {
            Storage = ObjectUri.ForFile(NewPath("jobs")),
            MaxParallelism = options?.MaxParallelism ?? 4,
            HeartbeatInterval = TimeSpan.FromMilliseconds(200),
            PollInterval = TimeSpan.FromMilliseconds(100),
            SubmitDelay = TimeSpan.FromMilliseconds(20),
        }),
        options);
}

public sealed class SlurmBackendTests : IAsyncLifetime, IDisposable
{
    private readonly ScratchFolder _scratch = new();

    public Task InitializeAsync() => SlurmServer.GetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Tasks_that_are_ready_together_are_one_job_array()
    {
        var folder = Path.Combine(_scratch.Path, "ids");
        Directory.CreateDirectory(folder);
        await using var executor = new FunctionExecutor(new SlurmBackend(Options() with { MaxParallelism = 5, SubmitDelay = TimeSpan.FromSeconds(1) }));

        var ids = await executor.MapAsync(_ => Environment.GetEnvironmentVariable("SLURM_ARRAY_JOB_ID"), Enumerable.Range(0, 5)).InTime();

        Assert.Single(ids.Distinct());
        Assert.NotEmpty(ids[0]!);
    }

    [Fact]
    public async Task A_task_that_is_ended_by_slurm_says_so_and_is_repeated()
    {
        var begun = Path.Combine(_scratch.Path, "begun");
        await using var executor = new FunctionExecutor(new SlurmBackend(Options()), new ExecutorOptions { Retries = 1, RetryDelay = TimeSpan.Zero });
        var future = executor.CallAsync(TellIdAndWaitFirst, begun);
        await Soon.Until(() => File.Exists(begun));

        Run("scancel", await File.ReadAllTextAsync(begun));

        Assert.Equal(2, await future.InTime());
    }

    [Fact]
    public async Task A_process_that_crashes_costs_its_own_task_with_what_it_printed()
    {
        await using var executor = new FunctionExecutor(new SlurmBackend(Options()));
        var futures = executor.MapAsync(CrashOnZero, [0, 1]);

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => futures.InTime());

        Assert.Equal(0, exception.TaskIndex);
        Assert.Equal(typeof(WorkerLostException).FullName, exception.Failure.ExceptionType);
        Assert.Contains("the end of it all", exception.Failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, await futures[1].InTime());
    }

    [Fact]
    public async Task A_task_in_the_queue_does_not_use_up_its_time_and_can_be_cancelled()
    {
        // More processors than all nodes have together are never free at once; one task takes a whole node.
        await using var executor = new FunctionExecutor(
            new SlurmBackend(Options() with { CpusPerTask = 4, MaxParallelism = 8, HeartbeatInterval = TimeSpan.FromMilliseconds(100), HeartbeatTimeout = TimeSpan.FromSeconds(6) }),
            new ExecutorOptions { TaskTimeout = TimeSpan.FromSeconds(60) });
        var begun = Path.Combine(_scratch.Path, "begun");
        var end = Path.Combine(_scratch.Path, "end");
        var first = executor.MapAsync(TellAndWaitForEnd, [(begun + 0, end), (begun + 1, end)]);
        await Soon.Until(() => (File.Exists(begun + 0) && File.Exists(begun + 1)) || first[0].State == FutureState.Failed || first[1].State == FutureState.Failed);
        Assert.Equal((FutureState.Running, FutureState.Running), (first[0].State, first[1].State));
        var waiting = executor.CallAsync(x => x + 1, 1);
        var cancelled = executor.CallAsync(x => x + 1, 1);

        // Longer than a worker may be silent.
        await Task.Delay(7000);
        Assert.Equal(FutureState.Queued, waiting.State);
        cancelled.Cancel();
        await Assert.ThrowsAsync<OperationCanceledException>(() => cancelled.InTime());
        await File.WriteAllTextAsync(end, "");

        Assert.Equal(2, await waiting.InTime());
        Assert.Equal([7, 7], await first.InTime());
    }

    [Fact]
    public async Task What_sbatch_refuses_ends_the_job_with_its_words()
    {
        await using var executor = new FunctionExecutor(new SlurmBackend(Options() with { Partition = "nowhere" }));

        var exception = await Assert.ThrowsAsync<BackendFailedException>(() => executor.MapAsync(x => x, [1, 2]).InTime());

        Assert.Contains("invalid partition", exception.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Nothing_is_left_behind()
    {
        var options = Options();
        await using (var executor = new FunctionExecutor(new SlurmBackend(options)))
        {
            Assert.Equal([2, 3], await executor.MapAsync(x => x + 1, [1, 2]).InTime());
            _ = executor.CallAsync(async token => { await Task.Delay(Timeout.Infinite, token); return 1; });
            await Task.Delay(300);
        }

        var left = Directory.GetFiles(options.Storage.Key, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(options.Storage.Key, file));
        Assert.DoesNotContain(left, file => file.StartsWith("jobs", StringComparison.Ordinal) || file.StartsWith("arrays", StringComparison.Ordinal));
        await Soon.Until(() => Run("squeue", "--noheader", "--states=PENDING,RUNNING", "--format=%Z").Contains(_scratch.Path, StringComparison.Ordinal) is false);
    }

    private SlurmBackendOptions Options() => new()
    {
        Storage = ObjectUri.ForFile(Path.Combine(_scratch.Path, "jobs")),
        MaxParallelism = 4,
        HeartbeatInterval = TimeSpan.FromMilliseconds(200),
        PollInterval = TimeSpan.FromMilliseconds(100),
        SubmitDelay = TimeSpan.FromMilliseconds(20),
    };

    private static async Task<int> TellIdAndWaitFirst(string path, TaskContext context)
    {
        if (context.Attempt == 1)
        {
            await File.WriteAllTextAsync(path + ".tmp", $"{Environment.GetEnvironmentVariable("SLURM_ARRAY_JOB_ID")}_{Environment.GetEnvironmentVariable("SLURM_ARRAY_TASK_ID")}");
            File.Move(path + ".tmp", path);
            await Task.Delay(TimeSpan.FromMinutes(2), context.CancellationToken);
        }

        return context.Attempt;
    }

    private static int CrashOnZero(int value)
    {
        if (value == 0)
            Environment.FailFast("the end of it all");
        return value;
    }

    private static async Task<int> TellAndWaitForEnd((string Begun, string End) paths)
    {
        await File.WriteAllTextAsync(paths.Begun, "");
        for (var i = 0; i < 600 && !File.Exists(paths.End); i++)
            await Task.Delay(50);
        return 7;
    }

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
