namespace Dataplug.Lithops.Backends.Local;

/// <summary>
/// A counted set of slots with a priority queue before it: tasks that continue come first, then tasks of deeper jobs, then first
/// come, first served. With deeper jobs first, the number of tasks that wait for sub-tasks stays within the number of slots.
/// </summary>
internal sealed class LocalSlots
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<TaskCompletionSource<int>, (int Rank, long Order)> _waiters = new();
    private readonly Stack<int> _free = new();
    private long _order;

    public LocalSlots(int count)
    {
        for (var number = count - 1; number >= 0; number--)
            _free.Push(number);
    }

    /// <summary>Waits for a slot.</summary>
    /// <param name="depth">The depth of the task's job.</param>
    /// <param name="jobLimit">Held by the caller, released with the slot; may be null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<LocalSlot> AcquireAsync(int depth, SemaphoreSlim? jobLimit, CancellationToken cancellationToken) =>
        new(this, await TakeAsync(-depth, cancellationToken).ConfigureAwait(false), jobLimit);

    /// <summary>Takes a slot for a task that goes on after having lent its own.</summary>
    public ValueTask<int> ResumeAsync() => TakeAsync(int.MinValue, CancellationToken.None);

    public void Release(int number)
    {
        lock (_gate)
        {
            // A waiter that was cancelled stays in the queue until its turn comes, and is passed over.
            while (_waiters.TryDequeue(out var waiter, out _))
            {
                if (waiter.TrySetResult(number))
                    return;
            }

            _free.Push(number);
        }
    }

    private ValueTask<int> TakeAsync(int rank, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TaskCompletionSource<int> waiter;
        lock (_gate)
        {
            if (_free.TryPop(out var number))
                return new ValueTask<int>(number);
            waiter = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Enqueue(waiter, (rank, _order++));
        }

        return new ValueTask<int>(WaitAsync(waiter, cancellationToken));
    }

    private static async Task<int> WaitAsync(TaskCompletionSource<int> waiter, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource<int>)state!).TrySetCanceled(token), waiter);
        return await waiter.Task.ConfigureAwait(false);
    }
}
