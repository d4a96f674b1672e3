using System.Globalization;

namespace Dataplug.Formats.Genomics;

/// <summary>
/// Reads FASTQ as spans, without allocation per read: fill, take what is there, fill again.
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

    private readonly ReadBuffer _bytes;
    private readonly FastqReaderOptions _options;
    private bool _trailing;

    /// <summary>Reads from a stream of decompressed FASTQ.</summary>
    public FastqReader(Stream stream, FastqReaderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        _bytes = new ReadBuffer(stream);
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
        if (_bytes.Ended)
        {
            if (!_bytes.Unread.IsEmpty)
                throw Corrupt("ends before it is complete");
            return false;
        }

        if (_bytes.IsToGrow && _bytes.Capacity >= MaxRecordLength)
            throw new UnsupportedFormatException(_options.Source, $"read {_options.FirstRead + ReadsRead + 1} is longer than {MaxRecordLength / 2} bytes", "Read the slice as a stream of bytes instead.", _options.ByteOffset);
        await _bytes.FillAsync(cancellationToken).ConfigureAwait(false);
        return !_bytes.Unread.IsEmpty;
    }

    /// <summary>Takes the next read of what was fetched.</summary>
    /// <param name="read">The read; valid until the next <see cref="FillAsync"/>.</param>
    /// <returns>False when more must be fetched first, or all is read.</returns>
    /// <exception cref="CorruptObjectException">The bytes are not FASTQ.</exception>
    public bool TryRead(out FastqReadView read)
    {
        read = default;
        var text = _bytes.Unread;
        if (text.IsEmpty)
            return false;
        if (_trailing || text[0] is (byte)'\n' or (byte)'\r')
            return SkipTrailing(text);
        if (text[0] != (byte)'@')
            throw Corrupt($"begins with the byte {text[0]} instead of '@'");
        if (_options.IsWrapped)
            return TryReadWrapped(text, out read);

        var position = 0;
        if (!TryLine(text, ref position, out var title) || !TryLine(text, ref position, out var sequence) || !TryLine(text, ref position, out var plus))
            return false;
        if (plus.IsEmpty || plus[0] != (byte)'+')
            throw Corrupt("has no line beginning with '+' after its sequence");
        if (!TryQualities(text, ref position, sequence.Length, out var qualities))
            return false;

        _bytes.Take(position);
        read = Checked(title[1..], sequence, plus[1..], qualities);
        return true;
    }

    private FastqReadView Checked(ReadOnlySpan<byte> title, ReadOnlySpan<byte> sequence, ReadOnlySpan<byte> repeat, ReadOnlySpan<byte> qualities)
    {
        if (!repeat.IsEmpty && !repeat.SequenceEqual(title) && !repeat.SequenceEqual(FastqTitle.Name(title)))
            throw Corrupt("repeats another title in its '+' line");
        if (sequence.ContainsAnyExceptInRange(Lowest, Highest))
            throw Corrupt("has a sequence with a byte outside 33 to 126");
        if (qualities.ContainsAnyExceptInRange(Lowest, Highest))
            throw Corrupt("has a quality outside the bytes 33 to 126");
        ReadsRead++;
        return new FastqReadView(title, sequence, qualities, _options.QualityEncoding);
    }

    // A read of any number of lines, whose lines are then put together where they are in the buffer.
    private bool TryReadWrapped(Span<byte> text, out FastqReadView read)
    {
        read = default;
        var position = 0;
        if (!TryLine(text, ref position, out var title))
            return false;
        var sequenceStart = position;
        int bases = 0, lineStart;
        ReadOnlySpan<byte> line;
        for (; ; bases += line.Length)
        {
            lineStart = position;
            if (!TryLine(text, ref position, out line))
                return false;
            if (lineStart > sequenceStart && line.StartsWith("+"u8))
                break;
            if (lineStart > sequenceStart && line.IsEmpty)
                throw Corrupt("has an empty line in its sequence");
        }

        var plus = line[1..];
        var qualitiesStart = position;
        var qualities = 0;
        do
        {
            lineStart = position;
            if (!TryLine(text, ref position, out line))
            {
                // The last line of all may have no end.
                if (!_bytes.Ended || qualities + text.Length - position < bases || (bases == 0 && position == text.Length))
                    return false;
                line = text[position..];
                if (line.EndsWith("\r"u8))
                    line = line[..^1];
                position = text.Length;
            }

            qualities += line.Length;
            if (qualities > bases)
                throw Corrupt($"has {bases} bases but more qualities");
            if (line.IsEmpty && bases > 0)
                throw Corrupt($"has {bases} bases but {qualities} qualities");
        }
        while (qualities < bases);

        // Line ends are taken out; nothing of the read is needed again if more must be fetched, because all of it is there.
        Join(text[sequenceStart..], bases);
        Join(text[qualitiesStart..position], bases);
        _bytes.Take(position);
        read = Checked(title[1..], text.Slice(sequenceStart, bases), plus, text.Slice(qualitiesStart, bases));
        return true;
    }

    private static void Join(Span<byte> lines, int length)
    {
        var (from, to) = (0, 0);
        while (to < length)
        {
            var line = lines[from..];
            var end = line.IndexOf((byte)'\n');
            var next = end < 0 ? lines.Length : from + end + 1;
            line = end < 0 ? line : line[..end];
            if (line.EndsWith("\r"u8))
                line = line[..^1];
            line.CopyTo(lines[to..]);
            to += line.Length;
            from = next;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _bytes.DisposeAsync();

    /// <inheritdoc/>
    public void Dispose() => _bytes.Dispose();

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
                : _bytes.Ended && rest.Length == length + 1 && rest[length] == (byte)'\r' ? 1
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
        if (!_bytes.Ended || rest.Length < length || length == 0)
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
        _bytes.Take(_bytes.Ended ? text.Length : position);
        return false;
    }

    private CorruptObjectException Corrupt(string problem) =>
        new(_options.Source, string.Create(CultureInfo.InvariantCulture, $"read {_options.FirstRead + ReadsRead + 1} {problem}"), byteOffset: _options.ByteOffset);
}
