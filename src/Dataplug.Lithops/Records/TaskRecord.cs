namespace Dataplug.Lithops;

/// <summary>A task of a job at one moment.</summary>
public sealed record TaskRecord
{
    /// <summary>Its place in its job, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>Where it stands.</summary>
    public required FutureState State { get; init; }

    /// <summary>How much of the running attempt is done, from 0 to 1, as its function reports; 1 when the task has succeeded.</summary>
    public double Progress { get; init; }

    /// <summary>When it did what, and where.</summary>
    public required TaskStatistics Statistics { get; init; }

    /// <summary>What it failed with, cut off where it is long; null when it did not fail.</summary>
    public string? Failure { get; init; }
}
