using System.Buffers;
using System.Text.Json;
using Dataplug.Compression;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Formats.Genomics;

/// <summary>
/// Indexes plain VCF and VCF in BGZF chunk by chunk. A line belongs to the chunk that holds the byte before its first one: every
/// chunk but the first passes over everything up to its first line feed, and reads on behind its end until it has the line after its
/// last line feed. Of BGZF a chunk holds the blocks that start in it.
/// </summary>
internal sealed class VcfPreprocessor(VcfContainer container, long chunkSize) : IChunkedPreprocessor
{
    /// <summary>The usual size of a chunk in stored bytes.</summary>
    public const long ChunkSize = 64 << 20;

    private const long UsualChunks = 64;
    private const long SmallestChunk = 4 << 20;
    private const int PieceLength = 256 << 10;
    private const long FirstOverlap = 64 << 10;
    private const long MaxOverlap = 16 << 20;
    private const int OverlapGrowth = 4;

    /// <inheritdoc/>
    public IReadOnlyList<ByteRange> PlanChunks(long size)
    {
        // Small objects have smaller chunks, so that there is work for all cores.
        var length = Math.Clamp(size / UsualChunks, Math.Min(SmallestChunk, chunkSize), chunkSize);
        var chunks = new List<ByteRange>();
        for (long offset = 0; offset < size; offset += length)
            chunks.Add(ByteRange.FromBounds(offset, Math.Min(size, offset + length)));
        return chunks;
    }

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> MapAsync(ChunkRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        var scanner = new VcfScanner(VcfGrid.For(run.Source.Size));
        if (run.Range.Offset > 0)
            scanner.PassLine();
        await (container == VcfContainer.Plain ? ScanTextAsync(scanner, run, cancellationToken) : ScanBlocksAsync(scanner, run, cancellationToken)).ConfigureAwait(false);

        // Elsewhere the merge knows how many lines come before.
        if (run.Range.Offset == 0 && scanner.Partial is { Problem: { } problem, ProblemPlace: var place })
            throw VcfLineError.Of(container, run.Source.Uri.Display, problem, place.Line, place.Place);
        return scanner.Partial.ToBytes();
    }

    /// <inheritdoc/>
    public async Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(partials);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(writer);
        var grid = VcfGrid.For(source.Size);
        var merge = new VcfMerge(container, source.Uri.Display, grid);
        long block = 0;
        await foreach (var bytes in partials.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            var partial = VcfPartial.FromBytes(bytes.ToArray(), grid);
            if (container == VcfContainer.Bgzf && partial.FirstBlock != block)
                throw new CorruptObjectException(source.Uri.Display, "a BGZF block is damaged, or bytes lie between two blocks", byteOffset: Math.Min(block, partial.FirstBlock));
            merge.Add(partial);
            block = partial.BlockAfter;
        }

        if (container == VcfContainer.Bgzf)
            merge.HasEndMarker = await HasEndMarkerAsync(source, cancellationToken).ConfigureAwait(false);
        await merge.WriteAsync(writer, new VirtualOffset(source.Size, 0), source.Size, cancellationToken).ConfigureAwait(false);
        writer.SetAttributes(Attributes(merge.WriteAttributes));
    }

    /// <summary>What is said where BGZF does not end as it should.</summary>
    internal const string MissingEndMarker = "the BGZF end-of-file block is missing: the object may have been cut short between two blocks";

    /// <summary>Whether an object ends with the end-of-file marker of BGZF (SAM specification, section 4.1.2).</summary>
    internal static async Task<bool> HasEndMarkerAsync(PinnedObject source, CancellationToken cancellationToken)
    {
        var marker = BgzfWriter.EndMarker;
        return source.Size >= marker.Length
            && (await source.ReadAsync(ByteRange.FromBounds(source.Size - marker.Length, source.Size), cancellationToken).ConfigureAwait(false)).AsSpan().SequenceEqual(marker.Span);
    }

    /// <summary>Attributes as JSON.</summary>
    internal static JsonElement Attributes(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(bytes.WrittenMemory);
        return document.RootElement.Clone();
    }

    private static async Task ScanTextAsync(VcfScanner scanner, ChunkRun run, CancellationToken cancellationToken)
    {
        var (source, chunk) = (run.Source, run.Range);
        var buffer = ArrayPool<byte>.Shared.Rent(PieceLength);
        try
        {
            // Mostly the line that crosses the end is short; where not, more is fetched.
            var (position, overlap) = (chunk.Offset, FirstOverlap);
            for (var end = Math.Min(source.Size, chunk.End + overlap); ; end = Math.Min(source.Size, end + overlap))
            {
                var stored = source.OpenRead(ByteRange.FromBounds(position, end));
                await using (stored.ConfigureAwait(false))
                {
                    while (position < end)
                    {
                        var length = (int)Math.Min(PieceLength, (position < chunk.End ? chunk.End : end) - position);
                        await stored.ReadExactlyAsync(buffer.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
                        if (position == 0)
                            VcfLineError.RefuseBcf(buffer.AsSpan(0, length), source.Uri.Display);
                        var piece = VcfPiece.Plain(position, length);
                        if (position < chunk.End)
                            scanner.Append(buffer.AsSpan(0, length), piece);
                        else if (scanner.IsPassing || scanner.AppendRest(buffer.AsSpan(0, length), piece))
                            return;
                        if (scanner.Partial.Problem is not null)
                            return;
                        position += length;
                        run.Progress?.Report(Math.Min(position - chunk.Offset, chunk.Length));
                    }
                }

                if (end == source.Size)
                    break;
                overlap = Math.Min(MaxOverlap, overlap * OverlapGrowth);
            }

            scanner.Complete(new VirtualOffset(source.Size, 0));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task ScanBlocksAsync(VcfScanner scanner, ChunkRun run, CancellationToken cancellationToken)
    {
        var blocks = await BgzfReader.OpenNearAsync(run.Source, run.Range, cancellationToken).ConfigureAwait(false);
        await using (blocks.ConfigureAwait(false))
        {
            scanner.Partial.FirstBlock = blocks.NextOffset;
            while (blocks.NextOffset < run.Range.End && scanner.Partial.Problem is null && await blocks.NextAsync(cancellationToken).ConfigureAwait(false))
            {
                if (blocks.BlockOffset == 0)
                    VcfLineError.RefuseBcf(blocks.Content.Span, run.Source.Uri.Display);
                scanner.Append(blocks.Content.Span, VcfPiece.Block(blocks));
                run.Progress?.Report(Math.Clamp(blocks.NextOffset - run.Range.Offset, 0, run.Range.Length));
            }

            scanner.Partial.BlockAfter = blocks.NextOffset;
            if (scanner.IsPassing || scanner.Partial.Problem is not null)
                return;
            while (await blocks.NextAsync(cancellationToken).ConfigureAwait(false))
            {
                if (scanner.AppendRest(blocks.Content.Span, VcfPiece.Block(blocks)))
                    return;
            }

            scanner.Complete(new VirtualOffset(blocks.NextOffset, 0));
        }
    }
}
