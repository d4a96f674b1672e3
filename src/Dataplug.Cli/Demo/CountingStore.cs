using Dataplug.Storage;

namespace Dataplug.Cli.Demo;

/// <summary>Counts the requests and bytes that reading one object takes; everything else goes through uncounted.</summary>
internal sealed class CountingStore(IObjectStore store, ObjectUri counted) : IObjectStore
{
    private long _requests;
    private long _bytes;

    public StoreCapabilities Capabilities => store.Capabilities;

    /// <summary>Reads of the object so far, and the bytes they brought.</summary>
    public (long Requests, long Bytes) Reads => (Interlocked.Read(ref _requests), Interlocked.Read(ref _bytes));

    public Task<ObjectInfo> HeadAsync(ObjectUri uri, CancellationToken cancellationToken = default) => store.HeadAsync(uri, cancellationToken);

    public async Task<ObjectRead> OpenReadAsync(ObjectUri uri, ReadRequest request, CancellationToken cancellationToken = default)
    {
        var read = await store.OpenReadAsync(uri, request, cancellationToken);
        if (uri == counted)
        {
            Interlocked.Increment(ref _requests);
            Interlocked.Add(ref _bytes, read.Range.Length);
        }

        return read;
    }

    public Task<ObjectInfo> PutAsync(ObjectUri uri, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken = default) =>
        store.PutAsync(uri, content, options, cancellationToken);

    public Task<IMultipartUpload> CreateMultipartAsync(ObjectUri uri, PutOptions options, CancellationToken cancellationToken = default) =>
        store.CreateMultipartAsync(uri, options, cancellationToken);

    public IAsyncEnumerable<ObjectInfo> ListAsync(ObjectUri prefix, CancellationToken cancellationToken = default) => store.ListAsync(prefix, cancellationToken);

    public Task DeleteAsync(IReadOnlyCollection<ObjectUri> uris, CancellationToken cancellationToken = default) => store.DeleteAsync(uris, cancellationToken);

    public Task<ObjectInfo> CopyAsync(ObjectUri source, ObjectUri destination, PutOptions options, CancellationToken cancellationToken = default) =>
        store.CopyAsync(source, destination, options, cancellationToken);

    public Task<bool> CreateContainerAsync(ObjectUri uri, CancellationToken cancellationToken = default) => store.CreateContainerAsync(uri, cancellationToken);

    public Task<ObjectUri> PresignReadAsync(ObjectUri uri, TimeSpan validFor, CancellationToken cancellationToken = default) =>
        store.PresignReadAsync(uri, validFor, cancellationToken);

    // Whoever made the store disposes it.
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
