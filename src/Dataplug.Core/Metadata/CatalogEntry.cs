using System.Text.Json;
using Dataplug.Storage;

namespace Dataplug.Metadata;

/// <summary>An indexed object as the catalog knows it. The sidecar is the truth: it may have been removed or renewed since.</summary>
/// <param name="Source">The object at the version that was indexed; the URI without any query.</param>
/// <param name="FormatId">The format's id.</param>
/// <param name="FormatVersion">The version of the index's sections.</param>
/// <param name="Parameters">The preprocessing parameters, canonical JSON.</param>
/// <param name="Attributes">The object's attributes: a JSON object.</param>
/// <param name="Sidecar">Where the index is.</param>
/// <param name="SidecarSize">Its size in bytes.</param>
/// <param name="IndexedAt">When this catalog got to know of it.</param>
public sealed record CatalogEntry(
    SourceIdentity Source,
    string FormatId,
    int FormatVersion,
    string Parameters,
    JsonElement Attributes,
    ObjectUri Sidecar,
    long SidecarSize,
    DateTimeOffset IndexedAt);

/// <summary>The last preprocessing run of an object and format on this machine.</summary>
/// <param name="Id">Its id: the name of its folder below <c>runs/</c>.</param>
/// <param name="Source">The object at the version that is read; the URI without any query.</param>
/// <param name="FormatId">The format's id.</param>
/// <param name="State">How it is going. A run that was killed stays <see cref="CatalogRunState.Running"/> until it is taken up again.</param>
/// <param name="BytesDone">Bytes of the object done.</param>
/// <param name="Chunks">The chunks, in order, of a chunked run that has not succeeded; empty otherwise.</param>
/// <param name="Folder">Where partial results and resume state are.</param>
/// <param name="Host">The machine it ran on last.</param>
/// <param name="ProcessId">The process it ran in last.</param>
/// <param name="StartedAt">When it was begun or taken up last.</param>
/// <param name="UpdatedAt">When this was last written.</param>
/// <param name="Error">Why it failed; null otherwise.</param>
public sealed record CatalogRun(
    string Id,
    SourceIdentity Source,
    string FormatId,
    CatalogRunState State,
    long BytesDone,
    IReadOnlyList<CatalogChunk> Chunks,
    string Folder,
    string Host,
    int ProcessId,
    DateTimeOffset StartedAt,
    DateTimeOffset UpdatedAt,
    string? Error);

/// <summary>One chunk of a run.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Range">Its bytes.</param>
/// <param name="IsDone">Whether its partial result is stored.</param>
public sealed record CatalogChunk(int Index, ByteRange Range, bool IsDone);

/// <summary>The states of a run.</summary>
public enum CatalogRunState
{
    /// <summary>At work, or killed.</summary>
    Running,

    /// <summary>Its index is written.</summary>
    Succeeded,

    /// <summary>It ended with an error; what was done is kept where a later run can use it.</summary>
    Failed,

    /// <summary>It was cancelled; what was done is kept.</summary>
    Cancelled,
}

/// <summary>What a rebuild of the catalog found.</summary>
/// <param name="Entries">The sidecars that are in the catalog now.</param>
/// <param name="Refused">The sidecars that could not be read, and why.</param>
public sealed record CatalogRebuildReport(IReadOnlyList<CatalogEntry> Entries, IReadOnlyList<CatalogRebuildProblem> Refused);

/// <summary>A sidecar that a rebuild could not read.</summary>
/// <param name="Sidecar">The sidecar.</param>
/// <param name="Problem">Why.</param>
public sealed record CatalogRebuildProblem(ObjectUri Sidecar, DataplugException Problem);
