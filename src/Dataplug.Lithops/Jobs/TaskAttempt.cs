using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Functions;
using Dataplug.Lithops.Futures;

namespace Dataplug.Lithops.Jobs;

/// <summary>One attempt at one task: waiting, running or over. All of its state is guarded by the ledger's gate.</summary>
#pragma warning disable CA1001 // A source of tokens without a timer holds nothing, and its token outlives the attempt in user code.
internal sealed class TaskAttempt<TInput, TResult>(JobRun<TInput, TResult> job, Future<TResult> future, TInput input, int attempt) : IBackendTask
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

    public int Attempt => attempt;

    public CancellationToken CancellationToken => _cancellation.Token;

    public Future<TResult> Future => future;

    public TInput Input => input;

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

        var context = new TaskContext(job.Id, Index, job.TaskCount, attempt, worker, Log, ReportProgress, CancellationToken)
        {
            Owner = job.Owner,
            Slot = slot,
            Depth = job.Depth,
        };
        TaskContext.Current = context;
        using var activity = Telemetry.Activities.StartActivity("dataplug.task");
        activity?.SetTag("dataplug.job.id", job.Id).SetTag("dataplug.task.index", Index).SetTag("dataplug.task.attempt", attempt);
        AttemptReport? report = null;
        try
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var call = job.TaskFunction(input, context);
            if (call.IsCompleted)
                report = new AttemptReport { AllocatedBytes = GC.GetAllocatedBytesForCurrentThread() - before };
            var result = await call.ConfigureAwait(false);
            End(result, failure: null, report);
        }
        catch (Exception exception)
        {
            // Whatever a user's function throws is the outcome of its task.
            activity?.SetStatus(ActivityStatusCode.Error, exception.Message);
            End(default, AttemptFailure.From(exception), report);
        }
    }

    public void WriteInput(IBufferWriter<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        job.InputCodec.Write(input, destination);
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
        job.Settings.Messages?.Report(new TaskMessage(job.Id, Index, attempt, _worker, job.Settings.Time.GetUtcNow(), message));

    public void ReportProgress(double fraction)
    {
        lock (job.Ledger.Gate)
        {
            if (_phase != Phase.Running)
                return;
            job.Ledger.Progressed(future, fraction);
        }

        job.ReportProgress();
    }

    /// <summary>Tells the attempt to stop because its task is cancelled. One that has not started is over at once.</summary>
    public void Cancel() => Stop(StopReason.Canceled);

    /// <summary>Ends the attempt, and its task with it, because there is no backend any more.</summary>
    public void Fault(DataplugException exception)
    {
        var now = job.Settings.Time.GetTimestamp();
        lock (job.Ledger.Gate)
        {
            if (_phase == Phase.Over)
                return;
            if (_phase == Phase.Running)
            {
                job.Ledger.Stopped(future, now, report: null, abandoned: true);
                Telemetry.Running.Add(-1, job.BackendTag);
            }

            _phase = Phase.Over;
            Delay?.Dispose();
            _timeout?.Dispose();
            _grace?.Dispose();
        }

        CancelToken();
        job.EndedFaulted(this, exception, now);
        _slot?.Dispose();
    }

    private bool Start(string worker, IWorkerSlot? slot)
    {
        lock (job.Ledger.Gate)
        {
            if (_phase != Phase.Waiting)
                return false;
            _phase = Phase.Running;
            _worker = worker;
            _slot = slot;
            _startedAt = job.Settings.Time.GetTimestamp();
            job.Ledger.Started(future, worker, _startedAt);
            if (job.Settings.TaskTimeout is { } timeout)
                _timeout = job.Settings.Time.CreateTimer(static state => ((TaskAttempt<TInput, TResult>)state!).Stop(StopReason.TimedOut), this, timeout, Timeout.InfiniteTimeSpan);
        }

        Telemetry.Running.Add(1, job.BackendTag);
        if (attempt > 1)
            Telemetry.Retries.Add(1, job.BackendTag);
        return true;
    }

    private void Stop(StopReason reason)
    {
        bool neverStarted;
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
                Delay?.Dispose();
            }
            else if (first)
            {
                _grace = job.Settings.Time.CreateTimer(static state => ((TaskAttempt<TInput, TResult>)state!).GiveUp(), this, job.Settings.CancellationGrace, Timeout.InfiniteTimeSpan);
            }
        }

        CancelToken();
        if (neverStarted)
            job.EndedCanceled(this, job.Settings.Time.GetTimestamp());
    }

    /// <summary>The callbacks of the token are user code: they run on their own, and their failures are theirs.</summary>
    private void CancelToken() => _ = _cancellation.CancelAsync().ContinueWith(
        static canceled => _ = canceled.Exception,
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);

    private void GiveUp() => End(default, AttemptFailure.From(new TimeoutException("The task did not stop when it was told to.")), report: null, abandoned: true);

    private bool End(TResult? result, AttemptFailure? failure, AttemptReport? report, bool abandoned = false)
    {
        var now = job.Settings.Time.GetTimestamp();
        StopReason stop;
        lock (job.Ledger.Gate)
        {
            if (_phase != Phase.Running)
                return false;
            _phase = Phase.Over;
            stop = _stop;
            _timeout?.Dispose();
            _grace?.Dispose();
            job.Ledger.Stopped(future, now, report, abandoned);
        }

        Telemetry.Running.Add(-1, job.BackendTag);
        Telemetry.AttemptDuration.Record(job.Settings.Time.GetElapsedTime(_startedAt, now).TotalSeconds, job.BackendTag);
        try
        {
            if (stop == StopReason.Canceled)
                job.EndedCanceled(this, now);
            else if (stop == StopReason.TimedOut)
                job.EndedFailed(this, AttemptFailure.From(new TimeoutException($"The task took longer than {job.Settings.TaskTimeout}.", failure?.Exception)), now);
            else if (failure is not null)
                job.EndedFailed(this, failure, now);
            else
                job.EndedSucceeded(this, result!, now);
        }
        finally
        {
            _slot?.Dispose();
        }

        return true;
    }
}
