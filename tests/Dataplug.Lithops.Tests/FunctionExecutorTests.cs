namespace Dataplug.Lithops.Tests;

public sealed class FunctionExecutorTests
{
    [Fact]
    public async Task A_map_awaited_directly_gives_its_results()
    {
        await using var executor = new FunctionExecutor();

        Assert.Equal([2, 4], await executor.MapAsync(x => x * 2, [1, 2]));
        Assert.Equal(8, await executor.CallAsync(x => x * 2, 4));
    }

    [Fact]
    public async Task An_empty_map_has_an_empty_result_and_ends()
    {
        await using var executor = new FunctionExecutor();

        var futures = executor.MapAsync(x => x, Array.Empty<int>());

        Assert.Empty(await futures.InTime());
        Assert.Empty(await executor.MapAsync(x => x, AsyncEnumerable.Empty<int>()).InTime());
        Assert.Equal(0, futures.Count);
        Assert.Equal(0, futures.Summary.Tasks);
        Assert.Equal(1, futures.Progress.Fraction);
    }

    [Fact]
    public async Task Results_keep_the_order_of_the_inputs_when_tasks_end_in_another()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 4 });
        var gates = Enumerable.Range(0, 4).Select(_ => new TaskCompletionSource()).ToArray();
        var futures = executor.MapAsync(async i => { await gates[i].Task; return i * i; }, [0, 1, 2, 3]);
        var order = new List<int>();

        var reading = Task.Run(async () =>
        {
            await foreach (var future in futures.AsCompleted())
            {
                order.Add(future.Index);
                if (order.Count < 4)
                    gates[3 - order.Count].SetResult();
            }
        });
        gates[3].SetResult();
        await reading.InTime();

        Assert.Equal([3, 2, 1, 0], order);
        Assert.Equal([0, 1, 4, 9], await futures.InTime());
    }

    [Fact]
    public async Task A_hundred_thousand_tasks_end_in_order()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 4 });
        var drawnAhead = 0;
        var ended = 0;
        var drawn = 0;

        IEnumerable<int> Inputs()
        {
            for (var i = 0; i < 100_000; i++)
            {
                drawn++;
                drawnAhead = Math.Max(drawnAhead, drawn - Volatile.Read(ref ended));
                yield return i;
            }
        }

        var futures = executor.MapAsync(i => { Interlocked.Increment(ref ended); return (long)i * i; }, Inputs());
        var results = await futures.InTime();

        Assert.Equal(100_000, results.Count);
        Assert.True(results.Select((value, i) => value == (long)i * i).All(equal => equal));
        Assert.Equal(100_000, futures.Summary.Succeeded);

        // Four run, one was drawn for the next slot, and a task that has counted itself as ended may not have given its slot back.
        Assert.InRange(drawnAhead, 1, 6);
    }

    [Fact]
    public async Task A_closure_runs_in_this_process()
    {
        await using var executor = new FunctionExecutor();
        var factor = 3;

        Assert.Equal([3, 6], await executor.MapAsync(x => x * factor, [1, 2]).InTime());
    }

    [Fact]
    public async Task A_function_whose_result_would_be_a_task_is_refused_at_once()
    {
        await using var executor = new FunctionExecutor();
        Func<int, ValueTask<int>> function = ValueTask.FromResult;

        var exception = Assert.Throws<ArgumentException>(() => executor.MapAsync(function, [1]));
        Assert.Contains("CancellationToken", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_out_of_range_and_missing_arguments_are_refused_at_once()
    {
        await using var executor = new FunctionExecutor();

        Assert.Throws<ArgumentOutOfRangeException>(() => new FunctionExecutor(new ExecutorOptions { MaxParallelism = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FunctionExecutor(new ExecutorOptions { Retries = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FunctionExecutor(new ExecutorOptions { TaskTimeout = TimeSpan.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>(() => executor.MapAsync(x => x, [1], new JobOptions { MaxParallelism = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => executor.StreamAsync(x => x, [1], new JobOptions { StreamBuffer = 0 }));
        Assert.Throws<ArgumentNullException>("function", () => executor.MapAsync((Func<int, int>)null!, [1]));
        Assert.Throws<ArgumentNullException>("inputs", () => executor.MapAsync(x => x, (IEnumerable<int>)null!));
        Assert.Throws<ArgumentNullException>("reduce", () => executor.MapReduceAsync(x => x, [1], (Func<IReadOnlyList<int>, int>)null!));
    }

    [Fact]
    public async Task The_public_journey_reads_like_this()
    {
        IReadOnlyList<string> slices = ["ACGT", "AC", ""];
        await using var executor = new FunctionExecutor();
        var counts = await executor.MapAsync(CountBases, slices).GetResultAsync();
        Assert.Equal([4, 2, 0], counts);

        static async Task<long> CountBases(string slice, CancellationToken cancellationToken)
        {
            await Task.Delay(0, cancellationToken);
            return slice.Length;
        }
    }
}
