namespace Dataplug.Storage;

/// <summary>How a long sequential read is split into requests that run at the same time.</summary>
public sealed record ReadAheadOptions
{
    /// <summary>Parts of 8 MiB, four at a time: 32 MiB of memory.</summary>
    public static ReadAheadOptions Default { get; } = new();

    /// <summary>Bytes per request.</summary>
    public int PartSize { get; init; } = 8 << 20;

    /// <summary>Requests under way at once; memory is at most this many parts.</summary>
    public int Parallelism { get; init; } = 4;
}
