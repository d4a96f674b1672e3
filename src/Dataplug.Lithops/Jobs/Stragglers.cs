namespace Dataplug.Lithops.Jobs;

/// <summary>
/// Finds the tasks of one job that take much longer than the others. All of it under the ledger's gate, and at the price of a
/// logarithm for each task that ends.
/// </summary>
internal sealed class Stragglers<TInput, TResult>(BackupOptions options, TimeProvider time)
{
    // In the order in which they began, so that the first one is the first to fall due.
    private readonly Queue<TaskAttempt<TInput, TResult>> _started = new();
    private readonly RunningMedian _durations = new();

    /// <summary>Takes note that an attempt has begun.</summary>
    /// <returns>Whether it is the first to fall due, so that it is worth asking again.</returns>
    public bool Started(TaskAttempt<TInput, TResult> attempt)
    {
        while (_started.TryPeek(out var first) && !first.MayHaveBackup)
            _ = _started.Dequeue();
        _started.Enqueue(attempt);
        return _started.Count == 1;
    }

    public void Succeeded(TimeSpan duration) => _durations.Add(duration.Ticks);

    /// <summary>Takes the attempt that has run too long for the longest time.</summary>
    /// <param name="tasks">How many tasks the job has.</param>
    /// <param name="due">In how long the next one will have, when there is none now; null when that depends on other tasks.</param>
    public TaskAttempt<TInput, TResult>? Take(int tasks, out TimeSpan? due)
    {
        due = null;
        if (tasks < options.MinTasks || _durations.Count == 0 || _durations.Count < options.MinCompleted * tasks)
            return null;
        var limit = TimeSpan.FromTicks((long)Math.Min(options.SlowFactor * _durations.Value, long.MaxValue / 2));
        if (limit < options.MinDuration)
            limit = options.MinDuration;
        while (_started.TryPeek(out var first))
        {
            var left = limit - time.GetElapsedTime(first.StartedAt);
            if (first.MayHaveBackup && left > TimeSpan.Zero)
            {
                due = left;
                return null;
            }

            _ = _started.Dequeue();
            if (first.MayHaveBackup)
                return first;
        }

        return null;
    }
}
