namespace Dataplug.Text;

/// <summary>Marks as they are found: offset of a record start, and how many records started before it.</summary>
internal sealed class MarkList
{
    private readonly MarkGrid _grid;
    private readonly List<long> _offsets = [];
    private readonly List<long> _numbers = [];

    /// <summary>Creates an empty list for marks at or after an offset.</summary>
    public MarkList(MarkGrid grid) => _grid = grid;

    /// <summary>The offset from which on the next record start is a mark.</summary>
    public long NextCell { get; private set; }

    /// <summary>Number of marks.</summary>
    public int Count => _offsets.Count;

    /// <summary>Offsets from the start of the object, rising.</summary>
    public IReadOnlyList<long> Offsets => _offsets;

    /// <summary>How many records start before each mark.</summary>
    public IReadOnlyList<long> Numbers => _numbers;

    /// <summary>Adds a mark, unless its cell has one.</summary>
    public void Add(long offset, long number)
    {
        if (offset < NextCell)
            return;
        _offsets.Add(offset);
        _numbers.Add(number);
        NextCell = _grid.NextCell(offset);
    }

    /// <summary>Adds the marks of a later part, whose records are counted from 0.</summary>
    public void AddAll(MarkList part, long numberOfFirst)
    {
        for (var i = 0; i < part.Count; i++)
            Add(part._offsets[i], part._numbers[i] + numberOfFirst);
    }

    /// <summary>Writes the marks as differences.</summary>
    public void Write(BinaryWriter writer)
    {
        writer.Write7BitEncodedInt(Count);
        long offset = 0, number = 0;
        for (var i = 0; i < Count; i++)
        {
            writer.Write7BitEncodedInt64(_offsets[i] - offset);
            writer.Write7BitEncodedInt64(_numbers[i] - number);
            (offset, number) = (_offsets[i], _numbers[i]);
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static MarkList Read(BinaryReader reader, MarkGrid grid)
    {
        var marks = new MarkList(grid);
        var count = reader.Read7BitEncodedInt();
        long offset = 0, number = 0;
        for (var i = 0; i < count; i++)
        {
            offset += reader.Read7BitEncodedInt64();
            number += reader.Read7BitEncodedInt64();
            marks.Add(offset, number);
        }

        return marks;
    }
}
