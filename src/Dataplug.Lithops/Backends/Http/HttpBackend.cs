using Dataplug.Lithops.Backends.Storage;

namespace Dataplug.Lithops.Backends.Http;

/// <summary>
/// Runs tasks on a service that takes invocations by POST: Cloud Run, Knative, Azure Container Apps, OpenFaaS, Lambda function URLs, or
/// any machine that runs <c>Dataplug.Lithops.Worker http</c>. One request is one attempt, answered when it has ended.
/// </summary>
/// <remarks>
/// A service that has no place answers 429 or 503, and is asked again later. When the connection breaks while an attempt runs, the
/// attempt goes on, and its end is found in storage.
/// </remarks>
public sealed class HttpBackend : IExecutorBackend, IStorageBackend
{
    private readonly HttpWorkers _workers;
    private readonly StorageJobs _jobs;

    /// <summary>Creates the backend. Nothing is sent before the first job.</summary>
    /// <param name="options">How it reaches its workers.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="BackendFailedException">There is no key.</exception>
    public HttpBackend(HttpBackendOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        MaxParallelism = options.MaxParallelism;
        _workers = new HttpWorkers(options);
        _jobs = new StorageJobs(options.ForJobs(options.ReadKey(Name, isRequired: true)), _workers);
    }

    /// <inheritdoc/>
    public string Name => "http";

    /// <inheritdoc/>
    public bool ShipsFunctions => true;

    /// <inheritdoc/>
    public int MaxParallelism { get; }

    /// <inheritdoc/>
    StorageJobs IStorageBackend.Jobs => _jobs;

    /// <inheritdoc/>
    public Task RunAsync(IBackendJob job, CancellationToken cancellationToken) => _jobs.RunAsync(job, cancellationToken);

    /// <summary>Closes the connections.</summary>
    public ValueTask DisposeAsync()
    {
        _workers.Dispose();
        return ValueTask.CompletedTask;
    }
}
