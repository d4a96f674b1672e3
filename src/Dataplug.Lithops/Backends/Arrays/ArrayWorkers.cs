using System.Globalization;
using System.Threading.Channels;
using Dataplug.Lithops.Backends.Storage;
using Dataplug.Lithops.Protocol;
using Dataplug.Storage;

namespace Dataplug.Lithops.Backends.Arrays;

/// <summary>
/// Elements of arrays as workers, each for one attempt. One loop gathers and submits; another asks the scheduler for all elements at once,
/// tells each of its beginning and its end, and cancels those that are not wanted any more.
/// </summary>
internal sealed class ArrayWorkers(IArrayScheduler scheduler, StorageJobOptions options) : IWorkerSource, IAsyncDisposable
{
    /// <summary>How long the scheduler may be away before the backend is given up.</summary>
    private static readonly TimeSpan SchedulerPatience = TimeSpan.FromMinutes(3);

    private readonly IObjectStore _store = options.Stores.Get(options.Root);
    private readonly JobLayout _layout = new(options.Root);
    private readonly Channel<Lease> _ready = Channel.CreateUnbounded<Lease>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Lease> _submitted = [];
    private readonly HashSet<string> _unwanted = [];
    private Task? _loops;
    private int _number;

    public ValueTask<IWorkerLease> AcquireAsync(WorkerRequest request, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_end.IsCancellationRequested, this);
            _loops ??= Task.WhenAll(Task.Run(SubmitAllAsync, CancellationToken.None), Task.Run(WatchAllAsync, CancellationToken.None));
            return ValueTask.FromResult<IWorkerLease>(new Lease(this, string.Create(CultureInfo.InvariantCulture, $"{scheduler.Name}/{++_number}")) { Memory = request.Memory });
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_end.IsCancellationRequested)
                return;
            _end.Cancel();
        }

        await (_loops ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        string[] left;
        lock (_gate)
            left = [.. _submitted.Keys.Union(_unwanted)];
        try
        {
            if (left.Length > 0)
                await scheduler.CancelAsync(left, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is BackendFailedException or SchedulerUnavailableException)
        {
            // What still runs ends by itself, and its status is of use to nobody.
        }

        await scheduler.DisposeAsync().ConfigureAwait(false);
        _end.Dispose();
    }

    private async Task SubmitAllAsync()
    {
        var batch = new List<Lease>();
        try
        {
            while (await _ready.Reader.WaitToReadAsync(_end.Token).ConfigureAwait(false))
            {
                // What is ready a moment later comes along.
                await Task.Delay(scheduler.SubmitDelay, _end.Token).ConfigureAwait(false);
                batch.Clear();
                while (batch.Count < scheduler.MaxArraySize && _ready.Reader.TryRead(out var lease))
                {
                    if (!lease.IsUnwanted)
                        batch.Add(lease);
                }

                // All elements of an array have the same memory.
                foreach (var alike in batch.GroupBy(lease => lease.Memory))
                    await SubmitAsync([.. alike]).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            _ready.Writer.TryComplete();
            while (_ready.Reader.TryRead(out var lease))
                batch.Add(lease);
            EndAll(batch, new WorkerLostException(scheduler.Name, "the backend was disposed"));
        }
    }

    private async Task SubmitAsync(List<Lease> batch)
    {
        try
        {
            var array = Guid.NewGuid().ToString("N");
            await Parallel.ForEachAsync(
                batch.Index(),
                _end.Token,
                async (element, token) =>
                {
                    element.Item.InvocationAt = _layout.ArrayElement(array, element.Index);
                    await _store.PutAsync(element.Item.InvocationAt, element.Item.Invocation, PutOptions.Overwrite, token).ConfigureAwait(false);
                }).ConfigureAwait(false);
            var backoff = new Backoff(SchedulerPatience, TimeSpan.FromSeconds(1));
            var ids = await SubmitPatientlyAsync(array, batch.Count, batch[0].Memory, backoff).ConfigureAwait(false);
            lock (_gate)
            {
                foreach (var (lease, id) in batch.Zip(ids))
                {
                    lease.Id = id;
                    _submitted.Add(id, lease);
                    if (lease.IsUnwanted)
                        _unwanted.Add(id);
                }
            }
        }
        catch (Exception exception) when (!_end.IsCancellationRequested)
        {
            EndAll(batch, exception as DataplugException ?? new BackendFailedException(scheduler.Name, "the array can't be submitted: " + exception.Message, innerException: exception));
        }
    }

    private async Task<IReadOnlyList<string>> SubmitPatientlyAsync(string array, int count, long? memory, Backoff backoff)
    {
        while (true)
        {
            try
            {
                return await scheduler.SubmitAsync(array, _layout.ArrayElement(array, 0).Value[..^1], count, memory, _end.Token).ConfigureAwait(false);
            }
            catch (SchedulerUnavailableException exception)
            {
                if (!await backoff.WaitAsync(null, _end.Token).ConfigureAwait(false))
                    throw new BackendFailedException(scheduler.Name, string.Create(CultureInfo.InvariantCulture, $"{exception.Message}, for {SchedulerPatience}"), "Is the cluster up?");
            }
        }
    }

    private async Task WatchAllAsync()
    {
        long? unavailableSince = null;
        try
        {
            while (true)
            {
                await Task.Delay(scheduler.PollInterval, _end.Token).ConfigureAwait(false);
                Lease[] watched;
                string[] unwanted;
                lock (_gate)
                {
                    watched = [.. _submitted.Values];
                    unwanted = [.. _unwanted];
                }

                try
                {
                    if (watched.Length > 0)
                        await WatchOnceAsync(watched).ConfigureAwait(false);
                    if (unwanted.Length > 0)
                        await scheduler.CancelAsync(unwanted, _end.Token).ConfigureAwait(false);
                    lock (_gate)
                        _unwanted.ExceptWith(unwanted);
                    unavailableSince = null;
                }
                catch (SchedulerUnavailableException exception)
                {
                    // Those that run go on meanwhile, and tell storage of their ends.
                    unavailableSince ??= TimeProvider.System.GetTimestamp();
                    if (TimeProvider.System.GetElapsedTime(unavailableSince.Value) > SchedulerPatience)
                        EndAll(watched, new BackendFailedException(scheduler.Name, string.Create(CultureInfo.InvariantCulture, $"{exception.Message}, for {SchedulerPatience}"), "Is the cluster up?"));
                }
                catch (Exception exception) when (!_end.IsCancellationRequested)
                {
                    // Without this loop nothing would ever end.
                    EndAll(watched, exception as BackendFailedException ?? new BackendFailedException(scheduler.Name, "the tasks can't be watched: " + exception.Message, innerException: exception));
                }
            }
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // The backend is disposed.
        }
    }

    private static void EndAll(IEnumerable<Lease> leases, Exception why)
    {
        foreach (var lease in leases)
            lease.End(why);
    }

    private async Task WatchOnceAsync(Lease[] watched)
    {
        var elements = await scheduler.WatchAsync([.. watched.Select(lease => lease.Id!)], _end.Token).ConfigureAwait(false);
        foreach (var lease in watched)
        {
            var element = elements.TryGetValue(lease.Id!, out var known) ? known : new ArrayElement(ArrayElementState.Lost, $"{scheduler.Name} does not know it any more");
            switch (element.State)
            {
                case ArrayElementState.Running:
                    lease.Begin();
                    break;
                case ArrayElementState.Completed:
                    lease.End(why: null);
                    break;
                case ArrayElementState.Lost:
                    lease.End(new WorkerLostException(lease.Worker, $"{element.Why} ({lease.Id})") { IsOutOfMemory = element.IsOutOfMemory });
                    break;
            }
        }
    }

    private async ValueTask ForgetAsync(Lease lease)
    {
        string? id;
        lock (_gate)
        {
            id = lease.Id;

            // It goes on, and so does what it needs.
            if (lease.IsDetached && id is not null)
            {
                _submitted.Remove(id);
                return;
            }

            lease.IsUnwanted = true;
            if (id is not null)
                _submitted.Remove(id);
        }

        // If it is just being submitted, it is cancelled as soon as it has an id.
        if (id is null)
            return;
        scheduler.Forget(id);
        try
        {
            if (lease.InvocationAt is { } at)
                await _store.DeleteAsync([at], CancellationToken.None).ConfigureAwait(false);
        }
        catch (DataplugException)
        {
            // It stays, and harms nobody.
        }
    }

    private sealed class Lease(ArrayWorkers workers, string name) : IWorkerLease
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<byte[]?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Worker => name;

        public bool Tells => false;

        public Task Begun => _begun.Task;

        /// <summary>How much it asks for, in bytes; null for as much as the options say.</summary>
        public long? Memory { get; init; }

        public ReadOnlyMemory<byte> Invocation { get; private set; }

        public ObjectUri? InvocationAt { get; set; }

        /// <summary>The scheduler's; null before it is submitted. Under the gate.</summary>
        public string? Id { get; set; }

        /// <summary>Cancelled, maybe before it was submitted. Under the gate.</summary>
        public bool IsUnwanted { get; set; }

        public Task<byte[]?> InvokeAsync(ReadOnlyMemory<byte> invocation, Action<WorkerNotice> notices)
        {
            Invocation = invocation;
            if (!workers._ready.Writer.TryWrite(this))
                End(new WorkerLostException(name, "the backend was disposed"));
            return _ended.Task;
        }

        public ValueTask<bool> CancelAsync(string call)
        {
            // One that runs finds it in storage, and may end in order.
            if (_begun.Task.IsCompleted)
                return ValueTask.FromResult(false);
            Kill();
            return ValueTask.FromResult(true);
        }

        public void Kill()
        {
            lock (workers._gate)
            {
                IsUnwanted = true;
                if (Id is { } id)
                    workers._unwanted.Add(id);
            }
        }

        public bool IsDetached { get; private set; }

        public void Detach()
        {
            lock (workers._gate)
                IsDetached = true;
        }

        public void Begin() => _begun.TrySetResult();

        /// <summary>If there is a status, that counts, whatever the cause. Without one, there will be: on a shared file system it may be
        /// seen later than the scheduler's answer.</summary>
        public void End(Exception? why)
        {
            if (why is null)
                _ended.TrySetResult(null);
            else
                _ended.TrySetException(why);
            _begun.TrySetResult();
        }

        public ValueTask DisposeAsync() => workers.ForgetAsync(this);
    }
}
