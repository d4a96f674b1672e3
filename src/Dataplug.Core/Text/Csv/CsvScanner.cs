using System.Numerics;

namespace Dataplug.Text;

/// <summary>Where in a quoted field the scanner is.</summary>
internal enum CsvState : byte
{
    /// <summary>Not in one.</summary>
    Outside,

    /// <summary>In one.</summary>
    Inside,

    /// <summary>After a quote in one: another quote is a doubled one, anything else means that the field's quotes are closed.</summary>
    Closing,
}

/// <summary>
/// Finds where rows start in one chunk of a CSV object, 64 bytes at a time, without knowing whether the chunk begins inside a
/// quoted field: it follows both possibilities until they agree, which they nearly always do after a few fields.
/// </summary>
/// <remarks>
/// Three states can be at a chunk's start, but from the first byte on that is no quote two remain. Proof: before such a byte
/// Closing acts as Outside, and whether a field is at its start, the byte before tells. If the byte before the chunk is a
/// quote, the run of quotes at the chunk's start opens no field (a quote after a quote never does), it only alternates between
/// Inside and Closing. If it is not, the state Closing is impossible.
/// A row starts at a byte that is no line end after one that is, outside of quotes, or at the start of the object; so blank
/// lines are no rows, and CRLF needs no care.
/// </remarks>
internal sealed class CsvScanner
{
    private readonly MarkGrid _grid;
    private readonly byte _delimiter;
    private readonly byte _quote;
    private readonly bool _quoting;
    private readonly long _expectedFields;
    private ulong _afterLineEnd;
    private ulong _afterDelimiter;
    private long _position;
    private bool _inLeadingQuotes;
    private bool _scanned;

    // The possibility that the chunk began outside of quotes and, while it differs, the one that it began inside.
    private CsvState _state = CsvState.Outside;
    private CsvSegment _segment;
    private CsvState _otherState = CsvState.Inside;
    private CsvSegment? _otherSegment;

    /// <summary>Begins at an offset.</summary>
    /// <param name="grid">Where marks are wanted.</param>
    /// <param name="dialect">What separates and quotes fields.</param>
    /// <param name="expectedFields">Fields that a row should have; 0 when that is unknown.</param>
    /// <param name="start">Offset of the first byte that will be scanned.</param>
    /// <param name="before">The byte before it; null at the start of the object (after its byte order mark).</param>
    public CsvScanner(MarkGrid grid, CsvDialect dialect, long expectedFields, long start, byte? before)
    {
        _grid = grid;
        _delimiter = dialect.Delimiter;
        _quoting = dialect.Quote is not null;
        _quote = dialect.Quote ?? 0;
        _expectedFields = expectedFields;
        _position = start;
        _afterLineEnd = before is null or (byte)'\n' or (byte)'\r' ? 1UL : 0;
        _afterDelimiter = before == _delimiter ? 1UL : 0;
        _inLeadingQuotes = _quoting && before == _quote;
        _segment = new CsvSegment(grid);
        Result = new CsvPartial { Outside = _segment };
        if (before is not null && _quoting)
            Result.Inside = _otherSegment = new CsvSegment(grid);
    }

    private CsvPartial Result { get; }

    /// <summary>Takes the next bytes.</summary>
    public void Scan(ReadOnlySpan<byte> bytes)
    {
        _scanned |= !bytes.IsEmpty;
        if (_inLeadingQuotes)
        {
            var quotes = bytes.IndexOfAnyExcept(_quote);
            _inLeadingQuotes = quotes < 0;
            quotes = quotes < 0 ? bytes.Length : quotes;
            Result.LeadingQuotes += quotes;
            _position += quotes;
            bytes = bytes[quotes..];
        }

        while (bytes.Length >= ByteBlock.Size)
        {
            ScanBlock(ByteBlock.Load(bytes), ByteBlock.Size);
            bytes = bytes[ByteBlock.Size..];
        }

        if (bytes.Length > 0)
            ScanBlock(ByteBlock.LoadPartial(bytes), bytes.Length);
    }

    /// <summary>What was found.</summary>
    public CsvPartial Finish()
    {
        Result.OnlyQuotes = _inLeadingQuotes;
        Result.OutsideEnd = _state;
        Result.InsideEnd = _otherSegment is null ? _state : _otherState;
        Result.EndsWithNewline = _scanned && _afterLineEnd != 0;
        return Result;
    }

    private void ScanBlock(ByteBlock block, int length)
    {
        var valid = ByteBlock.Below(length);
        var lineEnds = block.Equal((byte)'\n') | block.Equal((byte)'\r');
        var delimiters = block.Equal(_delimiter) & valid;
        var quotes = _quoting ? block.Equal(_quote) & valid : 0;
        var afterLineEnds = (lineEnds << 1) | _afterLineEnd;
        var masks = new Masks(
            RowStarts: afterLineEnds & ~lineEnds & valid,
            Openings: quotes & (afterLineEnds | (delimiters << 1) | _afterDelimiter),
            Quotes: quotes,
            Delimiters: delimiters,
            Length: length);
        var last = length - 1;
        _afterLineEnd = (lineEnds >> last) & 1;
        _afterDelimiter = (delimiters >> last) & 1;

        _state = Follow(_state, masks, _segment);
        if (_otherSegment is not null)
        {
            _otherState = Follow(_otherState, masks, _otherSegment);
            if (_otherState == _state)
            {
                // From here on both say the same.
                _otherSegment = null;
                Result.Shared = _segment = new CsvSegment(_grid);
            }
        }

        _position += length;
    }

    private CsvState Follow(CsvState state, in Masks masks, CsvSegment segment)
    {
        var at = 0;
        if (state == CsvState.Closing)
        {
            state = (masks.Quotes & 1) != 0 ? CsvState.Inside : CsvState.Outside;
            at = state == CsvState.Inside ? 1 : 0;
        }

        while (true)
        {
            var rest = ByteBlock.From(at);
            if (state == CsvState.Outside)
            {
                var events = (masks.RowStarts | masks.Openings) & rest;
                for (; events != 0; events &= events - 1)
                {
                    var bit = BitOperations.TrailingZeroCount(events);
                    segment.AddDelimiters(BitOperations.PopCount(masks.Delimiters & rest & ByteBlock.Below(bit)));
                    rest = ByteBlock.From(bit);
                    if (((masks.RowStarts >> bit) & 1) != 0)
                        segment.StartRow(_position + bit, _expectedFields);
                    if (((masks.Openings >> bit) & 1) != 0)
                    {
                        segment.OpenQuote = _position + bit;
                        state = CsvState.Inside;
                        at = bit + 1;
                        break;
                    }
                }

                if (state == CsvState.Outside)
                {
                    segment.AddDelimiters(BitOperations.PopCount(masks.Delimiters & rest));
                    return state;
                }

                rest = ByteBlock.From(at);
            }

            var quotes = masks.Quotes & rest;
            if (quotes == 0)
                return CsvState.Inside;
            var quote = BitOperations.TrailingZeroCount(quotes);
            if (quote == masks.Length - 1)
                return CsvState.Closing;
            var doubled = ((masks.Quotes >> (quote + 1)) & 1) != 0;
            state = doubled ? CsvState.Inside : CsvState.Outside;
            at = quote + (doubled ? 2 : 1);
        }
    }

    /// <summary>What the bytes of a block are. Row starts and openings hold only where the scanner is outside of quotes.</summary>
    private readonly record struct Masks(ulong RowStarts, ulong Openings, ulong Quotes, ulong Delimiters, int Length);
}
