namespace Dataplug.Lithops.Records;

/// <summary>The jobs of one executor that have ended, as far back as memory allows: the latest, with so many tasks together.</summary>
internal sealed class JobHistory
{
    private const int MaxJobs = 100;
    private const int MaxTasks = 2 * JobRecord.MaxTasks;

    private readonly Queue<JobRecord> _jobs = new();
    private readonly Lock _gate = new();
    private int _tasks;

    public void Add(JobRecord job)
    {
        lock (_gate)
        {
            _jobs.Enqueue(job);
            _tasks += job.Tasks.Count;
            while (_jobs.Count > MaxJobs || _tasks > MaxTasks)
                _tasks -= _jobs.Dequeue().Tasks.Count;
        }
    }

    public JobRecord[] ToArray()
    {
        lock (_gate)
            return [.. _jobs];
    }
}
