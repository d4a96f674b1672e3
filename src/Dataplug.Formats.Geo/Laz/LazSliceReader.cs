using System.Runtime.CompilerServices;
using Dataplug.Formats.Geo.Laz;
using Dataplug.Storage;

namespace Dataplug.Formats.Geo;

/// <summary>A chunk that was fetched for a slice.</summary>
/// <param name="Chunk">The chunk.</param>
/// <param name="Bytes">Its bytes.</param>
/// <param name="First">The number of its first point that the slice means, counted from the chunk's first.</param>
/// <param name="Count">How many it means.</param>
internal readonly record struct LazPiece(StoredChunk Chunk, ReadOnlyMemory<byte> Bytes, int First, int Count)
{
    public bool IsWhole => Count == Chunk.Points;
}

/// <summary>Fetches the chunks of a slice, and decompresses them.</summary>
internal sealed class LazSliceReader
{
    private static readonly ReadManyOptions Reading = new() { MaxGap = LasIndex.MaxGap, MaxBytesInFlight = 64 << 20 };

    private readonly string _name;
    private readonly bool _checksBounds;
    private readonly LazChunkDecoder _decoder;
    private readonly IAsyncEnumerator<ReadOnlyMemory<byte>> _fetched;
    private readonly List<(StoredChunk Chunk, int First, int Count)> _chunks;

    private LazSliceReader(LazHead head, List<(StoredChunk Chunk, int First, int Count)> chunks, IAsyncEnumerator<ReadOnlyMemory<byte>> fetched, bool checksBounds, string name)
    {
        Head = head;
        _name = name;
        _checksBounds = checksBounds;
        _decoder = new LazChunkDecoder(head.Vlr);
        _fetched = fetched;
        _chunks = chunks;
    }

    /// <summary>The object's head.</summary>
    public LazHead Head { get; }

    /// <summary>Finds out which chunks a slice needs, and fetches the head and the first of them.</summary>
    public static async Task<LazSliceReader> OpenAsync(LasSlice slice, PinnedObject source, CancellationToken cancellationToken)
    {
        var name = slice.Source.Uri.Display;
        var chunks = await ChooseAsync(slice, cancellationToken).ConfigureAwait(false);
        List<ByteRange> ranges = [new(0, slice.PointsOffset), .. chunks.Select(chunk => new ByteRange(chunk.Chunk.Offset, chunk.Chunk.Length))];
        var fetched = source.StreamManyAsync(ranges, Reading, cancellationToken).GetAsyncEnumerator(cancellationToken);
        if (!await fetched.MoveNextAsync().ConfigureAwait(false))
            throw new InvalidSliceException(name, "the slice's head has no bytes");
        var header = LasHeader.Parse(fetched.Current.ToArray(), name);
        if (header.PointFormat.RecordLength != slice.RecordLength || header.PointsOffset != slice.PointsOffset)
            throw new InvalidSliceException(name, "the slice's points are not laid out as the object's header says");
        return new LazSliceReader(LazHead.Of(header, name), chunks, fetched, slice.Region is not null && slice.Kind == CopcFormat.FormatId, name);
    }

    /// <summary>The chunks one after another, compressed.</summary>
    public async IAsyncEnumerable<LazPiece> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using (_fetched.ConfigureAwait(false))
        {
            foreach (var (chunk, first, count) in _chunks)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!await _fetched.MoveNextAsync().ConfigureAwait(false))
                    throw new InvalidOperationException("There are fewer answers than ranges.");
                yield return new LazPiece(chunk, _fetched.Current, first, count);
            }
        }
    }

    /// <summary>The point records of a chunk that the slice means, before they are chosen by place and attribute.</summary>
    public ReadOnlyMemory<byte> Decode(LazPiece piece)
    {
        var chunk = piece.Chunk;
        var length = Head.Header.PointFormat.RecordLength;
        var records = GC.AllocateUninitializedArray<byte>(LazPreprocessor.LengthOf(new LazChunk(chunk.Offset, chunk.Length, chunk.FirstPoint, chunk.Points), length, _name));
        _decoder.Decode(piece.Bytes.Span, (int)chunk.Points, records, _name, chunk.Offset);
        if (_checksBounds)
            RequireWithin(chunk, records);
        return records.AsMemory(piece.First * length, piece.Count * length);
    }

    // Whoever looks for points by place would miss those that are not where the octree has them.
    private void RequireWithin(StoredChunk chunk, ReadOnlySpan<byte> records)
    {
        var bounds = chunk.Bounds.Rectangle;
        for (var length = Head.Header.PointFormat.RecordLength; !records.IsEmpty; records = records[length..])
        {
            if (!bounds.Contains(LasPoints.RawXOf(records), LasPoints.RawYOf(records)))
            {
                throw new CorruptObjectException(
                    _name, $"a point of the chunk that begins at byte {chunk.Offset} is outside of the cube of its node, on level {chunk.Level}", "Cut the object into groups of nodes, or read it as LAZ with --format laz.", chunk.Offset);
            }
        }
    }

    // Of the chunks that have points of the runs those which may have some where they are wanted.
    private static async Task<List<(StoredChunk Chunk, int First, int Count)>> ChooseAsync(LasSlice slice, CancellationToken cancellationToken)
    {
        var source = slice.Compressed!;
        var chosen = new List<(StoredChunk Chunk, int First, int Count)>();
        if (slice.Runs.Count == 0)
            return chosen;
        var run = 0;
        foreach (var page in source.Pages)
        {
            foreach (var chunk in ChunkPage.Read(await page.LoadAsync(slice.Stores, cancellationToken).ConfigureAwait(false), slice.Source.Uri.Display))
            {
                while (run < slice.Runs.Count && slice.Runs[run].First + slice.Runs[run].Count <= chunk.FirstPoint)
                    run++;
                if (run == slice.Runs.Count)
                    return chosen;
                if (chunk.Points > int.MaxValue)
                    throw new InvalidSliceException(slice.Source.Uri.Display, $"a chunk of {chunk.Points} points can't be");
                if (chunk.Level > source.MaxLevel || (slice.Region is { } region && !chunk.Bounds.Rectangle.Intersects(region)))
                    continue;

                // Runs are far apart, or made of whole chunks: those that share a chunk are read as one.
                var first = Math.Max(chunk.FirstPoint, slice.Runs[run].First);
                var end = Math.Min(chunk.EndPoint, slice.Runs[run].First + slice.Runs[run].Count);
                for (var next = run + 1; next < slice.Runs.Count && slice.Runs[next].First < chunk.EndPoint; next++)
                    end = Math.Min(chunk.EndPoint, slice.Runs[next].First + slice.Runs[next].Count);
                if (first < end)
                    chosen.Add((chunk, (int)(first - chunk.FirstPoint), (int)(end - first)));
            }
        }

        return chosen;
    }
}
