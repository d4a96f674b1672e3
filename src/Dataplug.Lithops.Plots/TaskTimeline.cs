using Dataplug.Lithops.Backends;

namespace Dataplug.Lithops.Plots;

/// <summary>
/// One line of the timeline: what a task did, one span after another, all by the client's clock. A worker's clock may be wrong by
/// any amount, so of its phases only their lengths and the distances between them count, from the attempt's start on.
/// </summary>
internal sealed record TaskTimeline(TaskRecord Task, IReadOnlyList<PhaseSpan> Spans)
{
    /// <summary>When its first attempt began; null when none has.</summary>
    public DateTimeOffset? Began => Task.Statistics.EarlierAttempts is [var first, ..] && !(first.Started > Task.Statistics.Started) ? first.Started : Task.Statistics.Started;

    /// <summary>The lines of jobs, in the order in which the tasks began; those that never did come last.</summary>
    public static IReadOnlyList<TaskTimeline> Of(IEnumerable<JobRecord> jobs) =>
        [.. jobs.SelectMany(job => job.Tasks.Select(task => Of(job, task)))
            .OrderBy(line => line.Began ?? DateTimeOffset.MaxValue)
            .ThenBy(line => line.Task.Statistics.Queued ?? DateTimeOffset.MaxValue)
            .ThenBy(line => line.Task.Index)];

    public static TaskTimeline Of(JobRecord job, TaskRecord task)
    {
        var times = task.Statistics;
        var end = times.Ended ?? job.Ended ?? job.Updated;
        var spans = new List<PhaseSpan>();
        if (times.Queued is not { } cursor)
            return new TaskTimeline(task, spans);
        foreach (var attempt in times.EarlierAttempts)
        {
            // The copy of a straggler that won all the same: nothing waited for it.
            if (attempt.Started > times.Started)
                Add(Phase.Failed, attempt.Started, attempt.Started + attempt.Duration);
            else
                Attempt(attempt.Started, attempt.Started + attempt.Duration, Phase.Failed);
        }

        if (times.Started is { } started)
        {
            var running = task.State == FutureState.Running;
            var stopped = running ? end : started + times.Duration;
            if (task.State == FutureState.Succeeded)
            {
                Add(Phase.Queued, cursor, started);
                cursor = started;
                foreach (var span in Phases(started, stopped, times.Report?.Phases ?? []))
                    Add(span.Phase, span.Start, span.End);
            }
            else
            {
                Attempt(started, stopped, running ? Phase.Run : task.State == FutureState.Canceled ? Phase.Canceled : Phase.Failed);
            }

            cursor = stopped;
        }

        // Waits for its first attempt or its next, or was cancelled while it did.
        if (!(task.State == FutureState.Running || task.State is FutureState.Succeeded or FutureState.Failed && times.Started is not null))
            Add(Phase.Queued, cursor, end);
        return new TaskTimeline(task, spans);

        void Attempt(DateTimeOffset from, DateTimeOffset to, Phase phase)
        {
            Add(Phase.Queued, cursor, from);
            Add(phase, from, to);
            cursor = to > cursor ? to : cursor;
        }

        void Add(Phase phase, DateTimeOffset from, DateTimeOffset to)
        {
            if (to > from)
                spans.Add(new PhaseSpan(phase, from, to));
        }
    }

    /// <summary>How long each phase took in all.</summary>
    public IEnumerable<(Phase Phase, TimeSpan Duration)> Totals() =>
        Spans.GroupBy(span => span.Phase).Select(group => (group.Key, new TimeSpan(group.Sum(span => span.Duration.Ticks))));

    private static IEnumerable<PhaseSpan> Phases(DateTimeOffset started, DateTimeOffset stopped, IReadOnlyList<AttemptPhase> phases)
    {
        if (phases.Count == 0)
        {
            yield return new PhaseSpan(Phase.Run, started, stopped);
            yield break;
        }

        // A clock that was set meanwhile must not push a phase before the one before it, or out of the attempt.
        var cursor = started;
        foreach (var phase in phases)
        {
            var from = Between(started + (phase.Started - phases[0].Started), cursor, stopped);
            var to = Between(from + phase.Duration, from, stopped);
            yield return new PhaseSpan(Phase.Transport, cursor, from);
            yield return new PhaseSpan(PhaseOf(phase.Name), from, to);
            cursor = to;
        }

        yield return new PhaseSpan(Phase.Transport, cursor, stopped);
    }

    private static DateTimeOffset Between(DateTimeOffset time, DateTimeOffset from, DateTimeOffset to) => time < from ? from : time > to ? to : time;

    private static Phase PhaseOf(string name) => name switch
    {
        "code" => Phase.Code,
        "input" => Phase.Input,
        "run" => Phase.Run,
        "output" => Phase.Output,
        _ => Phase.Transport,
    };
}
