using System.Buffers;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Formats.Geo;

/// <summary>Indexes LAS: every chunk counts the points of the blocks that begin in it, the merge builds the quadtree.</summary>
internal sealed class LasPreprocessor(LasBlockSize blockSize, long chunkSize, bool salvage) : IChunkedPreprocessor
{
    /// <summary>Bytes per chunk.</summary>
    public const long UsualChunkSize = 64 << 20;

    public IReadOnlyList<ByteRange> PlanChunks(long size)
    {
        var chunks = new ByteRange[size == 0 ? 0 : checked((int)(((size - 1) / chunkSize) + 1))];
        for (var i = 0; i < chunks.Length; i++)
            chunks[i] = ByteRange.FromBounds(i * chunkSize, Math.Min(size, (i + 1) * chunkSize));
        return chunks;
    }

    public async Task<ReadOnlyMemory<byte>> MapAsync(ChunkRun run, CancellationToken cancellationToken)
    {
        var header = await ReadHeaderAsync(run.Source, cancellationToken).ConfigureAwait(false);
        var layout = LayoutOf(header, LasBody.PointsOf(run.Source, header, salvage));
        var (start, end) = (layout.FirstBlockFrom(run.Range.Offset), layout.FirstBlockFrom(run.Range.End));
        var scan = PointScan.Begin(start, layout.FirstPointOf(end) - layout.FirstPointOf(start));
        if (start == end)
            return scan.ToBytes();

        var stream = run.Source.OpenRead(ByteRange.FromBounds(layout.OffsetOf(start), layout.OffsetOf(end)), ReadAheadOptions.Default);
        var buffer = ArrayPool<byte>.Shared.Rent(layout.BlockLength);
        try
        {
            await using (stream.ConfigureAwait(false))
            {
                for (var block = start; block < end; block++)
                {
                    var records = buffer.AsMemory(0, (int)(layout.OffsetOf(block + 1) - layout.OffsetOf(block)));
                    await stream.ReadExactlyAsync(records, cancellationToken).ConfigureAwait(false);
                    scan.AddBlock(records.Span, header.PointFormat);
                    run.Progress?.Report(Math.Clamp(layout.OffsetOf(block + 1) - run.Range.Offset, 0, run.Range.Length));
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return scan.ToBytes();
    }

    public async Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken)
    {
        var header = await ReadHeaderAsync(source, cancellationToken).ConfigureAwait(false);
        var body = await LasBody.ReadAsync(source, header, salvage, cancellationToken).ConfigureAwait(false);
        var layout = LayoutOf(header, body.Points);
        var whole = PointScan.None();
        var most = MostCells(layout.Blocks);
        var merger = new PointCellMerger(most, PointScan.MostIntervals);
        await foreach (var bytes in partials.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            var next = PointScan.FromBytes(bytes);
            merger.Add(next.Cells);
            whole.Append(next);
        }

        // Leaves of about two blocks' points: as many as there are blocks, give or take.
        await new LasIndexContent
        {
            Header = header,
            Body = body,
            BlockPoints = layout.BlockPoints,
            Scan = whole,
            Cells = [.. merger.Build(2L * layout.BlockPoints).Select(cell => new IndexedCell(cell.Rectangle, cell.Count, cell.Blocks))],
        }.WriteAsync(writer, cancellationToken).ConfigureAwait(false);
    }

    private static int MostCells(int blocks) => Math.Clamp(2 * blocks, 256, 1 << 16);

    private static async Task<LasHeader> ReadHeaderAsync(PinnedObject source, CancellationToken cancellationToken) =>
        LasBody.RefuseCompressed(await LasHeader.ReadAsync(source, cancellationToken).ConfigureAwait(false), source.Uri.Display);

    private LasLayout LayoutOf(LasHeader header, long points) => new(header.PointsOffset, header.PointFormat.RecordLength, points, blockSize.For(points, header.PointFormat.RecordLength));
}

/// <summary>How many points make a block.</summary>
/// <param name="Points">As many as this where they take no more than <paramref name="Bytes"/>.</param>
/// <param name="Bytes">Bytes of a block, unless a point has more, or there would be too many blocks.</param>
internal readonly record struct LasBlockSize(int Points, int Bytes)
{
    private const int MaxBlocks = 1 << 18;

    public static LasBlockSize Usual { get; } = new(4096, 256 << 10);

    /// <summary>The number for an object: hangs on its number of points and their length alone.</summary>
    public int For(long points, int recordLength)
    {
        var each = Points;
        while (each > 1 && (long)each * recordLength > Bytes)
            each /= 2;
        while (((points - 1) / each) + 1 > MaxBlocks)
            each *= 2;
        return each;
    }
}

/// <summary>Where the blocks of points are in an object of LAS.</summary>
internal readonly record struct LasLayout(long PointsOffset, int RecordLength, long Points, int BlockPoints) : IPointLayout
{
    public int Blocks => (int)((Points + BlockPoints - 1) / BlockPoints);

    public int BlockLength => checked(BlockPoints * RecordLength);

    public long FirstPointOf(int block) => Math.Min(Points, (long)block * BlockPoints);

    public long OffsetOf(int block) => PointsOffset + (FirstPointOf(block) * RecordLength);

    public long EndOf(int block) => OffsetOf(block + 1);

    /// <summary>The first block that begins at a byte of the object or behind it; one behind the last where there is none.</summary>
    public int FirstBlockFrom(long offset)
    {
        if (offset <= PointsOffset)
            return 0;
        var block = (long)BlockPoints * RecordLength;
        return (int)Math.Min(Blocks, (offset - PointsOffset + block - 1) / block);
    }
}
