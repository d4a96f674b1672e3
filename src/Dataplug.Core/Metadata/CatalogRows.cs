namespace Dataplug.Metadata;

/// <summary>An indexed object in the catalog.</summary>
internal sealed class ObjectRow
{
    public long Id { get; set; }

    /// <summary>The object's <see cref="SourceName"/>: a URI without secrets.</summary>
    public required string Source { get; set; }

    public required string Uri { get; set; }

    public required string ETag { get; set; }

    public required long Size { get; set; }

    public required string FormatId { get; set; }

    public required int FormatVersion { get; set; }

    /// <summary>Canonical JSON.</summary>
    public required string Parameters { get; set; }

    /// <summary>JSON object.</summary>
    public required string Attributes { get; set; }

    public required string Sidecar { get; set; }

    public required long SidecarSize { get; set; }

    /// <summary>Milliseconds since 1970, UTC.</summary>
    public required long IndexedAt { get; set; }
}

/// <summary>The last preprocessing run of an object and format.</summary>
internal sealed class RunRow
{
    /// <summary>The name of the run's lock and folder.</summary>
    public required string Id { get; set; }

    public required string Source { get; set; }

    public required string Uri { get; set; }

    public required string ETag { get; set; }

    public required long Size { get; set; }

    public required string FormatId { get; set; }

    public required string State { get; set; }

    public required long BytesDone { get; set; }

    /// <summary>The folder of partial results and resume state.</summary>
    public required string Folder { get; set; }

    public required string Host { get; set; }

    public required int ProcessId { get; set; }

    public required long StartedAt { get; set; }

    public required long UpdatedAt { get; set; }

    /// <summary>Why it failed; null otherwise.</summary>
    public string? Error { get; set; }

    public List<ChunkRow> Chunks { get; } = [];
}

/// <summary>A chunk of a run that has not succeeded yet.</summary>
internal sealed class ChunkRow
{
    public required string RunId { get; set; }

    public required int Index { get; set; }

    public required long Offset { get; set; }

    public required long Length { get; set; }

    public required bool IsDone { get; set; }
}
