using System.Text.Json.Serialization;

namespace Dataplug.Formats.Geo;

/// <summary>Which points of a slice are meant, by what they are.</summary>
public sealed record LasFilter
{
    /// <summary>The return numbers, 0 to 15, rising; null for all.</summary>
    public IReadOnlyList<int>? Returns { get; init; }

    /// <summary>Whether only the last return of each pulse is meant.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool LastReturns { get; init; }

    /// <summary>The classes, 0 to 255, rising; null for all.</summary>
    public IReadOnlyList<int>? Classes { get; init; }

    /// <inheritdoc/>
    public bool Equals(LasFilter? other) =>
        other is not null && LastReturns == other.LastReturns && AreEqual(Returns, other.Returns) && AreEqual(Classes, other.Classes);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(LastReturns, Returns?.Count, Classes?.Count);

    /// <summary>Reads numbers such as <c>2,5-7</c>; <c>all</c> is null.</summary>
    /// <exception cref="PartitionException">Not such numbers.</exception>
    internal static int[]? ParseNumbers(string text, int greatest, string what)
    {
        if (text == "all")
            return null;
        var numbers = new SortedSet<int>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var dash = part.IndexOf('-', StringComparison.Ordinal);
            if (!TryParse(dash < 0 ? part : part[..dash], out var first) || !TryParse(dash < 0 ? part : part[(dash + 1)..], out var last) || last < first)
                throw new PartitionException(null, $"'{part}' names no {what} from 0 to {greatest}", "Write numbers and ranges such as 2,5-7, or all.");
            for (var number = first; number <= last; number++)
                numbers.Add(number);
        }

        return [.. numbers];

        bool TryParse(string number, out int value) =>
            int.TryParse(number, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out value) && value <= greatest;
    }

    internal static int[] Ordered(IReadOnlyList<int> numbers, int greatest)
    {
        foreach (var number in numbers)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(number, nameof(numbers));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(number, greatest, nameof(numbers));
        }

        return [.. numbers.Distinct().Order()];
    }

    private static bool AreEqual(IReadOnlyList<int>? a, IReadOnlyList<int>? b) => a is null ? b is null : b is not null && a.SequenceEqual(b);
}

/// <summary>Chooses points: those in a rectangle and a polygon that pass a filter.</summary>
internal sealed class PointSelector
{
    private readonly LasHeader _header;
    private readonly LasRectangle _region;
    private readonly NetTopologySuite.Algorithm.Locate.IndexedPointInAreaLocator? _polygon;
    private readonly bool[]? _returns;
    private readonly bool[]? _classes;
    private readonly bool _lastReturns;

    public PointSelector(LasHeader header, LasRectangle? region, string? polygon, LasFilter? filter, string source)
    {
        _header = header;
        _region = region ?? LasRectangle.Everything;
        _polygon = polygon is null ? null : LasPolygon.ReadLocator(polygon, source);
        _returns = TableOf(filter?.Returns, 16);
        _classes = TableOf(filter?.Classes, 256);
        _lastReturns = filter?.LastReturns == true;
        TakesAll = _region == LasRectangle.Everything && _polygon is null && _returns is null && _classes is null && !_lastReturns;
    }

    public bool TakesAll { get; }

    /// <summary>The chosen ones of some records: themselves where all are.</summary>
    public ReadOnlyMemory<byte> Select(ReadOnlyMemory<byte> records)
    {
        if (TakesAll)
            return records;
        var length = _header.PointFormat.RecordLength;
        var all = records.Span;
        var from = 0;
        byte[]? chosen = null;
        var count = 0;

        // Runs of chosen ones are copied at once; all of them not at all.
        for (var at = 0; at <= all.Length; at += length)
        {
            if (at < all.Length && IsChosen(all.Slice(at, length)))
                continue;
            if (at > from)
            {
                if (from == 0 && at == all.Length)
                    return records;
                chosen ??= new byte[all.Length - from];
                all[from..at].CopyTo(chosen.AsSpan(count));
                count += at - from;
            }

            from = at + length;
        }

        // What was left out need not be kept in memory.
        return count == 0 ? default : count < chosen!.Length / 2 ? chosen.AsSpan(0, count).ToArray() : chosen.AsMemory(0, count);
    }

    private bool IsChosen(ReadOnlySpan<byte> record)
    {
        var (x, y) = (LasPoints.RawXOf(record), LasPoints.RawYOf(record));
        if (!_region.Contains(x, y))
            return false;
        var format = _header.PointFormat;
        if (_returns is not null && !_returns[format.ReturnNumberOf(record)])
            return false;
        if (_lastReturns && format.ReturnNumberOf(record) != format.NumberOfReturnsOf(record))
            return false;
        if (_classes is not null && !_classes[format.ClassificationOf(record)])
            return false;
        return _polygon is null || _polygon.Locate(new NetTopologySuite.Geometries.Coordinate(_header.PlaceX(x), _header.PlaceY(y))) != NetTopologySuite.Geometries.Location.Exterior;
    }

    private static bool[]? TableOf(IReadOnlyList<int>? numbers, int size)
    {
        if (numbers is null)
            return null;
        var table = new bool[size];
        foreach (var number in numbers.Where(number => number >= 0 && number < size))
            table[number] = true;
        return table;
    }
}
