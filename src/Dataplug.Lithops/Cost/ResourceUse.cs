using Dataplug.Lithops.Backends;

namespace Dataplug.Lithops.Cost;

/// <summary>What the attempts of a job used, added up as they end. What nobody measured is null, not zero. Under the ledger's gate.</summary>
internal sealed class ResourceUse
{
    private readonly List<long> _durations = [];

    public double? MemoryTime { get; private set; }

    public TimeSpan? CpuTime { get; private set; }

    public long? BytesRead { get; private set; }

    public long? BytesWritten { get; private set; }

    public long? Requests { get; private set; }

    public void Add(long durationTicks, AttemptReport? report, bool keepDuration)
    {
        // A stream may have any number of attempts, and nobody can ask for its summary.
        if (keepDuration)
            _durations.Add(durationTicks);
        if (report is null)
            return;
        if (report.PeakMemory is { } memory)
            MemoryTime = (MemoryTime ?? 0) + ((double)memory / (1L << 30) * durationTicks / TimeSpan.TicksPerSecond);
        if (report.CpuTime is { } cpu)
            CpuTime = (CpuTime ?? TimeSpan.Zero) + cpu;
        BytesRead = Sum(BytesRead, report.BytesRead);
        BytesWritten = Sum(BytesWritten, report.BytesWritten);
        Requests = Sum(Requests, report.Requests);
    }

    public TimeSpan[] AttemptDurations() => [.. _durations.Select(ticks => new TimeSpan(ticks))];

    private static long? Sum(long? sum, long? more) => more is null ? sum : (sum ?? 0) + more;
}
