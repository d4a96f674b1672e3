using System.Text.Json;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Storage;
using Dataplug.Text;
using NetTopologySuite.Geometries;
using NetTopologySuite.Geometries.Prepared;

namespace Dataplug.Formats.Geo;

/// <summary>The index of a LAS object: its head, and in which blocks of points which coordinates are.</summary>
public sealed class LasIndex : ObjectIndex
{
    /// <summary>The most runs of points that one slice fetches; nearer ones are merged.</summary>
    public const int MaxRunsPerSlice = 64;

    /// <summary>The same where points are compressed: such a slice knows the bytes of each run, and leaves out chunks within a run that it does
    /// not need.</summary>
    public const int MaxCompressedRunsPerSlice = 32;

    /// <summary>Runs of points no further apart than this many bytes are fetched as one.</summary>
    public const long MaxGap = 128 << 10;

    /// <summary>The most runs of extended records that a slice takes along.</summary>
    internal const int MaxEvlrRuns = 8;

    private readonly long[] _evlrs;

    private LasIndex(SidecarReader sidecar, LasAttributes attributes, LasHeader header, PointBlocks blocks, long[] evlrs, LazLayout? chunks)
        : base(sidecar)
    {
        Points = attributes;
        Header = header;
        Blocks = blocks;
        Chunks = chunks;
        Layout = chunks ?? (IPointLayout)new LasLayout(header.PointsOffset, header.PointFormat.RecordLength, attributes.Points, attributes.BlockPoints);
        _evlrs = evlrs;
    }

    /// <summary>The attributes, typed.</summary>
    public LasAttributes Points { get; }

    /// <summary>The object's head.</summary>
    public LasHeader Header { get; }

    /// <summary>The least and greatest stored coordinates.</summary>
    public LasRectangle Extent => Blocks.Whole.IsEmpty ? LasRectangle.Empty : Blocks.Whole.Rectangle;

    internal PointBlocks Blocks { get; }

    internal IPointLayout Layout { get; }

    /// <summary>Where the chunks are; null where points are not compressed.</summary>
    internal LazLayout? Chunks { get; }

    /// <summary>Slices between cuts: slice i holds the points from cut i up to, not including, cut i + 1. For strategies of your own.</summary>
    /// <param name="cuts">Numbers of points that never fall, the first 0, the last the number of points: one more than slices.</param>
    /// <exception cref="PartitionException">The cuts are not such numbers.</exception>
    public IReadOnlyList<LasSlice> Cut(IReadOnlyList<long> cuts)
    {
        ArgumentNullException.ThrowIfNull(cuts);
        LineCuts.Check(cuts, Points.Points, Source);
        var slices = new LasSlice[cuts.Count - 1];
        for (var i = 0; i < slices.Length; i++)
        {
            var count = cuts[i + 1] - cuts[i];
            slices[i] = Slice(i, slices.Length, count == 0 ? [] : [new LasRun(cuts[i], count)]) with { FirstPoint = cuts[i], PointCount = count, IsOfWhole = true };
        }

        return slices;
    }

    /// <summary>A slice for each rectangle, with the points in it, in the order of the object. For strategies of your own.</summary>
    /// <param name="rectangles">The rectangles of stored coordinates. A point in several of them is in several slices.</param>
    /// <param name="areWhole">Whether all of them together hold every stored coordinate once, so that the slices are the whole object.</param>
    public IReadOnlyList<LasSlice> Select(IReadOnlyList<LasRectangle> rectangles, bool areWhole = false)
    {
        ArgumentNullException.ThrowIfNull(rectangles);
        return SlicesOf([.. rectangles.Select(rectangle => (rectangle, Blocks.Find(rectangle)))], areWhole);
    }

    /// <summary>A rectangle of stored coordinates with exactly those whose places are within some bounds, borders included.</summary>
    /// <param name="minX">The least x, in the units of the coordinate reference system.</param>
    /// <param name="minY">The least y.</param>
    /// <param name="maxX">The greatest x.</param>
    /// <param name="maxY">The greatest y.</param>
    /// <exception cref="PartitionException">Not bounds, or the object's coordinates are no places.</exception>
    public LasRectangle RectangleOf(double minX, double minY, double maxX, double maxY)
    {
        RequirePlaces();
        if (!(minX <= maxX && minY <= maxY))
            throw new PartitionException(Source.Uri.Display, FormattableString.Invariant($"from ({minX}, {minY}) to ({maxX}, {maxY}) is no box"), "Give the least coordinates first.");
        var x = StoredPlaces.Find(Header.PlaceX, Header.Scale.X > 0, place => place >= minX, place => place > maxX);
        var y = StoredPlaces.Find(Header.PlaceY, Header.Scale.Y > 0, place => place >= minY, place => place > maxY);
        return x is null || y is null ? LasRectangle.Empty : new LasRectangle(x.Value.Min, y.Value.Min, x.Value.Max, y.Value.Max);
    }

    /// <summary>One slice with about a number of points, blocks at even distances over the object, for a quick look: all of them where
    /// there are no more.</summary>
    /// <param name="points">About how many points, ≥ 1.</param>
    public LasSlice Sample(long points)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(points, 1);
        if (points >= Points.Points)
            return Slice(0, 1, Points.Points == 0 ? [] : [new LasRun(0, Points.Points)]);
        if (Chunks?.Levels is { } levels)
            return CoarseSample(points, levels);
        var count = (int)Math.Clamp(points / Points.BlockPoints, 1, MostRuns);
        var each = Math.Max(1, points / count);
        return Slice(0, 1, [.. Enumerable.Range(0, count).Select(i => new LasRun(i * (Points.Points / count), Math.Min(each, Points.Points / count)))]);
    }

    // Of an octree the upper levels, which are thinned out evenly: as many as have no more points, but one at least.
    private LasSlice CoarseSample(long points, long[] levels)
    {
        var byLevel = new SortedDictionary<long, long>();
        for (var i = 0; i < levels.Length; i++)
            byLevel[levels[i]] = byLevel.GetValueOrDefault(levels[i]) + Chunks!.FirstPointOf(i + 1) - Chunks.FirstPointOf(i);
        var (deepest, sum) = (0L, 0L);
        foreach (var (level, count) in byLevel)
        {
            if (sum > 0 && sum + count > points)
                break;
            (deepest, sum) = (level, sum + count);
        }

        var slice = Slice(0, 1, [new LasRun(0, Points.Points)]);
        return slice with { Compressed = slice.Compressed! with { MaxLevel = (int)deepest } };
    }

    internal static async Task<LasIndex> LoadAsync(SidecarReader sidecar, string kind, CancellationToken cancellationToken)
    {
        var name = sidecar.Header.Source.Uri.Display;
        try
        {
            var attributes = sidecar.Attributes.Deserialize(LasIndexJson.Default.LasAttributes)!;
            var header = LasHeader.Parse(await sidecar.ReadSectionAsync(LasIndexContent.HeaderSection, cancellationToken).ConfigureAwait(false), name);
            if (attributes.BlockPoints < 1 || attributes.Points < 0)
                throw Corrupt(name);
            LazLayout? chunks = null;
            if (attributes.Compression is not null)
                chunks = await LazLayout.LoadAsync(sidecar, LazHead.Of(header, name), kind, name, cancellationToken).ConfigureAwait(false);
            if (chunks is null ? attributes.Points > (sidecar.Header.Source.Size - header.PointsOffset) / header.PointFormat.RecordLength : attributes.Points != chunks.FirstPointOf(chunks.Blocks))
                throw Corrupt(name);
            var count = chunks?.Blocks ?? new LasLayout(header.PointsOffset, header.PointFormat.RecordLength, attributes.Points, attributes.BlockPoints).Blocks;
            var bounds = sidecar.HasSection(LasIndexContent.BoundsColumn)
                ? ReadBounds(await sidecar.ReadColumnAsync(LasIndexContent.BoundsColumn, cancellationToken).ConfigureAwait(false), count, name)
                : null;
            var cells = ReadCells(
                await sidecar.ReadColumnAsync(LasIndexContent.CellColumn, cancellationToken).ConfigureAwait(false),
                await sidecar.ReadColumnAsync(LasIndexContent.CellCountColumn, cancellationToken).ConfigureAwait(false),
                await sidecar.ReadColumnAsync(LasIndexContent.CellBlockColumn, cancellationToken).ConfigureAwait(false),
                count,
                name);
            var evlrs = await sidecar.ReadColumnAsync(LasIndexContent.EvlrColumn, cancellationToken).ConfigureAwait(false);
            if (evlrs.Length % 3 != 0 || evlrs.Chunk(3).Any(run => run[0] < 0 || run[1] <= run[0] || run[1] > sidecar.Header.Source.Size))
                throw Corrupt(name);
            var whole = bounds is null || attributes.Octree is not null ? WholeOf(cells, header) : bounds.Aggregate(LasBounds.None, (all, block) => all.Union(block));
            return new LasIndex(sidecar, attributes, header, new PointBlocks(count, bounds, whole, cells), evlrs, chunks);
        }
        catch (Exception e) when (e is JsonException or CorruptObjectException or UnsupportedFormatException)
        {
            throw new CorruptIndexException(name, "the index's attributes or header are not those of a LAS object", innerException: e);
        }
    }

    /// <summary>A slice for each cell of a rectangle's grid, without the points outside, and of those only the ones in a polygon.</summary>
    internal IReadOnlyList<LasSlice> Select(LasRectangle rectangle, int rows, int columns, Geometry? polygon)
    {
        CheckCount((long)rows * columns);
        if (polygon is null)
            return SlicesOf(Blocks.Grid(rows, columns, rectangle, rectangle), areWhole: false);

        // The places of a rectangle's corners are its least and greatest: places never fall from one stored number to the next.
        var prepared = PreparedGeometryFactory.Prepare(polygon);
        var text = LasPolygon.ToText(polygon);
        return [.. SlicesOf(Blocks.Grid(rows, columns, rectangle, rectangle, MayHavePoints), areWhole: false).Select(slice => slice with { Polygon = text })];

        bool MayHavePoints(LasRectangle area)
        {
            area = area.Intersect(rectangle);
            if (area.IsEmpty)
                return false;
            var (min, max) = Header.PlacesOf(new LasBounds(area.MinX, area.MinY, 0, area.MaxX, area.MaxY, 0));
            return prepared.Intersects(polygon.Factory.ToGeometry(new Envelope(min.X, max.X, min.Y, max.Y)));
        }
    }

    /// <summary>Groups of whole chunks with about as many points each, in their order.</summary>
    internal IReadOnlyList<LasSlice> CutNodes(int count)
    {
        CheckCount(count);
        if (Chunks is null)
            throw new PartitionException(Source.Uri.Display, "the object's points are not in chunks", "Cut it by batches.");
        var cuts = new long[count + 1];
        for (int i = 1, block = 0; i <= count; i++)
        {
            var wanted = (long)((Int128)Points.Points * i / count);
            while (block < Chunks.Blocks && Chunks.FirstPointOf(block) + ((Chunks.FirstPointOf(block + 1) - Chunks.FirstPointOf(block)) / 2) < wanted)
                block++;
            cuts[i] = i == count ? Points.Points : Chunks.FirstPointOf(block);
        }

        return Cut(cuts);
    }

    internal IReadOnlyList<LasSlice> SlicesOf(IReadOnlyList<(LasRectangle Cell, List<BlockInterval> Blocks)> cells, bool areWhole)
    {
        CheckCount(cells.Count);
        var slices = new LasSlice[cells.Count];
        for (var i = 0; i < slices.Length; i++)
            slices[i] = Slice(i, slices.Length, RunsOf(cells[i].Blocks)) with { Region = cells[i].Cell, IsOfWhole = areWhole };
        return slices;
    }

    internal (LasRectangle Cell, List<BlockInterval> Blocks)[] Grid(int rows, int columns)
    {
        CheckCount((long)rows * columns);
        return Blocks.Grid(rows, columns, Extent, LasRectangle.Everything);
    }

    internal (LasRectangle Cell, List<BlockInterval> Blocks)[] Balanced(int count)
    {
        CheckCount(count);
        return Blocks.Balanced(count);
    }

    private int MostRuns => Chunks is null ? MaxRunsPerSlice : MaxCompressedRunsPerSlice;

    private void CheckCount(long count)
    {
        if (count is < 1 or > LineCuts.MaxSlices)
            throw new PartitionException(Source.Uri.Display, $"a plan of {count} slices is not possible", $"Ask for 1 to {LineCuts.MaxSlices} slices.");
    }

    internal void RequirePlaces()
    {
        if (!Header.HasPlaces)
            throw new PartitionException(Source.Uri.Display, "the object's coordinates are no places: a scale factor is 0 or no number", "Cut it by points, grid or equal-count cells.");
    }

    // Neighbours over small gaps as one, and few enough that a slice stays small: the smallest gaps are read over.
    private List<LasRun> RunsOf(List<BlockInterval> blocks)
    {
        long GapOf(int last, int first) => Layout.OffsetOf(first) - Layout.EndOf(last);
        var merged = new List<BlockInterval>();
        foreach (var next in blocks)
        {
            if (merged.Count > 0 && GapOf(merged[^1].Last, next.First) <= MaxGap)
                merged[^1] = new BlockInterval(merged[^1].First, next.Last);
            else
                merged.Add(next);
        }

        return [.. BlockIntervals.Reduce(merged, MostRuns, GapOf)
            .Select(run => new LasRun(Layout.FirstPointOf(run.First), Layout.FirstPointOf(run.Last + 1) - Layout.FirstPointOf(run.First)))
            .Where(run => run.Count > 0)];
    }

    private LasSlice Slice(int index, int count, IReadOnlyList<LasRun> runs)
    {
        var evlrs = _evlrs.Chunk(3).Take(MaxEvlrRuns).ToArray();
        return new LasSlice
        {
            Source = Source,
            Index = index,
            Count = count,
            PointsOffset = Header.PointsOffset,
            RecordLength = Header.PointFormat.RecordLength,
            ObjectPoints = Points.Points,
            Runs = runs,
            Evlrs = evlrs.Length == 0 ? null : [.. evlrs.Select(run => ByteRange.FromBounds(run[0], run[1]))],
            EvlrCount = evlrs.Sum(run => run[2]),
            Compressed = Chunks?.SourceOf(runs),
        };
    }

    private static LasBounds[] ReadBounds(long[] column, int blocks, string name)
    {
        if (column.Length != 6L * blocks || column.AsSpan().ContainsAnyExceptInRange(int.MinValue, int.MaxValue))
            throw Corrupt(name);
        var bounds = new LasBounds[blocks];
        for (var i = 0; i < blocks; i++)
            bounds[i] = new LasBounds((int)column[i], (int)column[blocks + i], (int)column[(2 * blocks) + i], (int)column[(3 * blocks) + i], (int)column[(4 * blocks) + i], (int)column[(5 * blocks) + i]);
        return bounds;
    }

    private static IndexedCell[] ReadCells(long[] rectangles, long[] counts, long[] intervals, int blocks, string name)
    {
        var cells = new IndexedCell[counts.Length];
        if (rectangles.Length != 4L * cells.Length)
            throw Corrupt(name);
        var at = 0;
        for (var i = 0; i < cells.Length; i++)
        {
            var (x, y, width, height) = (rectangles[i], rectangles[cells.Length + i], rectangles[(2 * cells.Length) + i], rectangles[(3 * cells.Length) + i]);
            if (x is < int.MinValue or > int.MaxValue || y is < int.MinValue or > int.MaxValue || width < 0 || height < 0 || width > int.MaxValue - x || height > int.MaxValue - y
                || counts[i] < 0 || at >= intervals.Length || intervals[at] < 0 || intervals[at] > (intervals.Length - at - 1) / 2)
            {
                throw Corrupt(name);
            }

            var own = new BlockInterval[intervals[at++]];
            for (var j = 0; j < own.Length; j++)
            {
                var (first, last) = (intervals[at++], intervals[at++]);
                if (first < 0 || last < first || last >= blocks)
                    throw Corrupt(name);
                own[j] = new BlockInterval((int)first, (int)last);
            }

            cells[i] = new IndexedCell(new LasRectangle((int)x, (int)y, (int)(x + width), (int)(y + height)), counts[i], own);
        }

        return at == intervals.Length ? cells : throw Corrupt(name);
    }

    // An imported index knows no bounds but those of its cells and of the header; points outside belong to the cells at the border.
    private static LasBounds WholeOf(IndexedCell[] cells, LasHeader header)
    {
        if (cells.Length == 0)
            return LasBounds.None;
        var whole = LaxFile.HeaderBoundsOf(header);
        return new LasBounds(whole.MinX, whole.MinY, int.MinValue, whole.MaxX, whole.MaxY, int.MaxValue);
    }

    private static CorruptIndexException Corrupt(string name) => new(name, "the index is damaged: its blocks or cells are not those of the object");
}
