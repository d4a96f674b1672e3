using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Dataplug.Lithops.Jobs;

/// <summary>What the executor tells OpenTelemetry: the activity source and the meter are both named <c>Dataplug.Lithops</c>.</summary>
internal static class Telemetry
{
    public const string Name = "Dataplug.Lithops";

    public static readonly ActivitySource Activities = new(Name);

    private static readonly Meter Meter = new(Name);

    public static readonly Counter<long> Tasks =
        Meter.CreateCounter<long>("dataplug.lithops.tasks", "{task}", "Tasks that have ended, by backend and outcome.");

    public static readonly Counter<long> Retries =
        Meter.CreateCounter<long>("dataplug.lithops.retries", "{attempt}", "Attempts that repeated a failed one, by backend.");

    public static readonly UpDownCounter<long> Running =
        Meter.CreateUpDownCounter<long>("dataplug.lithops.running", "{task}", "Tasks that run now, by backend.");

    public static readonly Histogram<double> AttemptDuration =
        Meter.CreateHistogram<double>("dataplug.lithops.attempt.duration", "s", "How long attempts ran, by backend.");
}
