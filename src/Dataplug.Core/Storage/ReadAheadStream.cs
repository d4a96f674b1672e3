using System.Buffers;

namespace Dataplug.Storage;

/// <summary>
/// A run of an object as several requests at a time, given out in order. Memory is at most <see cref="ReadAheadOptions.Parallelism"/>
/// parts: the next request is sent when a part has been read to its end.
/// </summary>
internal sealed class ReadAheadStream : ForwardStream
{
    private readonly IObjectStore _store;
    private readonly ObjectUri _uri;
    private readonly string _etag;
    private readonly ByteRange _range;
    private readonly ReadAheadOptions _options;
    private readonly Queue<Part> _parts = new();
    private readonly CancellationTokenSource _stop = new();
    private long _next;
    private int _consumed;
    private bool _disposed;

    public ReadAheadStream(IObjectStore store, ObjectUri uri, string etag, ByteRange range, ReadAheadOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.PartSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Parallelism);
        _store = store;
        _uri = uri;
        _etag = etag;
        _range = range;
        _options = options;
        _next = range.Offset;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (buffer.IsEmpty)
            return 0;
        Fill();
        if (!_parts.TryPeek(out var part))
            return 0;

        // The caller's token stops the wait, not the part, which a later read may still want; disposal stops the parts.
        var bytes = await part.Bytes.WaitAsync(cancellationToken).ConfigureAwait(false);
        var count = Math.Min(buffer.Length, part.Length - _consumed);
        bytes.AsMemory(_consumed, count).CopyTo(buffer);
        _consumed += count;
        if (_consumed == part.Length)
        {
            _parts.Dequeue();
            ArrayPool<byte>.Shared.Return(bytes);
            _consumed = 0;
            Fill();
        }

        return count;
    }

    public override async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        // The parts end on their own, and soon, once they are told to: nothing waits for them here.
        if (disposing)
            _ = StopAsync();
        base.Dispose(disposing);
    }

    private void Fill()
    {
        while (_parts.Count < _options.Parallelism && _next < _range.End)
        {
            var length = (int)Math.Min(_options.PartSize, _range.End - _next);
            _parts.Enqueue(new Part(FetchAsync(new ByteRange(_next, length), _stop.Token), length));
            _next += length;
        }
    }

    private async Task<byte[]> FetchAsync(ByteRange range, CancellationToken cancellationToken)
    {
        // Off the caller's thread: stores that answer at once (files) would otherwise run one part after the other.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var bytes = ArrayPool<byte>.Shared.Rent((int)range.Length);
        try
        {
            var read = await _store.OpenReadAsync(_uri, new ReadRequest(range, _etag), cancellationToken).ConfigureAwait(false);
            await using (read.ConfigureAwait(false))
                await read.Content.ReadExactlyAsync(bytes.AsMemory(0, (int)range.Length), cancellationToken).ConfigureAwait(false);
            return bytes;
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(bytes);
            throw;
        }
    }

    private async Task StopAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        while (_parts.TryDequeue(out var part))
        {
            await ((Task)part.Bytes).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (part.Bytes.IsCompletedSuccessfully)
                ArrayPool<byte>.Shared.Return(part.Bytes.Result);
        }

        _stop.Dispose();
    }

    private readonly record struct Part(Task<byte[]> Bytes, int Length);
}
