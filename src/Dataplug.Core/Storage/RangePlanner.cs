namespace Dataplug.Storage;

/// <summary>
/// Turns the ranges that somebody wants into the requests that get them with the least cost: neighbours are merged over small
/// gaps, large runs split into parts that can be read at the same time. Pure; reads nothing.
/// </summary>
public static class RangePlanner
{
    /// <summary>Plans the requests for some ranges, which may overlap, repeat, be empty, and come in any order.</summary>
    public static RangePlan Plan(IReadOnlyList<ByteRange> ranges, ReadManyOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        options ??= ReadManyOptions.Default;
        options.Validate();

        var order = Enumerable.Range(0, ranges.Count).Where(i => ranges[i].Length > 0).ToArray();
        Array.Sort(order, (a, b) => ranges[a].Offset != ranges[b].Offset ? ranges[a].Offset.CompareTo(ranges[b].Offset) : ranges[b].Length.CompareTo(ranges[a].Length));

        var runs = new List<RangeRun>();
        var locations = new RangeLocation[ranges.Count];
        Array.Fill(locations, RangeLocation.Nowhere);
        for (var i = 0; i < order.Length;)
        {
            var start = ranges[order[i]].Offset;
            var end = ranges[order[i]].End;
            for (; i < order.Length; i++)
            {
                var next = ranges[order[i]];
                var merged = Math.Max(end, next.End);

                // Ranges inside the run cost nothing; others must be near, and may not make the run too large.
                if (next.End > end && (next.Offset - end > options.MaxGap || merged - start > options.MaxRunSize))
                    break;
                end = merged;
                locations[order[i]] = new RangeLocation(runs.Count, next.Offset - start);
            }

            var run = ByteRange.FromBounds(start, end);
            runs.Add(new RangeRun(run, Split(run, options.PartSize)));
        }

        return new RangePlan(runs, locations);
    }

    /// <summary>Cuts a range into the fewest parts of at most <paramref name="partSize"/> bytes, as equal as can be.</summary>
    public static IReadOnlyList<ByteRange> Split(ByteRange range, int partSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(partSize);
        var count = (range.Length / partSize) + (range.Length % partSize == 0 ? 0 : 1);
        var parts = new List<ByteRange>();
        var offset = range.Offset;
        for (var i = 0L; i < count; i++)
        {
            var length = (range.End - offset + (count - i - 1)) / (count - i);
            parts.Add(new ByteRange(offset, length));
            offset += length;
        }

        return parts;
    }

    /// <summary>Cuts the list of ranges, in its order, into consecutive waves of at most <paramref name="maxBytes"/> bytes each; a
    /// range that is larger is a wave of its own.</summary>
    public static IEnumerable<Range> Waves(IReadOnlyList<ByteRange> ranges, long maxBytes)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        return Cut();

        IEnumerable<Range> Cut()
        {
            var start = 0;
            var bytes = 0L;
            for (var i = 0; i < ranges.Count; i++)
            {
                if (i > start && ranges[i].Length > maxBytes - bytes)
                {
                    yield return start..i;
                    start = i;
                    bytes = 0;
                }

                bytes += ranges[i].Length;
            }

            if (start < ranges.Count)
                yield return start..ranges.Count;
        }
    }
}

/// <summary>What to read, and where in it each wanted range is.</summary>
/// <param name="Runs">The merged runs, in the order of their offsets.</param>
/// <param name="Locations">Where each wanted range is, in the order in which they were asked for.</param>
public sealed record RangePlan(IReadOnlyList<RangeRun> Runs, IReadOnlyList<RangeLocation> Locations)
{
    /// <summary>The number of requests.</summary>
    public int RequestCount => Runs.Sum(run => run.Requests.Count);

    /// <summary>The number of bytes that the requests read.</summary>
    public long TotalBytes => Runs.Sum(run => run.Range.Length);
}

/// <summary>A run of bytes that is held in one piece, and the requests that bring it.</summary>
/// <param name="Range">The bytes.</param>
/// <param name="Requests">Its parts, in order.</param>
public sealed record RangeRun(ByteRange Range, IReadOnlyList<ByteRange> Requests);

/// <summary>Where a wanted range is.</summary>
/// <param name="Run">The index of its run; −1 for an empty range, which is in none.</param>
/// <param name="Offset">Where in the run it starts.</param>
public readonly record struct RangeLocation(int Run, long Offset)
{
    /// <summary>The place of an empty range.</summary>
    public static RangeLocation Nowhere { get; } = new(-1, 0);
}
