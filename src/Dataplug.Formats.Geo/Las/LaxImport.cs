using System.Globalization;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Formats.Geo;

/// <summary>Makes an index of a <c>.lax</c> file: looks whether it is of this object, at its numbers and at some of its points.</summary>
internal sealed class LaxImport(LaxFile lax, string name, LasBlockSize blockSize) : IStreamingPreprocessor, IIdentifiedPreprocessor
{
    private const int Looks = 5;
    private const int PointsPerLook = 64;
    private const string Cure = "Give the index of this very object, or make it again: lasindex -i OBJECT.las.";

    // The file is read once: what an interrupted import left is of no use to a later one.
    public string Identity { get; } = Guid.NewGuid().ToString("N");

    public async Task RunAsync(IStreamingRun run, CancellationToken cancellationToken)
    {
        var source = run.Source;
        var header = await ReadHeaderAsync(source, cancellationToken).ConfigureAwait(false);
        var points = LasBody.PointsOf(source, header, salvage: false);
        if (!header.HasPlaces)
            throw new UnsupportedFormatException(source.Uri.Display, "the object's coordinates are no places, which is what a .lax file is of", "Preprocess the object instead.");
        var counted = lax.Cells.Sum(cell => (decimal)cell.Points);
        if (counted != points)
            throw Corrupt($"it is of {counted} points, but the object has {points}");
        var end = 0L;
        foreach (var interval in lax.Cells.SelectMany(cell => cell.Intervals).OrderBy(interval => interval.First))
        {
            if (interval.First > end)
                break;
            end = Math.Max(end, interval.Last + 1);
        }

        if (end < points)
            throw Corrupt($"it does not know where point {end} is");
        if (lax.Cells.Any(cell => cell.Intervals.Any(interval => interval.Last >= points)))
            throw Corrupt($"it has points behind the last one, {points - 1}");
        var cells = lax.Cells.ToDictionary(cell => cell.Index);
        var length = header.PointFormat.RecordLength;
        for (var i = 0; i < Looks && points > 0; i++)
        {
            var first = (points - 1) / Looks * i;
            var count = (int)Math.Min(PointsPerLook, points - first);
            var records = await source.ReadAsync(new ByteRange(header.PointsOffset + (first * length), (long)count * length), cancellationToken).ConfigureAwait(false);
            for (var j = 0; j < count; j++)
            {
                var record = records.AsSpan(j * length, length);
                var number = first + j;
                if (!lax.CellsOf(header.PlaceX(LasPoints.RawXOf(record)), header.PlaceY(LasPoints.RawYOf(record))).Any(index =>
                    cells.TryGetValue(index, out var cell) && cell.Intervals.Any(interval => interval.First <= number && interval.Last >= number)))
                {
                    throw Corrupt($"point {number} is in none of the cells that have it");
                }
            }
        }

        run.ReportProgress(source.Size);
        await run.CheckpointAsync(default, default, cancellationToken).ConfigureAwait(false);
    }

    public async Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken)
    {
        var header = await ReadHeaderAsync(source, cancellationToken).ConfigureAwait(false);
        var body = await LasBody.ReadAsync(source, header, salvage: false, cancellationToken).ConfigureAwait(false);
        var blockPoints = blockSize.For(body.Points, header.PointFormat.RecordLength);
        var cells = new List<IndexedCell>(lax.Cells.Count);
        foreach (var cell in lax.Cells)
        {
            var rectangle = lax.RectangleOf(cell.Index, header);
            if (rectangle.IsEmpty || cell.Intervals.Count == 0)
                continue;
            var blocks = BlockIntervals.Union([.. cell.Intervals.Select(interval => new BlockInterval((int)(interval.First / blockPoints), (int)(interval.Last / blockPoints)))]);
            cells.Add(new IndexedCell(rectangle, cell.Points, [.. blocks]));
        }

        await new LasIndexContent { Header = header, Body = body, BlockPoints = blockPoints, Scan = null, Cells = cells, ImportedFrom = "lax" }.WriteAsync(writer, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<LasHeader> ReadHeaderAsync(PinnedObject source, CancellationToken cancellationToken) =>
        LasBody.RefuseCompressed(await LasHeader.ReadAsync(source, cancellationToken).ConfigureAwait(false), source.Uri.Display);

    private CorruptIndexException Corrupt(FormattableString problem) => new(name, problem.ToString(CultureInfo.InvariantCulture), Cure);
}
