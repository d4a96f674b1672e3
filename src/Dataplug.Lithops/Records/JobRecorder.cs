using System.Diagnostics;
using Dataplug.Lithops.Jobs;

namespace Dataplug.Lithops.Records;

/// <summary>
/// Keeps the record of one job: written when it begins, at most every second while something changes, and when it has ended. Looks
/// each second whether somebody asks to cancel it. Whatever fails here is noted and fails nothing.
/// </summary>
internal sealed class JobRecorder(JobRecordFolder folder, IProgress<TaskMessage>? listener, TimeProvider time) : IProgress<TaskMessage>
{
    public const int MaxLines = 1000;
    public const int LongestLine = 2000;

    // A record of many tasks takes its time to write; then it is written more seldom, for at most a twentieth of the time.
    private const int Thrift = 20;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Queue<TaskMessage> _log = new();
    private long _lines;
    private Exception? _exception;

    /// <summary>Why a record could not be written, the first time; null when all could.</summary>
    public Exception? Exception => Volatile.Read(ref _exception);

    public void Report(TaskMessage value)
    {
        lock (_gate)
        {
            _lines++;
            _log.Enqueue(value.Text.Length > LongestLine ? value with { Text = value.Text[..LongestLine] + "…" } : value);
            if (_log.Count > MaxLines)
                _log.Dequeue();
        }

        listener?.Report(value);
    }

    /// <summary>Done when the job has ended and that is written.</summary>
    public async Task RunAsync(IJobRun job)
    {
        // Not on the thread that submits the job.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var last = Write(job);
        while (!job.Completion.IsCompleted)
        {
            using var stop = new CancellationTokenSource();
            _ = await Task.WhenAny(job.Completion, Task.Delay(Tick, time, stop.Token)).ConfigureAwait(false);
            await stop.CancelAsync().ConfigureAwait(false);
            if (job.Completion.IsCompleted)
                break;
            Try(() =>
            {
                if (folder.IsCancelRequested(job.Id))
                    job.Cancel();
            });
            var since = time.GetElapsedTime(last.At);
            if (since >= last.Took * Thrift && (since >= SignOfLife || State(job) != last.State))
                last = Write(job);
        }

        _ = Write(job);
        Try(() => folder.ForgetCancel(job.Id));
    }

    private (JobProgress Progress, long Lines) State(IJobRun job)
    {
        lock (_gate)
            return (job.Progress with { Elapsed = TimeSpan.Zero }, _lines);
    }

    private (long At, TimeSpan Took, (JobProgress, long) State) Write(IJobRun job)
    {
        var (at, begin, state) = (time.GetTimestamp(), Stopwatch.GetTimestamp(), State(job));
        Try(() =>
        {
            var record = job.Record() with { Client = ClientProcess.Current };
            lock (_gate)
                record = record with { Log = [.. _log], LogLinesLeftOut = _lines - _log.Count };
            folder.Write(record);
        });
        return (at, Stopwatch.GetElapsedTime(begin), state);
    }

    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception)
        {
            _ = Interlocked.CompareExchange(ref _exception, exception, null);
        }
    }
}
