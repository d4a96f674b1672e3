using System.Buffers;
using System.Diagnostics;
using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Functions;
using Dataplug.Lithops.Protocol;
using Dataplug.Storage;

namespace Dataplug.Lithops.Worker;

/// <summary>How an invocation ended.</summary>
/// <param name="Status">The signed status, of this run or of the one that was first.</param>
/// <param name="IsAbandoned">Whether the function was told to stop, did not, and still runs.</param>
internal readonly record struct InvocationOutcome(byte[] Status, bool IsAbandoned);

/// <summary>
/// Runs invocations, whichever way they come: checks the signature, gets code and input, calls the function, and writes the status,
/// once.
/// </summary>
/// <param name="key">The secret shared with the client.</param>
/// <param name="stores">The stores.</param>
/// <param name="codes">The code on this machine.</param>
/// <param name="worker">The worker's name.</param>
internal sealed class InvocationRunner(MessageKey key, ObjectStores stores, CodeCache codes, string worker)
{
    /// <param name="message">The signed invocation.</param>
    /// <param name="notices">Takes lines and progress as they come; null to drop progress, and leave lines to the status.</param>
    /// <param name="stop">Tells the function to stop.</param>
    /// <exception cref="PayloadRefusedException">The invocation isn't signed with the key. Nothing was done.</exception>
    public async Task<InvocationOutcome> RunAsync(ReadOnlyMemory<byte> message, Action<WorkerNotice>? notices, CancellationToken stop)
    {
        var invocation = Invocation.Open(message, key);
        var layout = new JobLayout(invocation.Storage);
        var store = stores.Get(invocation.Storage);

        // An invocation may be delivered more than once.
        if (await store.TryReadAsync(layout.Status(invocation.Call), CancellationToken.None).ConfigureAwait(false) is { } ended)
            return new InvocationOutcome(ended, false);

        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var log = new TaskLog(notices);
        var run = new Run(invocation, layout, store, codes, worker, log, notices, cancellation);
        var heart = new Heart(invocation, layout, store, cancellation);
        InvocationStatus status;
        await using (heart.ConfigureAwait(false))
            status = await run.ToEndAsync().ConfigureAwait(false);

        // The first to end has the word, be it a duplicate on another machine.
        var signed = status.Sign(key);
        if (await store.TryCreateAsync(layout.Status(invocation.Call), signed, CancellationToken.None).ConfigureAwait(false))
            return new InvocationOutcome(signed, run.IsAbandoned);
        if (status.ResultName is { } name)
            await store.DeleteAsync([layout.Result(invocation.Call, name)], CancellationToken.None).ConfigureAwait(false);
        var first = await store.TryReadAsync(layout.Status(invocation.Call), CancellationToken.None).ConfigureAwait(false);
        return new InvocationOutcome(first ?? throw new PayloadRefusedException(invocation.Call, "the status was deleted while the attempt ran"), run.IsAbandoned);
    }

    /// <summary>One run of one attempt.</summary>
    private sealed class Run(
        Invocation invocation,
        JobLayout layout,
        IObjectStore store,
        CodeCache codes,
        string worker,
        TaskLog log,
        Action<WorkerNotice>? notices,
        CancellationTokenSource cancellation)
    {
        private readonly List<AttemptPhase> _phases = [];
        private StoreStatistics? _traffic;

        public bool IsAbandoned { get; private set; }

        public async Task<InvocationStatus> ToEndAsync()
        {
            var cpu = Environment.CpuUsage.TotalTime;
            var allocated = GC.GetTotalAllocatedBytes();
            var status = new InvocationStatus { Call = invocation.Call, Worker = worker };
            try
            {
                var function = await PhaseAsync("code", LoadAsync).ConfigureAwait(false);
                var input = await PhaseAsync("input", ReadInputAsync).ConfigureAwait(false);
                var result = await PhaseAsync("run", () => CallAsync(function, input)).ConfigureAwait(false);
                if (result.Length <= Invocation.InlineLimit)
                    status = status with { Result = result.ToArray() };
                else
                    status = await PhaseAsync("output", () => StoreAsync(status, result)).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                // Whatever is thrown here is the outcome of the attempt.
                status = status with { Failure = RemoteFailure.From(exception) };
            }

            var (first, lines) = log.End();
            return status with
            {
                FirstLine = first,
                Log = lines,
                Report = new AttemptReport
                {
                    AllocatedBytes = GC.GetTotalAllocatedBytes() - allocated,
                    CpuTime = Environment.CpuUsage.TotalTime - cpu,
                    PeakMemory = PeakMemory(),
                    BytesRead = _traffic?.BytesRead,
                    BytesWritten = _traffic?.BytesWritten,
                    Requests = _traffic?.Requests,
                    Phases = _phases,
                },
            };
        }

        private async Task<ShippedFunction> LoadAsync()
        {
            var application = await codes.LoadAsync(layout, store, invocation.Bundle, cancellation.Token).ConfigureAwait(false);
            return await application.BindAsync(invocation.Function, () => store.ReadVerifiedAsync(layout.Function(invocation.Function), invocation.Function, cancellation.Token)).ConfigureAwait(false);
        }

        private async Task<byte[]> ReadInputAsync() => invocation.InputDigest is { } digest
            ? await store.ReadVerifiedAsync(layout.Input(invocation.Call), digest, cancellation.Token).ConfigureAwait(false)
            : invocation.Input ?? [];

        private async Task<ReadOnlyMemory<byte>> CallAsync(ShippedFunction function, byte[] input)
        {
            var call = Task.Run(() => CallInTaskAsync(function, input));
            var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var registration = cancellation.Token.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), stopping);
            using var timeout = new CancellationTokenSource();
            var timedOut = false;

            // Gone before the source that it cancels is.
            using var onTimeout = timeout.Token.UnsafeRegister(
                _ =>
                {
                    timedOut = true;
                    cancellation.CancelAsync();
                },
                null);
            if (invocation.Timeout is { } limit)
                timeout.CancelAfter(limit);

            if (await Task.WhenAny(call, stopping.Task).ConfigureAwait(false) != call)
            {
                using var patience = new CancellationTokenSource();
                if (await Task.WhenAny(call, Task.Delay(invocation.Grace, patience.Token)).ConfigureAwait(false) != call)
                {
                    IsAbandoned = true;
                    throw new TimeoutException("The task did not stop when it was told to.");
                }

                await patience.CancelAsync().ConfigureAwait(false);
            }

            // What it returns after its time is over does not count; nor does how it ended.
            if (timedOut)
                throw new TimeoutException($"The task took longer than {invocation.Timeout}.", call.Exception?.InnerException);
            return await call.ConfigureAwait(false);
        }

        private async Task<ReadOnlyMemory<byte>> CallInTaskAsync(ShippedFunction function, byte[] input)
        {
            TaskConsole.Enter(log);
            using var traffic = StoreMetrics.Measure();
            var context = new TaskContext(
                invocation.Job, invocation.Index, invocation.Count, invocation.Attempt, worker, log.WriteLine, fraction => notices?.Invoke(new WorkerNotice(null, 0, fraction)), cancellation.Token);
            TaskContext.Current = context;
            var result = new ArrayBufferWriter<byte>();
            try
            {
                await function.InvokeAsync(input, context, result).ConfigureAwait(false);
            }
            finally
            {
                _traffic = traffic.Statistics;
            }

            return result.WrittenMemory;
        }

        private async Task<InvocationStatus> StoreAsync(InvocationStatus status, ReadOnlyMemory<byte> result)
        {
            // Of its own name: another run of the same attempt may write its result at the same time.
            var name = "result-" + Guid.NewGuid().ToString("N");
            await store.PutAsync(layout.Result(invocation.Call, name), result, PutOptions.CreateOnly, CancellationToken.None).ConfigureAwait(false);
            return status with { ResultName = name, ResultDigest = JobLayout.Digest(result.Span) };
        }

        private async Task<T> PhaseAsync<T>(string name, Func<Task<T>> work)
        {
            var started = DateTimeOffset.UtcNow;
            var watch = Stopwatch.StartNew();
            try
            {
                return await work().ConfigureAwait(false);
            }
            finally
            {
                _phases.Add(new AttemptPhase(name, started, watch.Elapsed));
            }
        }

        private static long PeakMemory()
        {
            using var process = Process.GetCurrentProcess();
            return process.PeakWorkingSet64;
        }
    }

    /// <summary>Gives signs of life while an attempt runs, and looks whether it was cancelled.</summary>
    private sealed class Heart : IAsyncDisposable
    {
        private readonly CancellationTokenSource _end = new();
        private readonly Task _beating;

        public Heart(Invocation invocation, JobLayout layout, IObjectStore store, CancellationTokenSource cancellation) =>
            _beating = BeatAsync(invocation, layout, store, cancellation);

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync().ConfigureAwait(false);
            await _beating.ConfigureAwait(false);
            _end.Dispose();
        }

        private async Task BeatAsync(Invocation invocation, JobLayout layout, IObjectStore store, CancellationTokenSource cancellation)
        {
            for (var beat = 1L; ; beat++)
            {
                try
                {
                    await Task.Delay(invocation.Heartbeat, _end.Token).ConfigureAwait(false);
                    await store.PutAsync(layout.Alive(invocation.Call), BitConverter.GetBytes(beat), PutOptions.Overwrite, _end.Token).ConfigureAwait(false);
                    if (!cancellation.IsCancellationRequested && await store.TryReadAsync(layout.Cancel(invocation.Call), _end.Token).ConfigureAwait(false) is not null)
                        await cancellation.CancelAsync().ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (_end.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception exception) when (exception is DataplugException or AggregateException)
                {
                    // A beat that is missed, or what the callbacks of the function's token throw. The next may come through.
                }
            }
        }
    }
}
