namespace Dataplug.Lithops.Tests.Jobs;

public sealed class StreamTests
{
    [Fact]
    public async Task A_stream_runs_ahead_of_its_reader_by_no_more_than_its_buffer()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 4 });
        var drawn = 0;
        var taken = 0;
        var furthest = 0;

        await foreach (var value in executor.StreamAsync(x => x, Inputs(), new JobOptions { StreamBuffer = 3 }))
        {
            Assert.Equal(taken, value);
            taken++;
        }

        Assert.Equal(1000, taken);
        Assert.InRange(furthest, 1, 3);

        IEnumerable<int> Inputs()
        {
            for (var i = 0; i < 1000; i++)
            {
                furthest = Math.Max(furthest, ++drawn - Volatile.Read(ref taken));
                yield return i;
            }
        }
    }

    [Fact]
    public async Task An_endless_stream_left_early_stops_its_job_and_disposes_its_inputs()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 2 });
        var disposed = new TaskCompletionSource();
        var sum = 0L;

        await foreach (var value in executor.StreamAsync((x, _) => Task.FromResult(x), Endless()))
        {
            sum += value;
            if (value == 100)
                break;
        }

        Assert.Equal(5050, sum);
        await disposed.Task.InTime();

        async IAsyncEnumerable<long> Endless()
        {
            try
            {
                for (var i = 0L; ; i++)
                {
                    await Task.Yield();
                    yield return i;
                }
            }
            finally
            {
                disposed.SetResult();
            }
        }
    }

    [Fact]
    public async Task A_stream_ends_with_the_first_failure_in_order_and_retries_even_when_its_buffer_is_full()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 2, Retries = 1, RetryDelay = TimeSpan.Zero });
        var seen = new List<int>();

        var exception = await Assert.ThrowsAsync<TaskFailedException>(async () =>
        {
            await foreach (var value in executor.StreamAsync(
                (i, context) => context.Attempt == 1 || i == 7 ? Task.FromException<int>(new IOException()) : Task.FromResult(i),
                Enumerable.Range(0, 100),
                new JobOptions { StreamBuffer = 1 }))
            {
                seen.Add(value);
            }
        }).InTime();

        Assert.Equal(Enumerable.Range(0, 7), seen);
        Assert.Equal((7, 2), (exception.TaskIndex, exception.Attempts));
    }

    [Fact]
    public async Task A_stream_ends_with_the_failure_of_its_inputs()
    {
        await using var executor = new FunctionExecutor();
        var seen = new List<int>();

        await Assert.ThrowsAsync<JobInputException>(async () =>
        {
            await foreach (var value in executor.StreamAsync(x => x, Inputs()))
                seen.Add(value);
        }).InTime();

        Assert.Equal([1, 2], seen);

        static IEnumerable<int> Inputs()
        {
            yield return 1;
            yield return 2;
            throw new IOException();
        }
    }

    [Fact]
    public async Task A_stream_runs_when_it_is_enumerated_and_each_time_anew()
    {
        await using var executor = new FunctionExecutor();
        var runs = 0;
        var stream = executor.StreamAsync(x => Interlocked.Increment(ref runs), [1, 2]);

        Assert.Equal(0, runs);
        Assert.Equal(2, await stream.CountAsync().AsTask().InTime());
        Assert.Equal(2, await stream.CountAsync().AsTask().InTime());
        Assert.Equal(4, runs);
    }

    [Fact]
    public async Task A_stream_is_cancelled_by_the_token_of_its_enumeration_and_with_its_executor()
    {
        await using var executor = new FunctionExecutor();
        using var source = new CancellationTokenSource();
        var started = new TaskCompletionSource();
        var stream = executor.StreamAsync(
            async (int _, CancellationToken token) =>
            {
                started.TrySetResult();
                await Task.Delay(Timeout.Infinite, token);
                return 1;
            },
            [1]);

        var reading = stream.CountAsync(source.Token).AsTask();
        await started.Task.InTime();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.InTime());

        reading = stream.CountAsync().AsTask();
        executor.CancelAll();
        await executor.DisposeAsync().InTime();
        await Assert.ThrowsAnyAsync<Exception>(() => reading.InTime());
    }
}
