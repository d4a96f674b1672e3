namespace Dataplug.Storage;

/// <summary>A listing that can be taken up again after a key, so that a failure in the middle costs one page.</summary>
public interface IResumableListing
{
    /// <summary>Lists as <see cref="IObjectStore.ListAsync"/> does, from the first key after <paramref name="startAfter"/> on; null for all.</summary>
    IAsyncEnumerable<ObjectInfo> ListAsync(ObjectUri prefix, string? startAfter, CancellationToken cancellationToken = default);
}
