using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>Finds where reads begin in FASTQ that begins with one.</summary>
/// <param name="isWrapped">Whether reads may have more than four lines.</param>
internal sealed class FastqReadFinder(bool isWrapped) : RecordStartFinder
{
    private const int LinesPerRead = 4;

    private Line _line = Line.Title;
    private bool _isAtLineStart = true;
    private long _bases;
    private long _qualities;

    // The line at hand: its bytes, and whether the last one is a return.
    private long _bytes;
    private bool _endsWithReturn;
    private bool _beginsWithPlus;

    private enum Line
    {
        Title,
        Sequence,
        Plus,
        Qualities,
    }

    /// <inheritdoc/>
    public override int Find(ReadOnlySpan<byte> bytes, ref long toPass)
    {
        for (var i = 0; i < bytes.Length;)
        {
            if (_line == Line.Title && _isAtLineStart)
            {
                if (toPass == 0)
                    return i;
                toPass--;
            }

            if (_isAtLineStart)
                _beginsWithPlus = bytes[i] == (byte)'+';
            var feed = bytes[i..].IndexOf((byte)'\n');
            var part = feed < 0 ? bytes[i..] : bytes.Slice(i, feed);
            _isAtLineStart = feed >= 0;
            _bytes += part.Length;
            if (!part.IsEmpty)
                _endsWithReturn = part[^1] == (byte)'\r';
            i += part.Length + (feed < 0 ? 0 : 1);
            if (feed >= 0)
                EndLine();
        }

        return -1;
    }

    private void EndLine()
    {
        var length = _bytes - (_endsWithReturn ? 1 : 0);
        (_bytes, _endsWithReturn) = (0, false);
        if (!isWrapped)
        {
            _line = (Line)(((int)_line + 1) % LinesPerRead);
            return;
        }

        switch (_line)
        {
            case Line.Title:
                (_line, _bases, _qualities) = (Line.Sequence, 0, 0);
                break;
            case Line.Sequence:
                _bases += length;
                _line = Line.Plus;
                break;
            case Line.Plus when _beginsWithPlus:
                _line = Line.Qualities;
                break;
            case Line.Plus:
                _bases += length;
                break;
            default:
                _qualities += length;
                if (_qualities >= _bases)
                    _line = Line.Title;
                break;
        }
    }
}
