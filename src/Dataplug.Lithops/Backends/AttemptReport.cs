namespace Dataplug.Lithops.Backends;

/// <summary>What a worker measured while it ran an attempt.</summary>
public sealed record AttemptReport
{
    /// <summary>Bytes allocated on the managed heap; null when not measured.</summary>
    public long? AllocatedBytes { get; init; }
}
