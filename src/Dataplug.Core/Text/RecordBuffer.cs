using System.Buffers;

namespace Dataplug.Text;

/// <summary>
/// The bytes of a stream that were read and not yet taken. It grows to the longest record and no further.
/// </summary>
internal sealed class RecordBuffer : IAsyncDisposable
{
    private const int InitialLength = 64 << 10;
    private const int MaxRecord = 1 << 30;

    private readonly Stream _stream;
    private readonly string _source;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(InitialLength);
    private int _start;
    private int _end;

    /// <param name="stream">The stream; owned.</param>
    /// <param name="source">The object, for messages.</param>
    public RecordBuffer(Stream stream, string source)
    {
        _stream = stream;
        _source = source;
    }

    /// <summary>Whether the stream is at its end, so that <see cref="Unread"/> is all there is.</summary>
    public bool Ended { get; private set; }

    /// <summary>The bytes not yet taken.</summary>
    public ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Takes bytes from the front; they stay valid until the next <see cref="FillAsync"/>.</summary>
    public ReadOnlyMemory<byte> Take(int length)
    {
        var taken = _buffer.AsMemory(_start, length);
        _start += length;
        return taken;
    }

    /// <summary>Reads on, also when nothing was taken.</summary>
    /// <exception cref="UnsupportedFormatException">Nothing was taken of 1 GiB.</exception>
    public async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        var length = _end - _start;
        if (length >= MaxRecord)
            throw new UnsupportedFormatException(_source, $"a record is longer than {MaxRecord} bytes", "Read the slice as a stream of bytes.");
        if (length == _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(length * 2L, MaxRecord));
            _buffer.AsSpan(_start, length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
        else
        {
            _buffer.AsSpan(_start, length).CopyTo(_buffer);
        }

        (_start, _end) = (0, length);

        // A record that did not fit is scanned again: only once per doubling of the buffer, so fill it.
        var wanted = length == 0 ? 1 : _buffer.Length - length;
        var read = await _stream.ReadAtLeastAsync(_buffer.AsMemory(_end), wanted, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        _end += read;
        Ended = read < wanted;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        (_start, _end, Ended) = (0, 0, true);
        return _stream.DisposeAsync();
    }
}
