using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Dataplug.Lithops.Protocol;
using Dataplug.Storage;

namespace Dataplug.Lithops.Backends.Storage;

/// <summary>One attempt on a worker elsewhere: sent, watched until its status is there or its worker is given up, and reported.</summary>
internal sealed class StorageAttempt(
    StorageJobOptions options, JobLayout layout, IBackendJob job, IBackendTask task, IWorkerLease lease, string bundle, string function)
{
    private const int InputInFailure = 1000;

    /// <summary>A worker that doesn't tell is asked after a tenth of the time that it has taken so far, within these bounds.</summary>
    private static readonly TimeSpan ShortestPoll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(2);

    private readonly IObjectStore _store = options.Stores.Get(options.Root);
    private readonly string _call = Invocation.CallOf(job.Id, task.Index, task.Attempt);
    private readonly Stopwatch _watch = new();
    private readonly Lock _lines = new();
    private int _nextLine;
    private bool _started;
    private string? _input;

    /// <summary>Never throws for what happens to the attempt.</summary>
    /// <exception cref="BackendFailedException">The backend can't run anything.</exception>
    public async Task RunAsync()
    {
        if (lease.Begun.IsCompleted && !Start())
            return;
        var storedInput = false;
        try
        {
            var input = new ArrayBufferWriter<byte>();
            task.WriteInput(input);
            _input = Describe(input.WrittenSpan);
            storedInput = input.WrittenCount > Invocation.InlineLimit;
            if (storedInput)
                await _store.PutAsync(layout.Input(_call), input.WrittenMemory, PutOptions.Overwrite, task.CancellationToken).ConfigureAwait(false);
            await ReportAsync(await ExecuteAsync(Sign(input.WrittenMemory, storedInput)).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (BackendFailedException)
        {
            // Not this attempt's failure, but that of all.
            throw;
        }
        catch (Exception exception)
        {
            // Whatever happened to it is the outcome of the attempt: the executor decides what becomes of the task.
            if (Start())
                task.Fail(AttemptFailure.From(exception) with { Input = _input });
        }

        if (storedInput)
            await DeleteAsync(layout.Input(_call)).ConfigureAwait(false);
    }

    private bool Start() => _started || (_started = task.Start(lease.Worker));

    private byte[] Sign(ReadOnlyMemory<byte> input, bool isStored) => new Invocation
    {
        Storage = options.Root,
        Job = job.Id,
        Index = task.Index,
        Count = job.TaskCount,
        Attempt = task.Attempt,
        Bundle = bundle,
        Function = function,
        Input = isStored ? null : input.ToArray(),
        InputDigest = isStored ? JobLayout.Digest(input.Span) : null,
        Timeout = job.TaskTimeout,
        Grace = job.CancellationGrace,
        Heartbeat = options.HeartbeatInterval,
    }.Sign(options.Key);

    private async Task<InvocationStatus> ExecuteAsync(byte[] invocation)
    {
        _watch.Start();
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = task.CancellationToken.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), stopping);
        var told = lease.InvokeAsync(_call, invocation, OnNotice);
        TimeSpan? killAt = null;
        var begunAt = TimeSpan.Zero;
        var heartbeat = new Heartbeat(options, layout.Alive(_call));
        while (true)
        {
            var pause = lease.Tells || !_started ? options.HeartbeatInterval : TimeSpan.FromTicks(Math.Clamp((_watch.Elapsed - begunAt).Ticks / 10, ShortestPoll.Ticks, LongestPoll.Ticks));
            if (killAt is { } end)
                pause = TimeSpan.FromTicks(Math.Clamp((end - _watch.Elapsed).Ticks, 0, pause.Ticks));
            await WaitAsync(pause, killAt is null ? stopping.Task : null, lease.Tells || !told.IsCompleted ? told : null, _started ? null : lease.Begun).ConfigureAwait(false);
            if (lease.Begun.IsCompletedSuccessfully && !_started && Start())
                heartbeat.Begin(begunAt = _watch.Elapsed);

            if (told.IsCompleted)
            {
                if (await ToldAsync(told).ConfigureAwait(false) is { } ended)
                    return ended;
                if (lease.Tells)
                    throw new WorkerLostException(lease.Worker, "the worker has ended the attempt without a status");
            }
            else if (_started && (!lease.Tells || _watch.Elapsed >= options.HeartbeatInterval))
            {
                if (await TryReadStatusAsync().ConfigureAwait(false) is { } status)
                    return status;
            }

            if (_started && await heartbeat.IsLostAsync(_store, _watch.Elapsed).ConfigureAwait(false))
            {
                lease.Kill();
                throw new WorkerLostException(lease.Worker, string.Create(CultureInfo.InvariantCulture, $"the worker gave no sign of life for {options.HeartbeatTimeout.TotalSeconds:0.#} s"));
            }

            if (killAt is null && stopping.Task.IsCompleted)
            {
                killAt = _started ? _watch.Elapsed + job.CancellationGrace : TimeSpan.Zero;
                await StopAsync().ConfigureAwait(false);
            }
            else if (_watch.Elapsed >= killAt)
            {
                lease.Kill();
                throw new WorkerLostException(lease.Worker, "the attempt did not stop when it was told to, and its worker was ended");
            }
        }
    }

    /// <summary>Takes what the worker says of the attempt's end. Storage has the last word: the worker may have died between writing the
    /// status and saying so.</summary>
    private async Task<InvocationStatus?> ToldAsync(Task<byte[]?> told)
    {
        try
        {
            if (await told.ConfigureAwait(false) is { } status)
                return InvocationStatus.Open(status, options.Key, _call);
        }
        catch (WorkerLostException)
        {
            if (await TryReadStatusAsync().ConfigureAwait(false) is { } status)
                return status;
            throw;
        }

        return await TryReadStatusAsync().ConfigureAwait(false);
    }

    private static async Task WaitAsync(TimeSpan pause, params Task?[] events)
    {
        if (events.Any(happening => happening?.IsCompleted == true))
            return;
        using var enough = new CancellationTokenSource();
        await Task.WhenAny([Task.Delay(pause, enough.Token), .. events.OfType<Task>()]).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
    }

    private async Task StopAsync()
    {
        if (!await lease.CancelAsync().ConfigureAwait(false))
            await _store.PutAsync(layout.Cancel(_call), ReadOnlyMemory<byte>.Empty, PutOptions.Overwrite, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task<InvocationStatus?> TryReadStatusAsync() =>
        await _store.TryReadAsync(layout.Status(_call), CancellationToken.None).ConfigureAwait(false) is { } message
            ? InvocationStatus.Open(message, options.Key, _call)
            : null;

    private async Task ReportAsync(InvocationStatus status)
    {
        // It may have ended before its beginning was noticed; false when it was cancelled before.
        if (!Start())
            return;
        // Lines that were not told while it ran.
        for (var i = 0; i < status.Log.Count; i++)
            OnNotice(new WorkerNotice(status.Log[i], status.FirstLine + i, 0));
        if (status.Failure is { } failure)
        {
            task.Fail(new AttemptFailure(failure.Type, failure.Message, failure.StackTrace) { Input = _input }, status.Report);
            return;
        }

        if (status.ResultName is { } name)
        {
            var uri = layout.Result(_call, name);
            task.Succeed(await _store.ReadVerifiedAsync(uri, status.ResultDigest ?? "", CancellationToken.None).ConfigureAwait(false), status.Report);
            await DeleteAsync(uri).ConfigureAwait(false);
        }
        else
        {
            task.Succeed(status.Result ?? [], status.Report);
        }
    }

    private void OnNotice(WorkerNotice notice)
    {
        if (notice.Line is not { } line)
        {
            task.ReportProgress(Math.Clamp(notice.Fraction, 0, 1));
            return;
        }

        lock (_lines)
        {
            if (notice.Number < _nextLine)
                return;
            _nextLine = notice.Number + 1;
        }

        task.Log(line);
    }

    /// <summary>What has been read is not needed any more; what can't be deleted now is when the job is cleaned.</summary>
    private async Task DeleteAsync(ObjectUri uri)
    {
        try
        {
            await _store.DeleteAsync([uri], CancellationToken.None).ConfigureAwait(false);
        }
        catch (DataplugException)
        {
        }
    }

    private static string Describe(ReadOnlySpan<byte> input)
    {
        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(input.Length <= InputInFailure ? input : TextUpTo(input));
            return input.Length <= InputInFailure ? text : text + "…";
        }
        catch (DecoderFallbackException)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{input.Length} bytes");
        }
    }

    // Not in the middle of a character.
    private static ReadOnlySpan<byte> TextUpTo(ReadOnlySpan<byte> input)
    {
        var length = InputInFailure;
        while (length > 0 && (input[length] & 0xC0) == 0x80)
            length--;
        return input[..length];
    }

    /// <summary>Tells by the client's clock alone whether a worker's sign of life still changes.</summary>
    private sealed class Heartbeat(StorageJobOptions options, ObjectUri uri)
    {
        private string? _seen;
        private TimeSpan _changedAt;
        private TimeSpan _askedAt;

        /// <summary>From now on signs of life are due.</summary>
        public void Begin(TimeSpan now) => _changedAt = now;

        public async Task<bool> IsLostAsync(IObjectStore store, TimeSpan now)
        {
            if (now - _askedAt < options.HeartbeatInterval)
                return false;
            _askedAt = now;
            try
            {
                var etag = (await store.HeadAsync(uri, CancellationToken.None).ConfigureAwait(false)).ETag;
                if (etag != _seen)
                    (_seen, _changedAt) = (etag, now);
            }
            catch (ObjectNotFoundException)
            {
                // It has given none yet.
            }

            return now - _changedAt > options.HeartbeatTimeout;
        }
    }
}
