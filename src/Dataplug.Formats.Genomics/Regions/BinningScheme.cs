namespace Dataplug.Formats.Genomics;

/// <summary>
/// How positions are put into bins of falling size (CSI specification v1; SAM specification, section 5.1.1): bin 0 holds everything,
/// every bin is divided into eight on the next level, and the smallest hold 2^<paramref name="MinShift"/> positions.
/// </summary>
/// <param name="MinShift">Binary logarithm of the positions of the smallest bins.</param>
/// <param name="Depth">Levels below bin 0.</param>
public readonly record struct BinningScheme(int MinShift, int Depth)
{
    /// <summary>That of BAI and tabix: smallest bins of 16 KiB, five levels, positions below 2²⁹.</summary>
    public static BinningScheme Classic { get; } = new(14, 5);

    /// <summary>Number of bins.</summary>
    public int BinCount => FirstBin(Depth + 1);

    /// <summary>The bin that holds counts and ends instead of positions (section 5.2): 37450 in the classic scheme.</summary>
    public int MetadataBin => BinCount + 1;

    /// <summary>The first position that no bin holds.</summary>
    public long MaxPosition => 1L << (MinShift + (3 * Depth));

    /// <summary>The scheme for sequences of a length: with as many levels as are needed.</summary>
    public static BinningScheme For(int minShift, long maxLength)
    {
        var depth = 0;
        for (var size = 1L << minShift; size < maxLength + 256; size <<= 3)
            depth++;
        return new BinningScheme(minShift, depth);
    }

    /// <summary>The first bin of a level.</summary>
    public static int FirstBin(int level) => (int)(((1L << (3 * level)) - 1) / 7);

    /// <summary>The bin one level up.</summary>
    public static int Parent(int bin) => (bin - 1) >> 3;

    /// <summary>The smallest bin that holds all of a run of positions.</summary>
    /// <param name="start">The first position, from 0.</param>
    /// <param name="end">The position after the last.</param>
    public int BinOf(long start, long end)
    {
        end--;
        var shift = MinShift;
        for (var level = Depth; level > 0; level--, shift += 3)
        {
            if (start >> shift == end >> shift)
                return FirstBin(level) + (int)(start >> shift);
        }

        return 0;
    }

    /// <summary>The smallest bins' number of the first position of a bin: its place in a linear index.</summary>
    public int FirstWindow(int bin)
    {
        var level = LevelOf(bin);
        return (bin - FirstBin(level)) << (3 * (Depth - level));
    }

    /// <summary>The bins that may hold records which overlap a run of positions, rising.</summary>
    public IEnumerable<(int First, int Last)> BinsOverlapping(long start, long end)
    {
        end = Math.Min(end, MaxPosition) - 1;
        var shift = MinShift + (3 * Depth);
        for (var level = 0; level <= Depth && start <= end; level++, shift -= 3)
            yield return (FirstBin(level) + (int)(start >> shift), FirstBin(level) + (int)(end >> shift));
    }

    private static int LevelOf(int bin)
    {
        var level = 0;
        for (var b = bin; b > 0; b = Parent(b))
            level++;
        return level;
    }
}
