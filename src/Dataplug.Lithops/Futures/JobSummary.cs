namespace Dataplug.Lithops;

/// <summary>What a job did and how long it took.</summary>
public sealed record JobSummary
{
    /// <summary>The job's id.</summary>
    public required string JobId { get; init; }

    /// <summary>The job's name.</summary>
    public required string JobName { get; init; }

    /// <summary>How many tasks it has, as far as known.</summary>
    public required int Tasks { get; init; }

    /// <summary>How many ended with a result.</summary>
    public required int Succeeded { get; init; }

    /// <summary>How many failed for good.</summary>
    public required int Failed { get; init; }

    /// <summary>How many were cancelled.</summary>
    public required int Canceled { get; init; }

    /// <summary>How many attempts were repeats.</summary>
    public required int Retries { get; init; }

    /// <summary>How many attempts were copies of stragglers (<see cref="JobOptions.Backups"/>); not among <see cref="Retries"/>.</summary>
    public int Backups { get; init; }

    /// <summary>From submission to the last task's end, or to now.</summary>
    public required TimeSpan WallTime { get; init; }

    /// <summary>The time that all attempts took together.</summary>
    public required TimeSpan TotalTaskTime { get; init; }

    /// <summary>The shortest last attempt among the tasks that ran to an end; null when none did.</summary>
    public TimeSpan? Fastest { get; init; }

    /// <summary>The median of the last attempts (the lower of the two middle ones for an even number); null when none ran to an end.</summary>
    public TimeSpan? Median { get; init; }

    /// <summary>The longest last attempt; null when none ran to an end.</summary>
    public TimeSpan? Slowest { get; init; }

    /// <summary>The index of the task that <see cref="Slowest"/> is of; null when none ran to an end.</summary>
    public int? SlowestTask { get; init; }

    /// <summary>How long each attempt ran, those that failed or lost too, in the order in which they ended.</summary>
    public IReadOnlyList<TimeSpan> AttemptDurations { get; init; } = [];

    /// <summary>
    /// Gibibyte-seconds (2^30 bytes for a second; Lambda says GB-seconds): the most memory that each attempt's worker held, for as
    /// long as the attempt ran. Null when no worker measured it.
    /// </summary>
    public double? MemoryTime { get; init; }

    /// <summary>Processor time of all attempts together; null when no worker measured it.</summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>Bytes that all attempts read from object stores; null when no worker measured it.</summary>
    public long? BytesRead { get; init; }

    /// <summary>Bytes that all attempts wrote to object stores; null when no worker measured it.</summary>
    public long? BytesWritten { get; init; }

    /// <summary>Requests that all attempts sent to object stores; null when no worker measured it.</summary>
    public long? Requests { get; init; }

    /// <summary>Why the job ended before its inputs did: they threw, or the backend failed; null when neither happened.</summary>
    public Exception? JobException { get; init; }

    /// <summary>What the receiver of progress threw, after which it got no more reports; null when it did not throw.</summary>
    public Exception? ProgressException { get; init; }

    /// <summary>
    /// Why the job's record could not be written, the first time; null when it could so far, or when there is none. It is complete when
    /// the executor is disposed.
    /// </summary>
    public Exception? RecordException { get; init; }

    /// <summary>Task time per wall time: about how many tasks ran at once on average. Zero for a job without duration.</summary>
    public double SpeedUp => WallTime > TimeSpan.Zero ? TotalTaskTime / WallTime : 0;

    /// <summary>
    /// What the attempts that have ended cost, about: they are billed for their time as the client saw it, which the way to the worker and
    /// back is part of. Storage and network are not in it, nor are free tiers.
    /// </summary>
    /// <param name="model">The prices.</param>
    /// <param name="memoryBytes">The memory of one worker, in bytes: what it was given, not what it used.</param>
    /// <param name="vcpus">The processors of one worker, where the model prices them.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is negative.</exception>
    public CostEstimate EstimateCost(PriceModel model, long memoryBytes, double vcpus = 1)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfNegative(memoryBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(vcpus);
        var billed = new TimeSpan(AttemptDurations.Sum(duration => model.Billed(duration).Ticks));
        var seconds = (decimal)billed.Ticks / TimeSpan.TicksPerSecond;
        return new CostEstimate(
            model,
            AttemptDurations.Count,
            billed,
            Memory: seconds * memoryBytes / (1L << 30) * model.PerGibibyteSecond,
            Processors: seconds * (decimal)vcpus * model.PerVcpuSecond,
            Requests: AttemptDurations.Count * model.PerInvocation);
    }
}
