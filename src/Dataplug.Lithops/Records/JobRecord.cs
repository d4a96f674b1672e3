namespace Dataplug.Lithops;

/// <summary>A job at one moment, with all of its tasks: what pictures are made of, and what <see cref="JobRecordFolder"/> keeps.</summary>
public sealed record JobRecord
{
    /// <summary>How many tasks a record holds at most.</summary>
    public const int MaxTasks = 10_000;

    /// <summary>The job's id.</summary>
    public required string Id { get; init; }

    /// <summary>The job's name.</summary>
    public required string Name { get; init; }

    /// <summary>The name of the backend that runs it.</summary>
    public required string Backend { get; init; }

    /// <summary>Where it stands.</summary>
    public required JobState State { get; init; }

    /// <summary>When it was submitted.</summary>
    public required DateTimeOffset Submitted { get; init; }

    /// <summary>When its last task ended; null when it runs.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>When this was so.</summary>
    public required DateTimeOffset Updated { get; init; }

    /// <summary>How many tasks it has; null while its inputs don't say.</summary>
    public int? Total { get; init; }

    /// <summary>How many inputs were drawn.</summary>
    public int Drawn { get; init; }

    /// <summary>How many tasks run.</summary>
    public int Running { get; init; }

    /// <summary>How many ended with a result.</summary>
    public int Succeeded { get; init; }

    /// <summary>How many failed for good.</summary>
    public int Failed { get; init; }

    /// <summary>How many were cancelled.</summary>
    public int Canceled { get; init; }

    /// <summary>How many attempts were repeats.</summary>
    public int Retries { get; init; }

    /// <summary>How many attempts were copies of stragglers; not among <see cref="Retries"/>.</summary>
    public int Backups { get; init; }

    /// <summary>Why the job ended before its inputs did: they threw, or the backend failed; null when neither happened.</summary>
    public string? Problem { get; init; }

    /// <summary>Its tasks in order of index, at most <see cref="MaxTasks"/>. Of a stream, those that have ended.</summary>
    public IReadOnlyList<TaskRecord> Tasks { get; init; } = [];

    /// <summary>How many tasks are left out of <see cref="Tasks"/>, because there are too many.</summary>
    public int TasksLeftOut { get; init; }

    /// <summary>The process that submitted it; null when this is no record of a file.</summary>
    public ClientProcess? Client { get; init; }

    /// <summary>The last lines that its tasks logged, at most a thousand, each cut off where it is long. Of records of files only.</summary>
    public IReadOnlyList<TaskMessage> Log { get; init; } = [];

    /// <summary>How many earlier lines are left out of <see cref="Log"/>.</summary>
    public long LogLinesLeftOut { get; init; }

    /// <summary>How many tasks have ended, however.</summary>
    public int Settled => Succeeded + Failed + Canceled;

    /// <summary>From its submission to its end, or to when this was so.</summary>
    public TimeSpan Elapsed => (Ended ?? Updated) - Submitted;
}
