using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;
using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Functions;

namespace Dataplug.Lithops.Tests;

/// <summary>
/// A backend that treats this process as if it were another one: nothing gets to the function or back but the bytes of its
/// reference, of its input and of its result or failure.
/// </summary>
internal sealed class LoopbackBackend(int maxParallelism, JsonSerializerOptions? serializerOptions = null) : IExecutorBackend
{
    private readonly SemaphoreSlim _workers = new(maxParallelism);

    public string Name { get; init; } = "loopback";

    public bool ShipsFunctions => true;

    public int MaxParallelism => maxParallelism;

    /// <summary>The inputs as they travelled.</summary>
    public ConcurrentQueue<string> Payloads { get; } = new();

    public bool IsDisposed { get; private set; }

    public async Task RunAsync(IBackendJob job, CancellationToken cancellationToken)
    {
        var reference = job.Reference!.ToJson();
        await foreach (var task in job.ReadTasksAsync(cancellationToken))
        {
            await _workers.WaitAsync(cancellationToken);
            var payload = new ArrayBufferWriter<byte>();
            task.WriteInput(payload);
            Payloads.Enqueue(System.Text.Encoding.UTF8.GetString(payload.WrittenSpan));
            _ = Task.Run(() => RunAsync(job, task, reference, payload.WrittenMemory.ToArray()), CancellationToken.None);
        }
    }

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }

    private async Task RunAsync(IBackendJob job, IBackendTask task, byte[] reference, byte[] payload)
    {
        try
        {
            if (!task.Start("loopback"))
                return;
            var function = ShippedFunction.Bind(FunctionReference.FromJson(reference), serializerOptions);
            var context = new TaskContext(job.Id, task.Index, job.TaskCount, task.Attempt, "loopback", task.Log, task.ReportProgress, task.CancellationToken);
            var result = new ArrayBufferWriter<byte>();
            await function.InvokeAsync(payload, context, result);
            task.Succeed(result.WrittenSpan);
        }
        catch (Exception exception)
        {
            task.Fail(AttemptFailure.From(exception).WithoutException());
        }
        finally
        {
            _workers.Release();
        }
    }
}
