using System.Buffers;

namespace Dataplug.Text;

/// <summary>
/// Reads the lines or words of a slice as bytes, without an allocation per record. Memory is bounded by the longest record.
/// </summary>
/// <example><code>
/// await using var reader = await slice.OpenReaderAsync();
/// while (await reader.MoveNextAsync())
///     Count(reader.Current.Span);
/// </code></example>
public sealed class RawTextReader : IAsyncDisposable
{
    private const int InitialBuffer = 64 << 10;
    private const int MaxRecord = 1 << 30;
    private static readonly SearchValues<byte> Spaces = SearchValues.Create(" \t\n\v\f\r"u8);

    private readonly Stream _stream;
    private readonly TextUnit _unit;
    private readonly TextEncoding _encoding;
    private readonly string _source;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(InitialBuffer);
    private int _start;
    private int _end;
    private bool _ended;
    private bool _begun;

    internal RawTextReader(Stream stream, bool atStart, TextUnit unit, TextEncoding encoding, string source)
    {
        _stream = stream;
        _begun = !atStart;
        _unit = unit;
        _encoding = encoding;
        _source = source;
    }

    /// <summary>The line without its line end, or the word; without the byte order mark. Valid until the next
    /// <see cref="MoveNextAsync"/>.</summary>
    public ReadOnlyMemory<byte> Current { get; private set; }

    /// <summary><see cref="Current"/>, decoded.</summary>
    public string GetString() => _encoding.ToEncoding().GetString(Current.Span);

    /// <summary>Goes to the next line or word.</summary>
    /// <returns>False at the end of the slice.</returns>
    /// <exception cref="UnsupportedFormatException">A record is longer than 1 GiB.</exception>
    public ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken = default) =>
        _begun && TryTake() ? ValueTask.FromResult(true) : MoveNextSlowAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
            _start = _end = 0;
            _ended = true;
            Current = default;
        }

        return _stream.DisposeAsync();
    }

    private async ValueTask<bool> MoveNextSlowAsync(CancellationToken cancellationToken)
    {
        if (!_begun)
        {
            while (!_ended && _end < ByteOrderMark.Utf8Length)
                await FillAsync(cancellationToken).ConfigureAwait(false);
            _start = ByteOrderMark.LengthOf(_buffer.AsSpan(0, _end));
            _begun = true;
        }

        while (!TryTake())
        {
            if (_ended)
                return false;
            await FillAsync(cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    private bool TryTake() => _unit == TextUnit.Words ? TryTakeWord() : TryTakeLine();

    private bool TryTakeLine()
    {
        var bytes = _buffer.AsSpan(_start, _end - _start);
        var length = bytes.IndexOfAny((byte)'\n', (byte)'\r');
        if (length < 0)
        {
            if (!_ended || bytes.IsEmpty)
                return false;
            Take(bytes.Length, 0);
            return true;
        }

        // What a CR at the end of the buffer is only the next byte can tell.
        if (bytes[length] == (byte)'\r' && length + 1 == bytes.Length && !_ended)
            return false;
        Take(length, bytes[length..].StartsWith("\r\n"u8) ? 2 : 1);
        return true;
    }

    private bool TryTakeWord()
    {
        var bytes = _buffer.AsSpan(_start, _end - _start);
        var blanks = bytes.IndexOfAnyExcept(Spaces);
        _start = blanks < 0 ? _end : _start + blanks;
        if (blanks < 0)
            return false;
        bytes = bytes[blanks..];
        var length = bytes.IndexOfAny(Spaces);
        if (length < 0 && !_ended)
            return false;
        Take(length < 0 ? bytes.Length : length, 0);
        return true;
    }

    private void Take(int length, int lineEnd)
    {
        Current = _buffer.AsMemory(_start, length);
        _start += length + lineEnd;
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        var length = _end - _start;
        if (length == _buffer.Length)
        {
            if (length >= MaxRecord)
            {
                throw new UnsupportedFormatException(
                    _source, $"a {(_unit == TextUnit.Words ? "word" : "line")} is longer than {MaxRecord} bytes and can't be read as a record", "Read the slice as a stream of bytes.");
            }

            var larger = ArrayPool<byte>.Shared.Rent(length * 2);
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
        _ended = read < wanted;
    }
}
