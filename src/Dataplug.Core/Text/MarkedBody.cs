namespace Dataplug.Text;

/// <summary>
/// The part of an object that holds its records, with its marks: what strategies cut. All cuts are pure arithmetic.
/// </summary>
internal sealed class MarkedBody
{
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
        LineCuts.CheckCount(count, _source);
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
    /// there is no mark in so many bytes. None is empty, bar the only one of an empty body.</summary>
    public List<MarkedRange> BySize(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        var ranges = new List<MarkedRange>();
        var from = Start;
        do
        {
            var to = bytes >= _end - from.Offset ? End : LastAtOrBefore(from.Offset + bytes);
            if (to.Offset <= from.Offset && from.Offset < _end)
                to = FirstAtOrAfter(from.Offset + 1);
            LineCuts.CheckCount(ranges.Count + 1, _source);
            ranges.Add(Between(from, to));
            from = to;
        }
        while (from.Offset < _end);
        return ranges;
    }

    /// <summary>Ranges of exactly <paramref name="records"/> records each, the last of the remainder; see <see cref="Cut"/>.</summary>
    public List<MarkedRange> ByRecords(long records)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(records);
        return Cut(LineCuts.Every(_records, records, LineRemainder.Keep, _source));
    }

    /// <summary>
    /// The ranges of the records between cuts. As records start between marks, ranges overlap: each reaches from the last mark
    /// before its records to the first mark after them.
    /// </summary>
    /// <param name="cuts">Record numbers that never fall, the first 0, the last the number of records.</param>
    public List<MarkedRange> Cut(IReadOnlyList<long> cuts)
    {
        ArgumentNullException.ThrowIfNull(cuts);
        LineCuts.Check(cuts, _records, _source);

        // What comes before the first record and after the last belongs to the slices with these records; without any, to the last.
        var ranges = new List<MarkedRange>(cuts.Count - 1);
        var atStart = true;
        for (var i = 0; i < cuts.Count - 1; i++)
        {
            var (first, last) = (cuts[i], cuts[i + 1]);
            var isEnd = _records == 0 ? i == cuts.Count - 2 : first < last && last == _records;
            if (first == last && !isEnd)
            {
                var place = first == 0 ? Start : first == _records ? End : AtOrBeforeRecord(first);
                ranges.Add(new MarkedRange(place.Offset, 0, first, 0, 0, 0));
                continue;
            }

            var from = atStart ? Start : AtOrBeforeRecord(first);
            var to = isEnd ? End : AtOrAfterRecord(last);
            atStart = false;
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
        var i = Ascending.FirstAtLeast(_offsets, offset);
        return offset <= _start ? Start : i < _offsets.Length && _offsets[i] < _end ? (_offsets[i], _numbers[i]) : End;
    }

    private (long Offset, long Number) LastAtOrBefore(long offset)
    {
        var i = Ascending.FirstAtLeast(_offsets, offset + 1) - 1;
        return i < 0 || _offsets[i] <= _start ? Start : (_offsets[i], _numbers[i]);
    }

    private (long Offset, long Number) AtOrBeforeRecord(long number)
    {
        var i = Ascending.FirstAtLeast(_numbers, number + 1) - 1;
        return i < 0 || _offsets[i] <= _start ? Start : (_offsets[i], _numbers[i]);
    }

    private (long Offset, long Number) AtOrAfterRecord(long number)
    {
        var i = Ascending.FirstAtLeast(_numbers, number);
        return i < _numbers.Length ? (_offsets[i], _numbers[i]) : End;
    }
}
