using Dataplug.Lithops.Backends.Storage;
using Dataplug.Lithops.Protocol;
using Dataplug.Storage;

namespace Dataplug.Lithops.Backends.Processes;

/// <summary>
/// Runs tasks in worker processes on this machine. They start when they are needed, run one task at a time, and are used again for
/// the next; one that crashes or is killed fails its own task only, and is replaced.
/// </summary>
/// <remarks>
/// The application needs the worker program beside it: reference Dataplug.Lithops.Worker. A task that is told to stop and does not
/// within the grace is ended together with its process.
/// </remarks>
public sealed class ProcessBackend : IExecutorBackend, IStorageBackend
{
    private const int DeleteTries = 20;

    private readonly WorkerPool _pool;
    private readonly StorageJobs _jobs;

    /// <summary>Creates the backend. Nothing starts before the first job.</summary>
    /// <param name="options">How it runs workers; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="BackendFailedException">The worker program is missing.</exception>
    /// <exception cref="FormatException">The key is none.</exception>
    public ProcessBackend(ProcessBackendOptions? options = null)
    {
        options ??= new ProcessBackendOptions();
        options.Validate();
        MaxParallelism = options.MaxParallelism ?? Environment.ProcessorCount;
        var program = WorkerProgram.Find(options.WorkerPath);
        if (options.Storage is null)
            TemporaryFolder = Directory.CreateTempSubdirectory("dataplug-jobs-").FullName;
        var key = options.Key is null ? MessageKey.Create() : MessageKey.Parse(options.Key);
        _pool = new WorkerPool(program, options, key);
        _jobs = new StorageJobs(
            new StorageJobOptions
            {
                Stores = options.Stores ?? ObjectStores.Default,
                Root = options.Storage ?? ObjectUri.ForFile(TemporaryFolder!),
                Key = key,
                IsKeyShared = options.Key is not null,
                MaxParallelism = MaxParallelism,
                HeartbeatInterval = options.HeartbeatInterval,
                HeartbeatTimeout = options.HeartbeatTimeout,
            },
            _pool);
    }

    /// <inheritdoc/>
    public string Name => "processes";

    /// <inheritdoc/>
    public bool ShipsFunctions => true;

    /// <inheritdoc/>
    public int MaxParallelism { get; }

    /// <summary>Where the jobs' objects are when no storage was given; null else.</summary>
    internal string? TemporaryFolder { get; }

    /// <inheritdoc/>
    StorageJobs IStorageBackend.Jobs => _jobs;

    /// <inheritdoc/>
    public Task RunAsync(IBackendJob job, CancellationToken cancellationToken) => _jobs.RunAsync(job, cancellationToken);

    /// <summary>Ends the workers and deletes what was temporary.</summary>
    public async ValueTask DisposeAsync()
    {
        await _pool.DisposeAsync().ConfigureAwait(false);
        for (var tries = 1; TemporaryFolder is not null && Directory.Exists(TemporaryFolder); tries++)
        {
            try
            {
                Directory.Delete(TemporaryFolder, recursive: true);
            }
            catch (IOException) when (tries < DeleteTries)
            {
                // A job that was given up cleans up at the same time.
                await Task.Delay(50).ConfigureAwait(false);
            }
        }
    }
}
