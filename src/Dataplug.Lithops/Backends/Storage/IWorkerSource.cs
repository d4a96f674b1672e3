using Dataplug.Lithops.Protocol;

namespace Dataplug.Lithops.Backends.Storage;

/// <summary>What a backend whose jobs go through storage has to provide: workers that take an invocation.</summary>
internal interface IWorkerSource
{
    /// <summary>A worker that is free, or a new one. Never asked for more at once than the backend's parallelism.</summary>
    /// <exception cref="BackendFailedException">There can't be any.</exception>
    ValueTask<IWorkerLease> AcquireAsync(CancellationToken cancellationToken);
}

/// <summary>A worker, held for one attempt. Disposing gives it back, when it can be used again.</summary>
internal interface IWorkerLease : IAsyncDisposable
{
    string Worker { get; }

    /// <summary>Whether the worker says by itself when an attempt ends, and whether it is alive; else only storage tells.</summary>
    bool Tells { get; }

    /// <summary>Hands the invocation over.</summary>
    /// <param name="call">The attempt.</param>
    /// <param name="invocation">The signed invocation.</param>
    /// <param name="notices">Takes what the worker tells meanwhile.</param>
    /// <param name="cancellationToken">Ends the hand-over, not the attempt.</param>
    /// <returns>The signed status as soon as the worker tells it; null when the worker has ended the attempt and the status is in
    /// storage. Of a worker that doesn't tell: null as soon as it has accepted the invocation.</returns>
    /// <exception cref="WorkerLostException">The worker is gone.</exception>
    /// <exception cref="PayloadRefusedException">The worker refuses the invocation.</exception>
    Task<byte[]?> InvokeAsync(string call, ReadOnlyMemory<byte> invocation, Action<WorkerNotice> notices, CancellationToken cancellationToken);

    /// <summary>Tells the worker to stop the attempt. Not called for workers that don't tell: they look into storage.</summary>
    ValueTask CancelAsync();

    /// <summary>Ends the worker, whatever it does.</summary>
    void Kill();
}
