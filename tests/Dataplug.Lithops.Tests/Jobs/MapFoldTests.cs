using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dataplug.Lithops.Tests.Jobs;

public sealed class MapFoldTests
{
    [Property(MaxTest = 60)]
    public void Every_result_is_folded_in_once(int[] inputs, PositiveInt parallelism, bool lazily)
    {
        Task.Run(async () =>
        {
            await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 1 + (parallelism.Get % 4) });
            var all = await executor.MapFoldAsync(
                async index =>
                {
                    await Task.Delay(inputs[index] & 1);
                    return index;
                },
                lazily ? Enumerable.Range(0, inputs.Length).Where(_ => true) : [.. Enumerable.Range(0, inputs.Length)],
                Array.Empty<int>(),
                fold => [.. fold.State, .. fold.Arrived]).InTime();
            Assert.Equal(Enumerable.Range(0, inputs.Length), all.Order());
        }).GetAwaiter().GetResult();
    }

    [Fact]
    public async Task Results_are_folded_while_others_are_computed_one_fold_at_a_time()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 4 });
        var gates = Enumerable.Range(0, 3).Select(_ => new TaskCompletionSource<int>()).ToArray();
        var folded = new List<string>();
        var (running, peak) = (0, 0);
        var future = executor.MapFoldAsync(
            i => gates[i].Task,
            [0, 1, 2],
            100,
            async (fold, _) =>
            {
                peak = Math.Max(peak, Interlocked.Increment(ref running));
                lock (folded)
                    folded.Add($"{fold.State}+{string.Join('+', fold.Arrived)}");
                await Task.Yield();
                Interlocked.Decrement(ref running);
                return fold.State + fold.Arrived.Sum();
            });

        gates[1].SetResult(1);
        await Soon.Until(() => Folds() == 1);
        gates[2].SetResult(2);
        await Soon.Until(() => Folds() == 2);
        Assert.False(future.IsDone);
        gates[0].SetResult(4);

        Assert.Equal(107, await future.InTime());
        Assert.Equal(["100+1", "101+2"], folded.Take(2));
        Assert.Equal(1, peak);

        int Folds()
        {
            lock (folded)
                return folded.Count;
        }
    }

    [Fact]
    public async Task Nothing_folds_to_the_seed_by_one_fold_of_nothing()
    {
        await using var executor = new FunctionExecutor();

        Assert.Equal("seed, 0 more", await executor.MapFoldAsync(x => x, Array.Empty<int>(), "seed", fold => $"{fold.State}, {fold.Arrived.Count} more").InTime());
    }

    [Fact]
    public async Task A_failing_map_fails_the_future_as_the_map_does_when_all_have_ended()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 2 });
        var gate = new TaskCompletionSource<int>();
        var late = 0;
        var future = executor.MapFoldAsync(
            x => x == 0 ? Task.FromException<int>(new InvalidDataException("bad")) : gate.Task,
            [0, 1],
            0,
            fold => fold.Arrived.Contains(5) ? ++late : 0);
        await Soon.Until(() => executor.GetJobs()[0].Failed == 1);
        Assert.False(future.IsDone);
        gate.SetResult(5);

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => future.InTime());

        Assert.Equal(0, exception.TaskIndex);
        Assert.Equal(0, late);
    }

    [Fact]
    public async Task A_failing_fold_fails_the_future_and_cancels_the_rest_of_the_map()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 2 });
        var told = new TaskCompletionSource();
        var future = executor.MapFoldAsync(
            async (x, token) =>
            {
                if (x == 0)
                    return x;
                await using (token.Register(() => told.TrySetResult()))
                    await told.Task;
                return x;
            },
            [0, 1],
            0,
            int (fold) => throw new FormatException());

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => future.InTime());

        Assert.IsType<FormatException>(exception.InnerException);
        await told.Task.InTime();
    }

    [Fact]
    public async Task A_failing_fold_is_repeated_on_the_same_state()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 2, Retries = 1, RetryDelay = TimeSpan.Zero });
        var seen = new HashSet<string>();

        var sum = await executor.MapFoldAsync(
            x => x,
            Enumerable.Range(1, 20),
            0,
            fold =>
            {
                lock (seen)
                {
                    if (seen.Add($"{fold.State} {string.Join(' ', fold.Arrived)}"))
                        throw new IOException();
                }

                return fold.State + fold.Arrived.Sum();
            }).InTime();

        Assert.Equal(210, sum);
    }

    [Fact]
    public async Task Cancelling_the_future_cancels_map_and_folds()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 2 });
        var folding = new TaskCompletionSource();
        var told = new CountdownEvent(2);
        var future = executor.MapFoldAsync(
            (x, token) => x == 0 ? Task.FromResult(0) : UntilToldAsync(token),
            [0, 1],
            0,
            (fold, token) =>
            {
                folding.TrySetResult();
                return UntilToldAsync(token);
            });
        await folding.Task.InTime();

        Assert.True(future.Cancel());

        await Assert.ThrowsAsync<OperationCanceledException>(() => future.InTime());
        await Soon.Until(() => told.IsSet);

        async Task<int> UntilToldAsync(CancellationToken token)
        {
            await Task.Delay(Timeout.Infinite, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            told.Signal();
            return 0;
        }
    }

    [Fact]
    public async Task A_task_can_wait_for_a_fold_on_one_worker()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 1 });

        var sums = await executor.MapAsync(async n => await executor.MapFoldAsync(x => x, Enumerable.Range(0, n), 0, fold => fold.State + fold.Arrived.Sum()), [3, 4, 5]).InTime();

        Assert.Equal([3, 6, 10], sums);
    }

    [Fact]
    public async Task State_and_results_travel()
    {
        var backend = new LoopbackBackend(2);
        await using var executor = new FunctionExecutor(backend);

        Assert.Equal(45, await executor.MapFoldAsync(x => x, Enumerable.Range(0, 10), 0L, fold => fold.State + fold.Arrived.Sum()).InTime());
        Assert.Contains(backend.Payloads, payload => payload.StartsWith("""{"State":0,"Arrived":[""", StringComparison.Ordinal));
        Assert.Throws<FunctionNotShippableException>(() => executor.MapFoldAsync(x => x, [1], new object(), fold => fold.State));
    }
}
