namespace Dataplug.Lithops.Plots;

/// <summary>What a task does, or waits for, at one time; in the order of the legend.</summary>
internal enum Phase
{
    /// <summary>It waits for a worker, or for its next attempt.</summary>
    Queued,

    /// <summary>The worker gets and loads the application.</summary>
    Code,

    /// <summary>The worker gets the input.</summary>
    Input,

    /// <summary>The function runs. All of an attempt whose worker did not tell phases.</summary>
    Run,

    /// <summary>The worker stores the result.</summary>
    Output,

    /// <summary>What the worker doesn't account for: the way there and back.</summary>
    Transport,

    /// <summary>An attempt that failed.</summary>
    Failed,

    /// <summary>An attempt that was cancelled.</summary>
    Canceled,
}
