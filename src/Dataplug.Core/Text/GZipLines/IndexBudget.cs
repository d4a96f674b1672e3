namespace Dataplug.Text;

/// <summary>
/// Decides which access points and marks an index keeps, so that it stays within a part of the object's size: whatever comes when
/// the stored bytes before it have not yet earned its cost is left out. Depends on what is found in the object and its order
/// alone, not on who found it.
/// </summary>
internal sealed class IndexBudget
{
    // What a mark and an access point take beside the window: columns, lengths and checksums, as they are after zstd.
    private const int MarkCost = 8;
    private const int WindowCost = 24;

    // Parts of the budget, in quarters.
    private const int ForMarks = 1;
    private const int ForWindows = 3;

    private readonly double? _part;
    private long _marks;
    private long _windows;

    /// <summary>Creates a budget of which nothing is spent.</summary>
    /// <param name="part">Of the stored bytes; null for no limit.</param>
    public IndexBudget(double? part) => _part = part;

    /// <summary>Whether a mark is kept; the first always is.</summary>
    /// <param name="bit">Its place in the object, in bits.</param>
    public bool TryAddMark(long bit) => bit == 0 || TrySpend(ref _marks, MarkCost, ForMarks, bit);

    /// <summary>Whether an access point with a window is kept.</summary>
    /// <param name="bit">Its place in the object, in bits.</param>
    /// <param name="length">The stored window's length in bytes.</param>
    public bool TryAddWindow(long bit, int length) => TrySpend(ref _windows, length + WindowCost, ForWindows, bit);

    // IEEE 754 multiplication gives the same on every machine.
    private bool TrySpend(ref long spent, int cost, int quarters, long bit)
    {
        if (_part is { } part && spent + cost > (bit >> 3) * part * quarters / 4)
            return false;
        spent += cost;
        return true;
    }
}
