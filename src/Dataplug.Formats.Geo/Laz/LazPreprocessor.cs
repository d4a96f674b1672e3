using Dataplug.Formats.Geo.Laz;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Formats.Geo;

/// <summary>
/// Indexes LAZ: every piece of the object decompresses the chunks that begin in it, which the object's chunk table tells, and counts their
/// points; the merge builds the quadtree. Where the table is missing or damaged, the first piece finds the chunks and does all of them.
/// </summary>
internal sealed class LazPreprocessor(int leafPoints, long chunkSize) : IChunkedPreprocessor
{
    /// <summary>About as many points as a cell of the index has.</summary>
    public const int UsualLeafPoints = 8192;

    /// <summary>Bytes per piece, unless there were too many.</summary>
    public const long UsualChunkSize = 32 << 20;

    // Each piece reads the chunk table, which grows with the object.
    private const long MostPieces = 4096;

    // Chunks of LASzip have 50 000 points.
    private const long MaxChunkLength = 1 << 30;

    private static readonly ReadManyOptions Reading = new() { MaxGap = 0, MaxBytesInFlight = 32 << 20 };

    // What pieces on one machine need not read again.
    private volatile Known? _known;

    public IReadOnlyList<ByteRange> PlanChunks(long size)
    {
        var each = Math.Max(chunkSize, (size + MostPieces - 1) / MostPieces);
        var chunks = new ByteRange[size == 0 ? 0 : checked((int)(((size - 1) / each) + 1))];
        for (var i = 0; i < chunks.Length; i++)
            chunks[i] = ByteRange.FromBounds(i * each, Math.Min(size, (i + 1) * each));
        return chunks;
    }

    public async Task<ReadOnlyMemory<byte>> MapAsync(ChunkRun run, CancellationToken cancellationToken)
    {
        var name = run.Source.Uri.Display;
        var known = await ReadAsync(run.Source, cancellationToken).ConfigureAwait(false);
        var table = known.Table;
        string? rebuilt = null;
        if (table is null && run.Index == 0)
        {
            table = await LazChunkTable.ReadAsync(known.Head.Vlr, known.Head.PointsIn(run.Source.Size), ReaderOf(run.Source), name, cancellationToken).ConfigureAwait(false);
            rebuilt = table.Rebuilt;
        }

        if (table is null)
            return new LazPartial(null, [], PointScan.Begin(0, 0)).ToBytes();
        var (first, end) = rebuilt is null ? (FirstFrom(table, run.Range.Offset), FirstFrom(table, run.Range.End)) : (0, table.Count);
        var chunks = new List<StoredChunk>(end - first);
        var scan = PointScan.Begin(first, first == end ? 0 : table[end - 1].FirstPoint + table[end - 1].Points - table[first].FirstPoint);
        var decoder = new LazChunkDecoder(known.Head.Vlr);
        var format = known.Head.Header.PointFormat;
        var records = Array.Empty<byte>();
        var number = first;
        await foreach (var bytes in run.Source.StreamManyAsync([.. Enumerable.Range(first, end - first).Select(i => new ByteRange(table[i].Offset, table[i].Length))], Reading, cancellationToken).ConfigureAwait(false))
        {
            var chunk = table[number++];
            var length = LengthOf(chunk, format.RecordLength, name);
            if (records.Length < length)
                records = GC.AllocateUninitializedArray<byte>(length);
            decoder.Decode(bytes.Span, (int)chunk.Points, records.AsSpan(0, length), name, chunk.Offset);
            scan.AddBlock(records.AsSpan(0, length), format);
            var summary = new LasSummary();
            summary.Add(records.AsSpan(0, length), format);
            chunks.Add(new StoredChunk(chunk.Offset, chunk.Length, chunk.FirstPoint, chunk.Points, 0, summary.Bounds, summary.ByReturn));
            run.Progress?.Report(Math.Clamp(chunk.Offset + chunk.Length - run.Range.Offset, 0, run.Range.Length));
        }

        return new LazPartial(rebuilt, chunks, scan).ToBytes();
    }

    public async Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken)
    {
        var name = source.Uri.Display;
        var head = LazHead.Of(await LasHeader.ReadAsync(source, cancellationToken).ConfigureAwait(false), name);
        var chunks = new List<StoredChunk>();
        var whole = PointScan.None();
        var most = (int)Math.Clamp(4 * head.Header.Points / leafPoints, 256, 1 << 16);
        var merger = new PointCellMerger(most, PointScan.MostIntervals);
        var warnings = new List<string>();
        await foreach (var bytes in partials.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            var next = LazPartial.FromBytes(bytes);
            chunks.AddRange(next.Chunks);
            merger.Add(next.Scan.Cells);
            whole.Append(next.Scan);
            if (next.Rebuilt is not null)
                warnings.Add($"the chunks were found without the chunk table: {next.Rebuilt}");
        }

        var points = chunks.Count == 0 ? 0 : chunks[^1].EndPoint;
        var end = chunks.Count == 0 ? head.Header.PointsOffset + sizeof(long) : chunks[^1].End;
        var body = await LasBody.ReadBehindAsync(source, head.Header, points, Math.Min(end, source.Size), head.TailOf(source.Size), salvage: false, warnings, cancellationToken).ConfigureAwait(false);
        await new LasIndexContent
        {
            Header = head.Header,
            Body = body,
            BlockPoints = (int)Math.Max(1, chunks.Select(chunk => chunk.Points).DefaultIfEmpty().Max()),
            Scan = whole,
            Cells = [.. merger.Build(leafPoints).Select(cell => new IndexedCell(cell.Rectangle, cell.Count, cell.Blocks))],
            Compression = LasCompression.Of(head.Vlr, chunks),
        }.WriteAsync(writer, cancellationToken).ConfigureAwait(false);
        await LazLayout.WriteAsync(writer, chunks, hasLevels: false, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The bytes of a chunk's records.</summary>
    /// <exception cref="UnsupportedFormatException">They are more than fit into memory reasonably.</exception>
    internal static int LengthOf(LazChunk chunk, int recordLength, string name) => chunk.Points <= MaxChunkLength / recordLength
        ? (int)(chunk.Points * recordLength)
        : throw new UnsupportedFormatException(
            name, $"the chunk at byte {chunk.Offset} has {chunk.Points} points, which take more than {MaxChunkLength} bytes", "Compress the object again, in chunks of the usual 50000 points.", chunk.Offset);

    internal static LazRangeReader ReaderOf(PinnedObject source) => async (offset, length, cancelled) => await source.ReadAsync(new ByteRange(offset, length), cancelled).ConfigureAwait(false);

    private static int FirstFrom(LazChunkTable table, long offset)
    {
        var (low, high) = (0, table.Count);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            if (table[middle].Offset >= offset)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }

    private async Task<Known> ReadAsync(PinnedObject source, CancellationToken cancellationToken)
    {
        if (_known is { } known && known.Uri == source.Uri && known.ETag == source.ETag)
            return known;
        var name = source.Uri.Display;
        var head = LazHead.Of(await LasHeader.ReadAsync(source, cancellationToken).ConfigureAwait(false), name);
        var table = await LazChunkTable.TryReadAsync(head.Vlr, head.PointsIn(source.Size), ReaderOf(source), name, cancellationToken).ConfigureAwait(false);
        return _known = new Known(source.Uri, source.ETag, head, table);
    }

    private sealed record Known(ObjectUri Uri, string ETag, LazHead Head, LazChunkTable? Table);
}

/// <summary>What a piece of the object gave.</summary>
/// <param name="Rebuilt">Why the chunks were found without the object's table; null where it was read.</param>
/// <param name="Chunks">The chunks.</param>
/// <param name="Scan">What is known of their points.</param>
internal sealed record LazPartial(string? Rebuilt, IReadOnlyList<StoredChunk> Chunks, PointScan Scan)
{
    public ReadOnlyMemory<byte> ToBytes()
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes))
        {
            writer.Write(Rebuilt ?? "");
            var page = ChunkPage.Write(Chunks);
            writer.Write(page.Length);
            writer.Write(page);
            writer.Write(Scan.ToBytes().Span);
        }

        return bytes.ToArray();
    }

    public static LazPartial FromBytes(ReadOnlyMemory<byte> bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes.ToArray()));
        var rebuilt = reader.ReadString();
        var page = reader.ReadBytes(reader.ReadInt32());
        return new LazPartial(rebuilt.Length == 0 ? null : rebuilt, ChunkPage.Read(page, "a partial result"), PointScan.FromBytes(bytes[(int)reader.BaseStream.Position..]));
    }
}
