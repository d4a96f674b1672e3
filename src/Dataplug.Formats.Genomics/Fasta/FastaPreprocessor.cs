using System.Buffers;
using System.Text.Json;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>Indexes plain FASTA: every chunk writes down its headers and lines, the merge puts them together.</summary>
internal sealed class FastaPreprocessor(long chunkSize) : IChunkedPreprocessor
{
    /// <summary>Bytes per chunk: enough to make up for a request, few enough to keep all cores busy and to resume quickly.</summary>
    public const long UsualChunkSize = 64 << 20;

    // Stays in a core's second-level cache while it is looked at.
    private const int BlockLength = 256 << 10;

    public IReadOnlyList<ByteRange> PlanChunks(long size)
    {
        var chunks = new List<ByteRange>();
        for (long offset = 0; offset < size; offset += chunkSize)
            chunks.Add(ByteRange.FromBounds(offset, Math.Min(size, offset + chunkSize)));
        return chunks;
    }

    public async Task<ReadOnlyMemory<byte>> MapAsync(ChunkRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        var (start, end) = (run.Range.Offset, run.Range.End);
        var buffer = ArrayPool<byte>.Shared.Rent(BlockLength);
        var stream = run.Source.OpenRead(ByteRange.FromBounds(Math.Max(0, start - 1), end), ReadAheadOptions.Default);
        await using (stream.ConfigureAwait(false))
        {
            // Whether a line begins with the chunk is told by the byte before it.
            var within = FastaScanner.Within.Nothing;
            if (start > 0)
            {
                await stream.ReadExactlyAsync(buffer.AsMemory(0, 1), cancellationToken).ConfigureAwait(false);
                within = buffer[0] == (byte)'\n' ? FastaScanner.Within.Nothing : FastaScanner.Within.Something;
            }

            var scanner = new FastaScanner(start, within);
            for (int read; (read = await stream.ReadAsync(buffer.AsMemory(0, BlockLength), cancellationToken).ConfigureAwait(false)) > 0;)
            {
                scanner.Scan(buffer.AsSpan(0, read));
                run.Progress?.Report(scanner.Offset - start);
            }

            ArrayPool<byte>.Shared.Return(buffer);
            return scanner.TakePiece();
        }
    }

    public async Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(partials);
        ArgumentNullException.ThrowIfNull(source);
        var assembler = new FastaAssembler();
        await foreach (var partial in partials.WithCancellation(cancellationToken).ConfigureAwait(false))
            assembler.Add(partial.Span);
        await WriteAsync(assembler, source, writer, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the index of a plain object.</summary>
    public static async Task WriteAsync(FastaAssembler assembler, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken)
    {
        await assembler.WriteAsync(writer, new GZipPlace(source.Uri, source.Size, source.Size), cancellationToken).ConfigureAwait(false);
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            assembler.WriteAttributes(json);
            json.WriteEndObject();
        }

        using var attributes = JsonDocument.Parse(bytes.WrittenMemory);
        writer.SetAttributes(attributes.RootElement);
    }
}
