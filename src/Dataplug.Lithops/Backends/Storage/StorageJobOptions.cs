using Dataplug.Lithops.Protocol;
using Dataplug.Storage;

namespace Dataplug.Lithops.Backends.Storage;

/// <summary>How jobs go through storage.</summary>
internal sealed record StorageJobOptions
{
    public required ObjectStores Stores { get; init; }

    /// <summary>Below what everything is.</summary>
    public required ObjectUri Root { get; init; }

    public required MessageKey Key { get; init; }

    /// <summary>Whether the key was given to this process, so that another one may have it as well.</summary>
    public bool IsKeyShared { get; init; }

    public required int MaxParallelism { get; init; }

    /// <summary>A Redis server through which workers tell at once what happens; null for storage alone.</summary>
    public string? Channel { get; init; }

    /// <summary>How often workers give a sign of life.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>After how long without one a worker is given up.</summary>
    public TimeSpan HeartbeatTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
