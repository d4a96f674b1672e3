namespace Dataplug.Lithops;

/// <summary>Where a task stands.</summary>
public enum FutureState
{
    /// <summary>It waits: for its input to be drawn, for a free worker, or for its next attempt.</summary>
    Queued,

    /// <summary>A worker runs it.</summary>
    Running,

    /// <summary>It ended with a result.</summary>
    Succeeded,

    /// <summary>Its last attempt failed.</summary>
    Failed,

    /// <summary>It was cancelled.</summary>
    Canceled,
}
