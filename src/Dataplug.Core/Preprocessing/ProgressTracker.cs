namespace Dataplug.Preprocessing;

/// <summary>
/// Turns counts of bytes into progress reports: a few a second, in order, with a rate smoothed over the last seconds.
/// </summary>
internal sealed class ProgressTracker
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    private readonly long _total;
    private readonly long _resumedFrom;
    private readonly IProgress<PreprocessProgress>? _target;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly Lock _lock = new();
    private readonly Queue<(TimeSpan At, long Done)> _samples = new();
    private long _done;
    private TimeSpan _reported = TimeSpan.MinValue;

    public ProgressTracker(long total, long resumedFrom, IProgress<PreprocessProgress>? target, TimeProvider? time = null)
    {
        _total = total;
        _resumedFrom = resumedFrom;
        _done = resumedFrom;
        _target = target;
        _time = time ?? TimeProvider.System;
        _started = _time.GetTimestamp();
    }

    /// <summary>Bytes of the object done so far.</summary>
    public long Done => Interlocked.Read(ref _done);

    public TimeSpan Elapsed => _time.GetElapsedTime(_started);

    public void Add(long bytes)
    {
        lock (_lock)
            AdvanceTo(_done + Math.Max(0, bytes));
    }

    /// <summary>Raises the count; it never falls and never passes the object's size.</summary>
    public void AdvanceTo(long bytes)
    {
        lock (_lock)
        {
            _done = Math.Max(_done, Math.Min(bytes, _total));
            if (_target is not null)
                Report(isFinal: false);
        }
    }

    /// <summary>The last report: everything is done.</summary>
    public void Finish()
    {
        lock (_lock)
        {
            _done = _total;
            Report(isFinal: true);
        }
    }

    // Reports are handed over inside the lock, so that the last one is the last one.
    private void Report(bool isFinal)
    {
        var now = Elapsed;
        if (_target is null || (!isFinal && _reported != TimeSpan.MinValue && now - _reported < Interval))
            return;
        _reported = now;
        if (_samples.Count == 0)
            _samples.Enqueue((TimeSpan.Zero, _resumedFrom));
        _samples.Enqueue((now, _done));
        while (_samples.Count > 2 && now - _samples.Peek().At > Window)
            _samples.Dequeue();
        var (at, done) = _samples.Peek();
        var rate = now > at ? (_done - done) / (now - at).TotalSeconds : 0;
        TimeSpan? remaining = _done >= _total ? TimeSpan.Zero
            : rate > 0 ? TimeSpan.FromSeconds(Math.Min((_total - _done) / rate, TimeSpan.MaxValue.TotalSeconds / 2))
            : null;
        _target.Report(new PreprocessProgress(_done, _total, rate, now, remaining, _resumedFrom));
    }
}
