namespace Dataplug.Lithops.Backends.Local;

/// <summary>
/// A counted set of slots with a priority queue before it: tasks that continue come first, then tasks of deeper jobs, then first
/// come, first served.
/// </summary>
/// <remarks>
/// A free slot is also kept from shallower tasks while a deeper job is just about to ask for one: it says so by
/// <see cref="Arrive"/>. Else a task that begins to wait for its sub-tasks would make room for its next sibling before the first
/// sub-task has got into the queue, and soon all siblings would have begun and all would wait. Who has arrived is on a thread or
/// on its way to one, and waits for nothing, so what is kept for it is soon used or released.
/// </remarks>
internal sealed class LocalSlots
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<Waiter, (int Rank, long Order)> _waiters = new();
    private readonly Stack<int> _free = new();
    private readonly List<int> _arrivedAtDepth = [];
    private long _order;

    public LocalSlots(int count)
    {
        for (var number = count - 1; number >= 0; number--)
            _free.Push(number);
    }

    /// <summary>Says that a job is about to ask for a slot.</summary>
    public void Arrive(int depth)
    {
        lock (_gate)
            ArriveUnderGate(depth);
    }

    /// <summary>Says that a job will not ask for a slot before something else happens: an input comes, or a task ends.</summary>
    public void Leave(int depth)
    {
        lock (_gate)
        {
            _arrivedAtDepth[depth]--;
            Dispatch();
        }
    }

    /// <summary>Waits for a slot, for a job that has arrived. It counts as arrived again when it has the slot, but not when the wait is cancelled.</summary>
    /// <param name="depth">The depth of the task's job.</param>
    /// <param name="jobLimit">Held by the caller, released with the slot; may be null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<LocalSlot> AcquireAsync(int depth, SemaphoreSlim? jobLimit, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(depth);
        lock (_gate)
        {
            _arrivedAtDepth[depth]--;
            _waiters.Enqueue(waiter, (-depth, _order++));
            Dispatch();
        }

        using var registration = cancellationToken.UnsafeRegister(static (state, token) => ((Waiter)state!).TrySetCanceled(token), waiter);
        return new LocalSlot(this, await waiter.Task.ConfigureAwait(false), jobLimit);
    }

    /// <summary>Takes a slot for a task that goes on after having lent its own.</summary>
    public Task<int> ResumeAsync()
    {
        var waiter = new Waiter(depth: null);
        lock (_gate)
        {
            _waiters.Enqueue(waiter, (int.MinValue, _order++));
            Dispatch();
        }

        return waiter.Task;
    }

    public void Release(int number)
    {
        lock (_gate)
        {
            _free.Push(number);
            Dispatch();
        }
    }

    private void ArriveUnderGate(int depth)
    {
        while (_arrivedAtDepth.Count <= depth)
            _arrivedAtDepth.Add(0);
        _arrivedAtDepth[depth]++;
    }

    private void Dispatch()
    {
        while (_free.Count > 0 && _waiters.TryPeek(out var waiter, out _))
        {
            if (waiter.Depth is { } depth && _arrivedAtDepth.FindLastIndex(count => count > 0) > depth)
                return;
            _waiters.Dequeue();

            // A waiter that was cancelled stays in the queue until its turn comes, and is passed over. Continuations run elsewhere.
            if (!waiter.TrySetResult(_free.Peek()))
                continue;
            _free.Pop();
            if (waiter.Depth is { } granted)
                ArriveUnderGate(granted);
        }
    }

    /// <summary>Somebody who waits for a slot: to start a task of a job at a depth, or to resume one (null).</summary>
    private sealed class Waiter(int? depth) : TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public int? Depth => depth;
    }
}
