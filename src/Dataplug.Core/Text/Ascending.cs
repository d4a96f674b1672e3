namespace Dataplug.Text;

/// <summary>Look-ups in a column of numbers that never fall.</summary>
internal static class Ascending
{
    /// <summary>The first index whose number is at least <paramref name="value"/>; the column's length when there is none.</summary>
    public static int FirstAtLeast(ReadOnlySpan<long> column, long value)
    {
        int low = 0, high = column.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (column[middle] < value)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
