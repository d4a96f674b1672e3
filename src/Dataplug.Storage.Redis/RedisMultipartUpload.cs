using System.Collections.Concurrent;
using System.Globalization;

namespace Dataplug.Storage;

/// <summary>An object on its way up in parts, which lie on the server under its future version until the completion names them.</summary>
internal sealed class RedisMultipartUpload(RedisStore store, ObjectUri uri, PutOptions options, IReadOnlyDictionary<string, string> metadata) : IMultipartUpload
{
    private readonly string _version = Guid.NewGuid().ToString("N");
    private readonly ConcurrentDictionary<int, List<RedisChunk>> _parts = new();
    private readonly ConcurrentBag<RedisChunk> _attempted = [];
    private bool _finished;

    public int MinimumPartSize => 1;

    public async Task UploadPartAsync(int partNumber, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(partNumber, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(partNumber, 10_000);
        ObjectDisposedException.ThrowIf(_finished, this);
        var chunks = new List<RedisChunk>();
        try
        {
            await store.StageAsync(uri, _version, partNumber.ToString(CultureInfo.InvariantCulture), content, chunks, cancellationToken).ConfigureAwait(false);
            _parts[partNumber] = chunks;
        }
        finally
        {
            foreach (var chunk in chunks)
                _attempted.Add(chunk);
        }
    }

    public async Task<ObjectInfo> CompleteAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        if (_parts.IsEmpty)
            throw new InvalidOperationException("An upload needs at least one part.");
        var chunks = _parts.OrderBy(part => part.Key).SelectMany(part => part.Value).ToList();
        var info = await store.CommitAsync(uri, _version, chunks.Sum(chunk => (long)chunk.Size), RedisChunk.List(chunks), options, metadata, null, cancellationToken).ConfigureAwait(false);
        _finished = true;
        return info;
    }

    public async Task AbortAsync(CancellationToken cancellationToken = default)
    {
        if (_finished)
            return;
        _finished = true;
        await store.UnstageAsync(uri, _version, _attempted.Distinct()).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync() => await AbortAsync(CancellationToken.None).ConfigureAwait(false);
}
