using Dataplug.Lithops.Protocol;
using Dataplug.Storage;

namespace Dataplug.Lithops.Backends.Storage;

/// <summary>What all attempts of one job have in common.</summary>
internal sealed record StorageJob
{
    public required StorageJobOptions Options { get; init; }

    public required JobLayout Layout { get; init; }

    public required IObjectStore Store { get; init; }

    public required IBackendJob Job { get; init; }

    /// <summary>The same job, when it is more than backends elsewhere ask for; else null.</summary>
    public IStorageBackendJob? Extended => Job as IStorageBackendJob;

    public bool IsDurable => Extended is { } job && (job.IsDurable || job.Resumed is not null);

    public bool IsDetached => Extended?.IsDetached == true;

    /// <summary>The digests of code and function.</summary>
    public required string Bundle { get; init; }

    public required string Function { get; init; }

    public IReadOnlyList<JobFile> Files { get; init; } = [];

    public required StatusBoard Board { get; init; }

    /// <summary>What arrives at once; null where workers tell nothing but through storage.</summary>
    public JobNotices? Notices { get; init; }
}
