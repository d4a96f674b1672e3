using System.Buffers;
using System.Globalization;

namespace Dataplug.Formats.Genomics;

/// <summary>
/// Reads four-line FASTQ as spans, without allocation per read: fill, take what is there, fill again.
/// <code>
/// while (await reader.FillAsync(cancellationToken))
///     while (reader.TryRead(out var read))
///         bases += read.Sequence.Length;
/// </code>
/// </summary>
/// <remarks>The rules are those of docs/formats/fastq.md: LF or CRLF, the last line end optional, empty lines allowed after the
/// last read. Owns the stream. Not for use by several threads at once.</remarks>
public sealed class FastqReader : IAsyncDisposable, IDisposable
{
    /// <summary>The largest read, title and line ends included, in bytes: 1 GiB.</summary>
    public const int MaxRecordLength = 1 << 30;

    private const byte Lowest = (byte)'!';
    private const byte Highest = (byte)'~';

    private readonly Stream _stream;
    private readonly FastqReaderOptions _options;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(128 << 10);
    private int _start;
    private int _end;
    private bool _ended;
    private bool _trailing;

    /// <summary>Reads from a stream of decompressed FASTQ.</summary>
    public FastqReader(Stream stream, FastqReaderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _stream = stream;
        _options = options ?? new FastqReaderOptions();
    }

    /// <summary>Reads taken so far.</summary>
    public long ReadsRead { get; private set; }

    /// <summary>Fetches more bytes. Take the reads that are there before.</summary>
    /// <returns>False when there is nothing left.</returns>
    /// <exception cref="CorruptObjectException">The stream ended in the middle of a read.</exception>
    /// <exception cref="UnsupportedFormatException">A read is larger than <see cref="MaxRecordLength"/>.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken = default)
    {
        if (_ended)
        {
            if (_start < _end)
                throw Corrupt("ends before it is complete");
            return false;
        }

        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end > _buffer.Length / 2)
            Grow();

        // A read of few bytes is not worth looking at: reads from network streams come in small pieces.
        var least = _end + (_buffer.Length / 4);
        while (_end < least)
        {
            var read = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                _ended = true;
                break;
            }

            _end += read;
        }

        return _start < _end;
    }

    /// <summary>Takes the next read of what was fetched.</summary>
    /// <param name="read">The read; valid until the next <see cref="FillAsync"/>.</param>
    /// <returns>False when more must be fetched first, or all is read.</returns>
    /// <exception cref="CorruptObjectException">The bytes are not FASTQ.</exception>
    public bool TryRead(out FastqReadView read)
    {
        read = default;
        var text = _buffer.AsSpan(_start, _end - _start);
        if (text.IsEmpty)
            return false;
        if (_trailing || text[0] is (byte)'\n' or (byte)'\r')
            return SkipTrailing(text);
        if (text[0] != (byte)'@')
            throw Corrupt($"begins with the byte {text[0]} instead of '@'");

        var position = 0;
        if (!TryLine(text, ref position, out var title) || !TryLine(text, ref position, out var sequence) || !TryLine(text, ref position, out var plus))
            return false;
        if (plus.IsEmpty || plus[0] != (byte)'+')
            throw Corrupt("has no line beginning with '+' after its sequence");
        if (!TryQualities(text, ref position, sequence.Length, out var qualities))
            return false;

        title = title[1..];
        if (plus.Length > 1 && !plus[1..].SequenceEqual(title) && !plus[1..].SequenceEqual(FastqTitle.Name(title)))
            throw Corrupt("repeats another title in its '+' line");
        if (sequence.ContainsAnyExceptInRange(Lowest, Highest))
            throw Corrupt("has a sequence with a byte outside 33 to 126");
        if (qualities.ContainsAnyExceptInRange(Lowest, Highest))
            throw Corrupt("has a quality outside the bytes 33 to 126");

        _start += position;
        ReadsRead++;
        read = new FastqReadView(title, sequence, qualities, _options.QualityEncoding);
        return true;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        ReturnBuffer();
        return _stream.DisposeAsync();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ReturnBuffer();
        _stream.Dispose();
    }

    // The line at a position without its end; false when its end is not there yet.
    private static bool TryLine(ReadOnlySpan<byte> text, scoped ref int position, out ReadOnlySpan<byte> line)
    {
        line = text[position..];
        var feed = line.IndexOf((byte)'\n');
        if (feed < 0)
            return false;
        position += feed + 1;
        line = line[..feed];
        if (line.EndsWith("\r"u8))
            line = line[..^1];
        return true;
    }

    // How long the qualities are is known; so they need not be searched for their end, which may be missing at the very end.
    private bool TryQualities(ReadOnlySpan<byte> text, scoped ref int position, int length, out ReadOnlySpan<byte> qualities)
    {
        qualities = default;
        var rest = text[position..];
        if (rest.Length > length)
        {
            var lineEnd = rest[length] == (byte)'\n' ? 1
                : rest.Length > length + 1 && rest[length] == (byte)'\r' && rest[length + 1] == (byte)'\n' ? 2
                : _ended && rest.Length == length + 1 && rest[length] == (byte)'\r' ? 1
                : 0;
            if (lineEnd > 0)
            {
                qualities = rest[..length];
                position += length + lineEnd;
                return true;
            }

            if (rest.Length > length + 1 || rest[length] != (byte)'\r')
                throw Corrupt($"has {length} bases but another number of qualities");
            return false;
        }

        // An empty last line is no line: a read of no bases needs its line end.
        if (!_ended || rest.Length < length || length == 0)
            return false;
        qualities = rest;
        position += length;
        return true;
    }

    // Empty lines may follow the last read, nothing else; a carriage return that is not before a line feed is something else.
    private bool SkipTrailing(ReadOnlySpan<byte> text)
    {
        _trailing = true;
        var position = 0;
        while (TryLine(text, ref position, out var line))
        {
            if (!line.IsEmpty)
                throw Corrupt("comes after an empty line");
        }

        var rest = text[position..];
        if (!rest.IsEmpty && !rest.SequenceEqual("\r"u8))
            throw Corrupt("comes after an empty line");
        _start += _ended ? text.Length : position;
        return false;
    }

    private void Grow()
    {
        if (_buffer.Length >= MaxRecordLength)
            throw new UnsupportedFormatException(_options.Source, $"read {_options.FirstRead + ReadsRead + 1} is longer than {MaxRecordLength / 2} bytes", "Read the slice as a stream of bytes instead.", _options.ByteOffset);
        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(0, _end).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private void ReturnBuffer()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        (_start, _end, _ended) = (0, 0, true);
    }

    private CorruptObjectException Corrupt(string problem) =>
        new(_options.Source, string.Create(CultureInfo.InvariantCulture, $"read {_options.FirstRead + ReadsRead + 1} {problem}"), byteOffset: _options.ByteOffset);
}
