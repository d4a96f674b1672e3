using System.Globalization;
using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Cost;

namespace Dataplug.Lithops.Futures;

/// <summary>
/// The book of one job: which tasks there are, where each stands, in which order they ended, and who waits for what.
/// Futures are made when their input is drawn or when somebody asks for them, whichever comes first.
/// </summary>
internal abstract class FutureLedger
{
    private const int LongestFailure = 2000;

    private readonly List<Future?>? _futures;
    private readonly List<int>? _settledOrder;
    private readonly List<TaskRecord>? _streamed;
    private readonly ResourceUse _use = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly DateTimeOffset _submitted;
    private readonly long _submittedAt;
    private readonly int? _knownCount;
    private TaskCompletionSource? _pulse;
    private DataplugException? _jobException;
    private long _endedAt;
    private bool _inputsEnded;
    private bool _cutShort;
    private bool _allSettled;
    private int _drawn;
    private int _running;
    private int _succeeded;
    private int _failed;
    private int _canceled;
    private int _retries;
    private int _backups;
    private double _runningFractions;

    /// <param name="jobId">The job's id.</param>
    /// <param name="jobName">The job's name.</param>
    /// <param name="control">The job.</param>
    /// <param name="time">The clock.</param>
    /// <param name="knownCount">How many inputs there are, when the inputs say so.</param>
    /// <param name="retain">Whether futures are kept; a stream lets go of each when its result was taken.</param>
    protected FutureLedger(string jobId, string jobName, IJobControl control, TimeProvider time, int? knownCount, bool retain)
    {
        JobId = jobId;
        JobName = jobName;
        Control = control;
        Time = time;
        _submitted = time.GetUtcNow();
        _submittedAt = time.GetTimestamp();
        if (retain)
        {
            _knownCount = knownCount;
            _futures = [];
            _settledOrder = [];
        }
        else
        {
            _streamed = [];
        }
    }

    public string JobId { get; }

    public string JobName { get; }

    public IJobControl Control { get; }

    public TimeProvider Time { get; }

    /// <summary>Guards this book and all futures in it. No user code runs under it.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Done when all tasks are settled and the last progress was reported.</summary>
    public Task Completion => _completion.Task;

    /// <summary>How many tasks there are; null when that isn't known yet.</summary>
    public int? Count
    {
        get
        {
            lock (Gate)
                return _knownCount ?? (_inputsEnded ? _drawn : null);
        }
    }

    /// <summary>Why the job ended before its inputs did.</summary>
    public DataplugException? JobException
    {
        get
        {
            lock (Gate)
                return _jobException;
        }
    }

    /// <summary>Whether the job was cancelled while inputs might have come: what there are of results are not all, though no task was cancelled.</summary>
    public bool IsCutShort
    {
        get
        {
            lock (Gate)
                return _cutShort;
        }
    }

    /// <summary>Whether every task has ended before the inputs have.</summary>
    public bool IsNothingLeft
    {
        get
        {
            lock (Gate)
                return !_inputsEnded && _succeeded + _failed + _canceled == _knownCount;
        }
    }

    /// <summary>Takes note that the next input was drawn.</summary>
    /// <returns>Its future (which may be cancelled already); null when the job takes no more inputs.</returns>
    public Future? Draw()
    {
        Future future;
        TaskCompletionSource? pulse;
        lock (Gate)
        {
            if (_inputsEnded)
                return null;
            future = GetOrCreate(_drawn);
            _drawn = checked(_drawn + 1);
            future.Data.QueuedAt = Time.GetTimestamp();
            pulse = TakePulse();
        }

        pulse?.TrySetResult();
        return future;
    }

    /// <summary>The future of a task.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such task, or none yet.</exception>
    public Future this[int index]
    {
        get
        {
            lock (Gate)
            {
                if (index < 0 || index >= (_knownCount ?? _drawn))
                    throw new ArgumentOutOfRangeException(nameof(index), index, "There is no such task, or its input has not been drawn yet.");
                return GetOrCreate(index);
            }
        }
    }

    /// <summary>All futures that there are by now; all of the job's when its count is known.</summary>
    public Future[] Snapshot()
    {
        lock (Gate)
        {
            var futures = new Future[_knownCount ?? _drawn];
            for (var index = 0; index < futures.Length; index++)
                futures[index] = GetOrCreate(index);
            return futures;
        }
    }

    /// <summary>Takes note that a worker has begun. Under the gate.</summary>
    /// <param name="future">The task.</param>
    /// <param name="attempt">The attempt's number.</param>
    /// <param name="worker">The worker.</param>
    /// <param name="timestamp">When.</param>
    /// <param name="isBackup">Whether it is the copy of a straggler, and no repeat.</param>
    public void Started(Future future, int attempt, string worker, long timestamp, bool isBackup)
    {
        ref var data = ref future.Data;
        data.Attempts++;
        if (isBackup)
            _backups++;
        else if (data.Attempts > 1)
            _retries++;
        if (data.Runs++ > 0)
        {
            data.Second = new Future.SecondRun { Attempt = attempt, Worker = worker, StartedAt = timestamp, OtherFraction = data.Fraction };
            return;
        }

        if (data.Attempts > 1)
            (data.Earlier ??= []).Add(new Future.EarlierAttempt(data.StartedAt, data.DurationTicks, data.Worker));
        data.Worker = worker;
        data.StartedAt = timestamp;
        _running++;
        future.SetState(FutureState.Running);
    }

    /// <summary>Takes note that a running attempt is over. Under the gate.</summary>
    /// <param name="future">The task.</param>
    /// <param name="attempt">The attempt's number.</param>
    /// <param name="timestamp">When.</param>
    /// <param name="report">What the worker measured.</param>
    /// <param name="abandoned">Whether it was left to itself.</param>
    /// <param name="won">Whether its result is the task's: then it is the one that statistics show, and one beside it is an earlier one.</param>
    public void Stopped(Future future, int attempt, long timestamp, AttemptReport? report, bool abandoned, bool won)
    {
        ref var data = ref future.Data;
        data.IsWon |= won;
        data.Runs--;

        // A task runs until it has a result, or no attempt runs any more.
        if (won || (data.Runs == 0 && !data.IsWon))
            _running--;
        if (data.Second is { } second)
        {
            // The record is for the winner, else for the one that goes on; after the win the second one is the loser.
            var isSecond = second.Attempt == attempt || (data.IsWon && !won);
            if (isSecond == won)
            {
                (data.StartedAt, second.StartedAt) = (second.StartedAt, data.StartedAt);
                (data.Worker, second.Worker) = (second.Worker, data.Worker);
                (second.OtherFraction, second.Fraction) = (second.Fraction, second.OtherFraction);
            }

            if (!won)
            {
                var ticks = Account(ref data, second.StartedAt, timestamp, report);
                (data.Earlier ??= []).Add(new Future.EarlierAttempt(second.StartedAt, ticks, second.Worker));
                data.Second = null;
                SetFraction(ref data, data.IsWon ? 0 : second.OtherFraction);
                return;
            }
        }

        data.DurationTicks = Account(ref data, data.StartedAt, timestamp, report);
        data.Report = report;
        data.Abandoned = abandoned;
        SetFraction(ref data, 0);
    }

    /// <summary>Takes note that the task waits for its next attempt. Under the gate.</summary>
    public static void Requeued(Future future) => future.SetState(FutureState.Queued);

    /// <summary>Takes note of what a running task reports of itself. Under the gate.</summary>
    /// <remarks>Of two attempts the one that is further counts.</remarks>
    public void Progressed(Future future, int attempt, double fraction)
    {
        ref var data = ref future.Data;
        if (data.IsWon)
            return;
        if (data.Second is { } second)
        {
            if (second.Attempt == attempt)
                second.Fraction = fraction;
            else
                second.OtherFraction = fraction;
            fraction = Math.Max(second.Fraction, second.OtherFraction);
        }

        SetFraction(ref data, fraction);
    }

    /// <summary>Ends a task; the first end counts.</summary>
    /// <param name="future">The task.</param>
    /// <param name="state">How it ended.</param>
    /// <param name="failure">Why it failed; null else.</param>
    /// <param name="timestamp">When.</param>
    public void Settle(Future future, FutureState state, DataplugException? failure, long timestamp)
    {
        bool last;
        lock (Gate)
        {
            if (!SettleUnderGate(future, state, failure, timestamp))
                return;
            last = EndIfAllSettled(timestamp);
        }

        Announce([future], last);
    }

    /// <summary>Takes note that no more inputs come; tasks without input end as the inputs did.</summary>
    /// <param name="exception">Why, when the inputs or the backend failed; null else.</param>
    /// <param name="canceled">Whether the job was cancelled.</param>
    public void EndInputs(DataplugException? exception, bool canceled)
    {
        var timestamp = Time.GetTimestamp();
        var rest = new List<Future>();
        bool last;
        lock (Gate)
        {
            if (_inputsEnded)
            {
                // The backend failed when all inputs had been drawn: whatever isn't settled yet fails with that.
                if (!_allSettled)
                    _jobException ??= exception;
                return;
            }

            _inputsEnded = true;
            if (exception is null && !canceled && _knownCount is { } promised && _drawn < promised)
                exception = new JobInputException(JobName, string.Create(CultureInfo.InvariantCulture, $"the inputs yielded {_drawn} of the {promised} items that they had said to have"), "Don't change a collection while a job runs on it.");
            _jobException = exception;
            _cutShort = canceled && exception is null && (_knownCount is not { } all || _drawn < all);
            for (var index = _drawn; index < _knownCount; index++)
            {
                var future = GetOrCreate(index);
                if (SettleUnderGate(future, exception is null ? FutureState.Canceled : FutureState.Failed, exception, timestamp))
                    rest.Add(future);
            }

            last = EndIfAllSettled(timestamp);
        }

        Announce(rest, last);
    }

    /// <summary>Done when the task has ended.</summary>
    public Task WhenSettled(Future future)
    {
        if (future.IsDone)
            return Task.CompletedTask;
        lock (Gate)
        {
            return future.IsDone
                ? Task.CompletedTask
                : (future.Data.Waiter ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>The task that ended as number <paramref name="position"/>.</summary>
    /// <returns>The future; or a task that is done when it is worth asking again; or neither when no more will end.</returns>
    public (Future? Future, Task? Wait) SettledAt(int position)
    {
        lock (Gate)
        {
            if (position < _settledOrder!.Count)
                return (GetOrCreate(_settledOrder[position]), null);
            return _allSettled ? (null, null) : (null, Pulse());
        }
    }

    /// <summary>The task at a place.</summary>
    /// <returns>The future; or a task that is done when it is worth asking again; or neither when there is no such task.</returns>
    public (Future? Future, Task? Wait) At(int index)
    {
        lock (Gate)
        {
            if (index < (_knownCount ?? _drawn))
                return (GetOrCreate(index), null);
            return _inputsEnded || _knownCount is not null ? (null, null) : (null, Pulse());
        }
    }

    /// <summary>Done when it is worth asking again; null when a wait is over.</summary>
    public Task? WhenSettled(WaitFor waitFor)
    {
        lock (Gate)
        {
            var settled = _settledOrder!.Count;
            var isMet = (_knownCount ?? (_inputsEnded ? _drawn : null)) is { } total
                ? settled >= waitFor.Needed(total)
                : waitFor == WaitFor.Any && settled > 0;
            return isMet || _allSettled ? null : Pulse();
        }
    }

    public JobProgress Progress()
    {
        lock (Gate)
        {
            var total = _knownCount ?? (_inputsEnded ? _drawn : null);
            var settled = _succeeded + _failed + _canceled;
            double? fraction = total switch
            {
                null => null,
                0 => 1,
                _ => Math.Clamp((settled + _runningFractions) / total.Value, 0, 1),
            };
            return new JobProgress(JobId, total, _drawn, _running, _succeeded, _failed, _canceled, _retries, fraction, Elapsed()) { Backups = _backups };
        }
    }

    public JobSummary Summarize()
    {
        var futures = Snapshot();
        lock (Gate)
        {
            var ran = futures
                .Where(future => future.IsDone && future.Data.Attempts > 0)
                .OrderBy(future => future.Data.DurationTicks)
                .ToList();
            return new JobSummary
            {
                JobId = JobId,
                JobName = JobName,
                Tasks = _knownCount ?? _drawn,
                Succeeded = _succeeded,
                Failed = _failed,
                Canceled = _canceled,
                Retries = _retries,
                Backups = _backups,
                WallTime = Elapsed(),
                TotalTaskTime = new TimeSpan(futures.Sum(future => future.Data.TotalDurationTicks)),
                Fastest = ran.Count == 0 ? null : new TimeSpan(ran[0].Data.DurationTicks),
                Median = ran.Count == 0 ? null : new TimeSpan(ran[(ran.Count - 1) / 2].Data.DurationTicks),
                Slowest = ran.Count == 0 ? null : new TimeSpan(ran[^1].Data.DurationTicks),
                SlowestTask = ran.Count == 0 ? null : ran[^1].Index,
                AttemptDurations = _use.AttemptDurations(),
                MemoryTime = _use.MemoryTime,
                CpuTime = _use.CpuTime,
                BytesRead = _use.BytesRead,
                BytesWritten = _use.BytesWritten,
                Requests = _use.Requests,
                JobException = _jobException,
                ProgressException = Control.ProgressException,
                RecordException = Control.RecordException,
            };
        }
    }

    /// <summary>The job as it stands, with its tasks.</summary>
    public JobRecord Record(string backend)
    {
        lock (Gate)
        {
            var total = _knownCount ?? (_inputsEnded ? _drawn : null);
            var state = !_allSettled ? JobState.Running
                : _failed > 0 || _jobException is not null ? JobState.Failed
                : _canceled > 0 || _cutShort ? JobState.Canceled
                : JobState.Succeeded;
            var tasks = _streamed is not null
                ? [.. _streamed.OrderBy(task => task.Index)]
                : Enumerable.Range(0, Math.Min(total ?? _drawn, JobRecord.MaxTasks)).Select(index => RecordOf(GetOrCreate(index))).ToList();
            return new JobRecord
            {
                Id = JobId,
                Name = JobName,
                Backend = backend,
                State = state,
                Submitted = _submitted,
                Ended = _allSettled ? InstantOf(_endedAt) : null,
                Updated = _submitted + Time.GetElapsedTime(_submittedAt),
                Total = total,
                Drawn = _drawn,
                Running = _running,
                Succeeded = _succeeded,
                Failed = _failed,
                Canceled = _canceled,
                Retries = _retries,
                Backups = _backups,
                Problem = _jobException?.Message,
                Tasks = tasks,
                TasksLeftOut = Math.Max(0, (_streamed is null ? total ?? _drawn : _succeeded + _failed + _canceled) - tasks.Count),
            };
        }
    }

    public TaskStatistics StatisticsOf(Future future)
    {
        lock (Gate)
        {
            ref var data = ref future.Data;
            return new TaskStatistics
            {
                EarlierAttempts = data.Earlier is null ? [] : [.. data.Earlier.OrderBy(attempt => attempt.StartedAt).Select(attempt => new AttemptTime(InstantOf(attempt.StartedAt)!.Value, new TimeSpan(attempt.DurationTicks), attempt.Worker))],
                Submitted = _submitted,
                Queued = InstantOf(data.QueuedAt),
                Started = InstantOf(data.StartedAt),
                Ended = InstantOf(data.EndedAt),
                Duration = new TimeSpan(data.DurationTicks),
                TotalDuration = new TimeSpan(data.TotalDurationTicks),
                Attempts = data.Attempts,
                Worker = data.Worker,
                ExceptionType = data.Failure is TaskFailedException failed ? failed.Failure.ExceptionType : data.Failure?.GetType().FullName,
                Report = data.Report,
                Abandoned = data.Abandoned,
            };
        }
    }

    public OperationCanceledException CanceledException(Future? future) => new(future is null
        ? $"Job {JobName} ({JobId}) was cancelled."
        : string.Create(CultureInfo.InvariantCulture, $"Task {future.Index} of job {JobName} ({JobId}) was cancelled."));

    /// <summary>An exception object of its own for each throw: several waiters may throw the same failure at once.</summary>
    public static Exception Rethrowable(DataplugException failure) => failure switch
    {
        TaskFailedException task => task.With(task.OtherFailures),
        JobInputException input => new JobInputException(input.ObjectName, input.Problem, input.Cure, innerException: input.InnerException),
        BackendFailedException backend => new BackendFailedException(backend.ObjectName, backend.Problem, backend.Cure, innerException: backend.InnerException),
        _ => failure,
    };

    protected abstract Future Create(int index);

    /// <summary>Adds what an attempt took to the task's and the job's.</summary>
    /// <returns>How long it ran, in ticks.</returns>
    private long Account(ref Future.Record data, long startedAt, long timestamp, AttemptReport? report)
    {
        var ticks = Time.GetElapsedTime(startedAt, timestamp).Ticks;
        data.TotalDurationTicks += ticks;
        _use.Add(ticks, report, keepDuration: _futures is not null);
        return ticks;
    }

    private void SetFraction(ref Future.Record data, double fraction)
    {
        _runningFractions += fraction - data.Fraction;
        Volatile.Write(ref data.Fraction, fraction);
    }

    private Future GetOrCreate(int index)
    {
        if (_futures is null)
            return Create(index);
        while (_futures.Count <= index)
            _futures.Add(null);
        return _futures[index] ??= Create(index);
    }

    private TaskRecord RecordOf(Future future) => new()
    {
        Index = future.Index,
        State = future.State,
        Progress = future.Progress,
        Statistics = StatisticsOf(future),
        Failure = future.Exception?.Message is { Length: > LongestFailure } message ? message[..LongestFailure] + "…" : future.Exception?.Message,
    };

    private bool SettleUnderGate(Future future, FutureState state, DataplugException? failure, long timestamp)
    {
        if (future.IsDone)
            return false;
        future.Data.Failure = failure;
        future.Data.EndedAt = timestamp;
        future.Attempt = null;
        switch (state)
        {
            case FutureState.Succeeded:
                _succeeded++;
                break;
            case FutureState.Failed:
                _failed++;
                break;
            default:
                _canceled++;
                break;
        }

        _settledOrder?.Add(future.Index);
        future.SetState(state);
        if (_streamed?.Count < JobRecord.MaxTasks)
            _streamed.Add(RecordOf(future));
        return true;
    }

    private bool EndIfAllSettled(long timestamp)
    {
        if (_allSettled || !_inputsEnded || _succeeded + _failed + _canceled < (_knownCount ?? _drawn))
            return false;
        _allSettled = true;
        _endedAt = timestamp;
        return true;
    }

    private void Announce(IReadOnlyList<Future> settled, bool last)
    {
        foreach (var future in settled)
            Control.OnSettled(future);
        if (last)
            Control.OnAllSettled();

        TaskCompletionSource? pulse;
        lock (Gate)
            pulse = TakePulse();
        foreach (var future in settled)
        {
            TaskCompletionSource? waiter;
            lock (Gate)
                (waiter, future.Data.Waiter) = (future.Data.Waiter, null);
            waiter?.TrySetResult();
        }

        pulse?.TrySetResult();
        if (last)
            _completion.TrySetResult();
    }

    private Task Pulse() => (_pulse ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private TaskCompletionSource? TakePulse()
    {
        var pulse = _pulse;
        _pulse = null;
        return pulse;
    }

    private TimeSpan Elapsed() => Time.GetElapsedTime(_submittedAt, _allSettled ? _endedAt : Time.GetTimestamp());

    private DateTimeOffset? InstantOf(long timestamp) =>
        timestamp == 0 ? null : _submitted + Time.GetElapsedTime(_submittedAt, timestamp);
}
