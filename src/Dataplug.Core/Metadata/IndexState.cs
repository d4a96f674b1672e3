using Dataplug.Storage;

namespace Dataplug.Metadata;

/// <summary>Whether an object has an index, and whether it is still good.</summary>
/// <param name="Status">The answer.</param>
/// <param name="Current">The object as it is now.</param>
/// <param name="Sidecar">Where the index is; null when there is none.</param>
/// <param name="SidecarSize">Its size in bytes; 0 when there is none.</param>
public sealed record IndexState(IndexStatus Status, ObjectInfo Current, ObjectUri? Sidecar, long SidecarSize)
{
    /// <summary>The preprocessing parameters that the index was made with, as <see cref="Formats.DataFormat.WithParameters"/> takes them; null
    /// when there is none.</summary>
    public string? Parameters { get; init; }
}

/// <summary>The states of an object's index.</summary>
public enum IndexStatus
{
    /// <summary>There is none.</summary>
    Missing,

    /// <summary>There is one, of another version of the object, or of the format, or made with other parameters.</summary>
    Stale,

    /// <summary>There is one, of this version of the object.</summary>
    Current,
}
