using Dataplug.Compression;
using Dataplug.Metadata;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>A piece of the records.</summary>
/// <param name="From">Where it is read from.</param>
/// <param name="To">Where it is read to.</param>
/// <param name="First">Number of the first record that is meant; null where it is not known.</param>
/// <param name="Records">Number of records that are meant; null where it is not known.</param>
/// <param name="Skip">Records at the start that are not meant.</param>
/// <param name="HasSurplus">Whether records at the end are not meant.</param>
internal readonly record struct VcfCut(VirtualOffset From, VirtualOffset To, long? First = null, long? Records = null, long Skip = 0, bool HasSurplus = false)
{
    public VcfFilter? Filter { get; init; }
}

/// <summary>Cuts the records of an object at its marks. All of it is arithmetic.</summary>
internal sealed class VcfCuts
{
    private readonly SourceIdentity _source;
    private readonly VcfColumns.Content _columns;
    private readonly long[] _stored;
    private readonly long? _records;
    private readonly long _storedStart;
    private readonly long _storedEnd;

    public VcfCuts(SourceIdentity source, VcfContainer container, VcfColumns.Content columns, long? records)
    {
        _source = source;
        _columns = columns;
        _records = records;
        _stored = StoredOffsets(columns.Places, container, source.Size);
        _storedStart = _stored.Length > 0 && columns.Places[0] == columns.HeaderEnd ? _stored[0] : columns.HeaderEnd.Block;
        _storedEnd = columns.End.Block;
    }

    /// <summary>Whether the numbers of the records are known.</summary>
    public bool HasNumbers => _records is not null && _columns.Numbers.Length == _columns.Places.Length;

    /// <summary>The most bytes between two marks: from the block of one to that of the next in another block.</summary>
    public long WidestSpan
    {
        get
        {
            var (widest, from) = (0L, _columns.HeaderEnd.Block);
            foreach (var place in _columns.Places.Append(_columns.End))
            {
                widest = Math.Max(widest, place.Block - from);
                from = place.Block;
            }

            return widest;
        }
    }

    /// <summary>Exactly some pieces of about the same size, some empty where there are fewer marks.</summary>
    public List<VcfCut> IntoChunks(int count)
    {
        CheckCount(count);
        var cuts = new List<VcfCut>(count);
        var from = Start;
        for (var i = 1; i <= count; i++)
        {
            var to = i == count ? End : FirstAtOrAfter(_storedStart + (long)((Int128)(_storedEnd - _storedStart) * i / count));
            cuts.Add(Between(from, to));
            from = to;
        }

        return cuts;
    }

    /// <summary>Pieces as long as they can be without being longer than a size, but where no mark is in so many bytes.</summary>
    public List<VcfCut> ByBytes(long bytes)
    {
        var cuts = new List<VcfCut>();
        var from = Start;
        do
        {
            var to = bytes >= _storedEnd - from.Stored ? End : LastAtOrBefore(from.Stored + bytes);
            if (to.Place <= from.Place && from.Place < End.Place)
                to = FirstAtOrAfter(from.Stored + 1);
            if (to.Place <= from.Place)
                to = End;
            CheckCount(cuts.Count + 1);
            cuts.Add(Between(from, to));
            from = to;
        }
        while (from.Place < End.Place);
        return cuts;
    }

    /// <summary>Pieces of a number of records, the last of the remainder.</summary>
    public List<VcfCut> ByRecords(long records)
    {
        RequireNumbers();
        return ByNumbers(LineCuts.Every(_records!.Value, records));
    }

    /// <summary>Pieces between record numbers. Records begin between marks: each piece is read from the last mark before it to the first
    /// behind it.</summary>
    public List<VcfCut> ByNumbers(IReadOnlyList<long> cuts)
    {
        RequireNumbers();
        LineCuts.Check(cuts, _records!.Value, _source);
        var pieces = new List<VcfCut>(cuts.Count - 1);
        for (var i = 0; i < cuts.Count - 1; i++)
        {
            var (first, last) = (cuts[i], cuts[i + 1]);
            var isEnd = i == cuts.Count - 2;

            // What follows the last record belongs to the last slice.
            var from = first == 0 ? Start : first == _records ? End : At(Ascending(_columns.Numbers, first + 1) - 1);
            var to = isEnd || last == _records ? End : first == last ? from : At(Ascending(_columns.Numbers, last));
            if (isEnd && first == last && first > 0)
                from = At(_columns.Places.Length - 1);
            pieces.Add(first == last && !isEnd
                ? new VcfCut(from.Place, from.Place, first, 0)
                : new VcfCut(from.Place, to.Place, first, last - first, first - from.Number, HasSurplus: to.Number > last || (last == _records && !isEnd)));
        }

        return pieces;
    }

    /// <summary>From the last mark before all records of a contig that begin at a position or behind, to the first mark behind those that
    /// begin before another.</summary>
    /// <param name="begin">Where the contig's records begin.</param>
    /// <param name="stop">Where they end.</param>
    /// <param name="start">The first position.</param>
    /// <param name="end">The position after the last.</param>
    public (VirtualOffset From, VirtualOffset To) Between(VirtualOffset begin, VirtualOffset stop, long start, long end)
    {
        var (low, high) = (FirstMark(begin), FirstMark(stop));
        var starts = _columns.Starts.AsSpan(low, high - low);
        var from = FirstAtLeast(starts, start) - 1;
        var to = FirstAtLeast(starts, end);
        return (from < 0 ? begin : _columns.Places[low + from], to == starts.Length ? stop : _columns.Places[low + to]);
    }

    /// <summary>Up to where BGZF is stored that holds all before a place: as far as is known.</summary>
    public long StoredEnd(VirtualOffset end)
    {
        if (end.Within == 0)
            return end.Block;
        var next = FirstMark(new VirtualOffset(end.Block, ushort.MaxValue));
        while (next < _columns.Places.Length && _columns.Places[next].Block == end.Block)
            next++;
        var most = BgzfRange.Between(default, end, _source.Size).StoredEnd;
        return next < _columns.Places.Length ? Math.Min(most, _columns.Places[next].Block) : most;
    }

    private Position Start => new(_columns.HeaderEnd, 0, _storedStart);

    private Position End => new(_columns.End, _records ?? 0, _storedEnd);

    private Position At(int mark) =>
        mark < 0 ? Start : mark >= _columns.Places.Length ? End : new Position(_columns.Places[mark], HasNumbers ? _columns.Numbers[mark] : 0, _stored[mark]);

    private VcfCut Between(Position from, Position to) =>
        HasNumbers ? new VcfCut(from.Place, to.Place, from.Number, to.Number - from.Number) : new VcfCut(from.Place, to.Place);

    private Position FirstAtOrAfter(long stored) => stored <= _storedStart ? Start : At(Ascending(_stored, stored));

    private Position LastAtOrBefore(long stored) => At(Ascending(_stored, stored + 1) - 1);

    private int FirstMark(VirtualOffset place)
    {
        var found = Array.BinarySearch(_columns.Places, place);
        return found < 0 ? ~found : found;
    }

    private static int Ascending(long[] values, long least) => FirstAtLeast(values, least);

    private static int FirstAtLeast(ReadOnlySpan<long> values, long least)
    {
        var (low, high) = (0, values.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (values[middle] < least)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    // Of BGZF a place in a block is somewhere between the block and the next that is known.
    private static long[] StoredOffsets(VirtualOffset[] places, VcfContainer container, long size)
    {
        var stored = new long[places.Length];
        var next = size;
        for (var i = places.Length - 1; i >= 0; i--)
        {
            var block = places[i].Block;
            if (i + 1 < places.Length && places[i + 1].Block > block)
                next = places[i + 1].Block;
            var length = Math.Clamp(next - block, 0, 1 << 16);
            stored[i] = container == VcfContainer.Bgzf ? block + ((places[i].Within * length) >> 16) : block;
        }

        return stored;
    }

    /// <summary>Refuses plans of too many slices.</summary>
    public void CheckCount(long count)
    {
        if (count > LineCuts.MaxSlices)
            throw new PartitionException(_source.Uri.Display, $"there would be more than {LineCuts.MaxSlices} slices", "Ask for fewer, larger slices.");
    }

    private void RequireNumbers()
    {
        if (!HasNumbers)
            throw new PartitionException(_source.Uri.Display, "the index was imported and does not know the numbers of the records", "Preprocess the object with force, or cut it another way.");
    }

    private readonly record struct Position(VirtualOffset Place, long Number, long Stored);
}
