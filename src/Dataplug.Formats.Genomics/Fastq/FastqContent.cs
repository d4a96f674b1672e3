using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>
/// Validates and measures FASTQ content while it is decompressed: records as Cock et al. (2010), Nucleic Acids
/// Research 38:1767, "FASTQ format", describe them, of four lines or, from the first on that is so, wrapped over more.
/// </summary>
/// <remarks>
/// Records that lie wholly in one piece of content are checked at the speed of a few vector searches each; what is left over at
/// the end of a piece is checked line by line, with a state of fixed size carried on. Whatever the fast way finds odd is looked
/// at again by the slow way, which knows all the rules and what to say.
/// </remarks>
internal sealed class FastqContent : IGZipIndexedContent
{
    /// <summary>Binary logarithm of the cells of compressed objects' content, of each of which the first read is marked: 512 KiB.</summary>
    public const int UsualMarkShift = 19;

    private const int LinesPerRead = 4;
    private const byte Lowest = (byte)'!';
    private const byte Highest = (byte)'~';
    private const ulong HashStart = 14695981039346656037;
    private const ulong HashFactor = 1099511628211;

    // IUPAC nucleotide codes, gaps and stops: what a sequence goes on with where it is wrapped.
    private static readonly SearchValues<byte> NucleotideCodes = SearchValues.Create("ACGTURYSWKMBDHVNXacgturyswkmbdhvnx*-."u8);

    private readonly int _markShift;
    private readonly List<FastqMark> _found = [];
    private State _s = State.AtStart;
    private long _foundReads;
    private long _foundBases;

    // In the middle of an object: lines are passed over up to the first record.
    private bool _passesLines;
    private bool _isPart;
    private long _readsBefore;

    public FastqContent(int markShift = UsualMarkShift) => _markShift = markShift;

    /// <inheritdoc/>
    public long LineFeeds => _s.LineFeeds;

    /// <inheritdoc/>
    public bool IsAtLineStart => _s.LineBytes == 0;

    /// <inheritdoc/>
    public long RecordEnd => _s.RecordEnd;

    /// <summary>Reads so far.</summary>
    public long Reads => _s.Reads;

    /// <inheritdoc/>
    public bool IsBetweenRecords => _passesLines || (_s.Line == Line.Header && _s.LineBytes == 0);

    // The read at hand, for people.
    private long Read => _readsBefore + _s.Reads + 1;

    /// <inheritdoc/>
    /// <remarks>Reads have four lines, so that the number of line feeds tells where the next one begins.</remarks>
    public void BeginAt(long lineFeeds, bool isAtLineStart)
    {
        _s.LineFeeds = lineFeeds;
        _s.LineBytes = isAtLineStart ? 0 : 1;
        _passesLines = !isAtLineStart || lineFeeds % LinesPerRead != 0;
        _isPart = true;
        _readsBefore = isAtLineStart ? (lineFeeds + LinesPerRead - 1) / LinesPerRead : (lineFeeds / LinesPerRead) + 1;
    }

    /// <inheritdoc/>
    public void Merge(ReadOnlySpan<byte> following)
    {
        var whole = _s;
        Restore(following);
        _s.IsWrapped |= whole.IsWrapped;
        _s.Reads += whole.Reads;
        _s.Bases += whole.Bases;
        _s.MinLength = Math.Min(_s.MinLength, whole.MinLength);
        _s.MaxLength = Math.Max(_s.MaxLength, whole.MaxLength);
        _s.MinQuality = Math.Min(_s.MinQuality, whole.MinQuality);
        _s.MaxQuality = Math.Max(_s.MaxQuality, whole.MaxQuality);
    }

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<byte> content, in GZipPlace place)
    {
        if (!_passesLines)
        {
            AppendReads(content, place);
            return;
        }

        var passed = PassLines(content);
        if (!_passesLines)
            AppendReads(content[passed..], place with { ContentOffset = place.ContentOffset + passed });
    }

    // Up to the first record, whose number of lines before it is known.
    private int PassLines(ReadOnlySpan<byte> content)
    {
        for (var position = 0; position < content.Length;)
        {
            var feed = content[position..].IndexOf((byte)'\n');
            if (feed < 0)
            {
                _s.LineBytes += content.Length - position;
                break;
            }

            position += feed + 1;
            _s.LineBytes = 0;
            if (++_s.LineFeeds % LinesPerRead == 0)
            {
                _passesLines = false;
                return position;
            }
        }

        return content.Length;
    }

    private void AppendReads(ReadOnlySpan<byte> content, in GZipPlace place)
    {
        var position = _s.Line == Line.Header && _s.LineBytes == 0 ? 0 : AppendLines(content, 0, place, untilRecord: true);
        while (position < content.Length)
        {
            var done = AppendRecords(content[position..], place.ContentOffset + position);
            position += Math.Max(done, 0);
            if (done > 0)
                _s.RecordEnd = place.ContentOffset + position;
            if (position < content.Length)
                position = AppendLines(content, position, place, untilRecord: done >= 0);
        }
    }

    /// <inheritdoc/>
    public void Complete(in GZipPlace place)
    {
        if (_passesLines)
            return;
        if (_s.Line == Line.Trailing || (_s.Line == Line.Header && _s.LineBytes == 0))
            return;
        if (_s.LineBytes > 0)
        {
            if (_s.Line == Line.Header && _s.TextBytes == 0)
                return; // a last carriage return alone
            if (_s.Line == Line.Qualities)
            {
                EndLine(place, 0);
                if (_s.Line == Line.Qualities)
                    throw Corrupt(place, 0, $"read {Read} has {_s.Length} bases but {_s.QualityBytes} qualities");
                return;
            }
        }

        var missing = (_s.Line, _s.LineBytes > 0) switch
        {
            (Line.Header, _) or (Line.Sequence, false) => "sequence",
            (Line.Sequence, true) or (Line.Plus, false) => "'+' line",
            _ => "qualities",
        };
        throw Corrupt(place, 0, $"the content ends in the middle of read {Read}, before its {missing}");
    }

    /// <inheritdoc/>
    /// <remarks>Marks, and the reads and bases since the last time; offsets are those of the content, numbers count from that time.</remarks>
    public ReadOnlyMemory<byte> TakeFound()
    {
        var found = FastqMarkColumns.Write(_found, _s.Reads - _foundReads, _s.Bases - _foundBases);
        _found.Clear();
        (_foundReads, _foundBases) = (_s.Reads, _s.Bases);
        return found;
    }

    /// <inheritdoc/>
    public IGZipColumns CreateColumns() => new FastqMarkColumns(_markShift);

    /// <inheritdoc/>
    public void Save(IBufferWriter<byte> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<State>(in _s)));
    }

    /// <inheritdoc/>
    public void Restore(ReadOnlySpan<byte> state)
    {
        if (!MemoryMarshal.TryRead(state, out State restored) || restored.Version != State.CurrentVersion)
            throw new CorruptIndexException(null, "a saved state of the FASTQ validation is damaged");
        _s = restored;
        (_foundReads, _foundBases) = (_s.Reads, _s.Bases);
    }

    /// <inheritdoc/>
    public void WriteAttributes(Utf8JsonWriter attributes)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        attributes.WriteNumber("reads", _s.Reads);
        attributes.WriteNumber("lines", _s.LineFeeds + (IsAtLineStart ? 0 : 1));
        attributes.WriteNumber("bases", _s.Bases);
        if (_s.Reads > 0)
        {
            attributes.WriteNumber("minReadLength", _s.MinLength);
            attributes.WriteNumber("maxReadLength", _s.MaxLength);
            attributes.WriteNumber("meanReadLength", (double)_s.Bases / _s.Reads);
        }

        if (_s.Bases > 0)
        {
            attributes.WriteNumber("minQualityByte", _s.MinQuality);
            attributes.WriteNumber("maxQualityByte", _s.MaxQuality);
        }

        attributes.WriteBoolean("wrapped", _s.IsWrapped);
        attributes.WriteString("qualityEncoding", FastqQuality.Name(FastqQuality.Guess(_s.Bases > 0, _s.MinQuality, _s.MaxQuality)));
    }

    // Whole records from the start of the span on, as long as nothing about them is odd. Returns the bytes that were done, or
    // -1 when a quality is out of range somewhere: nothing is done then, and the slow way will find it.
    // Optimised at its first call: there are few calls, each on much content.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int AppendRecords(ReadOnlySpan<byte> content, long offset)
    {
        var (foundBefore, cellBefore) = (_found.Count, _s.NextCell);
        var range = QualityRange.Start;
        var (reads, bases, minLength, maxLength) = (0L, 0L, _s.MinLength, _s.MaxLength);
        var done = 0;
        while (true)
        {
            var rest = content[done..];
            if (rest.IsEmpty || rest[0] != (byte)'@')
                break;
            var header = rest.IndexOf((byte)'\n');
            if (header < 0)
                break;
            var sequence = header + 1;
            var length = rest[sequence..].IndexOfAnyExceptInRange(Lowest, Highest);
            if (length < 0)
                break;

            // Line ends: LF, or CRLF.
            var plus = sequence + length;
            plus = LineEnd(rest, plus);
            if (plus < 0 || plus >= rest.Length || rest[plus] != (byte)'+')
                break;
            var qualities = LineEnd(rest, plus + 1);
            if (qualities < 0)
            {
                var repeat = rest[(plus + 1)..].IndexOf((byte)'\n');
                if (repeat < 0 || !Repeats(rest[1..header], rest.Slice(plus + 1, repeat)))
                    break;
                qualities = plus + 1 + repeat + 1;
            }

            if (rest.Length - qualities < length)
                break;
            var end = LineEnd(rest, qualities + length);
            if (end < 0)
                break;

            // Whether a quality is out of range shows at the end of all records.
            range.Add(rest.Slice(qualities, length));
            done += end;
            reads++;
            bases += length;
            minLength = Math.Min(minLength, length);
            maxLength = Math.Max(maxLength, length);
            if (offset + done >= _s.NextCell)
                Mark(offset + done, _s.Reads + reads, _s.Bases + bases);
        }

        var (lowest, highest) = range.Get();
        if (bases > 0)
        {
            if (lowest < Lowest || highest > Highest)
            {
                _found.RemoveRange(foundBefore, _found.Count - foundBefore);
                _s.NextCell = cellBefore;
                return -1;
            }

            _s.MinQuality = Math.Min(_s.MinQuality, lowest);
            _s.MaxQuality = Math.Max(_s.MaxQuality, highest);
        }

        _s.Reads += reads;
        _s.LineFeeds += 4 * reads;
        _s.Bases += bases;
        _s.MinLength = minLength;
        _s.MaxLength = maxLength;
        return done;
    }

    // A read ends, so that the next one, or the end, is here: the first such place of every cell is kept.
    private void Mark(long offset, long reads, long bases)
    {
        if (offset < _s.NextCell)
            return;
        _found.Add(new FastqMark(offset, reads - _foundReads, bases - _foundBases));
        _s.NextCell = ((offset >> _markShift) + 1) << _markShift;
    }

    // The place after a line end, or -1 where there is none.
    private static int LineEnd(ReadOnlySpan<byte> text, int at)
    {
        if (at < text.Length && text[at] == (byte)'\n')
            return at + 1;
        return at + 1 < text.Length && text[at] == (byte)'\r' && text[at + 1] == (byte)'\n' ? at + 2 : -1;
    }

    private static bool Repeats(ReadOnlySpan<byte> title, ReadOnlySpan<byte> repeat)
    {
        if (title.SequenceEqual(repeat))
            return true;
        if (repeat.EndsWith("\r"u8))
            repeat = repeat[..^1];
        if (title.EndsWith("\r"u8))
            title = title[..^1];
        return repeat.IsEmpty || title.SequenceEqual(repeat) || FastqTitle.Name(title).SequenceEqual(repeat);
    }

    // Line by line, from any state on; with untilRecord up to the start of the next record. Returns where it stopped.
    private int AppendLines(ReadOnlySpan<byte> content, int position, in GZipPlace place, bool untilRecord)
    {
        do
        {
            var rest = content[position..];
            var feed = rest.IndexOf((byte)'\n');
            AppendToLine(feed < 0 ? rest : rest[..feed], place, position);
            if (feed < 0)
                return content.Length;
            position += feed + 1;
            EndLine(place, position);
            _s.LineFeeds++;
            _s.LineBytes = 0;
        }
        while (position < content.Length && !(untilRecord && _s.Line == Line.Header));
        return position;
    }

    private void AppendToLine(ReadOnlySpan<byte> text, in GZipPlace place, int position)
    {
        if (text.IsEmpty)
            return;
        _s.LineBytes += text.Length;
        if (_s.HasPendingReturn)
        {
            // It was no line end after all.
            _s.HasPendingReturn = false;
            AppendText("\r"u8, place, position);
        }

        if (text[^1] == (byte)'\r')
        {
            _s.HasPendingReturn = true;
            text = text[..^1];
        }

        if (!text.IsEmpty)
            AppendText(text, place, position);
    }

    private void AppendText(ReadOnlySpan<byte> text, in GZipPlace place, int position)
    {
        var first = _s.TextBytes == 0;
        switch (_s.Line)
        {
            case Line.Header:
                if (first && text[0] != (byte)'@')
                    throw Corrupt(place, position, $"read {Read} begins with {Show(text[0])} instead of '@'");
                AppendTitle(first ? text[1..] : text);
                break;
            case Line.Sequence:
                if (text.IndexOfAnyExceptInRange(Lowest, Highest) is var odd and >= 0)
                    throw Corrupt(place, position + odd, $"the sequence of read {Read} holds {Show(text[odd])}");
                break;
            case Line.Plus:
                if (first && text[0] != (byte)'+')
                {
                    Unwrap(place, position, text[0]);
                    goto case Line.Sequence;
                }

                AppendRepeat(first ? text[1..] : text);
                break;
            case Line.Qualities:
                if (text.IndexOfAnyExceptInRange(Lowest, Highest) is var bad and >= 0)
                    throw Corrupt(place, position + bad, $"the qualities of read {Read} hold {Show(text[bad])}, outside the bytes 33 to 126");
                if (_s.QualityBytes + _s.TextBytes + text.Length > _s.Length)
                    throw Corrupt(place, position, $"read {Read} has more qualities than its {_s.Length} bases");
                var range = QualityRange.Start;
                range.Add(text);
                var (lowest, highest) = range.Get();
                _s.MinQuality = Math.Min(_s.MinQuality, lowest);
                _s.MaxQuality = Math.Max(_s.MaxQuality, highest);
                break;
            default:
                throw Corrupt(place, position, $"after an empty line, where read {Read} should begin, there is {Show(text[0])}; only empty lines may follow an empty line");
        }

        _s.TextBytes += text.Length;
    }

    private void EndLine(in GZipPlace place, int position)
    {
        switch (_s.Line)
        {
            case Line.Header when _s.TextBytes == 0:
                // Empty lines at the end are passed over, as seqkit does; anything after them is refused.
                _s.Line = Line.Trailing;
                break;
            case Line.Header:
                _s.Line = Line.Sequence;
                if (!_s.NameEnded)
                    EndName();
                break;
            case Line.Sequence:
                _s.Length += _s.TextBytes;
                _s.Line = Line.Plus;
                break;
            case Line.Plus:
                if (_s.TextBytes == 0)
                    throw Corrupt(place, position, $"read {Read} has an empty line instead of its '+' line");
                if (_s.RepeatLength > 0
                    && (_s.RepeatLength, _s.RepeatHash) != (_s.TitleLength, _s.TitleHash)
                    && (_s.RepeatLength, _s.RepeatHash) != (_s.NameLength, _s.NameHash))
                {
                    throw Corrupt(place, position, $"the '+' line of read {Read} repeats another title than that of its '@' line");
                }

                _s.Line = Line.Qualities;
                break;
            case Line.Qualities:
                _s.QualityBytes += _s.TextBytes;
                if (_s.QualityBytes < _s.Length && _s.IsWrapped && _s.TextBytes > 0)
                    break;
                if (_s.QualityBytes != _s.Length)
                    throw Corrupt(place, position, $"read {Read} has {_s.Length} bases but {_s.QualityBytes} qualities");
                _s.Reads++;
                _s.RecordEnd = place.ContentOffset + position;
                _s.Bases += _s.Length;
                _s.MinLength = Math.Min(_s.MinLength, _s.Length);
                _s.MaxLength = Math.Max(_s.MaxLength, _s.Length);
                Mark(_s.RecordEnd, _s.Reads, _s.Bases);
                _s.BeginRecord();
                break;
        }

        _s.TextBytes = 0;
        _s.HasPendingReturn = false;
    }

    // The '+' line may come in a later piece than the title; what is compared then are lengths and FNV-1a hashes.
    private void AppendTitle(ReadOnlySpan<byte> text)
    {
        if (!_s.NameEnded && text.IndexOfAny((byte)' ', (byte)'\t') is var end and >= 0)
        {
            _s.TitleHash = Hash(_s.TitleHash, text[..end]);
            _s.TitleLength += end;
            EndName();
            text = text[end..];
        }

        _s.TitleHash = Hash(_s.TitleHash, text);
        _s.TitleLength += text.Length;
    }

    private void EndName() => (_s.NameEnded, _s.NameLength, _s.NameHash) = (true, _s.TitleLength, _s.TitleHash);

    private void AppendRepeat(ReadOnlySpan<byte> text)
    {
        _s.RepeatHash = Hash(_s.RepeatHash, text);
        _s.RepeatLength += text.Length;
    }

    private static ulong Hash(ulong hash, ReadOnlySpan<byte> text)
    {
        foreach (var b in text)
            hash = (hash ^ b) * HashFactor;
        return hash;
    }

    private static string Show(byte b) => b is >= Lowest and <= Highest ? $"'{(char)b}'" : string.Create(CultureInfo.InvariantCulture, $"the byte 0x{b:X2}");

    // Where the '+' line should be, the sequence goes on.
    private void Unwrap(in GZipPlace place, int position, byte found)
    {
        if (!NucleotideCodes.Contains(found))
            throw Corrupt(place, position, $"the third line of read {Read} begins with {Show(found)} instead of '+'");

        // The number of lines before a part does not tell where its reads begin.
        if (_isPart)
        {
            throw new UnsupportedFormatException(
                place.Uri.Display,
                Locate(place, position, $"the sequence of read {Read} goes on over several lines, after many reads of four lines; such an object can't be indexed in parts"),
                "Preprocess it on one machine, without an executor.",
                place.CompressedOffset);
        }

        _s.IsWrapped = true;
        _s.Line = Line.Sequence;
    }

    private CorruptObjectException Corrupt(in GZipPlace place, int position, string problem) =>
        new(place.Uri.Display, Locate(place, position, problem), "Check the object against its origin (its checksum or size), or repair the read.", place.CompressedOffset);

    private string Locate(in GZipPlace place, int position, string problem) =>
        string.Create(CultureInfo.InvariantCulture, $"{problem}: line {_s.LineFeeds + 1}, byte {place.ContentOffset + position} of the content");

    private enum Line : byte
    {
        Header,
        Sequence,
        Plus,
        Qualities,

        // Empty lines after the last read.
        Trailing,
    }

    // All that is carried from one piece of content to the next; written as it is into checkpoints of the same machine type.
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct State
    {
        public const byte CurrentVersion = 3;

        public static readonly State AtStart = new()
        {
            Version = CurrentVersion,
            MinLength = long.MaxValue,
            MinQuality = byte.MaxValue,
            TitleHash = HashStart,
            RepeatHash = HashStart,
        };

        public byte Version;
        public Line Line;
        public long Reads;
        public long RecordEnd;
        public long Bases;
        public long LineFeeds;
        public long MinLength;
        public long MaxLength;
        public byte MinQuality;
        public byte MaxQuality;

        // The record and the line that have begun. Text bytes are those of the line without its end.
        public long LineBytes;
        public long TextBytes;
        public long Length;
        public long TitleLength;
        public ulong TitleHash;
        public long NameLength;
        public ulong NameHash;
        public long RepeatLength;
        public ulong RepeatHash;

        // Qualities of the record in whole lines.
        public long QualityBytes;

        // From where on the next end of a record is marked.
        public long NextCell;
        private byte _nameEnded;
        private byte _hasPendingReturn;
        private byte _isWrapped;

        public bool IsWrapped
        {
            readonly get => _isWrapped != 0;
            set => _isWrapped = value ? (byte)1 : (byte)0;
        }

        public bool NameEnded
        {
            readonly get => _nameEnded != 0;
            set => _nameEnded = value ? (byte)1 : (byte)0;
        }

        public bool HasPendingReturn
        {
            readonly get => _hasPendingReturn != 0;
            set => _hasPendingReturn = value ? (byte)1 : (byte)0;
        }

        public void BeginRecord()
        {
            Line = Line.Header;
            (Length, QualityBytes, TitleLength, NameLength, RepeatLength) = (0, 0, 0, 0, 0);
            (TitleHash, NameHash, RepeatHash) = (HashStart, 0, HashStart);
            NameEnded = false;
        }
    }
}
