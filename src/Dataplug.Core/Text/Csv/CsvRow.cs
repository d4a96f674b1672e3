using System.Globalization;

namespace Dataplug.Text;

/// <summary>One row: its fields, by number or by name.</summary>
public sealed class CsvRow
{
    private readonly string[] _fields;

    internal CsvRow(string[] fields, CsvColumnNames columns, long number)
    {
        _fields = fields;
        Columns = columns;
        Number = number;
    }

    /// <summary>Number of the row, counted over the whole object from 0, the header aside.</summary>
    public long Number { get; }

    /// <summary>Number of fields; may differ from row to row.</summary>
    public int Count => _fields.Length;

    /// <summary>The fields, quotes and doubling removed.</summary>
    public IReadOnlyList<string> Fields => _fields;

    /// <summary>The names of the columns.</summary>
    public CsvColumnNames Columns { get; }

    /// <summary>The field of a number, from 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The row has no such field.</exception>
    public string this[int index] =>
        (uint)index < (uint)_fields.Length ? _fields[index] : throw new ArgumentOutOfRangeException(nameof(index), index, $"Row {Number} has {Count} fields.");

    /// <summary>The field of a column.</summary>
    /// <exception cref="KeyNotFoundException">There is no such column, or the row is too short to have a field for it.</exception>
    public string this[string column] =>
        TryGet(column, out var field) ? field : throw new KeyNotFoundException($"Row {Number} has no field '{column}'.");

    /// <summary>The field of a column, if there is one.</summary>
    public bool TryGet(string column, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? field)
    {
        field = Columns.TryGetIndex(column, out var index) && index < _fields.Length ? _fields[index] : null;
        return field is not null;
    }

    /// <summary>The field of a column as a value, in the invariant culture.</summary>
    /// <exception cref="KeyNotFoundException">There is no such field.</exception>
    /// <exception cref="FormatException">The field is no such value.</exception>
    public T Get<T>(string column)
        where T : ISpanParsable<T> => T.Parse(this[column], CultureInfo.InvariantCulture);

    /// <summary>The field of a number, from 0, as a value, in the invariant culture.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The row has no such field.</exception>
    /// <exception cref="FormatException">The field is no such value.</exception>
    public T Get<T>(int index)
        where T : ISpanParsable<T> => T.Parse(this[index], CultureInfo.InvariantCulture);
}
