using Dataplug.Lithops.Backends.Storage;

namespace Dataplug.Lithops.Backends.Lambda;

/// <summary>
/// Runs tasks on an AWS Lambda function whose runtime is Dataplug's worker, by the signed Invoke API: one invocation is one attempt.
/// </summary>
/// <remarks>Storage has to be one that the function reaches, as in <c>s3://bucket/lithops</c>, by the rights of its role.</remarks>
public sealed class LambdaBackend : IExecutorBackend, IStorageBackend
{
    private readonly LambdaApi _api;
    private readonly StorageJobs _jobs;

    /// <summary>Creates the backend. Nothing is sent before the first job.</summary>
    /// <param name="options">Which function is invoked, and how.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="BackendFailedException">There is no key.</exception>
    public LambdaBackend(LambdaBackendOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        MaxParallelism = options.MaxParallelism;
        var key = options.ReadKey(Name, isRequired: true);
        _api = new LambdaApi(options.Lambda);
        _jobs = new StorageJobs(options.ForJobs(key), new LambdaWorkers(options, _api));
    }

    /// <inheritdoc/>
    public string Name => "aws-lambda";

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
        _api.Dispose();
        return ValueTask.CompletedTask;
    }
}
