using Dataplug.Storage;

namespace Dataplug.Lithops.Backends;

/// <summary>A backend in an assembly of its own that makes itself from the configuration. It is found by its name, so that programs which
/// don't use it need not carry what it depends on.</summary>
internal abstract class ConfiguredBackend
{
    /// <summary>Makes the backend.</summary>
    /// <param name="section">The backend's own section; null when there is none.</param>
    /// <param name="storage">Where jobs go.</param>
    /// <param name="common">Sets what is the same for all backends.</param>
    /// <param name="required">Gets a text that has to be there: value, whole key, what it is.</param>
    public abstract Func<IExecutorBackend> Read(ConfigurationSection? section, ObjectUri storage, Func<RemoteBackendOptions, RemoteBackendOptions> common, Func<string?, string, string, string> required);
}
