using System.Runtime.CompilerServices;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>Follows the contexts of an item other than POINT14 from point to point (LAZ specification, "scanner channel contexts"). Version
/// 3 has two oddities that all its writers share and version 4 mends: the context of a point that is of the channel of the point before is 0,
/// whatever the channel; and a point that goes back to a context is predicted by the last point of the context that it leaves.</summary>
internal struct OtherContexts(int first, bool version4)
{
    private int _used = 1 << first;

    /// <summary>The context whose models code the point.</summary>
    public int Current { get; private set; } = first;

    /// <summary>The context whose last value predicts the point's, and becomes it.</summary>
    public int Last { get; private set; } = first;

    /// <summary>Goes to the next point.</summary>
    /// <returns>The context that the current one begins as a copy of; −1 where it has begun before.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Move(int context)
    {
        Last = Current;
        if (context == Current)
            return -1;
        var from = Current;
        Current = context;
        if ((_used & 1 << context) == 0)
        {
            _used |= 1 << context;
            Last = context;
            return from;
        }
        if (version4)
            Last = context;
        return -1;
    }
}
