using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Threading.Channels;
using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Backends.Local;
using Dataplug.Lithops.Backends.Storage;
using Dataplug.Lithops.Functions;
using Dataplug.Lithops.Futures;
using Dataplug.Lithops.Jobs;
using Dataplug.Lithops.Records;
using Dataplug.Storage;

namespace Dataplug.Lithops;

/// <summary>
/// Runs functions over inputs, in parallel, where its backend runs them: in this process unless told otherwise.
/// Calls return at once with futures; the work has then begun. Safe to use from many threads, and from within its own tasks.
/// </summary>
/// <remarks>
/// <para>Inputs are enumerated once, in order, on another thread, and only as fast as tasks can start; a collection must not be
/// changed while its job runs. Results keep the order of the inputs. A job that a task submits is cancelled with that task.</para>
/// <para>Disposing cancels what runs and waits for it, at most for <see cref="ExecutorOptions.CancellationGrace"/>.</para>
/// </remarks>
public sealed partial class FunctionExecutor : IAsyncDisposable
{
    private readonly IExecutorBackend _backend;
    private readonly ExecutorOptions _options;
    private readonly string _id = RandomNumberGenerator.GetHexString(8, lowercase: true);
    private readonly Lock _gate = new();
    private readonly HashSet<IJobRun> _jobs = [];
    private readonly JobHistory _history = new();
    private readonly JobRecordFolder? _records;
    private Task? _disposal;
    private int _jobNumber;

    /// <summary>Creates an executor on this machine.</summary>
    /// <param name="options">How it runs jobs; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public FunctionExecutor(ExecutorOptions? options = null)
    {
        _options = options ?? new ExecutorOptions();
        _options.Validate();
        _records = RecordsOf(_options);
        _backend = new LocalBackend(_options.MaxParallelism);
    }

    /// <summary>Creates an executor on a backend.</summary>
    /// <param name="backend">Where tasks run. Disposed with the executor.</param>
    /// <param name="options">How the executor runs jobs; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public FunctionExecutor(IExecutorBackend backend, ExecutorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(backend);
        _options = options ?? new ExecutorOptions();
        _options.Validate();
        _records = RecordsOf(_options);
        _backend = backend;
    }

    /// <summary>
    /// Creates an executor on the configured backend, so that the same program runs on this machine, on Slurm, on Lambda or on an HTTP
    /// service: the argument counts first, then DATAPLUG_BACKEND, then <c>executor.backend</c> of <c>dataplug.json</c> or YAML; this process
    /// where nothing is said.
    /// </summary>
    /// <param name="backend">The backend's name: <c>local</c>, <c>processes</c>, <c>slurm</c>, <c>aws-lambda</c>, <c>http</c>,
    /// <c>kubernetes</c>; null for the configured one.</param>
    /// <param name="options">How the executor runs jobs; null for the defaults. Its MaxParallelism counts before DATAPLUG_WORKERS and
    /// <c>executor.workers</c>.</param>
    /// <param name="environment">Looks variables up; null for those of the process.</param>
    /// <remarks>Keeps records of jobs in <see cref="JobRecordFolder.OfUser"/>, unless the options name another folder or the empty one.
    /// Registers the configured stores with <see cref="ObjectStores.Default"/>, by which slices are read.</remarks>
    /// <exception cref="ConfigurationException">What is configured can't be used.</exception>
    /// <exception cref="BackendFailedException">The backend can't be used here.</exception>
    public static FunctionExecutor Open(string? backend = null, ExecutorOptions? options = null, Func<string, string?>? environment = null)
    {
        options ??= new ExecutorOptions();
        options.Validate();
        StorageOptions.LoadStores(environment).AddTo(ObjectStores.Default);
        return new FunctionExecutor(
            BackendConfiguration.Open(backend, options.MaxParallelism, environment: environment),
            options with { JobRecords = options.JobRecords ?? JobRecordFolder.OfUser(environment)?.Path });
    }

    /// <summary>The name of the backend, as in <c>local</c>.</summary>
    public string BackendName => _backend.Name;

    /// <summary>How many tasks run at once.</summary>
    public int MaxParallelism => _backend.MaxParallelism;

    /// <summary>Runs one function over all results of a map, when all of them are there.</summary>
    /// <typeparam name="TInput">The type of one result of the map.</typeparam>
    /// <typeparam name="TReduced">The type of the result.</typeparam>
    /// <param name="futures">The map.</param>
    /// <param name="reduce">Gets the results in the order of the map's inputs.</param>
    /// <param name="options">How the reducing task is run; null for the executor's options.</param>
    /// <param name="cancellationToken">Cancels the reducing task, not the map.</param>
    /// <returns>The future result. It fails as the map does when that fails, without running <paramref name="reduce"/>.</returns>
    /// <exception cref="FunctionNotShippableException">The backend ships functions, and this one can't be.</exception>
    public Future<TReduced> ReduceAsync<TInput, TReduced>(
        FutureList<TInput> futures,
        Func<IReadOnlyList<TInput>, TReduced> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Reduce(reduce, TaskFunction.From(NotNull(reduce)), futures, ownsMap: false, options, cancellationToken);

    /// <inheritdoc cref="ReduceAsync{TInput,TReduced}(FutureList{TInput},Func{IReadOnlyList{TInput},TReduced},JobOptions,CancellationToken)"/>
    public Future<TReduced> ReduceAsync<TInput, TReduced>(
        FutureList<TInput> futures,
        Func<IReadOnlyList<TInput>, CancellationToken, Task<TReduced>> reduce,
        JobOptions? options = null,
        CancellationToken cancellationToken = default) =>
        Reduce(reduce, TaskFunction.From(NotNull(reduce)), futures, ownsMap: false, options, cancellationToken);

    /// <summary>Waits for any, some or all of the tasks to end, or not at all, and tells which have. Never throws for their failures.</summary>
    /// <param name="futures">The tasks, of any jobs of this executor.</param>
    /// <param name="waitFor">What to wait for; all of them unless told otherwise.</param>
    /// <param name="timeout">After how long to return in any case; null for never.</param>
    /// <param name="cancellationToken">Ends the wait, and leaves the tasks alone.</param>
    /// <returns>The tasks that have ended and the others, both in the order given.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async Task<(IReadOnlyList<TFuture> Done, IReadOnlyList<TFuture> Pending)> WaitAsync<TFuture>(
        IEnumerable<TFuture> futures,
        WaitFor waitFor = default,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
        where TFuture : Future
    {
        ArgumentNullException.ThrowIfNull(futures);
        var all = futures.ToList();
        try
        {
            var limit = timeout ?? Timeout.InfiniteTimeSpan;
            var ended = all.Count(future => future.IsDone);
            if (!waitFor.IsMet(ended, all.Count - ended))
            {
                var met = WhenSome(all.Select(future => future.Ledger.WhenSettled(future)), waitFor.Needed(all.Count));
                await TaskContext.WaitLendingSlotAsync(met.WaitAsync(limit, _options.TimeProvider, cancellationToken), _backend).ConfigureAwait(false);
            }
        }
        catch (TimeoutException)
        {
            // The time is over: what has ended so far is the answer.
        }

        var done = new List<TFuture>();
        var pending = new List<TFuture>();
        foreach (var future in all)
            (future.IsDone ? done : pending).Add(future);
        return (done, pending);
    }

    /// <summary>Waits for any, some or all tasks of a map to end, or not at all, and tells which have. Never throws for their failures.</summary>
    /// <typeparam name="TResult">The type of one result.</typeparam>
    /// <param name="futures">The map.</param>
    /// <param name="waitFor">What to wait for; all tasks unless told otherwise.</param>
    /// <param name="timeout">After how long to return in any case; null for never.</param>
    /// <param name="cancellationToken">Ends the wait, and leaves the job alone.</param>
    /// <returns>The tasks that have ended, and the others that there are by now.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    [SuppressMessage("Performance", "CA1822", Justification = "Beside the overload for futures of several jobs.")]
    public Task<(IReadOnlyList<Future<TResult>> Done, IReadOnlyList<Future<TResult>> Pending)> WaitAsync<TResult>(
        FutureList<TResult> futures,
        WaitFor waitFor = default,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(futures);
        return futures.WaitAsync(waitFor, timeout, cancellationToken);
    }

    /// <summary>
    /// The jobs of this executor as they stand, in the order in which they were submitted: those that run, and of those that have ended
    /// the last hundred, or fewer when they have more than 20,000 tasks together.
    /// </summary>
    public IReadOnlyList<JobRecord> GetJobs() =>
        [.. Jobs().Select(job => job.Record()).Concat(_history.ToArray()).DistinctBy(job => job.Id).OrderBy(job => job.Submitted).ThenBy(job => job.Id.Length).ThenBy(job => job.Id, StringComparer.Ordinal)];

    /// <summary>Cancels all jobs that are under way. The executor takes new ones afterwards.</summary>
    public void CancelAll()
    {
        foreach (var job in Jobs())
            job.Cancel();
    }

    /// <summary>
    /// Cancels all jobs and waits for what runs, at most for <see cref="ExecutorOptions.CancellationGrace"/>: a task that ignores
    /// its token is left to itself after that.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
            return new ValueTask(_disposal ??= DisposeOnceAsync());
    }

    private async Task DisposeOnceAsync()
    {
        // Not under the gate of DisposeAsync, and not within the task of a caller that is one of this executor's own.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var jobs = Jobs();
        foreach (var job in jobs)
            job.Cancel();
        await Task.WhenAll(jobs.Select(job => job.Completion)).ConfigureAwait(false);
        try
        {
            // Inputs that ignore the cancellation keep the backend in their enumerator: they too get the grace, and no more.
            await Task.WhenAll(jobs.Select(job => job.BackendRun)).WaitAsync(_options.CancellationGrace, _options.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // They are left to themselves, as documented.
        }

        if (_backend is IStorageBackend backend)
            await backend.Jobs.CleanKeptAsync().ConfigureAwait(false);
        await _backend.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Done when so many of the tasks are, none of which fails.</summary>
    private static Task WhenSome(IEnumerable<Task> tasks, int count)
    {
        var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (var task in tasks)
        {
            _ = task.ContinueWith(
                _ =>
                {
                    if (Interlocked.Decrement(ref count) == 0)
                        met.SetResult();
                },
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }

        return met.Task;
    }

    private IJobRun[] Jobs()
    {
        lock (_gate)
            return [.. _jobs];
    }

    private Future<TResult> Call<TInput, TResult>(
        Delegate function,
        TaskFunction<TInput, TResult> taskFunction,
        TInput input,
        JobOptions? options,
        CancellationToken cancellationToken)
    {
        var job = Submit(function, taskFunction, JobInputs<TInput>.From([input]), options, cancellationToken: cancellationToken);
        return (Future<TResult>)job.Ledger[0];
    }

    private FutureList<TResult> Map<TInput, TResult>(
        Delegate function,
        TaskFunction<TInput, TResult> taskFunction,
        JobInputs<TInput> inputs,
        JobOptions? options,
        CancellationToken cancellationToken) =>
        new(Submit(function, taskFunction, inputs, options, cancellationToken: cancellationToken).Ledger);

    private Future<TReduced> MapReduce<TInput, TResult, TReduced>(
        Delegate function,
        TaskFunction<TInput, TResult> taskFunction,
        JobInputs<TInput> inputs,
        Delegate reduce,
        TaskFunction<IReadOnlyList<TResult>, TReduced> reduceFunction,
        JobOptions? options,
        CancellationToken cancellationToken)
    {
        // Both functions are looked at before either job is submitted.
        Check<TReduced>(reduce);
        var map = Map(function, taskFunction, inputs, options, cancellationToken);
        return Reduce(reduce, reduceFunction, map, ownsMap: true, (options ?? new JobOptions()) with { Progress = null }, cancellationToken);
    }

    private Future<TReduced> Reduce<TInput, TReduced>(
        Delegate reduce,
        TaskFunction<IReadOnlyList<TInput>, TReduced> reduceFunction,
        FutureList<TInput> map,
        bool ownsMap,
        JobOptions? options,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(map);
        var inputs = new JobInputs<IReadOnlyList<TInput>>(ResultsOf(map, CancellationToken.None), Count: 1, AreResults: true);
        var job = Submit(reduce, reduceFunction, inputs, options, cancellationToken: cancellationToken);
        if (ownsMap)
            job.Canceled.UnsafeRegister(static state => ((FutureList<TInput>)state!).Cancel(), map);
        return (Future<TReduced>)job.Ledger[0];
    }

    private static async IAsyncEnumerable<IReadOnlyList<TInput>> ResultsOf<TInput>(
        FutureList<TInput> map,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return await map.GetResultAsync(cancellationToken).ConfigureAwait(false);
    }

    private FutureList<TReduced> MapReduceBy<TInput, TKey, TResult, TReduced>(
        Delegate function,
        TaskFunction<TInput, TResult> taskFunction,
        JobInputs<TInput> inputs,
        Func<TInput, TKey> key,
        Delegate reduce,
        TaskFunction<Group<TKey, TResult>, TReduced> reduceFunction,
        JobOptions? options,
        CancellationToken cancellationToken)
        where TKey : notnull
    {
        Check<Group<TKey, TResult>, TReduced>(reduce);
        var groups = new InputGroups<TInput, TKey>(key);
        var map = Map(function, taskFunction, inputs with { Items = groups.PassAsync(inputs.Items, CancellationToken.None) }, options, cancellationToken);
        var job = Submit(
            reduce,
            reduceFunction,
            JobInputs<Group<TKey, TResult>>.FromLater(groups.WithResultsOf(map, CancellationToken.None), count: null),
            (options ?? new JobOptions()) with { Progress = null },
            cancellationToken: cancellationToken);
        job.Canceled.UnsafeRegister(static state => ((FutureList<TResult>)state!).Cancel(), map);
        return new FutureList<TReduced>(job.Ledger);
    }

    private Future<TState> MapFold<TInput, TResult, TState>(
        Delegate function,
        TaskFunction<TInput, TResult> taskFunction,
        JobInputs<TInput> inputs,
        TState seed,
        Delegate fold,
        TaskFunction<Fold<TState, TResult>, TState> foldFunction,
        JobOptions? options,
        CancellationToken cancellationToken)
    {
        Check<Fold<TState, TResult>, TState>(fold);
        var map = Map(function, taskFunction, inputs, options, cancellationToken);
        var foldOptions = (options ?? new JobOptions()) with { Progress = null, StreamBuffer = 1 };
        var depth = Depth;

        // The future is the last fold; those before it are a stream, which makes the last one's input.
        var job = Submit(fold, foldFunction, new JobInputs<Fold<TState, TResult>>(LastAsync(CancellationToken.None), Count: 1, AreResults: true), foldOptions, cancellationToken: cancellationToken);
        job.Canceled.UnsafeRegister(static state => ((FutureList<TResult>)state!).Cancel(), map);
        return (Future<TState>)job.Ledger[0];

        async IAsyncEnumerable<Fold<TState, TResult>> LastAsync([EnumeratorCancellation] CancellationToken canceled)
        {
            yield return await FoldAsync(canceled).ConfigureAwait(false);
        }

        async Task<Fold<TState, TResult>> FoldAsync(CancellationToken canceled)
        {
            try
            {
                var arrivals = new Arrivals<TResult>(map.Ledger);
                var state = seed;
                var states = StreamAsync(fold, foldFunction, new JobInputs<Fold<TState, TResult>>(InputsAsync(CancellationToken.None)), foldOptions, depth, canceled);
                await foreach (var next in states.ConfigureAwait(false))
                    state = next;
                await map.GetResultAsync(canceled).ConfigureAwait(false);
                return new Fold<TState, TResult>(state, arrivals.Rest);

                // Its buffer of one has each fold drawn when the result of the one before was taken.
                async IAsyncEnumerable<Fold<TState, TResult>> InputsAsync([EnumeratorCancellation] CancellationToken left)
                {
                    while (await arrivals.TakeAsync(left).ConfigureAwait(false) is { } arrived)
                        yield return new Fold<TState, TResult>(state, arrived);
                }
            }
            catch
            {
                // Nobody has a use for the rest of the map.
                map.Cancel();
                throw;
            }
        }
    }

    private IAsyncEnumerable<TResult> Stream<TInput, TResult>(
        Delegate function,
        TaskFunction<TInput, TResult> taskFunction,
        JobInputs<TInput> inputs,
        JobOptions? options)
    {
        Check<TResult>(function);
        options?.Validate();
        return StreamAsync(function, taskFunction, inputs, options, depth: null, CancellationToken.None);
    }

    private async IAsyncEnumerable<TResult> StreamAsync<TInput, TResult>(
        Delegate function,
        TaskFunction<TInput, TResult> taskFunction,
        JobInputs<TInput> inputs,
        JobOptions? options,
        int? depth,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var buffer = options?.StreamBuffer ?? (int)Math.Min(2L * Math.Min(MaxParallelism, options?.MaxParallelism ?? int.MaxValue), int.MaxValue);
        var futures = Channel.CreateUnbounded<Future<TResult>>(new UnboundedChannelOptions { SingleReader = true });
        var window = new SemaphoreSlim(buffer);
        var job = Submit(function, taskFunction, inputs, options, futures.Writer, window, depth, cancellationToken: cancellationToken);
        try
        {
            while (true)
            {
                var more = futures.Reader.WaitToReadAsync(cancellationToken).AsTask();
                await TaskContext.WaitLendingSlotAsync(more, _backend).ConfigureAwait(false);
                if (!await more.ConfigureAwait(false))
                    break;
                while (futures.Reader.TryRead(out var future))
                {
                    yield return await future.GetResultAsync(cancellationToken).ConfigureAwait(false);
                    window.Release();
                }
            }

            if (job.Ledger.JobException is { } exception)
                throw FutureLedger.Rethrowable(exception);
            cancellationToken.ThrowIfCancellationRequested();
            if (job.IsCanceled)
                throw job.Ledger.CanceledException(null);
        }
        finally
        {
            // Who leaves the stream early has no use for the rest.
            job.Cancel();
            await TaskContext.WaitLendingSlotAsync(job.Completion, _backend).ConfigureAwait(false);
        }
    }

    private JobRun<TInput, TResult> Submit<TInput, TResult>(
        Delegate function,
        TaskFunction<TInput, TResult> taskFunction,
        JobInputs<TInput> inputs,
        JobOptions? options,
        ChannelWriter<Future<TResult>>? sink = null,
        SemaphoreSlim? window = null,
        int? depth = null,
        bool takesStored = false,
        bool keepsResults = false,
        CancellationToken cancellationToken = default)
    {
        var reference = Check<TResult>(function);
        options ??= new JobOptions();
        options.Validate();
        if (options.Durable && _backend is not IStorageBackend)
            throw new NotSupportedException($"The backend '{_backend.Name}' keeps no jobs in storage; a durable job needs one that does.");
        if (options.Durable && inputs.AreResults)
            throw new NotSupportedException("The inputs of a durable job are stored before it begins, and can't be the results of another one: let that one be durable, and go on with its results in the process that takes it over.");
        var parent = TaskContext.Current;
        depth ??= Depth;
        var recorder = _records is null || depth > 0 ? null : new JobRecorder(_records, options.Messages, _options.TimeProvider);
        var settings = new JobSettings(_options, options, recorder);
        var job = new JobRun<TInput, TResult>(
            new JobDefinition<TInput, TResult>
            {
                Id = string.Create(CultureInfo.InvariantCulture, $"{_id}-{Interlocked.Increment(ref _jobNumber):D3}"),
                Name = options.Name ?? FunctionReference.Describe(function),
                Depth = depth.Value,
                TaskFunction = taskFunction,
                Inputs = inputs,
                Settings = settings,
                Reference = reference,
                InputCodec = reference is null ? null : PayloadCodec.Create<TInput>(reference.DisplayName, "its input", settings.SerializerOptions),
                ResultCodec = reference is null ? null : PayloadCodec.Create<TResult>(reference.DisplayName, "its result", settings.SerializerOptions),
                TakesStored = takesStored,
                KeepsResults = keepsResults,
                Sink = sink,
                Window = window,
            },
            _backend,
            OnLeft);
        Start(job, parent, cancellationToken);
        return job;
    }

    private void Start<TInput, TResult>(JobRun<TInput, TResult> job, TaskContext? parent, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposal is not null, this);
            _jobs.Add(job);
        }

        job.Start(cancellationToken, parent?.CancellationToken ?? CancellationToken.None);
    }

    /// <summary>How many jobs one that is submitted here is nested in.</summary>
    private static int Depth => TaskContext.Current is { } parent ? parent.Depth + 1 : 0;

    /// <summary>Looks at a function and its input before anything runs.</summary>
    private void Check<TInput, TResult>(Delegate function)
    {
        if (Check<TResult>(function) is { } reference)
            _ = PayloadCodec.Create<TInput>(reference.DisplayName, "its input", _options.SerializerOptions ?? ShippedFunction.DefaultSerializerOptions);
    }

    /// <summary>Looks at a function before anything runs.</summary>
    /// <returns>Its name for other processes, when the backend needs one.</returns>
    private FunctionReference? Check<TResult>(Delegate function)
    {
        ArgumentNullException.ThrowIfNull(function);
        var result = typeof(TResult);
        if (result == typeof(Task) || result == typeof(ValueTask)
            || (result.IsGenericType && (result.GetGenericTypeDefinition() == typeof(Task<>) || result.GetGenericTypeDefinition() == typeof(ValueTask<>))))
            throw new ArgumentException($"The function '{FunctionReference.Describe(function)}' returns a {result}, which would be taken for its result. Use the overload for functions that take a CancellationToken and return a Task<TResult>.", nameof(function));
        return _backend.ShipsFunctions ? FunctionReference.From(function, _options.SerializerOptions) : null;
    }

    private static JobRecordFolder? RecordsOf(ExecutorOptions options) => string.IsNullOrEmpty(options.JobRecords) ? null : new JobRecordFolder(options.JobRecords);

    private void OnLeft(IJobRun job)
    {
        _history.Add(job.Record());
        lock (_gate)
            _jobs.Remove(job);
    }

    private static T NotNull<T>(T argument, [CallerArgumentExpression(nameof(argument))] string? name = null)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(argument, name);
        return argument;
    }
}
