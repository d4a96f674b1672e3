namespace Dataplug.Lithops.Backends;

/// <summary>
/// Where tasks run: this process, other processes, a cluster, functions of a cloud. A backend draws tasks from a job at the pace
/// at which it can run them, and reports what becomes of each attempt; which attempts are repeated, what a timeout means and what
/// the caller sees is the executor's business, and the same for all backends.
/// </summary>
public interface IExecutorBackend : IAsyncDisposable
{
    /// <summary>A short name, as in <c>local</c>.</summary>
    string Name { get; }

    /// <summary>
    /// Whether functions leave this process. Then every function has to have a <see cref="Functions.FunctionReference"/>
    /// (which is checked before a job is accepted), and inputs and results travel as bytes; else delegates are called directly.
    /// </summary>
    bool ShipsFunctions { get; }

    /// <summary>How many tasks run at once, over all jobs; at least 1.</summary>
    int MaxParallelism { get; }

    /// <summary>
    /// Runs a job: enumerates <see cref="IBackendJob.ReadTasksAsync"/> to its end. The enumeration ends when every task is settled,
    /// so it has to go on while attempts run. May be called for many jobs at once; is called on the thread that submits the job,
    /// so the enumeration, which runs code of the user, must not begin before the first await that yields.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="cancellationToken">Fires when the job is cancelled: what hasn't started must not start, and what runs should be stopped.</param>
    /// <remarks>An exception from here fails whatever of the job isn't settled yet.</remarks>
    Task RunAsync(IBackendJob job, CancellationToken cancellationToken);
}
