using System.Collections.Concurrent;
using Dataplug.Storage;

namespace Dataplug.Core.Tests.Text;

/// <summary>Objects in memory, and a list of the reads that were sent.</summary>
internal sealed class MemoryObjectStore : IObjectStore
{
    private readonly ConcurrentDictionary<string, (byte[] Content, string ETag)> _objects = new();
    private readonly ConcurrentQueue<ByteRange> _reads = new();
    private int _version;

    public IReadOnlyList<ByteRange> Reads => [.. _reads];

    public StoreCapabilities Capabilities => StoreCapabilities.None;

    public void ClearReads() => _reads.Clear();

    public ObjectUri Put(string key, byte[] content)
    {
        var uri = ObjectUri.ForContainer("memory", "test", key);
        _objects[uri.Value] = (content, $"\"{Interlocked.Increment(ref _version)}\"");
        return uri;
    }

    public Task<ObjectInfo> HeadAsync(ObjectUri uri, CancellationToken cancellationToken = default) => Task.FromResult(InfoOf(uri));

    public Task<ObjectRead> OpenReadAsync(ObjectUri uri, ReadRequest request, CancellationToken cancellationToken = default)
    {
        var info = InfoOf(uri);
        if (request.IfMatch is { } etag && etag != info.ETag)
            throw new StaleIndexException(uri.Display, "the object changed");
        var range = request.Range.Kind switch
        {
            ReadRangeKind.Bounded => ByteRange.FromBounds(request.Range.Offset, Math.Min(info.Size, request.Range.Offset + request.Range.Length)),
            ReadRangeKind.From => ByteRange.FromBounds(request.Range.Offset, info.Size),
            ReadRangeKind.Suffix => ByteRange.FromBounds(Math.Max(0, info.Size - request.Range.Length), info.Size),
            _ => new ByteRange(0, info.Size),
        };
        _reads.Enqueue(range);
        return Task.FromResult(new ObjectRead(info, range, new MemoryStream(_objects[uri.Value].Content, (int)range.Offset, (int)range.Length, writable: false)));
    }

    public Task<ObjectInfo> PutAsync(ObjectUri uri, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<IMultipartUpload> CreateMultipartAsync(ObjectUri uri, PutOptions options, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public IAsyncEnumerable<ObjectInfo> ListAsync(ObjectUri prefix, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task DeleteAsync(IReadOnlyCollection<ObjectUri> uris, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<ObjectInfo> CopyAsync(ObjectUri source, ObjectUri destination, PutOptions options, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public Task<bool> CreateContainerAsync(ObjectUri uri, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<ObjectUri> PresignReadAsync(ObjectUri uri, TimeSpan validFor, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private ObjectInfo InfoOf(ObjectUri uri) => _objects.TryGetValue(uri.Value, out var found)
        ? new ObjectInfo { Uri = uri, Size = found.Content.Length, ETag = found.ETag }
        : throw new ObjectNotFoundException(uri.Display, "there is no such object");
}
