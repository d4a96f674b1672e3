namespace Dataplug.Lithops;

/// <summary>How one job is run. What is null is as the executor's options say.</summary>
public sealed record JobOptions
{
    /// <summary>The job's name in messages; null for the function's.</summary>
    public string? Name { get; init; }

    /// <summary>How many tasks of this job run at once; null for as many as the executor runs. At least 1.</summary>
    public int? MaxParallelism { get; init; }

    /// <inheritdoc cref="ExecutorOptions.Retries"/>
    public int? Retries { get; init; }

    /// <inheritdoc cref="ExecutorOptions.ShouldRetry"/>
    public Func<AttemptFailure, bool>? ShouldRetry { get; init; }

    /// <summary>How long one attempt may take before it is told to stop and counts as failed.</summary>
    public TimeSpan? TaskTimeout { get; init; }

    /// <inheritdoc cref="ExecutorOptions.StopOnFailure"/>
    public bool? StopOnFailure { get; init; }

    /// <summary>
    /// Is told how far the job is, at most once per <see cref="ProgressInterval"/>, and once more when the last task has ended,
    /// before the job counts as complete. Called on whichever thread ended a task, never twice at once. When it throws it gets
    /// no more reports, and <see cref="JobSummary.ProgressException"/> has the exception.
    /// </summary>
    public IProgress<JobProgress>? Progress { get; init; }

    /// <summary>The shortest time between two progress reports; zero for one per task.</summary>
    public TimeSpan ProgressInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Gets the lines that tasks log (<see cref="TaskContext.Log"/>), as they come, several at once.</summary>
    public IProgress<TaskMessage>? Messages { get; init; }

    /// <summary>
    /// StreamAsync only: how many inputs may have been drawn whose results were not taken yet. At least 1; null for twice the
    /// parallelism.
    /// </summary>
    public int? StreamBuffer { get; init; }

    internal void Validate()
    {
        if (MaxParallelism is { } parallelism)
            ArgumentOutOfRangeException.ThrowIfLessThan(parallelism, 1, nameof(MaxParallelism));
        if (Retries is { } retries)
            ArgumentOutOfRangeException.ThrowIfNegative(retries, nameof(Retries));
        if (TaskTimeout is { } timeout)
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero, nameof(TaskTimeout));
        ArgumentOutOfRangeException.ThrowIfLessThan(ProgressInterval, TimeSpan.Zero);
        if (StreamBuffer is { } buffer)
            ArgumentOutOfRangeException.ThrowIfLessThan(buffer, 1, nameof(StreamBuffer));
    }
}
