namespace Dataplug.Formats.Geo.Laz;

/// <summary>Which points have differences of like size: contexts made of the return number and the number of returns (LAZ specification,
/// tables of return maps and levels). A damaged or odd pair has a context too.</summary>
internal static class ReturnContexts
{
    /// <summary>The context of x and y in records of three bits each, at 8 · returns + return: 0 to 15.</summary>
    public static ReadOnlySpan<byte> Map8 =>
    [
        15, 14, 13, 12, 11, 10, 9, 8,
        14, 0, 1, 3, 6, 10, 10, 9,
        13, 1, 2, 4, 7, 11, 11, 10,
        12, 3, 4, 5, 8, 12, 12, 11,
        11, 6, 7, 8, 9, 13, 13, 12,
        10, 10, 11, 12, 13, 14, 14, 13,
        9, 10, 11, 12, 13, 14, 15, 14,
        8, 9, 10, 11, 12, 13, 14, 15,
    ];

    /// <summary>The context of x and y in records of four bits each, at 16 · returns + return: 0 to 5.</summary>
    public static ReadOnlySpan<byte> Map16 =>
    [
        0, 1, 2, 3, 4, 5, 3, 4, 4, 5, 5, 5, 5, 5, 5, 5,
        1, 0, 1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,
        2, 1, 2, 4, 4, 4, 4, 4, 4, 4, 4, 3, 3, 3, 3, 3,
        3, 3, 4, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
        4, 3, 4, 4, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
        5, 3, 4, 4, 4, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4,
        3, 3, 4, 4, 4, 4, 5, 4, 4, 4, 4, 4, 4, 4, 4, 4,
        4, 3, 4, 4, 4, 4, 4, 5, 4, 4, 4, 4, 4, 4, 4, 4,
        4, 3, 4, 4, 4, 4, 4, 4, 5, 4, 4, 4, 4, 4, 4, 4,
        5, 3, 4, 4, 4, 4, 4, 4, 4, 5, 4, 4, 4, 4, 4, 4,
        5, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 4, 4, 4, 4, 4,
        5, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 4, 4, 4,
        5, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 4, 4,
        5, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 4,
        5, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5,
        5, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5,
    ];

    /// <summary>The context of z: how many returns of the pulse are missing below this one, 0 to 7.</summary>
    public static int Level(int returns, int number) => Math.Min(Math.Abs(returns - number), 7);

    /// <summary>The context of a coordinate that comes after others, of how far off those were.</summary>
    /// <param name="single">Whether the pulse has one return.</param>
    /// <param name="k">Bits of the others' corrections.</param>
    /// <param name="max">Even; larger ones are one context.</param>
    public static int OfBits(bool single, int k, int max) => (single ? 1 : 0) + (k < max ? k & ~1 : max);
}
