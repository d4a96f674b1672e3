namespace Dataplug.Storage;

/// <summary>Running totals; safe from many threads.</summary>
internal sealed class StoreCounters
{
    private readonly long[] _requests = new long[Enum.GetValues<StoreOperation>().Length];
    private long _bytesRead;
    private long _bytesWritten;
    private long _retries;
    private long _failures;
    private long _ticks;

    public void AddRequest(StoreOperation operation, TimeSpan duration, bool failed, bool isRetry)
    {
        Interlocked.Increment(ref _requests[(int)operation]);
        Interlocked.Add(ref _ticks, duration.Ticks);
        if (failed)
            AddFailure();
        if (isRetry)
            Interlocked.Increment(ref _retries);
    }

    public void AddFailure() => Interlocked.Increment(ref _failures);

    public void AddRead(long bytes) => Interlocked.Add(ref _bytesRead, bytes);

    public void AddWritten(long bytes) => Interlocked.Add(ref _bytesWritten, bytes);

    public StoreStatistics Snapshot()
    {
        var byOperation = new Dictionary<StoreOperation, long>();
        for (var i = 0; i < _requests.Length; i++)
            byOperation[(StoreOperation)i] = Interlocked.Read(ref _requests[i]);
        return new StoreStatistics(byOperation)
        {
            BytesRead = Interlocked.Read(ref _bytesRead),
            BytesWritten = Interlocked.Read(ref _bytesWritten),
            Retries = Interlocked.Read(ref _retries),
            Failures = Interlocked.Read(ref _failures),
            RequestTime = TimeSpan.FromTicks(Interlocked.Read(ref _ticks)),
        };
    }
}

/// <summary>Where one call's requests are counted: its stores' totals, the measurements around it, and the meter.</summary>
internal readonly struct StoreRecorder(string scheme, StoreCounters counters, StoreMeasurement? measurement)
{
    public void Request(StoreOperation operation, TimeSpan duration, bool failed, bool isRetry)
    {
        StoreMetrics.RecordRequest(scheme, operation, duration, failed, isRetry);
        counters.AddRequest(operation, duration, failed, isRetry);
        for (var scope = measurement; scope is not null; scope = scope.Outer)
            scope.Counters.AddRequest(operation, duration, failed, isRetry);
    }

    public void Failure(StoreOperation operation)
    {
        StoreMetrics.RecordFailure(scheme, operation);
        counters.AddFailure();
        for (var scope = measurement; scope is not null; scope = scope.Outer)
            scope.Counters.AddFailure();
    }

    public void Read(long bytes)
    {
        StoreMetrics.RecordRead(scheme, bytes);
        counters.AddRead(bytes);
        for (var scope = measurement; scope is not null; scope = scope.Outer)
            scope.Counters.AddRead(bytes);
    }

    public void Written(StoreOperation operation, long bytes)
    {
        StoreMetrics.RecordWritten(scheme, operation, bytes);
        counters.AddWritten(bytes);
        for (var scope = measurement; scope is not null; scope = scope.Outer)
            scope.Counters.AddWritten(bytes);
    }
}
