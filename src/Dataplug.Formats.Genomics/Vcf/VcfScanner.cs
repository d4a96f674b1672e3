using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Dataplug.Compression;

namespace Dataplug.Formats.Genomics;

/// <summary>
/// Reads VCF line by line (VCF 4.3, section 1), validates it, and gathers what an index needs, from pieces of content of any size.
/// </summary>
/// <remarks>Lines that lie wholly in a piece cost a few vector searches and no allocation. Of a line that goes on in the next piece,
/// the fixed columns are kept and the tabs after them counted.</remarks>
internal sealed class VcfScanner(VcfGrid grid)
{
    /// <summary>The most bytes of a record's fixed columns.</summary>
    public const int MaxFixedColumns = 16 << 20;

    /// <summary>The most bytes of a header.</summary>
    public const int MaxHeader = 128 << 20;

    private const int MaxContigs = 1 << 22;
    private const int StackName = 256;

    // The beginning of the line at hand, where it is a record: as far as the tab after INFO.
    private readonly ArrayBufferWriter<byte> _prefix = new();
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<byte[]> _names = [];
    private byte[] _contigName = [];
    private int _contig = -1;

    private LineKind _kind = LineKind.New;
    private int _prefixTabs;
    private long _restTabs;
    private VirtualOffset _lineStart;
    private long _lineStored;
    private bool _hasPlace;
    private bool _passes;
    private bool _sawRecord;
    private long _columns;

    // The first empty line of all that was scanned, also where the partial was taken since.
    private bool _sawEmpty;

    private enum LineKind : byte
    {
        New,
        Header,
        Record,
    }

    /// <summary>What is known since the last <see cref="Take"/>.</summary>
    public VcfPartial Partial { get; private set; } = new(grid);

    /// <summary>Whether the next byte begins a line.</summary>
    public bool IsAtLineStart => _kind == LineKind.New && !_passes;

    /// <summary>Whether the lines up to the first line feed are passed over, which was not there yet.</summary>
    public bool IsPassing => _passes;

    /// <summary>Where the line at hand begins.</summary>
    public VirtualOffset LineStart => _lineStart;

    /// <summary>Begins in the middle of a line, which is passed over.</summary>
    public void PassLine() => _passes = true;

    /// <summary>Takes the next piece, up to the first problem.</summary>
    public void Append(ReadOnlySpan<byte> content, in VcfPiece piece)
    {
        var position = Begin(content, piece);
        while (position < content.Length && Partial.Problem is null)
            position = AppendLine(content, position, piece);
    }

    /// <summary>Takes what is left of the line at hand, or of the one that begins here.</summary>
    /// <returns>Whether it has ended.</returns>
    public bool AppendRest(ReadOnlySpan<byte> content, in VcfPiece piece)
    {
        var position = Begin(content, piece);
        if (position < content.Length)
            AppendLine(content, position, piece);
        return Partial.Problem is not null || (content.Length > 0 && _kind == LineKind.New);
    }

    /// <summary>The content has ended: what is left is a line without a line feed.</summary>
    /// <param name="end">The place after the last byte.</param>
    public void Complete(VirtualOffset end)
    {
        if (_kind != LineKind.New && Partial.Problem is null)
            EndCarried([], end, -1, hasFeed: false);
    }

    /// <summary>Takes what is known, and begins anew with the line at hand.</summary>
    public VcfPartial Take()
    {
        var taken = Partial;
        Partial = new VcfPartial(grid);
        _numbers.Clear();
        _names.Clear();
        _contig = -1;
        return taken;
    }

    /// <summary>Writes the state without <see cref="Partial"/>, which must have been taken.</summary>
    public void Save(IBufferWriter<byte> state)
    {
        Span<byte> numbers = stackalloc byte[40];
        numbers[0] = (byte)_kind;
        numbers[1] = (byte)((_passes ? 1 : 0) | (_sawRecord ? 2 : 0) | (_sawEmpty ? 4 : 0) | (_hasPlace ? 8 : 0));
        BinaryPrimitives.WriteInt32LittleEndian(numbers[4..], _prefixTabs);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[8..], _restTabs);
        BinaryPrimitives.WriteUInt64LittleEndian(numbers[16..], _lineStart.Value);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[24..], _lineStored);
        BinaryPrimitives.WriteInt64LittleEndian(numbers[32..], _columns);
        state.Write(numbers);
        state.Write(_prefix.WrittenSpan);
    }

    /// <summary>Reads what <see cref="Save"/> wrote into a new instance.</summary>
    /// <exception cref="CorruptIndexException">The bytes are something else.</exception>
    public void Restore(ReadOnlySpan<byte> state)
    {
        if (state.Length < 40 || state[0] > (byte)LineKind.Record)
            throw new CorruptIndexException(null, "a saved state of the VCF validation is damaged");
        _kind = (LineKind)state[0];
        _passes = (state[1] & 1) != 0;
        _sawRecord = (state[1] & 2) != 0;
        _sawEmpty = (state[1] & 4) != 0;
        _hasPlace = (state[1] & 8) != 0;
        _prefixTabs = BinaryPrimitives.ReadInt32LittleEndian(state[4..]);
        _restTabs = BinaryPrimitives.ReadInt64LittleEndian(state[8..]);
        _lineStart = new VirtualOffset(BinaryPrimitives.ReadUInt64LittleEndian(state[16..]));
        _lineStored = BinaryPrimitives.ReadInt64LittleEndian(state[24..]);
        _columns = BinaryPrimitives.ReadInt64LittleEndian(state[32..]);
        _prefix.Write(state[40..]);
    }

    private int Begin(ReadOnlySpan<byte> content, in VcfPiece piece)
    {
        var position = 0;
        if (_passes)
        {
            var feed = content.IndexOf((byte)'\n');
            if (feed < 0)
                return content.Length;
            _passes = false;
            position = feed + 1;
            StartLine(piece, position);
        }
        else if (!_hasPlace)
        {
            StartLine(piece, 0);
        }

        return position;
    }

    private void StartLine(in VcfPiece piece, int position)
    {
        _lineStart = piece.At(position);
        _lineStored = piece.StoredAt(position);
        _hasPlace = true;
    }

    private int AppendLine(ReadOnlySpan<byte> content, int position, in VcfPiece piece)
    {
        var rest = content[position..];
        var feed = rest.IndexOf((byte)'\n');
        if (feed < 0)
        {
            Carry(rest);
            return content.Length;
        }

        var next = position + feed + 1;
        var end = piece.At(next);
        if (_kind != LineKind.New)
            EndCarried(rest[..feed], end, piece.StoredAt(next), hasFeed: true);
        else if (rest[0] == (byte)'#')
            AddHeader(rest[..(feed + 1)], end);
        else
            AddLine(rest[..feed], 0, end);
        _lineStart = end;
        _lineStored = piece.StoredAt(next);
        return next;
    }

    private void Carry(ReadOnlySpan<byte> text)
    {
        if (_kind == LineKind.New)
        {
            _kind = text[0] == (byte)'#' ? LineKind.Header : LineKind.Record;
            if (_kind == LineKind.Header)
                StartHeader();
        }

        if (_kind == LineKind.Header)
        {
            AppendHeader(text);
            return;
        }

        while (_prefixTabs < VcfFields.FixedColumns && !text.IsEmpty)
        {
            var tab = text.IndexOf((byte)'\t');
            var length = tab < 0 ? text.Length : tab + 1;
            if (_prefix.WrittenCount + length > MaxFixedColumns)
            {
                Fail($"the first {VcfFields.FixedColumns} columns of a record take more than {MaxFixedColumns} bytes", Here);
                return;
            }

            _prefix.Write(text[..length]);
            _prefixTabs += tab < 0 ? 0 : 1;
            text = text[length..];
        }

        _restTabs += text.Count((byte)'\t');
    }

    private void EndCarried(ReadOnlySpan<byte> text, VirtualOffset end, long stored, bool hasFeed)
    {
        Carry(text);
        if (Partial.Problem is not null)
            return;
        if (_kind == LineKind.Header)
        {
            if (hasFeed)
                AppendHeader("\n"u8);
            EndHeader(end);
        }
        else
        {
            AddLine(_prefix.WrittenSpan, _restTabs, end);
        }

        _kind = LineKind.New;
        _prefix.ResetWrittenCount();
        (_prefixTabs, _restTabs) = (0, 0);
        (_lineStart, _lineStored) = (end, stored);
    }

    private VcfPlace Here => new(Partial.Lines, _lineStart);

    private void AddHeader(ReadOnlySpan<byte> line, VirtualOffset end)
    {
        StartHeader();
        AppendHeader(line);
        EndHeader(end);
    }

    private void StartHeader()
    {
        if (_sawRecord)
            Fail("there is a header line after records", Here);
        else if (_sawEmpty)
            Fail("there is a header line after an empty line", Here);
        if (!Partial.FirstHeader.IsThere)
            Partial.FirstHeader = Here;
    }

    private void AppendHeader(ReadOnlySpan<byte> text)
    {
        Partial.Header.Write(text);
        if (Partial.Header.Length > MaxHeader)
            Fail($"the header is longer than {MaxHeader} bytes", Here);
    }

    private void EndHeader(VirtualOffset end)
    {
        Partial.HeaderEnd = end;
        Partial.Lines++;
    }

    // A line that is no header line: all of it, or as far as the tab after INFO and the number of further tabs.
    private void AddLine(ReadOnlySpan<byte> line, long furtherTabs, VirtualOffset end)
    {
        if (line.EndsWith("\r"u8))
            line = line[..^1];
        if (line.IsEmpty)
        {
            _sawEmpty = true;
            if (!Partial.FirstEmpty.IsThere)
                Partial.FirstEmpty = Here;
            Partial.Lines++;
            return;
        }

        if (_sawEmpty)
        {
            Fail("there is an empty line before it; empty lines may only come at the end", Here);
            return;
        }

        if (VcfFields.Parse(line, out var fields) is { } problem)
        {
            Fail(problem, Here);
            return;
        }

        var columns = VcfFields.FixedColumns + line[fields.InfoEnd..].Count((byte)'\t') + furtherTabs;
        if (!Partial.FirstRecord.IsThere)
        {
            Partial.FirstRecord = Here;
            Partial.Columns = columns;
        }

        if (_sawRecord && columns != _columns)
        {
            Fail($"it has {columns} columns where the lines before it have {_columns}", Here);
            return;
        }

        (_sawRecord, _columns) = (true, columns);
        AddRecord(line, fields, end);
    }

    private void AddRecord(ReadOnlySpan<byte> line, in VcfFields fields, VirtualOffset end)
    {
        var name = line[..fields.ChromEnd];
        if (_contig < 0 || !name.SequenceEqual(_contigName))
            ChangeContig(name);
        if (Partial.Problem is not null)
            return;
        var contig = Partial.Contigs[_contig];
        var last = fields.EndIn(line);
        contig.End = end;
        contig.Records++;
        contig.MaxEnd = Math.Max(contig.MaxEnd, last);
        Partial.Binning.Add(_contig, fields.Start, last, _lineStart, end);
        if (Partial.Marks.Wants(_lineStored))
            Partial.Marks.Add(new VcfMark(_lineStart, Partial.Records, fields.Start, _lineStored));
        Partial.Records++;
        Partial.Lines++;
    }

    private void ChangeContig(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[StackName];
        int number;
        if (name.Length <= StackName && Encoding.UTF8.TryGetChars(name, text, out var length))
            _ = _numbers.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text[..length], out number) || Add(name, out number);
        else
            _ = _numbers.TryGetValue(Encoding.UTF8.GetString(name), out number) || Add(name, out number);
        if (number < Partial.Contigs.Count - 1)
            Partial.AreContigsTogether = false;
        _contig = number;
        _contigName = _names[number];
    }

    private bool Add(ReadOnlySpan<byte> name, out int number)
    {
        number = Partial.Contigs.Count;
        if (number == MaxContigs)
            Fail($"there are more than {MaxContigs} contigs", Here);
        var text = Encoding.UTF8.GetString(name);
        Partial.Contigs.Add(new VcfContigRun(text, _lineStart));
        _names.Add(name.ToArray());
        _numbers.Add(text, number);
        return true;
    }

    private void Fail(string problem, VcfPlace place) => (Partial.Problem, Partial.ProblemPlace) = (Partial.Problem ?? problem, Partial.Problem is null ? place : Partial.ProblemPlace);
}
