using System.Runtime.CompilerServices;
using Dataplug.Lithops.Futures;

namespace Dataplug.Lithops;

/// <summary>
/// The tasks of a map, one per input, in the order of the inputs. Awaiting it gives all results. The job runs from the moment
/// that it is submitted, whether or not anybody waits.
/// </summary>
/// <typeparam name="TResult">The type of one result.</typeparam>
public sealed class FutureList<TResult>
{
    private readonly FutureLedger _ledger;

    internal FutureList(FutureLedger ledger) => _ledger = ledger;

    /// <summary>The job's id.</summary>
    public string JobId => _ledger.JobId;

    /// <summary>The job's name.</summary>
    public string JobName => _ledger.JobName;

    /// <summary>How many tasks there are; null when the inputs are still being enumerated and don't say.</summary>
    public int? Count => _ledger.Count;

    /// <summary>How far the job is.</summary>
    public JobProgress Progress => _ledger.Progress();

    /// <summary>What the job did so far, and how long it took.</summary>
    public JobSummary Summary => _ledger.Summarize();

    /// <summary>The job as it stands, with when each task did what.</summary>
    public JobRecord Record() => _ledger.Control.Record();

    /// <summary>The future of one task.</summary>
    /// <param name="index">From 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such task; or not yet, when <see cref="Count"/> isn't known.</exception>
    public Future<TResult> this[int index] => (Future<TResult>)_ledger[index];

    /// <summary>The futures that there are by now: all of the job's when <see cref="Count"/> is known, else those whose input was drawn.</summary>
    public IReadOnlyList<Future<TResult>> Snapshot() => Array.ConvertAll(_ledger.Snapshot(), future => (Future<TResult>)future);

    /// <summary>Waits for all tasks to end and returns their results in the order of the inputs.</summary>
    /// <param name="cancellationToken">Ends the wait, and leaves the job alone.</param>
    /// <exception cref="TaskFailedException">Tasks failed: that of the lowest index, with the others in it.</exception>
    /// <exception cref="JobInputException">The inputs threw, and no task failed.</exception>
    /// <exception cref="BackendFailedException">The backend failed, and no task did.</exception>
    /// <exception cref="OperationCanceledException">The job was cancelled before all tasks had ended and none failed, or the wait was cancelled.</exception>
    public async Task<IReadOnlyList<TResult>> GetResultAsync(CancellationToken cancellationToken = default)
    {
        await WaitAsync(_ledger.Completion.WaitAsync(cancellationToken)).ConfigureAwait(false);
        return ResultsOrThrow(Snapshot(), _ledger.JobException, _ledger.IsCutShort);
    }

    /// <summary>Waits for all results, but not for ever.</summary>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="cancellationToken">Ends the wait, and leaves the job alone.</param>
    /// <exception cref="TimeoutException">Not all tasks have ended within the time; they go on.</exception>
    /// <inheritdoc cref="GetResultAsync(CancellationToken)" path="/exception"/>
    public async Task<IReadOnlyList<TResult>> GetResultAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        await WaitAsync(_ledger.Completion.WaitAsync(timeout, _ledger.Time, cancellationToken)).ConfigureAwait(false);
        return ResultsOrThrow(Snapshot(), _ledger.JobException, _ledger.IsCutShort);
    }

    /// <summary>Awaits <see cref="GetResultAsync(CancellationToken)"/>.</summary>
    public TaskAwaiter<IReadOnlyList<TResult>> GetAwaiter() => GetResultAsync().GetAwaiter();

    /// <summary>Waits until all tasks have ended, however, and never throws for their failures.</summary>
    /// <param name="cancellationToken">Ends the wait, and leaves the job alone.</param>
    /// <returns>What became of them.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async Task<JobSummary> WhenAllSettledAsync(CancellationToken cancellationToken = default)
    {
        await WaitAsync(_ledger.Completion.WaitAsync(cancellationToken)).ConfigureAwait(false);
        return _ledger.Summarize();
    }

    /// <summary>Waits for any, some or all tasks to end, or not at all, and tells which have. Never throws for their failures.</summary>
    /// <param name="waitFor">What to wait for; all tasks unless told otherwise.</param>
    /// <param name="timeout">After how long to return in any case; null for never.</param>
    /// <param name="cancellationToken">Ends the wait, and leaves the job alone.</param>
    /// <returns>The tasks that have ended, and the others that there are by now.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async Task<(IReadOnlyList<Future<TResult>> Done, IReadOnlyList<Future<TResult>> Pending)> WaitAsync(
        WaitFor waitFor = default,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        try
        {
            if (waitFor == WaitFor.All)
                await WaitAsync(Limited(_ledger.Completion)).ConfigureAwait(false);
            else if (waitFor != WaitFor.Always)
                await WaitAsync(Limited(WhenSettledAsync(waitFor))).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The time is over: what has ended so far is the answer.
        }

        var futures = Snapshot();
        var done = new List<Future<TResult>>();
        var pending = new List<Future<TResult>>();
        foreach (var future in futures)
            (future.IsDone ? done : pending).Add(future);
        return (done, pending);

        Task Limited(Task wait) => timeout is { } limit
            ? wait.WaitAsync(limit, _ledger.Time, cancellationToken)
            : wait.WaitAsync(cancellationToken);
    }

    /// <summary>The tasks in the order in which they end, each as soon as it has.</summary>
    /// <param name="cancellationToken">Ends the enumeration, and leaves the job alone.</param>
    /// <exception cref="JobInputException">At the end of the enumeration: the inputs threw.</exception>
    /// <exception cref="BackendFailedException">At the end of the enumeration: the backend failed.</exception>
    /// <remarks>Tasks that failed or were cancelled are among them: look at <see cref="Future.State"/>.</remarks>
    public async IAsyncEnumerable<Future<TResult>> AsCompleted([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var position = 0; ;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (future, wait) = _ledger.SettledAt(position);
            if (future is not null)
            {
                position++;
                yield return (Future<TResult>)future;
            }
            else if (wait is not null)
            {
                await WaitAsync(wait.WaitAsync(cancellationToken)).ConfigureAwait(false);
            }
            else
            {
                break;
            }
        }

        ThrowIfJobFailed();
    }

    /// <summary>The results in the order of the inputs, each as soon as it and all before it are there.</summary>
    /// <param name="cancellationToken">Ends the enumeration, and leaves the job alone.</param>
    /// <remarks>
    /// The job runs ahead of the reader, and keeps all results. Where that would be too many, use
    /// <see cref="FunctionExecutor"/>'s StreamAsync, which runs ahead by a bounded number and keeps none.
    /// </remarks>
    /// <inheritdoc cref="GetResultAsync(CancellationToken)" path="/exception"/>
    public async IAsyncEnumerable<TResult> ResultsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var index = 0; ;)
        {
            var (future, wait) = _ledger.At(index);
            if (future is not null)
            {
                yield return await ((Future<TResult>)future).GetResultAsync(cancellationToken).ConfigureAwait(false);
                index++;
            }
            else if (wait is not null)
            {
                await WaitAsync(wait.WaitAsync(cancellationToken)).ConfigureAwait(false);
            }
            else
            {
                break;
            }
        }

        await WaitAsync(_ledger.Completion.WaitAsync(cancellationToken)).ConfigureAwait(false);
        ThrowIfJobFailed();
        if (_ledger.IsCutShort)
            throw _ledger.CanceledException(null);
    }

    /// <summary>Cancels whatever has not ended: queued tasks never start, running ones are told by their tokens.</summary>
    public void Cancel() => _ledger.Control.Cancel();

    /// <summary>Waits until the job, which has to be durable, can be taken over by another process.</summary>
    /// <param name="cancellationToken">Ends the wait, and leaves the job alone.</param>
    /// <returns>What the other process needs to know, beside the key.</returns>
    /// <exception cref="InvalidOperationException">The job isn't durable (<see cref="JobOptions.Durable"/>), or has failed before.</exception>
    public Task<JobReference> WhenStoredAsync(CancellationToken cancellationToken = default) => _ledger.Control.Stored.WaitAsync(cancellationToken);

    /// <summary>
    /// Lets go of a durable job once it is stored: what workers have goes on, and another process takes over. The futures that have not
    /// ended here end as cancelled.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait, and leaves the job as it is.</param>
    /// <exception cref="InvalidOperationException">The job isn't durable, or has failed before.</exception>
    public async Task<JobReference> DetachAsync(CancellationToken cancellationToken = default)
    {
        var reference = await WhenStoredAsync(cancellationToken).ConfigureAwait(false);
        _ledger.Control.Detach();
        return reference;
    }

    /// <summary>Deletes the results that the job left in storage (<see cref="FunctionExecutor.MapToStorageAsync{TInput,TResult}(Func{TInput,TResult},IEnumerable{TInput},JobOptions,CancellationToken)"/>);
    /// disposing the executor does so as well. Of other jobs nothing is left when they have ended.</summary>
    public Task CleanAsync() => _ledger.Control.CleanAsync();

    /// <summary>The book of the job, for whoever makes another job of its futures.</summary>
    internal FutureLedger Ledger => _ledger;

    /// <summary>Waits for some of the tasks to end and returns their results; throws as <see cref="GetResultAsync(CancellationToken)"/> does when those fail.</summary>
    /// <param name="indexes">Which tasks; the results are in this order.</param>
    internal async Task<IReadOnlyList<TResult>> GetResultsOfAsync(IReadOnlyList<int> indexes)
    {
        var futures = new Future<TResult>[indexes.Count];
        for (var place = 0; place < futures.Length; place++)
        {
            futures[place] = this[indexes[place]];
            await futures[place].WhenSettledAsync().ConfigureAwait(false);
        }

        return ResultsOrThrow(futures, jobException: null, canceled: false);
    }

    private Task WaitAsync(Task wait) => TaskContext.WaitLendingSlotAsync(wait, _ledger.Control.Owner);

    private async Task WhenSettledAsync(WaitFor waitFor)
    {
        while (_ledger.WhenSettled(waitFor) is { } wait)
            await wait.ConfigureAwait(false);
    }

    private void ThrowIfJobFailed()
    {
        if (_ledger.JobException is { } exception)
            throw FutureLedger.Rethrowable(exception);
    }

    private TResult[] ResultsOrThrow(IReadOnlyList<Future<TResult>> futures, DataplugException? jobException, bool canceled)
    {
        var results = new TResult[futures.Count];
        List<DataplugException>? failures = null;
        for (var place = 0; place < results.Length; place++)
        {
            var future = futures[place];
            switch (future.State)
            {
                case FutureState.Succeeded:
                    results[place] = future.ResultOrThrow();
                    break;
                case FutureState.Failed when future.Exception is TaskFailedException failure:
                    (failures ??= []).Add(failure);
                    break;
                case FutureState.Failed:
                    jobException ??= future.Exception;
                    break;
                case FutureState.Canceled:
                    canceled = true;
                    break;
            }
        }

        if (jobException is not null)
            (failures ??= []).Add(jobException);
        if (failures is not null)
            throw failures[0] is TaskFailedException first ? first.With(failures[1..]) : FutureLedger.Rethrowable(failures[0]);
        return canceled ? throw _ledger.CanceledException(null) : results;
    }
}
