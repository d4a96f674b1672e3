namespace Dataplug.Lithops.Tests.Jobs;

public sealed class FailureTests
{
    private static readonly ExecutorOptions AtOnce = new() { MaxParallelism = 2, RetryDelay = TimeSpan.Zero };

    [Fact]
    public async Task Every_failure_is_kept_and_the_lowest_index_is_thrown()
    {
        await using var executor = new FunctionExecutor(AtOnce);
        var original = new InvalidDataException("bad record");
        var futures = executor.MapAsync(i => i % 2 == 1 ? throw original : i, Enumerable.Range(0, 20), new JobOptions { Name = "odd ones" });

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => futures.InTime());

        Assert.Same(original, exception.InnerException);
        Assert.Equal((1, 1, "odd ones"), (exception.TaskIndex, exception.Attempts, exception.JobName));
        Assert.Equal([3, 5, 7, 9, 11, 13, 15, 17, 19], exception.OtherFailures.Cast<TaskFailedException>().Select(other => other.TaskIndex));
        Assert.Equal(
            $"task 1 of job odd ones ({futures.JobId}): failed: System.IO.InvalidDataException: bad record; so did 9 more (task 3, 5, 7, 9, 11, …).",
            exception.Message);
        Assert.Same(original, futures[7].Exception!.InnerException);
        Assert.Empty(((TaskFailedException)futures[7].Exception!).OtherFailures);
        Assert.Equal("System.IO.InvalidDataException", futures[7].Statistics.ExceptionType);
        Assert.Equal(4, await futures[4].InTime());
    }

    [Fact]
    public async Task A_failure_is_repeated_only_as_often_as_allowed_and_only_what_failed()
    {
        await using var executor = new FunctionExecutor(AtOnce with { Retries = 2 });
        var runs = new int[3];
        var futures = executor.MapAsync(i => { Interlocked.Increment(ref runs[i]); return i == 1 ? throw new IOException() : i; }, [0, 1, 2]);

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => futures.InTime());

        Assert.Equal([1, 3, 1], runs);
        Assert.Equal(3, exception.Attempts);
        Assert.Contains("after 3 attempts", exception.Message, StringComparison.Ordinal);
        Assert.Equal(2, futures.Summary.Retries);
        Assert.Equal(3, futures[1].Statistics.Attempts);
    }

    [Fact]
    public async Task A_failure_that_is_not_worth_it_is_not_repeated()
    {
        await using var executor = new FunctionExecutor(AtOnce with { Retries = 2, ShouldRetry = failure => failure.Exception is IOException });

        var futures = executor.MapAsync(
            (i, context) => Task.FromException<int>(i == 0 ? new IOException() : new FormatException()), [0, 1]);
        await futures.WhenAllSettledAsync().InTime();

        Assert.Equal(3, futures[0].Statistics.Attempts);
        Assert.Equal(1, futures[1].Statistics.Attempts);
    }

    [Fact]
    public async Task A_retry_predicate_that_throws_fails_the_task_with_both_exceptions()
    {
        await using var executor = new FunctionExecutor(AtOnce with { Retries = 2, ShouldRetry = _ => throw new FormatException("predicate") });

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => executor.CallAsync(int () => throw new IOException("task")).InTime());

        var both = Assert.IsType<AggregateException>(exception.InnerException);
        Assert.Equal([typeof(IOException), typeof(FormatException)], both.InnerExceptions.Select(inner => inner.GetType()));
    }

    [Fact]
    public async Task A_repeat_waits_for_its_delay_and_other_tasks_go_on_meanwhile()
    {
        var time = new ManualTime();
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 1, Retries = 1, RetryDelay = TimeSpan.FromSeconds(10), TimeProvider = time });
        var futures = executor.MapAsync((i, context) => i == 0 && context.Attempt == 1 ? Task.FromException<int>(new IOException()) : Task.FromResult(i), [0, 1]);

        await time.WhenTimersAsync(1).InTime();
        Assert.Equal(1, await futures[1].InTime());
        Assert.Equal(FutureState.Queued, futures[0].State);
        time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(0, await futures[0].InTime());
        Assert.Equal(2, futures[0].Statistics.Attempts);
    }

    [Fact]
    public async Task A_task_that_waits_for_its_repeat_can_be_cancelled()
    {
        var time = new ManualTime();
        await using var executor = new FunctionExecutor(new ExecutorOptions { Retries = 1, RetryDelay = TimeSpan.FromDays(1), MaxRetryDelay = TimeSpan.FromDays(1), TimeProvider = time });
        var future = executor.CallAsync(int () => throw new IOException());
        await time.WhenTimersAsync(1).InTime();

        Assert.True(future.Cancel());

        await Assert.ThrowsAsync<OperationCanceledException>(() => future.InTime());
        Assert.Equal(1, future.Statistics.Attempts);
    }

    [Fact]
    public async Task A_repeat_does_not_wait_for_slow_inputs()
    {
        await using var executor = new FunctionExecutor(AtOnce with { Retries = 1 });
        var more = new TaskCompletionSource();
        var futures = executor.MapAsync((i, context) => context.Attempt == 1 ? Task.FromException<int>(new IOException()) : Task.FromResult(i), Inputs());
        await using var completed = futures.AsCompleted().GetAsyncEnumerator();

        Assert.True(await completed.MoveNextAsync().AsTask().InTime());
        Assert.Equal(2, completed.Current.Statistics.Attempts);
        Assert.Null(futures.Count);
        more.SetResult();
        Assert.Equal([0, 1], await futures.InTime());

        async IAsyncEnumerable<int> Inputs()
        {
            yield return 0;
            await more.Task;
            yield return 1;
        }
    }

    [Fact]
    public async Task A_task_that_takes_too_long_is_told_to_stop_and_fails()
    {
        var time = new ManualTime();
        await using var executor = new FunctionExecutor(new ExecutorOptions { TaskTimeout = TimeSpan.FromMinutes(1), TimeProvider = time });
        var started = new TaskCompletionSource();
        var future = executor.CallAsync(async token =>
        {
            started.SetResult();
            await Task.Delay(Timeout.Infinite, token);
            return 1;
        });
        await started.Task.InTime();
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(FutureState.Running, future.State);
        time.Advance(TimeSpan.FromSeconds(1));

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => future.InTime());

        Assert.IsType<TimeoutException>(exception.InnerException);
        Assert.Equal(TimeSpan.FromMinutes(1), future.Statistics.Duration);
    }

    [Fact]
    public async Task A_timeout_is_repeated_even_when_the_function_ignores_its_token()
    {
        var time = new ManualTime();
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 1, Retries = 1, RetryDelay = TimeSpan.Zero, TaskTimeout = TimeSpan.FromMinutes(1), TimeProvider = time });
        var started = new TaskCompletionSource();
        var never = new TaskCompletionSource<int>();
        var future = executor.CallAsync(context =>
        {
            started.TrySetResult();
            return context.Attempt == 1 ? never.Task : Task.FromResult(context.Attempt);
        });
        await started.Task.InTime();

        time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(future.IsDone);
        time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(2, await future.InTime());
        never.SetResult(99);
        Assert.Equal(2, await future.InTime());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task A_timed_out_task_that_is_cancelled_then_is_cancelled_and_not_repeated(int retries)
    {
        var time = new ManualTime();
        await using var executor = new FunctionExecutor(new ExecutorOptions { Retries = retries, RetryDelay = TimeSpan.Zero, TaskTimeout = TimeSpan.FromMinutes(1), TimeProvider = time });
        var started = new TaskCompletionSource();
        var gate = new TaskCompletionSource<int>();
        var future = executor.CallAsync(() =>
        {
            started.SetResult();
            return gate.Task;
        });
        await started.Task.InTime();

        time.Advance(TimeSpan.FromMinutes(1));
        future.Cancel();
        gate.SetResult(1);
        await future.WhenSettledAsync().InTime();

        Assert.Equal(FutureState.Canceled, future.State);
        Assert.Equal(1, future.Statistics.Attempts);
    }

    [Fact]
    public async Task The_first_failure_stops_the_rest_when_that_is_wanted()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 1, StopOnFailure = true });
        var ran = 0;
        var futures = executor.MapAsync(i => { ran++; return i == 2 ? throw new IOException() : i; }, Enumerable.Range(0, 50).ToList());

        var summary = await futures.WhenAllSettledAsync().InTime();

        Assert.Equal(3, ran);
        Assert.Equal((2, 1, 47), (summary.Succeeded, summary.Failed, summary.Canceled));
        Assert.Equal(2, (await Assert.ThrowsAsync<TaskFailedException>(() => futures.InTime())).TaskIndex);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Inputs_that_throw_fail_the_job_and_keep_what_ran(bool asynchronously)
    {
        await using var executor = new FunctionExecutor(AtOnce);
        var original = new InvalidDataException("the third is bad");
        var disposed = false;
        var futures = asynchronously ? executor.MapAsync(x => x, Inputs().ToAsyncEnumerable()) : executor.MapAsync(x => x, Inputs());

        var exception = await Assert.ThrowsAsync<JobInputException>(() => futures.InTime());

        Assert.Same(original, exception.InnerException);
        Assert.True(disposed);
        Assert.Equal(2, futures.Count);
        Assert.Equal([0, 1], futures.Snapshot().Select(future => future.ResultOrThrow()));
        Assert.IsType<JobInputException>(futures.Summary.JobException);
        await Assert.ThrowsAsync<JobInputException>(() => futures.AsCompleted().ToListAsync().AsTask().InTime());
        await Assert.ThrowsAsync<JobInputException>(() => futures.ResultsAsync().ToListAsync().AsTask().InTime());

        IEnumerable<int> Inputs()
        {
            try
            {
                yield return 0;
                yield return 1;
                throw original;
            }
            finally
            {
                disposed = true;
            }
        }
    }

    [Fact]
    public async Task Task_failures_come_before_that_of_the_inputs()
    {
        await using var executor = new FunctionExecutor(AtOnce);

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => executor.MapAsync(int (int x) => throw new FormatException(), Inputs()).InTime());

        Assert.Equal(0, exception.TaskIndex);
        Assert.IsType<JobInputException>(Assert.Single(exception.OtherFailures));

        static IEnumerable<int> Inputs()
        {
            yield return 0;
            throw new IOException();
        }
    }

    [Fact]
    public async Task A_partition_that_fails_fails_the_map_over_it()
    {
        await using var executor = new FunctionExecutor();
        Task<IReadOnlyList<int>> partition = Task.FromException<IReadOnlyList<int>>(new PartitionException("s3://b/k", "there is no such strategy"));

        var exception = await Assert.ThrowsAsync<JobInputException>(() => executor.MapAsync(x => x, partition).InTime());

        Assert.IsType<PartitionException>(exception.InnerException);
    }

    [Fact]
    public async Task A_collection_that_has_not_what_its_count_says_fails_the_job()
    {
        await using var executor = new FunctionExecutor();

        var tooFew = executor.MapAsync(x => x, new LyingCollection(3, [1, 2]));
        await Assert.ThrowsAsync<JobInputException>(() => tooFew.InTime());
        Assert.Equal((2, 1), (tooFew.Summary.Succeeded, tooFew.Summary.Failed));
        var tooMany = executor.MapAsync(x => x, new LyingCollection(1, [1, 2]));
        await Assert.ThrowsAsync<JobInputException>(() => tooMany.InTime());
        Assert.Equal(1, tooMany.Summary.Succeeded);
    }

    [Fact]
    public async Task A_backend_that_fails_with_its_own_exception_is_quoted_once()
    {
        var original = new BackendFailedException("slurm", "sbatch: there is no such partition", "Ask for another one.");
        await using var executor = new FunctionExecutor(new FailingBackend(original));

        var futures = executor.MapAsync(x => x, [1, 2]);
        var exception = await Assert.ThrowsAsync<BackendFailedException>(() => futures.InTime());

        Assert.Equal(original.Message, exception.Message);
        Assert.Equal("slurm: sbatch: there is no such partition. Ask for another one.", exception.Message);
        Assert.Same(original, futures.Summary.JobException);

        await using var other = new FunctionExecutor(new FailingBackend(new IOException("no space left")));
        exception = await Assert.ThrowsAsync<BackendFailedException>(() => other.CallAsync(() => 1).InTime());
        Assert.StartsWith("failing: the backend failed: no space left", exception.Message, StringComparison.Ordinal);
    }

    private sealed class FailingBackend(Exception exception) : Dataplug.Lithops.Backends.IExecutorBackend
    {
        public string Name => "failing";

        public bool ShipsFunctions => false;

        public int MaxParallelism => 1;

        public async Task RunAsync(Dataplug.Lithops.Backends.IBackendJob job, CancellationToken cancellationToken)
        {
            await Task.Yield();
            throw exception;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class LyingCollection(int count, int[] items) : IReadOnlyCollection<int>, ICollection<int>
    {
        public int Count => count;

        public bool IsReadOnly => true;

        public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)items).GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();

        public bool Contains(int item) => items.Contains(item);

        public void CopyTo(int[] array, int arrayIndex) => items.CopyTo(array, arrayIndex);

        public void Add(int item) => throw new NotSupportedException();

        public void Clear() => throw new NotSupportedException();

        public bool Remove(int item) => throw new NotSupportedException();
    }
}
