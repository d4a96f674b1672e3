using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Backends.Arrays;
using Dataplug.Lithops.Backends.Storage;
using k8s;
using k8s.Exceptions;

namespace Dataplug.Lithops.Kubernetes;

/// <summary>Runs tasks as pods of Kubernetes' indexed jobs, from an image of the worker.</summary>
/// <remarks>Written to the public documentation of Kubernetes and tested against its manifests and a stand-in of its API; it has not been
/// run on a cluster yet.</remarks>
public sealed class KubernetesBackend : IExecutorBackend, IStorageBackend
{
    private readonly ArrayWorkers _workers;
    private readonly StorageJobs _jobs;

    /// <summary>Creates the backend. Nothing is made in the cluster before the first job.</summary>
    /// <param name="options">How it runs tasks.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="BackendFailedException">There is no cluster in the kubeconfig file.</exception>
    public KubernetesBackend(KubernetesBackendOptions options)
        : this(options, client: null)
    {
    }

    internal KubernetesBackend(KubernetesBackendOptions options, IKubernetes? client)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        MaxParallelism = options.MaxParallelism;
        var key = options.ReadKey(Name, isRequired: false);
        var jobs = options.ForJobs(key);
        _workers = new ArrayWorkers(new KubernetesScheduler(options, client ?? Connect(options), key.ToText()), jobs);
        _jobs = new StorageJobs(jobs, _workers);
    }

    /// <inheritdoc/>
    public string Name => "kubernetes";

    /// <inheritdoc/>
    public bool ShipsFunctions => true;

    /// <inheritdoc/>
    public int MaxParallelism { get; }

    /// <summary>The manifest of a job of so many tasks, as YAML: to look at, or to try by hand.</summary>
    /// <param name="options">How tasks are run.</param>
    /// <param name="tasks">How many.</param>
    public static string Manifest(KubernetesBackendOptions options, int tasks)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        ArgumentOutOfRangeException.ThrowIfLessThan(tasks, 1);
        var array = "example";
        return KubernetesYaml.Serialize(KubernetesManifest.Job(options, array, new Protocol.JobLayout(options.Storage).ArrayElement(array, 0).Value[..^1], tasks, "dataplug-key"));
    }

    /// <inheritdoc/>
    StorageJobs IStorageBackend.Jobs => _jobs;

    /// <inheritdoc/>
    public Task RunAsync(IBackendJob job, CancellationToken cancellationToken) => _jobs.RunAsync(job, cancellationToken);

    /// <summary>Deletes the jobs and the secret that it made.</summary>
    public ValueTask DisposeAsync() => _workers.DisposeAsync();

    private static k8s.Kubernetes Connect(KubernetesBackendOptions options)
    {
        try
        {
            return new k8s.Kubernetes(options.Context is null && KubernetesClientConfiguration.IsInCluster()
                ? KubernetesClientConfiguration.InClusterConfig()
                : KubernetesClientConfiguration.BuildConfigFromConfigFile(currentContext: options.Context));
        }
        catch (Exception exception) when (exception is KubeConfigException or IOException or UnauthorizedAccessException)
        {
            throw new BackendFailedException("kubernetes", "no cluster is configured: " + exception.Message, "kubectl shows what is: 'kubectl config get-contexts'.", null, exception);
        }
    }
}
