namespace Dataplug.Lithops;

/// <summary>Where a job stands.</summary>
public enum JobState
{
    /// <summary>Not all of its tasks have ended.</summary>
    Running,

    /// <summary>All tasks ended with a result.</summary>
    Succeeded,

    /// <summary>Tasks failed for good, or its inputs or its backend did.</summary>
    Failed,

    /// <summary>Tasks were cancelled, and none failed.</summary>
    Canceled,

    /// <summary>The process that ran it is gone, and the job had not ended. Of records only.</summary>
    Lost,
}
