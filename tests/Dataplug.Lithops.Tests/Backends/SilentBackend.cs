using System.Collections.Concurrent;
using Dataplug.Conformance.Storage;
using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Backends.Storage;
using Dataplug.Lithops.Protocol;
using Dataplug.Lithops.Worker;
using Dataplug.Storage;

namespace Dataplug.Lithops.Tests.Backends;

/// <summary>
/// A backend as those of cloud functions are: an invocation is accepted and nothing more is heard of it, but through storage. The
/// workers are in this process.
/// </summary>
internal sealed class SilentBackend : IExecutorBackend, IWorkerSource
{
    private readonly ScratchFolder _scratch = new();
    private readonly ConcurrentQueue<Task> _deliveries = new();
    private readonly StorageJobs _jobs;
    private readonly InvocationRunner _runner;

    public SilentBackend(int maxParallelism, TimeSpan? heartbeatTimeout = null)
    {
        MaxParallelism = maxParallelism;
        Root = ObjectUri.ForFile(Path.Combine(_scratch.Path, "jobs"));
        _jobs = new StorageJobs(
            new StorageJobOptions
            {
                Stores = ObjectStores.Default,
                Root = Root,
                Key = Key,
                MaxParallelism = maxParallelism,
                HeartbeatInterval = TimeSpan.FromMilliseconds(100),
                HeartbeatTimeout = heartbeatTimeout ?? TimeSpan.FromSeconds(30),
            },
            this);
        _runner = new InvocationRunner(Key, ObjectStores.Default, new CodeCache(Path.Combine(_scratch.Path, "code")), "silent");
    }

    public string Name => "silent";

    public bool ShipsFunctions => true;

    public int MaxParallelism { get; }

    public MessageKey Key { get; } = MessageKey.Create();

    public ObjectUri Root { get; }

    /// <summary>What becomes of an invocation; by default, it is run once.</summary>
    public Func<InvocationRunner, ReadOnlyMemory<byte>, Task>? Deliver { get; init; }

    public Task RunAsync(IBackendJob job, CancellationToken cancellationToken) => _jobs.RunAsync(job, cancellationToken);

    public ValueTask<IWorkerLease> AcquireAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IWorkerLease>(new Lease(this));

    public async ValueTask DisposeAsync()
    {
        // The folder is theirs as long as they run; how they end is the test's business.
        await Task.WhenAll(_deliveries).WaitAsync(TimeSpan.FromSeconds(60)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _scratch.Dispose();
    }

    private sealed class Lease(SilentBackend backend) : IWorkerLease
    {
        public string Worker => "silent";

        public bool Tells => false;

        public Task Begun => Task.CompletedTask;

        public Task<byte[]?> InvokeAsync(string call, ReadOnlyMemory<byte> invocation, Action<WorkerNotice> notices)
        {
            backend._deliveries.Enqueue(Task.Run(() => (backend.Deliver ?? ((runner, message) => runner.RunAsync(message, null, CancellationToken.None)))(backend._runner, invocation), CancellationToken.None));
            return Task.FromResult<byte[]?>(null);
        }

        public ValueTask<bool> CancelAsync() => ValueTask.FromResult(false);

        public void Kill()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
