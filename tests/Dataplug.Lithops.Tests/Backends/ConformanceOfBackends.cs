using Dataplug.Lithops.Backends.Processes;

namespace Dataplug.Lithops.Tests.Backends;

public sealed class LocalConformance : BackendConformance
{
    protected override FunctionExecutor Create(ExecutorOptions? options = null) => new(options);
}

public sealed class ProcessConformance : BackendConformance
{
    protected override FunctionExecutor Create(ExecutorOptions? options = null) =>
        new(new ProcessBackend(new ProcessBackendOptions { MaxParallelism = options?.MaxParallelism ?? 2 }), options);
}

/// <summary>The base of backends whose workers don't tell anything: all goes through storage, as with cloud functions.</summary>
public sealed class StorageConformance : BackendConformance
{
    protected override FunctionExecutor Create(ExecutorOptions? options = null) =>
        new(new SilentBackend(options?.MaxParallelism ?? 2), options);
}
