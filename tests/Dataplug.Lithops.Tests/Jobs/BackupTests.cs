using System.Collections.Concurrent;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dataplug.Lithops.Tests.Jobs;

public sealed class BackupTests
{
    private static readonly BackupOptions Backups = new() { MinTasks = 4, MinCompleted = 0.5, SlowFactor = 3, MinDuration = TimeSpan.FromSeconds(1) };
    private static readonly BackupOptions Eager = new() { MinTasks = 1, MinCompleted = 0.01, SlowFactor = 1, MinDuration = TimeSpan.Zero };

    [Fact]
    public async Task A_task_gets_a_second_attempt_when_its_time_has_come_and_not_before()
    {
        await using var stage = new Stage();
        var futures = await stage.AllButTheLastEndAfterTwoSecondsAsync();

        // Three times the median of two seconds, of which two are over.
        stage.Time.Advance(TimeSpan.FromSeconds(4) - TimeSpan.FromMilliseconds(1));
        await stage.Executor.CallAsync(() => 0).InTime();
        Assert.Equal(4, stage.Started.Count);
        stage.Time.Advance(TimeSpan.FromMilliseconds(1));
        await stage.StartsAsync(3, attempt: 2);

        var progress = futures.Progress;
        Assert.Equal((1, 3, 0, 1), (progress.Running, progress.Succeeded, progress.Retries, progress.Backups));
        stage.Gate(3, 2).SetResult(32);
        stage.Gate(3, 1).SetResult(31);
        Assert.Equal([0, 1, 2], (await futures.InTime()).Take(3));
        await stage.LeavesAsync(futures);
    }

    [Fact]
    public async Task The_backup_wins_and_the_first_attempt_is_told_to_stop_and_waited_for_by_nobody()
    {
        await using var stage = new Stage();
        var futures = await stage.LastHasBackupAsync();
        var began = stage.Time.GetUtcNow();
        stage.Time.Advance(TimeSpan.FromSeconds(1));

        stage.Gate(3, 2).SetResult(32);

        Assert.Equal([0, 1, 2, 32], await futures.InTime());
        Assert.Equal((0, FutureState.Succeeded), (futures.Progress.Running, futures[3].State));
        var statistics = futures[3].Statistics;
        Assert.Equal((2, began, TimeSpan.FromSeconds(1)), (statistics.Attempts, statistics.Started, statistics.Duration));
        Assert.Empty(statistics.EarlierAttempts);
        await Soon.Until(() => stage.Token(3, 1).IsCancellationRequested);
        Assert.False(stage.Token(3, 2).IsCancellationRequested);

        // What the loser still returns overwrites nothing.
        stage.Gate(3, 1).SetResult(31);
        await stage.LeavesAsync(futures);
        Assert.Equal([0, 1, 2, 32], await futures.InTime());
        statistics = futures[3].Statistics;
        var loser = Assert.Single(statistics.EarlierAttempts);
        Assert.Equal((TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(1)), (loser.Duration, statistics.TotalDuration, statistics.Duration));
        Assert.NotEqual(statistics.Worker, loser.Worker);
        Assert.Equal((4, 1, 0, 5), (futures.Summary.Succeeded, futures.Summary.Backups, futures.Summary.Retries, futures.Summary.AttemptDurations.Count));
        Assert.Equal((1, 0), (futures.Record().Backups, futures.Record().Running));
    }

    [Fact]
    public async Task The_first_attempt_wins_and_the_backup_is_told_to_stop()
    {
        await using var stage = new Stage();
        var futures = await stage.LastHasBackupAsync();
        stage.Time.Advance(TimeSpan.FromSeconds(1));

        stage.Gate(3, 1).SetResult(31);

        Assert.Equal([0, 1, 2, 31], await futures.InTime());
        Assert.Equal(TimeSpan.FromSeconds(7), futures[3].Statistics.Duration);
        await Soon.Until(() => stage.Token(3, 2).IsCancellationRequested);
        stage.Gate(3, 2).SetException(new IOException());
        await stage.LeavesAsync(futures);
        Assert.Equal(31, await futures[3].InTime());
        Assert.Equal(TimeSpan.FromSeconds(1), Assert.Single(futures[3].Statistics.EarlierAttempts).Duration);
        Assert.Equal((0, 0), (futures.Progress.Running, futures.Progress.Failed));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_failure_of_one_attempt_does_not_count_while_the_other_goes_on(int failing)
    {
        await using var stage = new Stage(options => options with { Retries = 3 });
        var futures = await stage.LastHasBackupAsync();

        stage.Gate(3, failing).SetException(new IOException());
        await Soon.Until(() => futures[3].Statistics.EarlierAttempts.Count == 1);
        Assert.Equal((FutureState.Running, 1, 0), (futures[3].State, futures.Progress.Running, futures.Progress.Retries));
        stage.Gate(3, 3 - failing).SetResult(7);

        Assert.Equal(7, await futures[3].InTime());
        Assert.Equal((2, 0, 1), (futures[3].Statistics.Attempts, futures.Summary.Retries, futures.Summary.Backups));
        await stage.LeavesAsync(futures);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_failure_of_both_fails_the_task_when_no_retry_is_left(int first)
    {
        await using var stage = new Stage();
        var futures = await stage.LastHasBackupAsync();

        stage.Gate(3, first).SetException(new IOException());
        await Soon.Until(() => futures[3].Statistics.EarlierAttempts.Count == 1);
        stage.Gate(3, 3 - first).SetException(new FormatException());

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => futures.InTime());
        Assert.Equal((3, 2), (exception.TaskIndex, exception.Attempts));
        Assert.IsType<FormatException>(exception.InnerException);
        Assert.Equal((0, 1), (futures.Progress.Running, futures.Progress.Failed));
        await stage.LeavesAsync(futures);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_failure_of_both_is_repeated_once_under_the_next_number_and_gets_no_further_backup(int first)
    {
        await using var stage = new Stage(options => options with { Retries = 1, RetryDelay = TimeSpan.Zero });
        var futures = await stage.LastHasBackupAsync();

        stage.Gate(3, first).SetException(new IOException());
        await Soon.Until(() => futures[3].Statistics.EarlierAttempts.Count == 1);
        stage.Gate(3, 3 - first).SetException(new IOException());
        await stage.StartsAsync(3, attempt: 3);
        Assert.Equal((1, 1), (futures.Progress.Retries, futures.Progress.Backups));
        stage.Time.Advance(TimeSpan.FromHours(1));
        stage.Gate(3, 3).SetException(new FormatException());

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => futures.InTime());
        Assert.Equal(3, exception.Attempts);
        Assert.IsType<FormatException>(exception.InnerException);
        Assert.Equal(2, futures[3].Statistics.EarlierAttempts.Count);
        Assert.Equal((1, 1, 6), (futures.Summary.Retries, futures.Summary.Backups, stage.Started.Count));
        await stage.LeavesAsync(futures);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cancelling_tells_both_attempts_and_the_task_ends_with_the_last_of_them(bool wholeJob)
    {
        await using var stage = new Stage();
        var futures = await stage.LastHasBackupAsync();

        if (wholeJob)
            futures.Cancel();
        else
            Assert.True(futures[3].Cancel());
        await Soon.Until(() => stage.Token(3, 1).IsCancellationRequested && stage.Token(3, 2).IsCancellationRequested);
        stage.Gate(3, 1).SetResult(31);
        await Soon.Until(() => futures[3].Statistics.EarlierAttempts.Count == 1);
        Assert.False(futures[3].IsDone);
        stage.Gate(3, 2).SetResult(32);

        await Assert.ThrowsAsync<OperationCanceledException>(() => futures.InTime());
        Assert.Equal((0, 3, 1), (futures.Progress.Running, futures.Progress.Succeeded, futures.Progress.Canceled));
        await stage.LeavesAsync(futures);
    }

    [Fact]
    public async Task A_timeout_of_the_first_attempt_leaves_the_task_to_the_backup()
    {
        await using var stage = new Stage(options => options with { TaskTimeout = TimeSpan.FromSeconds(10) });
        var futures = await stage.LastHasBackupAsync();

        stage.Time.Advance(TimeSpan.FromSeconds(4));
        await Soon.Until(() => stage.Token(3, 1).IsCancellationRequested);
        Assert.False(stage.Token(3, 2).IsCancellationRequested);
        stage.Gate(3, 1).SetResult(31);
        await Soon.Until(() => futures[3].Statistics.EarlierAttempts.Count == 1);
        Assert.Equal(FutureState.Running, futures[3].State);
        stage.Gate(3, 2).SetResult(32);

        Assert.Equal(32, await futures[3].InTime());
        await stage.LeavesAsync(futures);
    }

    [Fact]
    public async Task A_loser_that_ignores_its_token_is_given_up_after_the_grace()
    {
        await using var stage = new Stage(options => options with { CancellationGrace = TimeSpan.FromSeconds(5) });
        var futures = await stage.LastHasBackupAsync();
        stage.Gate(3, 2).SetResult(32);
        Assert.Equal(32, await futures[3].InTime());
        await Soon.Until(() => stage.Token(3, 1).IsCancellationRequested);

        stage.Time.Advance(TimeSpan.FromSeconds(5));

        await stage.LeavesAsync(futures);
        Assert.Single(futures[3].Statistics.EarlierAttempts);
        Assert.False(futures[3].Statistics.Abandoned);
        stage.Gate(3, 1).SetResult(31);
        Assert.Equal(32, await futures[3].InTime());
    }

    [Fact]
    public async Task A_backup_that_waits_for_a_worker_goes_when_the_first_attempt_wins()
    {
        await using var stage = new Stage(options => options with { MaxParallelism = 4 });
        var blocked = new TaskCompletionSource<int>();
        var futures = stage.Map();
        await Soon.Until(() => stage.Started.Count == 4);
        var others = stage.Executor.MapAsync(_ => blocked.Task, Enumerable.Range(0, 3));
        stage.Time.Advance(TimeSpan.FromSeconds(2));
        for (var index = 0; index < 3; index++)
            stage.Gate(index, 1).SetResult(index);
        await Soon.Until(() => others.Progress.Running == 3);
        await stage.Time.WhenTimersAsync(1).InTime();
        stage.Time.Advance(TimeSpan.FromSeconds(4));

        stage.Gate(3, 1).SetResult(31);

        Assert.Equal([0, 1, 2, 31], await futures.InTime());
        Assert.Equal(0, futures.Progress.Running);
        blocked.SetResult(0);
        await others.InTime();
        await stage.LeavesAsync(futures);
        Assert.Equal(0, futures.Summary.Backups);
        Assert.Equal(1, futures[3].Statistics.Attempts);
    }

    [Fact]
    public async Task The_attempt_that_is_further_tells_the_progress_of_the_task()
    {
        await using var stage = new Stage();
        var futures = await stage.LastHasBackupAsync();

        stage.Contexts[(3, 1)].ReportProgress(0.4);
        Assert.Equal((0.4, 3.4 / 4), (futures[3].Progress, futures.Progress.Fraction!.Value));
        stage.Contexts[(3, 2)].ReportProgress(0.8);
        stage.Contexts[(3, 1)].ReportProgress(0.6);
        Assert.Equal(0.8, futures[3].Progress);
        Assert.Equal(3.8 / 4, futures.Progress.Fraction!.Value, precision: 12);
        stage.Gate(3, 2).SetException(new IOException());
        await Soon.Until(() => futures[3].Statistics.EarlierAttempts.Count == 1);
        Assert.Equal(0.6, futures[3].Progress);
        Assert.Equal(3.6 / 4, futures.Progress.Fraction!.Value, precision: 12);
        stage.Gate(3, 1).SetResult(31);

        await futures.InTime();
        Assert.Equal(1, futures.Progress.Fraction!.Value, precision: 12);
    }

    [Fact]
    public async Task Without_the_option_no_task_runs_twice()
    {
        await using var stage = new Stage(options => options with { Backups = null });
        var futures = stage.Map();
        await Soon.Until(() => stage.Started.Count == 4);
        stage.Time.Advance(TimeSpan.FromSeconds(2));
        for (var index = 0; index < 3; index++)
            stage.Gate(index, 1).SetResult(index);
        await futures[2].InTime();
        stage.Time.Advance(TimeSpan.FromHours(1));
        stage.Gate(3, 1).SetResult(31);

        Assert.Equal([0, 1, 2, 31], await futures.InTime());
        Assert.Equal(4, stage.Started.Count);
    }

    [Fact]
    public async Task No_task_runs_twice_before_enough_have_succeeded_or_where_there_are_too_few()
    {
        await using var stage = new Stage();
        var few = stage.Map(new JobOptions { Backups = Backups with { MinTasks = 5 } });
        await Soon.Until(() => stage.Started.Count == 4);
        stage.Time.Advance(TimeSpan.FromSeconds(2));
        for (var index = 0; index < 3; index++)
            stage.Gate(index, 1).SetResult(index);
        await few[2].InTime();
        stage.Time.Advance(TimeSpan.FromHours(1));
        stage.Gate(3, 1).SetResult(31);
        Assert.Equal(31, (await few.InTime())[3]);
        Assert.Equal(0, few.Summary.Backups);

        await using var other = new Stage();
        var early = other.Map();
        await Soon.Until(() => other.Started.Count == 4);
        other.Gate(0, 1).SetResult(0);
        await early[0].InTime();
        other.Time.Advance(TimeSpan.FromHours(1));
        for (var index = 1; index < 4; index++)
            other.Gate(index, 1).SetException(new IOException());
        Assert.Equal(0, (await early.WhenAllSettledAsync().InTime()).Backups);
    }

    [Fact]
    public async Task A_result_that_comes_before_the_loser_is_told_to_stop_overwrites_nothing()
    {
        await using var stage = new Stage();
        FutureList<int>? futures = null;

        // Told when the winner's result is there, and before the other attempt is told to stop.
        var progress = new Receiver(job =>
        {
            if (job.Succeeded < 4)
                return;
            stage.Gate(3, 1).TrySetResult(31);
            SpinWait.SpinUntil(() => futures!.Summary.AttemptDurations.Count == 5, TimeSpan.FromSeconds(60));
        });
        futures = await stage.LastHasBackupAsync(new JobOptions { Progress = progress, ProgressInterval = TimeSpan.Zero });

        stage.Gate(3, 2).SetResult(32);

        Assert.Equal([0, 1, 2, 32], await futures.InTime());
        Assert.False(stage.Token(3, 2).IsCancellationRequested);
        Assert.Single(futures[3].Statistics.EarlierAttempts);
        Assert.Equal((0, 4), (futures.Progress.Running, futures.Progress.Succeeded));
        await stage.LeavesAsync(futures);
    }

    [Fact]
    public async Task Two_attempts_that_succeed_at_the_same_moment_leave_one_result_that_stays()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 4, Backups = Eager });
        var wins = new int[3];
        for (var round = 0; round < 300; round++)
        {
            var both = new Barrier(2);
            var futures = executor.MapAsync(
                (i, context) => i == 0 ? Task.FromResult(0) : Task.Run(() =>
                {
                    // The first attempt ends when the second one does.
                    both.SignalAndWait(TimeSpan.FromSeconds(60));
                    return context.Attempt;
                }),
                [0, 1]);

            var winner = (await futures.InTime())[1];

            wins[winner]++;
            await Soon.Until(() => futures[1].Statistics.EarlierAttempts.Count == 1);
            Assert.Equal(winner, await futures[1].InTime());
            var (progress, summary) = (futures.Progress, futures.Summary);
            Assert.Equal((0, 2, 0, 0, 1, 0), (progress.Running, progress.Succeeded, progress.Failed, progress.Canceled, progress.Backups, progress.Retries));
            Assert.Equal((2, 1.0), (futures[1].Statistics.Attempts, progress.Fraction));
            Assert.Equal(3, summary.AttemptDurations.Count);
            both.Dispose();
        }

        Assert.Equal(300, wins[1] + wins[2]);
    }

    [Property(MaxTest = 60)]
    public void Map_equals_select_whatever_runs_twice(byte[] tasks, PositiveInt parallelism)
    {
        Task.Run(async () =>
        {
            var most = 1 + (parallelism.Get % 6);
            var (running, peak) = (0, 0);
            await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = most, Backups = Eager, Retries = 1, RetryDelay = TimeSpan.Zero });
            var futures = executor.MapAsync(
                async (task, context) =>
                {
                    var now = Interlocked.Increment(ref running);
                    InterlockedMax(ref peak, now);
                    await Task.Delay(task % 4);
                    Interlocked.Decrement(ref running);

                    // Some fail at first, whichever attempt that is, and succeed in the attempt that repeats them.
                    return task % 5 == 0 && context.Attempt == 1 ? throw new IOException() : task * 3;
                },
                tasks);

            Assert.Equal(tasks.Select(task => task * 3), await futures.InTime());
            await Soon.Until(() => executor.GetJobs()[0].State != JobState.Running && running == 0);
            Assert.InRange(peak, 0, most);
            var summary = futures.Summary;
            Assert.Equal((tasks.Length, 0, 0, 0), (summary.Succeeded, summary.Failed, summary.Canceled, futures.Progress.Running));
            Assert.InRange(summary.Backups, 0, tasks.Length);
            Assert.All(futures.Snapshot(), future => Assert.True(future.Statistics.Duration <= future.Statistics.TotalDuration));
        }).GetAwaiter().GetResult();
    }

    [Fact]
    public async Task Backups_run_on_a_backend_that_ships_functions()
    {
        await using var executor = new FunctionExecutor(new LoopbackBackend(4), new ExecutorOptions { Backups = Eager });

        var attempts = await executor.MapAsync(SlowAtFirst, [0, 0, 0, 1]).InTime();

        Assert.Equal([1, 1, 1, 2], attempts);
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        foreach (var bad in new[] { Backups with { MinTasks = 0 }, Backups with { MinCompleted = 0 }, Backups with { MinCompleted = double.NaN }, Backups with { SlowFactor = 0.5 }, Backups with { MinDuration = -TimeSpan.FromSeconds(1) } })
            Assert.Throws<ArgumentOutOfRangeException>(() => new FunctionExecutor(new ExecutorOptions { Backups = bad }));
    }

    [Property]
    public void The_running_median_is_the_lower_one_of_all_so_far(NonEmptyArray<int> numbers)
    {
        var median = new Dataplug.Lithops.Jobs.RunningMedian();
        for (var count = 1; count <= numbers.Get.Length; count++)
        {
            median.Add(numbers.Get[count - 1]);
            Assert.Equal((count, (long)numbers.Get.Take(count).Order().ElementAt((count - 1) / 2)), (median.Count, median.Value));
        }
    }

    private static async Task<int> SlowAtFirst(int slow, TaskContext context)
    {
        if (slow == 1 && context.Attempt == 1)
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        return context.Attempt;
    }

    private static void InterlockedMax(ref int peak, int value)
    {
        for (var seen = peak; value > seen && Interlocked.CompareExchange(ref peak, value, seen) is var found && found != seen; seen = found)
        {
        }
    }

    private sealed class Receiver(Action<JobProgress> report) : IProgress<JobProgress>
    {
        public void Report(JobProgress value) => report(value);
    }

    /// <summary>Four tasks, each attempt of which ends when the test says so, under a clock that the test moves.</summary>
    private sealed class Stage : IAsyncDisposable
    {
        private readonly ConcurrentDictionary<(int, int), TaskCompletionSource<int>> _gates = new();

        public Stage(Func<ExecutorOptions, ExecutorOptions>? with = null)
        {
            var options = new ExecutorOptions { MaxParallelism = 8, TimeProvider = Time, Backups = Backups };
            Executor = new FunctionExecutor(with?.Invoke(options) ?? options);
        }

        public ManualTime Time { get; } = new();

        public FunctionExecutor Executor { get; }

        public ConcurrentDictionary<(int Index, int Attempt), TaskContext> Contexts { get; } = new();

        public ICollection<(int Index, int Attempt)> Started => Contexts.Keys;

        public TaskCompletionSource<int> Gate(int index, int attempt) =>
            _gates.GetOrAdd((index, attempt), _ => new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously));

        public CancellationToken Token(int index, int attempt) => Contexts[(index, attempt)].CancellationToken;

        public Task StartsAsync(int index, int attempt) => Soon.Until(() => Contexts.ContainsKey((index, attempt)));

        public FutureList<int> Map(JobOptions? options = null) => Executor.MapAsync(
            (index, context) =>
            {
                Contexts[(index, context.Attempt)] = context;
                return Gate(index, context.Attempt).Task;
            },
            [0, 1, 2, 3],
            options);

        public async Task<FutureList<int>> AllButTheLastEndAfterTwoSecondsAsync(JobOptions? options = null)
        {
            var futures = Map(options);
            await Soon.Until(() => Started.Count == 4);
            Time.Advance(TimeSpan.FromSeconds(2));
            for (var index = 0; index < 3; index++)
            {
                Gate(index, 1).SetResult(index);
                await futures[index].InTime();
            }

            return futures;
        }

        /// <summary>The first attempt of the last task has run for six seconds, and the second has begun.</summary>
        public async Task<FutureList<int>> LastHasBackupAsync(JobOptions? options = null)
        {
            var futures = await AllButTheLastEndAfterTwoSecondsAsync(options);
            Time.Advance(TimeSpan.FromSeconds(4));

            // Whether the clock moved before or after the timer was set.
            await StartsAsync(3, attempt: 2);
            return futures;
        }

        /// <summary>Waits until the backend has let go of the job, which it does when no attempt is left: the clock of the grace stands still.</summary>
        public async Task LeavesAsync(FutureList<int> futures)
        {
            await Executor.DisposeAsync().InTime();
            Assert.Equal(0, futures.Progress.Running);
        }

        public ValueTask DisposeAsync()
        {
            foreach (var started in Started)
                Gate(started.Index, started.Attempt).TrySetResult(-1);
            return Executor.DisposeAsync();
        }
    }
}
