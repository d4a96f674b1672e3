using Dataplug.Storage;

namespace Dataplug.Lithops.Backends.Storage;

/// <summary>What only backends whose jobs go through storage ask of a job.</summary>
internal interface IStorageBackendJob : IBackendJob
{
    /// <summary>Whether its inputs are stored before anything runs, so that another process can take it over.</summary>
    bool IsDurable { get; }

    /// <summary>Where it stood when this process took it over from another one; null for a job of its own.</summary>
    ResumedJob? Resumed { get; }

    /// <summary>Done when no more inputs come.</summary>
    Task InputsEnded { get; }

    /// <summary>The result's type, for whoever takes the job over.</summary>
    string ResultType { get; }

    /// <summary>Whether inputs are handles to results that lie in storage, and the function takes what they stand for.</summary>
    bool TakesStored { get; }

    /// <summary>Whether results stay in storage, and handles to them are the tasks' results.</summary>
    bool KeepsResults { get; }

    /// <summary>Whether this process has let go of the job, which goes on without it.</summary>
    bool IsDetached { get; }

    /// <summary>Takes note that the job can be taken over from now on.</summary>
    void OnStored(ObjectUri root);
}
