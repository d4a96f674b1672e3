using System.Collections.Concurrent;
using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Dataplug.Storage;

namespace Dataplug.Bench;

/// <summary>What one operation of a benchmark asked of its stores. Filled while benchmarks run in this process.</summary>
internal static class Traffic
{
    private static readonly ConcurrentDictionary<string, Entry> Last = new();

    public static Entry? Of(string benchmark) => Last.GetValueOrDefault(benchmark);

    public static void Record(string benchmark, StoreStatistics before, StoreStatistics after) => Last[benchmark] = new Entry(
        after.Requests - before.Requests,
        after.BytesRead - before.BytesRead,
        after.BytesWritten - before.BytesWritten);

    internal sealed record Entry(long Requests, long BytesRead, long BytesWritten);
}

/// <summary>A figure of <see cref="Traffic"/> as a column.</summary>
internal sealed class TrafficColumn(string name, string legend, Func<Traffic.Entry, string> value) : IColumn
{
    public static IColumn[] All { get; } =
    [
        new TrafficColumn("Requests", "requests to the store in one operation", entry => entry.Requests.ToString("N0", CultureInfo.InvariantCulture)),
        new TrafficColumn("MB read", "10^6 bytes read from the store in one operation", entry => (entry.BytesRead / 1e6).ToString("N1", CultureInfo.InvariantCulture)),
        new TrafficColumn("MB written", "10^6 bytes written to the store in one operation", entry => (entry.BytesWritten / 1e6).ToString("N1", CultureInfo.InvariantCulture)),
    ];

    public string Id => name;

    public string ColumnName => name;

    public bool AlwaysShow => true;

    public ColumnCategory Category => ColumnCategory.Metric;

    public int PriorityInCategory => 0;

    public bool IsNumeric => true;

    public UnitType UnitType => UnitType.Dimensionless;

    public string Legend => legend;

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase) =>
        Traffic.Of(benchmarkCase.Descriptor.WorkloadMethod.Name) is { } entry ? value(entry) : "?";

    public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

    public bool IsAvailable(Summary summary) => true;

    public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;
}
