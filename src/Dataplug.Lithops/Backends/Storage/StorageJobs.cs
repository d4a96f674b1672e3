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
        try
        {
            var (bundle, function) = await _bundler.UploadAsync(job.Reference!, stop.Token).ConfigureAwait(false);
            await foreach (var task in job.ReadTasksAsync(stop.Token).ConfigureAwait(false))
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
                _ = RunTaskAsync(task);
            }

            async Task RunTaskAsync(IBackendTask task)
            {
                Exception? fault = null;
                try
                {
                    await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                    var lease = await workers.AcquireAsync(stop.Token).ConfigureAwait(false);
                    await using (lease.ConfigureAwait(false))
                        await new StorageAttempt(options, _layout, job, task, lease, bundle, function).RunAsync().ConfigureAwait(false);
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
            await CleanAsync(job.Id).ConfigureAwait(false);
        }

        if (running.Fault is { } exception)
            throw exception;
    }

    /// <summary>Deletes what is left of a job. What can't be deleted stays, and harms nobody.</summary>
    private async Task CleanAsync(string job)
    {
        var store = options.Stores.Get(options.Root);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await store.DeleteAllAsync(_layout.Job(job), patience.Token).ConfigureAwait(false);
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
