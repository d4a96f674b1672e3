using Dataplug.Partitioning;

namespace Dataplug.Text;

/// <summary>The strategies for CSV. None ever cuts a row, whatever line ends its quoted fields hold.</summary>
public static class CsvPartition
{
    /// <summary>Exactly <paramref name="count"/> slices of about the same number of bytes; some are empty when there are more
    /// slices than places to cut at.</summary>
    /// <param name="count">Number of slices, from 1 to 4 194 304.</param>
    /// <exception cref="PartitionException">When it is used: the number is too large.</exception>
    public static IPartitionStrategy<CsvIndex, CsvSlice> IntoChunks(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return new Strategy(body => body.IntoChunks(count));
    }

    /// <summary>Slices as long as can be without their rows being longer than <paramref name="bytes"/>; repeated headers don't
    /// count. A slice is longer only where no known row starts in so many bytes: rows longer than that, or sizes below the
    /// spacing of the index (4 KiB for objects from 4 MiB to 1 GiB; docs/formats/csv.md).</summary>
    /// <param name="bytes">Bytes per slice, ≥ 1.</param>
    /// <exception cref="PartitionException">When it is used: there would be more than 4 194 304 slices.</exception>
    public static IPartitionStrategy<CsvIndex, CsvSlice> BySize(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        return new Strategy(body => body.BySize(bytes));
    }

    /// <summary>Slices of exactly <paramref name="rows"/> rows, the last of the remainder. Reading one fetches up to one
    /// spacing of the index and one row more on either side.</summary>
    /// <param name="rows">Rows per slice, ≥ 1.</param>
    /// <exception cref="PartitionException">When it is used: there would be more than 4 194 304 slices.</exception>
    public static IPartitionStrategy<CsvIndex, CsvSlice> ByRows(long rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        return new Strategy(body => body.ByRecords(rows));
    }

    private sealed class Strategy(Func<MarkedBody, List<MarkedRange>> cut) : IPartitionStrategy<CsvIndex, CsvSlice>
    {
        public IReadOnlyList<CsvSlice> Partition(CsvIndex index)
        {
            ArgumentNullException.ThrowIfNull(index);
            return index.SlicesOf(cut(index.Body));
        }
    }
}
