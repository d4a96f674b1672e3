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

    public static readonly Counter<long> Backups =
        Meter.CreateCounter<long>("dataplug.lithops.backups", "{attempt}", "Attempts beside one that took too long, by backend.");

    public static readonly UpDownCounter<long> Running =
        Meter.CreateUpDownCounter<long>("dataplug.lithops.running", "{task}", "Tasks that run now, by backend.");

    public static readonly Histogram<double> AttemptDuration =
        Meter.CreateHistogram<double>("dataplug.lithops.attempt.duration", "s", "How long attempts ran, by backend.");

    /// <summary>Says in the span of a job how it ended.</summary>
    /// <param name="activity">The span; null for none.</param>
    /// <param name="progress">How far the job has come.</param>
    public static void EndJob(Activity? activity, JobProgress progress)
    {
        activity?
            .SetTag("dataplug.job.succeeded", progress.Succeeded)
            .SetTag("dataplug.job.failed", progress.Failed)
            .SetTag("dataplug.job.canceled", progress.Canceled)
            .SetTag("dataplug.job.retries", progress.Retries);
        if (progress.Failed > 0 && activity is { Status: ActivityStatusCode.Unset })
            activity.SetStatus(ActivityStatusCode.Error, "tasks have failed");
    }

    /// <summary>Starts the span of an attempt, under that of its job, wherever the backend calls from.</summary>
    /// <returns>Null when nobody listens.</returns>
    public static Activity? StartTask(Activity? job, string id, int index, int attempt, string worker)
    {
        if (!Activities.HasListeners())
            return null;
        if (job is not null)
            Activity.Current = job;
        return Activities.StartActivity("dataplug.task")?
            .SetTag("dataplug.job.id", id)
            .SetTag("dataplug.task.index", index)
            .SetTag("dataplug.task.attempt", attempt)
            .SetTag("dataplug.task.worker", worker);
    }

    /// <summary>Ends the span of an attempt.</summary>
    /// <param name="activity">The span; null for none.</param>
    /// <param name="outcome">How the attempt ended.</param>
    /// <param name="failure">Why it failed, when it did.</param>
    public static void EndTask(Activity? activity, FutureState outcome, AttemptFailure? failure)
    {
        if (activity is null)
            return;
        activity.SetTag("dataplug.task.outcome", outcome.ToString());
        if (outcome == FutureState.Failed)
            activity.SetTag("error.type", failure?.ExceptionType).SetStatus(ActivityStatusCode.Error, failure?.Message);
        activity.Dispose();
    }
}
