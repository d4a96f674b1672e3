using Dataplug.Lithops.Backends.Arrays;
using Dataplug.Lithops.Backends.Processes;
using Dataplug.Lithops.Backends.Storage;

namespace Dataplug.Lithops.Backends.Slurm;

/// <summary>
/// Runs tasks as elements of Slurm job arrays: <c>sbatch</c> submits what is ready together, <c>squeue</c> tells what waits, runs and has
/// ended, <c>scancel</c> stops. A task that waits in the queue doesn't use up its time.
/// </summary>
/// <remarks>
/// <para>The programs of Slurm have to be on the path, and configured as for the user's own jobs. Accounting (<c>sacct</c>) is not
/// needed. Slurm does not requeue tasks: what is repeated is up to <see cref="ExecutorOptions.Retries"/>.</para>
/// <para>See sbatch(1), squeue(1) and scancel(1) of Slurm 22.05.</para>
/// </remarks>
public sealed class SlurmBackend : IExecutorBackend, IStorageBackend
{
    private readonly ArrayWorkers _workers;
    private readonly StorageJobs _jobs;

    /// <summary>Creates the backend. Nothing is submitted before the first job.</summary>
    /// <param name="options">How it submits tasks.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="BackendFailedException">The worker program is missing.</exception>
    public SlurmBackend(SlurmBackendOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        MaxParallelism = options.MaxParallelism;
        var key = options.ReadKey(Name, isRequired: false);
        var jobs = options.ForJobs(key);
        _workers = new ArrayWorkers(new SlurmScheduler(options, WorkerProgram.Find(options.WorkerPath, options.DotnetPath), key), jobs);
        _jobs = new StorageJobs(jobs, _workers);
    }

    /// <inheritdoc/>
    public string Name => "slurm";

    /// <inheritdoc/>
    public bool ShipsFunctions => true;

    /// <inheritdoc/>
    public int MaxParallelism { get; }

    /// <inheritdoc/>
    StorageJobs IStorageBackend.Jobs => _jobs;

    /// <inheritdoc/>
    public Task RunAsync(IBackendJob job, CancellationToken cancellationToken) => _jobs.RunAsync(job, cancellationToken);

    /// <summary>Cancels what is still in Slurm, and deletes what was temporary.</summary>
    public ValueTask DisposeAsync() => _workers.DisposeAsync();
}
