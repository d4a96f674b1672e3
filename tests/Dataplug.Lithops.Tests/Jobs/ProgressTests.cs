using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Dataplug.Lithops.Tests.Jobs;

public sealed class ProgressTests
{
    [Fact]
    public async Task Progress_counts_up_and_ends_complete_before_the_job_does()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 4 });
        var reports = new Reports<JobProgress>();

        await executor.MapAsync(x => x, Enumerable.Range(0, 500).ToList(), new JobOptions { Progress = reports, ProgressInterval = TimeSpan.Zero }).InTime();

        var seen = reports.Items.ToList();
        Assert.Equal(500, seen[^1].Succeeded);
        Assert.Equal(1, seen[^1].Fraction);
        Assert.Equal(0, seen[^1].Running);
        Assert.All(seen, report => Assert.Equal(500, report.Total));
        Assert.Equal(seen.Select(report => report.Settled).Order(), seen.Select(report => report.Settled));
        Assert.InRange(seen.Count, 500, 501);
    }

    [Fact]
    public async Task Progress_is_reported_no_more_often_than_the_interval_and_at_the_end()
    {
        var time = new ManualTime();
        await using var executor = new FunctionExecutor(new ExecutorOptions { TimeProvider = time });
        var reports = new Reports<JobProgress>();

        await executor.MapAsync(x => x, Enumerable.Range(0, 500), new JobOptions { Progress = reports }).InTime();

        Assert.Equal(500, Assert.Single(reports.Items).Succeeded);
    }

    [Fact]
    public async Task What_running_tasks_report_of_themselves_counts()
    {
        await using var executor = new FunctionExecutor();
        var reported = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        var future = executor.MapAsync(
            async (int _, TaskContext context) =>
            {
                context.ReportProgress(0.25);
                context.ReportProgress(0.5);
                reported.SetResult();
                await gate.Task;
                return 1;
            },
            [1]);
        await reported.Task.InTime();

        Assert.Equal(0.5, future[0].Progress);
        Assert.Equal(0.5, future.Progress.Fraction);
        Assert.Equal(1, future.Progress.Running);
        gate.SetResult();
        await future.InTime();
        Assert.Equal(1, future[0].Progress);
        Assert.Equal(1, future.Progress.Fraction);
    }

    [Fact]
    public async Task A_fraction_out_of_range_fails_the_task()
    {
        await using var executor = new FunctionExecutor();

        var exception = await Assert.ThrowsAsync<TaskFailedException>(() => executor.CallAsync(context =>
        {
            context.ReportProgress(double.NaN);
            return Task.FromResult(1);
        }).InTime());
        Assert.IsType<ArgumentOutOfRangeException>(exception.InnerException);
    }

    [Fact]
    public async Task A_receiver_of_progress_that_throws_is_told_no_more_and_the_job_goes_on()
    {
        await using var executor = new FunctionExecutor();
        var calls = 0;
        var progress = new Calls<JobProgress>(_ =>
        {
            calls++;
            throw new InvalidOperationException("in the receiver");
        });
        var futures = executor.MapAsync(x => x, [1, 2, 3], new JobOptions { Progress = progress, ProgressInterval = TimeSpan.Zero });

        Assert.Equal([1, 2, 3], await futures.InTime());
        Assert.Equal(1, calls);
        Assert.IsType<InvalidOperationException>(futures.Summary.ProgressException);
    }

    [Fact]
    public async Task A_receiver_of_progress_may_cancel_the_job()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 1 });
        var last = default(JobProgress);
        var progress = new Calls<JobProgress>(report =>
        {
            last = report;
            if (report.Succeeded == 2)
                executor.CancelAll();
        });

        var summary = await executor
            .MapAsync(x => x, Enumerable.Range(0, 50).ToList(), new JobOptions { Progress = progress, ProgressInterval = TimeSpan.Zero })
            .WhenAllSettledAsync().InTime();

        Assert.Equal((2, 48), (summary.Succeeded, summary.Canceled));
        Assert.Equal(50, last!.Settled);
    }

    [Fact]
    public async Task What_tasks_log_reaches_who_listens()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { Retries = 1, RetryDelay = TimeSpan.Zero });
        var messages = new Reports<TaskMessage>();

        await executor.MapAsync(
            (name, context) =>
            {
                context.Log($"{name} {context.Index} of {context.Count}");
                return context.Attempt == 1 ? Task.FromException<int>(new IOException()) : Task.FromResult(0);
            },
            new[] { "a", "b" },
            new JobOptions { Messages = messages }).InTime();

        Assert.Equal(
            [(0, 1, "a 0 of 2"), (0, 2, "a 0 of 2"), (1, 1, "b 1 of 2"), (1, 2, "b 1 of 2")],
            messages.Items.Select(message => (message.TaskIndex, message.Attempt, message.Text)).Order());
        Assert.All(messages.Items, message => Assert.StartsWith("local/", message.Worker, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Statistics_and_summary_tell_when_what_ran_and_where()
    {
        var time = new ManualTime();
        await using var executor = new FunctionExecutor(new ExecutorOptions { MaxParallelism = 1, TimeProvider = time });
        var submitted = time.GetUtcNow();
        var futures = executor.MapAsync(seconds => { time.Advance(TimeSpan.FromSeconds(seconds)); return seconds; }, [3, 1, 8, 2], new JobOptions { Name = "timed" });
        await futures.InTime();

        var first = futures[0].Statistics;
        var second = futures[1].Statistics;
        Assert.Equal(submitted, first.Submitted);
        Assert.Equal(submitted, first.Started);
        Assert.Equal(submitted.AddSeconds(3), first.Ended);
        Assert.Equal(submitted.AddSeconds(3), second.Started);
        Assert.Equal(TimeSpan.FromSeconds(1), second.Duration);
        Assert.Equal(("local/0", 1, false), (second.Worker, second.Attempts, second.Abandoned));
        Assert.Null(second.ExceptionType);
        var summary = futures.Summary;
        Assert.Equal(("timed", 4, 4), (summary.JobName, summary.Tasks, summary.Succeeded));
        Assert.Equal(TimeSpan.FromSeconds(14), summary.WallTime);
        Assert.Equal(TimeSpan.FromSeconds(14), summary.TotalTaskTime);
        Assert.Equal(1, summary.SpeedUp);
        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(8), 2), (summary.Fastest!.Value, summary.Median!.Value, summary.Slowest!.Value, summary.SlowestTask!.Value));
    }

    [Fact]
    public async Task Allocated_bytes_are_told_for_functions_that_stay_on_their_thread()
    {
        await using var executor = new FunctionExecutor();
        var synchronous = executor.CallAsync(() => new byte[1 << 20].Length);
        var asynchronous = executor.CallAsync(async () => { await Task.Delay(1); return new byte[1 << 20].Length; });
        await synchronous.InTime();
        await asynchronous.InTime();

        Assert.InRange(synchronous.Statistics.AllocatedBytes!.Value, 1 << 20, (1 << 20) + (1 << 16));
        Assert.Null(asynchronous.Statistics.AllocatedBytes);
    }

    [Fact]
    public async Task Meters_and_activities_tell_what_runs()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { Retries = 1, RetryDelay = TimeSpan.Zero });
        var name = Guid.NewGuid().ToString();
        var outcomes = new ConcurrentQueue<(string Name, long Value, string? Outcome)>();
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Dataplug.Lithops")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            outcomes.Enqueue((instrument.Name, value, tags.ToArray().FirstOrDefault(tag => tag.Key == "outcome").Value as string)));
        meters.Start();
        var activities = new ConcurrentQueue<Activity>();
        using var tracing = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Dataplug.Lithops",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activities.Enqueue,
        };
        ActivitySource.AddActivityListener(tracing);

        var futures = executor.MapAsync(i => i == 0 ? throw new IOException() : i, [0, 1], new JobOptions { Name = name });
        await futures.WhenAllSettledAsync().InTime();
        await executor.DisposeAsync().InTime();

        Assert.Contains(("dataplug.lithops.tasks", 1, "Failed"), outcomes);
        Assert.Contains(("dataplug.lithops.tasks", 1, "Succeeded"), outcomes);
        Assert.Contains(outcomes, measured => measured is ("dataplug.lithops.retries", 1, _));
        var job = Assert.Single(activities, activity => activity.OperationName == "dataplug.job" && activity.GetTagItem("dataplug.job.name") as string == name);
        var tasks = activities.Where(activity => activity.OperationName == "dataplug.task" && activity.GetTagItem("dataplug.job.id") as string == futures.JobId).ToList();
        Assert.Equal(3, tasks.Count);
        Assert.All(tasks, task => Assert.Equal(job.SpanId, task.ParentSpanId));
        Assert.Equal(2, tasks.Count(task => task.Status == ActivityStatusCode.Error));
    }

    private sealed class Reports<T> : IProgress<T>
    {
        public ConcurrentQueue<T> Items { get; } = new();

        public void Report(T value) => Items.Enqueue(value);
    }

    private sealed class Calls<T>(Action<T> action) : IProgress<T>
    {
        public void Report(T value) => action(value);
    }
}
