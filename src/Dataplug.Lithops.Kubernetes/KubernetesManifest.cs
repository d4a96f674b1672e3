using System.Globalization;
using Dataplug.Lithops.Backends;
using k8s.Models;

namespace Dataplug.Lithops.Kubernetes;

/// <summary>What is made in the cluster.</summary>
/// <remarks>Kubernetes documentation, "Indexed Job for Parallel Processing with Static Work Assignment" and "Backoff limit per index"
/// (stable since 1.33, on by default since 1.29).</remarks>
internal static class KubernetesManifest
{
    /// <summary>The label by which the pods of an array are found.</summary>
    public const string ArrayLabel = "dataplug.io/array";

    /// <summary>The label by which everything of Dataplug's is found.</summary>
    private const string PartOfLabel = "app.kubernetes.io/part-of";

    private const string PartOf = "dataplug";

    /// <summary>How long a finished job stays if the client does not delete it.</summary>
    private const int KeptFor = 3600;

    public static string NameOf(string array) => "dataplug-" + array;

    /// <summary>The secret that brings the key to the workers.</summary>
    public static V1Secret Secret(KubernetesBackendOptions options, string name, string key) => new()
    {
        ApiVersion = "v1",
        Kind = "Secret",
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = options.Namespace, Labels = new Dictionary<string, string> { [PartOfLabel] = PartOf } },
        Type = "Opaque",
        StringData = new Dictionary<string, string> { [RemoteBackendOptions.KeyVariable] = key },
    };

    /// <summary>An indexed job whose pod N runs the invocation at <c>PREFIXN</c>, once.</summary>
    public static V1Job Job(KubernetesBackendOptions options, string array, string prefix, int count, string secret, long? memory = null)
    {
        var labels = new Dictionary<string, string> { [PartOfLabel] = PartOf, [ArrayLabel] = array };
        var resources = new Dictionary<string, ResourceQuantity> { ["cpu"] = new(options.Cpu), ["memory"] = new(memory?.ToString(CultureInfo.InvariantCulture) ?? options.Memory) };
        var variables = options.Environment.Select(variable => new V1EnvVar { Name = variable.Key, Value = variable.Value })
            .Append(new V1EnvVar
            {
                Name = RemoteBackendOptions.KeyVariable,
                ValueFrom = new V1EnvVarSource { SecretKeyRef = new V1SecretKeySelector { Name = secret, Key = RemoteBackendOptions.KeyVariable } },
            });
        return new V1Job
        {
            ApiVersion = "batch/v1",
            Kind = "Job",
            Metadata = new V1ObjectMeta { Name = NameOf(array), NamespaceProperty = options.Namespace, Labels = labels },
            Spec = new V1JobSpec
            {
                CompletionMode = "Indexed",
                Completions = count,
                Parallelism = count,

                // What is repeated is up to the executor.
                BackoffLimitPerIndex = 0,
                MaxFailedIndexes = count,
                TtlSecondsAfterFinished = KeptFor,
                Template = new V1PodTemplateSpec
                {
                    Metadata = new V1ObjectMeta { Labels = labels },
                    Spec = new V1PodSpec
                    {
                        RestartPolicy = "Never",
                        ServiceAccountName = options.ServiceAccount,
                        Containers =
                        [
                            new V1Container
                            {
                                Name = "worker",
                                Image = options.Image,

                                // Kubernetes puts the number in: the variable is one of those that it gives to indexed pods.
                                Args = ["run", prefix + "$(JOB_COMPLETION_INDEX)"],
                                Env = [.. variables],
                                EnvFrom = options.EnvironmentSecret is { } environment ? [new V1EnvFromSource { SecretRef = new V1SecretEnvSource { Name = environment } }] : null,
                                Resources = new V1ResourceRequirements { Requests = resources, Limits = new Dictionary<string, ResourceQuantity> { ["memory"] = resources["memory"] } },
                            },
                        ],
                    },
                },
            },
        };
    }
}
