using System.Buffers;

namespace Dataplug.Formats.Genomics;

/// <summary>
/// The bytes of a stream that were read and not yet taken, for readers of spans: filled when they ask, and then by a piece that is worth
/// looking at. What was taken stays where it is until the next fill. It grows so that a record of any length fits.
/// </summary>
internal sealed class ReadBuffer(Stream stream) : IAsyncDisposable, IDisposable
{
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(128 << 10);
    private int _start;
    private int _end;

    /// <summary>Whether the stream is at its end, so that <see cref="Unread"/> is all there is.</summary>
    public bool Ended { get; private set; }

    /// <summary>The bytes not yet taken.</summary>
    public Span<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Bytes that fit without growing.</summary>
    public int Capacity => _buffer.Length;

    /// <summary>Whether so much is not taken that the next fill makes the buffer larger.</summary>
    public bool IsToGrow => _end - _start > _buffer.Length / 2;

    /// <summary>Takes bytes from the front.</summary>
    public void Take(int length) => _start += length;

    /// <summary>Reads on.</summary>
    public async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        var grows = IsToGrow;
        if (_start > 0)
        {
            Unread.CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (grows)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            Unread.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        // A record of few bytes is not worth looking at: reads from network streams come in small pieces.
        var least = _end + (_buffer.Length / 4);
        while (_end < least)
        {
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                Ended = true;
                break;
            }

            _end += read;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Return();
        return stream.DisposeAsync();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Return();
        stream.Dispose();
    }

    private void Return()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        (_start, _end, Ended) = (0, 0, true);
    }
}
