using System.Globalization;

namespace Dataplug.Lithops;

/// <summary>A task failed for good: its function threw, or it took too long, and no retry was left.</summary>
public sealed class TaskFailedException : DataplugException
{
    private const int IndexesInMessage = 5;
    private const int InputInMessage = 100;

    internal TaskFailedException(string jobId, string jobName, int taskIndex, int attempts, AttemptFailure failure, IReadOnlyList<DataplugException>? otherFailures = null)
        : base(
            string.Create(CultureInfo.InvariantCulture, $"task {taskIndex} of job {jobName} ({jobId})"),
            Describe(attempts, failure, otherFailures),
            cure: null,
            innerException: failure.Exception)
    {
        JobId = jobId;
        JobName = jobName;
        TaskIndex = taskIndex;
        Attempts = attempts;
        Failure = failure;
        OtherFailures = otherFailures ?? [];
    }

    /// <summary>The job's id.</summary>
    public string JobId { get; }

    /// <summary>The job's name.</summary>
    public string JobName { get; }

    /// <summary>The task's place in its job, from 0: the place of the input that it failed on.</summary>
    public int TaskIndex { get; }

    /// <summary>How many attempts were made.</summary>
    public int Attempts { get; }

    /// <summary>
    /// What happened. The exception itself, when it was thrown in this process, is <see cref="Exception.InnerException"/> as well.
    /// </summary>
    public AttemptFailure Failure { get; }

    /// <summary>
    /// The job's other failures in order of index, when this was thrown for a whole job; empty when it was thrown for one task.
    /// All are of this type, except that a <see cref="JobInputException"/> or <see cref="BackendFailedException"/> may be last.
    /// </summary>
    public IReadOnlyList<DataplugException> OtherFailures { get; }

    internal TaskFailedException With(IReadOnlyList<DataplugException> otherFailures) =>
        new(JobId, JobName, TaskIndex, Attempts, Failure, otherFailures);

    private static string Describe(int attempts, AttemptFailure failure, IReadOnlyList<DataplugException>? others)
    {
        var tries = attempts == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" after {attempts} attempts");
        var text = $"failed{tries}: {failure.ExceptionType}: {failure.Message.TrimEnd('.')}";
        if (failure.Input is { } input)
            text += $" (on the input {(input.Length > InputInMessage ? input[..InputInMessage] + "…" : input)})";
        var tasks = others?.OfType<TaskFailedException>().ToList() ?? [];
        if (tasks.Count > 0)
        {
            var indexes = string.Join(", ", tasks.Take(IndexesInMessage).Select(other => other.TaskIndex.ToString(CultureInfo.InvariantCulture)));
            var more = tasks.Count > IndexesInMessage ? ", …" : "";
            text += string.Create(CultureInfo.InvariantCulture, $"; so did {tasks.Count} more (task {indexes}{more})");
        }

        return text;
    }
}
