using System.Buffers.Binary;
using System.Globalization;
using Dataplug.Compression;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Formats.Genomics;

/// <summary>Makes an index of samtools' one: looks whether it is of this object, at its header, a few records and its end.</summary>
internal sealed class BamIndexImport(BinningIndexContent index, string name) : IStreamingPreprocessor, IIdentifiedPreprocessor
{
    private const int Looks = 5;

    // A block and the beginning of the next, in which the fixed part of a record ends.
    private const int LookLength = 2 << 16;
    private const string Cure = "Give the index of this very object, or make it again: samtools index.";

    // As many marks as an index of ours has at most.

    // The index is read once: what an interrupted import left is of no use to a later one.
    public string Identity { get; } = Guid.NewGuid().ToString("N");

    public async Task RunAsync(IStreamingRun run, CancellationToken cancellationToken)
    {
        var source = run.Source;
        var (bytes, firstRecord) = await BamHeaderReader.ReadAsync(source, cancellationToken).ConfigureAwait(false);
        var header = BamHeader.Parse(bytes, source.Uri.Display);
        var bins = index.Index;
        if (bins.References.Count != header.References.Count)
            throw Corrupt($"it is of {bins.References.Count} reference sequences, but the object has {header.References.Count}");
        var starts = bins.KnownStarts().ToArray();
        foreach (var place in starts.Concat(bins.References.SelectMany(reference => reference.Bins).SelectMany(bin => bin.Chunks).Select(chunk => chunk.End)))
        {
            if (place < firstRecord || place.Block > source.Size)
                throw Corrupt($"it has records at virtual offset {place}, where the object has none");
        }

        for (var i = 0; i < Math.Min(Looks, starts.Length); i++)
            await LookAsync(source, header, starts[(int)((long)i * (starts.Length - 1) / Math.Max(1, Math.Min(Looks, starts.Length) - 1))], cancellationToken).ConfigureAwait(false);
        run.ReportProgress(source.Size);
        await run.CheckpointAsync(default, default, cancellationToken).ConfigureAwait(false);
    }

    public async Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken)
    {
        var (bytes, firstRecord) = await BamHeaderReader.ReadAsync(source, cancellationToken).ConfigureAwait(false);
        var header = BamHeader.Parse(bytes, source.Uri.Display);
        var bins = index.Index;
        var endsWithMarker = source.Size >= BgzfWriter.EndMarker.Length
            && (await source.ReadAsync(ByteRange.FromBounds(source.Size - BgzfWriter.EndMarker.Length, source.Size), cancellationToken).ConfigureAwait(false)).AsSpan().SequenceEqual(BgzfWriter.EndMarker.Span);
        var end = new VirtualOffset(source.Size - (endsWithMarker ? BgzfWriter.EndMarker.Length : 0), 0);

        // A header may have no records behind it.
        var marks = Thin([.. bins.KnownStarts().Prepend(firstRecord).Distinct().Where(place => place < end)]);
        var isCounted = bins.UnplacedCount is not null && bins.References.All(reference => reference.Bins.Count == 0 || reference.Metadata is not null);
        var counts = bins.References.Index().Where(reference => reference.Item.Metadata is not null)
            .ToDictionary(reference => reference.Index, reference => (reference.Item.Metadata!.Mapped, reference.Item.Metadata.Unmapped));
        await new BamIndexContent
        {
            Header = header,
            FirstRecord = firstRecord,
            RecordsEnd = end,
            EndsWithMarker = endsWithMarker,
            Records = isCounted ? counts.Values.Sum(count => count.Mapped + count.Unmapped) + bins.UnplacedCount : null,
            Mapped = isCounted ? counts.Values.Sum(count => count.Mapped) : null,
            Unplaced = bins.UnplacedCount,
            Counts = counts,
            MarkOffsets = [.. marks.Select(place => (long)place.Value)],
            MarkPositions = [.. marks.Select(place => place.Block)],
            MarkNumbers = null,
            Bins = bins,
            ImportedFrom = index.Kind == BinningIndexKind.Bai ? "bai" : "csi",
        }.WriteAsync(writer, source, cancellationToken).ConfigureAwait(false);
    }

    private static VirtualOffset[] Thin(VirtualOffset[] places)
    {
        var each = ((places.Length - 1) / MarkCells.Most) + 1;
        return [.. places.Where((_, i) => i % each == 0)];
    }

    // Whether a record starts at a place.
    private async Task LookAsync(PinnedObject source, BamHeader header, VirtualOffset place, CancellationToken cancellationToken)
    {
        var bytes = new byte[4 + BamLayout.FixedLength];
        try
        {
            var end = Math.Min(source.Size, place.Block + LookLength);
            var blocks = new BgzfRange { Start = place, End = new VirtualOffset(end, 0), StoredEnd = end }.OpenBlocks(source);
            await using var _ = blocks.ConfigureAwait(false);
            var (length, skip) = (0, place.Within);
            while (length < bytes.Length && await blocks.NextAsync(cancellationToken).ConfigureAwait(false))
            {
                if (skip > blocks.Content.Length)
                    throw Corrupt($"it has a record at virtual offset {place}, but there is none");
                var part = blocks.Content.Span[skip..];
                part = part[..Math.Min(part.Length, bytes.Length - length)];
                part.CopyTo(bytes.AsSpan(length));
                (length, skip) = (length + part.Length, 0);
            }

            var record = bytes.AsSpan(4);
            var size = BinaryPrimitives.ReadInt32LittleEndian(bytes);
            if (length < bytes.Length || BamLayout.ProblemOfLength(size) is not null || (uint)(BamLayout.ReferenceId(record) + 1) > (uint)header.References.Count || BamLayout.Position(record) < -1)
                throw Corrupt($"it has a record at virtual offset {place}, but there is none");
        }
        catch (CorruptObjectException failure)
        {
            throw new CorruptIndexException(name, string.Create(CultureInfo.InvariantCulture, $"it has a record at virtual offset {place}, but there is none: {failure.Problem}"), Cure, innerException: failure);
        }
    }

    private CorruptIndexException Corrupt(FormattableString problem) => new(name, problem.ToString(CultureInfo.InvariantCulture), Cure);
}
