using System.Runtime.CompilerServices;
namespace Dataplug.Lithops.Tests.Jobs;

public sealed class CancellationTests
{
    [Fact]
    public async Task Cancelling_a_job_tells_running_tasks_and_starts_no_queued_one()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 2 });
        var started = 0;
        var bothRun = new TaskCompletionSource();
        var futures = executor.MapAsync(
            async (int _, CancellationToken token) =>
            {
                if (Interlocked.Increment(ref started) == 2)
                    bothRun.SetResult();
                await Task.Delay(Timeout.Infinite, token);
                return 1;
            },
            Enumerable.Range(0, 100).ToList());
        await bothRun.Task.InTime();

        futures.Cancel();
        var summary = await futures.WhenAllSettledAsync().InTime();

        Assert.Equal(2, started);
        Assert.Equal(100, summary.Canceled);
        await Assert.ThrowsAsync<OperationCanceledException>(() => futures.InTime());
        Assert.All(futures.Snapshot(), future => Assert.Equal(FutureState.Canceled, future.State));
        Assert.False(futures[0].Cancel());
    }

    [Fact]
    public async Task The_callers_token_cancels_the_job_and_the_waits_token_only_the_wait()
    {
        await using var executor = new FunctionExecutor();
        using var job = new CancellationTokenSource();
        using var wait = new CancellationTokenSource();
        var future = executor.CallAsync(token => Task.Delay(Timeout.Infinite, token).ContinueWith(_ => 1, TaskScheduler.Default), cancellationToken: job.Token);

        var waiting = future.GetResultAsync(wait.Token);
        await wait.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.InTime());
        Assert.False(future.IsDone);

        await job.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => future.InTime());
        Assert.Equal(FutureState.Canceled, future.State);
    }

    [Fact]
    public async Task A_job_whose_token_has_fired_already_runs_nothing()
    {
        await using var executor = new FunctionExecutor();
        var ran = false;

        var futures = executor.MapAsync(x => ran = true, [1, 2], cancellationToken: new CancellationToken(canceled: true));

        Assert.Equal(2, (await futures.WhenAllSettledAsync().InTime()).Canceled);
        Assert.False(ran);
    }

    [Fact]
    public async Task A_queued_future_cancelled_alone_never_starts_and_the_others_run()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 1 });
        var gate = new TaskCompletionSource();
        var ran = new bool[4];
        var futures = executor.MapAsync(async i => { ran[i] = true; await gate.Task; return i; }, [0, 1, 2, 3]);

        Assert.True(futures[2].Cancel());
        Assert.Equal(FutureState.Canceled, futures[2].State);
        gate.SetResult();
        var summary = await futures.WhenAllSettledAsync().InTime();

        Assert.Equal([true, true, false, true], ran);
        Assert.Equal((3, 1), (summary.Succeeded, summary.Canceled));
        Assert.Equal(3, await futures[3].InTime());
        await Assert.ThrowsAsync<OperationCanceledException>(() => futures[2].InTime());
    }

    [Fact]
    public async Task A_running_future_cancelled_alone_gets_its_token_and_the_others_do_not()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 2 });
        var gate = new TaskCompletionSource();
        var started = new TaskCompletionSource();
        var futures = executor.MapAsync(
            async (int i, CancellationToken token) =>
            {
                if (i == 1)
                    started.SetResult();
                await gate.Task.WaitAsync(token);
                return i;
            },
            [0, 1]);
        await started.Task.InTime();

        futures[1].Cancel();
        await futures[1].WhenSettledAsync().InTime();
        Assert.False(futures[0].IsDone);
        gate.SetResult();

        Assert.Equal(0, await futures[0].InTime());
        Assert.Equal(FutureState.Canceled, futures[1].State);
    }

    [Fact]
    public async Task What_a_cancelled_task_still_returns_or_throws_does_not_count()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 2, Retries = 5, RetryDelay = TimeSpan.Zero });
        var gate = new TaskCompletionSource();
        using var started = new CountdownEvent(2);
        var futures = executor.MapAsync(
            async i =>
            {
                started.Signal();
                await gate.Task;
                return i == 0 ? 1 : throw new IOException();
            },
            [0, 1]);
        Assert.True(started.Wait(TimeSpan.FromSeconds(60)));

        futures.Cancel();
        gate.SetResult();
        var summary = await futures.WhenAllSettledAsync().InTime();

        Assert.Equal((2, 0, 0, 0), (summary.Canceled, summary.Succeeded, summary.Failed, summary.Retries));
    }

    [Fact]
    public async Task A_task_that_ignores_its_token_is_given_up_after_the_grace_and_its_place_goes_on()
    {
        var time = new ManualTime();
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 1, TimeProvider = time, CancellationGrace = TimeSpan.FromSeconds(5) });
        var gate = new TaskCompletionSource();
        var started = new TaskCompletionSource();
        var futures = executor.MapAsync(
            async i =>
            {
                if (i == 0)
                {
                    started.SetResult();
                    await gate.Task;
                }

                return i;
            },
            [0, 1]);
        await started.Task.InTime();

        futures[0].Cancel();
        time.Advance(TimeSpan.FromSeconds(4));
        Assert.False(futures[0].IsDone);
        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(FutureState.Canceled, futures[0].State);
        Assert.True(futures[0].Statistics.Abandoned);
        Assert.Equal(1, await futures[1].InTime());
        gate.SetResult();
        Assert.Equal(FutureState.Canceled, futures[0].State);
    }

    [Fact]
    public async Task Disposing_cancels_what_runs_and_waits_for_it()
    {
        var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 2 });
        var told = new TaskCompletionSource();
        var mayEnd = new TaskCompletionSource();
        var ended = false;
        var future = executor.CallAsync(async token =>
        {
            await using (token.Register(told.SetResult))
                await mayEnd.Task;
            ended = true;
            return 1;
        });
        await Soon.Until(() => future.State != FutureState.Queued);

        var disposal = executor.DisposeAsync().AsTask();
        await told.Task.InTime();
        Assert.False(disposal.IsCompleted);
        mayEnd.SetResult();
        await disposal.InTime();

        Assert.True(ended);
        Assert.Equal(FutureState.Canceled, future.State);
        Assert.Throws<ObjectDisposedException>(() => executor.CallAsync(() => 1));
    }

    [Fact]
    public async Task Disposing_does_not_hang_on_a_task_or_on_inputs_that_ignore_their_tokens()
    {
        var time = new ManualTime();
        var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 2, TimeProvider = time });
        var never = new TaskCompletionSource<int>();
        var future = executor.CallAsync(() => never.Task);
        var stuck = executor.MapAsync(x => x, StuckInputs(never.Task));
        await Soon.Until(() => future.State != FutureState.Queued);

        var disposal = executor.DisposeAsync().AsTask();
        await Soon.Until(() =>
        {
            time.Advance(TimeSpan.FromSeconds(5));
            return disposal.IsCompleted;
        });

        Assert.True(future.IsDone);
        Assert.Equal(0, (await stuck.WhenAllSettledAsync().InTime()).Succeeded);
        never.SetResult(1);

        static async IAsyncEnumerable<int> StuckInputs(Task<int> never)
        {
            yield return await never;
        }
    }

    [Fact]
    public async Task Disposing_twice_or_from_within_a_task_ends()
    {
        var executor = new FunctionExecutor(new ExecutorOptions { CancellationGrace = TimeSpan.FromMilliseconds(50) });
        var future = executor.CallAsync(async () => { await executor.DisposeAsync(); return 1; });

        await future.WhenSettledAsync().InTime();
        await executor.DisposeAsync().InTime();
        await executor.DisposeAsync().InTime();

        Assert.Equal(FutureState.Canceled, future.State);
    }

    [Fact]
    public async Task A_job_that_is_cancelled_while_inputs_may_come_gives_no_part_of_its_results_for_all()
    {
        await using var executor = new FunctionExecutor();
        var futures = executor.MapAsync((int x) => x, OneAndNoMoreAsync());
        await Soon.Until(() => futures.Snapshot() is [{ State: FutureState.Succeeded }]);

        futures.Cancel();

        await Assert.ThrowsAsync<OperationCanceledException>(() => futures.InTime());
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await futures.ResultsAsync().CountAsync());
        await Assert.ThrowsAsync<OperationCanceledException>(() => executor.MapAsync((int x) => x, futures).InTime());
        Assert.Equal(7, await futures[0]);

        static async IAsyncEnumerable<int> OneAndNoMoreAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            yield return 7;
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }

    [Fact]
    public async Task Cancel_all_stops_all_jobs_and_leaves_the_executor_usable()
    {
        await using var executor = new FunctionExecutor();
        var first = executor.CallAsync(Forever);
        var second = executor.MapAsync((int _, CancellationToken token) => Forever(token), [1, 2]);

        executor.CancelAll();

        await first.WhenSettledAsync().InTime();
        Assert.Equal(2, (await second.WhenAllSettledAsync().InTime()).Canceled);
        Assert.Equal(5, await executor.CallAsync(() => 5).InTime());
    }

    [Fact]
    public async Task A_token_callback_that_throws_harms_nobody()
    {
        await using var executor = new FunctionExecutor();
        var started = new TaskCompletionSource();
        var future = executor.CallAsync(async token =>
        {
            token.Register(() => throw new InvalidOperationException("in a callback"));
            started.SetResult();
            return await Forever(token);
        });
        await started.Task.InTime();

        Assert.True(future.Cancel());
        await future.WhenSettledAsync().InTime();
        Assert.Equal(FutureState.Canceled, future.State);
    }

    [Fact]
    public async Task A_task_that_throws_a_cancellation_of_its_own_has_failed()
    {
        await using var executor = new FunctionExecutor();

        var exception = await Assert.ThrowsAsync<TaskFailedException>(
            () => executor.CallAsync(() => Task.FromException<int>(new TaskCanceledException("a request timed out"))).InTime());

        Assert.IsType<TaskCanceledException>(exception.InnerException);
    }

    [Fact]
    public async Task A_job_that_a_task_submitted_is_cancelled_with_the_task()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 2 });
        var inner = new TaskCompletionSource<FutureList<int>>();
        var outer = executor.CallAsync(async () =>
        {
            var futures = executor.MapAsync((int _, CancellationToken token) => Forever(token), [1]);
            inner.SetResult(futures);
            return await futures;
        });
        var submitted = await inner.Task.InTime();

        outer.Cancel();

        Assert.Equal(1, (await submitted.WhenAllSettledAsync().InTime()).Canceled);
        await Assert.ThrowsAsync<OperationCanceledException>(() => outer.InTime());
    }

    private static async Task<int> Forever(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return 0;
    }
}
