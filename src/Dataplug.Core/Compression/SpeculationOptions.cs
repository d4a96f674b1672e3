namespace Dataplug.Compression;

/// <summary>How a scan looks ahead on other cores; what it finds does not depend on any of it.</summary>
internal sealed record SpeculationOptions
{
    /// <summary>Threads that decode ahead, at least 1.</summary>
    public required int Workers { get; init; }

    /// <summary>Stored bytes of a chunk.</summary>
    public int ChunkLength { get; init; } = 1 << 20;

    /// <summary>Stored bytes behind a chunk that its last block may reach into; a longer one is left out. At least 1: a byte behind a
    /// chunk tells that it is not the object's last.</summary>
    public int Overlap { get; init; } = 256 << 10;

    /// <summary>The most output of a chunk that is kept, in bytes.</summary>
    public int MaxOutput { get; init; } = 16 << 20;

    /// <summary>True to decode every chunk ahead and wait for it, whether that pays or not: for tests.</summary>
    public bool Always { get; init; }
}
