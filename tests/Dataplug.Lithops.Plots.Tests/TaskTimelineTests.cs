namespace Dataplug.Lithops.Plots.Tests;

public sealed class TaskTimelineTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(86_400)]
    [InlineData(-7200.5)]
    public void Phases_are_placed_by_the_clients_clock_however_wrong_the_workers_is(double skew)
    {
        var task = Jobs.Task(0, queued: 1, started: 3, duration: 5, skew, FutureState.Succeeded, null, ("code", 0, 1), ("input", 1, 0.5), ("run", 2, 2));

        Assert.Equal(
            [
                (Phase.Queued, 1, 3), (Phase.Code, 3, 4), (Phase.Input, 4, 4.5), (Phase.Transport, 4.5, 5), (Phase.Run, 5, 7), (Phase.Transport, 7, 8),
            ],
            Spans(task));
    }

    [Fact]
    public void A_clock_that_is_set_while_a_task_runs_pushes_no_phase_out_of_its_attempt()
    {
        var forward = Jobs.Task(0, queued: 0, started: 1, duration: 2, 0, FutureState.Succeeded, null, ("code", 0, 1), ("run", 3600, 1));
        var back = Jobs.Task(0, queued: 0, started: 1, duration: 3, 0, FutureState.Succeeded, null, ("code", 0, 1), ("run", -3600, 1.5));

        Assert.Equal([(Phase.Queued, 0, 1), (Phase.Code, 1, 2), (Phase.Transport, 2, 3)], Spans(forward));
        Assert.Equal([(Phase.Queued, 0, 1), (Phase.Code, 1, 2), (Phase.Run, 2, 3.5), (Phase.Transport, 3.5, 4)], Spans(back));
    }

    [Fact]
    public void Failed_attempts_and_the_waits_between_them_are_there()
    {
        var task = Jobs.Task(0, queued: 0, started: 6, duration: 1, 0, FutureState.Failed, [(1, 2), (4, 1)]);

        Assert.Equal(
            [(Phase.Queued, 0, 1), (Phase.Failed, 1, 3), (Phase.Queued, 3, 4), (Phase.Failed, 4, 5), (Phase.Queued, 5, 6), (Phase.Failed, 6, 7)],
            Spans(task));
    }

    [Fact]
    public void An_attempt_beside_another_one_adds_no_wait()
    {
        var beaten = Jobs.Task(0, queued: 0, started: 2, duration: 10, 0, FutureState.Succeeded, [(8, 3)]);
        var repeated = Jobs.Task(0, queued: 0, started: 12, duration: 1, 0, FutureState.Succeeded, [(1, 9), (6, 2)]);

        Assert.Equal([(Phase.Queued, 0, 2), (Phase.Run, 2, 12), (Phase.Failed, 8, 11)], Spans(beaten).OrderBy(span => span.Item2));
        Assert.Equal(Jobs.Start.AddSeconds(2), TaskTimeline.Of(Jobs.Job(beaten), beaten).Began);
        Assert.Equal([(Phase.Queued, 0, 1), (Phase.Failed, 1, 10), (Phase.Failed, 6, 8), (Phase.Queued, 10, 12), (Phase.Run, 12, 13)], Spans(repeated));
    }

    [Fact]
    public void A_task_that_runs_or_waits_goes_up_to_now()
    {
        var running = Jobs.Task(0, queued: 0, started: 10, duration: 0, 0, FutureState.Running);
        var retrying = Jobs.Task(0, queued: 0, started: 10, duration: 5, 0, FutureState.Queued);

        Assert.Equal([(Phase.Queued, 0, 10), (Phase.Run, 10, 100)], Spans(running));
        Assert.Equal([(Phase.Queued, 0, 10), (Phase.Failed, 10, 15), (Phase.Queued, 15, 100)], Spans(retrying));
    }

    [Fact]
    public void Lines_are_in_the_order_in_which_tasks_first_began()
    {
        var late = Jobs.Task(0, queued: 0, started: 5, duration: 1);
        var repeated = Jobs.Task(1, queued: 0, started: 9, duration: 1, 0, FutureState.Succeeded, [(1, 1)]);
        var second = Jobs.Task(2, queued: 0, started: 2, duration: 1);

        var lines = TaskTimeline.Of([Jobs.Job(late, repeated, second)]);

        Assert.Equal([1, 2, 0], lines.Select(line => line.Task.Index));
    }

    [Fact]
    public async Task An_executors_retries_become_lines()
    {
        await using var executor = new FunctionExecutor(new ExecutorOptions { Retries = 2, RetryDelay = TimeSpan.Zero });
        var futures = executor.MapAsync(async (int _, TaskContext context) => context.Attempt < 3 ? throw new InvalidOperationException("again") : await Task.FromResult(1), [1]);
        await futures;

        var record = futures.Record();
        var spans = TaskTimeline.Of(record, record.Tasks[0]).Spans;

        Assert.Equal(2, record.Retries);
        Assert.Equal(2, record.Tasks[0].Statistics.EarlierAttempts.Count);
        Assert.Equal([Phase.Failed, Phase.Failed, Phase.Run], spans.Select(span => span.Phase).Where(phase => phase != Phase.Queued));
        Assert.All(spans.Zip(spans.Skip(1)), pair => Assert.True(pair.First.End <= pair.Second.Start));
    }

    [Fact]
    public void The_histogram_counts_each_task_once_per_phase()
    {
        var histogram = DurationHistogram.Of(TaskTimeline.Of([Jobs.Job(
            Jobs.Task(0, queued: 0, started: 1, duration: 10),
            Jobs.Task(1, queued: 0, started: 1, duration: 10),
            Jobs.Task(2, queued: 0, started: 1, duration: 0.1))]));

        Assert.Equal(-DurationHistogram.BinsPerDecade, histogram.FirstBin);
        Assert.Equal([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2], histogram.Counts[Phase.Run]);
        Assert.Equal([0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0], histogram.Counts[Phase.Queued]);
    }

    private static IEnumerable<(Phase, double, double)> Spans(TaskRecord task) =>
        TaskTimeline.Of(Jobs.Job(task), task).Spans.Select(span => (span.Phase, (span.Start - Jobs.Start).TotalSeconds, (span.End - Jobs.Start).TotalSeconds));
}
