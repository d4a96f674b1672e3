namespace Dataplug.Conformance;

/// <summary>Counts what a thread allocates while it does some things. A collection takes away the piece of memory that the thread has yet to
/// use, and counts it as allocated, and so do the pauses of one in the background, which is not counted as another one: what was done
/// meanwhile is not counted.</summary>
public sealed class AllocationMeter
{
    /// <summary>Bytes that were allocated.</summary>
    public long Allocated { get; private set; }

    /// <summary>Times that were counted.</summary>
    public int Measured { get; private set; }

    /// <summary>Does something, and counts what it allocates.</summary>
    public T Measure<T>(Func<T> work)
    {
        var (pauses, collections, before) = (GC.GetTotalPauseDuration(), GC.CollectionCount(0), GC.GetAllocatedBytesForCurrentThread());
        var result = work();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (GC.CollectionCount(0) == collections && GC.GetTotalPauseDuration() == pauses)
        {
            Allocated += allocated;
            Measured++;
        }

        return result;
    }
}
