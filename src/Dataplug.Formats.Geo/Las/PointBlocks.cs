namespace Dataplug.Formats.Geo;

/// <summary>A cell of the spatial index as it is asked: where its points are, how many, and in which blocks.</summary>
internal readonly record struct IndexedCell(LasRectangle Rectangle, long Count, BlockInterval[] Blocks);

/// <summary>
/// The spatial index of an object whose points come in blocks: for each block what coordinates are in it, for each cell of a quadtree
/// in which blocks its points are. It never leaves a block out that has a point in a place that is asked for; it may name others.
/// </summary>
internal sealed class PointBlocks
{
    private readonly LasBounds[]? _bounds;

    /// <param name="count">Number of blocks.</param>
    /// <param name="bounds">What coordinates are in each; null where that is not known.</param>
    /// <param name="whole">What coordinates are in the object.</param>
    /// <param name="cells">The cells; each point is in one of them at least.</param>
    public PointBlocks(int count, LasBounds[]? bounds, LasBounds whole, IReadOnlyList<IndexedCell> cells)
    {
        Count = count;
        _bounds = bounds;
        Whole = whole;
        Cells = cells;
    }

    public int Count { get; }

    public LasBounds Whole { get; }

    public IReadOnlyList<IndexedCell> Cells { get; }

    public LasBounds BoundsOf(int block) => _bounds is null ? LasBounds.Unknown : _bounds[block];

    /// <summary>The blocks that may have points in a rectangle.</summary>
    public List<BlockInterval> Find(LasRectangle rectangle, IEnumerable<int>? candidates = null, Func<LasRectangle, bool>? isWanted = null)
    {
        var found = new List<BlockInterval>();
        if (rectangle.IsEmpty)
            return found;
        foreach (var i in candidates ?? Enumerable.Range(0, Cells.Count))
        {
            var cell = Cells[i];
            if (cell.Rectangle.Intersects(rectangle) && isWanted?.Invoke(cell.Rectangle) != false)
                found.AddRange(cell.Blocks);
        }

        found = BlockIntervals.Union(found);
        if (_bounds is null)
            return found;
        var kept = new List<BlockInterval>();
        foreach (var interval in found)
        {
            for (var block = interval.First; block <= interval.Last; block++)
            {
                var bounds = _bounds[block].Rectangle;
                if (!bounds.Intersects(rectangle) || isWanted?.Invoke(bounds) == false)
                    continue;
                if (kept.Count > 0 && kept[^1].Last == block - 1)
                    kept[^1] = new BlockInterval(kept[^1].First, block);
                else
                    kept.Add(new BlockInterval(block, block));
            }
        }

        return kept;
    }

    /// <summary>
    /// Cuts all coordinates into a grid over those of the object: cells of the same size, give or take one unit, in rows from the least Y,
    /// each from the least X. A point on a border belongs to the cell with the greater coordinates; what is outside belongs to the border's cell.
    /// </summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="extent">What the grid is over.</param>
    /// <param name="limit">What of the cells is wanted; all coordinates for all of the object's points.</param>
    /// <param name="isWanted">Which blocks are wanted, by where their points are; null for all.</param>
    public (LasRectangle Cell, List<BlockInterval> Blocks)[] Grid(int rows, int columns, LasRectangle extent, LasRectangle limit, Func<LasRectangle, bool>? isWanted = null)
    {
        var (x, y) = (Borders(extent.MinX, extent.MaxX, columns), Borders(extent.MinY, extent.MaxY, rows));
        var cells = new (LasRectangle, List<BlockInterval>)[rows * columns];
        CutGrid(0, columns, 0, rows, [.. Enumerable.Range(0, Cells.Count)]);
        return cells;

        void CutGrid(int left, int right, int low, int high, List<int> candidates)
        {
            var area = new Area(x[left], y[low], x[right], y[high]).ToRectangle().Intersect(limit);
            candidates = Within(area, candidates);
            if (right - left == 1 && high - low == 1)
            {
                cells[(low * columns) + left] = (area, Find(area, candidates, isWanted));
            }
            else if (right - left >= high - low)
            {
                var middle = (left + right) / 2;
                CutGrid(left, middle, low, high, candidates);
                CutGrid(middle, right, low, high, candidates);
            }
            else
            {
                var middle = (low + high) / 2;
                CutGrid(left, right, low, middle, candidates);
                CutGrid(left, right, middle, high, candidates);
            }
        }
    }

    /// <summary>
    /// Cuts all coordinates into a number of cells with about as many points each, by halving the longer side again and again. Borders belong
    /// as in a grid. How many points are where is known by the cells of the index, in which they are taken to lie evenly.
    /// </summary>
    public (LasRectangle Cell, List<BlockInterval> Blocks)[] Balanced(int count)
    {
        var cells = new List<(LasRectangle, List<BlockInterval>)>(count);
        CutBalanced(Area.Everything, count, [.. Enumerable.Range(0, Cells.Count)]);
        return [.. cells];

        void CutBalanced(Area area, int parts, List<int> candidates)
        {
            var rectangle = area.ToRectangle();
            candidates = Within(rectangle, candidates);
            if (parts == 1)
            {
                cells.Add((rectangle, Find(rectangle, candidates)));
                return;
            }

            var first = parts / 2;
            var (isX, border) = BorderOf(area, (double)first / parts, candidates);
            CutBalanced(isX ? area with { EndX = border } : area with { EndY = border }, first, candidates);
            CutBalanced(isX ? area with { StartX = border } : area with { StartY = border }, parts - first, candidates);
        }
    }

    // Along which side, and where, so that a share of the points is before it.
    private (bool IsX, long Border) BorderOf(Area area, double share, List<int> candidates)
    {
        var within = area.ToRectangle().Intersect(Whole.Rectangle);
        var parts = new List<(LasRectangle Part, double Points)>(candidates.Count);
        var extent = LasBounds.None;
        foreach (var cell in candidates.Select(i => Cells[i]))
        {
            var whole = cell.Rectangle.Intersect(Whole.Rectangle);
            var part = whole.Intersect(within);
            if (part.IsEmpty)
                continue;
            parts.Add((part, cell.Count * (Side(part.MinX, part.MaxX) / Side(whole.MinX, whole.MaxX)) * (Side(part.MinY, part.MaxY) / Side(whole.MinY, whole.MaxY))));
            extent = extent.Include(part.MinX, part.MinY, 0).Include(part.MaxX, part.MaxY, 0);
        }

        if (parts.Count == 0)
            return (true, area.StartX);
        var isX = (long)extent.MaxX - extent.MinX >= (long)extent.MaxY - extent.MinY;
        var (low, high) = isX ? ((long)extent.MinX, extent.MaxX + 1L) : (extent.MinY, extent.MaxY + 1L);
        var wanted = share * parts.Sum(part => part.Points);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (parts.Sum(part => part.Points * ShareBefore(middle, isX ? part.Part.MinX : part.Part.MinY, isX ? part.Part.MaxX : part.Part.MaxY)) < wanted)
                low = middle + 1;
            else
                high = middle;
        }

        return (isX, low);
    }

    private List<int> Within(LasRectangle area, List<int> candidates) => [.. candidates.Where(i => Cells[i].Rectangle.Intersects(area))];

    private static double Side(int min, int max) => (double)max - min + 1;

    private static double ShareBefore(long border, int min, int max) => Math.Clamp((border - min) / Side(min, max), 0, 1);

    // One border more than parts; the outermost are without end.
    private static long[] Borders(int min, int max, int parts)
    {
        var borders = new long[parts + 1];
        var side = Math.Max(0, max - (long)min + 1);
        for (var i = 1; i < parts; i++)
            borders[i] = min + (side * i / parts);
        borders[0] = int.MinValue;
        borders[parts] = int.MaxValue + 1L;
        return borders;
    }

    /// <summary>A rectangle whose ends do not belong to it.</summary>
    private readonly record struct Area(long StartX, long StartY, long EndX, long EndY)
    {
        public static Area Everything { get; } = new(int.MinValue, int.MinValue, int.MaxValue + 1L, int.MaxValue + 1L);

        public LasRectangle ToRectangle() => EndX <= StartX || EndY <= StartY
            ? LasRectangle.Empty
            : new LasRectangle((int)StartX, (int)StartY, (int)(EndX - 1), (int)(EndY - 1));
    }
}
