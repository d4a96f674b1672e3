using System.Collections.Concurrent;
using Amazon.S3.Model;

namespace Dataplug.Storage;

/// <summary>An S3 multipart upload under way.</summary>
internal sealed class S3MultipartUpload(S3Store store, ObjectUri uri, string uploadId, PutOptions options, IReadOnlyDictionary<string, string> metadata) : IMultipartUpload
{
    private readonly ConcurrentDictionary<int, (string ETag, long Size)> _parts = new();
    private bool _finished;

    // All but the last part have at least 5 MiB ("Amazon S3 multipart upload limits").
    public int MinimumPartSize => 5 << 20;

    public async Task UploadPartAsync(int partNumber, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(partNumber, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(partNumber, 10_000);
        ObjectDisposedException.ThrowIf(_finished, this);
        var answer = await store.UploadPartAsync(uri, uploadId, partNumber, content, cancellationToken).ConfigureAwait(false);
        _parts[partNumber] = (answer.ETag, content.Length);
    }

    public async Task<ObjectInfo> CompleteAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        if (_parts.IsEmpty)
            throw new InvalidOperationException("An upload needs at least one part.");
        var parts = _parts.OrderBy(part => part.Key).ToList();
        var info = await store.CompleteAsync(
            uri, uploadId, parts.Select(part => new PartETag(part.Key, part.Value.ETag)), parts.Sum(part => part.Value.Size), options, metadata, cancellationToken).ConfigureAwait(false);
        _finished = true;
        return info;
    }

    public async Task AbortAsync(CancellationToken cancellationToken = default)
    {
        if (_finished)
            return;
        await store.AbortAsync(uri, uploadId, cancellationToken).ConfigureAwait(false);
        _finished = true;
    }

    public async ValueTask DisposeAsync() => await AbortAsync(CancellationToken.None).ConfigureAwait(false);
}
