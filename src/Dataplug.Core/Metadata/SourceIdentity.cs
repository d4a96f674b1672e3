using System.Text.Json.Serialization;
using Dataplug.Storage;

namespace Dataplug.Metadata;

/// <summary>Exactly which bytes an index or a slice speaks of: an object at one version.</summary>
/// <param name="Uri">The object.</param>
/// <param name="ETag">Its version, opaque, as the store gives it.</param>
/// <param name="Size">Its size in bytes.</param>
public sealed record SourceIdentity(ObjectUri Uri, string ETag, long Size)
{
    /// <summary>Other objects, at one version each, that are one with it (the ibd of an imzML document), in an order of the format's own;
    /// null where it stands alone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<SourceIdentity>? Companions { get; init; }

    /// <summary>The identity of an object as a store described it.</summary>
    public static SourceIdentity Of(ObjectInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        return new SourceIdentity(info.Uri, info.ETag, info.Size);
    }

    /// <summary>The identity of an object, with those of its companions, as it was pinned.</summary>
    public static SourceIdentity Of(PinnedObject source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Of(source.Info) with { Companions = source.Companions.Count == 0 ? null : [.. source.Companions.Select(Of)] };
    }

    /// <summary>The object pinned to this version, with its companions; nothing is asked of the store yet.</summary>
    public PinnedObject Pin(ObjectStores stores)
    {
        ArgumentNullException.ThrowIfNull(stores);
        return new PinnedObject(stores.Get(Uri), new ObjectInfo { Uri = Uri, ETag = ETag, Size = Size })
        {
            Companions = Companions is null ? [] : [.. Companions.Select(companion => companion.Pin(stores))],
        };
    }

    /// <inheritdoc/>
    public bool Equals(SourceIdentity? other) =>
        other is not null && Uri == other.Uri && ETag == other.ETag && Size == other.Size && (Companions ?? []).SequenceEqual(other.Companions ?? []);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Uri, ETag, Size, Companions?.Count ?? 0);
}
