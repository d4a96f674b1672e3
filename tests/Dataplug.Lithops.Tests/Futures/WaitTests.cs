namespace Dataplug.Lithops.Tests.Futures;

public sealed class WaitTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Any_returns_as_soon_as_one_has_ended(bool overTheList)
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 3 });
        var gates = Gates(3);
        var futures = executor.MapAsync(i => gates[i].Task, [0, 1, 2]);
        var waiting = overTheList ? executor.WaitAsync(futures, WaitFor.Any) : executor.WaitAsync(futures.Snapshot(), WaitFor.Any);
        Assert.False(waiting.IsCompleted);

        gates[1].SetResult(1);
        var (done, pending) = await waiting.InTime();

        Assert.Equal([1], done.Select(future => future.Index));
        Assert.Equal([0, 2], pending.Select(future => future.Index));
        gates[0].SetResult(0);
        gates[2].SetResult(2);
        await futures.InTime();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task All_returns_when_all_have_ended_and_does_not_throw_for_failures(bool overTheList)
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 3 });
        var gates = Gates(3);
        var futures = executor.MapAsync(i => gates[i].Task, [0, 1, 2]);
        var waiting = overTheList ? executor.WaitAsync(futures) : executor.WaitAsync(futures.Snapshot(), WaitFor.All);

        gates[2].SetResult(2);
        gates[0].SetException(new IOException());
        await futures[0].WhenSettledAsync().InTime();
        Assert.False(waiting.IsCompleted);
        futures[1].Cancel();
        gates[1].SetResult(1);
        var (done, pending) = await waiting.InTime();

        Assert.Empty(pending);
        Assert.Equal([FutureState.Failed, FutureState.Canceled, FutureState.Succeeded], done.Select(future => future.State));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Always_returns_at_once_with_what_has_ended_and_never_throws(bool overTheList)
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 3 });
        var gates = Gates(3);
        var futures = executor.MapAsync(i => gates[i].Task, [0, 1, 2]);
        gates[1].SetException(new IOException());
        await futures[1].WhenSettledAsync().InTime();

        var waiting = overTheList ? executor.WaitAsync(futures, WaitFor.Always) : executor.WaitAsync(futures.Snapshot(), WaitFor.Always);
        Assert.True(waiting.IsCompletedSuccessfully);
        var (done, pending) = await waiting;

        Assert.Equal([1], done.Select(future => future.Index));
        Assert.Equal(FutureState.Failed, done[0].State);
        Assert.Equal([0, 2], pending.Select(future => future.Index));
        gates[0].SetResult(0);
        gates[2].SetResult(2);
        await futures.WhenAllSettledAsync().InTime();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_fraction_returns_as_soon_as_so_many_have_ended_however(bool overTheList)
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 4 });
        var gates = Gates(4);
        var futures = executor.MapAsync(i => gates[i].Task, [0, 1, 2, 3]);
        var waiting = Wait(0.75);
        gates[3].SetResult(3);
        gates[1].SetException(new IOException());
        await futures[3].InTime();
        await futures[1].WhenSettledAsync().InTime();
        Assert.Equal([1, 3], (await Wait(0.5).InTime()).Done.Select(future => future.Index));
        Assert.False(waiting.IsCompleted);
        gates[0].SetResult(0);

        var (done, pending) = await waiting.InTime();

        Assert.Equal([0, 1, 3], done.Select(future => future.Index));
        Assert.Equal([2], pending.Select(future => future.Index));
        var all = Wait(1);
        Assert.False(all.IsCompleted);
        gates[2].SetResult(2);
        Assert.Empty((await all.InTime()).Pending);

        Task<(IReadOnlyList<Future<int>> Done, IReadOnlyList<Future<int>> Pending)> Wait(double share) =>
            overTheList ? executor.WaitAsync(futures, WaitFor.Fraction(share)) : executor.WaitAsync(futures.Snapshot(), WaitFor.Fraction(share));
    }

    [Theory]
    [InlineData(0.07, 100, 7)]
    [InlineData(0.07, 101, 8)]
    [InlineData(2.0 / 3, 3, 2)]
    [InlineData(0.1 + 0.2, 10, 3)]
    [InlineData(1e-300, 5, 1)]
    [InlineData(1, 5, 5)]
    [InlineData(1, int.MaxValue, int.MaxValue)]
    [InlineData(0.5, 0, 0)]
    public void A_fraction_is_of_whole_tasks(double share, int tasks, int needed)
    {
        Assert.Equal(needed, WaitFor.Fraction(share).Needed(tasks));
        Assert.True(WaitFor.Fraction(share).IsMet(needed, tasks - needed));
        if (needed > 0)
            Assert.False(WaitFor.Fraction(share).IsMet(needed - 1, tasks - needed + 1));
    }

    [Fact]
    public void A_fraction_has_a_range_a_value_and_a_text()
    {
        foreach (var bad in new[] { 0, -0.1, 1.0001, double.NaN, double.PositiveInfinity })
            Assert.Throws<ArgumentOutOfRangeException>(() => WaitFor.Fraction(bad));
        Assert.Equal(WaitFor.Fraction(0.5), WaitFor.Fraction(0.5));
        Assert.NotEqual(WaitFor.Fraction(0.5), WaitFor.Fraction(0.25));
        Assert.Equal(("Fraction 0.5", "All"), (WaitFor.Fraction(0.5).ToString(), default(WaitFor).ToString()));
    }

    [Fact]
    public async Task While_inputs_are_drawn_a_fraction_waits_for_their_end()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 2 });
        var more = new TaskCompletionSource();
        var gate = new TaskCompletionSource<int>();
        var futures = executor.MapAsync(x => x < 3 ? Task.FromResult(x) : gate.Task, Inputs());
        var waiting = futures.WaitAsync(WaitFor.Fraction(0.5));
        await futures.AsCompleted().Take(2).LastAsync().AsTask().InTime();
        Assert.False(waiting.IsCompleted);

        // Three of four, of which one is still under way.
        more.SetResult();
        var (done, pending) = await waiting.InTime();

        Assert.InRange(done.Count, 2, 3);
        Assert.Contains(3, pending.Select(future => future.Index));
        gate.SetResult(3);
        await futures.InTime();
        Assert.Empty((await executor.MapAsync(x => x, Array.Empty<int>().Where(_ => true)).WaitAsync(WaitFor.Fraction(0.5)).InTime()).Done);

        async IAsyncEnumerable<int> Inputs()
        {
            yield return 0;
            yield return 1;
            await more.Task;
            yield return 2;
            yield return 3;
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_fraction_returns_when_its_time_is_over(bool overTheList)
    {
        var time = new ManualTime();
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 2, TimeProvider = time });
        var gates = Gates(2);
        var futures = executor.MapAsync(i => gates[i].Task, [0, 1]);
        var half = TimeSpan.FromSeconds(1);
        var waiting = overTheList ? executor.WaitAsync(futures, WaitFor.Fraction(0.5), half) : executor.WaitAsync(futures.Snapshot(), WaitFor.Fraction(0.5), half);

        time.Advance(half);

        Assert.Equal((0, 2), ((await waiting.InTime()).Done.Count, (await waiting).Pending.Count));
        gates[0].SetResult(0);
        gates[1].SetResult(1);
        await futures.InTime();
    }

    [Fact]
    public async Task A_wait_takes_futures_of_several_jobs_and_types()
    {
        await using var executor = new FunctionExecutor();
        Future number = executor.CallAsync(() => 1);
        Future text = executor.CallAsync(() => "one");

        var (done, pending) = await executor.WaitAsync([number, text]).InTime();

        Assert.Equal([number, text], done);
        Assert.Empty(pending);
        Assert.Empty((await executor.WaitAsync<Future>([], WaitFor.Any).InTime()).Done);
    }

    [Fact]
    public async Task A_wait_returns_what_there_is_when_its_time_is_over_and_a_result_throws()
    {
        var time = new ManualTime();
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 2, TimeProvider = time });
        var gates = Gates(2);
        var futures = executor.MapAsync(i => gates[i].Task, [0, 1]);
        gates[0].SetResult(5);
        await futures[0].WhenSettledAsync().InTime();

        var overAll = executor.WaitAsync(futures, timeout: TimeSpan.FromSeconds(1));
        var overSome = executor.WaitAsync(futures.Snapshot(), timeout: TimeSpan.FromSeconds(1));
        var results = futures.GetResultAsync(TimeSpan.FromSeconds(1));
        var result = futures[1].GetResultAsync(TimeSpan.FromSeconds(1));
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal([1], (await overAll.InTime()).Pending.Select(future => future.Index));
        Assert.Equal([0], (await overSome.InTime()).Done.Select(future => future.Index));
        await Assert.ThrowsAsync<TimeoutException>(() => results.InTime());
        await Assert.ThrowsAsync<TimeoutException>(() => result.InTime());
        Assert.Equal(FutureState.Running, futures[1].State);
        gates[1].SetResult(6);
        Assert.Equal([5, 6], await futures.GetResultAsync(TimeSpan.FromSeconds(1)).InTime());
    }

    [Fact]
    public async Task A_wait_can_be_cancelled_and_the_tasks_go_on()
    {
        await using var executor = new FunctionExecutor();
        using var source = new CancellationTokenSource();
        var gate = new TaskCompletionSource<int>();
        var futures = executor.MapAsync(_ => gate.Task, [1]);
        Task[] waits =
        [
            executor.WaitAsync(futures, WaitFor.Any, cancellationToken: source.Token),
            executor.WaitAsync(futures.Snapshot(), cancellationToken: source.Token),
            futures.GetResultAsync(source.Token),
            futures.WhenAllSettledAsync(source.Token),
            futures.AsCompleted(source.Token).CountAsync().AsTask(),
            futures.ResultsAsync(source.Token).CountAsync().AsTask(),
        ];

        await source.CancelAsync();
        foreach (var wait in waits)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.InTime());
        gate.SetResult(3);
        Assert.Equal([3], await futures.InTime());
    }

    [Fact]
    public async Task While_inputs_are_drawn_only_drawn_tasks_are_known()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 2 });
        var more = new TaskCompletionSource();
        var futures = executor.MapAsync(x => x * 2, Inputs());

        var (done, pending) = await executor.WaitAsync(futures, WaitFor.Any).InTime();
        Assert.Equal([0], done.Select(future => future.Index));
        Assert.Empty(pending);
        Assert.Null(futures.Count);
        Assert.Null(futures.Progress.Fraction);
        Assert.Throws<ArgumentOutOfRangeException>(() => futures[1]);
        more.SetResult();

        Assert.Equal([20, 40], await futures.ResultsAsync().ToListAsync().AsTask().InTime());
        Assert.Equal(2, futures.Count);
        Assert.Equal(40, await futures[1].InTime());
        Assert.Throws<ArgumentOutOfRangeException>(() => futures[2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => futures[-1]);

        async IAsyncEnumerable<int> Inputs()
        {
            yield return 10;
            await more.Task;
            yield return 20;
        }
    }

    [Fact]
    public async Task Results_in_order_end_with_the_first_failure_in_order()
    {
        await using var executor = new FunctionExecutor();
        var futures = executor.MapAsync(i => i == 2 ? throw new IOException() : i, [0, 1, 2, 3]);
        var seen = new List<int>();

        var exception = await Assert.ThrowsAsync<TaskFailedException>(async () =>
        {
            await foreach (var result in futures.ResultsAsync())
                seen.Add(result);
        });

        Assert.Equal([0, 1], seen);
        Assert.Equal(2, exception.TaskIndex);
    }

    [Fact]
    public async Task A_result_can_be_tried_for()
    {
        await using var executor = new FunctionExecutor();
        var gate = new TaskCompletionSource<int>();
        var future = executor.CallAsync(() => gate.Task);

        Assert.False(future.TryGetResult(out _));
        gate.SetResult(4);
        await future.InTime();
        Assert.True(future.TryGetResult(out var result));
        Assert.Equal(4, result);
    }

    private static TaskCompletionSource<int>[] Gates(int count) => [.. Enumerable.Range(0, count).Select(_ => new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously))];
}
