using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>
/// The stored bytes of an object from a place on, one request after another: it ends where it was told to, and goes on from there
/// once it is told to.
/// </summary>
internal sealed class GZipSpanStream : ForwardStream
{
    private readonly PinnedObject _source;
    private readonly Func<ByteRange, Stream> _open;
    private readonly Func<long, long>? _grow;
    private Stream? _body;
    private long _bodyEnd;
    private ReadOnlyMemory<byte> _held;
    private bool _disposed;

    /// <param name="source">The object.</param>
    /// <param name="range">The bytes; they are asked for at the first read.</param>
    /// <param name="open">Opens a run of bytes with one request; null for the usual way.</param>
    /// <param name="grow">Asked at the end for a new end, given the old one; the same for no more. Null to end there.</param>
    public GZipSpanStream(PinnedObject source, ByteRange range, Func<ByteRange, Stream>? open = null, Func<long, long>? grow = null)
    {
        _source = source;
        _open = open ?? source.OpenPrefetched;
        _grow = grow;
        Offset = range.Offset;
        End = range.End;
    }

    /// <summary>Offset of the next byte to come from a request.</summary>
    public long Offset { get; private set; }

    /// <summary>Where it ends.</summary>
    public long End { get; private set; }

    /// <summary>The object.</summary>
    public PinnedObject Source => _source;

    /// <summary>Lets it go on to a later end: what comes after the old one is another request.</summary>
    public void ExtendTo(long end) => End = Math.Max(End, end);

    /// <summary>Takes what is left of the present answer into memory, so that no connection stays open.</summary>
    /// <param name="limit">The most bytes that may be.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    /// <returns>False when it is more; nothing was read then.</returns>
    public async ValueTask<bool> HoldRestAsync(int limit, CancellationToken cancellationToken)
    {
        if (_body is null)
            return true;
        var left = _bodyEnd - Offset;
        if (left > limit)
            return false;
        var rest = new byte[left];
        await _body.ReadExactlyAsync(rest, cancellationToken).ConfigureAwait(false);
        _held = rest;
        Offset += left;
        await CloseBodyAsync().ConfigureAwait(false);
        return true;
    }

    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (buffer.IsEmpty)
            return 0;
        if (TryTakeHeld(buffer, out var held))
            return held;
        if (!TryOpen())
            return 0;
        var read = Came(_body!.Read(buffer));
        if (Offset == _bodyEnd)
        {
            _body.Dispose();
            _body = null;
        }

        return read;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (buffer.IsEmpty)
            return 0;
        if (TryTakeHeld(buffer.Span, out var held))
            return held;
        if (!TryOpen())
            return 0;
        var read = Came(await _body!.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));
        if (Offset == _bodyEnd)
            await CloseBodyAsync().ConfigureAwait(false);
        return read;
    }

    public override async ValueTask DisposeAsync()
    {
        _disposed = true;
        await CloseBodyAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        _disposed = true;
        if (disposing)
            _body?.Dispose();
        _body = null;
        base.Dispose(disposing);
    }

    private bool TryTakeHeld(Span<byte> buffer, out int count)
    {
        count = Math.Min(buffer.Length, _held.Length);
        _held.Span[..count].CopyTo(buffer);
        _held = _held[count..];
        return count > 0;
    }

    private bool TryOpen()
    {
        if (_body is not null)
            return true;
        if (Offset == End && _grow is not null)
            End = Math.Max(End, _grow(End));
        if (Offset == End)
            return false;
        _body = Open();
        return true;
    }

    private Stream Open()
    {
        _bodyEnd = End;
        return _open(ByteRange.FromBounds(Offset, End));
    }

    private int Came(int read)
    {
        if (read == 0)
            throw new StorageException(_source.Uri.Display, $"the answer ended {_bodyEnd - Offset} bytes short", byteOffset: Offset, isTransient: true);
        Offset += read;
        return read;
    }

    private async ValueTask CloseBodyAsync()
    {
        if (_body is not { } body)
            return;
        _body = null;
        await body.DisposeAsync().ConfigureAwait(false);
    }
}
