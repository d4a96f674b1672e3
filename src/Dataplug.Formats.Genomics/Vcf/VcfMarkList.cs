using Dataplug.Compression;

namespace Dataplug.Formats.Genomics;

/// <summary>Record starts as they are found, the first of each cell of a grid.</summary>
internal sealed class VcfMarkList(VcfGrid grid)
{
    private readonly List<VcfMark> _marks = [];
    private VcfGrid _grid = grid;
    private long _nextCell;

    /// <summary>The marks in the order of the object.</summary>
    public IReadOnlyList<VcfMark> Marks => _marks;

    /// <summary>Whether a record start at a stored offset is a mark.</summary>
    public bool Wants(long stored) => stored >= _nextCell;

    /// <summary>Adds a mark, unless its cell has one.</summary>
    public void Add(in VcfMark mark)
    {
        if (mark.Stored < _nextCell)
            return;
        _marks.Add(mark);
        _nextCell = _grid.NextCell(mark.Stored);
    }

    /// <summary>Adds the marks of the next part, whose records are counted from 0; where there are too many, cells are doubled.</summary>
    public void AddAll(VcfMarkList part, long records)
    {
        foreach (var mark in part._marks)
        {
            Add(mark with { Number = mark.Number + records });
            if (_marks.Count > 4 * MarkCells.Most)
                Coarsen(new VcfGrid(_grid.FineBelow > 0 ? _grid.Shift : _grid.Shift + 1));
        }
    }

    /// <summary>Keeps the first mark of each cell of a grid, where that is coarser.</summary>
    public void Coarsen(VcfGrid coarser)
    {
        if (_grid.FineBelow == 0 && coarser.Shift <= _grid.Shift)
            return;
        var marks = _marks.ToArray();
        _marks.Clear();
        (_grid, _nextCell) = (coarser, 0);
        foreach (var mark in marks)
            Add(mark);
    }

    /// <summary>Writes the marks as differences.</summary>
    public void Write(BinaryWriter writer)
    {
        writer.Write7BitEncodedInt(_marks.Count);
        var last = default(VcfMark);
        foreach (var mark in _marks)
        {
            writer.Write7BitEncodedInt64((long)(mark.Place.Value - last.Place.Value));
            writer.Write7BitEncodedInt64(mark.Number - last.Number);
            writer.Write7BitEncodedInt64(mark.Start);
            writer.Write7BitEncodedInt64(mark.Stored - last.Stored);
            last = mark;
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static VcfMarkList Read(BinaryReader reader, VcfGrid grid)
    {
        var list = new VcfMarkList(grid);
        var last = default(VcfMark);
        for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
        {
            last = new VcfMark(
                new VirtualOffset(last.Place.Value + (ulong)reader.Read7BitEncodedInt64()),
                last.Number + reader.Read7BitEncodedInt64(),
                reader.Read7BitEncodedInt64(),
                last.Stored + reader.Read7BitEncodedInt64());
            list.Add(last);
        }

        return list;
    }
}

/// <summary>A place where a record starts.</summary>
/// <param name="Place">The place; of plain and gzip objects the block is the offset in the content.</param>
/// <param name="Number">Records before it.</param>
/// <param name="Start">The record's first position, from 0.</param>
/// <param name="Stored">About how many stored bytes come before it: what the grid goes by.</param>
internal readonly record struct VcfMark(VirtualOffset Place, long Number, long Start, long Stored);
