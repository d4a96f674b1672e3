namespace Dataplug.Text;

/// <summary>Tells whether the first row names the columns.</summary>
internal static class CsvHeaderDetector
{
    /// <summary>
    /// Names are no numbers, dates or booleans. A first row free of these is a header when a column below it is all numbers,
    /// dates or booleans; where all columns are text it is one when its fields are not empty and all different.
    /// </summary>
    /// <param name="rows">The first rows.</param>
    public static bool HasHeader(IReadOnlyList<string[]> rows)
    {
        if (rows.Count == 0)
            return false;
        var first = rows[0];
        if (first.Any(field => CsvColumnTypes.Of(field) is not (CsvColumnType.Text or CsvColumnType.Empty)))
            return false;

        for (var column = 0; column < first.Length; column++)
        {
            var type = CsvColumnType.Empty;
            for (var row = 1; row < rows.Count && type != CsvColumnType.Text; row++)
                type = CsvColumnTypes.Join(type, column < rows[row].Length ? CsvColumnTypes.Of(rows[row][column]) : CsvColumnType.Empty);
            if (type is not (CsvColumnType.Text or CsvColumnType.Empty) && first[column].Length > 0)
                return true;
        }

        return first.All(field => field.Length > 0) && first.Distinct(StringComparer.Ordinal).Count() == first.Length;
    }
}
