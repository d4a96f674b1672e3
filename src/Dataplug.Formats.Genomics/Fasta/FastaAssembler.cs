using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Dataplug.Metadata;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>Puts together what <see cref="FastaScanner"/> found, piece by piece in the order of the content, and writes the columns of the
/// index. The result does not depend on where the pieces were cut.</summary>
internal sealed class FastaAssembler : IGZipColumns
{
    /// <summary>The most sequences of an object.</summary>
    public const int MaxSequences = 1 << 24;

    private const int MaxNameBytes = 256 << 20;
    private const int MaxNamesCompared = 1 << 20;

    private static readonly SearchValues<byte> Blanks = SearchValues.Create(" \t\v\f\r\n"u8);

    private readonly List<long> _headers = [];
    private readonly List<long> _offsets = [];
    private readonly List<long> _lengths = [];
    private readonly List<long> _lineBases = [];
    private readonly List<long> _lineWidths = [];
    private readonly ArrayBufferWriter<byte> _names = new();
    private readonly FastaMarks _marks = new();
    private readonly List<FastaLines> _shapes = [];
    private readonly ArrayBufferWriter<byte> _header = new();
    private long _position;
    private (long Offset, byte Value)? _binary;
    private (string Problem, long Offset)? _problem;

    // The line at hand.
    private Line _line = Line.None;
    private long _lineStart;
    private long _lineBytes;
    private long _lineLetters;
    private bool _lineEndsWithReturn;

    // The sequence at hand.
    private Shape _shape;
    private long _bases;

    private enum Line
    {
        None,
        Header,
        Sequence,
    }

    private enum Shape
    {
        /// <summary>No line yet.</summary>
        Start,

        /// <summary>Empty lines, no other yet.</summary>
        EmptyStart,

        /// <summary>Lines of one length.</summary>
        Regular,

        /// <summary>And a shorter one: it must be the last.</summary>
        Ended,

        /// <summary>And empty lines: only such may follow.</summary>
        Trailing,

        /// <summary>Lines of different length, or with other bytes than letters.</summary>
        Ragged,
    }

    /// <summary>Number of sequences.</summary>
    public int Count => _headers.Count;

    /// <inheritdoc/>
    public void Add(ReadOnlySpan<byte> found)
    {
        using var reader = new BinaryReader(new MemoryStream(found.ToArray(), writable: false));
        try
        {
            while (_problem is null && reader.BaseStream.Position < reader.BaseStream.Length)
                Take((FastaEvent)reader.ReadByte(), reader);
        }
        catch (Exception failure) when (failure is EndOfStreamException or FormatException or ArgumentException)
        {
            throw new CorruptIndexException(null, "a partial result of preprocessing is damaged", innerException: failure);
        }
    }

    /// <inheritdoc/>
    public async Task WriteAsync(SidecarWriter writer, GZipPlace place, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(writer);
        Complete();
        if (_problem is { } problem)
        {
            var isStored = writer.Header.FormatId == FastaFormat.FormatId;
            var where = isStored ? "" : string.Create(CultureInfo.InvariantCulture, $", at byte {problem.Offset} of the content");
            throw new CorruptObjectException(place.Uri.Display, problem.Problem + where, byteOffset: isStored ? problem.Offset : null);
        }

        var marks = MarkCells.Thin(_marks.Offsets, FastaMarks.FineShift);
        await writer.WriteSectionAsync(FastaIndex.Names, _names.WrittenMemory, cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(FastaIndex.Headers, _headers.ToArray(), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(FastaIndex.Offsets, _offsets.ToArray(), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(FastaIndex.Lengths, _lengths.ToArray(), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(FastaIndex.LineBases, _lineBases.ToArray(), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(FastaIndex.LineWidths, _lineWidths.ToArray(), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(FastaIndex.MarkOffsets, Array.ConvertAll(marks, i => _marks.Offsets[i]), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(FastaIndex.MarkBases, Array.ConvertAll(marks, i => _marks.Bases[i]), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(FastaIndex.ContentSize, new[] { place.ContentOffset }, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void WriteAttributes(Utf8JsonWriter attributes)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        attributes.WriteNumber("sequences", Count);
        attributes.WriteNumber("bases", _lengths.Sum());
        if (Count > 0)
        {
            attributes.WriteNumber("shortestSequence", _lengths.Min());
            attributes.WriteNumber("longestSequence", _lengths.Max());
        }

        attributes.WriteNumber("raggedSequences", Enumerable.Range(0, Count).Count(i => _lengths[i] > 0 && _lineWidths[i] == 0));
        if (Count <= MaxNamesCompared)
            attributes.WriteNumber("duplicateNames", Count - FastaIndex.SplitNames(_names.WrittenSpan.ToArray()).Distinct(StringComparer.Ordinal).Count());
    }

    /// <summary>Takes a sequence whose place is known from elsewhere: a .fai file.</summary>
    public void AddSequence(string name, long header, long offset, long length, long lineBases, long lineWidth)
    {
        AddName(name, header);
        _headers.Add(header);
        _offsets.Add(offset);
        _lengths.Add(length);
        _lineBases.Add(lineBases);
        _lineWidths.Add(lineWidth);
    }

    private void Take(FastaEvent happened, BinaryReader reader)
    {
        switch (happened)
        {
            case FastaEvent.Begin:
                if (reader.Read7BitEncodedInt64() != _position)
                    throw new FormatException("a piece does not follow the one before");
                break;
            case FastaEvent.Binary:
                _binary = (reader.Read7BitEncodedInt64(), reader.ReadByte());
                break;
            case FastaEvent.Header:
                TakeHeader(reader.ReadBoolean(), reader.Read7BitEncodedInt64(), reader.ReadBytes(reader.Read7BitEncodedInt()));
                break;
            case FastaEvent.Continuation:
                TakeContinuation(reader.ReadBoolean(), reader.Read7BitEncodedInt64(), reader.ReadBytes(reader.Read7BitEncodedInt()), reader.Read7BitEncodedInt64(), reader.ReadBoolean());
                break;
            case FastaEvent.Line:
                BeginLine(reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64(), reader.ReadBoolean());
                break;
            case FastaEvent.Lines:
                TakeLines(new FastaLines(reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64(), reader.ReadBoolean(), reader.Read7BitEncodedInt64()));
                break;
            case FastaEvent.ManyLines:
                TakeManyLines(reader);
                break;
            default:
                throw new FormatException("there is no such event");
        }
    }

    private void TakeHeader(bool ends, long bytes, byte[] text)
    {
        EndSequence();
        _headers.Add(_position);
        if (_headers.Count > MaxSequences)
            _problem ??= ($"there are more than {MaxSequences} sequences", _position);
        _header.ResetWrittenCount();
        _header.Write(text);
        _line = Line.Header;
        _position += bytes;
        if (ends)
            EndHeader();
    }

    private void TakeContinuation(bool ends, long bytes, byte[] text, long letters, bool endsWithReturn)
    {
        _position += bytes;
        if (_line == Line.Header)
        {
            _binary = null;
            if (_header.WrittenCount < FastaScanner.MaxHeaderText)
                _header.Write(text);
            if (ends)
                EndHeader();
            return;
        }

        RefuseBinary();
        _lineBytes += bytes;
        _lineLetters += letters;
        _lineEndsWithReturn = bytes > 1 || !ends ? endsWithReturn : _lineEndsWithReturn;
        if (ends)
            EndLine(_lineBytes);
    }

    private void BeginLine(long bytes, long letters, bool endsWithReturn)
    {
        RefuseBinary();
        _line = Line.Sequence;
        (_lineStart, _lineBytes, _lineLetters, _lineEndsWithReturn) = (_position, bytes, letters, endsWithReturn);
        _position += bytes;
    }

    private void EndHeader()
    {
        _line = Line.None;
        var text = _header.WrittenSpan[1..];
        var start = text.IndexOfAnyExcept(Blanks);
        var name = start < 0 ? [] : text[start..];
        var end = name.IndexOfAny(Blanks);
        if (end < 0 && _header.WrittenCount >= FastaScanner.MaxHeaderText)
            _problem ??= ($"the name of sequence {_headers.Count} has more than {FastaScanner.MaxHeaderText} bytes", _headers[^1]);
        AddName(Encoding.UTF8.GetString(end < 0 ? name : name[..end]), _headers[^1]);
        _offsets.Add(_position);
        (_shape, _bases) = (Shape.Start, 0);
        _shapes.Clear();
    }

    private void AddName(string name, long offset)
    {
        _names.Write(Encoding.UTF8.GetBytes(name));
        _names.Write("\n"u8);
        if (_names.WrittenCount > MaxNameBytes)
            _problem ??= ($"the names of the sequences have more than {MaxNameBytes} bytes", offset);
    }

    // A line that has come in parts, or the last one without an end, which counts as if it had one.
    private void EndLine(long bytes)
    {
        _line = Line.None;
        _position = _lineStart;
        TakeLines(new FastaLines(bytes, _lineLetters, bytes - _lineLetters == (_lineEndsWithReturn ? 2 : 1), 1));
    }

    private void TakeLines(in FastaLines lines)
    {
        RefuseBinary();
        if (IsBeforeFirst(lines.Bases))
        {
            _position += lines.Bytes * lines.Count;
            return;
        }

        for (var left = lines.Count; left > 0;)
        {
            var taken = TryTake(lines with { Count = left });
            if (taken == 0)
            {
                MakeRagged();
                TakeRagged(lines with { Count = left });
                return;
            }

            var some = lines with { Count = taken };
            if (_shapes.Count > 0 && _shapes[^1].HasShapeOf(some))
                _shapes[^1] = _shapes[^1] with { Count = _shapes[^1].Count + taken };
            else
                _shapes.Add(some);
            _position += some.Bytes * taken;
            _bases += some.Bases * taken;
            left -= taken;
        }
    }

    // How many of the lines keep the sequence one that is addressed by arithmetic.
    private long TryTake(in FastaLines lines)
    {
        if (_shape == Shape.Ragged || !lines.IsClean)
            return 0;
        if (lines.Bases == 0)
        {
            _shape = _shape is Shape.Start or Shape.EmptyStart ? Shape.EmptyStart : Shape.Trailing;
            return lines.Count;
        }

        switch (_shape)
        {
            case Shape.Start:
                _shape = Shape.Regular;
                return lines.Count;
            case Shape.Regular when lines.HasShapeOf(_shapes[0]):
                return lines.Count;
            case Shape.Regular when lines.Bytes < _shapes[0].Bytes:
                _shape = Shape.Ended;
                return 1;
            default:
                return 0;
        }
    }

    private void TakeManyLines(BinaryReader reader)
    {
        RefuseBinary();
        var (bytes, bases, count) = (reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt());
        var isBeforeFirst = IsBeforeFirst(bases);
        if (!isBeforeFirst)
            MakeRagged();
        long offset = 0, before = 0;
        for (var i = 0; i < count; i++)
        {
            offset += reader.Read7BitEncodedInt64();
            before += reader.Read7BitEncodedInt64();
            if (!isBeforeFirst)
                _marks.Add(offset, _bases + before);
        }

        _position += bytes;
        _bases += bases;
    }

    private void MakeRagged()
    {
        if (_shape == Shape.Ragged)
            return;
        _shape = Shape.Ragged;
        var (offset, bases) = (_offsets[^1], 0L);
        foreach (var lines in _shapes)
        {
            _marks.Add(lines, offset, bases);
            offset += lines.Bytes * lines.Count;
            bases += lines.Bases * lines.Count;
        }
    }

    private void TakeRagged(in FastaLines lines)
    {
        _marks.Add(lines, _position, _bases);
        _position += lines.Bytes * lines.Count;
        _bases += lines.Bases * lines.Count;
    }

    private void EndSequence()
    {
        if (_offsets.Count == _lengths.Count)
            return;
        var isRegular = _shape is Shape.Regular or Shape.Ended or Shape.Trailing && _bases > 0;
        _lengths.Add(_bases);
        _lineBases.Add(isRegular ? _shapes[0].Bases : 0);
        _lineWidths.Add(isRegular ? _shapes[0].Bytes : 0);
    }

    private void Complete()
    {
        if (_line == Line.Header)
            EndHeader();
        else if (_line == Line.Sequence)
            EndLine(_lineBytes + 1);
        EndSequence();
    }

    private bool IsBeforeFirst(long bases)
    {
        if (_headers.Count > 0)
            return false;
        if (bases > 0)
            _problem ??= ("there are letters before the first header, which begins with '>'", _position);
        return true;
    }

    private void RefuseBinary()
    {
        if (_binary is { } binary)
            _problem ??= (string.Create(CultureInfo.InvariantCulture, $"a sequence holds the byte {binary.Value}, which is no text"), binary.Offset);
        _binary = null;
    }
}
