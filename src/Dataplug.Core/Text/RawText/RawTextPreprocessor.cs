using System.Text.Json;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>Indexes a text: every chunk finds its own line and word starts, the merge adds up.</summary>
internal sealed class RawTextPreprocessor : IChunkedPreprocessor
{
    private readonly long _chunkSize;

    public RawTextPreprocessor(long chunkSize) => _chunkSize = chunkSize;

    public IReadOnlyList<ByteRange> PlanChunks(long size) => ChunkPlan.Cut(size, _chunkSize);

    public async Task<ReadOnlyMemory<byte>> MapAsync(ChunkRun run, CancellationToken cancellationToken)
    {
        var blocks = await ChunkBlocks.OpenAsync(run.Source, run.Range, run.Progress, cancellationToken).ConfigureAwait(false);
        await using (blocks.ConfigureAwait(false))
        {
            var grid = MarkGrid.For(run.Source.Size);
            var atStart = run.Range.Offset == 0;
            var utf8 = new Utf8Validator(atStart);
            var bom = 0;

            // Only chunks of a few bytes, as tests make them, begin inside the byte order mark or right after it.
            if (run.Range.Offset <= ByteOrderMark.Utf8Length)
            {
                var head = await run.Source.ReadAsync(new ByteRange(0, Math.Min(4, run.Source.Size)), cancellationToken).ConfigureAwait(false);
                ByteOrderMark.RefuseWide(head, run.Source.Uri.Display);
                bom = ByteOrderMark.LengthOf(head);
            }

            var textStart = Math.Max(run.Range.Offset, bom);
            var scanner = new RawTextScanner(grid, textStart, textStart == bom ? null : blocks.Before);
            var toSkip = textStart - run.Range.Offset;
            while (await blocks.NextAsync(cancellationToken).ConfigureAwait(false) is { IsEmpty: false } block)
            {
                utf8.Add(block.Span);
                var skipped = (int)Math.Min(toSkip, block.Length);
                toSkip -= skipped;
                scanner.Scan(block.Span[skipped..]);
            }

            utf8.Finish(blocks.After.Span);
            scanner.Result.IsAscii = utf8.IsAscii;
            scanner.Result.IsUtf8 = utf8.IsValid;
            scanner.Result.ByteOrderMark = atStart && bom > 0;
            return scanner.Result.ToBytes();
        }
    }

    public async Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken)
    {
        var grid = MarkGrid.For(source.Size);
        var whole = new RawTextPartial { LineMarks = new MarkList(grid), WordMarks = new MarkList(grid), IsAscii = true, IsUtf8 = true };
        await foreach (var bytes in partials.WithCancellation(cancellationToken).ConfigureAwait(false))
            Append(whole, RawTextPartial.FromBytes(bytes, grid));
        if (whole.Lines > 0)
            whole.LongestLine = Math.Max(whole.LongestLine, source.Size - whole.LastLineStart);

        var attributes = new RawTextAttributes
        {
            Lines = whole.Lines,
            Words = whole.Words,
            LongestLine = whole.LongestLine,
            LineEnding = TextEncodings.StyleOf(whole.Lf - whole.CrLf, whole.CrLf, whole.Cr - whole.CrLf),
            EndsWithNewline = whole.EndsWithNewline,
            Encoding = whole.IsAscii ? TextEncoding.Ascii : whole.IsUtf8 ? TextEncoding.Utf8 : TextEncoding.Latin1,
            ByteOrderMark = whole.ByteOrderMark,
        };
        writer.SetAttributes(JsonSerializer.SerializeToElement(attributes, RawTextJson.Default.RawTextAttributes));
        await writer.WriteColumnAsync(RawTextIndex.LineOffsets, whole.LineMarks.Offsets.ToArray(), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(RawTextIndex.LineNumbers, whole.LineMarks.Numbers.ToArray(), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(RawTextIndex.WordOffsets, whole.WordMarks.Offsets.ToArray(), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(RawTextIndex.WordNumbers, whole.WordMarks.Numbers.ToArray(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Adds the next chunk to what is known of the chunks before it.</summary>
    private static void Append(RawTextPartial whole, RawTextPartial next)
    {
        whole.LineMarks.AddAll(next.LineMarks, whole.Lines);
        whole.WordMarks.AddAll(next.WordMarks, whole.Words);
        if (next.Lines > 0)
        {
            // The line that reached into the chunk is whole now.
            if (whole.Lines > 0)
                whole.LongestLine = Math.Max(whole.LongestLine, next.FirstLineStart - whole.LastLineStart);
            whole.LongestLine = Math.Max(whole.LongestLine, next.LongestLine);
            whole.LastLineStart = next.LastLineStart;
        }

        whole.Lines += next.Lines;
        whole.Words += next.Words;
        whole.Lf += next.Lf;
        whole.Cr += next.Cr;
        whole.CrLf += next.CrLf;
        whole.IsAscii &= next.IsAscii;
        whole.IsUtf8 &= next.IsUtf8;
        whole.ByteOrderMark |= next.ByteOrderMark;
        whole.EndsWithNewline = next.EndsWithNewline;
    }
}
