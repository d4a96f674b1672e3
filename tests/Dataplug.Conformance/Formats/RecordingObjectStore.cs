using System.Collections.Concurrent;
using Dataplug.Storage;

namespace Dataplug.Conformance.Formats;

/// <summary>A store that writes down every request that passes through it, so that laws about requests can be tested.</summary>
public sealed class RecordingObjectStore(IObjectStore inner) : IObjectStore
{
    private readonly ConcurrentQueue<RecordedRead> _reads = new();
    private int _heads;
    private int _writes;

    /// <summary>The reads since <see cref="Clear"/>.</summary>
    public IReadOnlyList<RecordedRead> Reads => [.. _reads];

    /// <summary>The number of head requests since <see cref="Clear"/>.</summary>
    public int Heads => _heads;

    /// <summary>The number of puts, uploads, copies and deletions since <see cref="Clear"/>.</summary>
    public int Writes => _writes;

    /// <summary>Called before each read; may throw in its place.</summary>
    public Action<ObjectUri>? BeforeRead { get; set; }

    public StoreCapabilities Capabilities => inner.Capabilities;

    public void Clear()
    {
        _reads.Clear();
        _heads = 0;
        _writes = 0;
    }

    public Task<ObjectInfo> HeadAsync(ObjectUri uri, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _heads);
        return inner.HeadAsync(uri, cancellationToken);
    }

    public async Task<ObjectRead> OpenReadAsync(ObjectUri uri, ReadRequest request, CancellationToken cancellationToken = default)
    {
        BeforeRead?.Invoke(uri);
        var read = await inner.OpenReadAsync(uri, request, cancellationToken);
        _reads.Enqueue(new RecordedRead(uri, read.Range, request.IfMatch));
        return read;
    }

    public Task<ObjectInfo> PutAsync(ObjectUri uri, ReadOnlyMemory<byte> content, PutOptions options, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _writes);
        return inner.PutAsync(uri, content, options, cancellationToken);
    }

    public Task<IMultipartUpload> CreateMultipartAsync(ObjectUri uri, PutOptions options, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _writes);
        return inner.CreateMultipartAsync(uri, options, cancellationToken);
    }

    public IAsyncEnumerable<ObjectInfo> ListAsync(ObjectUri prefix, CancellationToken cancellationToken = default) => inner.ListAsync(prefix, cancellationToken);

    public Task DeleteAsync(IReadOnlyCollection<ObjectUri> uris, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _writes);
        return inner.DeleteAsync(uris, cancellationToken);
    }

    public Task<ObjectInfo> CopyAsync(ObjectUri source, ObjectUri destination, PutOptions options, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _writes);
        return inner.CopyAsync(source, destination, options, cancellationToken);
    }

    public Task<bool> CreateContainerAsync(ObjectUri uri, CancellationToken cancellationToken = default) => inner.CreateContainerAsync(uri, cancellationToken);

    public Task<ObjectUri> PresignReadAsync(ObjectUri uri, TimeSpan validFor, CancellationToken cancellationToken = default) => inner.PresignReadAsync(uri, validFor, cancellationToken);

    // The inner store belongs to whoever made it.
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>One read request.</summary>
/// <param name="Uri">The object.</param>
/// <param name="Range">The bytes that were answered.</param>
/// <param name="IfMatch">The ETag that was asked for.</param>
public sealed record RecordedRead(ObjectUri Uri, ByteRange Range, string? IfMatch);
