using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Dataplug.Conformance.Servers;
using Dataplug.Conformance.Storage;
using Dataplug.Lithops.Backends.Processes;
using Dataplug.Storage;

namespace Dataplug.Lithops.Tests.Backends.Processes;

/// <summary>What only processes can do: die without taking others along, and be cut off.</summary>
public sealed class ProcessBackendTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    public static TheoryData<string, string> Deaths => new()
    {
        { "kill -9", "killed" },
        { "exit", "code 7" },
        { "segfault", "segmentation fault" },
        { "stack overflow", "Stack overflow" },
        { "fail fast", "no way out" },
    };

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [MemberData(nameof(Deaths))]
    public async Task A_worker_that_dies_fails_its_own_task_only(string death, string told)
    {
        await using var executor = new FunctionExecutor(new ProcessBackend(new ProcessBackendOptions { MaxParallelism = 2, Environment = NoDumps }));
        var futures = executor.MapAsync(DieIfTold, ["", death, "", "", ""]);

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => futures.InTime());

        Assert.Equal(1, exception.TaskIndex);
        Assert.Empty(exception.OtherFailures);
        Assert.IsType<WorkerLostException>(exception.InnerException);
        Assert.Contains(told, exception.Message, StringComparison.Ordinal);
        Assert.Contains($"(on the input \"{death}\")", exception.Message, StringComparison.Ordinal);
        Assert.Equal(4, futures.Snapshot().Count(future => future.State == FutureState.Succeeded));
    }

    [Fact]
    public async Task A_worker_that_dies_over_one_of_several_tasks_leaves_the_others_to_another()
    {
        await using var executor = new FunctionExecutor(new ProcessBackend(new ProcessBackendOptions { MaxParallelism = 1, Environment = NoDumps }));
        var futures = executor.MapAsync(DieIfTold, ["", "kill -9", "", "exit", ""], new JobOptions { TasksPerInvocation = 5 });

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => futures.InTime());

        Assert.Equal(1, exception.TaskIndex);
        Assert.Equal(3, Assert.IsType<TaskFailedException>(Assert.Single(exception.OtherFailures)).TaskIndex);
        Assert.Equal([1, 1, 1, 1, 1], futures.Snapshot().Select(future => future.Statistics.Attempts));

        // Three workers; each of the two that die may do so before the client has seen the task's turn come, and takes it to another then.
        Assert.InRange(futures.Snapshot().Select(future => future.Statistics.Worker).Distinct().Count(), 3, 5);
    }

    [Fact]
    public async Task Groups_go_to_the_workers_that_there_are()
    {
        await using var executor = NewExecutor(2);

        var processes = await executor.MapAsync(_ => Environment.ProcessId, Enumerable.Range(0, 60), new JobOptions { TasksPerInvocation = 5 }).InTime();

        Assert.InRange(processes.Distinct().Count(), 1, 2);
    }

    [Fact]
    public async Task A_task_that_runs_out_of_memory_gets_more_when_it_is_repeated()
    {
        await using var executor = NewExecutor(1, new ExecutorOptions { Retries = 4, RetryDelay = TimeSpan.Zero });
        var options = new JobOptions { Memory = 50L << 20, MaxMemory = 400L << 20 };

        var future = executor.CallAsync(FillMemory, 120 << 20, options);
        Assert.Equal(120 << 20, await future.InTime());

        // 50, 100, 200 MiB.
        Assert.Equal(3, future.Statistics.Attempts);
        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => executor.CallAsync(FillMemory, 120 << 20, options with { MaxMemory = null }).InTime());
        Assert.True(exception.Failure.IsOutOfMemory, exception.Message);
        Assert.Equal(5, exception.Attempts);
    }

    [Fact]
    public async Task Variables_of_the_job_are_in_the_environment_of_the_process_while_its_tasks_run()
    {
        await using var executor = NewExecutor(1);
        var options = new JobOptions { Environment = new Dictionary<string, string> { ["DATAPLUG_TEST_SIZE"] = "large" } };

        Assert.Equal("large", await executor.CallAsync(() => Environment.GetEnvironmentVariable("DATAPLUG_TEST_SIZE") ?? "none", options).InTime());
        Assert.Equal("none", await executor.CallAsync(() => Environment.GetEnvironmentVariable("DATAPLUG_TEST_SIZE") ?? "none").InTime());
    }

    [Fact]
    public async Task Results_that_stay_do_not_pass_through_the_client_and_are_deleted_with_the_executor()
    {
        var storage = ObjectUri.ForFile(Path.Combine(_scratch.Path, "jobs"));
        var kept = Path.Combine(_scratch.Path, "jobs", "results");
        StoreStatistics traffic;
        await using (var executor = new FunctionExecutor(new ProcessBackend(new ProcessBackendOptions { MaxParallelism = 2, Storage = storage })))
        {
            using (var measure = StoreMetrics.Measure())
            {
                var parts = executor.MapToStorageAsync(i => new byte[1_000_000 + i], Enumerable.Range(0, 3));
                Assert.Equal([1_000_000, 1_000_001, 1_000_002], await executor.MapStoredAsync(bytes => bytes.Length, parts).InTime());
                traffic = measure.Statistics;
                Assert.Equal(3, Directory.GetFiles(kept, "*", SearchOption.AllDirectories).Length);
                var others = executor.MapToStorageAsync(i => new byte[100_000 + i], [0]);
                await others.InTime();
                await others.CleanAsync();
                Assert.Equal(3, Directory.GetFiles(kept, "*", SearchOption.AllDirectories).Length);
            }
        }

        Assert.InRange(traffic.BytesRead, 0, 500_000);
        Assert.Empty(Directory.GetFiles(kept, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_task_whose_worker_died_is_repeated_on_another()
    {
        await using var executor = NewExecutor(1, new ExecutorOptions { Retries = 1, RetryDelay = TimeSpan.Zero });

        var future = executor.CallAsync(DieAtFirst, "kill -9");

        Assert.Equal(2, await future.InTime());
        Assert.Equal(2, future.Statistics.Attempts);
    }

    [Fact]
    public async Task A_worker_that_is_killed_while_it_waits_for_work_is_replaced()
    {
        await using var executor = NewExecutor(1);
        var first = await executor.CallAsync(() => Environment.ProcessId).InTime();
        using (var process = Process.GetProcessById(first))
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        Assert.NotEqual(first, await executor.CallAsync(() => Environment.ProcessId, new JobOptions { Retries = 1 }).InTime());
    }

    [Fact]
    public async Task A_worker_serves_many_tasks_and_jobs_and_loads_the_code_once()
    {
        await using var executor = NewExecutor(1);

        var first = await executor.MapAsync(_ => (Environment.ProcessId, Counter.Next()), Enumerable.Range(0, 5)).InTime();
        var second = await executor.CallAsync(() => (Environment.ProcessId, Counter.Next())).InTime();

        Assert.Equal([1, 2, 3, 4, 5], first.Select(result => result.Item2));
        Assert.Equal((first[0].ProcessId, 6), second);
        Assert.NotEqual(Environment.ProcessId, second.ProcessId);
        Assert.Equal(0, Counter.Value);
    }

    [Fact]
    public async Task A_worker_that_hangs_gives_no_sign_of_life_and_is_ended()
    {
        await using var executor = new FunctionExecutor(new ProcessBackend(new ProcessBackendOptions
        {
            MaxParallelism = 1,
            HeartbeatInterval = TimeSpan.FromMilliseconds(500),
            HeartbeatTimeout = TimeSpan.FromSeconds(8),
        }));
        var pid = Path.Combine(_scratch.Path, "pid");
        await executor.CallAsync(() => 1, new JobOptions { Retries = 3 }).InTime();

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => executor.CallAsync(Freeze, pid).InTime());

        Assert.Contains("sign of life", exception.Message, StringComparison.Ordinal);
        await Soon.Until(() => !IsRunning(int.Parse(File.ReadAllText(pid), CultureInfo.InvariantCulture)));
        Assert.Equal(2, await executor.CallAsync(() => 2).InTime());
    }

    [Fact]
    public async Task A_long_task_is_not_taken_for_one_that_hangs()
    {
        await using var executor = new FunctionExecutor(new ProcessBackend(new ProcessBackendOptions
        {
            MaxParallelism = 1,
            HeartbeatInterval = TimeSpan.FromMilliseconds(100),
            HeartbeatTimeout = TimeSpan.FromSeconds(8),
        }));
        await executor.CallAsync(() => 1, new JobOptions { Retries = 3 }).InTime();

        Assert.Equal(5, await executor.CallAsync(async () => { await Task.Delay(12_000); return 5; }).InTime());
    }

    [Fact]
    public async Task A_task_that_ignores_its_token_is_ended_with_its_process()
    {
        await using var executor = NewExecutor(1, new ExecutorOptions { CancellationGrace = TimeSpan.FromMilliseconds(300) });
        var pid = Path.Combine(_scratch.Path, "pid");
        var future = executor.CallAsync(Ignore, pid);
        await Soon.Until(() => File.Exists(pid) && File.ReadAllText(pid).Length > 0);

        future.Cancel();

        await Assert.ThrowsAsync<OperationCanceledException>(() => future.InTime());
        await Soon.Until(() => !IsRunning(int.Parse(File.ReadAllText(pid), CultureInfo.InvariantCulture)));
        Assert.Equal(1, await executor.CallAsync(() => 1).InTime());
    }

    [Fact]
    public async Task Disposing_ends_all_workers_and_what_they_started_and_deletes_what_was_temporary()
    {
        int[] pids;
        string folder;
        var child = Path.Combine(_scratch.Path, "child");
        var backend = new ProcessBackend(new ProcessBackendOptions { MaxParallelism = 2 });
        await using (var executor = new FunctionExecutor(backend))
        {
            folder = backend.TemporaryFolder!;
            Assert.True(Directory.Exists(folder));
            pids = [.. (await executor.MapAsync(async _ => { await Task.Delay(300); return Environment.ProcessId; }, [1, 2]).InTime()).Distinct()];
            _ = executor.CallAsync(StartChild, child);
            await Soon.Until(() => File.Exists(child) && File.ReadAllText(child).Length > 0);
        }

        Assert.Equal(2, pids.Length);
        Assert.All(pids, pid => Assert.False(IsRunning(pid)));
        await Soon.Until(() => !IsRunning(int.Parse(File.ReadAllText(child), CultureInfo.InvariantCulture)));
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task What_a_task_prints_reaches_the_client_and_does_not_disturb_the_worker()
    {
        await using var executor = NewExecutor(1);
        var messages = new ConcurrentQueue<string>();
        var options = new JobOptions { Messages = new Lines(messages) };

        Assert.Equal(3, await executor.CallAsync(Print, 3, options).InTime());
        Assert.Equal(0, await executor.CallAsync(PrintByAnotherProgram, options).InTime());

        Assert.Equal(["to the console, 3", "and to its errors", "without an end"], messages.Take(3));
    }

    [Fact]
    public async Task The_environment_is_this_process_s_own_and_what_is_added()
    {
        await using var executor = new FunctionExecutor(new ProcessBackend(new ProcessBackendOptions
        {
            MaxParallelism = 1,
            Environment = new Dictionary<string, string?> { ["DATAPLUG_TEST_COLOUR"] = "green", ["HOME"] = null },
        }));

        var (colour, path, home) = await executor.CallAsync(() => (Environment.GetEnvironmentVariable("DATAPLUG_TEST_COLOUR"), Environment.GetEnvironmentVariable("PATH"), Environment.GetEnvironmentVariable("HOME"))).InTime();

        Assert.Equal(("green", Environment.GetEnvironmentVariable("PATH"), null), (colour, path, home));
    }

    [Fact]
    public async Task The_key_is_neither_on_the_command_line_nor_in_the_environment()
    {
        await using var executor = NewExecutor(1);

        var (command, environment) = await executor.CallAsync(() => (File.ReadAllText("/proc/self/cmdline"), File.ReadAllText("/proc/self/environ"))).InTime();

        // A key is 44 characters of base64 with one '=' at the end.
        Assert.Matches("serve\0dataplug-[0-9a-f]{32}\0$", command);
        Assert.DoesNotMatch(@"=[A-Za-z0-9+/]{43}=(\0|$)", environment);
    }

    [Fact]
    public async Task What_the_worker_measured_comes_back()
    {
        await using var executor = NewExecutor(1);
        var file = _scratch.Write("data", new byte[100_000]);
        var future = executor.CallAsync(Work, file);

        await future.InTime();

        var report = future.Statistics.Report!;
        Assert.InRange(report.CpuTime!.Value, TimeSpan.FromMilliseconds(150), TimeSpan.FromSeconds(20));
        Assert.InRange(report.PeakMemory!.Value, 10 << 20, 4L << 30);
        Assert.Equal((100_000, 50_000), (report.BytesRead, report.BytesWritten));
        Assert.InRange(report.Requests!.Value, 2, 4);
        Assert.Equal(["code", "input", "run", "output"], report.Phases.Select(phase => phase.Name));
        Assert.True(report.Phases.Zip(report.Phases.Skip(1)).All(pair => pair.First.Started <= pair.Second.Started));
        Assert.InRange(report.Phases[2].Duration, TimeSpan.FromMilliseconds(150), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task All_goes_through_s3_as_well()
    {
        var server = await S3Server.GetAsync();
        var bucket = await server.NewBucketAsync();
        await using var stores = ObjectStores.Create(server.Options);
        await using (var executor = new FunctionExecutor(new ProcessBackend(new ProcessBackendOptions
        {
            MaxParallelism = 2,
            Storage = bucket.WithKey("lithops"),
            Stores = stores,
            Environment = server.Environment.ToDictionary(pair => pair.Key, pair => (string?)pair.Value),
            CodeCache = Path.Combine(_scratch.Path, "code"),
        })))
        {
            Assert.Equal([2, 4, 6], await executor.MapAsync(x => x * 2, [1, 2, 3]).InTime());
            var large = await executor.CallAsync(bytes => bytes.Length, new byte[1_000_000]).InTime();
            Assert.Equal(1_000_000, large);
        }

        var left = await stores.Get(bucket).ListAsync(bucket).Select(info => info.Uri.Key.Split('/')[1]).Distinct().ToListAsync();
        Assert.Equal(["bundles", "code", "functions"], left.Order());
    }

    [Fact]
    public async Task Options_that_workers_do_not_get_are_refused()
    {
        await using var executor = new FunctionExecutor(new ProcessBackend(), new ExecutorOptions { SerializerOptions = new System.Text.Json.JsonSerializerOptions(DefaultSerializerOptions) });

        var exception = await Assert.ThrowsAsync<BackendFailedException>(() => executor.CallAsync(() => 1).InTime());

        Assert.Contains("SerializerOptions", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_program_that_is_missing_or_no_worker_is_told()
    {
        Assert.Contains("missing", Assert.Throws<BackendFailedException>(() => new ProcessBackend(new ProcessBackendOptions { WorkerPath = "/no/such/worker.dll" })).Message, StringComparison.Ordinal);
        await using var executor = new FunctionExecutor(new ProcessBackend(new ProcessBackendOptions { WorkerPath = typeof(FunctionExecutor).Assembly.Location }));

        var exception = await Assert.ThrowsAsync<BackendFailedException>(() => executor.MapAsync(x => x, [1, 2, 3]).InTime());

        Assert.Contains("did not start", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_out_of_range_are_refused_at_once()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ProcessBackend(new ProcessBackendOptions { MaxParallelism = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ProcessBackend(new ProcessBackendOptions { StartTimeout = TimeSpan.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ProcessBackend(new ProcessBackendOptions { HeartbeatTimeout = TimeSpan.FromSeconds(1) }));
    }

    [Fact]
    public async Task Tasks_in_workers_may_use_workers_of_their_own()
    {
        await using var executor = NewExecutor(1);

        var (outer, inner) = await executor.CallAsync(NestedProcess).InTime();

        Assert.NotEqual(outer, inner);
        Assert.NotEqual(Environment.ProcessId, inner);
    }

    private static System.Text.Json.JsonSerializerOptions DefaultSerializerOptions => Dataplug.Lithops.Functions.ShippedFunction.DefaultSerializerOptions;

    private static Dictionary<string, string?> NoDumps => new() { ["DOTNET_DbgEnableMiniDump"] = "0" };

    private static FunctionExecutor NewExecutor(int workers, ExecutorOptions? options = null) =>
        new(new ProcessBackend(new ProcessBackendOptions { MaxParallelism = workers }), options);

    private static bool IsRunning(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static int FillMemory(int bytes)
    {
        var parts = new List<byte[]>();
        for (var left = bytes; left > 0; left -= 1 << 20)
            parts.Add(new byte[1 << 20]);
        return parts.Sum(part => part.Length);
    }

    private static string DieIfTold(string death)
    {
        switch (death)
        {
            case "kill -9":
                Process.GetCurrentProcess().Kill();
                Thread.Sleep(Timeout.Infinite);
                break;
            case "exit":
                Environment.Exit(7);
                break;
            case "segfault":
                SetMemory(1 << 20, 1, 8);
                break;
            case "stack overflow":
                return Overflow(0).ToString(CultureInfo.InvariantCulture);
            case "fail fast":
                Environment.FailFast("no way out");
                break;
        }

        return "alive";
    }

    [DllImport("libc", EntryPoint = "memset")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern IntPtr SetMemory(IntPtr address, int value, nuint count);

    private static long Overflow(long depth)
    {
        Span<long> frame = stackalloc long[64];
        frame[(int)(depth % 64)] = depth;
        return Overflow(depth + 1) + frame[(int)((depth + 1) % 64)];
    }

    private static Task<int> DieAtFirst(string death, TaskContext context)
    {
        if (context.Attempt == 1)
            DieIfTold(death);
        return Task.FromResult(context.Attempt);
    }

    private static int Freeze(string pid)
    {
        File.WriteAllText(pid, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        using var stop = Process.Start("kill", ["-STOP", Environment.ProcessId.ToString(CultureInfo.InvariantCulture)]);
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }

    private static int Ignore(string pid)
    {
        File.WriteAllText(pid, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }

    private static int StartChild(string path)
    {
        using var child = Process.Start("sleep", "600");
        File.WriteAllText(path, child.Id.ToString(CultureInfo.InvariantCulture));
        child.WaitForExit();
        return 0;
    }

    private static int Print(int value)
    {
        Console.WriteLine($"to the console, {value}");
        Console.Error.WriteLine("and to its errors");
        Console.Write("without ");
        Console.Write("an end");
        return value;
    }

    private static int PrintByAnotherProgram()
    {
        using var child = Process.Start("sh", ["-c", "cat; echo straight to file descriptor 1"]);
        child.WaitForExit();
        return child.ExitCode;
    }

    private static async Task<string> Work(ObjectUri uri, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (watch.ElapsedMilliseconds < 200)
        {
        }

        var store = ObjectStores.Default.Get(uri);
        var read = await store.OpenReadAsync(uri, new ReadRequest(ReadRange.All), cancellationToken);
        await using (read)
            await read.Content.CopyToAsync(Stream.Null, cancellationToken);
        await store.PutAsync(uri.WithKey(uri.Key + ".out"), new byte[50_000], PutOptions.Overwrite, cancellationToken);

        // Too long for the status.
        return new string('x', 100_000);
    }

    private static async Task<(int Outer, int Inner)> NestedProcess(CancellationToken cancellationToken)
    {
        await using var executor = new FunctionExecutor(new ProcessBackend(new ProcessBackendOptions { MaxParallelism = 1 }));
        return (Environment.ProcessId, await executor.CallAsync(() => Environment.ProcessId, cancellationToken: cancellationToken));
    }

    private static class Counter
    {
        private static int _value;

        public static int Value => _value;

        public static int Next() => Interlocked.Increment(ref _value);
    }

    private sealed class Lines(ConcurrentQueue<string> lines) : IProgress<TaskMessage>
    {
        public void Report(TaskMessage value) => lines.Enqueue(value.Text);
    }
}
