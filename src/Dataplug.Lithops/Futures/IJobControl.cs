namespace Dataplug.Lithops.Futures;

/// <summary>What futures ask of the job that they belong to.</summary>
internal interface IJobControl
{
    /// <summary>Tells which waits lend a slot: those of tasks that run on the same backend.</summary>
    object Owner { get; }

    /// <summary>What the receiver of progress threw; null when it did not.</summary>
    Exception? ProgressException { get; }

    /// <summary>The job as it stands.</summary>
    JobRecord Record();

    /// <summary>Why the job's record could not be written; null when it could, or when there is none.</summary>
    Exception? RecordException { get; }

    /// <summary>Done when another process can take the job over; failed when that will not be.</summary>
    Task<JobReference> Stored { get; }

    /// <summary>Lets go of the job, which goes on without this process.</summary>
    /// <exception cref="InvalidOperationException">It isn't stored.</exception>
    void Detach();

    /// <summary>Deletes results that lie in storage.</summary>
    Task CleanAsync();

    /// <summary>Cancels whatever of the job hasn't ended.</summary>
    void Cancel();

    /// <summary>Cancels one task.</summary>
    /// <returns>False when it had ended already.</returns>
    bool Cancel(Future future);

    /// <summary>Called without locks after each task has been settled, before waiters are told.</summary>
    void OnSettled(Future future);

    /// <summary>Called once, without locks, when the last task has been settled and before waiters are told.</summary>
    void OnAllSettled();
}
