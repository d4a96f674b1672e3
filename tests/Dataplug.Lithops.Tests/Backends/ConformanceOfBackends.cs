using Dataplug.Conformance.Servers;
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

/// <summary>The same with a channel: workers tell through Redis what happens, and signs of life are so rare that nothing is found by them in
/// the time that the tests take.</summary>
public sealed class ChannelConformance : BackendConformance, IAsyncLifetime
{
    private string _address = "";

    public async Task InitializeAsync()
    {
        var server = await RedisServer.GetAsync();
        Environment.SetEnvironmentVariable("REDIS_PASSWORD", server.Password);
        _address = "redis://" + server.Address;
    }

    public Task DisposeAsync() => Task.CompletedTask;

    protected override FunctionExecutor Create(ExecutorOptions? options = null) =>
        new(new SilentBackend(options?.MaxParallelism ?? 2, heartbeatTimeout: TimeSpan.FromSeconds(50), channel: _address, heartbeat: TimeSpan.FromSeconds(20)), options);
}
