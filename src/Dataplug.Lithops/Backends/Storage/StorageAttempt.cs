using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Dataplug.Lithops.Protocol;
using Dataplug.Storage;

namespace Dataplug.Lithops.Backends.Storage;

/// <summary>What became of an attempt that was given to a worker.</summary>
internal enum AttemptEnd
{
    /// <summary>There is a status, or nobody wants one any more.</summary>
    Ended,

    /// <summary>Its worker was lost, or ended because of it.</summary>
    WorkerLost,

    /// <summary>Its worker was lost or ended before its turn came: another one may run it.</summary>
    NotBegun,
}

/// <summary>One attempt on a worker elsewhere: sent, watched until its status is there or its worker is given up, and reported.</summary>
internal sealed class StorageAttempt(StorageJob context, IBackendTask task)
{
    private const int InputInFailure = 1000;

    /// <summary>A worker that doesn't tell is asked after a tenth of the time that it has taken so far, within these bounds.</summary>
    private static readonly TimeSpan ShortestPoll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(2);

    private readonly StorageJobOptions _options = context.Options;
    private readonly JobLayout _layout = context.Layout;
    private readonly IObjectStore _store = context.Store;
    private readonly string _call = Invocation.CallOf(context.Job.Id, task.Index, task.Attempt);
    private readonly TaskCompletionSource<byte[]> _status = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Stopwatch _watch = new();
    private readonly Lock _lines = new();
    private int _nextLine;
    private bool _started;
    private bool _storedInput;
    private bool _isPassedOver;
    private string? _input;

    public string Call => _call;

    /// <summary>Puts the input where the worker finds it.</summary>
    /// <param name="inlineLimit">The longest input that travels in the invocation, in bytes.</param>
    /// <returns>What goes into the invocation; null when the attempt is over already.</returns>
    public async Task<InvocationTask?> PrepareAsync(int inlineLimit)
    {
        try
        {
            var input = new ArrayBufferWriter<byte>();
            task.WriteInput(input);
            _input = Describe(input.WrittenSpan);
            _storedInput = input.WrittenCount > inlineLimit;
            if (_storedInput)
                await _store.PutAsync(_layout.Input(_call), input.WrittenMemory, PutOptions.Overwrite, task.CancellationToken).ConfigureAwait(false);
            if (context.IsDurable)
                await _store.PutAsync(_layout.Sent(_call), ReadOnlyMemory<byte>.Empty, PutOptions.Overwrite, task.CancellationToken).ConfigureAwait(false);
            return new InvocationTask
            {
                Index = task.Index,
                Attempt = task.Attempt,
                Input = _storedInput ? null : input.WrittenSpan.ToArray(),
                InputDigest = _storedInput ? JobLayout.Digest(input.WrittenSpan) : null,
            };
        }
        catch (Exception exception) when (exception is not BackendFailedException)
        {
            Fail("nobody", exception);
            return null;
        }
    }

    /// <summary>Watches the attempt to its end. Never throws for what happens to it.</summary>
    /// <exception cref="BackendFailedException">The backend can't run anything.</exception>
    public async Task<AttemptEnd> RunAsync(GroupMember member)
    {
        var end = AttemptEnd.Ended;
        try
        {
            using var heard = context.Notices?.Register(_call, OnNotice);
            if (member.HasTurn && !member.IsShared && !Start(member.Worker))
                member.Kill();
            else if (await ExecuteAsync(member).ConfigureAwait(false) is { } status)
                await ReportAsync(status, member.Worker).ConfigureAwait(false);
            else if (!_isPassedOver)
                return AttemptEnd.NotBegun;
        }
        catch (BackendFailedException)
        {
            // Not this attempt's failure, but that of all.
            throw;
        }
        catch (Exception exception)
        {
            // Whatever happened to it is the outcome of the attempt: the executor decides what becomes of the task.
            Fail(member.Worker, exception);
            end = AttemptEnd.WorkerLost;
        }

        if (_storedInput && !context.IsDurable)
            await DeleteAsync(_layout.Input(_call)).ConfigureAwait(false);
        return end;
    }

    /// <summary>Looks for an attempt that another process has begun.</summary>
    /// <returns>Whether it is over, and reported; whether a worker is at it.</returns>
    public async Task<(bool IsOver, bool IsAlive)> FindAsync()
    {
        if (await TryReadStatusAsync().ConfigureAwait(false) is { } status)
        {
            await ReportAsync(status, status.Worker).ConfigureAwait(false);
            return (true, false);
        }

        return (false, await _store.ExistsAsync(_layout.Alive(_call), task.CancellationToken).ConfigureAwait(false));
    }

    /// <summary>Takes what the worker tells.</summary>
    public void OnNotice(WorkerNotice notice)
    {
        if (notice.Status is { } status)
            _status.TrySetResult(status);
        if (notice.Fraction is { } fraction)
            task.ReportProgress(Math.Clamp(fraction, 0, 1));
        if (notice.Line is not { } line)
            return;
        lock (_lines)
        {
            if (notice.Number < _nextLine)
                return;
            _nextLine = notice.Number + 1;
        }

        task.Log(line);
    }

    private bool Start(string worker) => _started || (_started = task.Start(worker));

    private void Fail(string worker, Exception exception)
    {
        if (Start(worker))
            task.Fail(AttemptFailure.From(exception) with { Input = _input });
    }

    /// <returns>Null when the worker was lost before the attempt's turn.</returns>
    private async Task<InvocationStatus?> ExecuteAsync(GroupMember member)
    {
        _watch.Start();
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = task.CancellationToken.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), stopping);
        var told = member.Told;
        TimeSpan? killAt = null;
        var begunAt = TimeSpan.Zero;
        var heartbeat = new Heartbeat(_options, _layout.Alive(_call));
        StatusBoard.Entry? board = null;
        try
        {
            while (true)
            {
                if (!member.Tells && _started)
                    board ??= context.Board.Watch(_call);
                var isAsked = !member.Tells && context.Notices is null && _started && board?.IsLookedFor != true;
                var pause = isAsked ? TimeSpan.FromTicks(Math.Clamp((_watch.Elapsed - begunAt).Ticks / 10, ShortestPoll.Ticks, LongestPoll.Ticks)) : _options.HeartbeatInterval;
                if (killAt is { } end)
                    pause = TimeSpan.FromTicks(Math.Clamp((end - _watch.Elapsed).Ticks, 0, pause.Ticks));
                var isSeen = board?.There.IsCompleted == true;
                await WaitAsync(
                    pause,
                    killAt is null ? stopping.Task : null,
                    _status.Task,
                    member.Tells || !told.IsCompleted ? told : null,
                    _started ? null : member.Turn,
                    isSeen ? null : board?.There).ConfigureAwait(false);
                if (member.HasTurn && !_started && Start(member.Worker))
                    heartbeat.Begin(begunAt = _watch.Elapsed);

                if (_status.Task.IsCompletedSuccessfully)
                    return InvocationStatus.Open(await _status.Task.ConfigureAwait(false), _options.Key, _call);
                if (told.IsCompleted)
                {
                    if (await ToldAsync(member).ConfigureAwait(false) is { } ended)
                        return ended;
                    if (member.IsShared && !_started && (member.Tells || told.IsFaulted))
                        return null;
                    if (member.HasAnswered)
                        throw new WorkerLostException(member.Worker, "the worker has ended the attempt without a status");
                }
                else if (_started && (!member.Tells || _watch.Elapsed >= _options.HeartbeatInterval))
                {
                    if (await PollStatusAsync().ConfigureAwait(false) is { } status)
                        return status;
                }

                if (member.IsPassedOver)
                    return null;
                if (_started && await heartbeat.IsLostAsync(_store, _watch.Elapsed).ConfigureAwait(false))
                {
                    member.Kill();
                    var unasked = heartbeat.Failure is { } failure ? ", and storage could not be asked for one: " + failure.Message : "";
                    throw new WorkerLostException(member.Worker, string.Create(CultureInfo.InvariantCulture, $"the worker gave no sign of life for {_options.HeartbeatTimeout.TotalSeconds:0.#} s{unasked}"));
                }

                if (stopping.Task.IsCompleted && context.IsDetached)
                {
                    member.Detach();
                    throw new OperationCanceledException("This process has let go of the job.");
                }

                // The worker passes it over; the others go on.
                if (member.IsShared && !_started && stopping.Task.IsCompleted)
                {
                    await StopAsync(member).ConfigureAwait(false);
                    _isPassedOver = true;
                    return null;
                }

                if (killAt is null && stopping.Task.IsCompleted)
                {
                    killAt = _started ? _watch.Elapsed + context.Job.CancellationGrace : TimeSpan.Zero;
                    await StopAsync(member).ConfigureAwait(false);
                }
                else if (_watch.Elapsed >= killAt)
                {
                    member.Kill();
                    throw new WorkerLostException(member.Worker, "the attempt did not stop when it was told to, and its worker was ended");
                }
            }
        }
        finally
        {
            board?.Dispose();
        }
    }

    /// <summary>Takes what the worker says of the invocation's end. Storage has the last word: the worker may have died between writing the
    /// status and saying so.</summary>
    private async Task<InvocationStatus?> ToldAsync(GroupMember member)
    {
        try
        {
            if (await member.Told.ConfigureAwait(false) is { } status && !member.IsShared)
                return InvocationStatus.Open(status, _options.Key, _call);
        }
        catch (WorkerLostException)
        {
            if (await TryReadStatusAsync().ConfigureAwait(false) is { } status)
                return status;
            if (member.IsShared && !_started)
                return null;
            throw;
        }

        // A worker that has only accepted the attempt is asked for its end again and again.
        return await (member.Tells ? TryReadStatusAsync() : PollStatusAsync()).ConfigureAwait(false);
    }

    private static async Task WaitAsync(TimeSpan pause, params Task?[] events)
    {
        if (events.Any(happening => happening?.IsCompleted == true))
            return;
        using var enough = new CancellationTokenSource();
        await Task.WhenAny([Task.Delay(pause, enough.Token), .. events.OfType<Task>()]).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
    }

    private async Task StopAsync(GroupMember member)
    {
        context.Notices?.Cancel(_call);
        if (!await member.CancelAsync().ConfigureAwait(false))
            await _store.PutAsync(_layout.Cancel(_call), ReadOnlyMemory<byte>.Empty, PutOptions.Overwrite, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task<InvocationStatus?> TryReadStatusAsync() =>
        await _store.TryReadAsync(_layout.Status(_call), CancellationToken.None).ConfigureAwait(false) is { } message
            ? InvocationStatus.Open(message, _options.Key, _call)
            : null;

    /// <summary>Looks for the status. Storage that fails is asked again: the worker goes on meanwhile, and is given up when there is no
    /// sign of life for too long.</summary>
    private async Task<InvocationStatus?> PollStatusAsync()
    {
        try
        {
            return await TryReadStatusAsync().ConfigureAwait(false);
        }
        catch (DataplugException exception) when (exception is not PayloadRefusedException)
        {
            return null;
        }
    }

    private async Task ReportAsync(InvocationStatus status, string worker)
    {
        // It may have ended before its beginning was noticed; false when it was cancelled before.
        if (!Start(worker))
            return;

        // Lines that were not told while it ran.
        for (var i = 0; i < status.Log.Count; i++)
            OnNotice(new WorkerNotice { Call = _call, Line = status.Log[i], Number = status.FirstLine + i });
        if (status.Failure is { } failure)
        {
            task.Fail(new AttemptFailure(failure.Type, failure.Message, failure.StackTrace) { Input = _input }, status.Report);
            return;
        }

        if (status.ResultName is { } name)
        {
            var uri = _layout.Result(_call, name);
            task.Succeed(await _store.ReadVerifiedAsync(uri, status.ResultDigest ?? "", CancellationToken.None).ConfigureAwait(false), status.Report);
            if (!context.IsDurable)
                await DeleteAsync(uri).ConfigureAwait(false);
        }
        else
        {
            task.Succeed(status.Result ?? [], status.Report);
        }
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

        /// <summary>Why storage could not be asked the last time; null when it could.</summary>
        public DataplugException? Failure { get; private set; }

        /// <summary>From now on signs of life are due.</summary>
        public void Begin(TimeSpan now) => _changedAt = now;

        public async Task<bool> IsLostAsync(IObjectStore store, TimeSpan now)
        {
            if (now - _askedAt < options.HeartbeatInterval)
                return false;
            _askedAt = now;
            Failure = null;
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
            catch (DataplugException exception)
            {
                Failure = exception;
            }

            return now - _changedAt > options.HeartbeatTimeout;
        }
    }
}
