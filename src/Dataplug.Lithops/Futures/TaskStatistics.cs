using Dataplug.Lithops.Backends;

namespace Dataplug.Lithops;

/// <summary>When a task did what, and where.</summary>
public sealed record TaskStatistics
{
    /// <summary>When its job was submitted.</summary>
    public required DateTimeOffset Submitted { get; init; }

    /// <summary>When its input was drawn; null when it hasn't been.</summary>
    public DateTimeOffset? Queued { get; init; }

    /// <summary>When its last attempt began, or of two at once the one that succeeded; null when none has.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it was settled; null when it isn't.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>How long its last attempt ran; zero when none has ended.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>How long all its attempts together ran.</summary>
    public TimeSpan TotalDuration { get; init; }

    /// <summary>
    /// The other attempts that have stopped, in the order in which they began: those before the last one, each of which failed, and one that another beat
    /// (<see cref="JobOptions.Backups"/>), once it has stopped. Empty when there was none.
    /// </summary>
    public IReadOnlyList<AttemptTime> EarlierAttempts { get; init; } = [];

    /// <summary>How many attempts began.</summary>
    public int Attempts { get; init; }

    /// <summary>The worker of the last attempt; null when none has begun.</summary>
    public string? Worker { get; init; }

    /// <summary>The full name of the type of the exception that it failed with; null when it did not fail.</summary>
    public string? ExceptionType { get; init; }

    /// <summary>
    /// Bytes that the last attempt allocated on the managed heap; null when that can't be told cheaply, as for functions that
    /// go on on another thread after an await.
    /// </summary>
    public long? AllocatedBytes => Report?.AllocatedBytes;

    /// <summary>What the worker measured while it ran the last attempt; null when it said nothing.</summary>
    public AttemptReport? Report { get; init; }

    /// <summary>Whether it was told to stop, did not within the grace, and was left to itself.</summary>
    public bool Abandoned { get; init; }
}
