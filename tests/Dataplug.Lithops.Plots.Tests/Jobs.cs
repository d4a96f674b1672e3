using Dataplug.Lithops.Backends;

namespace Dataplug.Lithops.Plots.Tests;

/// <summary>Records of jobs as executors make them, with times of our choice.</summary>
internal static class Jobs
{
    public static readonly DateTimeOffset Start = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    public static DateTimeOffset At(double seconds) => Start.AddSeconds(seconds);

    public static JobRecord Job(params TaskRecord[] tasks) => new()
    {
        Id = "0a1b2c3d-001",
        Name = "count bases",
        Backend = "processes",
        State = tasks.Any(task => task.State == FutureState.Failed) ? JobState.Failed : JobState.Succeeded,
        Submitted = Start,
        Ended = tasks.Max(task => task.Statistics.Ended),
        Updated = tasks.Max(task => task.Statistics.Ended) ?? At(100),
        Total = tasks.Length,
        Drawn = tasks.Length,
        Succeeded = tasks.Count(task => task.State == FutureState.Succeeded),
        Failed = tasks.Count(task => task.State == FutureState.Failed),
        Tasks = tasks,
    };

    /// <summary>A task; its phases are by a clock that is wrong by <paramref name="skew"/> seconds.</summary>
    public static TaskRecord Task(
        int index,
        double queued,
        double started,
        double duration,
        double skew = 0,
        FutureState state = FutureState.Succeeded,
        (double Started, double Duration)[]? earlier = null,
        params (string Name, double Offset, double Duration)[] phases) => new()
        {
            Index = index,
            State = state,
            Statistics = new TaskStatistics
            {
                Submitted = Start,
                Queued = At(queued),
                Started = At(started),
                Ended = state is FutureState.Running or FutureState.Queued ? null : At(started + duration),
                Duration = TimeSpan.FromSeconds(duration),
                Attempts = 1 + (earlier?.Length ?? 0),
                EarlierAttempts = [.. (earlier ?? []).Select(attempt => new AttemptTime(At(attempt.Started), TimeSpan.FromSeconds(attempt.Duration), "worker"))],
                Worker = "worker",
                Report = new AttemptReport { Phases = [.. phases.Select(phase => new AttemptPhase(phase.Name, At(started + skew + phase.Offset), TimeSpan.FromSeconds(phase.Duration)))] },
            },
        };

    /// <summary>A map of many tasks on some workers; every seventh is repeated once, every fiftieth fails.</summary>
    public static JobRecord Map(int tasks, int workers)
    {
#pragma warning disable CA5394 // The same picture each time.
        var random = new Random(1);
        var free = Enumerable.Range(0, workers).Select(worker => 0.02 * worker).ToArray();
        var warm = new bool[workers];
        var records = new List<TaskRecord>();
        for (var index = 0; index < tasks; index++)
        {
            var worker = Array.IndexOf(free, free.Min());
            var begin = free[worker] + 0.01;
            (double, double)[] earlier = [];
            if (index % 7 == 6)
            {
                earlier = [(begin, 0.3 + (0.2 * random.NextDouble()))];
                begin += 0.7 + (0.2 * random.NextDouble());
            }

            var code = warm[worker] ? 0.002 : 0.6;
            var input = 0.02 + (0.05 * random.NextDouble());
            var run = 0.6 + (1.2 * random.NextDouble());
            var output = 0.03 + (0.1 * random.NextDouble());
            var duration = code + input + run + output + 0.05;
            warm[worker] = true;
            free[worker] = begin + duration;
            records.Add(Task(index, Math.Max(0, begin - 2), begin, duration, 3600, index % 50 == 49 ? FutureState.Failed : FutureState.Succeeded, earlier,
                ("code", 0, code), ("input", code, input), ("run", code + input, run), ("output", code + input + run, output)));
        }
#pragma warning restore CA5394

        return Job([.. records]);
    }
}
