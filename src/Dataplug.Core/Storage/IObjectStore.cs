namespace Dataplug.Storage;

/// <summary>
/// A store of objects: the few operations that everything else (many ranges at once, parallel streaming, pinning, retries,
/// metrics) is built on, once, over all stores. One instance serves every container (bucket) of its scheme.
/// </summary>
/// <remarks>
/// Implementations send one request per call, don't retry, and translate every failure to the exception family:
/// <see cref="ObjectNotFoundException"/>, <see cref="AccessDeniedException"/>, <see cref="StaleIndexException"/> (a read's
/// If-Match), <see cref="PreconditionFailedException"/> (a write's condition), <see cref="RangeNotSatisfiableException"/>,
/// and <see cref="StorageException"/> with <see cref="StorageException.IsTransient"/> for the rest.
/// All members may be called from many threads at once. Every store must pass the suite in tests/Dataplug.Conformance.
/// </remarks>
public interface IObjectStore : IAsyncDisposable
{
    /// <summary>What the store can do.</summary>
    StoreCapabilities Capabilities { get; }

    /// <summary>Asks for an object's size, ETag and metadata.</summary>
    Task<ObjectInfo> HeadAsync(ObjectUri uri, CancellationToken cancellationToken = default);

    /// <summary>Reads one part of an object: one request, answered by a stream.</summary>
    Task<ObjectRead> OpenReadAsync(ObjectUri uri, ReadRequest request, CancellationToken cancellationToken = default);

    /// <summary>Writes a whole object at once; it is seen wholly or not at all.</summary>
    Task<ObjectInfo> PutAsync(ObjectUri uri, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken = default);

    /// <summary>Begins an upload in parts.</summary>
    Task<IMultipartUpload> CreateMultipartAsync(ObjectUri uri, PutOptions options, CancellationToken cancellationToken = default);

    /// <summary>Lists the objects whose key starts with that of <paramref name="prefix"/>, in ordinal order of keys, page by page.</summary>
    IAsyncEnumerable<ObjectInfo> ListAsync(ObjectUri prefix, CancellationToken cancellationToken = default);

    /// <summary>Deletes objects; those that are not there are no error.</summary>
    Task DeleteAsync(IReadOnlyCollection<ObjectUri> uris, CancellationToken cancellationToken = default);

    /// <summary>Copies an object inside the store with its user metadata; <paramref name="options"/> may carry a condition on
    /// the destination and other metadata.</summary>
    Task<ObjectInfo> CopyAsync(ObjectUri source, ObjectUri destination, PutOptions options, CancellationToken cancellationToken = default);

    /// <summary>Makes the container (bucket, directory) of a URI where it is missing; true when it was made now.</summary>
    Task<bool> CreateContainerAsync(ObjectUri uri, CancellationToken cancellationToken = default);

    /// <summary>A URL by which anyone can read the object for a while, as an <c>http(s)</c> URI.</summary>
    /// <exception cref="NotSupportedException">The store has no <see cref="StoreCapabilities.Presign"/>.</exception>
    Task<ObjectUri> PresignReadAsync(ObjectUri uri, TimeSpan validFor, CancellationToken cancellationToken = default);
}
