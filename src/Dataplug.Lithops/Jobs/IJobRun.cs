namespace Dataplug.Lithops.Jobs;

/// <summary>A job as its executor keeps it, whatever the types.</summary>
internal interface IJobRun
{
    /// <summary>Done when every task is settled.</summary>
    Task Completion { get; }

    /// <summary>Done when the backend has let go of the job and the inputs' enumerator is disposed.</summary>
    Task BackendRun { get; }

    string Id { get; }

    /// <summary>How far it is.</summary>
    JobProgress Progress { get; }

    /// <summary>The job as it stands, with its tasks.</summary>
    JobRecord Record();

    void Cancel();
}
