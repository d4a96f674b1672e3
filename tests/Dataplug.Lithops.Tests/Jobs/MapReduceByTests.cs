using Dataplug.Conformance.Storage;

namespace Dataplug.Lithops.Tests.Jobs;

public sealed class MapReduceByTests
{
    [Fact]
    public async Task Each_group_is_reduced_on_its_own_in_order_of_first_appearance()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 3 });
        string[] words = ["contig", "read", "cigar", "base", "reference", "bam"];

        var joined = executor.MapReduceByAsync(word => word.Length, words, word => word[0], group => $"{group.Key}:{string.Join('+', group.Results)}");

        Assert.Equal(["c:6+5", "r:4+9", "b:4+3"], await joined.InTime());
        Assert.Equal(3, joined.Count);
        Assert.Equal(
            [(0, 20), (1, 25)],
            await executor.MapReduceByAsync((x, _) => Task.FromResult(x), Enumerable.Range(0, 10), x => x % 2, (group, _) => Task.FromResult((group.Key, group.Results.Sum()))).InTime());
        Assert.Empty(await executor.MapReduceByAsync(x => x, Array.Empty<int>(), x => x, group => group.Key).InTime());
    }

    [Fact]
    public async Task A_group_does_not_wait_for_another()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 2 });
        var gate = new TaskCompletionSource<int>();
        var more = new TaskCompletionSource();
        var futures = executor.MapReduceByAsync(x => x == 0 ? gate.Task : Task.FromResult(x), Inputs(), x => x % 2, group => group.Results.Sum());
        Assert.Null(futures.Count);

        // What groups there are, and which inputs each has, isn't known before the last input.
        more.SetResult();
        await Soon.Until(() => futures.Count == 2 || futures.Snapshot().Count == 2);
        Assert.Equal(4, await futures[1].InTime());
        Assert.Equal(FutureState.Queued, futures[0].State);
        gate.SetResult(10);

        Assert.Equal([12, 4], await futures.InTime());

        async IAsyncEnumerable<int> Inputs()
        {
            yield return 0;
            yield return 1;
            yield return 2;
            await more.Task;
            yield return 3;
        }
    }

    [Fact]
    public async Task A_failed_map_task_fails_its_own_group_alone()
    {
        await using var executor = new FunctionExecutor();
        var reduced = 0;
        var futures = executor.MapReduceByAsync(
            x => x is 2 or 4 ? throw new InvalidDataException("bad") : x,
            [0, 1, 2, 3, 4],
            x => x % 2,
            group => Interlocked.Increment(ref reduced) * group.Results.Sum());

        var summary = await futures.WhenAllSettledAsync().InTime();

        Assert.Equal((1, 1, 1), (summary.Succeeded, summary.Failed, reduced));
        Assert.Equal(4, await futures[1].InTime());
        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => futures[0].InTime());
        Assert.Equal((2, 4), (exception.TaskIndex, Assert.IsType<TaskFailedException>(Assert.Single(exception.OtherFailures)).TaskIndex));
        await Assert.ThrowsAsync<TaskFailedException>(() => futures.InTime());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Inputs_or_keys_that_throw_fail_all_groups(bool inKey)
    {
        await using var executor = new FunctionExecutor();
        var reduced = false;
        var futures = executor.MapReduceByAsync(x => x, Inputs(), x => inKey && x == 1 ? throw new FormatException() : x, group => reduced = true);

        var exception = await Assert.ThrowsAsync<JobInputException>(() => futures.InTime());

        Assert.IsType(inKey ? typeof(FormatException) : typeof(IOException), exception.InnerException);
        Assert.False(reduced);
        Assert.Equal(0, futures.Count);

        static IEnumerable<int> Inputs()
        {
            yield return 0;
            yield return 1;
            throw new IOException();
        }
    }

    [Fact]
    public async Task Cancelling_the_futures_cancels_the_map()
    {
        await using var executor = new FunctionExecutor();
        var started = new TaskCompletionSource();
        var told = new TaskCompletionSource();
        var futures = executor.MapReduceByAsync(
            async (int _, CancellationToken token) =>
            {
                started.TrySetResult();
                await using (token.Register(() => told.TrySetResult()))
                    await told.Task;
                return 1;
            },
            [1, 2],
            x => x,
            group => group.Results.Sum());
        await started.Task.InTime();

        futures.Cancel();

        await told.Task.InTime();
        await Assert.ThrowsAsync<OperationCanceledException>(() => futures.InTime());
    }

    [Fact]
    public async Task A_cancelled_map_cancels_the_groups()
    {
        await using var executor = new FunctionExecutor();
        var futures = executor.MapReduceByAsync(
            (int _, CancellationToken token) => Task.Delay(Timeout.Infinite, token).ContinueWith(_ => 1, TaskScheduler.Default), [1, 2], x => x, group => group.Results.Sum());
        await Soon.Until(() => futures.Snapshot().Count == 2);

        // The map alone, as `dataplug jobs cancel` does.
        executor.CancelAll();

        await Assert.ThrowsAsync<OperationCanceledException>(() => futures.InTime());
        Assert.All(futures.Snapshot(), future => Assert.Equal(FutureState.Canceled, future.State));
    }

    [Fact]
    public async Task Groups_travel_and_a_key_that_cannot_is_refused_before_anything_runs()
    {
        var backend = new LoopbackBackend(2);
        await using var executor = new FunctionExecutor(backend);

        Assert.Equal(["even: 0+2", "odd: 1+3"], await executor.MapReduceByAsync(x => x, Enumerable.Range(0, 4), x => x % 2 == 0 ? "even" : "odd", group => $"{group.Key}: {string.Join('+', group.Results)}").InTime());
        Assert.Contains("""{"Key":"odd","Results":[1,3]}""", backend.Payloads);
        var before = backend.Payloads.Count;
        Assert.Throws<FunctionNotShippableException>(() => executor.MapReduceByAsync(x => x, [1], x => (object)x, group => group.Results.Count));
        Assert.Equal(before, backend.Payloads.Count);
    }

    [Fact]
    public async Task The_chunks_of_each_object_are_one_group()
    {
        using var scratch = new ScratchFolder();
        File.WriteAllText(Path.Combine(scratch.Path, "a.log"), "one\ntwo\nthree\n");
        File.WriteAllText(Path.Combine(scratch.Path, "b.log"), "four\nfive");
        await using var executor = new FunctionExecutor();

        var lines = await executor.MapReduceByAsync(
            async (chunk, token) => await chunk.ReadLinesAsync(token).CountAsync(token),
            ObjectInputs.ListAsync(scratch.Path + "/", new ObjectChunking { ChunkSize = 5 }),
            chunk => chunk.Uri,
            group => (Path.GetFileName(group.Key.ToString()), group.Results.Sum(), group.Results.Count > 1)).InTime();

        Assert.Equal([("a.log", 3, true), ("b.log", 2, true)], lines);
    }
}
