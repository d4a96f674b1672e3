namespace Dataplug.Formats.Geo;

/// <summary>Which stored coordinates have their places within some bounds.</summary>
internal static class StoredPlaces
{
    /// <summary>Finds the least and greatest of them. By trying: places are made by the very multiplication that readers do, and it never
    /// falls (or never rises) from one stored number to the next, so the answer is exact.</summary>
    /// <param name="placeOf">The place of a stored number.</param>
    /// <param name="rises">Whether places rise with the stored numbers.</param>
    /// <param name="isReached">Whether a place is at or behind the least wanted one.</param>
    /// <param name="isPassed">Whether a place is behind the greatest wanted one.</param>
    /// <returns>Null where there are none.</returns>
    public static (int Min, int Max)? Find(Func<int, double> placeOf, bool rises, Func<double, bool> isReached, Func<double, bool> isPassed)
    {
        var (first, last) = rises
            ? (FirstOf(stored => isReached(placeOf(stored))), FirstOf(stored => isPassed(placeOf(stored))) - 1)
            : (FirstOf(stored => !isPassed(placeOf(stored))), FirstOf(stored => !isReached(placeOf(stored))) - 1);
        return first > last ? null : ((int)first, (int)last);
    }

    // Of numbers that are not there up to one, and are from it on: that one; one more than the greatest where there is none.
    private static long FirstOf(Func<int, bool> isThere)
    {
        var (low, high) = ((long)int.MinValue, int.MaxValue + 1L);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (isThere((int)middle))
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }
}
