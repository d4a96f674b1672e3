namespace Dataplug.Formats.Geo;

/// <summary>A run of blocks of points, both ends of which belong to it.</summary>
internal readonly record struct BlockInterval(int First, int Last);

/// <summary>Blocks as ascending intervals that neither overlap nor touch.</summary>
internal static class BlockIntervals
{
    /// <summary>All blocks of some intervals in any order, which may overlap.</summary>
    public static List<BlockInterval> Union(List<BlockInterval> intervals)
    {
        intervals.Sort((a, b) => a.First != b.First ? a.First.CompareTo(b.First) : a.Last.CompareTo(b.Last));
        var union = new List<BlockInterval>();
        foreach (var next in intervals)
        {
            if (union.Count > 0 && next.First <= union[^1].Last + 1L)
                union[^1] = new BlockInterval(union[^1].First, Math.Max(union[^1].Last, next.Last));
            else
                union.Add(next);
        }

        return union;
    }

    /// <summary>No more than a number of intervals with all of the blocks: the smallest gaps are filled, the first ones among equals.</summary>
    public static List<BlockInterval> Reduce(List<BlockInterval> intervals, int most, Func<int, int, long>? gapBetween = null)
    {
        if (intervals.Count <= most)
            return intervals;
        gapBetween ??= (last, first) => first - last;
        var order = Enumerable.Range(1, intervals.Count - 1).ToArray();
        var gaps = order.Select(i => gapBetween(intervals[i - 1].Last, intervals[i].First)).ToArray();
        Array.Sort(order, (a, b) => gaps[a - 1] != gaps[b - 1] ? gaps[a - 1].CompareTo(gaps[b - 1]) : a.CompareTo(b));
        var filled = new bool[intervals.Count];
        for (var i = 0; i < intervals.Count - most; i++)
            filled[order[i]] = true;
        var reduced = new List<BlockInterval>(most);
        for (var i = 0; i < intervals.Count; i++)
        {
            if (filled[i])
                reduced[^1] = new BlockInterval(reduced[^1].First, intervals[i].Last);
            else
                reduced.Add(intervals[i]);
        }

        return reduced;
    }
}

/// <summary>
/// A cell of the quadtree over all quantised coordinates: a square whose side is a power of two, at multiples of its side.
/// </summary>
/// <param name="Morton">The bits of its least X and Y, each minus −2³¹, interleaved: Y's first. A cell and all cells in it are a run of these.</param>
/// <param name="Shift">Binary logarithm of its side, 0 to 32.</param>
/// <param name="Count">Number of points counted in it.</param>
/// <param name="Blocks">The blocks that they are in, ascending.</param>
internal readonly record struct PointCell(ulong Morton, int Shift, long Count, BlockInterval[] Blocks)
{
    /// <summary>Its coordinates.</summary>
    public LasRectangle Rectangle
    {
        get
        {
            var (x, y) = (Compact(Morton), Compact(Morton >> 1));
            var side = (1L << Shift) - 1;
            return new LasRectangle((int)(x ^ 0x80000000), (int)(y ^ 0x80000000), (int)((uint)(x + side) ^ 0x80000000), (int)((uint)(y + side) ^ 0x80000000));
        }
    }

    /// <summary>The Morton number of a place, each coordinate minus −2³¹.</summary>
    public static ulong MortonOf(uint x, uint y) => Spread(x) | (Spread(y) << 1);

    private static ulong Spread(uint value)
    {
        ulong bits = value;
        bits = (bits | (bits << 16)) & 0x0000ffff0000ffff;
        bits = (bits | (bits << 8)) & 0x00ff00ff00ff00ff;
        bits = (bits | (bits << 4)) & 0x0f0f0f0f0f0f0f0f;
        bits = (bits | (bits << 2)) & 0x3333333333333333;
        return (bits | (bits << 1)) & 0x5555555555555555;
    }

    private static uint Compact(ulong bits)
    {
        bits &= 0x5555555555555555;
        bits = (bits | (bits >> 1)) & 0x3333333333333333;
        bits = (bits | (bits >> 2)) & 0x0f0f0f0f0f0f0f0f;
        bits = (bits | (bits >> 4)) & 0x00ff00ff00ff00ff;
        bits = (bits | (bits >> 8)) & 0x0000ffff0000ffff;
        return (uint)(bits | (bits >> 16));
    }
}

/// <summary>
/// Counts the points of a chunk by cells of one size, and notes in which blocks they are. The cells begin as small as can be and are
/// doubled when there are too many, so that nothing needs to be known of the points before; the result hangs on the points alone.
/// </summary>
internal sealed class PointCellCounter(int capacity)
{
    private readonly int _capacity = Math.Max(4, capacity);
    private Dictionary<ulong, int> _places = [];
    private List<Cell> _cells = [];
    private int _shift;
    private Cell? _last;
    private int _lastX;
    private int _lastY;
    private int _lastBlock;

    /// <summary>Counts a point.</summary>
    /// <param name="x">Its X.</param>
    /// <param name="y">Its Y.</param>
    /// <param name="block">Its block; never falls.</param>
    public void Add(int x, int y, int block)
    {
        // Most points are in the cell and the block of the one before.
        if (_last is not null && block == _lastBlock && (ulong)((uint)(x ^ _lastX) | (uint)(y ^ _lastY)) >> _shift == 0)
        {
            _last.Count++;
            return;
        }

        _last = Find((uint)x ^ 0x80000000, (uint)y ^ 0x80000000);
        (_lastX, _lastY, _lastBlock) = (x, y, block);
        _last.Count++;
        if (_last.Blocks.Count == 0 || _last.Blocks[^1].Last < block - 1)
            _last.Blocks.Add(new BlockInterval(block, block));
        else if (_last.Blocks[^1].Last < block)
            _last.Blocks[^1] = new BlockInterval(_last.Blocks[^1].First, block);
    }

    /// <summary>The cells that have points, each with at most a number of intervals.</summary>
    public IEnumerable<PointCell> Take(int mostIntervals) =>
        _places.Select(place => new PointCell(
            _shift >= 32 ? 0 : place.Key << (2 * _shift),
            _shift,
            _cells[place.Value].Count,
            [.. BlockIntervals.Reduce(_cells[place.Value].Blocks, mostIntervals)]))
        .OrderBy(cell => cell.Morton);

    private Cell Find(uint x, uint y)
    {
        while (true)
        {
            var key = KeyOf(x, y);
            if (_places.TryGetValue(key, out var place))
                return _cells[place];
            if (_cells.Count < _capacity)
            {
                var cell = new Cell();
                _places.Add(key, _cells.Count);
                _cells.Add(cell);
                return cell;
            }

            Coarsen();
        }
    }

    // Cells are known by their Morton numbers, without the bits that are within a cell; those of neighbours have different hash codes.
    private ulong KeyOf(uint x, uint y) => _shift >= 32 ? 0 : PointCell.MortonOf(x, y) >> (2 * _shift);

    private void Coarsen()
    {
        var (places, cells) = (new Dictionary<ulong, int>(_cells.Count), new List<Cell>(_cells.Count));
        foreach (var (key, place) in _places)
        {
            var parent = key >> 2;
            if (places.TryGetValue(parent, out var there))
            {
                cells[there].Count += _cells[place].Count;
                cells[there].Blocks = BlockIntervals.Union([.. cells[there].Blocks, .. _cells[place].Blocks]);
            }
            else
            {
                places.Add(parent, cells.Count);
                cells.Add(_cells[place]);
            }
        }

        (_places, _cells) = (places, cells);
        _shift++;
    }

    private sealed class Cell
    {
        public long Count { get; set; }

        public List<BlockInterval> Blocks { get; set; } = [];
    }
}

/// <summary>
/// Puts the cells of chunks together into a quadtree whose leaves have about as many points each: cells with few are merged into the
/// smallest cell that holds them all, until there are few enough.
/// </summary>
internal sealed class PointCellMerger(int most, int mostIntervals)
{
    private List<PointCell> _cells = [];
    private long _points;

    /// <summary>Adds the cells of the next chunk.</summary>
    public void Add(IReadOnlyCollection<PointCell> cells)
    {
        _cells.AddRange(cells);
        _points += cells.Sum(cell => cell.Count);
        if (_cells.Count > 4L * most)
            Collapse(_points / (2L * most));
    }

    /// <summary>The leaves, by their Morton numbers.</summary>
    /// <param name="threshold">Leaves are merged as long as they have no more points together.</param>
    public IReadOnlyList<PointCell> Build(long threshold)
    {
        for (; ; threshold = Math.Max(1, threshold * 2))
        {
            Collapse(threshold);
            if (_cells.Count <= most)
                return _cells;
        }
    }

    private void Collapse(long threshold)
    {
        _cells.Sort((a, b) => a.Morton != b.Morton ? a.Morton.CompareTo(b.Morton) : b.Shift.CompareTo(a.Shift));
        var merged = new List<PointCell>();
        Build(0, _cells.Count, threshold, merged);
        _cells = merged;
    }

    private void Build(int start, int end, long threshold, List<PointCell> merged)
    {
        if (end - start <= 1)
        {
            if (end > start)
                merged.Add(_cells[start]);
            return;
        }

        var count = 0L;
        var shift = (65 - System.Numerics.BitOperations.LeadingZeroCount(_cells[start].Morton ^ _cells[end - 1].Morton)) / 2;
        for (var i = start; i < end; i++)
        {
            count += _cells[i].Count;
            shift = Math.Max(shift, _cells[i].Shift);
        }

        if (count <= threshold)
        {
            merged.Add(Merge(start, end, shift));
            return;
        }

        // What was counted by this very cell can't be told apart any more.
        var own = start;
        while (own < end && _cells[own].Shift == shift)
            own++;
        if (own > start)
            merged.Add(Merge(start, own, shift));
        for (var from = own; from < end;)
        {
            var child = ChildOf(from, shift);
            var to = from + 1;
            while (to < end && ChildOf(to, shift) == child)
                to++;
            Build(from, to, threshold, merged);
            from = to;
        }
    }

    private ulong ChildOf(int i, int shift) => (_cells[i].Morton >> (2 * (shift - 1))) & 3;

    private PointCell Merge(int start, int end, int shift)
    {
        var cells = _cells.GetRange(start, end - start);
        var morton = shift >= 32 ? 0 : (cells[0].Morton >> (2 * shift)) << (2 * shift);
        var blocks = BlockIntervals.Reduce(BlockIntervals.Union([.. cells.SelectMany(cell => cell.Blocks)]), mostIntervals);
        return new PointCell(morton, shift, cells.Sum(cell => cell.Count), [.. blocks]);
    }
}
