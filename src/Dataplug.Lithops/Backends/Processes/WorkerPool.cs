using Dataplug.Lithops.Backends.Storage;
using Dataplug.Lithops.Protocol;

namespace Dataplug.Lithops.Backends.Processes;

/// <summary>The worker processes: those that wait for work, and those that have it.</summary>
internal sealed class WorkerPool(WorkerProgram program, ProcessBackendOptions options, MessageKey key) : IWorkerSource, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<WorkerProcess> _idle = [];
    private readonly HashSet<WorkerProcess> _all = [];
    private int _started;
    private bool _disposed;

    public async ValueTask<IWorkerLease> AcquireAsync(WorkerRequest request, CancellationToken cancellationToken)
    {
        int number;
        WorkerProcess? surplus = null;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            while (_idle.FindLastIndex(idle => idle.MemoryLimit == request.Memory) is var at and >= 0)
            {
                var idle = _idle[at];
                _idle.RemoveAt(at);
                if (idle.IsAlive)
                    return new Lease(this, idle);
            }

            // Never more processes than tasks that may run at once: one with another limit makes room.
            if (_idle.Count > 0 && _all.Count >= (options.MaxParallelism ?? Environment.ProcessorCount))
            {
                surplus = _idle[0];
                _idle.RemoveAt(0);
                _all.Remove(surplus);
            }

            number = ++_started;
        }

        if (surplus is not null)
            await surplus.EndAsync().ConfigureAwait(false);
        var worker = await WorkerProcess.StartAsync(program, options, key, number, request.Memory, Remember, cancellationToken).ConfigureAwait(false);
        return new Lease(this, worker);
    }

    public async ValueTask DisposeAsync()
    {
        WorkerProcess[] all;
        lock (_gate)
        {
            _disposed = true;
            all = [.. _all];
            _idle.Clear();
        }

        await Task.WhenAll(all.Select(worker => worker.EndAsync())).ConfigureAwait(false);
    }

    // From its very start: a worker that starts while the pool is disposed must not be left behind.
    private void Remember(WorkerProcess worker)
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _all.Add(worker);
                return;
            }
        }

        worker.Kill();
    }

    private async ValueTask ReturnAsync(WorkerProcess worker)
    {
        lock (_gate)
        {
            if (!_disposed && worker.IsIdle)
            {
                _idle.Add(worker);
                return;
            }

            _all.Remove(worker);
        }

        await worker.EndAsync().ConfigureAwait(false);
    }

    private sealed class Lease(WorkerPool pool, WorkerProcess worker) : IWorkerLease
    {
        public string Worker => worker.Name;

        public bool Tells => true;

        public bool TellsEach => true;

        public Task Begun => Task.CompletedTask;

        public Task<byte[]?> InvokeAsync(ReadOnlyMemory<byte> invocation, Action<WorkerNotice> notices) =>
            worker.InvokeAsync(invocation, notices, CancellationToken.None);

        public async ValueTask<bool> CancelAsync(string call)
        {
            await worker.CancelAsync(call).ConfigureAwait(false);
            return true;
        }

        public void Kill() => worker.Kill();

        public ValueTask DisposeAsync() => pool.ReturnAsync(worker);
    }
}
