using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Formats.Geo;

/// <summary>Where the chunks of an object are, which are the blocks of its index, and where slices find what is known of them.</summary>
internal sealed class LazLayout : IPointLayout
{
    private const string GapColumn = "chunk-gaps";
    private const string LengthColumn = "chunk-lengths";
    private const string PointColumn = "chunk-points";
    private const string LevelColumn = "chunk-levels";

    private readonly long[] _offsets;
    private readonly long[] _ends;
    private readonly long[] _points;
    private readonly BlobTable?[] _pages;

    private LazLayout(string kind, long tail, long[] offsets, long[] ends, long[] points, long[]? levels, BlobTable?[] pages)
    {
        Kind = kind;
        Tail = tail;
        _offsets = offsets;
        _ends = ends;
        _points = points;
        Levels = levels;
        _pages = pages;
    }

    /// <summary>The id of the format.</summary>
    public string Kind { get; }

    /// <summary>Where what is behind the points begins.</summary>
    public long Tail { get; }

    /// <summary>The level of each chunk's node; null where there is no octree.</summary>
    public long[]? Levels { get; }

    public int Blocks => _offsets.Length;

    public long FirstPointOf(int block) => _points[block];

    public long OffsetOf(int block) => _offsets[block];

    public long EndOf(int block) => _ends[block];

    /// <summary>The chunk that has a point.</summary>
    public int BlockOf(long point)
    {
        var found = Array.BinarySearch(_points, point);
        if (found < 0)
            return ~found - 1;

        // A chunk of no points begins where the next one does.
        while (_points[found + 1] == point)
            found++;
        return found;
    }

    /// <summary>What a slice of some runs of points has to know.</summary>
    public LazSource SourceOf(IReadOnlyList<LasRun> runs)
    {
        if (runs.Count == 0)
            return new LazSource { Kind = Kind, Tail = Tail, Fetched = [], Pages = [] };
        var spans = runs.Select(run => new BlockInterval(BlockOf(run.First), BlockOf(run.First + run.Count - 1))).ToArray();
        return new LazSource
        {
            Kind = Kind,
            Tail = Tail,
            Fetched = [.. spans.Select(span => ByteRange.FromBounds(_offsets[span.First], _ends[span.Last]))],
            Pages = PagesOf(spans),
        };
    }

    public static async Task WriteAsync(SidecarWriter writer, IReadOnlyList<StoredChunk> chunks, bool hasLevels, CancellationToken cancellationToken)
    {
        await writer.WriteColumnAsync(GapColumn, chunks.Select((chunk, i) => chunk.Offset - (i == 0 ? 0 : chunks[i - 1].End)).ToArray(), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(LengthColumn, chunks.Select(chunk => chunk.Length).ToArray(), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(PointColumn, chunks.Select(chunk => chunk.Points).ToArray(), cancellationToken).ConfigureAwait(false);
        if (hasLevels)
            await writer.WriteColumnAsync(LevelColumn, chunks.Select(chunk => (long)chunk.Level).ToArray(), cancellationToken).ConfigureAwait(false);
        await ChunkPage.WriteAllAsync(writer, chunks, cancellationToken).ConfigureAwait(false);
    }

    public static async Task<LazLayout> LoadAsync(SidecarReader sidecar, LazHead head, string kind, string name, CancellationToken cancellationToken)
    {
        var gaps = await sidecar.ReadColumnAsync(GapColumn, cancellationToken).ConfigureAwait(false);
        var lengths = await sidecar.ReadColumnAsync(LengthColumn, cancellationToken).ConfigureAwait(false);
        var counts = await sidecar.ReadColumnAsync(PointColumn, cancellationToken).ConfigureAwait(false);
        var levels = sidecar.HasSection(LevelColumn) ? await sidecar.ReadColumnAsync(LevelColumn, cancellationToken).ConfigureAwait(false) : null;
        var size = sidecar.Header.Source.Size;
        if (gaps.Length != lengths.Length || gaps.Length != counts.Length || (levels is not null && levels.Length != gaps.Length))
            throw Corrupt(name);
        var (offsets, ends, points) = (new long[gaps.Length], new long[gaps.Length], new long[gaps.Length + 1]);
        var end = 0L;
        for (var i = 0; i < gaps.Length; i++)
        {
            if (gaps[i] < 0 || lengths[i] < 0 || counts[i] < 0 || gaps[i] > size - end || lengths[i] > size - end - gaps[i] || counts[i] > long.MaxValue - points[i])
                throw Corrupt(name);
            (offsets[i], ends[i], points[i + 1]) = (end + gaps[i], end + gaps[i] + lengths[i], points[i] + counts[i]);
            end = ends[i];
        }

        var pages = new BlobTable?[ChunkPage.Sections.Count];
        for (var section = 0; section < pages.Length; section++)
        {
            if (!sidecar.HasSection(ChunkPage.Sections[section]))
                continue;
            pages[section] = await sidecar.ReadBlobTableAsync(ChunkPage.Sections[section], cancellationToken).ConfigureAwait(false);
            if (pages[section]!.Count != (gaps.Length + ChunkPage.SizeOf(section) - 1) / ChunkPage.SizeOf(section))
                throw Corrupt(name);
        }

        if (gaps.Length > 0 && pages[0] is null)
            throw Corrupt(name);
        return new LazLayout(kind, head.TailOf(size), offsets, ends, points, levels, pages);
    }

    // The smallest pages of which a few are enough; of the largest as many as it takes.
    private BlobReference[] PagesOf(BlockInterval[] spans)
    {
        for (var section = 0; ; section++)
        {
            var size = ChunkPage.SizeOf(section);
            var numbers = new SortedSet<int>();
            foreach (var span in spans)
            {
                for (var page = span.First / size; page <= span.Last / size; page++)
                    numbers.Add(page);
            }

            if (numbers.Count <= ChunkPage.MostPages || section == ChunkPage.Sections.Count - 1 || _pages[section + 1] is null)
                return [.. numbers.Select(page => _pages[section]![page])];
        }
    }

    private static CorruptIndexException Corrupt(string name) => new(name, "the index is damaged: its chunks are not those of the object");
}
