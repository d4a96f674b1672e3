namespace Dataplug.Lithops.Backends.Local;

/// <summary>
/// Runs tasks on the thread pool of this process, at most so many at once over all jobs. Delegates are called as they are:
/// closures work, nothing is serialised, results and exceptions are the very objects.
/// </summary>
/// <remarks>An input is drawn when the one before it has found a slot, so at most one per job waits.</remarks>
public sealed class LocalBackend : IExecutorBackend
{
    private readonly LocalSlots _slots;

    /// <summary>Creates the backend.</summary>
    /// <param name="maxParallelism">How many tasks run at once; null for one per processor.</param>
    public LocalBackend(int? maxParallelism = null)
    {
        MaxParallelism = maxParallelism ?? Environment.ProcessorCount;
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxParallelism, 1, nameof(maxParallelism));
        _slots = new LocalSlots(MaxParallelism);
    }

    /// <inheritdoc/>
    public string Name => "local";

    /// <inheritdoc/>
    public bool ShipsFunctions => false;

    /// <inheritdoc/>
    public int MaxParallelism { get; }

    /// <inheritdoc/>
    public async Task RunAsync(IBackendJob job, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        var limit = job.MaxParallelism is { } most && most < MaxParallelism ? new SemaphoreSlim(most) : null;

        // On the submitter's thread still: a task that submits a job and then waits for it lends its slot to that job.
        var arrived = true;
        _slots.Arrive(job.Depth);
        try
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            var tasks = job.ReadTasksAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using (tasks.ConfigureAwait(false))
            {
                while (await ArrivedAfter(tasks.MoveNextAsync().AsTask()).ConfigureAwait(false))
                {
                    var task = tasks.Current;
                    if (limit is not null)
                        await ArrivedAfter(PassAsync(limit, cancellationToken)).ConfigureAwait(false);
                    arrived = false;
                    var slot = await _slots.AcquireAsync(job.Depth, limit, cancellationToken).ConfigureAwait(false);
                    arrived = true;

                    // RunAsync never throws, and the job's enumeration doesn't end before it has reported.
                    _ = Task.Run(() => task.RunAsync(slot.Worker, slot), CancellationToken.None);
                }
            }
        }
        finally
        {
            if (arrived)
                _slots.Leave(job.Depth);
        }

        // Others may go first while this job has nothing to start.
        async ValueTask<bool> ArrivedAfter(Task<bool> wait)
        {
            if (wait.IsCompleted)
                return await wait.ConfigureAwait(false);
            _slots.Leave(job.Depth);
            arrived = false;
            var more = await wait.ConfigureAwait(false);
            _slots.Arrive(job.Depth);
            arrived = true;
            return more;
        }
    }

    /// <summary>Holds nothing that would have to be given back.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async Task<bool> PassAsync(SemaphoreSlim limit, CancellationToken cancellationToken)
    {
        await limit.WaitAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }
}
