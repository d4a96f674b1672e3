using System.Text.Json;

namespace Dataplug.Lithops;

/// <summary>How an executor runs its jobs. The defaults suit work on this machine.</summary>
public sealed record ExecutorOptions
{
    /// <summary>How many tasks of the executor run at once on this machine; null for one per processor. At least 1.</summary>
    /// <remarks>Of the executor's own local backend; other backends have their own setting.</remarks>
    public int? MaxParallelism { get; init; }

    /// <summary>
    /// How often a failed task is repeated; 0 for never. Whatever the function throws is repeated, timeouts too, cancellation
    /// not; <see cref="ShouldRetry"/> restricts that further.
    /// </summary>
    public int Retries { get; init; }

    /// <summary>Which failures are worth a retry; null for all.</summary>
    public Func<AttemptFailure, bool>? ShouldRetry { get; init; }

    /// <summary>
    /// The longest wait before the first retry; it doubles with each further one, up to <see cref="MaxRetryDelay"/>. The actual
    /// wait is random between zero and that (full jitter). Zero to repeat at once.
    /// </summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The limit to which the longest wait before a retry grows.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one attempt may take before it is told to stop and counts as failed; null for ever.</summary>
    public TimeSpan? TaskTimeout { get; init; }

    /// <summary>
    /// How long a task that was told to stop may take to do so. After that it is given up: its future ends, its place goes to
    /// the next task, and what it still does or returns is ignored. This bounds how long disposing an executor takes.
    /// </summary>
    public TimeSpan CancellationGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether the first task that fails for good cancels the rest of its job.</summary>
    public bool StopOnFailure { get; init; }

    /// <summary>
    /// Whether, and when, a task that takes much longer than the others gets a second attempt beside the first, of which the faster one counts;
    /// null for never. Only for functions that may run twice at once.
    /// </summary>
    public BackupOptions? Backups { get; init; }

    /// <summary>How inputs and results travel, on backends that ship functions; null for <see cref="Functions.ShippedFunction.DefaultSerializerOptions"/>.</summary>
    public JsonSerializerOptions? SerializerOptions { get; init; }

    /// <summary>The clock of timeouts, delays and statistics.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>
    /// A folder that gets a record of each job, for <c>dataplug jobs</c> and whoever else wants to watch: <see cref="JobRecordFolder"/>. Null
    /// for none; <see cref="FunctionExecutor.Open"/> takes the user's own folder then, unless this is empty.
    /// </summary>
    /// <remarks>Jobs that tasks submit are part of their task and have no record. Whatever goes wrong with a record fails no job.</remarks>
    public string? JobRecords { get; init; }

    internal void Validate()
    {
        if (MaxParallelism is { } parallelism)
            ArgumentOutOfRangeException.ThrowIfLessThan(parallelism, 1, nameof(MaxParallelism));
        ArgumentOutOfRangeException.ThrowIfNegative(Retries);
        ArgumentOutOfRangeException.ThrowIfLessThan(RetryDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRetryDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(CancellationGrace, TimeSpan.Zero);
        if (TaskTimeout is { } timeout)
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero, nameof(TaskTimeout));
        Backups?.Validate();
        ArgumentNullException.ThrowIfNull(TimeProvider);
    }
}
