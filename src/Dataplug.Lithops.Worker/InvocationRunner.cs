using System.Buffers;
using System.Collections.ObjectModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Dataplug.Lithops.Backends;
using Dataplug.Lithops.Functions;
using Dataplug.Lithops.Protocol;
using Dataplug.Storage;

namespace Dataplug.Lithops.Worker;

/// <summary>How an invocation ended.</summary>
/// <param name="Status">The signed status of its last attempt, of this run or of the one that was first.</param>
/// <param name="IsAbandoned">Whether the function was told to stop, did not, and still runs.</param>
internal readonly record struct InvocationOutcome(byte[] Status, bool IsAbandoned);

/// <summary>
/// Runs invocations, whichever way they come: checks the signature, gets code and input, calls the function, and writes the status of each
/// attempt, once.
/// </summary>
/// <param name="key">The secret shared with the client.</param>
/// <param name="stores">The stores.</param>
/// <param name="codes">The code on this machine.</param>
/// <param name="worker">The worker's name.</param>
internal sealed class InvocationRunner(MessageKey key, ObjectStores stores, CodeCache codes, string worker)
{
    /// <param name="message">The signed invocation.</param>
    /// <param name="notices">Takes lines, progress and, of several attempts, the end of each, as they come; null to drop progress, and leave
    /// the rest to the statuses.</param>
    /// <param name="stop">Tells the function to stop.</param>
    /// <param name="stops">Tells single attempts to stop; null where nobody does.</param>
    /// <exception cref="PayloadRefusedException">The invocation isn't signed with the key. Nothing was done.</exception>
    public async Task<InvocationOutcome> RunAsync(ReadOnlyMemory<byte> message, Action<WorkerNotice>? notices, CancellationToken stop, CallStops? stops = null)
    {
        var invocation = Invocation.Open(message, key);
        if (invocation.Tasks.Count == 0)
            throw new PayloadRefusedException(invocation.Job, "an invocation without a task");
        stops ??= new CallStops();
        var channel = await WorkerChannel.TryOpenAsync(invocation, key, stops).ConfigureAwait(false);
        try
        {
            var tell = channel is null ? notices : notices + channel.Tell;
            var outcome = default(InvocationOutcome);
            for (var i = 0; i < invocation.Tasks.Count; i++)
            {
                // What is left when the worker has to stop is for another one.
                if (i > 0 && (stop.IsCancellationRequested || outcome.IsAbandoned))
                    break;
                if (await RunAsync(invocation, invocation.Tasks[i], tell, stops, stop).ConfigureAwait(false) is not { } one)
                    continue;
                outcome = one;
                var ended = new WorkerNotice { Call = invocation.CallOf(invocation.Tasks[i]), Status = one.Status };
                if (invocation.Tasks.Count > 1)
                    tell?.Invoke(ended);
                else
                    channel?.Tell(ended);
            }

            return outcome with { Status = outcome.Status ?? [] };
        }
        finally
        {
            if (channel is not null)
                await channel.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <returns>Null when nobody wants the attempt any more, so that it was passed over.</returns>
    private async Task<InvocationOutcome?> RunAsync(Invocation invocation, InvocationTask task, Action<WorkerNotice>? notices, CallStops stops, CancellationToken stop)
    {
        var layout = new JobLayout(invocation.Storage);
        var store = stores.Get(invocation.Storage);
        var call = invocation.CallOf(task);

        // An invocation may be delivered more than once.
        if (await store.TryReadAsync(layout.Status(call), CancellationToken.None).ConfigureAwait(false) is { } ended)
            return new InvocationOutcome(ended, false);

        // Of several, one may have been cancelled while it waited for its turn.
        if (invocation.Tasks.Count > 1 && (stops.IsStopped(call) || await store.TryReadAsync(layout.Cancel(call), CancellationToken.None).ConfigureAwait(false) is not null))
            return null;

        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(stop);
        stops.Enter(call, cancellation);
        try
        {
            var log = new TaskLog(notices is null ? null : (line, number) => notices(new WorkerNotice { Call = call, Line = line, Number = number }));
            var run = new Run(invocation, task, layout, store, codes, worker, log, notices, cancellation);
            var heart = new Heart(invocation, call, layout, store, cancellation);
            InvocationStatus status;
            await using (heart.ConfigureAwait(false))
                status = await run.ToEndAsync().ConfigureAwait(false);

            // The first to end has the word, be it a duplicate on another machine.
            var signed = status.Sign(key);
            if (await store.TryCreateAsync(layout.Status(call), signed, CancellationToken.None).ConfigureAwait(false))
                return new InvocationOutcome(signed, run.IsAbandoned);
            var first = await store.TryReadAsync(layout.Status(call), CancellationToken.None).ConfigureAwait(false)
                ?? throw new PayloadRefusedException(call, "the status was deleted while the attempt ran");

            // It may be this run's own, written by a request whose answer was lost; its result is needed then.
            if ((status.ResultName is { } name ? layout.Result(call, name) : run.Kept) is { } own && !first.AsSpan().SequenceEqual(signed))
                await store.DeleteAsync([own], CancellationToken.None).ConfigureAwait(false);
            return new InvocationOutcome(first, run.IsAbandoned);
        }
        finally
        {
            stops.Leave();
        }
    }

    /// <summary>One run of one attempt.</summary>
    private sealed class Run(
        Invocation invocation,
        InvocationTask task,
        JobLayout layout,
        IObjectStore store,
        CodeCache codes,
        string worker,
        TaskLog log,
        Action<WorkerNotice>? notices,
        CancellationTokenSource cancellation)
    {
        private readonly string _call = invocation.CallOf(task);
        private readonly List<AttemptPhase> _phases = [];
        private IReadOnlyDictionary<string, string> _files = ReadOnlyDictionary<string, string>.Empty;
        private StoreStatistics? _traffic;

        public bool IsAbandoned { get; private set; }

        /// <summary>Where the result was left, when it outlives the job.</summary>
        public ObjectUri? Kept { get; private set; }

        private IReadOnlyDictionary<string, string> Variables => invocation.Environment ?? ReadOnlyDictionary<string, string>.Empty;

        public async Task<InvocationStatus> ToEndAsync()
        {
            var cpu = Environment.CpuUsage.TotalTime;
            var allocated = GC.GetTotalAllocatedBytes();
            var status = new InvocationStatus { Call = _call, Worker = worker };
            try
            {
                var function = await PhaseAsync("code", LoadAsync).ConfigureAwait(false);
                var input = await PhaseAsync("input", ReadInputAsync).ConfigureAwait(false);
                var result = await PhaseAsync("run", () => CallAsync(function, input)).ConfigureAwait(false);
                if (invocation.KeepsResults)
                    status = status with { Result = await PhaseAsync("output", () => KeepAsync(result)).ConfigureAwait(false) };
                else if (result.Length <= Invocation.InlineLimit)
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
            _files = await codes.EnsureAsync(layout, store, invocation.Files ?? [], cancellation.Token).ConfigureAwait(false);
            var application = await codes.LoadAsync(layout, store, invocation.Bundle, cancellation.Token).ConfigureAwait(false);
            return await application.BindAsync(invocation.Function, () => store.ReadVerifiedAsync(layout.Function(invocation.Function), invocation.Function, cancellation.Token)).ConfigureAwait(false);
        }

        private async Task<byte[]> ReadInputAsync()
        {
            var input = task.InputDigest is { } digest
                ? await store.ReadVerifiedAsync(layout.Input(_call), digest, cancellation.Token).ConfigureAwait(false)
                : task.Input ?? [];
            if (!invocation.TakesStored)
                return input;

            // What travelled is a handle: the result of another task, which that one put into storage.
            var stored = ProtocolJson.Read(input, ProtocolJson.Default.StoredPayload, "stored result");
            return stored.Content ?? await store.ReadVerifiedAsync(ObjectUri.Parse(stored.Location ?? ""), stored.Digest ?? "", cancellation.Token).ConfigureAwait(false);
        }

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
            using var environment = await TaskEnvironment.EnterAsync(Variables, cancellation.Token).ConfigureAwait(false);
            TaskConsole.Enter(log);
            using var traffic = StoreMetrics.Measure();
            var context = new TaskContext(
                invocation.Job, task.Index, invocation.Count, task.Attempt, worker, log.WriteLine, fraction => notices?.Invoke(new WorkerNotice { Call = _call, Fraction = fraction }), cancellation.Token)
            {
                Environment = Variables,
                Files = _files,
            };
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
            await store.PutAsync(layout.Result(_call, name), result, PutOptions.CreateOnly, CancellationToken.None).ConfigureAwait(false);
            return status with { ResultName = name, ResultDigest = JobLayout.Digest(result.Span) };
        }

        /// <summary>Leaves the result in storage.</summary>
        /// <returns>The handle.</returns>
        private async Task<byte[]> KeepAsync(ReadOnlyMemory<byte> result)
        {
            var stored = new StoredPayload { Content = result.ToArray(), Length = result.Length };
            if (result.Length > Invocation.InlineLimit)
            {
                Kept = layout.Kept(invocation.Job, string.Create(CultureInfo.InvariantCulture, $"{task.Index}-{Guid.NewGuid():N}"));
                await store.PutAsync(Kept, result, PutOptions.CreateOnly, CancellationToken.None).ConfigureAwait(false);
                stored = new StoredPayload { Location = Kept.Value, Digest = JobLayout.Digest(result.Span), Length = result.Length };
            }

            return JsonSerializer.SerializeToUtf8Bytes(stored, ProtocolJson.Default.StoredPayload);
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

        public Heart(Invocation invocation, string call, JobLayout layout, IObjectStore store, CancellationTokenSource cancellation) =>
            _beating = BeatAsync(invocation, call, layout, store, cancellation);

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync().ConfigureAwait(false);
            await _beating.ConfigureAwait(false);
            _end.Dispose();
        }

        private async Task BeatAsync(Invocation invocation, string call, JobLayout layout, IObjectStore store, CancellationTokenSource cancellation)
        {
            for (var beat = 1L; ; beat++)
            {
                try
                {
                    if (beat > 1 || !invocation.IsDurable)
                        await Task.Delay(invocation.Heartbeat, _end.Token).ConfigureAwait(false);
                    await store.PutAsync(layout.Alive(call), BitConverter.GetBytes(beat), PutOptions.Overwrite, _end.Token).ConfigureAwait(false);
                    if (!cancellation.IsCancellationRequested && await store.TryReadAsync(layout.Cancel(call), _end.Token).ConfigureAwait(false) is not null)
                        await cancellation.CancelAsync().ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (_end.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception)
                {
                    // A beat that is missed, for whatever reason a store may have, or what the callbacks of the function's token throw. The
                    // next may come through.
                }
            }
        }
    }
}
