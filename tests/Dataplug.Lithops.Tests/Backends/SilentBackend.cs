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
internal sealed class SilentBackend : IStorageBackend, IWorkerSource
{
    private readonly ScratchFolder _scratch = new();
    private readonly ConcurrentQueue<Task> _deliveries = new();
    private readonly StorageJobs _jobs;
    private readonly InvocationRunner _runner;

    /// <param name="maxParallelism">How many tasks run at once.</param>
    /// <param name="heartbeatTimeout">After how long without a sign of life a worker is given up.</param>
    /// <param name="root">Where jobs lie; null for a folder of its own.</param>
    /// <param name="clientStores">The stores of the client's end.</param>
    /// <param name="workerStores">The stores of the workers' end.</param>
    /// <param name="former">A backend of another client, whose storage and key this one has; null for a storage and a key of its own.</param>
    /// <param name="channel">A Redis server.</param>
    /// <param name="heartbeat">How often workers give signs of life, and look for cancellations.</param>
    public SilentBackend(
        int maxParallelism,
        TimeSpan? heartbeatTimeout = null,
        ObjectUri? root = null,
        ObjectStores? clientStores = null,
        ObjectStores? workerStores = null,
        SilentBackend? former = null,
        string? channel = null,
        TimeSpan? heartbeat = null)
    {
        MaxParallelism = maxParallelism;
        Root = root ?? former?.Root ?? ObjectUri.ForFile(Path.Combine(_scratch.Path, "jobs"));
        Key = former?.Key ?? MessageKey.Create();
        _jobs = new StorageJobs(
            new StorageJobOptions
            {
                Stores = clientStores ?? ObjectStores.Default,
                Root = Root,
                Key = Key,
                MaxParallelism = maxParallelism,
                IsKeyShared = true,
                Channel = channel,
                HeartbeatInterval = heartbeat ?? TimeSpan.FromMilliseconds(100),
                HeartbeatTimeout = heartbeatTimeout ?? TimeSpan.FromSeconds(30),
            },
            this);
        _runner = new InvocationRunner(Key, workerStores ?? ObjectStores.Default, new CodeCache(Path.Combine(_scratch.Path, "code")), "silent");
    }

    public string Name => "silent";

    public bool ShipsFunctions => true;

    public int MaxParallelism { get; }

    public MessageKey Key { get; }

    public ObjectUri Root { get; }

    /// <summary>What becomes of an invocation; by default, it is run once.</summary>
    public Func<InvocationRunner, ReadOnlyMemory<byte>, Task>? Deliver { get; init; }

    public StorageJobs Jobs => _jobs;

    public Task RunAsync(IBackendJob job, CancellationToken cancellationToken) => _jobs.RunAsync(job, cancellationToken);

    public ValueTask<IWorkerLease> AcquireAsync(WorkerRequest request, CancellationToken cancellationToken) => ValueTask.FromResult<IWorkerLease>(new Lease(this));

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

        public Task<byte[]?> InvokeAsync(ReadOnlyMemory<byte> invocation, Action<WorkerNotice> notices)
        {
            backend._deliveries.Enqueue(Task.Run(() => (backend.Deliver ?? ((runner, message) => runner.RunAsync(message, null, CancellationToken.None)))(backend._runner, invocation), CancellationToken.None));
            return Task.FromResult<byte[]?>(null);
        }

        public ValueTask<bool> CancelAsync(string call) => ValueTask.FromResult(false);

        public void Kill()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
