using System.Globalization;

namespace Dataplug.Text;

/// <summary>The names of a CSV object's columns: those of its header, or <c>column1</c>, <c>column2</c>, … without one.</summary>
public sealed class CsvColumnNames
{
    private const string Prefix = "column";

    private readonly Dictionary<string, int>? _indexes;

    internal CsvColumnNames(string[]? header)
    {
        Names = header ?? [];
        if (header is null)
            return;
        _indexes = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < header.Length; i++)
            _indexes.TryAdd(header[i], i);
    }

    /// <summary>The names in the header; empty without one.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The number, from 0, of the (first) column of a name.</summary>
    public bool TryGetIndex(string name, out int index)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (_indexes is not null)
            return _indexes.TryGetValue(name, out index);
        index = -1;
        if (name.StartsWith(Prefix, StringComparison.Ordinal) && int.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            index = number - 1;
        return index >= 0;
    }

    internal static string Generated(int index) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{index + 1}");
}
