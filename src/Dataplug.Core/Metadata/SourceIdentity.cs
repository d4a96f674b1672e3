using Dataplug.Storage;

namespace Dataplug.Metadata;

/// <summary>Exactly which bytes an index or a slice speaks of: an object at one version.</summary>
/// <param name="Uri">The object.</param>
/// <param name="ETag">Its version, opaque, as the store gives it.</param>
/// <param name="Size">Its size in bytes.</param>
public sealed record SourceIdentity(ObjectUri Uri, string ETag, long Size)
{
    /// <summary>The identity of an object as a store described it.</summary>
    public static SourceIdentity Of(ObjectInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        return new SourceIdentity(info.Uri, info.ETag, info.Size);
    }

    /// <summary>The object pinned to this version; nothing is asked of the store yet.</summary>
    public PinnedObject Pin(ObjectStores stores)
    {
        ArgumentNullException.ThrowIfNull(stores);
        return new PinnedObject(stores.Get(Uri), new ObjectInfo { Uri = Uri, ETag = ETag, Size = Size });
    }
}
