using Dataplug.Lithops.Backends;

namespace Dataplug.Lithops.Kubernetes;

/// <summary>How a <see cref="KubernetesBackend"/> runs its tasks.</summary>
/// <remarks><see cref="RemoteBackendOptions.Storage"/> is an object store that the pods reach, or a volume that they share with this
/// machine.</remarks>
public sealed record KubernetesBackendOptions : RemoteBackendOptions
{
    /// <summary>The image of the worker, as built by the Dockerfile of Dataplug.Lithops.Worker.</summary>
    public required string Image { get; init; }

    /// <summary>The namespace that jobs are made in.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>The context of the kubeconfig file; null for the current one, or for the pod's own account inside a cluster.</summary>
    public string? Context { get; init; }

    /// <summary>The service account of the pods; null for the namespace's default.</summary>
    public string? ServiceAccount { get; init; }

    /// <summary>Processors of one task, as Kubernetes writes them: <c>1</c>, <c>500m</c>.</summary>
    public string Cpu { get; init; } = "1";

    /// <summary>Memory of one task, as Kubernetes writes it: <c>2Gi</c>. A task that takes more is killed.</summary>
    public string Memory { get; init; } = "1Gi";

    /// <summary>A secret whose entries become variables of the pods, such as the keys of the storage; null for none.</summary>
    public string? EnvironmentSecret { get; init; }

    /// <summary>Variables of the pods.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>How many tasks one indexed job holds at most.</summary>
    public int MaxArraySize { get; init; } = 1000;

    /// <summary>How long tasks are gathered for one job.</summary>
    public TimeSpan SubmitDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How often the API server is asked for the pods, once for all tasks.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(2);

    internal override void Validate()
    {
        base.Validate();
        ArgumentException.ThrowIfNullOrEmpty(Image, nameof(Image));
        ArgumentException.ThrowIfNullOrEmpty(Namespace, nameof(Namespace));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxArraySize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(SubmitDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(PollInterval, TimeSpan.Zero);
    }
}
