using Dataplug.Lithops.Protocol;

namespace Dataplug.Lithops.Backends.Storage;

/// <summary>What a backend whose jobs go through storage has to provide: workers that take an invocation.</summary>
internal interface IWorkerSource
{
    /// <summary>A worker that is free, or a new one. Never asked for more at once than the backend's parallelism.</summary>
    /// <exception cref="BackendFailedException">There can't be any.</exception>
    ValueTask<IWorkerLease> AcquireAsync(WorkerRequest request, CancellationToken cancellationToken);
}

/// <summary>What a worker has to have.</summary>
/// <param name="Memory">Bytes of memory that the task asks for; null for as much as the backend gives by itself.</param>
internal readonly record struct WorkerRequest(long? Memory);

/// <summary>A worker, held for one invocation. Disposing gives it back, when it can be used again.</summary>
internal interface IWorkerLease : IAsyncDisposable
{
    string Worker { get; }

    /// <summary>Whether the worker says by itself, at once, when an invocation ends; else storage is asked. May turn to false when the line
    /// to the worker is lost.</summary>
    bool Tells { get; }

    /// <summary>Whether it also says when each of several attempts ends.</summary>
    bool TellsEach => false;

    /// <summary>Completes when the worker has begun. Until then the attempts wait: their time doesn't count, and no sign of life is
    /// expected.</summary>
    Task Begun { get; }

    /// <summary>Hands the invocation over.</summary>
    /// <param name="invocation">The signed invocation.</param>
    /// <param name="notices">Takes what the worker tells meanwhile.</param>
    /// <returns>The signed status of the last attempt as soon as the worker tells it; null when the worker has ended and the status is in
    /// storage. Of a worker that doesn't tell: null as soon as it has accepted the invocation, or not before something is known of its
    /// end.</returns>
    /// <exception cref="WorkerLostException">The worker is gone. There may be statuses none the less.</exception>
    /// <exception cref="PayloadRefusedException">The worker refuses the invocation.</exception>
    Task<byte[]?> InvokeAsync(ReadOnlyMemory<byte> invocation, Action<WorkerNotice> notices);

    /// <summary>Tells the worker to stop an attempt.</summary>
    /// <returns>Whether it is told; else it has to find out from storage.</returns>
    ValueTask<bool> CancelAsync(string call);

    /// <summary>Ends the worker, whatever it does; as far as that can be done.</summary>
    void Kill();

    /// <summary>Lets go of the worker, which goes on: another process may wait for what it does.</summary>
    void Detach()
    {
    }
}
