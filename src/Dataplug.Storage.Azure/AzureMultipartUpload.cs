using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Dataplug.Storage;

/// <summary>A block blob on its way up: parts are blocks, which the service does not show until their list is committed.</summary>
internal sealed class AzureMultipartUpload(AzureBlobStore store, ObjectUri uri, PutOptions options, IReadOnlyDictionary<string, string> metadata) : IMultipartUpload
{
    private readonly string _id = Guid.NewGuid().ToString("N");
    private readonly ConcurrentDictionary<int, long> _parts = new();
    private bool _finished;

    public int MinimumPartSize => 1;

    public async Task UploadPartAsync(int partNumber, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(partNumber, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(partNumber, 10_000);
        ObjectDisposedException.ThrowIf(_finished, this);

        // The service takes no empty block, and nothing is missing without it.
        if (!content.IsEmpty)
            await store.StageAsync(uri, BlockId(partNumber), content, cancellationToken).ConfigureAwait(false);
        _parts[partNumber] = content.Length;
    }

    public async Task<ObjectInfo> CompleteAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        if (_parts.IsEmpty)
            throw new InvalidOperationException("An upload needs at least one part.");
        var blocks = _parts.Where(part => part.Value > 0).OrderBy(part => part.Key).Select(part => BlockId(part.Key));
        var info = await store.CommitAsync(uri, blocks, _parts.Values.Sum(), options, metadata, cancellationToken).ConfigureAwait(false);
        _finished = true;
        return info;
    }

    // The service throws blocks away by itself; see AzureBlobStore.
    public Task AbortAsync(CancellationToken cancellationToken = default)
    {
        _finished = true;
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _finished = true;
        return default;
    }

    // All of one length, as "Put Block" demands.
    private string BlockId(int partNumber) =>
        Convert.ToBase64String(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{_id}-{partNumber:00000}")));
}
