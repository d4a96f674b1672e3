using System.Collections.ObjectModel;
using Dataplug.Lithops.Functions;

namespace Dataplug.Lithops;

/// <summary>What a running task may know about itself, and how it tells the outside how far it is.</summary>
public sealed class TaskContext
{
    private static readonly AsyncLocal<TaskContext?> Ambient = new();

    private readonly Action<string>? _log;
    private readonly Action<double>? _reportProgress;

    /// <summary>Creates a context: by a backend for each attempt, or by a test of a function.</summary>
    /// <param name="jobId">The job's id.</param>
    /// <param name="index">The task's place in its job, from 0.</param>
    /// <param name="count">How many tasks the job has; null while that isn't known.</param>
    /// <param name="attempt">Which try this is, from 1.</param>
    /// <param name="worker">The name of the worker that runs the task.</param>
    /// <param name="log">Takes each line given to <see cref="Log"/>; null to drop them.</param>
    /// <param name="reportProgress">Takes each fraction given to <see cref="ReportProgress"/>; null to drop them.</param>
    /// <param name="cancellationToken">Fires when the task has to stop.</param>
    public TaskContext(
        string jobId,
        int index,
        int? count = null,
        int attempt = 1,
        string worker = "",
        Action<string>? log = null,
        Action<double>? reportProgress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(jobId);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfLessThan(attempt, 1);
        JobId = jobId;
        Index = index;
        Count = count;
        Attempt = attempt;
        Worker = worker;
        CancellationToken = cancellationToken;
        _log = log;
        _reportProgress = reportProgress;
    }

    /// <summary>The job's id.</summary>
    public string JobId { get; }

    /// <summary>The task's place in its job, from 0: the place of its input and of its result.</summary>
    public int Index { get; }

    /// <summary>How many tasks the job has; null when the inputs are still being enumerated and don't say.</summary>
    public int? Count { get; }

    /// <summary>Which try this is: 1, or more after a retry.</summary>
    public int Attempt { get; }

    /// <summary>The name of the worker that runs the task.</summary>
    public string Worker { get; }

    /// <summary>Fires when the task has to stop: cancelled, timed out, or its executor disposed.</summary>
    public CancellationToken CancellationToken { get; }

    /// <summary>The job's own variables: <see cref="JobOptions.Environment"/>.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The paths of the job's files on this machine, by their names: <see cref="JobOptions.Files"/>.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The task that this code runs in; null outside of tasks.</summary>
    internal static TaskContext? Current
    {
        get => Ambient.Value;
        set => Ambient.Value = value;
    }

    /// <summary>The executor's slots that <see cref="Slot"/> is one of: waits for other executors' tasks don't lend it.</summary>
    internal object? Owner { get; init; }

    internal IWorkerSlot? Slot { get; init; }

    /// <summary>How many tasks this one is nested in.</summary>
    internal int Depth { get; init; }

    /// <summary>Sends a line to whoever listens to the job's messages (<see cref="JobOptions.Messages"/>); dropped when nobody does.</summary>
    /// <param name="message">The line, without a line break at its end.</param>
    public void Log(string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        _log?.Invoke(message);
    }

    /// <summary>A variable of the job (<see cref="JobOptions.Environment"/>), else of the process.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Null when there is none.</returns>
    public string? GetEnvironmentVariable(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Environment.TryGetValue(name, out var value) ? value : System.Environment.GetEnvironmentVariable(name);
    }

    /// <summary>The path on this machine of a file that came along with the job (<see cref="JobOptions.Files"/>). Other tasks use the same
    /// file: read it only.</summary>
    /// <param name="name">Its name, without folders.</param>
    /// <exception cref="KeyNotFoundException">The job has no such file.</exception>
    public string GetFile(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Files.TryGetValue(name, out var path) ? path : throw new KeyNotFoundException($"The job has no file '{name}'; its files are given in JobOptions.Files.");
    }

    /// <summary>Tells how much of this task is done.</summary>
    /// <param name="fraction">From 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is not from 0 to 1.</exception>
    public void ReportProgress(double fraction)
    {
        if (!(fraction is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "Progress is a fraction from 0 to 1.");
        _reportProgress?.Invoke(fraction);
    }

    /// <summary>
    /// Waits, and when that happens inside a task of the same executor lends the task's slot to others until the wait ends:
    /// else a task that waits for its own sub-tasks on a full executor would wait forever.
    /// </summary>
    internal static async Task WaitLendingSlotAsync(Task wait, object owner)
    {
        var slot = wait.IsCompleted ? null : Current is { } current && ReferenceEquals(current.Owner, owner) ? current.Slot : null;
        if (slot is null)
        {
            await wait.ConfigureAwait(false);
            return;
        }

        slot.Suspend();
        try
        {
            await wait.ConfigureAwait(false);
        }
        finally
        {
            await slot.ResumeAsync().ConfigureAwait(false);
        }
    }
}
