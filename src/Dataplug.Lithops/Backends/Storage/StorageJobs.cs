using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using Dataplug.Lithops.Code;
using Dataplug.Lithops.Functions;
using Dataplug.Lithops.Protocol;
using Dataplug.Storage;

namespace Dataplug.Lithops.Backends.Storage;

/// <summary>
/// Runs jobs on workers elsewhere: code, inputs and results go through object storage, and what a backend adds is how a worker gets
/// to know that there is something to do (<see cref="IWorkerSource"/>).
/// </summary>
#pragma warning disable CA1001 // A semaphore without a wait handle holds nothing.
internal sealed class StorageJobs(StorageJobOptions options, IWorkerSource workers)
#pragma warning restore CA1001
{
    /// <summary>How long tasks that are ready wait for more of their group.</summary>
    private static readonly TimeSpan GroupDelay = TimeSpan.FromMilliseconds(20);

    /// <summary>About how many bytes of inputs of a durable job lie in one object, and at most how many inputs.</summary>
    private const int InputsSize = 4 << 20;
    private const int MostInputs = 10_000;

    private readonly HashSet<string> _kept = [];
    private readonly JobLayout _layout = new(options.Root);
    private readonly CodeBundler _bundler = new(options.Stores, new JobLayout(options.Root));
    private readonly SemaphoreSlim _places = new(options.MaxParallelism);

    public async Task RunAsync(IBackendJob job, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        if (job.SerializerOptions != ShippedFunction.DefaultSerializerOptions)
            throw new NotSupportedException("SerializerOptions of the executor don't reach the workers of this backend; put [JsonConverter] on the types instead.");

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var limit = new SemaphoreSlim(Math.Min(job.MaxParallelism ?? options.MaxParallelism, options.MaxParallelism));
        var running = new RunningTasks();
        JobNotices? notices = null;
        if (job is IStorageBackendJob { IsDurable: true, Resumed: null } && !options.IsKeyShared)
            throw new BackendFailedException(null, "a durable job has to be signed with a key that another process can have as well", $"Set Key in the backend's options, or {RemoteBackendOptions.KeyVariable}; 'dataplug runtime key' makes one.");
        if (job is IStorageBackendJob { KeepsResults: true })
        {
            lock (_kept)
                _kept.Add(job.Id);
        }

        try
        {
            if (options.Channel is { } channel)
                notices = await JobNotices.OpenAsync(channel, options.Key, job.Id).ConfigureAwait(false);
            var store = options.Stores.Get(options.Root);
            var resumed = (job as IStorageBackendJob)?.Resumed;
            var (bundle, function) = resumed is null ? await _bundler.UploadAsync(job.Reference!, stop.Token).ConfigureAwait(false) : (resumed.Stored.Bundle, resumed.Stored.Function);
            var context = new StorageJob
            {
                Options = options,
                Layout = _layout,
                Store = store,
                Job = job,
                Bundle = bundle,
                Function = function,
                Files = resumed?.Stored.Files ?? await _bundler.UploadFilesAsync(job.Files, stop.Token).ConfigureAwait(false),
                Board = new StatusBoard(store, _layout, job.Id),
                Notices = notices,
            };
            await foreach (var tasks in GroupsOfAsync(job, TasksOfAsync(context, stop.Token), stop.Token).ConfigureAwait(false))
            {
                await limit.WaitAsync(stop.Token).ConfigureAwait(false);
                try
                {
                    await _places.WaitAsync(stop.Token).ConfigureAwait(false);
                }
                catch
                {
                    limit.Release();
                    throw;
                }

                running.Begin();
                _ = RunTasksAsync(context, tasks);
            }

            async Task RunTasksAsync(StorageJob context, IReadOnlyList<IBackendTask> tasks)
            {
                Exception? fault = null;
                try
                {
                    await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                    await RunGroupAsync(context, tasks, stop.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (stop.IsCancellationRequested)
                {
                    // The job has been cancelled, and its tasks with it.
                }
                catch (Exception exception)
                {
                    // There are no workers: nothing of the job can run.
                    fault = exception;
                }
                finally
                {
                    _places.Release();
                    limit.Release();
                    running.End(fault);
                    if (fault is not null)
                        await stop.CancelAsync().ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (running.Fault is not null)
        {
            // It was the fault that ended the enumeration, and it is thrown below.
        }
        finally
        {
            // Bounded: attempts that are told to stop and don't are killed after the job's grace.
            await running.WhenAllEnded().ConfigureAwait(false);
            if (notices is not null)
                await notices.DisposeAsync().ConfigureAwait(false);
            if ((job as IStorageBackendJob)?.IsDetached != true)
                await CleanAsync(_layout.Job(job.Id)).ConfigureAwait(false);
        }

        if (running.Fault is { } exception)
            throw exception;
    }

    /// <summary>Puts tasks together for one invocation, as many as the job says; fewer when no more are ready, or when they ask for
    /// different amounts of memory.</summary>
    private static async IAsyncEnumerable<IReadOnlyList<IBackendTask>> GroupsOfAsync(IBackendJob job, IAsyncEnumerable<IBackendTask> source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (job.TasksPerInvocation == 1)
        {
            await foreach (var task in source.ConfigureAwait(false))
                yield return [task];
            yield break;
        }

        var group = new List<IBackendTask>();
        var tasks = source.GetAsyncEnumerator(cancellationToken);
        await using var closing = tasks.ConfigureAwait(false);
        while (true)
        {
            var next = tasks.MoveNextAsync().AsTask();
            if (group.Count > 0 && !next.IsCompleted)
                await Task.WhenAny(next, Task.Delay(GroupDelay, cancellationToken)).ConfigureAwait(false);
            if (group.Count > 0 && !next.IsCompleted)
            {
                yield return group;
                group = [];
            }

            var isThere = await next.ConfigureAwait(false);
            if (group.Count > 0 && (!isThere || tasks.Current.Memory != group[0].Memory))
            {
                yield return group;
                group = [];
            }

            if (!isThere)
                break;
            group.Add(tasks.Current);
            if (group.Count < job.TasksPerInvocation)
                continue;
            yield return group;
            group = [];
        }
    }

    private async Task RunGroupAsync(StorageJob context, IReadOnlyList<IBackendTask> tasks, CancellationToken cancellationToken)
    {
        var limit = Math.Min(Invocation.InlineLimit, Invocation.GroupInlineLimit / tasks.Count);
        var resumed = context.Extended?.Resumed;
        var others = new List<Task>();
        var prepared = new List<(StorageAttempt Attempt, InvocationTask Task)>();
        foreach (var task in tasks)
        {
            var attempt = new StorageAttempt(context, task);
            if (resumed is not null && resumed.Attempts.TryGetValue(task.Index, out var sent) && sent == task.Attempt)
            {
                var (isOver, isAlive) = await attempt.FindAsync().ConfigureAwait(false);
                if (isAlive)
                    others.Add(AttemptGroup.RunAsync(context, new ResumedLease(), [attempt], [new InvocationTask { Index = task.Index, Attempt = task.Attempt }]));

                // What was sent, and has not begun, is sent again: the first to end has the word.
                if (isOver || isAlive)
                    continue;
            }

            if (await attempt.PrepareAsync(limit).ConfigureAwait(false) is { } ready)
                prepared.Add((attempt, ready));
        }

        while (prepared.Count > 0)
        {
            var lease = await workers.AcquireAsync(new WorkerRequest(tasks[0].Memory), cancellationToken).ConfigureAwait(false);
            await using (lease.ConfigureAwait(false))
            {
                var left = await AttemptGroup.RunAsync(context, lease, [.. prepared.Select(one => one.Attempt)], [.. prepared.Select(one => one.Task)]).ConfigureAwait(false);
                prepared.RemoveAll(one => !left.Contains(one.Attempt));
            }
        }

        await Task.WhenAll(others).ConfigureAwait(false);
    }

    /// <summary>Deletes the results of a job that have outlived it.</summary>
    public Task CleanKeptAsync(string job)
    {
        lock (_kept)
            _kept.Remove(job);
        return CleanAsync(_layout.Kept(job));
    }

    /// <summary>Deletes all results that have outlived their jobs, when the backend is disposed.</summary>
    public async Task CleanKeptAsync()
    {
        string[] kept;
        lock (_kept)
            kept = [.. _kept];
        foreach (var job in kept)
            await CleanKeptAsync(job).ConfigureAwait(false);
    }

    /// <summary>Finds a durable job of another process.</summary>
    /// <exception cref="JobNotFoundException">There is none.</exception>
    /// <exception cref="PayloadRefusedException">It was not stored with this key.</exception>
    public async Task<ResumedJob> FindAsync(string job, CancellationToken cancellationToken)
    {
        var store = options.Stores.Get(options.Root);
        var message = await store.TryReadAsync(_layout.Stored(job), cancellationToken).ConfigureAwait(false)
            ?? throw new JobNotFoundException(job, $"there is no such job below {options.Root}", "Only durable jobs that have not ended can be taken over.");
        var stored = StoredJob.Open(message, options.Key, job);

        // JOB/INDEX/ATTEMPT/sent: what was given to a worker.
        var attempts = new Dictionary<int, int>();
        var prefix = _layout.Job(job).Key.Length;
        await foreach (var item in store.ListAsync(_layout.Job(job), cancellationToken).ConfigureAwait(false))
        {
            if (item.Uri.Key[prefix..].Split('/') is [var index, var attempt, "sent"] && int.TryParse(index, CultureInfo.InvariantCulture, out var i) && int.TryParse(attempt, CultureInfo.InvariantCulture, out var a))
                attempts[i] = Math.Max(a, attempts.GetValueOrDefault(i));
        }

        return new ResumedJob(stored, attempts, store, _layout);
    }

    /// <summary>The tasks of a job; of a durable one not before all of its inputs are stored.</summary>
    private async IAsyncEnumerable<IBackendTask> TasksOfAsync(StorageJob context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var tasks = context.Job.ReadTasksAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var closing = tasks.ConfigureAwait(false);
        Task<bool>? next = null;
        if (context.Extended is { IsDurable: true, Resumed: null } job)
        {
            var first = new List<IBackendTask>();
            while (true)
            {
                next = tasks.MoveNextAsync().AsTask();
                await Task.WhenAny(next, job.InputsEnded).ConfigureAwait(false);
                if (!next.IsCompleted || !await next.ConfigureAwait(false))
                    break;
                first.Add(tasks.Current);
            }

            await StoreAsync(context, job, first, cancellationToken).ConfigureAwait(false);
            foreach (var task in first)
                yield return task;
        }

        while (await (next ?? tasks.MoveNextAsync().AsTask()).ConfigureAwait(false))
        {
            next = null;
            yield return tasks.Current;
        }
    }

    private async Task StoreAsync(StorageJob context, IStorageBackendJob job, List<IBackendTask> tasks, CancellationToken cancellationToken)
    {
        var inputs = new List<StoredInputs>();
        var content = new ArrayBufferWriter<byte>();
        var lengths = new List<int>();
        var byIndex = tasks.ToDictionary(task => task.Index);
        for (var index = 0; index < job.TaskCount; index++)
        {
            var before = content.WrittenCount;
            if (byIndex.TryGetValue(index, out var task))
                task.WriteInput(content);
            lengths.Add(task is null ? -1 : content.WrittenCount - before);
            if (content.WrittenCount >= InputsSize || lengths.Count == MostInputs)
                await FlushAsync().ConfigureAwait(false);
        }

        await FlushAsync().ConfigureAwait(false);
        var stored = new StoredJob
        {
            Job = job.Id,
            Name = job.Name,
            Bundle = context.Bundle,
            Function = context.Function,
            ResultType = job.ResultType,
            Files = context.Files,
            TakesStored = job.TakesStored,
            KeepsResults = job.KeepsResults,
            Inputs = inputs,
        };
        await context.Store.PutAsync(_layout.Stored(job.Id), stored.Sign(options.Key), PutOptions.Overwrite, cancellationToken).ConfigureAwait(false);
        job.OnStored(options.Root);

        async Task FlushAsync()
        {
            if (lengths.Count == 0)
                return;
            await context.Store.PutAsync(_layout.Inputs(job.Id, inputs.Count), content.WrittenMemory, PutOptions.Overwrite, cancellationToken).ConfigureAwait(false);
            inputs.Add(new StoredInputs(JobLayout.Digest(content.WrittenSpan), [.. lengths]));
            lengths.Clear();
            content.ResetWrittenCount();
        }
    }

    /// <summary>Deletes what is left of a job. What can't be deleted stays, and harms nobody.</summary>
    private async Task CleanAsync(ObjectUri prefix)
    {
        var store = options.Stores.Get(options.Root);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await store.DeleteAllAsync(prefix, patience.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is DataplugException or OperationCanceledException)
        {
        }
    }

    /// <summary>Counts what runs, and keeps the first fault.</summary>
    private sealed class RunningTasks
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _count = 1;
        private Exception? _fault;

        public Exception? Fault => Volatile.Read(ref _fault);

        public void Begin() => Interlocked.Increment(ref _count);

        public void End(Exception? fault)
        {
            if (fault is not null)
                Interlocked.CompareExchange(ref _fault, fault, null);
            if (Interlocked.Decrement(ref _count) == 0)
                _ended.TrySetResult();
        }

        /// <summary>Called once, when no more begin.</summary>
        public Task WhenAllEnded()
        {
            End(null);
            return _ended.Task;
        }
    }
}
