using System.Globalization;
using System.Security.Cryptography;
using Dataplug.Formats.Imzml.Xml;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Formats.Imzml;

/// <summary>
/// Indexes imzML chunk by chunk: each chunk finds the first spectrum that starts in it and reads up to the first one that starts behind
/// it. The merge holds the ends against the starts, so that a chunk which took something else for a spectrum is noticed; then, and where a
/// document is not written as expected, all of it is read by <see cref="DocumentReader"/>, with the same result.
/// </summary>
internal sealed class ImzmlPreprocessor(ImzmlOptions options, long chunkSize) : IChunkedPreprocessor
{
    private const int UuidLength = 16;

    public IReadOnlyList<ByteRange> PlanChunks(long size)
    {
        var chunks = new List<ByteRange>();
        for (long start = 0; start < size; start += chunkSize)
            chunks.Add(new ByteRange(start, Math.Min(chunkSize, size - start)));
        return chunks;
    }

    public async Task<ReadOnlyMemory<byte>> MapAsync(ChunkRun run, CancellationToken cancellationToken)
    {
        var scan = new DocumentScan(run.Source, run.Range, run.Progress);
        await scan.RunAsync(cancellationToken).ConfigureAwait(false);
        var partial = new ImzmlPartial(scan, run.Index == 0);
        if (options.Statistics && partial.Problem is null && partial.Table is { Count: > 0 } table && AreInside(table, IbdOf(run.Source)))
            partial.Statistics = await SpectrumStatistics.ComputeAsync(IbdOf(run.Source), table, cancellationToken).ConfigureAwait(false);
        return partial.ToBytes();
    }

    public async Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken)
    {
        var ibd = IbdOf(source);
        var merge = new ImzmlMerge(source.Size);
        var chunks = PlanChunks(source.Size);
        var chunk = 0;
        await foreach (var bytes in partials.WithCancellation(cancellationToken).ConfigureAwait(false))
            merge.Add(ImzmlPartial.FromBytes(bytes, source.Uri.Display), chunks[chunk++]);
        if (!merge.IsComplete)
        {
            var (whole, builder) = await WholeDocument.ReadAsync(source, merge.ProblemAt, cancellationToken).ConfigureAwait(false);
            merge = new ImzmlMerge(whole, builder);
        }

        var table = merge.Table;
        var head = merge.Head!;
        CheckArrays(table, ibd);
        var statistics = !options.Statistics ? null
            : merge.Statistics is { } known && known.Count == table.Count ? known
            : await SpectrumStatistics.ComputeAsync(ibd, table, cancellationToken).ConfigureAwait(false);
        var warnings = new List<string>();
        if (head.SpectrumCount is { } count && count != table.Count)
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"the document says that it has {count} spectra, and has {table.Count}"));
        if (merge.Contradictions > 0)
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"the encoded lengths of {merge.Contradictions} uncompressed arrays contradict the numbers of their points, which are what counts"));
        await CheckIbdAsync(head, ibd, warnings, cancellationToken).ConfigureAwait(false);
        await ImzmlIndexContent.WriteAsync(writer, ibd, head, table, statistics, options.Check, warnings, cancellationToken).ConfigureAwait(false);
    }

    private static PinnedObject IbdOf(PinnedObject source) => source.Companions is [var ibd] ? ibd : throw new InvalidOperationException("imzML is indexed with its ibd.");

    // Offsets that were written as signed 32-bit numbers are put right by the merge.
    private static bool AreInside(SpectrumTable table, PinnedObject ibd)
    {
        for (var row = 0; row < table.Count; row++)
        {
            var points = table.ArrayOf(row, 0).Points;
            for (var slot = 0; slot < 2; slot++)
            {
                var array = table.ArrayOf(row, slot);
                if (array.Offset < 0 || array.Length < 0 || array.Length > ibd.Size || array.Offset > ibd.Size - array.Length || array.Points != points)
                    return false;
            }
        }

        return true;
    }

    private static void CheckArrays(SpectrumTable table, PinnedObject ibd)
    {
        foreach (var slot in table.Slots)
            Unwrap(slot);
        for (var row = 0; row < table.Count; row++)
        {
            var layout = table.LayoutOf(row);
            for (var slot = 0; slot < layout.Arrays.Count; slot++)
            {
                var array = table.ArrayOf(row, slot);
                if (array.Points == 0)
                {
                    table.Slots[slot].Set(row, new SpectrumArray(0, 0, 0));
                    continue;
                }

                if (array.Length < 0 || array.Length > ibd.Size || array.Offset < 0 || array.Offset > ibd.Size - array.Length)
                    throw new CorruptObjectException(ibd.Uri.Display, string.Create(CultureInfo.InvariantCulture, $"the {layout.Arrays[slot].Name} of spectrum {row} (counted from 0) takes bytes {array.Offset} to {(Int128)array.Offset + array.Length}, the ibd has {ibd.Size}"), "Check that the ibd is whole and belongs to the document, and upload it again.", array.Offset is >= 0 and var offset ? offset : null);
            }

            var (mz, intensity) = (table.ArrayOf(row, 0).Points, table.ArrayOf(row, 1).Points);
            if (mz != intensity)
                throw new CorruptObjectException(ibd.Uri.Display, string.Create(CultureInfo.InvariantCulture, $"spectrum {row} (counted from 0) has {mz} m/z values and {intensity} intensities"), byteOffset: table.ArrayOf(row, 1).Offset);
        }
    }

    // Writers with signed 32-bit offsets write those beyond 2 GiB as negative numbers, and start again from 0 beyond 4 GiB.
    private static void Unwrap(SpectrumSlot slot)
    {
        var (shift, previous) = (0L, 0L);
        for (var i = 0; i < slot.Offsets.Count; i++)
        {
            if (slot.Points[i] == 0)
                continue;
            var offset = slot.Offsets[i];
            if (offset < 0 && previous >= 0)
                shift += 1L << 32;
            previous = offset;
            slot.Offsets[i] = offset + shift;
        }
    }

    private async Task CheckIbdAsync(ImzmlHead head, PinnedObject ibd, List<string> warnings, CancellationToken cancellationToken)
    {
        var said = ImzmlIndexContent.UuidOf(head);
        if (said is null)
        {
            if (options.Check >= ImzmlCheck.Uuid)
                throw new CorruptObjectException(ibd.Uri.Display, "the document has no UUID (IMS:1000080) to hold the ibd against", "Index it without that check.");
            warnings.Add("the document has no UUID");
        }
        else
        {
            var found = ibd.Size < UuidLength ? "" : Convert.ToHexStringLower(await ibd.ReadAsync(new ByteRange(0, UuidLength), cancellationToken).ConfigureAwait(false));
            if (found != said)
            {
                if (options.Check >= ImzmlCheck.Uuid)
                    throw new CorruptObjectException(ibd.Uri.Display, $"the ibd has the UUID {found}, the document has {said}", "Look for the ibd that belongs to the document, or index it without that check.", 0);
                warnings.Add($"the ibd has the UUID {found}, the document has {said}");
            }
        }

        if (options.Check < ImzmlCheck.Checksum)
            return;
        if (ImzmlIndexContent.ChecksumOf(head) is not var (algorithm, expected))
            throw new CorruptObjectException(ibd.Uri.Display, "the document has no checksum of its ibd (IMS:1000090, IMS:1000091)", "Index it without that check.");
        using var hash = IncrementalHash.CreateHash(algorithm);
        var stream = ibd.OpenRead(new ByteRange(0, ibd.Size), ReadAheadOptions.Default);
        await using (stream.ConfigureAwait(false))
        {
            var buffer = new byte[1 << 20];
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
                hash.AppendData(buffer, 0, read);
        }

        var actual = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (!actual.Equals(expected, StringComparison.OrdinalIgnoreCase))
            throw new CorruptObjectException(ibd.Uri.Display, $"the ibd has the {algorithm.Name} {actual}, the document says {expected}");
    }
}
