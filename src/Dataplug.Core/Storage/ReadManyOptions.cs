namespace Dataplug.Storage;

/// <summary>How many ranges at once are turned into requests.</summary>
public sealed record ReadManyOptions
{
    /// <summary>Gaps up to 128 KiB are read over, requests have up to 8 MiB, eight run at once.</summary>
    public static ReadManyOptions Default { get; } = new();

    /// <summary>Ranges no further apart than this many bytes are read with one request; ≥ 0. A request costs about as much as
    /// this many bytes.</summary>
    public long MaxGap { get; init; } = 128 << 10;

    /// <summary>The most bytes of one request; larger runs are split into parts of equal size.</summary>
    public int PartSize { get; init; } = 8 << 20;

    /// <summary>The most bytes that neighbours are merged into, since all of them stay in memory as long as any is used. A single
    /// range may be larger.</summary>
    public long MaxRunSize { get; init; } = 64 << 20;

    /// <summary>Requests under way at once.</summary>
    public int Parallelism { get; init; } = 8;

    /// <summary>For streamed answers: the most bytes of ranges in memory at once, unless a single range is larger.</summary>
    public long MaxBytesInFlight { get; init; } = 256 << 20;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(MaxGap);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(PartSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxRunSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Parallelism);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxBytesInFlight);
    }
}
