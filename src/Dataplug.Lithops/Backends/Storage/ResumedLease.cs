using Dataplug.Lithops.Protocol;

namespace Dataplug.Lithops.Backends.Storage;

/// <summary>A worker that another process has set to work: known by its signs of life alone.</summary>
internal sealed class ResumedLease : IWorkerLease
{
    public string Worker => "taken over";

    public bool Tells => false;

    public Task Begun => Task.CompletedTask;

    public Task<byte[]?> InvokeAsync(ReadOnlyMemory<byte> invocation, Action<WorkerNotice> notices) => Task.FromResult<byte[]?>(null);

    public ValueTask<bool> CancelAsync(string call) => ValueTask.FromResult(false);

    public void Kill()
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
