namespace Dataplug.Storage;

/// <summary>A run of an object as one request, sent when the first byte is asked for.</summary>
internal sealed class SingleReadStream(IObjectStore store, ObjectUri uri, ReadRequest request) : ForwardStream
{
    private ObjectRead? _read;
    private bool _disposed;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _read ??= await store.OpenReadAsync(uri, request, cancellationToken).ConfigureAwait(false);
        return await _read.Content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask DisposeAsync()
    {
        _disposed = true;
        if (_read is not null)
            await _read.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        if (disposing)
            _read?.Content.Dispose();
        base.Dispose(disposing);
    }
}
