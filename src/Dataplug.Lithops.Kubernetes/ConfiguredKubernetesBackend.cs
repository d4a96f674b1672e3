using Dataplug.Lithops.Backends;
using Dataplug.Storage;

namespace Dataplug.Lithops.Kubernetes;

/// <summary>Reads the section <c>executor.kubernetes</c>.</summary>
internal sealed class ConfiguredKubernetesBackend : ConfiguredBackend
{
    public override Func<IExecutorBackend> Read(ConfigurationSection? section, ObjectUri storage, Func<RemoteBackendOptions, RemoteBackendOptions> common, Func<string?, string, string, string> required)
    {
        var options = new KubernetesBackendOptions { Storage = storage, Image = required(section?.Text("image"), "executor.kubernetes.image", "the worker's image") };
        options = (KubernetesBackendOptions)common(options) with
        {
            Namespace = section?.Text("namespace") ?? options.Namespace,
            Context = section?.Text("context"),
            ServiceAccount = section?.Text("serviceAccount"),
            Cpu = section?.Text("cpu") ?? options.Cpu,
            Memory = section?.Text("memory") ?? options.Memory,
            EnvironmentSecret = section?.Text("environmentSecret"),
        };
        return () => new KubernetesBackend(options);
    }
}
