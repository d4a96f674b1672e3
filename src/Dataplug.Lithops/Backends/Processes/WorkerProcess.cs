using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using System.Text;
using Dataplug.Lithops.Protocol;

namespace Dataplug.Lithops.Backends.Processes;

/// <summary>
/// One worker process, and the pipe to it. The key goes through its standard input, once; everything else through the pipe, so that
/// neither what tasks print nor programs that they start can get in between.
/// </summary>
#pragma warning disable CA1001 // A semaphore without a wait handle holds nothing; EndAsync gives back the rest.
internal sealed class WorkerProcess
#pragma warning restore CA1001
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly NamedPipeServerStream _pipe;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly TextTail _output = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private TaskCompletionSource<byte[]?>? _call;
    private Action<WorkerNotice>? _notices;
    private Exception? _gone;

    private WorkerProcess(Process process, NamedPipeServerStream pipe, string name)
    {
        _process = process;
        _pipe = pipe;
        Name = name;
    }

    public string Name { get; }

    /// <summary>How much the managed heap may hold, in bytes; null for no limit.</summary>
    public long? MemoryLimit { get; private init; }

    public bool IsAlive => Volatile.Read(ref _gone) is null && !_process.HasExited;

    /// <summary>Whether it can take another task.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
                return _gone is null && _call is null;
        }
    }

    /// <summary>Starts a worker, and waits until it can be used.</summary>
    /// <exception cref="BackendFailedException">It doesn't start.</exception>
    public static async Task<WorkerProcess> StartAsync(
        WorkerProgram program, ProcessBackendOptions options, MessageKey key, int number, long? memory, Action<WorkerProcess> onStarted, CancellationToken cancellationToken)
    {
        var pipeName = "dataplug-" + Guid.NewGuid().ToString("N");
        var pipe = new NamedPipeServerStream(pipeName, PipeDirection.InOut, 1, PipeTransmissionMode.Byte, PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly);
        Process process;
        try
        {
            process = Launch(program, options, pipeName, memory);
        }
        catch
        {
            await pipe.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        var worker = new WorkerProcess(process, pipe, string.Create(CultureInfo.InvariantCulture, $"processes/{number} (pid {process.Id})")) { MemoryLimit = memory };
        onStarted(worker);
        worker._process.OutputDataReceived += (_, line) => worker._output.Add(line.Data);
        worker._process.ErrorDataReceived += (_, line) => worker._output.Add(line.Data);
        worker._process.BeginOutputReadLine();
        worker._process.BeginErrorReadLine();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.StartTimeout);
        try
        {
            await worker._process.StandardInput.WriteLineAsync(key.ToText()).ConfigureAwait(false);
            worker._process.StandardInput.Close();
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(patience.Token);
            var exit = worker._process.WaitForExitAsync(ended.Token);
            var connect = pipe.WaitForConnectionAsync(ended.Token);
            await Task.WhenAny(connect, exit).ConfigureAwait(false);
            if (connect.IsCompletedSuccessfully)
            {
                _ = worker.ListenAsync();
                await Task.WhenAny(worker._ready.Task, exit).ConfigureAwait(false);
            }

            await ended.CancelAsync().ConfigureAwait(false);
            if (worker._ready.Task.IsCompletedSuccessfully)
                return worker;
            cancellationToken.ThrowIfCancellationRequested();
            throw worker.DidNotStart(patience.IsCancellationRequested ? string.Create(CultureInfo.InvariantCulture, $"it did not answer within {options.StartTimeout.TotalSeconds:0.#} s") : "it ended");
        }
        catch (IOException exception)
        {
            await worker.EndAsync().ConfigureAwait(false);
            throw worker.DidNotStart("it ended: " + exception.Message);
        }
        catch
        {
            await worker.EndAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Hands an invocation over.</summary>
    /// <returns>The signed status.</returns>
    public async Task<byte[]?> InvokeAsync(ReadOnlyMemory<byte> invocation, Action<WorkerNotice> notices, CancellationToken cancellationToken)
    {
        var call = new TaskCompletionSource<byte[]?>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_gone is { } gone)
                throw gone;
            (_call, _notices) = (call, notices);
        }

        try
        {
            await WorkerFrames.WriteAsync(_pipe, _turn, FrameKind.Invoke, invocation, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It is gone; who listens finds out, and tells why.
        }

        return await call.Task.ConfigureAwait(false);
    }

    public async ValueTask CancelAsync(string call)
    {
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            await WorkerFrames.WriteAsync(_pipe, _turn, FrameKind.Cancel, Encoding.UTF8.GetBytes(call), patience.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // It is gone, or does not even listen: it is ended after the grace.
        }
    }

    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended.
        }
    }

    /// <summary>Ends the process if it hasn't, and gives back what it held.</summary>
    public async Task EndAsync()
    {
        Kill();
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            await _process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The kernel does not let go of it; nothing more can be done from here.
        }

        await _pipe.DisposeAsync().ConfigureAwait(false);
    }

    private static Process Launch(WorkerProgram program, ProcessBackendOptions options, string pipeName, long? memory)
    {
        var start = new ProcessStartInfo(program.FileName)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])[.. program.Arguments, "serve", pipeName, .. options.CodeCache is { } cache ? (string[])[cache] : []])
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in options.Environment)
        {
            if (value is null)
                start.Environment.Remove(name);
            else
                start.Environment[name] = value;
        }

        // The runtime's own limit: beyond it allocations fail with an OutOfMemoryException, which the task may tell of.
        if (memory is { } limit)
            start.Environment["DOTNET_GCHeapHardLimit"] = limit.ToString("X", CultureInfo.InvariantCulture);
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new BackendFailedException("processes", $"'{program.FileName}' can't be started: {exception.Message}", innerException: exception);
        }
    }

    private async Task ListenAsync()
    {
        try
        {
            while (await WorkerFrames.ReadAsync(_pipe, CancellationToken.None).ConfigureAwait(false) is { } frame)
            {
                switch (frame.Kind)
                {
                    case FrameKind.Ready:
                        _ready.TrySetResult();
                        break;
                    case FrameKind.Notice:
                        Notices()?.Invoke(ProtocolJson.Read(frame.Body, ProtocolJson.Default.WorkerNotice, "notice"));
                        break;
                    case FrameKind.Ended:
                        TakeCall()?.TrySetResult(frame.Body);
                        break;
                    case FrameKind.Refused:
                        TakeCall()?.TrySetException(new PayloadRefusedException(Name, "the worker refused: " + Encoding.UTF8.GetString(frame.Body), "See the message."));
                        break;
                    default:
                        throw new InvalidDataException($"A frame of kind {frame.Kind}.");
                }
            }
        }
        catch (Exception exception)
        {
            // It speaks another language, or the receiver of a notice threw: a worker that isn't listened to is of no use.
            _output.Add(exception.Message);
            Kill();
        }

        await GoneAsync().ConfigureAwait(false);
    }

    private async Task GoneAsync()
    {
        var exit = "closed its pipe and does not end";
        var isOutOfMemory = false;
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            await _process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
            exit = "ended with " + DescribeExit(_process.ExitCode);

            // The kernel kills what takes too much; the runtime says so and aborts.
            isOutOfMemory = _process.ExitCode == 128 + 9 || _output.Quote().Contains("Out of memory", StringComparison.OrdinalIgnoreCase);
        }
        catch (OperationCanceledException)
        {
            Kill();
        }

        var gone = new WorkerLostException(Name, "the worker process " + exit + _output.Quote()) { IsOutOfMemory = isOutOfMemory };
        TaskCompletionSource<byte[]?>? call;
        lock (_gate)
        {
            _gone = gone;
            (call, _call) = (_call, null);
        }

        call?.TrySetException(gone);
    }

    private BackendFailedException DidNotStart(string why) =>
        new("processes", $"the worker process did not start: {why}{_output.Quote()}", "Start the worker program by hand to see what it lacks.");

    private Action<WorkerNotice>? Notices()
    {
        lock (_gate)
            return _call is null ? null : _notices;
    }

    private TaskCompletionSource<byte[]?>? TakeCall()
    {
        lock (_gate)
        {
            var call = _call;
            (_call, _notices) = (null, null);
            return call;
        }
    }

    // The runtime gives 128 and the number of the signal for processes that one ended.
    private static string DescribeExit(int code) => code switch
    {
        128 + 6 => "code 134 (aborted: an unhandled failure, such as a stack overflow)",
        128 + 9 => "code 137 (killed, by someone or for want of memory)",
        128 + 11 => "code 139 (segmentation fault)",
        _ => string.Create(CultureInfo.InvariantCulture, $"code {code}"),
    };
}
