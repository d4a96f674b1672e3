using System.Collections.ObjectModel;
using System.Text.Json;
using Dataplug.Lithops.Functions;
using Dataplug.Lithops.Records;

namespace Dataplug.Lithops.Jobs;

/// <summary>An executor's options and a job's, put together.</summary>
internal sealed class JobSettings(ExecutorOptions executor, JobOptions job, JobRecorder? recorder)
{
    public int? MaxParallelism { get; } = job.MaxParallelism;

    public int Retries { get; } = job.Retries ?? executor.Retries;

    public Func<AttemptFailure, bool>? ShouldRetry { get; } = job.ShouldRetry ?? executor.ShouldRetry;

    public TimeSpan? TaskTimeout { get; } = job.TaskTimeout ?? executor.TaskTimeout;

    public int TasksPerInvocation { get; } = job.TasksPerInvocation ?? 1;

    public long? Memory { get; } = job.Memory;

    public bool IsDurable { get; } = job.Durable;

    public IReadOnlyDictionary<string, string> Environment { get; } = job.Environment is null ? ReadOnlyDictionary<string, string>.Empty : new Dictionary<string, string>(job.Environment);

    public IReadOnlyList<string> Files { get; } = [.. (job.Files ?? []).Select(Path.GetFullPath)];

    public TimeSpan CancellationGrace { get; } = executor.CancellationGrace;

    public BackupOptions? Backups { get; } = job.Backups ?? executor.Backups;

    public bool StopOnFailure { get; } = job.StopOnFailure ?? executor.StopOnFailure;

    public IProgress<JobProgress>? Progress { get; } = job.Progress;

    public TimeSpan ProgressInterval { get; } = job.ProgressInterval;

    public IProgress<TaskMessage>? Messages { get; } = recorder ?? job.Messages;

    /// <summary>Keeps the job's record, and passes its messages on; null when nobody wants one.</summary>
    public JobRecorder? Recorder { get; } = recorder;

    public JsonSerializerOptions SerializerOptions { get; } = executor.SerializerOptions ?? ShippedFunction.DefaultSerializerOptions;

    public TimeProvider Time { get; } = executor.TimeProvider;

    /// <summary>How much memory the attempt after a failed one asks for.</summary>
    public long? MemoryAfter(long? memory, AttemptFailure failure) =>
        memory is { } bytes && job.MaxMemory is { } most && failure.IsOutOfMemory ? Math.Min(bytes <= long.MaxValue / 2 ? bytes * 2 : bytes, most) : memory;

    /// <summary>The wait before a further attempt: full jitter, as for storage requests.</summary>
    /// <param name="failedAttempts">How many attempts have failed; at least 1.</param>
    public TimeSpan RetryDelay(int failedAttempts)
    {
        var longest = Math.Min(executor.RetryDelay.Ticks * Math.Pow(2, failedAttempts - 1), executor.MaxRetryDelay.Ticks);
#pragma warning disable CA5394 // Nothing depends on nobody guessing the jitter.
        return new TimeSpan((long)(Random.Shared.NextDouble() * longest));
#pragma warning restore CA5394
    }
}
