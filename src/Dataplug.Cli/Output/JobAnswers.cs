using Dataplug.Lithops;

namespace Dataplug.Cli.Output;

/// <summary>What <c>hello --json</c> says.</summary>
internal sealed record HelloAnswer(
    string Backend,
    int MaxParallelism,
    string Worker,
    string Machine,
    string System,
    string Runtime,
    string Architecture,
    int Processors,
    int ProcessId,
    string Storage,
    double FirstMilliseconds,
    double SecondMilliseconds);

/// <summary>One job, as <c>jobs list --json</c> lists it.</summary>
internal sealed record JobAnswer(
    string Id,
    string Name,
    string Backend,
    string State,
    DateTimeOffset Submitted,
    DateTimeOffset? Ended,
    double Seconds,
    int? Total,
    int Drawn,
    int Running,
    int Succeeded,
    int Failed,
    int Canceled,
    int Retries,
    int Backups,
    string? Problem,
    string? Machine,
    int? ProcessId)
{
    public static JobAnswer Of(JobRecord job) => new(
        job.Id,
        job.Name,
        job.Backend,
        JobText.State(job.State),
        job.Submitted,
        job.Ended,
        job.Elapsed.TotalSeconds,
        job.Total,
        job.Drawn,
        job.Running,
        job.Succeeded,
        job.Failed,
        job.Canceled,
        job.Retries,
        job.Backups,
        job.Problem,
        job.Client?.Machine,
        job.Client?.ProcessId);
}

/// <summary>What <c>jobs show --json</c> says.</summary>
internal sealed record JobDetailAnswer(JobAnswer Job, IReadOnlyList<TaskAnswer> Tasks, int TasksLeftOut)
{
    public static JobDetailAnswer Of(JobRecord job) => new(JobAnswer.Of(job), [.. job.Tasks.Select(TaskAnswer.Of)], job.TasksLeftOut);
}

/// <summary>One task of a job.</summary>
internal sealed record TaskAnswer(
    int Index,
    string State,
    double Progress,
    int Attempts,
    string? Worker,
    DateTimeOffset? Queued,
    DateTimeOffset? Started,
    DateTimeOffset? Ended,
    double Seconds,
    double TotalSeconds,
    double? CpuSeconds,
    long? PeakMemory,
    long? BytesRead,
    long? BytesWritten,
    long? Requests,
    IReadOnlyList<PhaseAnswer> Phases,
    string? Failure)
{
    public static TaskAnswer Of(TaskRecord task) => new(
        task.Index,
        JobText.State(task.State),
        task.Progress,
        task.Statistics.Attempts,
        task.Statistics.Worker,
        task.Statistics.Queued,
        task.Statistics.Started,
        task.Statistics.Ended,
        task.Statistics.Duration.TotalSeconds,
        task.Statistics.TotalDuration.TotalSeconds,
        task.Statistics.Report?.CpuTime?.TotalSeconds,
        task.Statistics.Report?.PeakMemory,
        task.Statistics.Report?.BytesRead,
        task.Statistics.Report?.BytesWritten,
        task.Statistics.Report?.Requests,
        [.. (task.Statistics.Report?.Phases ?? []).Select(phase => new PhaseAnswer(phase.Name, phase.Duration.TotalSeconds))],
        task.Failure);
}

/// <summary>One phase of a task's last attempt.</summary>
internal sealed record PhaseAnswer(string Name, double Seconds);

/// <summary>One line, as <c>jobs logs --json</c> tells it.</summary>
internal sealed record JobLineAnswer(int Task, int Attempt, string Worker, DateTimeOffset Time, string Text);

/// <summary>What <c>jobs cancel --json</c> says.</summary>
internal sealed record JobCancelAnswer(string Id);

/// <summary>What <c>jobs clean --json</c> says.</summary>
internal sealed record JobCleanAnswer(int Removed);

/// <summary>What <c>jobs plot --json</c> says.</summary>
internal sealed record JobPlotAnswer(IReadOnlyList<string> Ids, string Out);
