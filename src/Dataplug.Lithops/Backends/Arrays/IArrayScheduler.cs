namespace Dataplug.Lithops.Backends.Arrays;

/// <summary>What runs arrays of equal tasks that know nothing but their number: Slurm's job arrays, Kubernetes' indexed jobs.</summary>
internal interface IArrayScheduler : IAsyncDisposable
{
    /// <summary>For messages.</summary>
    string Name { get; }

    /// <summary>How many elements one array may have.</summary>
    int MaxArraySize { get; }

    /// <summary>How long elements are gathered for one array.</summary>
    TimeSpan SubmitDelay { get; }

    /// <summary>How often <see cref="WatchAsync"/> is asked.</summary>
    TimeSpan PollInterval { get; }

    /// <summary>Submits an array whose elements run the invocations at <c>PREFIX0</c>, <c>PREFIX1</c> and so on.</summary>
    /// <param name="array">The array's name: hexadecimal digits.</param>
    /// <param name="prefix">The URI of the invocations without their number.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="memory">How much memory each is to have, in bytes; null for as much as the options say.</param>
    /// <param name="cancellationToken">The backend is disposed.</param>
    /// <returns>An id for each element.</returns>
    /// <exception cref="SchedulerUnavailableException">It can't be reached now.</exception>
    /// <exception cref="BackendFailedException">It refuses the array.</exception>
    Task<IReadOnlyList<string>> SubmitAsync(string array, string prefix, int count, long? memory, CancellationToken cancellationToken);

    /// <summary>How elements are; those that are missing in the answer are not known any more.</summary>
    /// <exception cref="SchedulerUnavailableException">It can't be reached now.</exception>
    Task<IReadOnlyDictionary<string, ArrayElement>> WatchAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken);

    /// <summary>Ends elements that wait or run; those that have ended are no error.</summary>
    /// <exception cref="SchedulerUnavailableException">It can't be reached now.</exception>
    Task CancelAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken);

    /// <summary>Called when nobody has any more interest in an element.</summary>
    void Forget(string id);
}

/// <summary>How an element of an array is.</summary>
/// <param name="State">Whether it waits, runs or has ended.</param>
/// <param name="Why">Of one that has ended otherwise than in order: what is known of its end, as a clause; else empty.</param>
/// <param name="IsOutOfMemory">Whether it was ended because it took too much memory.</param>
internal readonly record struct ArrayElement(ArrayElementState State, string Why = "", bool IsOutOfMemory = false);

/// <summary>Whether an element waits, runs or has ended.</summary>
internal enum ArrayElementState
{
    Waiting,
    Running,

    /// <summary>Its program has ended in order: there is a status, or will be seen to be one.</summary>
    Completed,

    /// <summary>It was ended, or ended in disorder. There may be a status none the less.</summary>
    Lost,
}

/// <summary>A scheduler can't be reached, which may pass.</summary>
internal sealed class SchedulerUnavailableException(string problem) : Exception(problem);
