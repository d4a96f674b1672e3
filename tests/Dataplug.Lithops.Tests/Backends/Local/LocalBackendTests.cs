namespace Dataplug.Lithops.Tests.Backends.Local;

public sealed class LocalBackendTests
{
    [Theory]
    [InlineData(1, null)]
    [InlineData(3, null)]
    [InlineData(8, null)]
    [InlineData(8, 2)]
    public async Task As_many_tasks_run_at_once_as_allowed_and_never_more(int parallelism, int? ofTheJob)
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = parallelism });
        var expected = ofTheJob ?? parallelism;
        var running = 0;
        var most = 0;
        var full = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await executor.MapAsync(
            async (int _) =>
            {
                var now = Interlocked.Increment(ref running);
                InterlockedMax(ref most, now);
                if (now == expected)
                    full.TrySetResult();

                // No task ends before as many run as may: that they do is observed, not hoped for.
                await full.Task;
                await Task.Yield();
                Interlocked.Decrement(ref running);
                return 0;
            },
            Enumerable.Range(0, 200),
            new JobOptions { MaxParallelism = ofTheJob }).InTime();

        Assert.Equal(expected, most);
    }

    [Fact]
    public async Task The_bound_is_over_all_jobs_of_an_executor_and_jobs_take_turns()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 1 });
        var gate = new TaskCompletionSource();
        var order = new List<string>();
        var blocker = executor.CallAsync(async () => { await gate.Task; return 0; });
        await Soon.Until(() => blocker.State == FutureState.Running);
        var first = executor.MapAsync(i => { order.Add($"a{i}"); return i; }, [0, 1, 2]);
        await Soon.Until(() => first.Progress.Drawn >= 1);
        var second = executor.MapAsync(i => { order.Add($"b{i}"); return i; }, [0, 1, 2]);
        await Soon.Until(() => second.Progress.Drawn >= 1);

        gate.SetResult();
        await first.InTime();
        await second.InTime();

        Assert.Equal(6, order.Count);
        Assert.True(order.IndexOf("b0") < order.IndexOf("a2"), string.Join(' ', order));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Tasks_that_map_on_their_own_executor_do_not_deadlock(int parallelism)
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = parallelism });

        async Task<int> Sum(int depth)
        {
            if (depth == 0)
                return 1;
            return (await executor.MapAsync(Sum, [depth - 1, depth - 1, depth - 1])).Sum();
        }

        Assert.Equal(81, await executor.CallAsync(Sum, 4).InTime());
    }

    [Fact]
    public async Task Tasks_may_wait_for_sub_tasks_in_any_way_and_several_at_once()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 1 });

        Assert.Equal(6, await executor.CallAsync(async () =>
        {
            var futures = Enumerable.Range(1, 3).Select(i => executor.CallAsync(() => i)).ToList();
            return (await Task.WhenAll(futures.Select(future => future.GetResultAsync()))).Sum();
        }).InTime());
        Assert.Equal(2, await executor.CallAsync(async () =>
            (await executor.WaitAsync(executor.MapAsync(x => x, [1, 2]))).Done.Count).InTime());
        Assert.Equal(2, await executor.CallAsync(async () =>
            await executor.MapAsync(x => x, [1, 2]).AsCompleted().CountAsync()).InTime());
        Assert.Equal(3, await executor.CallAsync(async () =>
            await executor.MapAsync(x => x, [1, 2]).ResultsAsync().SumAsync()).InTime());
        Assert.Equal(3, await executor.CallAsync(async () =>
            await executor.StreamAsync(x => x, [1, 2]).SumAsync()).InTime());
        Assert.Equal(3, await executor.CallAsync(async () =>
            await executor.MapReduceAsync(x => x, [1, 2], all => all.Sum())).InTime());
        Assert.Equal(1, await executor.CallAsync(() =>
            executor.CallAsync(() => 1).GetResultAsync().GetAwaiter().GetResult()).InTime());
    }

    [Fact]
    public async Task Tasks_of_one_job_may_wait_for_another_job()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 1 });
        var gate = new TaskCompletionSource<FutureList<int>>();
        var waiting = executor.MapAsync(async i => { var others = await gate.Task; return (await others).Sum() + i; }, [1]);
        gate.SetResult(executor.MapAsync(x => x, [10, 20]));

        Assert.Equal([31], await waiting.InTime());
    }

    [Fact]
    public async Task While_tasks_map_no_more_run_at_once_than_may_besides_those_that_wait()
    {
        const int Parallelism = 2;
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = Parallelism });
        var running = 0;
        var most = 0;
        var begun = 0;
        var mostBegun = 0;

        await executor.MapAsync(
            async i =>
            {
                InterlockedMax(ref mostBegun, Interlocked.Increment(ref begun));
                await executor.MapAsync(
                    async (int j) =>
                    {
                        InterlockedMax(ref most, Interlocked.Increment(ref running));
                        await Task.Yield();
                        Interlocked.Decrement(ref running);
                        return j;
                    },
                    Enumerable.Range(0, 20));
                Interlocked.Decrement(ref begun);
                return i;
            },
            Enumerable.Range(0, 2000)).InTime();

        Assert.InRange(most, 1, Parallelism);

        // Sub-tasks go first, so outer tasks don't pile up: far fewer than thirty have begun at any time.
        Assert.InRange(mostBegun, 1, 4 * Parallelism);
    }

    [Fact]
    public async Task A_lazy_input_is_not_drawn_before_a_worker_can_take_the_one_before()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 2 });
        var drawn = 0;
        var gate = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var bothRun = new CountdownEvent(2);
        var futures = executor.MapAsync(_ => { if (!bothRun.IsSet) bothRun.Signal(); return gate.Task; }, Inputs());
        Assert.True(bothRun.Wait(TimeSpan.FromSeconds(60)));

        Assert.InRange(Volatile.Read(ref drawn), 2, 3);
        futures.Cancel();
        gate.SetResult(1);
        await futures.WhenAllSettledAsync().InTime();
        Assert.InRange(drawn, 2, 3);

        IEnumerable<int> Inputs()
        {
            while (true)
                yield return Interlocked.Increment(ref drawn);
        }
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }
}
