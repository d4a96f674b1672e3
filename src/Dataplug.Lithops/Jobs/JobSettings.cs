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

    public TimeSpan CancellationGrace { get; } = executor.CancellationGrace;

    public bool StopOnFailure { get; } = job.StopOnFailure ?? executor.StopOnFailure;

    public IProgress<JobProgress>? Progress { get; } = job.Progress;

    public TimeSpan ProgressInterval { get; } = job.ProgressInterval;

    public IProgress<TaskMessage>? Messages { get; } = recorder ?? job.Messages;

    /// <summary>Keeps the job's record, and passes its messages on; null when nobody wants one.</summary>
    public JobRecorder? Recorder { get; } = recorder;

    public JsonSerializerOptions SerializerOptions { get; } = executor.SerializerOptions ?? ShippedFunction.DefaultSerializerOptions;

    public TimeProvider Time { get; } = executor.TimeProvider;

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
