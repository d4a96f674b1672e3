namespace Dataplug.Text;

/// <summary>
/// The part of an object that holds its records, with its marks: what strategies cut. All cuts are pure arithmetic.
/// </summary>
internal sealed class MarkedBody
{
    /// <summary>More slices than this fit in no plan.</summary>
    private const long MaxSlices = 1 << 24;

    private readonly string _source;
    private readonly long _start;
    private readonly long _end;
    private readonly long _records;
    private readonly long[] _offsets;
    private readonly long[] _numbers;

    /// <param name="source">The object, for messages.</param>
    /// <param name="start">Offset of the first byte that may be cut off.</param>
    /// <param name="end">Offset of the end, the object's size.</param>
    /// <param name="records">Number of records from start to end.</param>
    /// <param name="offsets">Offsets of the marks, rising; those outside of (start, end) don't matter.</param>
    /// <param name="numbers">How many records start in the body before each mark.</param>
    public MarkedBody(string source, long start, long end, long records, long[] offsets, long[] numbers)
    {
        _source = source;
        _start = start;
        _end = end;
        _records = records;
        _offsets = offsets;
        _numbers = numbers;
    }

    /// <summary>Exactly <paramref name="count"/> ranges of about the same number of bytes, cut at the first mark at or after each
    /// n-th part of the body; some are empty where there are fewer marks than ranges.</summary>
    public List<MarkedRange> IntoChunks(long count)
    {
        CheckCount(count);
        var ranges = new List<MarkedRange>((int)count);
        var from = Start;
        for (long i = 1; i <= count; i++)
        {
            var target = _start + (long)((Int128)(_end - _start) * i / count);
            var to = i == count ? End : FirstAtOrAfter(target);
            ranges.Add(Between(from, to));
            from = to;
        }

        return ranges;
    }

    /// <summary>Ranges as long as they can be without being longer than <paramref name="bytes"/>; a range is longer only where
    /// there is no mark in so many bytes. None is empty; there are none in an empty body.</summary>
    public List<MarkedRange> BySize(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        var ranges = new List<MarkedRange>();
        for (var from = Start; from.Offset < _end;)
        {
            var to = bytes >= _end - from.Offset ? End : LastAtOrBefore(from.Offset + bytes);
            if (to.Offset <= from.Offset)
                to = FirstAtOrAfter(from.Offset + 1);
            CheckCount(ranges.Count + 1);
            ranges.Add(Between(from, to));
            from = to;
        }

        return ranges;
    }

    /// <summary>Ranges of exactly <paramref name="records"/> records each, the last of the remainder. As records start between
    /// marks, ranges overlap: each reaches from the last mark before its records to the first mark after them.</summary>
    public List<MarkedRange> ByRecords(long records)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(records);
        if (_records == 0)
            return _end > _start ? [Between(Start, End)] : [];
        var count = ((_records - 1) / records) + 1;
        CheckCount(count);
        var ranges = new List<MarkedRange>((int)count);
        for (long i = 0; i < count; i++)
        {
            var first = i * records;
            var last = i == count - 1 ? _records : first + records;
            var from = i == 0 ? Start : AtOrBeforeRecord(first);
            var to = i == count - 1 ? End : AtOrAfterRecord(last);
            ranges.Add(new MarkedRange(from.Offset, to.Offset - from.Offset, first, last - first, first - from.Number, to.Number - last));
        }

        return ranges;
    }

    private (long Offset, long Number) Start => (_start, 0);

    private (long Offset, long Number) End => (_end, _records);

    private static MarkedRange Between((long Offset, long Number) from, (long Offset, long Number) to) =>
        new(from.Offset, to.Offset - from.Offset, from.Number, to.Number - from.Number, 0, 0);

    private (long Offset, long Number) FirstAtOrAfter(long offset)
    {
        var i = LowerBound(_offsets, offset);
        return offset <= _start ? Start : i < _offsets.Length && _offsets[i] < _end ? (_offsets[i], _numbers[i]) : End;
    }

    private (long Offset, long Number) LastAtOrBefore(long offset)
    {
        var i = LowerBound(_offsets, offset + 1) - 1;
        return i < 0 || _offsets[i] <= _start ? Start : (_offsets[i], _numbers[i]);
    }

    private (long Offset, long Number) AtOrBeforeRecord(long number)
    {
        var i = LowerBound(_numbers, number + 1) - 1;
        return i < 0 || _offsets[i] <= _start ? Start : (_offsets[i], _numbers[i]);
    }

    private (long Offset, long Number) AtOrAfterRecord(long number)
    {
        var i = LowerBound(_numbers, number);
        return i < _numbers.Length ? (_offsets[i], _numbers[i]) : End;
    }

    private static int LowerBound(long[] sorted, long value)
    {
        var (low, high) = (0, sorted.Length);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (sorted[middle] < value)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private void CheckCount(long count)
    {
        if (count is < 1 or > MaxSlices)
            throw new PartitionException(_source, $"a plan may have from 1 to {MaxSlices} slices, but this one would have {count}", "Ask for fewer, larger slices.");
    }
}
