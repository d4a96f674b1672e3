using System.IO.Pipes;
using System.Text;
using System.Text.Json;
using Dataplug.Lithops.Protocol;

namespace Dataplug.Lithops.Worker;

/// <summary>Serves a client on this machine: runs the invocations that come through the pipe, one at a time, until the pipe closes.</summary>
internal static class PipeService
{
    /// <summary>How long a task may go on when the client is gone.</summary>
    private static readonly TimeSpan LastGrace = TimeSpan.FromSeconds(2);

    /// <summary>How long a task that does not stop waits for the client to end its process.</summary>
    private static readonly TimeSpan AbandonedGrace = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(30);

    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string pipeName, InvocationRunner runner)
    {
        var pipe = new NamedPipeClientStream(".", pipeName, PipeDirection.InOut, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);
        await using var closing = pipe.ConfigureAwait(false);
        await pipe.ConnectAsync(ConnectTimeout, CancellationToken.None).ConfigureAwait(false);
        using var turn = new SemaphoreSlim(1);
        TaskConsole.TakeOver();
        await WorkerFrames.WriteAsync(pipe, turn, FrameKind.Ready, ReadOnlyMemory<byte>.Empty, CancellationToken.None).ConfigureAwait(false);

        CancellationTokenSource? stop = null;
        CallStops? stops = null;
        var running = Task.CompletedTask;
        while (await WorkerFrames.ReadAsync(pipe, CancellationToken.None).ConfigureAwait(false) is { } frame)
        {
            if (frame.Kind == FrameKind.Invoke)
            {
                // The client sends the next one when it has got the end of the one before.
                await running.ConfigureAwait(false);
                stop?.Dispose();
                stop = new CancellationTokenSource();
                stops = new CallStops();
                running = ServeAsync(pipe, turn, runner, frame.Body, stops, stop.Token);
            }
            else if (frame.Kind == FrameKind.Cancel)
            {
                stops?.Stop(Encoding.UTF8.GetString(frame.Body));
            }
        }

        // Nobody is there any more who could use a result.
        if (stop is not null)
            _ = stop.CancelAsync();
        await Task.WhenAny(running, Task.Delay(LastGrace)).ConfigureAwait(false);
        return 0;
    }

    private static async Task ServeAsync(Stream pipe, SemaphoreSlim turn, InvocationRunner runner, byte[] invocation, CallStops stops, CancellationToken stop)
    {
        try
        {
            var outcome = await runner.RunAsync(invocation, Tell, stop, stops).ConfigureAwait(false);

            // Code that did not stop still runs: this process can't be used for anything else. The status is in storage, and the client
            // ends the process together with those that the task started, which it can't do itself; unless the client fails to.
            if (outcome.IsAbandoned)
            {
                await Task.Delay(AbandonedGrace, CancellationToken.None).ConfigureAwait(false);
                Environment.Exit(3);
            }

            await WorkerFrames.WriteAsync(pipe, turn, FrameKind.Ended, outcome.Status, CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The client is gone, which ends the service.
        }
        catch (Exception exception)
        {
            // Whatever it is, the client has to know that no status will come.
            await TryRefuseAsync(exception.Message).ConfigureAwait(false);
        }

        void Tell(WorkerNotice notice)
        {
            try
            {
                WorkerFrames.WriteAsync(pipe, turn, FrameKind.Notice, JsonSerializer.SerializeToUtf8Bytes(notice, ProtocolJson.Default.WorkerNotice), CancellationToken.None).GetAwaiter().GetResult();
            }
            catch (IOException)
            {
                // The same.
            }
        }

        async Task TryRefuseAsync(string why)
        {
            try
            {
                await WorkerFrames.WriteAsync(pipe, turn, FrameKind.Refused, Encoding.UTF8.GetBytes(why), CancellationToken.None).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // The same.
            }
        }
    }
}
