namespace Dataplug.Lithops;

/// <summary>How <see cref="ObjectInputs"/> cuts objects: by size or by number, or not at all.</summary>
public sealed record ObjectChunking
{
    /// <summary>Whole objects.</summary>
    public static ObjectChunking None { get; } = new();

    /// <summary>Bytes of a chunk, from 1; the last one of an object is shorter. Null to go by <see cref="ChunkCount"/>.</summary>
    public long? ChunkSize { get; init; }

    /// <summary>Chunks of each object, from 1, whose lengths differ by one byte at most; fewer where an object has fewer bytes. Null to go by
    /// <see cref="ChunkSize"/>.</summary>
    public int? ChunkCount { get; init; }

    internal void Validate()
    {
        if (ChunkSize is { } size)
            ArgumentOutOfRangeException.ThrowIfLessThan(size, 1, nameof(ChunkSize));
        if (ChunkCount is { } count)
            ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, nameof(ChunkCount));
        if (ChunkSize is not null && ChunkCount is not null)
            throw new ArgumentException("Objects are cut by size or by number, not by both.", nameof(ChunkSize));
    }
}
