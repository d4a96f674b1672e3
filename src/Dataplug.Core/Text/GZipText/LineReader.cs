using System.Buffers;

namespace Dataplug.Text;

/// <summary>
/// Reads lines as spans, without allocation per line: fill, take what is there, fill again.
/// </summary>
/// <remarks>A line ends with LF or CRLF, neither of which is part of it; a last line needs no end. Owns the stream.</remarks>
public sealed class LineReader : IDisposable
{
    /// <summary>The longest line that is read, in bytes: 256 MiB.</summary>
    public const int MaxLineLength = 256 << 20;

    private readonly Stream _stream;
    private readonly string _source;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(64 << 10);
    private int _start;
    private int _searched;
    private int _end;
    private bool _ended;

    /// <summary>Reads from a stream.</summary>
    /// <param name="stream">The text, in an encoding where the byte 0x0A is always a line feed (UTF-8, ASCII, ISO 8859).</param>
    /// <param name="source">The object's name for error messages.</param>
    public LineReader(Stream stream, string source)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _stream = stream;
        _source = source;
    }

    /// <summary>Fetches more bytes. Take the lines that are there before.</summary>
    /// <returns>False when there is nothing left.</returns>
    /// <exception cref="UnsupportedFormatException">A line is longer than <see cref="MaxLineLength"/>.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken = default)
    {
        if (_ended)
            return _start < _end;
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_end, _searched, _start) = (_end - _start, _searched - _start, 0);
        }

        if (_end == _buffer.Length)
            Grow();
        var read = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += read;
        _ended = read == 0;
        return !_ended || _start < _end;
    }

    /// <summary>Takes the next line of what was fetched.</summary>
    /// <param name="line">The line without its end; valid until the next <see cref="FillAsync"/>.</param>
    /// <returns>False when more must be fetched first.</returns>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        var found = _buffer.AsSpan(_searched, _end - _searched).IndexOf((byte)'\n');
        if (found >= 0)
        {
            var end = _searched + found;
            line = _buffer.AsSpan(_start, end - _start);
            if (line.EndsWith("\r"u8))
                line = line[..^1];
            _start = _searched = end + 1;
        }
        else if (_ended && _start < _end)
        {
            line = _buffer.AsSpan(_start, _end - _start);
            _start = _searched = _end;
        }
        else
        {
            _searched = _end;
            line = default;
            return false;
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        (_start, _searched, _end, _ended) = (0, 0, 0, true);
        _stream.Dispose();
    }

    private void Grow()
    {
        if (_buffer.Length >= MaxLineLength)
            throw new UnsupportedFormatException(_source, $"a line is longer than {MaxLineLength} bytes", "Read the slice as a stream of bytes instead.");
        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(0, _end).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
