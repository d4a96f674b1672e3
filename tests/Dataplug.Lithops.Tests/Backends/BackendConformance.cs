using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using Dataplug.Conformance.Storage;
using Dataplug.Partitioning;
using Dataplug.Text;

namespace Dataplug.Lithops.Tests.Backends;

/// <summary>
/// What a program may expect of every backend. Functions tell the test of themselves through files, as they may run anywhere on this
/// machine, and take nothing with them but data.
/// </summary>
public abstract class BackendConformance : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    public void Dispose()
    {
        _scratch.Dispose();
        GC.SuppressFinalize(this);
    }

    protected string NewPath(string name = "file") => Path.Combine(_scratch.Path, name + "-" + Guid.NewGuid().ToString("N"));

    /// <summary>As many as don't take long.</summary>
    protected virtual int ManyTasks => 300;

    protected abstract FunctionExecutor Create(ExecutorOptions? options = null);

    [Fact]
    public async Task Every_shape_of_function_and_input_gives_the_same_results()
    {
        await using var executor = Create();
        int[] inputs = [1, 2, 3];
        int[] expected = [10, 20, 30];
        Task<IReadOnlyList<int>> later = Task.Run<IReadOnlyList<int>>(() => inputs);

        Assert.Equal(expected, await executor.MapAsync(x => x * 10, inputs).InTime());
        Assert.Equal(expected, await executor.MapAsync(async x => { await Task.Yield(); return x * 10; }, inputs).InTime());
        Assert.Equal(expected, await executor.MapAsync(TimesTen, inputs).InTime());
        Assert.Equal(expected, await executor.MapAsync((x, token) => TimesTen(x, token), inputs).InTime());
        Assert.Equal(expected, await executor.MapAsync((x, _) => Task.FromResult(x * 10), inputs).InTime());
        Assert.Equal([0, 1, 2], await executor.MapAsync((_, context) => Task.FromResult(context.Index), inputs).InTime());
        Assert.Equal([1, 3, 5], await executor.MapAsync(PlusIndex, inputs).InTime());
        Assert.Equal(expected, await executor.MapAsync(TimesTen, inputs.ToAsyncEnumerable()).InTime());
        Assert.Equal(expected, await executor.MapAsync(x => x * 10, later).InTime());
        Assert.Equal(expected, await executor.MapAsync(TimesTen, later).InTime());
        Assert.Empty(await executor.MapAsync(x => x, Array.Empty<int>()).InTime());
    }

    [Fact]
    public async Task Every_shape_of_call_gives_its_result()
    {
        await using var executor = Create();

        Assert.Equal(30, await executor.CallAsync(x => x * 10, 3).InTime());
        Assert.Equal(30, await executor.CallAsync(TimesTen, 3).InTime());
        Assert.Equal(3, await executor.CallAsync(PlusIndex, 3).InTime());
        Assert.Equal(7, await executor.CallAsync(() => 7).InTime());
        Assert.Equal(7, await executor.CallAsync(async () => { await Task.Yield(); return 7; }).InTime());
        Assert.True(await executor.CallAsync(token => Task.FromResult(token.CanBeCanceled)).InTime());
        Assert.Equal(1, await executor.CallAsync(context => Task.FromResult(context.Attempt + context.Index)).InTime());
    }

    [Fact]
    public async Task Results_keep_the_order_of_the_inputs_when_tasks_end_in_another()
    {
        await using var executor = Create(new ExecutorOptions { MaxParallelism = 2 });

        Assert.Equal([0, 1, 2, 3, 4, 5], await executor.MapAsync(async i => { await Task.Delay(i % 2 == 0 ? 50 : 0); return i; }, Enumerable.Range(0, 6)).InTime());
    }

    [Fact]
    public async Task Many_small_tasks_end_in_order()
    {
        await using var executor = Create();

        var results = await executor.MapAsync(i => (long)i * i, Enumerable.Range(0, ManyTasks)).InTime();

        Assert.Equal(Enumerable.Range(0, ManyTasks).Select(i => (long)i * i), results);
    }

    [Fact]
    public async Task Captured_variables_come_along()
    {
        await using var executor = Create();
        var factor = 3;
        var names = new Dictionary<string, int> { ["a"] = 1, ["b"] = 2 };

        Assert.Equal([3, 6], await executor.MapAsync(name => names[name] * factor, ["a", "b"]).InTime());
    }

    [Fact]
    public async Task Large_inputs_and_results_arrive_whole()
    {
        await using var executor = Create();
        var large = new byte[5_000_000];
        new Random(1).NextBytes(large);
        var text = new string('x', 300_000) + "é\0\n";

        Assert.Equal(large, await executor.CallAsync(bytes => Enumerable.Reverse(bytes).ToArray(), Enumerable.Reverse(large).ToArray()).InTime());
        var rest = await executor.CallAsync(memory => memory[1..], (ReadOnlyMemory<byte>)large).InTime();
        Assert.Equal(large.AsSpan(1).ToArray(), rest.ToArray());
        Assert.Equal(text + "!", await executor.CallAsync(s => s + "!", text).InTime());
        var nothing = await executor.CallAsync(bytes => bytes, Array.Empty<byte>()).InTime();
        Assert.Empty(nothing);
    }

    [Fact]
    public async Task Streams_go_both_ways()
    {
        await using var executor = Create();
        await using var input = new MemoryStream([3, 1, 2]);

        await using var output = await executor.CallAsync(Sorted, (Stream)input).InTime();

        var copy = new MemoryStream();
        await output.CopyToAsync(copy);
        Assert.Equal([1, 2, 3], copy.ToArray());
    }

    [Fact]
    public async Task Slices_are_read_where_the_task_runs()
    {
        await using var executor = Create();
        var path = NewPath();
        await File.WriteAllLinesAsync(path, Enumerable.Range(0, 1000).Select(i => i.ToString(CultureInfo.InvariantCulture)));
        var source = CloudObject.FromFile(RawText.Format, path, new CloudObjectOptions { Metadata = new Metadata.MetadataOptions { Home = NewPath("home") } });
        await source.PreprocessAsync();

        var sums = await executor.MapAsync(SumLines, source.PartitionAsync(TextPartition.IntoChunks(7))).InTime();

        Assert.Equal(7, sums.Count);
        Assert.Equal(499_500, sums.Sum());
    }

    [Fact]
    public async Task Map_reduce_and_streams_give_what_loops_would()
    {
        await using var executor = Create();

        Assert.Equal(30, await executor.MapReduceAsync(x => x * x, [1, 2, 3, 4], squares => squares.Sum()).InTime());
        Assert.Equal(Enumerable.Range(1, 9), await executor.StreamAsync(x => x + 1, Enumerable.Range(0, 9), new JobOptions { StreamBuffer = 3 }).ToListAsync().AsTask().InTime());
    }

    [Fact]
    public async Task Recursion_may_be_deep()
    {
        await using var executor = Create();

        Assert.Equal(5000, await executor.CallAsync(Depth, 5000).InTime());
    }

    [Fact]
    public async Task Tasks_may_map_on_an_executor_of_their_own()
    {
        await using var executor = Create();

        Assert.Equal([5, 14], await executor.MapAsync(SumOfSquaresNested, [3, 4]).InTime());
    }

    [Fact]
    public async Task A_failure_comes_back_and_only_what_failed_is_repeated()
    {
        await using var executor = Create(new ExecutorOptions { Retries = 2, RetryDelay = TimeSpan.Zero });
        var futures = executor.MapAsync(FailUntil, [1, 2, 3, 9]);

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => futures.InTime());

        Assert.Equal((3, 3), (exception.TaskIndex, exception.Attempts));
        Assert.Equal(("System.IO.InvalidDataException", "attempt 3 is bad"), (exception.Failure.ExceptionType, exception.Failure.Message));
        Assert.Contains(nameof(FailUntil), exception.Failure.StackTrace, StringComparison.Ordinal);
        Assert.Equal([1, 2, 3, 3], futures.Snapshot().Select(future => future.Statistics.Attempts));
        Assert.Equal(3, futures.Snapshot().Count(future => future.State == FutureState.Succeeded));
    }

    [Fact]
    public async Task A_task_that_takes_too_long_is_told_to_stop_and_fails()
    {
        await using var executor = Create();
        var told = NewPath();

        // The time that a new worker takes to get the code counts as well.
        await executor.CallAsync(() => 1).InTime();
        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => executor.CallAsync(WaitForToken, told, new JobOptions { TaskTimeout = TimeSpan.FromSeconds(3) }).InTime());

        Assert.Equal("System.TimeoutException", exception.Failure.ExceptionType);
        await Soon.Until(() => File.Exists(told));
    }

    [Fact]
    public async Task A_cancelled_task_is_told_to_stop_and_others_go_on()
    {
        await using var executor = Create(new ExecutorOptions { MaxParallelism = 2 });
        var told = NewPath();
        var begun = NewPath();
        var waiting = executor.CallAsync(MarkAndWaitForToken, (begun, told));
        await Soon.Until(() => File.Exists(begun));

        waiting.Cancel();

        await Assert.ThrowsAsync<OperationCanceledException>(() => waiting.InTime());
        await Soon.Until(() => File.Exists(told));
        Assert.Equal(4, await executor.CallAsync(x => x * 2, 2).InTime());
    }

    [Fact]
    public async Task Disposing_stops_what_runs()
    {
        var told = NewPath();
        var begun = NewPath();
        Future<int> future;
        await using (var executor = Create())
        {
            future = executor.CallAsync(MarkAndWaitForToken, (begun, told));
            await Soon.Until(() => File.Exists(begun));
        }

        Assert.Equal(FutureState.Canceled, future.State);
        Assert.True(File.Exists(told));
    }

    [Fact]
    public async Task A_task_that_ignores_its_token_is_given_up_after_the_grace_and_its_place_is_free()
    {
        await using var executor = Create(new ExecutorOptions { MaxParallelism = 1, CancellationGrace = TimeSpan.FromMilliseconds(300) });
        var begun = NewPath();
        var end = NewPath();
        var stubborn = executor.CallAsync(MarkAndIgnore, (begun, end));
        await Soon.Until(() => File.Exists(begun));

        stubborn.Cancel();

        await Assert.ThrowsAsync<OperationCanceledException>(() => stubborn.InTime());
        Assert.Equal(4, await executor.CallAsync(x => x * 2, 2).InTime());
        await File.WriteAllTextAsync(end, "");
    }

    [Fact]
    public async Task The_first_failure_may_stop_the_job()
    {
        await using var executor = Create(new ExecutorOptions { MaxParallelism = 1, StopOnFailure = true });

        var summary = await executor.MapAsync(FailUntil, [9, 1, 1, 1, 1, 1]).WhenAllSettledAsync().InTime();

        Assert.Equal(1, summary.Failed);
        Assert.True(summary.Canceled >= 3, summary.ToString());
    }

    [Fact]
    public async Task Lines_and_progress_reach_the_client()
    {
        await using var executor = Create();
        var messages = new ConcurrentQueue<TaskMessage>();

        Assert.Equal([0, 1], await executor.MapAsync(Talk, ["a", "b"], new JobOptions { Messages = new Receiver<TaskMessage>(messages.Enqueue) }).InTime());

        Assert.Equal(["first a", "first b"], messages.Where(message => message.Text.StartsWith("first", StringComparison.Ordinal)).Select(message => message.Text).Order());
        Assert.All(messages, message => Assert.Equal(message.Text[^1] == 'a' ? 0 : 1, message.TaskIndex));
        Assert.Equal(["first b", "second b"], messages.Where(message => message.TaskIndex == 1).Select(message => message.Text));
    }

    [Fact]
    public async Task No_more_tasks_of_a_job_run_at_once_than_it_says()
    {
        await using var executor = Create(new ExecutorOptions { MaxParallelism = 2 });
        var folder = NewPath();
        Directory.CreateDirectory(folder);

        var most = await executor.MapAsync(CountRunning, Enumerable.Repeat(folder, 6), new JobOptions { MaxParallelism = 1 }).InTime();

        Assert.All(most, running => Assert.Equal(1, running));
    }

    [Fact]
    public async Task What_a_worker_measured_is_told()
    {
        await using var executor = Create();
        var future = executor.CallAsync(() => Allocate(1_000_000));

        Assert.Equal(1_000_000, await future.InTime());

        // Of the worker's process, which in some of these backends is that of the other tests.
        Assert.InRange(future.Statistics.AllocatedBytes!.Value, 1_000_000, 10_000_000_000);
        Assert.NotEmpty(future.Statistics.Worker!);
        Assert.NotNull(future.Statistics.Started);
    }

    [Fact]
    public async Task Workers_may_be_given_several_tasks_at_once()
    {
        await using var executor = Create(new ExecutorOptions { MaxParallelism = 2, Retries = 1, RetryDelay = TimeSpan.Zero });
        var futures = executor.MapAsync(FailUntil, [1, 2, 1, 9, 1, 2, 1, 1, 1], new JobOptions { TasksPerInvocation = 4 });

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => futures.InTime());

        Assert.Equal(3, exception.TaskIndex);
        Assert.Empty(exception.OtherFailures);
        Assert.Equal([1, 2, 1, 2, 1, 2, 1, 1, 1], futures.Snapshot().Select(future => future.Statistics.Attempts));
        Assert.Equal(Enumerable.Range(0, 30).Select(i => new string('x', i * 2000)), await executor.MapAsync(i => new string('x', i * 2000), Enumerable.Range(0, 30), new JobOptions { TasksPerInvocation = 7 }).InTime());
    }

    [Fact]
    public async Task One_task_of_several_may_be_cancelled_or_take_too_long_and_the_others_go_on()
    {
        await using var executor = Create(new ExecutorOptions { MaxParallelism = 1 });
        await executor.CallAsync(() => 1).InTime();
        var (told, begun) = (NewPath(), NewPath());
        var futures = executor.MapAsync(WaitOrAnswer, [(begun, told), ("", "never"), ("", "answer")], new JobOptions { TasksPerInvocation = 3, TaskTimeout = TimeSpan.FromSeconds(20) });
        await Soon.Until(() => File.Exists(begun));

        futures[1].Cancel();
        futures[0].Cancel();

        Assert.Equal(6, await futures[2].InTime());
        await Soon.Until(() => File.Exists(told));

        // Ends are told in the order in which they are heard of: that of the cancelled task may come after that of the last.
        await Soon.Until(() => futures.Snapshot().All(future => future.State is not (FutureState.Running or FutureState.Queued)));
        Assert.Equal([FutureState.Canceled, FutureState.Canceled, FutureState.Succeeded], futures.Snapshot().Select(future => future.State));
    }

    [Fact]
    public async Task Environment_and_files_of_the_job_are_where_the_task_runs()
    {
        await using var executor = Create();
        var folder = Directory.CreateDirectory(NewPath("folder"));
        var model = Path.Combine(folder.FullName, "model.bin");
        var content = new byte[300_000];
        new Random(3).NextBytes(content);
        await File.WriteAllBytesAsync(model, content);
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "names"), "a b");
        var options = new JobOptions
        {
            Environment = new Dictionary<string, string> { ["DATAPLUG_TEST_COLOUR"] = "blue = é" },
            Files = [model, Path.Combine(folder.FullName, "names")],
        };

        var results = await executor.MapAsync(ColourAndFile, ["model.bin", "names"], options).InTime();

        Assert.Equal([("blue = é", Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(content))), ("blue = é", Convert.ToHexString(System.Security.Cryptography.SHA256.HashData("a b"u8)))], results);
        Assert.Equal("none", await executor.CallAsync(context => Task.FromResult(context.GetEnvironmentVariable("DATAPLUG_TEST_COLOUR") ?? "none")).InTime());
        var missing = await Assert.ThrowsAsync<TaskFailedException>(() => executor.CallAsync(ColourAndFile, "other", options).InTime());
        Assert.Contains("no file 'other'", missing.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100_000)]
    public async Task Results_may_stay_where_they_are_and_be_taken_from_there(int length)
    {
        await using var executor = Create();

        var texts = executor.MapToStorageAsync(i => new string((char)('a' + i), length), Enumerable.Range(0, 4));
        var longer = executor.MapToStorageAsync(text => text + text, texts);
        var lengths = await executor.MapStoredAsync(text => (text[0], text.Length), longer).InTime();

        Assert.Equal([('a', 2 * length), ('b', 2 * length), ('c', 2 * length), ('d', 2 * length)], lengths);
        var third = (await texts.InTime())[2];
        Assert.Equal(new string('c', length), await third.ReadAsync());
        Assert.Equal('c', await executor.CallAsync(FirstLetter, third).InTime());
    }

    private static async Task<char> FirstLetter(StoredResult<string> text, CancellationToken cancellationToken) => (await text.ReadAsync(cancellationToken: cancellationToken))[0];

    private static async Task<int> WaitOrAnswer((string Begun, string Told) paths, CancellationToken cancellationToken) =>
        paths.Begun.Length > 0 ? await MarkAndWaitForToken(paths, cancellationToken) : paths.Told.Length;

    private static async Task<(string Colour, string Digest)> ColourAndFile(string name, TaskContext context)
    {
        var file = await File.ReadAllBytesAsync(context.GetFile(name), context.CancellationToken);
        return (context.GetEnvironmentVariable("DATAPLUG_TEST_COLOUR") ?? "", Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(file)));
    }

    private static async Task<int> TimesTen(int value, CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        return value * 10;
    }

    private static Task<int> PlusIndex(int value, TaskContext context) => Task.FromResult(value + context.Index);

    private static Stream Sorted(Stream input)
    {
        var copy = new MemoryStream();
        input.CopyTo(copy);
        return new MemoryStream([.. copy.ToArray().Order()]);
    }

    private static async Task<long> SumLines(RawTextSlice slice, CancellationToken cancellationToken)
    {
        using var lines = new StreamReader(await slice.OpenReadAsync(cancellationToken));
        var sum = 0L;
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
            sum += long.Parse(line, CultureInfo.InvariantCulture);
        return sum;
    }

    // Not inlined, and kept: the compiler drops an array that nobody sees.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Allocate(int length)
    {
        var array = new byte[length];
        GC.KeepAlive(array);
        return array.Length;
    }

    private static int Depth(int levels) => levels == 0 ? 0 : 1 + Depth(levels - 1);

    private static async Task<int> SumOfSquaresNested(int count, CancellationToken cancellationToken)
    {
        await using var executor = new FunctionExecutor();
        return (await executor.MapAsync(x => x * x, Enumerable.Range(0, count), cancellationToken: cancellationToken)).Sum();
    }

    private static Task<int> FailUntil(int attempt, TaskContext context) =>
        context.Attempt < attempt ? throw new InvalidDataException($"attempt {context.Attempt} is bad") : Task.FromResult(context.Attempt);

    private static Task<int> WaitForToken(string told, CancellationToken cancellationToken) => MarkAndWaitForToken((told + ".begun", told), cancellationToken);

    private static async Task<int> MarkAndWaitForToken((string Begun, string Told) paths, CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(paths.Begun, "", CancellationToken.None);
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            await File.WriteAllTextAsync(paths.Told, "", CancellationToken.None);
        }

        return 0;
    }

    private static int MarkAndIgnore((string Begun, string End) paths)
    {
        File.WriteAllText(paths.Begun, "");
        for (var i = 0; i < 600 && !File.Exists(paths.End); i++)
            Thread.Sleep(100);
        return 0;
    }

    private static async Task<int> Talk(string name, TaskContext context)
    {
        context.Log("first " + name);
        context.ReportProgress(0.5);
        await Task.Yield();
        context.Log("second " + name);
        return context.Index;
    }

    private static async Task<int> CountRunning(string folder)
    {
        var mark = Path.Combine(folder, Guid.NewGuid().ToString("N"));
        await File.WriteAllTextAsync(mark, "");
        await Task.Delay(20);
        var running = Directory.GetFiles(folder).Length;
        File.Delete(mark);
        return running;
    }

    private sealed class Receiver<T>(Action<T> take) : IProgress<T>
    {
        public void Report(T value) => take(value);
    }
}
