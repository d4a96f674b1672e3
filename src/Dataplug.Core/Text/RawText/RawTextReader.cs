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
    private static readonly SearchValues<byte> Spaces = SearchValues.Create(" \t\n\v\f\r"u8);

    private readonly RecordBuffer _bytes;
    private readonly TextUnit _unit;
    private readonly TextEncoding _encoding;
    private bool _begun;

    internal RawTextReader(Stream stream, bool atStart, TextUnit unit, TextEncoding encoding, string source)
    {
        _bytes = new RecordBuffer(stream, source);
        _begun = !atStart;
        _unit = unit;
        _encoding = encoding;
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
        Current = default;
        return _bytes.DisposeAsync();
    }

    private async ValueTask<bool> MoveNextSlowAsync(CancellationToken cancellationToken)
    {
        if (!_begun)
        {
            while (!_bytes.Ended && _bytes.Unread.Length < ByteOrderMark.Utf8Length)
                await _bytes.FillAsync(cancellationToken).ConfigureAwait(false);
            _bytes.Take(ByteOrderMark.LengthOf(_bytes.Unread));
            _begun = true;
        }

        while (!TryTake())
        {
            if (_bytes.Ended)
                return false;
            await _bytes.FillAsync(cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    private bool TryTake() => _unit == TextUnit.Words ? TryTakeWord() : TryTakeLine();

    private bool TryTakeLine()
    {
        var bytes = _bytes.Unread;
        var length = bytes.IndexOfAny((byte)'\n', (byte)'\r');
        if (length < 0)
        {
            if (!_bytes.Ended || bytes.IsEmpty)
                return false;
            Current = _bytes.Take(bytes.Length);
            return true;
        }

        // What a CR at the end of the buffer is only the next byte can tell.
        if (bytes[length] == (byte)'\r' && length + 1 == bytes.Length && !_bytes.Ended)
            return false;
        Current = _bytes.Take(length);
        _bytes.Take(bytes[length..].StartsWith("\r\n"u8) ? 2 : 1);
        return true;
    }

    private bool TryTakeWord()
    {
        var bytes = _bytes.Unread;
        var blanks = bytes.IndexOfAnyExcept(Spaces);
        _bytes.Take(blanks < 0 ? bytes.Length : blanks);
        if (blanks < 0)
            return false;
        bytes = bytes[blanks..];
        var length = bytes.IndexOfAny(Spaces);
        if (length < 0 && !_bytes.Ended)
            return false;
        Current = _bytes.Take(length < 0 ? bytes.Length : length);
        return true;
    }
}
