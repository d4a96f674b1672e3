namespace Dataplug.Formats.Genomics;

/// <summary>Places in a sequence whose lines differ: the first line start of every cell of a grid, and the bases before it.</summary>
internal sealed class FastaMarks
{
    /// <summary>Binary logarithm of the cells in which marks are found; fewer are kept of large objects.</summary>
    public const int FineShift = 12;

    private long _nextCell;

    /// <summary>Offsets in the content, rising.</summary>
    public List<long> Offsets { get; } = [];

    /// <summary>Bases of the sequence, or of the run of lines, before each.</summary>
    public List<long> Bases { get; } = [];

    /// <summary>Takes a line start, unless its cell has one.</summary>
    public void Add(long offset, long bases)
    {
        if (offset < _nextCell)
            return;
        Offsets.Add(offset);
        Bases.Add(bases);
        _nextCell = ((offset >> FineShift) + 1) << FineShift;
    }

    /// <summary>Takes the starts of a run of lines.</summary>
    public void Add(in FastaLines lines, long offset, long bases)
    {
        for (long line = 0; line < lines.Count;)
        {
            Add(offset + (line * lines.Bytes), bases + (line * lines.Bases));
            // On to the first line of the next cell.
            var next = (_nextCell - offset + lines.Bytes - 1) / lines.Bytes;
            line = Math.Max(line + 1, next);
        }
    }

    public void Clear()
    {
        Offsets.Clear();
        Bases.Clear();
        _nextCell = 0;
    }
}
