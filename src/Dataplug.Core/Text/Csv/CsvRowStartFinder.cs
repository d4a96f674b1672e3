using System.Buffers;

namespace Dataplug.Text;

/// <summary>Finds row starts by the rules of <see cref="CsvScanner"/>, from a place outside of quotes on.</summary>
internal sealed class CsvRowStartFinder : RecordStartFinder
{
    private readonly byte _delimiter;
    private readonly byte _quote;
    private readonly bool _quoting;
    private readonly SearchValues<byte> _outsideEvents;
    private CsvState _state = CsvState.Outside;
    private byte _before = (byte)'\n';
    private int _toIgnore;

    /// <param name="dialect">What separates and quotes fields.</param>
    /// <param name="byteOrderMarkLength">Bytes at the start that are no text.</param>
    public CsvRowStartFinder(CsvDialect dialect, int byteOrderMarkLength)
    {
        _delimiter = dialect.Delimiter;
        _quoting = dialect.Quote is not null;
        _quote = dialect.Quote ?? 0;
        _outsideEvents = SearchValues.Create(_quoting ? [(byte)'\r', (byte)'\n', _quote] : [(byte)'\r', (byte)'\n']);
        _toIgnore = byteOrderMarkLength;
    }

    /// <inheritdoc/>
    public override int Find(ReadOnlySpan<byte> bytes, ref long toPass)
    {
        var i = Math.Min(_toIgnore, bytes.Length);
        _toIgnore -= i;
        while (i < bytes.Length)
        {
            var value = bytes[i];
            if (_state == CsvState.Inside)
            {
                var quote = bytes[i..].IndexOf(_quote);
                i = quote < 0 ? bytes.Length : i + quote + 1;
                _state = quote < 0 ? CsvState.Inside : CsvState.Closing;
                _before = _quote;
                continue;
            }

            if (_state == CsvState.Closing)
            {
                _state = value == _quote ? CsvState.Inside : CsvState.Outside;
                i += _state == CsvState.Inside ? 1 : 0;
                continue;
            }

            if (IsLineEnd(_before) && !IsLineEnd(value))
            {
                if (toPass == 0)
                    return i;
                toPass--;
            }

            if (_quoting && value == _quote && (IsLineEnd(_before) || _before == _delimiter))
            {
                _state = CsvState.Inside;
                _before = value;
                i++;
                continue;
            }

            // This byte is done; on to the next at which something can happen.
            var next = bytes[(i + 1)..].IndexOfAny(_outsideEvents);
            next = next < 0 ? bytes.Length : i + 1 + next;
            if (IsLineEnd(value))
                next = i + 1;
            _before = bytes[next - 1];
            i = next;
        }

        return -1;
    }

    private static bool IsLineEnd(byte value) => value is (byte)'\n' or (byte)'\r';
}
