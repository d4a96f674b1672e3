using System.Numerics;

namespace Dataplug.Text;

/// <summary>
/// The grid by which an index stays small: the object is divided into cells of equal size, and of all the places where it
/// could be cut, the index keeps the first of each cell, its mark.
/// </summary>
/// <param name="Shift">Binary logarithm of the cell size.</param>
internal readonly record struct MarkGrid(int Shift)
{
    private const long FineCells = 1 << 10;
    private const long CoarseCells = 1 << 18;
    private const long UsualCell = 4 << 10;

    /// <summary>Size of a cell in bytes, a power of two.</summary>
    public long CellSize => 1L << Shift;

    /// <summary>
    /// The grid of an object, which depends on nothing but its size: cells of 4 KiB; smaller in objects under 4 MiB, so that
    /// there are about a thousand; larger in objects over 1 GiB, so that there are at most 262 144.
    /// </summary>
    public static MarkGrid For(long size)
    {
        var fine = Math.Min(PowerOfTwo(size, FineCells), UsualCell);
        var cell = Math.Max(fine, PowerOfTwo(size, CoarseCells));
        return new MarkGrid(BitOperations.Log2((ulong)cell));
    }

    /// <summary>The start of the cell after the one that holds an offset.</summary>
    public long NextCell(long offset) => ((offset >> Shift) + 1) << Shift;

    private static long PowerOfTwo(long size, long cells) => (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(1, ((size - 1) / cells) + 1));
}
