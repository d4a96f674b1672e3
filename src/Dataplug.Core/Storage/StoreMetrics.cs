using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Dataplug.Storage;

/// <summary>
/// Counts what the stores do: as instruments of <see cref="System.Diagnostics.Metrics"/>, tagged by scheme and operation, and
/// as totals that can be read in the process.
/// </summary>
public static class StoreMetrics
{
    /// <summary>The name of the meter: <c>Dataplug.Storage</c>.</summary>
    public const string MeterName = "Dataplug.Storage";

    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> Requests = Meter.CreateCounter<long>("dataplug.storage.requests", "{request}", "Requests sent, repeated ones included");
    private static readonly Counter<long> Retries = Meter.CreateCounter<long>("dataplug.storage.retries", "{request}", "Requests that repeat or resume an earlier one");
    private static readonly Counter<long> Failures = Meter.CreateCounter<long>("dataplug.storage.failures", "{request}", "Requests that failed");
    private static readonly Counter<long> BytesRead = Meter.CreateCounter<long>("dataplug.storage.read", "By", "Bytes of objects read");
    private static readonly Counter<long> BytesWritten = Meter.CreateCounter<long>("dataplug.storage.written", "By", "Bytes of objects written");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("dataplug.storage.duration", "s", "Time from sending a request to the head of its answer");
    private static readonly AsyncLocal<StoreMeasurement?> Current = new();
    private static readonly string[] OperationNames = [.. Enum.GetNames<StoreOperation>().Select(name => name.ToLowerInvariant())];

    /// <summary>
    /// Begins to count what this flow of control asks of any store, together with everything that it starts; ends with
    /// disposal. Measurements may be nested; each counts for itself and for those around it.
    /// </summary>
    public static StoreMeasurement Measure() => Current.Value = new StoreMeasurement(Current.Value);

    internal static void Leave(StoreMeasurement measurement)
    {
        if (Current.Value == measurement)
            Current.Value = measurement.Outer;
    }

    /// <summary>Begins to record on behalf of the present flow of control.</summary>
    internal static StoreRecorder Recorder(string scheme, StoreCounters counters) => new(scheme, counters, Current.Value);

    internal static TagList Tags(string scheme, StoreOperation operation) => new()
    {
        { "scheme", scheme },
        { "operation", OperationNames[(int)operation] },
    };

    internal static void RecordRequest(string scheme, StoreOperation operation, TimeSpan duration, bool failed, bool isRetry)
    {
        var tags = Tags(scheme, operation);
        Requests.Add(1, tags);
        Duration.Record(duration.TotalSeconds, tags);
        if (failed)
            Failures.Add(1, tags);
        if (isRetry)
            Retries.Add(1, tags);
    }

    internal static void RecordFailure(string scheme, StoreOperation operation) => Failures.Add(1, Tags(scheme, operation));

    internal static void RecordRead(string scheme, long bytes) => BytesRead.Add(bytes, Tags(scheme, StoreOperation.Read));

    internal static void RecordWritten(string scheme, StoreOperation operation, long bytes) => BytesWritten.Add(bytes, Tags(scheme, operation));
}

/// <summary>Counts from its making to its disposal; see <see cref="StoreMetrics.Measure"/>.</summary>
public sealed class StoreMeasurement : IDisposable
{
    internal StoreMeasurement(StoreMeasurement? outer) => Outer = outer;

    /// <summary>What has been done so far; may also be read after the end.</summary>
    public StoreStatistics Statistics => Counters.Snapshot();

    internal StoreMeasurement? Outer { get; }

    internal StoreCounters Counters { get; } = new();

    /// <summary>Ends the measurement for what this flow of control does next.</summary>
    public void Dispose() => StoreMetrics.Leave(this);
}
