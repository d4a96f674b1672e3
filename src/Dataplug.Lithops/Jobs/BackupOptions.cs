namespace Dataplug.Lithops;

/// <summary>
/// When a task that takes much longer than the others gets a second attempt beside its first, as in MapReduce: because its worker is slow, or
/// its way to the storage. The first result counts, and the other attempt is told to stop. A task gets one at most, and not before
/// all inputs are drawn.
/// </summary>
/// <remarks>A function may run twice at once then, for the same input. A failure of one attempt doesn't count while the other goes on.</remarks>
public sealed record BackupOptions
{
    /// <summary>How many tasks a job has at least for any of them to get one. At least 1.</summary>
    public int MinTasks { get; init; } = 10;

    /// <summary>Which share of the tasks has to have succeeded before. Above 0, and at most 1.</summary>
    public double MinCompleted { get; init; } = 0.5;

    /// <summary>How many times as long as the median of those that have succeeded an attempt has to have run. At least 1.</summary>
    public double SlowFactor { get; init; } = 3;

    /// <summary>How long an attempt has to have run in any case.</summary>
    public TimeSpan MinDuration { get; init; } = TimeSpan.FromSeconds(1);

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MinTasks, 1);
        if (!(MinCompleted is > 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(MinCompleted), MinCompleted, "The share is above 0 and at most 1.");
        if (!(SlowFactor >= 1) || double.IsInfinity(SlowFactor))
            throw new ArgumentOutOfRangeException(nameof(SlowFactor), SlowFactor, "The factor is at least 1.");
        ArgumentOutOfRangeException.ThrowIfLessThan(MinDuration, TimeSpan.Zero);
    }
}
