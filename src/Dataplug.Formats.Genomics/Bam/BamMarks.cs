using Dataplug.Compression;

namespace Dataplug.Formats.Genomics;

/// <summary>
/// The places where slices can begin: the object is divided into cells of equal stored size, and of the records that start in a cell
/// the first is its mark. What lies within a block counts by its share of the block's content.
/// </summary>
internal sealed class BamMarks
{
    private const long UsualCell = 16 << 10;

    private readonly int _shift;

    /// <summary>Creates an empty list.</summary>
    /// <param name="size">Bytes of the object: cells of 16 KiB, about a block; smaller in objects below 16 MiB, so that there are about a
    /// thousand; larger in objects over 4 GiB, so that there are at most 262144.</param>
    /// <param name="nextCell">The position from which on the next record is a mark.</param>
    public BamMarks(long size, long nextCell = 0)
    {
        _shift = MarkCells.ShiftFor(size, UsualCell);
        NextCell = nextCell;
    }

    public long NextCell { get; private set; }

    /// <summary>Places of records, rising.</summary>
    public List<long> Offsets { get; } = [];

    /// <summary>How far into the stored object they are, in bytes.</summary>
    public List<long> Positions { get; } = [];

    /// <summary>How many records start before them.</summary>
    public List<long> Numbers { get; } = [];

    /// <summary>Adds the next record, unless its cell has a mark.</summary>
    /// <param name="place">Where it starts.</param>
    /// <param name="number">How many start before it.</param>
    /// <param name="storedLength">Stored bytes of the block that it starts in.</param>
    /// <param name="contentLength">Bytes of that block's content.</param>
    public void Add(VirtualOffset place, long number, long storedLength, int contentLength)
    {
        var position = place.Block + (place.Within == 0 ? 0 : place.Within * storedLength / contentLength);
        if (position < NextCell)
            return;
        Offsets.Add((long)place.Value);
        Positions.Add(position);
        Numbers.Add(number);
        NextCell = ((position >> _shift) + 1) << _shift;
    }
}
