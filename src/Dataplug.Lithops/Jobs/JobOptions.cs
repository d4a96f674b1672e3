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

    /// <summary>
    /// How many tasks a worker is given at once, to run one after another: for many short tasks where an invocation costs more than a
    /// task. Their results, failures, retries and timeouts stay their own. At least 1; null for 1. Local tasks take no notice.
    /// </summary>
    public int? TasksPerInvocation { get; init; }

    /// <summary>
    /// How much memory a task asks for, in bytes: of Slurm and Kubernetes, of the function on Lambda, and as the limit of the managed heap
    /// in worker processes. Null for as much as the backend gives by itself. Local tasks and HTTP services take no notice.
    /// </summary>
    public long? Memory { get; init; }

    /// <summary>
    /// A task that fails for want of memory asks for twice as much when it is repeated, up to this many bytes; null for never more
    /// than <see cref="Memory"/>. Counts where <see cref="Memory"/> is given.
    /// </summary>
    public long? MaxMemory { get; init; }

    /// <summary>
    /// Variables that the tasks find in the environment of their worker, and on every backend through
    /// <see cref="TaskContext.GetEnvironmentVariable"/>: this process' own environment stays as it is. They travel signed, not encrypted.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>
    /// Files of this machine that the tasks find on theirs: <see cref="TaskContext.GetFile"/> with the name of the file. Uploaded once,
    /// under the SHA-256 of their content, and kept by the workers. Their names have to be different.
    /// </summary>
    public IReadOnlyList<string>? Files { get; init; }

    /// <summary>
    /// Whether the job outlives this process: its inputs are stored before anything runs, and another process takes it over with
    /// <see cref="FunctionExecutor.ResumeAsync{TResult}"/>. Needs a backend whose jobs go through storage that stays, and a key.
    /// </summary>
    public bool Durable { get; init; }

    /// <inheritdoc cref="ExecutorOptions.Backups"/>
    /// <remarks>Null is as the executor's options say; where they say so, <see cref="BackupOptions.MinTasks"/> of
    /// <see cref="int.MaxValue"/> has none of it in this job.</remarks>
    public BackupOptions? Backups { get; init; }

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
        if (TasksPerInvocation is { } tasks)
            ArgumentOutOfRangeException.ThrowIfLessThan(tasks, 1, nameof(TasksPerInvocation));
        if (Memory is { } memory)
            ArgumentOutOfRangeException.ThrowIfLessThan(memory, 1, nameof(Memory));
        if (MaxMemory is { } most)
            ArgumentOutOfRangeException.ThrowIfLessThan(most, Memory ?? long.MaxValue, nameof(MaxMemory));
        foreach (var (name, value) in Environment ?? new Dictionary<string, string>())
        {
            if (name.Length == 0 || name.Contains('=', StringComparison.Ordinal) || name.Contains('\0', StringComparison.Ordinal) || value is null || value.Contains('\0', StringComparison.Ordinal))
                throw new ArgumentException($"'{name}' can't be a variable of the environment with this value.", nameof(Environment));
        }

        foreach (var name in (Files ?? []).GroupBy(path => Path.GetFileName(path)).Where(name => name.Key is "" or "." or ".." || name.Count() > 1))
            throw new ArgumentException($"Files are told apart by their names, and there are several, or none, of the name '{name.Key}'.", nameof(Files));
        foreach (var missing in (Files ?? []).Where(path => !File.Exists(path)))
            throw new ArgumentException($"There is no file '{missing}'.", nameof(Files));
        Backups?.Validate();
        ArgumentOutOfRangeException.ThrowIfLessThan(ProgressInterval, TimeSpan.Zero);
        if (StreamBuffer is { } buffer)
            ArgumentOutOfRangeException.ThrowIfLessThan(buffer, 1, nameof(StreamBuffer));
    }
}
