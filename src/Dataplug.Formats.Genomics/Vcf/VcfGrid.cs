namespace Dataplug.Formats.Genomics;

/// <summary>
/// The grid by which an index stays small: the object is divided into cells of equal size, and of all record starts the index keeps
/// the first of each cell, its mark.
/// </summary>
/// <param name="Shift">Binary logarithm of the cell size in bytes.</param>
/// <param name="FineBelow">The offset below which every record start is a mark, a multiple of the cell size.</param>
internal readonly record struct VcfGrid(int Shift, long FineBelow = 0)
{
    private const long UsualCell = 8 << 10;

    /// <summary>Where the size is not known yet: finer than any that <see cref="For"/> gives for what will be the size.</summary>
    public static VcfGrid Finest { get; } = new(10, 1 << 20);

    /// <summary>The grid of an object, which depends on nothing but its size: cells of 8 KiB; smaller in objects below 8 MiB, so that
    /// there are about a thousand; larger in objects over 2 GiB, so that there are at most 262 144.</summary>
    public static VcfGrid For(long size) => new(MarkCells.ShiftFor(size, UsualCell));

    /// <summary>The start of the cell after the one that holds an offset.</summary>
    public long NextCell(long offset) => offset < FineBelow ? offset + 1 : ((offset >> Shift) + 1) << Shift;
}
