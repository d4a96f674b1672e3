using System.Buffers.Binary;
using System.Diagnostics;
using Dataplug.Compression;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Formats.Genomics;

/// <summary>Indexes BAM in one pass: blocks are inflated side by side, records are walked, checked and counted.</summary>
internal sealed class BamPreprocessor : IStreamingPreprocessor
{
    /// <summary>Stored bytes between two checkpoints.</summary>
    public const long UsualCheckpointSpacing = 256 << 20;

    private const int StateLength = 24;
    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromSeconds(2);

    private readonly long _checkpointSpacing;

    public BamPreprocessor(long checkpointSpacing) => _checkpointSpacing = checkpointSpacing;

    public async Task RunAsync(IStreamingRun run, CancellationToken cancellationToken)
    {
        var source = run.Source;
        var (headerBytes, firstRecord) = await BamHeaderReader.ReadAsync(source, cancellationToken).ConfigureAwait(false);
        var header = BamHeader.Parse(headerBytes, source.Uri.Display);
        var (place, before, nextCell) = run.ResumeState is { Length: StateLength } state ? ReadState(state.Span) : (firstRecord, 0, 0);
        var scan = new BamScan(source.Uri.Display, source.Size, header.References.Count, place, before, nextCell);
        if (run.ResumeState is null)
            scan.Totals.Header = headerBytes;

        var blocks = BgzfReader.Open(source, ByteRange.FromBounds(place.Block, source.Size), run.Workers);
        await using var _ = blocks.ConfigureAwait(false);
        var skip = place.Within;
        var (checkpointTime, checkpointOffset) = (Stopwatch.GetTimestamp(), place.Block);
        var endsWithMarker = false;
        while (await blocks.NextAsync(cancellationToken).ConfigureAwait(false))
        {
            scan.Add(blocks.Content.Span, blocks.BlockOffset, blocks.NextOffset, skip);
            skip = 0;
            endsWithMarker = blocks.Content.IsEmpty && blocks.Stored.Span.SequenceEqual(BgzfWriter.EndMarker.Span);
            run.ReportProgress(blocks.NextOffset);
            if (scan.Totals.Records > 0 && (blocks.NextOffset - checkpointOffset >= _checkpointSpacing || Stopwatch.GetElapsedTime(checkpointTime) >= CheckpointInterval))
            {
                await run.CheckpointAsync(scan.Take().ToBytes(), WriteState(scan.State), cancellationToken).ConfigureAwait(false);
                (checkpointTime, checkpointOffset) = (Stopwatch.GetTimestamp(), blocks.NextOffset);
            }
        }

        scan.End();
        var last = scan.Take();
        last.EndsWithMarker = endsWithMarker;
        await run.CheckpointAsync(last.ToBytes(), default, cancellationToken).ConfigureAwait(false);
    }

    public async Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken)
    {
        BamTotals? whole = null;
        await foreach (var bytes in partials.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            var next = BamTotals.FromBytes(bytes, source.Size);
            if (whole is null)
                whole = next;
            else
                whole.Append(next);
        }

        if (whole is null)
            throw new CorruptIndexException(source.Uri.Display, "there is no partial result of preprocessing");
        var header = BamHeader.Parse(whole.Header, source.Uri.Display);
        var bins = whole.Bins.Unsorted is null
            ? whole.Bins.Build([.. header.References.Select(reference => reference.Name)], header.References.Select(reference => (long)reference.Length).DefaultIfEmpty().Max())
            : null;
        await new BamIndexContent
        {
            Header = header,
            FirstRecord = whole.Start,
            RecordsEnd = whole.End,
            EndsWithMarker = whole.EndsWithMarker,
            Records = whole.Records,
            Mapped = whole.MappedUnplaced + whole.Counts.Values.Sum(count => count.Mapped),
            Unplaced = whole.Unplaced,
            Unsorted = whole.Bins.Unsorted,
            Counts = whole.Counts,
            MarkOffsets = [.. whole.Marks.Offsets],
            MarkPositions = [.. whole.Marks.Positions],
            MarkNumbers = [.. whole.Marks.Numbers],
            Bins = bins,
        }.WriteAsync(writer, source, cancellationToken).ConfigureAwait(false);
    }

    private static byte[] WriteState((VirtualOffset Place, long Before, long NextCell) state)
    {
        var bytes = new byte[StateLength];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, state.Place.Value);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), state.Before);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), state.NextCell);
        return bytes;
    }

    private static (VirtualOffset Place, long Before, long NextCell) ReadState(ReadOnlySpan<byte> bytes) =>
        (new VirtualOffset(BinaryPrimitives.ReadUInt64LittleEndian(bytes)), BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]));
}
