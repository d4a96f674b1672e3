namespace Dataplug.Lithops;

/// <summary>How far a job is, at one moment.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Total">How many tasks it has; null while its inputs don't say.</param>
/// <param name="Drawn">How many inputs were drawn.</param>
/// <param name="Running">How many tasks run.</param>
/// <param name="Succeeded">How many ended with a result.</param>
/// <param name="Failed">How many failed for good.</param>
/// <param name="Canceled">How many were cancelled.</param>
/// <param name="Retries">How many attempts were repeats.</param>
/// <param name="Fraction">From 0 to 1, with what running tasks report of themselves; null while the total isn't known.</param>
/// <param name="Elapsed">Time since the job was submitted.</param>
public sealed record JobProgress(
    string JobId,
    int? Total,
    int Drawn,
    int Running,
    int Succeeded,
    int Failed,
    int Canceled,
    int Retries,
    double? Fraction,
    TimeSpan Elapsed)
{
    /// <summary>How many attempts were copies of stragglers; not among <see cref="Retries"/>.</summary>
    public int Backups { get; init; }

    /// <summary>How many tasks have ended, however.</summary>
    public int Settled => Succeeded + Failed + Canceled;
}
