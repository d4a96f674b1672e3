using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Backends.Storage;
using Dataplug.Lithops.Functions;
using Dataplug.Lithops.Futures;
using Dataplug.Storage;

namespace Dataplug.Lithops.Jobs;

/// <summary>
/// A job between its inputs, its backend and its futures: hands out attempts, decides what becomes of each, and keeps the book.
/// </summary>
#pragma warning disable CA1001 // A source of tokens without a timer holds nothing, and its token outlives the job in user code.
internal sealed class JobRun<TInput, TResult> : IJobRun, IStorageBackendJob, IJobControl
#pragma warning restore CA1001
{
    private readonly IExecutorBackend _backend;
    private readonly JobInputs<TInput> _inputs;
    private readonly HashSet<TaskAttempt<TInput, TResult>> _live = [];
    private readonly Queue<TaskAttempt<TInput, TResult>> _due = new();
    private readonly CancellationTokenSource _cancellation = new();
    private readonly Lock _progressGate = new();
    private readonly Action<IJobRun> _onLeft;
    private readonly ChannelWriter<Future<TResult>>? _sink;
    private readonly SemaphoreSlim? _window;
    private readonly List<CancellationTokenRegistration> _registrations = [];
    private readonly TaskCompletionSource _inputsEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<JobReference> _stored = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _takesStored;
    private readonly bool _keepsResults;
    private IReadOnlyDictionary<string, string>? _filePaths;
    private volatile bool _detached;
    private TaskCompletionSource? _signal;
    private ITimer? _stragglerTimer;
    private IAsyncEnumerator<TInput>? _enumerator;
    private IAsyncEnumerator<Func<Task<TInput>>>? _laterEnumerator;
    private Task<bool>? _pendingMove;
    private bool _inputsRead;
    private bool _canceled;
    private bool _reading;
    private bool _reporting;
    private bool _reportAgain;
    private int _drawn;
    private long _lastProgressAt;
    private Exception? _progressException;

    public JobRun(JobDefinition<TInput, TResult> definition, IExecutorBackend backend, Action<IJobRun> onLeft)
    {
        _backend = backend;
        _onLeft = onLeft;
        Id = definition.Id;
        Name = definition.Name;
        Depth = definition.Depth;
        Settings = definition.Settings;
        TaskFunction = definition.TaskFunction;
        Reference = definition.Reference;
        _inputs = definition.Inputs;
        _sink = definition.Sink;
        _window = definition.Window;
        Resumed = definition.Resumed;
        _takesStored = definition.TakesStored;
        _keepsResults = definition.KeepsResults;
        InputCodec = definition.InputCodec!;
        ResultCodec = definition.ResultCodec!;
        BackendTag = new KeyValuePair<string, object?>("backend", backend.Name);
        Ledger = new FutureLedger<TResult>(Id, Name, this, Settings.Time, _inputs.Count, retain: _sink is null);
        Stragglers = Settings.Backups is { } backups ? new Stragglers<TInput, TResult>(backups, Settings.Time) : null;
        _lastProgressAt = Settings.Time.GetTimestamp();
    }

    public string Id { get; }

    public string Name { get; }

    public int Depth { get; }

    public int? TaskCount => _inputs.Count ?? Ledger.Count;

    public int? MaxParallelism => Settings.MaxParallelism;

    public TimeSpan? TaskTimeout => Settings.TaskTimeout;

    public TimeSpan CancellationGrace => Settings.CancellationGrace;

    public int TasksPerInvocation => Settings.TasksPerInvocation;

    public IReadOnlyDictionary<string, string> Environment => Settings.Environment;

    public IReadOnlyList<string> Files => Settings.Files;

    /// <summary>The same by their names, for tasks in this process.</summary>
    public IReadOnlyDictionary<string, string> FilePaths => _filePaths ??= Settings.Files.ToDictionary(path => Path.GetFileName(path), StringComparer.Ordinal);

    public FunctionReference? Reference { get; }

    public JsonSerializerOptions SerializerOptions => Settings.SerializerOptions;

    public object Owner => _backend;

    public Exception? ProgressException => Volatile.Read(ref _progressException);

    public Exception? RecordException => Settings.Recorder?.Exception;

    public JobProgress Progress => Ledger.Progress();

    public Task Completion => Ledger.Completion;

    public Task BackendRun { get; private set; } = Task.CompletedTask;

    public JobSettings Settings { get; }

    public FutureLedger<TResult> Ledger { get; }

    /// <summary>Knows which tasks take too long; null when that doesn't matter.</summary>
    public Stragglers<TInput, TResult>? Stragglers { get; }

    public TaskFunction<TInput, TResult> TaskFunction { get; }

    /// <summary>How inputs travel. Null, and not asked for, unless the backend ships functions.</summary>
    public PayloadCodec<TInput> InputCodec { get; }

    /// <summary>How results travel. Null, and not asked for, unless the backend ships functions.</summary>
    public PayloadCodec<TResult> ResultCodec { get; }

    public KeyValuePair<string, object?> BackendTag { get; }

    public ResumedJob? Resumed { get; }

    public Task<JobReference> Stored => _stored.Task;

    bool IStorageBackendJob.IsDurable => Settings.IsDurable;

    Task IStorageBackendJob.InputsEnded => _inputsEnded.Task;

    string IStorageBackendJob.ResultType => typeof(TResult).ToString();

    bool IStorageBackendJob.TakesStored => _takesStored;

    bool IStorageBackendJob.KeepsResults => _keepsResults;

    bool IStorageBackendJob.IsDetached => _detached;

    /// <summary>The job's span; null when nobody listens.</summary>
    public Activity? Activity { get; private set; }

    /// <summary>Fires when the job is cancelled.</summary>
    public CancellationToken Canceled => _cancellation.Token;

    public bool IsCanceled
    {
        get
        {
            lock (Ledger.Gate)
                return _canceled;
        }
    }

    /// <summary>Hands the job to the backend. Nothing of the inputs is touched on the caller's thread.</summary>
    /// <param name="cancellationTokens">Each cancels the job.</param>
    public void Start(params ReadOnlySpan<CancellationToken> cancellationTokens)
    {
        foreach (var token in cancellationTokens)
        {
            // Unregistered when the job completes, which may be while this registers.
            var registration = token.UnsafeRegister(static state => ((IJobRun)state!).Cancel(), this);
            lock (_registrations)
            {
                if (!Completion.IsCompleted)
                {
                    _registrations.Add(registration);
                    continue;
                }
            }

            registration.Unregister();
        }

        // Not before the tokens: of a job whose token has fired nothing may run.
        BackendRun = RunAsync();
    }

    public async IAsyncEnumerable<IBackendTask> ReadTasksAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _reading, true))
            throw new InvalidOperationException("The tasks of a job are enumerated once.");
        try
        {
            while (await NextAsync(cancellationToken).ConfigureAwait(false) is { } attempt)
                yield return attempt;
        }
        finally
        {
            if (_stragglerTimer is { } timer)
                await timer.DisposeAsync().ConfigureAwait(false);
            await CloseInputsAsync().ConfigureAwait(false);
        }
    }

    void IStorageBackendJob.OnStored(ObjectUri root) => _stored.TrySetResult(new JobReference(Id, root, Ledger.Count ?? _drawn));

    public void Detach()
    {
        if (!_stored.Task.IsCompletedSuccessfully)
            throw new InvalidOperationException("Only a durable job that has been stored can go on without this process.");
        _detached = true;
        Cancel();
    }

    public Task CleanAsync() => _backend is IStorageBackend backend ? backend.Jobs.CleanKeptAsync(Id) : Task.CompletedTask;

    public JobRecord Record() => Ledger.Record(_backend.Name);

    public void Cancel()
    {
        TaskAttempt<TInput, TResult>[] live;
        lock (Ledger.Gate)
        {
            if (_canceled || Completion.IsCompleted)
                return;
            _canceled = true;
            live = [.. _live];
        }

        // No task starts from here on; the inputs and the backend are told, then the tasks.
        Ledger.EndInputs(exception: null, canceled: true);
        _cancellation.CancelAsync().IgnoreFailure();
        foreach (var attempt in live)
            attempt.Cancel();
        Signal();
    }

    public bool Cancel(Future future)
    {
        TaskAttempt<TInput, TResult>? attempt;
        TaskAttempt<TInput, TResult>? other;
        lock (Ledger.Gate)
        {
            if (future.IsDone)
                return false;
            future.CancelRequested = true;
            attempt = (TaskAttempt<TInput, TResult>?)future.Attempt;
            other = attempt?.Other;
        }

        other?.Cancel();
        if (attempt is not null)
            attempt.Cancel();
        else
            Ledger.Settle(future, FutureState.Canceled, failure: null, Settings.Time.GetTimestamp());

        // When no task is left, nobody needs the inputs any more; those of a reduction are a whole map.
        if (Ledger.IsNothingLeft)
            Cancel();
        return true;
    }

    public void EndedSucceeded(TaskAttempt<TInput, TResult> attempt, TResult result, long now)
    {
        Forget(attempt);
        attempt.Future.SetResult(result);
        Ledger.Settle(attempt.Future, FutureState.Succeeded, failure: null, now);
    }

    public void EndedCanceled(TaskAttempt<TInput, TResult> attempt, long now)
    {
        Forget(attempt);
        Ledger.Settle(attempt.Future, FutureState.Canceled, failure: null, now);
    }

    public void EndedFailed(TaskAttempt<TInput, TResult> attempt, AttemptFailure failure, long now)
    {
        if (attempt.Repeats < Settings.Retries && IsWorthRetry(ref failure))
        {
            Retry(attempt, failure, now);
            return;
        }

        Forget(attempt);
        var exception = new TaskFailedException(Id, Name, attempt.Index, attempt.Future.Data.Attempts, failure);
        Ledger.Settle(attempt.Future, FutureState.Failed, exception, now);
    }

    public void EndedFaulted(TaskAttempt<TInput, TResult> attempt, DataplugException exception, long now)
    {
        Forget(attempt);
        Ledger.Settle(attempt.Future, FutureState.Failed, exception, now);
    }

    /// <summary>An attempt is over and decides nothing: another one at its task has won, or goes on.</summary>
    public void EndedForNothing(TaskAttempt<TInput, TResult> attempt)
    {
        Forget(attempt);
        Signal();
    }

    /// <summary>Lets the enumeration of attempts look again at what there is to do.</summary>
    public void Signal()
    {
        TaskCompletionSource? signal;
        lock (Ledger.Gate)
            (signal, _signal) = (_signal, null);
        signal?.TrySetResult();
    }

    public void OnSettled(Future future)
    {
        Telemetry.Tasks.Add(1, BackendTag, new KeyValuePair<string, object?>("outcome", future.State.ToString()));

        // The enumeration of attempts may have waited for this task to be the last.
        Signal();
        ReportProgress();
        if (future.State == FutureState.Failed && Settings.StopOnFailure)
            Cancel();
    }

    public void OnAllSettled()
    {
        lock (_progressGate)
            Report();

        lock (_registrations)
        {
            foreach (var registration in _registrations)
                registration.Unregister();
            _registrations.Clear();
        }

        _sink?.TryComplete();
    }

    public void ReportProgress()
    {
        if (Settings.Progress is null || _progressException is not null)
            return;
        if (Settings.ProgressInterval == TimeSpan.Zero)
        {
            lock (_progressGate)
                Report();
        }
        else if (IsProgressDue() && _progressGate.TryEnter())
        {
            try
            {
                if (IsProgressDue())
                    Report();
            }
            finally
            {
                _progressGate.Exit();
            }
        }
    }

    private async Task RunAsync()
    {
        var recording = Settings.Recorder?.RunAsync(this) ?? Task.CompletedTask;
        await RunOnBackendAsync().ConfigureAwait(false);
        await recording.ConfigureAwait(false);
        _onLeft(this);
    }

    private async Task RunOnBackendAsync()
    {
        // A job that a task submits is no part of that task: its inputs must not lend the task's slot.
        TaskContext.Current = null;
        using var activity = Activity = Telemetry.Activities.StartActivity("dataplug.job");
        activity?.SetTag("dataplug.job.id", Id).SetTag("dataplug.job.name", Name).SetTag("dataplug.backend", _backend.Name);
        try
        {
            await _backend.RunAsync(this, _cancellation.Token).ConfigureAwait(false);
            if (!IsOver())
                Fail(new BackendFailedException(_backend.Name, "the backend returned before all tasks had ended"));
        }
        catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
        {
            // The job was cancelled, and its tasks have been told.
        }
        catch (Exception exception)
        {
            activity?.SetStatus(ActivityStatusCode.Error, exception.Message);
            Fail(exception as BackendFailedException ?? new BackendFailedException(_backend.Name, "the backend failed: " + exception.Message.TrimEnd('.'), innerException: exception));
        }

        await Completion.ConfigureAwait(false);
        _stored.TrySetException(new InvalidOperationException("The job has ended, and was not stored before: it is not durable, or failed, or was cancelled."));
        _ = _stored.Task.Exception;
        Telemetry.EndJob(activity, Progress);
    }

    private bool IsOver()
    {
        lock (Ledger.Gate)
            return _canceled || Completion.IsCompleted || (_inputsRead && _live.Count == 0);
    }

    /// <summary>The next attempt to run: one that has become due, else the next input's first, else the copy of a straggler.</summary>
    private async ValueTask<TaskAttempt<TInput, TResult>?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task signal;
            lock (Ledger.Gate)
            {
                while (_due.TryDequeue(out var due))
                {
                    if (!due.IsOver)
                        return due;
                }

                if (_canceled || (_inputsRead && _live.Count == 0))
                    return null;
                if (_inputsRead && TakeBackup() is { } backup)
                    return backup;
                _signal ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                signal = _signal.Task;
            }

            if (_inputsRead)
            {
                await signal.WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            if (_pendingMove is null)
            {
                var move = MoveAsync();
                _pendingMove = move.IsCompletedSuccessfully ? null : move.AsTask();
                if (_pendingMove is null)
                {
                    if (await TakeInputAsync(move.Result).ConfigureAwait(false) is { } drawn)
                        return drawn;
                    continue;
                }
            }

            // A repeat that falls due doesn't wait for a slow input.
            if (!_pendingMove.IsCompleted)
                await Task.WhenAny(_pendingMove, signal).WaitAsync(cancellationToken).ConfigureAwait(false);
            if (!_pendingMove.IsCompleted)
                continue;
            var moved = await _pendingMove.ConfigureAwait(false);
            _pendingMove = null;
            if (await TakeInputAsync(moved).ConfigureAwait(false) is { } attempt)
                return attempt;
        }
    }

    /// <summary>Moves to the next input. Never throws: an exception ends the inputs and fails the job.</summary>
    private async ValueTask<bool> MoveAsync()
    {
        try
        {
            if (_window is not null)
                await _window.WaitAsync(_cancellation.Token).ConfigureAwait(false);
            if (_inputs.Later is { } later)
                return await (_laterEnumerator ??= later.GetAsyncEnumerator(_cancellation.Token)).MoveNextAsync().ConfigureAwait(false);
            _enumerator ??= _inputs.Items.GetAsyncEnumerator(_cancellation.Token);
            return await _enumerator.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            EndInputs(exception);
            return false;
        }
    }

    private async ValueTask<TaskAttempt<TInput, TResult>?> TakeInputAsync(bool moved)
    {
        if (!moved)
        {
            await CloseInputsAsync().ConfigureAwait(false);
            EndInputs(exception: null);
            return null;
        }

        if (_drawn == _inputs.Count)
        {
            EndInputs(new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"There were more than the {_inputs.Count} that the collection had said to have; it must not change while a job runs on it.")));
            return null;
        }

        TaskAttempt<TInput, TResult> attempt;
        lock (Ledger.Gate)
        {
            // One step under the gate: a cancellation comes either before it and stops it, or after it and finds the attempt.
            if (_canceled || (Future<TResult>?)Ledger.Draw() is not { } future)
                return null;
            _drawn++;
            _sink?.TryWrite(future);
            if (future.IsDone || future.CancelRequested)
                return null;
            attempt = Register(new TaskAttempt<TInput, TResult>(this, future, _enumerator is null ? default : _enumerator.Current, Resumed?.AttemptOf(future.Index) ?? 1) { Memory = Settings.Memory });
        }

        if (_laterEnumerator is null)
            return attempt;
        _ = DeliverAsync(attempt, _laterEnumerator.Current);
        return null;
    }

    /// <summary>Makes an attempt due when its input is there. Never throws: an input that fails is the end of its task.</summary>
    private async Task DeliverAsync(TaskAttempt<TInput, TResult> attempt, Func<Task<TInput>> input)
    {
        try
        {
            attempt.Input = await input().ConfigureAwait(false);
            Requeue(attempt);
        }
        catch (OperationCanceledException)
        {
            attempt.Cancel();
        }
        catch (Exception exception)
        {
            attempt.Fault(exception as DataplugException ?? InputFailed(exception));
        }
    }

    /// <summary>A second attempt at a task that takes too long, when there is one. Under the gate; the signal comes when there may be one.</summary>
    private TaskAttempt<TInput, TResult>? TakeBackup()
    {
        TimeSpan? due = null;
        if (Stragglers?.Take(_drawn, out due) is { } slow)
        {
            var backup = new TaskAttempt<TInput, TResult>(this, slow.Future, slow.Input, ++slow.LastAttempt, slow.Repeats, isBackup: true) { Other = slow, Memory = slow.Memory };
            slow.Other = backup;
            _live.Add(backup);
            return backup;
        }

        if (due is { } wait)
        {
            // Whole milliseconds, as timers count them: it must not fire before its time, again and again.
            wait = TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(wait.TotalMilliseconds), int.MaxValue));
            if (_stragglerTimer?.Change(wait, Timeout.InfiniteTimeSpan) is not true)
                _stragglerTimer = Settings.Time.CreateTimer(static state => ((JobRun<TInput, TResult>)state!).Signal(), this, wait, Timeout.InfiniteTimeSpan);
        }

        return null;
    }

    private TaskAttempt<TInput, TResult> Register(TaskAttempt<TInput, TResult> attempt)
    {
        _live.Add(attempt);
        attempt.Future.Attempt = attempt;
        return attempt;
    }

    private void EndInputs(Exception? exception)
    {
        lock (Ledger.Gate)
        {
            if (_inputsRead)
                return;
            _inputsRead = true;
        }

        _inputsEnded.TrySetResult();

        switch (exception)
        {
            case null:
                Ledger.EndInputs(exception: null, canceled: false);
                break;
            case OperationCanceledException when _cancellation.IsCancellationRequested || _inputs.AreResults:
                Cancel();
                break;
            case DataplugException failure when _inputs.AreResults:
                Ledger.EndInputs(failure, canceled: false);
                break;
            default:
                Ledger.EndInputs(InputFailed(exception), canceled: false);
                if (Settings.StopOnFailure)
                    Cancel();
                break;
        }

        Signal();
    }

    /// <summary>Disposes the enumerator, when nothing is under way on it any more.</summary>
    private async ValueTask CloseInputsAsync()
    {
        if (_pendingMove is { } pending)
            await pending.ConfigureAwait(false);
        if (((IAsyncDisposable?)_enumerator ?? _laterEnumerator) is not { } enumerator)
            return;
        (_enumerator, _laterEnumerator) = (null, null);
        try
        {
            await enumerator.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            EndInputs(exception);
        }
    }

    private JobInputException InputFailed(Exception exception) =>
        new($"job {Name} ({Id})", $"the inputs threw: {exception.GetType().FullName}: {exception.Message.TrimEnd('.')}", innerException: exception);

    private bool IsWorthRetry(ref AttemptFailure failure)
    {
        if (Settings.ShouldRetry is not { } shouldRetry)
            return true;
        try
        {
            return shouldRetry(failure);
        }
        catch (Exception exception)
        {
            failure = AttemptFailure.From(new AggregateException($"ShouldRetry threw when it was asked about {failure.ExceptionType}: {failure.Message}", failure.Exception is null ? [exception] : [failure.Exception, exception]));
            return false;
        }
    }

    private void Retry(TaskAttempt<TInput, TResult> failed, AttemptFailure failure, long now)
    {
        var future = failed.Future;
        lock (Ledger.Gate)
        {
            _live.Remove(failed);
            if (!_canceled && !future.CancelRequested)
            {
                var attempt = Register(new TaskAttempt<TInput, TResult>(this, future, failed.Input, failed.LastAttempt + 1, failed.Repeats + 1) { Memory = Settings.MemoryAfter(failed.Memory, failure) });
                FutureLedger.Requeued(future);
                var delay = Settings.RetryDelay(failed.Repeats + 1);
                if (delay > TimeSpan.Zero)
                    attempt.Delay = Settings.Time.CreateTimer(_ => Requeue(attempt), null, delay, Timeout.InfiniteTimeSpan);
                else
                    Requeue(attempt);
                return;
            }
        }

        Ledger.Settle(future, FutureState.Canceled, failure: null, now);
        Signal();
    }

    private void Requeue(TaskAttempt<TInput, TResult> attempt)
    {
        lock (Ledger.Gate)
        {
            if (attempt.IsOver)
                return;
            _due.Enqueue(attempt);
        }

        Signal();
    }

    private void Forget(TaskAttempt<TInput, TResult> attempt)
    {
        lock (Ledger.Gate)
            _live.Remove(attempt);
    }

    /// <summary>The backend failed: nothing more of this job can run, and what did has no way to report.</summary>
    private void Fail(BackendFailedException exception)
    {
        TaskAttempt<TInput, TResult>[] live;
        lock (Ledger.Gate)
        {
            _canceled = true;
            live = [.. _live];
        }

        Ledger.EndInputs(exception, canceled: false);
        foreach (var attempt in live)
            attempt.Fault(exception);
        Signal();
    }

    private bool IsProgressDue() =>
        Settings.Time.GetElapsedTime(Interlocked.Read(ref _lastProgressAt)) >= Settings.ProgressInterval;

    /// <summary>Under the progress gate.</summary>
    private void Report()
    {
        if (Settings.Progress is not { } progress || _progressException is not null)
            return;

        // The receiver may cancel the job, whose end is then reported when it has returned.
        _reportAgain = true;
        if (_reporting)
            return;
        _reporting = true;
        try
        {
            while (_reportAgain)
            {
                _reportAgain = false;
                Interlocked.Exchange(ref _lastProgressAt, Settings.Time.GetTimestamp());
                progress.Report(Ledger.Progress());
            }
        }
        catch (Exception exception)
        {
            Volatile.Write(ref _progressException, exception);
        }
        finally
        {
            _reporting = false;
        }
    }
}
