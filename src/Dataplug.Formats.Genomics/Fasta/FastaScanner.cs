using System.Buffers;
using System.Runtime.CompilerServices;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>
/// Looks at FASTA content piece by piece and writes down what it is made of: headers, and runs of lines of one shape. A piece may begin
/// anywhere: what depends on how the line before began is left to <see cref="FastaAssembler"/>.
/// </summary>
/// <remarks>Lines that have the shape of the one before are checked many at a time: where each begins and ends, and that the block has no
/// other line feeds and the right number of letters. See docs/formats/fasta.md.</remarks>
internal sealed class FastaScanner
{
    /// <summary>The most bytes of a header that are kept; a name must end before.</summary>
    public const int MaxHeaderText = 64 << 10;

    // Lines checked together should stay in the first-level cache.
    private const int BlockLength = 16 << 10;

    // A sequence whose lines have one length has three shapes: its lines, the last line, empty lines.
    private const int MaxShapes = 16;

    private readonly ArrayBufferWriter<byte> _events = new();
    private readonly List<FastaLines> _shapes = [];
    private readonly FastaMarks _marks = new();
    private readonly ArrayBufferWriter<byte> _text = new();
    private Within _within;
    private bool _isContinuation;
    private long _lineStart;
    private long _bytes;
    private long _letters;
    private bool _endsWithReturn;
    private long _binaryAt = -1;
    private byte _binary;

    // Lines of many shapes: where they begin, and what they are in all.
    private bool _isMany;
    private long _runOffset;
    private long _runBytes;
    private long _runBases;

    /// <param name="offset">Where in the content the first byte is.</param>
    /// <param name="within">What that byte is in.</param>
    public FastaScanner(long offset, Within within)
    {
        Offset = offset;
        _within = within;
        _isContinuation = within != Within.Nothing;
        BeginPiece();
    }

    /// <summary>What the next byte is in.</summary>
    public enum Within : byte
    {
        /// <summary>The start of a line.</summary>
        Nothing,

        /// <summary>A line, of which it is not known whether it is a header.</summary>
        Something,

        /// <summary>A header.</summary>
        Header,

        /// <summary>A line of a sequence.</summary>
        Sequence,
    }

    /// <summary>Where in the content the next byte is.</summary>
    public long Offset { get; private set; }

    /// <summary>What the next byte is in.</summary>
    public Within State => _within;

    /// <summary>Takes the next bytes.</summary>
    public void Scan(ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty)
        {
            if (_within != Within.Nothing)
            {
                Advance(ref content, Continue(content));
            }
            else if (content[0] == (byte)'>')
            {
                EndRun();
                (_within, _lineStart) = (Within.Header, Offset);
                Advance(ref content, Continue(content));
            }
            else
            {
                Advance(ref content, TakeBlock(content) is var block and > 0 ? block : TakeLine(content));
            }
        }
    }

    /// <summary>Takes what was found since the last time; the next piece begins here.</summary>
    public ReadOnlyMemory<byte> TakePiece()
    {
        EndRun();
        if (_bytes > 0)
            EndPart(endsLine: false);
        _isContinuation = _within != Within.Nothing;
        var piece = _events.WrittenSpan.ToArray();
        _events.ResetWrittenCount();
        BeginPiece();
        return piece;
    }

    private void BeginPiece()
    {
        Write((byte)FastaEvent.Begin);
        WriteNumber(Offset);
    }

    private void Advance(ref ReadOnlySpan<byte> content, int count)
    {
        content = content[count..];
        Offset += count;
    }

    // The rest of a line, or as much of it as there is.
    private int Continue(ReadOnlySpan<byte> content)
    {
        var feed = content.IndexOf((byte)'\n');
        var part = feed < 0 ? content : content[..(feed + 1)];
        Measure(part, _within);
        if (feed >= 0)
            EndPart(endsLine: true);
        return part.Length;
    }

    private void Measure(ReadOnlySpan<byte> part, Within within)
    {
        if (within != Within.Sequence && _text.WrittenCount < MaxHeaderText)
            _text.Write(part[..Math.Min(part.Length, MaxHeaderText - _text.WrittenCount)]);
        if (within != Within.Header)
        {
            var letters = FastaBytes.Count(part).Letters;
            _letters += letters;
            var ending = part.EndsWith("\r\n"u8) ? 2 : part[^1] is (byte)'\n' or (byte)'\r' ? 1 : 0;
            if (letters + ending < part.Length && _binaryAt < 0 && FastaBytes.IndexOfBinary(part) is var binary and >= 0)
                (_binaryAt, _binary) = (Offset + binary, part[binary]);
        }

        // The return before a line feed may have come with the part before.
        if (part.Length > 1 || part[0] != (byte)'\n')
            _endsWithReturn = part[^1] == (byte)'\n' ? part[^2] == (byte)'\r' : part[^1] == (byte)'\r';
        _bytes += part.Length;
    }

    private void EndPart(bool endsLine)
    {
        if (_isContinuation)
            EndContinuation(endsLine);
        else if (_within == Within.Header)
            WriteText(FastaEvent.Header, endsLine);
        else if (endsLine)
            AddLines(new FastaLines(_bytes, _letters, IsClean(_bytes - _letters), 1), _lineStart);
        else
            WriteOpenLine();
        _within = endsLine ? Within.Nothing : _within;
        _isContinuation = false;
        _text.ResetWrittenCount();
        (_bytes, _letters, _endsWithReturn, _binaryAt) = (0, 0, false, -1);
    }

    private void EndContinuation(bool endsLine)
    {
        WriteBinary();
        WriteText(FastaEvent.Continuation, endsLine);
        WriteNumber(_letters);
        Write(_endsWithReturn);
    }

    private void WriteText(FastaEvent kind, bool endsLine)
    {
        Write((byte)kind);
        Write(endsLine);
        WriteNumber(_bytes);
        WriteNumber(_text.WrittenCount);
        _events.Write(_text.WrittenSpan);
    }

    private void WriteOpenLine()
    {
        EndRun();
        WriteBinary();
        Write((byte)FastaEvent.Line);
        WriteNumber(_bytes);
        WriteNumber(_letters);
        Write(_endsWithReturn);
    }

    private void WriteBinary()
    {
        if (_binaryAt < 0)
            return;
        Write((byte)FastaEvent.Binary);
        WriteNumber(_binaryAt);
        Write(_binary);
    }

    private bool IsClean(long others) => others == (_endsWithReturn ? 2 : 1);

    // Lines of the shape of the last one. Optimised at its first call.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int TakeBlock(ReadOnlySpan<byte> content)
    {
        if (_isMany || _shapes.Count == 0)
            return 0;
        var shape = _shapes[^1];
        if (!shape.IsClean || shape.Bytes > BlockLength)
            return 0;
        var width = (int)shape.Bytes;
        var most = Math.Min(content.Length, BlockLength) / width;
        var lines = 0;
        var hasReturn = shape.Bytes - shape.Bases == 2;
        for (var end = width - 1; lines < most && content[end] == (byte)'\n' && content[end - width + 1] != (byte)'>'; end += width)
        {
            if (hasReturn && content[end - 1] != (byte)'\r')
                break;
            lines++;
        }

        if (lines == 0)
            return 0;
        var length = lines * width;
        if (FastaBytes.Count(content[..length]) != (lines, lines * shape.Bases))
            return 0;
        AddLines(shape with { Count = lines }, Offset);
        return length;
    }

    private int TakeLine(ReadOnlySpan<byte> content)
    {
        (_within, _lineStart) = (Within.Sequence, Offset);
        return Continue(content);
    }

    private void AddLines(in FastaLines lines, long start)
    {
        if (_binaryAt >= 0)
        {
            EndRun();
            WriteBinary();
        }

        if (_isMany)
        {
            _marks.Add(lines, start, _runBases);
        }
        else if (_shapes.Count > 0 && _shapes[^1].HasShapeOf(lines))
        {
            _shapes[^1] = _shapes[^1] with { Count = _shapes[^1].Count + lines.Count };
        }
        else
        {
            if (_shapes.Count == 0)
                _runOffset = start;
            _shapes.Add(lines);
            if (_shapes.Count > MaxShapes)
                BeginMany();
        }

        _runBytes += lines.Bytes * lines.Count;
        _runBases += lines.Bases * lines.Count;
    }

    private void BeginMany()
    {
        _isMany = true;
        var (offset, bases) = (_runOffset, 0L);
        foreach (var lines in _shapes)
        {
            _marks.Add(lines, offset, bases);
            offset += lines.Bytes * lines.Count;
            bases += lines.Bases * lines.Count;
        }

        _shapes.Clear();
    }

    private void EndRun()
    {
        if (_isMany)
        {
            Write((byte)FastaEvent.ManyLines);
            WriteNumber(_runBytes);
            WriteNumber(_runBases);
            WriteNumber(_marks.Offsets.Count);
            long offset = 0, bases = 0;
            for (var i = 0; i < _marks.Offsets.Count; i++)
            {
                WriteNumber(_marks.Offsets[i] - offset);
                WriteNumber(_marks.Bases[i] - bases);
                (offset, bases) = (_marks.Offsets[i], _marks.Bases[i]);
            }
        }

        foreach (var lines in _shapes)
        {
            Write((byte)FastaEvent.Lines);
            WriteNumber(lines.Bytes);
            WriteNumber(lines.Bases);
            Write(lines.IsClean);
            WriteNumber(lines.Count);
        }

        _shapes.Clear();
        _marks.Clear();
        _isMany = false;
        (_runBytes, _runBases) = (0, 0);
    }

    private void Write(byte value) => _events.Write([value]);

    private void Write(bool value) => Write(value ? (byte)1 : (byte)0);

    // As BinaryWriter.Write7BitEncodedInt64 does.
    private void WriteNumber(long value)
    {
        var rest = (ulong)value;
        for (; rest > 0x7F; rest >>= 7)
            Write((byte)(rest | 0x80));
        Write((byte)rest);
    }
}
