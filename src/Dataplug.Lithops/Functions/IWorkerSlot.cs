namespace Dataplug.Lithops.Functions;

/// <summary>
/// The right of one task to run: taken before the task starts, given back by <see cref="IDisposable.Dispose"/> when it ends.
/// A task that waits for other tasks of the same executor lends its slot to them meanwhile, which is why tasks may map.
/// </summary>
public interface IWorkerSlot : IDisposable
{
    /// <summary>Called when the task begins to wait for another task. Calls nest.</summary>
    void Suspend();

    /// <summary>Called when the wait is over: ends one <see cref="Suspend"/> and, when it was the last, takes a slot again.</summary>
    ValueTask ResumeAsync();
}
