namespace Dataplug.Lithops.Jobs;

/// <summary>Tasks that nobody awaits, and whose failures are nobody's business: those of callbacks that are user code, mostly.</summary>
internal static class UnwatchedTasks
{
    /// <summary>Takes note of the task's failure, if there is one, so that nobody is told of it.</summary>
    public static void IgnoreFailure(this Task task) => _ = task.ContinueWith(
        static failed => _ = failed.Exception,
        CancellationToken.None,
        TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);
}
