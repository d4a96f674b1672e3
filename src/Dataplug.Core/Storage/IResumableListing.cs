namespace Dataplug.Storage;

/// <summary>A listing that can be taken up again after a key, so that a failure in the middle costs one page.</summary>
internal interface IResumableListing
{
    IAsyncEnumerable<ObjectInfo> ListAsync(ObjectUri prefix, string? startAfter, CancellationToken cancellationToken = default);
}
