using Dataplug.Storage;

namespace Dataplug.Lithops.Backends.Processes;

/// <summary>How a <see cref="ProcessBackend"/> runs its workers.</summary>
public sealed record ProcessBackendOptions
{
    /// <summary>How many worker processes run at once; null for one per processor. At least 1.</summary>
    public int? MaxParallelism { get; init; }

    /// <summary>Where code, inputs and results go; null for a temporary folder that only this user may read, deleted in the end.</summary>
    /// <remarks>The workers reach it by themselves, set up from their environment as <see cref="ObjectStores.Default"/> is.</remarks>
    public ObjectUri? Storage { get; init; }

    /// <summary>The stores by which this process reaches <see cref="Storage"/>; null for <see cref="ObjectStores.Default"/>.</summary>
    public ObjectStores? Stores { get; init; }

    /// <summary>The secret that signs invocations and statuses, as <see cref="RemoteBackendOptions.NewKey"/> makes it; null for a new one. Durable
    /// jobs need one, so that another process can take them over.</summary>
    public string? Key { get; init; }

    /// <summary>Variables that are added to the workers' environment, which is else this process's own; null as a value removes one.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>The worker program, <c>Dataplug.Lithops.Worker.dll</c>; null for the one beside Dataplug's own assemblies.</summary>
    public string? WorkerPath { get; init; }

    /// <summary>Where workers keep the code of applications; null for a folder of the user's that all workers on this machine share.</summary>
    public string? CodeCache { get; init; }

    /// <summary>How long a worker may take to start.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often workers give a sign of life while they run a task.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>After how long without a sign of life a worker is ended, and its task's attempt counts as failed.</summary>
    /// <remarks>A worker that ends is noticed at once; this is for one that hangs, and it must not be taken for one that a busy machine
    /// gives no time.</remarks>
    public TimeSpan HeartbeatTimeout { get; init; } = TimeSpan.FromSeconds(60);

    internal void Validate()
    {
        if (MaxParallelism is { } parallelism)
            ArgumentOutOfRangeException.ThrowIfLessThan(parallelism, 1, nameof(MaxParallelism));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(StartTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(HeartbeatInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(HeartbeatTimeout, HeartbeatInterval);
    }
}
