namespace Dataplug.Lithops.Tests.Jobs;

public sealed class MapReduceTests
{
    [Fact]
    public async Task Reduce_gets_all_results_in_order()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 3 });

        Assert.Equal("0,1,4,9", await executor.MapReduceAsync(x => x * x, [0, 1, 2, 3], squares => string.Join(',', squares)).InTime());
        Assert.Equal(6, await executor.MapReduceAsync((x, _) => Task.FromResult(x), [1, 2, 3], (all, _) => Task.FromResult(all.Sum())).InTime());
        Assert.Equal(3, await executor.MapReduceAsync(async (x, context) => { await Task.Yield(); return context.Index; }, [1, 2, 3], all => all.Sum()).InTime());
        Assert.Equal(0, await executor.MapReduceAsync(x => x, Array.Empty<int>(), all => all.Count).InTime());
    }

    [Fact]
    public async Task A_map_can_be_reduced_afterwards_and_more_than_once()
    {
        await using var executor = new FunctionExecutor();
        var lengths = executor.MapAsync(word => word.Length, ["a", "bb", "ccc"]);

        Assert.Equal(6, await executor.ReduceAsync(lengths, all => all.Sum()).InTime());
        Assert.Equal(3, await executor.ReduceAsync(lengths, (all, _) => Task.FromResult(all.Max())).InTime());
        Assert.Equal([1, 2, 3], await lengths.InTime());
    }

    [Fact]
    public async Task A_failing_map_never_runs_the_reduce_and_its_failure_is_the_result()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 1 });
        var reduced = false;
        var mapped = 0;

        var future = executor.MapReduceAsync(
            x => { mapped++; return x == 1 ? throw new InvalidDataException("bad") : x; },
            [0, 1, 2],
            all => reduced = true);
        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => future.InTime());

        Assert.Equal(1, exception.TaskIndex);
        Assert.IsType<InvalidDataException>(exception.InnerException);
        Assert.False(reduced);
        Assert.Equal(3, mapped);
        Assert.Equal(FutureState.Failed, future.State);
    }

    [Fact]
    public async Task Inputs_that_throw_never_run_the_reduce()
    {
        await using var executor = new FunctionExecutor();
        var reduced = false;

        await Assert.ThrowsAsync<JobInputException>(() => executor.MapReduceAsync(x => x, Inputs(), all => reduced = true).InTime());
        Assert.False(reduced);

        static IEnumerable<int> Inputs()
        {
            yield return 1;
            throw new IOException();
        }
    }

    [Fact]
    public async Task Cancelling_the_reduced_future_cancels_the_map()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 1 });
        var started = new TaskCompletionSource();
        var told = new TaskCompletionSource();
        var future = executor.MapReduceAsync(
            async (int _, CancellationToken token) =>
            {
                started.SetResult();
                await using (token.Register(told.SetResult))
                    await told.Task;
                return 1;
            },
            [1, 2, 3],
            all => all.Count);
        await started.Task.InTime();

        Assert.True(future.Cancel());

        await told.Task.InTime();
        await Assert.ThrowsAsync<OperationCanceledException>(() => future.InTime());
    }

    [Fact]
    public async Task A_reduce_over_a_cancelled_map_is_cancelled()
    {
        await using var executor = new FunctionExecutor();
        var map = executor.MapAsync((int _, CancellationToken token) => Task.Delay(Timeout.Infinite, token).ContinueWith(_ => 1, TaskScheduler.Default), [1]);
        var reduced = executor.ReduceAsync(map, all => all.Count);

        map.Cancel();

        await Assert.ThrowsAsync<OperationCanceledException>(() => reduced.InTime());
        Assert.Equal(FutureState.Canceled, reduced.State);
    }

    [Fact]
    public async Task Waiting_for_the_map_takes_no_worker()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 1 });
        var gate = new TaskCompletionSource<int>();
        var map = executor.MapAsync(x => gate.Task, [1]);
        var reduced = executor.ReduceAsync(map, all => all.Sum());

        gate.SetResult(5);
        Assert.Equal(5, await reduced.InTime());
    }
}
