namespace Dataplug.Storage;

/// <summary>What a set of stores has done so far: a snapshot of counters.</summary>
public sealed record StoreStatistics
{
    private readonly IReadOnlyDictionary<StoreOperation, long> _byOperation;

    internal StoreStatistics(IReadOnlyDictionary<StoreOperation, long> byOperation) => _byOperation = byOperation;

    /// <summary>Requests sent, repeated ones included.</summary>
    public long Requests => _byOperation.Values.Sum();

    /// <summary>Requests that read bytes (GETs), repeated and resumed ones included.</summary>
    public long Reads => RequestsOf(StoreOperation.Read);

    /// <summary>Bytes of objects that were read by callers.</summary>
    public long BytesRead { get; init; }

    /// <summary>Bytes of objects that were written.</summary>
    public long BytesWritten { get; init; }

    /// <summary>Requests that repeat or resume an earlier one.</summary>
    public long Retries { get; init; }

    /// <summary>Requests that failed, also those whose repetition succeeded.</summary>
    public long Failures { get; init; }

    /// <summary>Time from sending requests to the head of their answers, summed.</summary>
    public TimeSpan RequestTime { get; init; }

    /// <summary>Requests of one kind.</summary>
    public long RequestsOf(StoreOperation operation) => _byOperation.GetValueOrDefault(operation);
}
