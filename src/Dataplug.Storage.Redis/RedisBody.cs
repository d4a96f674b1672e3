namespace Dataplug.Storage;

/// <summary>The bytes of a read: the first come with its answer, the others are asked for when those have been taken.</summary>
internal sealed class RedisBody(RedisStore store, ObjectInfo info, ByteRange range, byte[] first) : ForwardStream
{
    private ReadOnlyMemory<byte> _left = first;
    private long _next = range.Offset + first.Length;
    private bool _disposed;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (buffer.IsEmpty || (_left.IsEmpty && _next == range.End))
            return 0;
        if (_left.IsEmpty)
        {
            var (_, bytes) = await store.ReadAsync(info.Uri, ByteRange.FromBounds(_next, range.End), info.ETag, cancellationToken).ConfigureAwait(false);
            if (bytes.Length == 0)
                throw new StorageException(info.Uri.Display, $"the answer ended {range.End - _next} bytes short", byteOffset: _next, isTransient: true);
            _left = bytes;
            _next += bytes.Length;
        }

        var count = Math.Min(buffer.Length, _left.Length);
        _left[..count].CopyTo(buffer);
        _left = _left[count..];
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        _left = default;
        base.Dispose(disposing);
    }
}
