using System.Text;

namespace Dataplug.Text;

/// <summary>Rows taken from a part of an object to find out about it.</summary>
internal static class CsvSample
{
    /// <summary>Splits the whole rows in some bytes.</summary>
    /// <param name="bytes">Bytes from a place where a row may begin.</param>
    /// <param name="final">Whether nothing comes after them, so that a last row without line end is whole.</param>
    /// <param name="dialect">How rows are split.</param>
    /// <param name="encoding">How bytes become characters.</param>
    /// <param name="maxRows">Rows to take at most.</param>
    public static List<string[]> Take(ReadOnlySpan<byte> bytes, bool final, CsvDialect dialect, Encoding encoding, int maxRows)
    {
        var rows = new List<string[]>();
        var fields = new CsvFields(dialect);
        while (rows.Count < maxRows)
        {
            bytes = bytes[SkipLineEnds(bytes)..];
            if (bytes.IsEmpty)
                break;
            var length = fields.Split(bytes, final);
            if (length < 0)
                break;
            var row = new string[fields.Count];
            for (var i = 0; i < row.Length; i++)
                row[i] = fields.GetString(bytes, i, encoding);
            rows.Add(row);
            bytes = bytes[length..];
        }

        return rows;
    }

    /// <summary>Number of line ends at the start of some bytes: they make blank lines, which are no rows.</summary>
    public static int SkipLineEnds(ReadOnlySpan<byte> bytes) =>
        bytes.IndexOfAnyExcept((byte)'\r', (byte)'\n') is var i and >= 0 ? i : bytes.Length;
}
