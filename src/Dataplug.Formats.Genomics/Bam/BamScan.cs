using System.Buffers.Binary;
using System.Globalization;
using Dataplug.Compression;

namespace Dataplug.Formats.Genomics;

/// <summary>Walks the records of an object, block after block, checks them and counts them. Allocates nothing per record.</summary>
internal sealed class BamScan
{
    private const int SizeLength = 4;

    private readonly string _source;
    private readonly long _size;
    private readonly int _references;
    private readonly long[] _mapped;
    private readonly long[] _unmapped;
    private byte[] _pending = new byte[64 << 10];
    private int _pendingLength;
    private long _before;
    private VirtualOffset _place;
    private BamTotals _totals;

    /// <summary>Begins at a record.</summary>
    /// <param name="source">The object's name for messages.</param>
    /// <param name="size">Bytes of the object.</param>
    /// <param name="references">Number of reference sequences.</param>
    /// <param name="place">Where the record starts.</param>
    /// <param name="before">How many records start before it.</param>
    /// <param name="nextCell">As <see cref="BamMarks.NextCell"/>.</param>
    public BamScan(string source, long size, int references, VirtualOffset place, long before, long nextCell)
    {
        _source = source;
        _size = size;
        _references = references;
        _mapped = new long[references];
        _unmapped = new long[references];
        _place = place;
        _before = before;
        _totals = new BamTotals { Start = place, End = place, Marks = new BamMarks(size, nextCell) };
    }

    /// <summary>The records since the last <see cref="Take"/>.</summary>
    public BamTotals Totals => _totals;

    /// <summary>The state to go on from: the place of the next record, the records before it, the next cell.</summary>
    public (VirtualOffset Place, long Before, long NextCell) State => (_place, _before + _totals.Records, _totals.Marks.NextCell);

    /// <summary>Walks the next block's content.</summary>
    /// <param name="content">The content.</param>
    /// <param name="blockOffset">Where the block is in the stored object.</param>
    /// <param name="nextOffset">Where the next one is.</param>
    /// <param name="skip">Bytes of the content before the first record.</param>
    /// <exception cref="CorruptObjectException">It is no content of BAM.</exception>
    public void Add(ReadOnlySpan<byte> content, long blockOffset, long nextOffset, int skip = 0)
    {
        var (at, length) = (skip, content.Length);
        if (_pendingLength > 0)
        {
            if (!Complete(content, out at))
                return;
            var record = _pending.AsSpan(SizeLength, _pendingLength - SizeLength);
            _pendingLength = 0;
            Add(record, PlaceAt(at));
        }

        while (at < content.Length)
        {
            _totals.Marks.Add(_place, _before + _totals.Records, nextOffset - blockOffset, content.Length);
            if (content.Length - at < SizeLength)
                break;
            var size = ReadSize(content[at..]);
            if (content.Length - at - SizeLength < size)
                break;
            Add(content.Slice(at + SizeLength, size), PlaceAt(at + SizeLength + size));
            at += SizeLength + size;
        }

        Keep(content[at..]);

        // What ends with a block ends where the next one starts, as htslib has it.
        VirtualOffset PlaceAt(int within) => within == length ? new VirtualOffset(nextOffset, 0) : new VirtualOffset(blockOffset, within);
    }

    /// <summary>There are no more blocks.</summary>
    /// <exception cref="CorruptObjectException">The last record is not whole.</exception>
    public void End()
    {
        if (_pendingLength > 0)
            throw Corrupt("is cut short");
    }

    /// <summary>Hands out what was counted, and begins anew behind it.</summary>
    public BamTotals Take()
    {
        var taken = _totals;
        for (var i = 0; i < _references; i++)
        {
            if ((_mapped[i] | _unmapped[i]) != 0)
                taken.Counts.Add(i, (_mapped[i], _unmapped[i]));
        }

        Array.Clear(_mapped);
        Array.Clear(_unmapped);
        _before += taken.Records;
        _totals = new BamTotals { Start = _place, End = _place, Marks = new BamMarks(_size, taken.Marks.NextCell) };
        return taken;
    }

    private void Add(ReadOnlySpan<byte> record, VirtualOffset placeAfter)
    {
        if (BamLayout.ProblemOf(record, _references) is { } problem)
            throw Corrupt(problem);
        var reference = BamLayout.ReferenceId(record);
        var isMapped = (BamLayout.Flags(record) & BamFlags.Unmapped) == 0;
        if (reference < 0)
        {
            _totals.Unplaced++;
            _totals.MappedUnplaced += isMapped ? 1 : 0;
        }
        else
        {
            (isMapped ? _mapped : _unmapped)[reference]++;
        }

        _totals.Bins.Add(reference, BamLayout.Position(record), reference < 0 ? 0 : BamLayout.EndOf(record), _place, placeAfter, isMapped);
        _totals.Records++;
        _totals.End = placeAfter;
        _place = placeAfter;
    }

    // Takes what the pending record lacks; the number of bytes that it took.
    private bool Complete(ReadOnlySpan<byte> content, out int taken)
    {
        taken = 0;
        while (true)
        {
            var need = _pendingLength < SizeLength ? SizeLength : SizeLength + ReadSize(_pending);
            if (_pendingLength == need)
                return true;
            var part = content[taken..Math.Min(content.Length, taken + need - _pendingLength)];
            if (part.IsEmpty)
                return false;
            Keep(part);
            taken += part.Length;
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_pendingLength + bytes.Length > _pending.Length)
            Array.Resize(ref _pending, Math.Max(2 * _pending.Length, _pendingLength + bytes.Length));
        bytes.CopyTo(_pending.AsSpan(_pendingLength));
        _pendingLength += bytes.Length;
    }

    private int ReadSize(ReadOnlySpan<byte> bytes)
    {
        var size = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        return BamLayout.ProblemOfLength(size) is { } problem ? throw Corrupt(problem)
            : size <= BamLayout.MaxRecordLength ? size
            : throw new UnsupportedFormatException(_source, Name($"has a block_size of {size}; the limit is {BamLayout.MaxRecordLength}"), "Check the object against its origin; records of that size are not read.", _place.Block);
    }

    private CorruptObjectException Corrupt(string problem) => new(_source, Name(problem), byteOffset: _place.Block) { MemberOffset = _place.Block };

    private string Name(string problem) =>
        string.Create(CultureInfo.InvariantCulture, $"record {_before + _totals.Records + 1}, which begins at virtual offset {_place}, {problem}");
}
