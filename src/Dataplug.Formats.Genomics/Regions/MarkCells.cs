using System.Numerics;

namespace Dataplug.Formats.Genomics;

/// <summary>The cells by which an index stays small: an object is divided into some of equal size, and of the places where it could be cut
/// the first of each cell is kept.</summary>
internal static class MarkCells
{
    /// <summary>The most places that are kept.</summary>
    public const int Most = 1 << 18;

    private const long Fine = 1 << 10;

    /// <summary>Binary logarithm of the size of an object's cells, which depends on nothing but its size: the usual size; smaller in small
    /// objects, so that there are about a thousand cells; larger in large ones, so that there are at most <see cref="Most"/>.</summary>
    /// <param name="size">Bytes of the object.</param>
    /// <param name="usual">Bytes of a cell, a power of two.</param>
    public static int ShiftFor(long size, long usual) => BitOperations.Log2((ulong)Math.Max(Math.Min(CellOf(size, Fine), usual), CellOf(size, Most)));

    /// <summary>Which of some places, rising, are kept at last: as many as can be, the first of each cell, in cells as small as can be.</summary>
    /// <param name="offsets">The places.</param>
    /// <param name="shift">Binary logarithm of the size of the cells that they are the first of.</param>
    /// <returns>Their numbers.</returns>
    /// <remarks>The first of a larger cell is the first of the first of its cells.</remarks>
    public static int[] Thin(IReadOnlyList<long> offsets, int shift)
    {
        for (; ; shift++)
        {
            int[] kept = [.. Enumerable.Range(0, offsets.Count).Where(i => i == 0 || offsets[i] >> shift != offsets[i - 1] >> shift)];
            if (kept.Length <= Most)
                return kept;
        }
    }

    private static long CellOf(long size, long cells) => (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(1, ((size - 1) / cells) + 1));
}
