using Dataplug.Formats.Geo.Laz;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Formats.Geo;

/// <summary>Indexes COPC: what the object says of itself is all that there is to know. The head and the hierarchy are read, no points.</summary>
internal sealed class CopcPreprocessor : IStreamingPreprocessor
{
    private const int MaxCells = 1 << 16;

    public async Task RunAsync(IStreamingRun run, CancellationToken cancellationToken)
    {
        run.ReportProgress(run.Source.Size);
        await run.CheckpointAsync(default, default, cancellationToken).ConfigureAwait(false);
    }

    public async Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken)
    {
        var name = source.Uri.Display;
        var header = await LasHeader.ReadAsync(source, cancellationToken).ConfigureAwait(false);
        var info = CopcInfo.Of(header, source.Size, name);
        var head = LazHead.Of(header, name);
        if (head.Vlr.Compressor != LazCompressor.Layered)
            throw new CorruptObjectException(name, "the points are not compressed in layers, as those of COPC are", byteOffset: head.Header.PointsOffset);
        if (!head.Vlr.HasVariableChunks)
        {
            var record = header.Vlrs.First(vlr => vlr.Is(LazVlr.UserId, LazVlr.RecordId));
            throw new CorruptObjectException(
                name, $"its laszip VLR says that chunks have {head.Vlr.ChunkSize} points each, and those of COPC have any number", "Upload the object again, or read its points as LAZ with --format laz.",
                record.Offset + LasVlr.HeaderLength + LazVlr.ChunkSizeAt);
        }

        if (!header.HasPlaces)
            throw new CorruptObjectException(name, "a scale factor is 0 or no number, or an offset no number, so that nobody can tell which points are in a node", byteOffset: 131);
        var hierarchy = await CopcHierarchy.ReadAsync(source, info, header.PointsOffset + sizeof(long), cancellationToken).ConfigureAwait(false);
        var cubes = new CopcCubes(info, header);
        var chunks = new List<StoredChunk>(hierarchy.Nodes.Count);
        var points = 0L;
        foreach (var node in hierarchy.Nodes)
        {
            chunks.Add(new StoredChunk(node.Offset, node.Length, points, node.Points, node.Level, cubes.BoundsOf(node.Level, node.X, node.Y, node.Z), null));
            points += node.Points;
        }

        if (points != header.Points)
            throw new CorruptObjectException(name, $"the nodes of the octree have {points} points, and the header says {header.Points}", "Upload the object again, or read its points as LAZ with --format laz.", info.RootOffset);
        var end = chunks.Count == 0 ? header.PointsOffset + sizeof(long) : chunks[^1].End;
        var body = await LasBody.ReadBehindAsync(source, header, points, Math.Min(end, source.Size), head.TailOf(source.Size), salvage: false, [], cancellationToken).ConfigureAwait(false);
        await new LasIndexContent
        {
            Header = header,
            Body = body,
            BlockPoints = Math.Max(1, hierarchy.Nodes.Select(node => node.Points).DefaultIfEmpty().Max()),
            Scan = null,
            Cells = CellsOf(hierarchy.Nodes, cubes),
            BlockBounds = [.. chunks.Select(chunk => chunk.Bounds)],
            Compression = LasCompression.Of(head.Vlr, chunks),
            Octree = new CopcOctree
            {
                Center = info.Center,
                HalfSize = info.HalfSize,
                Spacing = info.Spacing,
                Pages = hierarchy.Pages,
                PointsByLevel = [.. hierarchy.Nodes.GroupBy(node => node.Level).OrderBy(level => level.Key).Aggregate(
                    new long[hierarchy.Nodes.Select(node => node.Level + 1).DefaultIfEmpty().Max()],
                    (levels, level) =>
                    {
                        levels[level.Key] = level.Sum(node => (long)node.Points);
                        return levels;
                    })],
            },
        }.WriteAsync(writer, cancellationToken).ConfigureAwait(false);
        await LazLayout.WriteAsync(writer, chunks, hasLevels: true, cancellationToken).ConfigureAwait(false);
    }

    // A cell for each node; where there are too many, those below some level belong to the cell of the node above them on that level.
    private static List<IndexedCell> CellsOf(IReadOnlyList<CopcNode> nodes, CopcCubes cubes)
    {
        var byLevel = nodes.CountBy(node => node.Level).ToDictionary();
        var (deepest, count) = (0, 0L);
        for (var level = 0; level <= byLevel.Keys.DefaultIfEmpty().Max(); level++)
        {
            count += byLevel.GetValueOrDefault(level);
            if (count > MaxCells)
                break;
            deepest = level;
        }

        var cells = new SortedDictionary<(int, int, int, int), (long Points, List<BlockInterval> Blocks)>();
        foreach (var (i, node) in nodes.Index())
        {
            var above = Math.Max(0, node.Level - deepest);
            var key = (node.Level - above, node.X >> above, node.Y >> above, node.Z >> above);
            var cell = cells.TryGetValue(key, out var there) ? there : (0, []);
            cell.Blocks.Add(new BlockInterval(i, i));
            cells[key] = (cell.Points + node.Points, cell.Blocks);
        }

        return [.. cells.Select(cell => new IndexedCell(
            cubes.BoundsOf(cell.Key.Item1, cell.Key.Item2, cell.Key.Item3, cell.Key.Item4).Rectangle,
            cell.Value.Points,
            [.. BlockIntervals.Reduce(BlockIntervals.Union(cell.Value.Blocks), PointScan.MostIntervals)]))];
    }
}
