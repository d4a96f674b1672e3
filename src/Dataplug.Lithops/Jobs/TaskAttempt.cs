using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Functions;
using Dataplug.Lithops.Futures;

namespace Dataplug.Lithops.Jobs;

/// <summary>One attempt at one task: waiting, running or over. All of its state is guarded by the ledger's gate.</summary>
#pragma warning disable CA1001 // A source of tokens without a timer holds nothing, and its token outlives the attempt in user code.
internal sealed class TaskAttempt<TInput, TResult>(JobRun<TInput, TResult> job, Future<TResult> future, TInput? input, int attempt, int repeats = 0, bool isBackup = false) : IBackendTask
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _cancellation = new();
    private Phase _phase;
    private StopReason _stop;
    private string _worker = "";
    private long _startedAt;
    private IWorkerSlot? _slot;
    private ITimer? _timeout;
    private ITimer? _grace;
    private Activity? _activity;

    private enum Phase
    {
        Waiting,
        Running,
        Over,
    }

    private enum StopReason
    {
        None,
        TimedOut,
        Canceled,
    }

    public int Index => future.Index;

    public int Attempt { get; } = attempt;

    public long? Memory { get; init; }

    public CancellationToken CancellationToken => _cancellation.Token;

    public Future<TResult> Future => future;

    /// <summary>The input; not to be asked for before it is there.</summary>
    public TInput Input { get; set; } = input!;

    /// <summary>How many attempts that failed it repeats. Copies of stragglers don't count.</summary>
    public int Repeats => repeats;

    /// <summary>The highest number of an attempt at the task so far. Under the gate.</summary>
    public int LastAttempt { get; set; } = attempt;

    /// <summary>The other attempt at the task, when there are two that are not over. Under the gate.</summary>
    public TaskAttempt<TInput, TResult>? Other { get; set; }

    /// <summary>Whether it may get a second attempt beside it when it takes too long: once for a task. Under the gate.</summary>
    public bool MayHaveBackup => _phase == Phase.Running && _stop == StopReason.None && LastAttempt == repeats + 1 && !future.CancelRequested;

    public long StartedAt => _startedAt;

    /// <summary>The timer that makes it due, when it is a repeat that has to wait.</summary>
    public ITimer? Delay { get; set; }

    /// <summary>Whether it has ended. Under the gate.</summary>
    public bool IsOver => _phase == Phase.Over;

    public async Task RunAsync(string worker, IWorkerSlot slot)
    {
        if (!Start(worker, slot))
        {
            slot.Dispose();
            return;
        }

        var context = new TaskContext(job.Id, Index, job.TaskCount, Attempt, worker, Log, ReportProgress, CancellationToken)
        {
            Owner = job.Owner,
            Slot = slot,
            Depth = job.Depth,
            Environment = job.Settings.Environment,
            Files = job.FilePaths,
        };
        TaskContext.Current = context;
        AttemptReport? report = null;
        try
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var call = job.TaskFunction(Input, context);
            if (call.IsCompleted)
                report = new AttemptReport { AllocatedBytes = GC.GetAllocatedBytesForCurrentThread() - before };
            var result = await call.ConfigureAwait(false);
            End(result, failure: null, report);
        }
        catch (Exception exception)
        {
            // Whatever a user's function throws is the outcome of its task.
            End(default, AttemptFailure.From(exception), report);
        }
    }

    public void WriteInput(IBufferWriter<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        job.InputCodec.Write(Input, destination);
    }

    public bool Start(string worker) => Start(worker, slot: null);

    public bool Succeed(ReadOnlySpan<byte> result, AttemptReport? report = null)
    {
        TResult value;
        try
        {
            value = job.ResultCodec.Read(result);
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or FunctionNotShippableException)
        {
            return Fail(AttemptFailure.From(exception), report);
        }

        return End(value, failure: null, report);
    }

    public bool Fail(AttemptFailure failure, AttemptReport? report = null)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return End(default, failure, report);
    }

    public void Log(string message) =>
        job.Settings.Messages?.Report(new TaskMessage(job.Id, Index, Attempt, _worker, job.Settings.Time.GetUtcNow(), message));

    public void ReportProgress(double fraction)
    {
        lock (job.Ledger.Gate)
        {
            if (_phase != Phase.Running)
                return;
            job.Ledger.Progressed(future, Attempt, fraction);
        }

        job.ReportProgress();
    }

    /// <summary>Tells the attempt to stop because its task is cancelled. One that has not started is over at once.</summary>
    public void Cancel() => Stop(StopReason.Canceled);

    /// <summary>Ends the attempt, and its task with it, because there is no backend any more.</summary>
    public void Fault(DataplugException exception)
    {
        var now = job.Settings.Time.GetTimestamp();
        bool counts;
        Activity? activity;
        lock (job.Ledger.Gate)
        {
            if (_phase == Phase.Over)
                return;
            activity = _activity;
            if (_phase == Phase.Running)
            {
                job.Ledger.Stopped(future, Attempt, now, report: null, abandoned: true, won: false);
                Telemetry.Running.Add(-1, job.BackendTag);
            }

            _phase = Phase.Over;
            counts = Leave();
            Delay?.Dispose();
            _timeout?.Dispose();
            _grace?.Dispose();
        }

        Telemetry.EndTask(activity, FutureState.Failed, AttemptFailure.From(exception));
        CancelToken();
        if (counts)
            job.EndedFaulted(this, exception, now);
        else
            job.EndedForNothing(this);
        _slot?.Dispose();
    }

    private bool Start(string worker, IWorkerSlot? slot)
    {
        var isFirst = false;
        lock (job.Ledger.Gate)
        {
            if (_phase != Phase.Waiting || future.Data.IsWon)
                return false;
            _phase = Phase.Running;
            _worker = worker;
            _slot = slot;
            _startedAt = job.Settings.Time.GetTimestamp();
            job.Ledger.Started(future, Attempt, worker, _startedAt, isBackup);
            if (!isBackup)
                isFirst = job.Stragglers?.Started(this) ?? false;
            if (job.Settings.TaskTimeout is { } timeout)
                _timeout = job.Settings.Time.CreateTimer(static state => ((TaskAttempt<TInput, TResult>)state!).Stop(StopReason.TimedOut), this, timeout, Timeout.InfiniteTimeSpan);
        }

        if (isFirst)
            job.Signal();
        Telemetry.Running.Add(1, job.BackendTag);
        if (isBackup)
            Telemetry.Backups.Add(1, job.BackendTag);
        else if (Attempt > 1)
            Telemetry.Retries.Add(1, job.BackendTag);

        StartActivity(worker);
        return true;
    }

    /// <summary>Not under the gate: listeners are not ours. Who ends the attempt before it is noted leaves the span to this.</summary>
    private void StartActivity(string worker)
    {
        if (Telemetry.StartTask(job.Activity, job.Id, Index, Attempt, worker) is not { } activity)
            return;
        lock (job.Ledger.Gate)
        {
            _activity = activity;
            if (_phase == Phase.Running)
                return;
        }

        activity.Dispose();
    }

    private void Stop(StopReason reason)
    {
        bool neverStarted;
        var counts = false;
        lock (job.Ledger.Gate)
        {
            // A task that is cancelled after it has timed out is cancelled: it must not be repeated.
            if (_phase == Phase.Over || _stop >= reason)
                return;
            var first = _stop == StopReason.None;
            _stop = reason;
            neverStarted = _phase == Phase.Waiting;
            if (neverStarted)
            {
                _phase = Phase.Over;
                counts = Leave();
                Delay?.Dispose();
            }
            else if (first)
            {
                _grace = job.Settings.Time.CreateTimer(static state => ((TaskAttempt<TInput, TResult>)state!).GiveUp(), this, job.Settings.CancellationGrace, Timeout.InfiniteTimeSpan);
            }
        }

        CancelToken();
        if (neverStarted && counts)
            job.EndedCanceled(this, job.Settings.Time.GetTimestamp());
        else if (neverStarted)
            job.EndedForNothing(this);
    }

    /// <summary>Lets go of the other attempt at the task. Under the gate, when this one is over without a result.</summary>
    /// <returns>Whether its end is the task's: no other attempt has won, or goes on.</returns>
    private bool Leave()
    {
        if (Part() is not { } other)
            return !future.Data.IsWon;
        if (!future.Data.IsWon && other._phase == Phase.Waiting)
            FutureLedger.Requeued(future);
        return false;
    }

    /// <summary>Parts the two attempts at the task, if there are two; the other one is then its only one.</summary>
    private TaskAttempt<TInput, TResult>? Part()
    {
        if (Other is not { } other)
            return null;
        other.LastAttempt = Math.Max(other.LastAttempt, LastAttempt);
        (other.Other, Other) = (null, null);
        if (ReferenceEquals(future.Attempt, this))
            future.Attempt = other;
        return other;
    }

    /// <summary>The callbacks of the token are user code: they run on their own, and their failures are theirs.</summary>
    private void CancelToken() => _cancellation.CancelAsync().IgnoreFailure();

    private void GiveUp() => End(default, AttemptFailure.From(new TimeoutException("The task did not stop when it was told to.")), report: null, abandoned: true);

    private bool End(TResult? result, AttemptFailure? failure, AttemptReport? report, bool abandoned = false)
    {
        var now = job.Settings.Time.GetTimestamp();
        var took = job.Settings.Time.GetElapsedTime(_startedAt, now);
        StopReason stop;
        bool counts;
        TaskAttempt<TInput, TResult>? loser = null;
        Activity? activity;
        lock (job.Ledger.Gate)
        {
            if (_phase != Phase.Running)
                return false;
            _phase = Phase.Over;
            stop = _stop;
            activity = _activity;
            _timeout?.Dispose();
            _grace?.Dispose();

            // Of two that succeed at the same moment, the first one here wins.
            var won = stop == StopReason.None && failure is null && !future.Data.IsWon;
            job.Ledger.Stopped(future, Attempt, now, report, abandoned, won);
            if (won)
            {
                job.Stragglers?.Succeeded(took);
                loser = Part();
                counts = true;
            }
            else
            {
                counts = Leave();
            }
        }

        Telemetry.Running.Add(-1, job.BackendTag);
        Telemetry.AttemptDuration.Record(took.TotalSeconds, job.BackendTag);
        if (stop == StopReason.TimedOut)
            failure = AttemptFailure.From(new TimeoutException($"The task took longer than {job.Settings.TaskTimeout}.", failure?.Exception));
        Telemetry.EndTask(activity, stop == StopReason.Canceled ? FutureState.Canceled : failure is null ? FutureState.Succeeded : FutureState.Failed, failure);
        try
        {
            if (!counts)
                job.EndedForNothing(this);
            else if (stop == StopReason.Canceled)
                job.EndedCanceled(this, now);
            else if (failure is not null)
                job.EndedFailed(this, failure, now);
            else
                job.EndedSucceeded(this, result!, now);
        }
        finally
        {
            loser?.Cancel();
            _slot?.Dispose();
        }

        return true;
    }
}
