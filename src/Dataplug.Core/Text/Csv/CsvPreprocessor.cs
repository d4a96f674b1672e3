using System.Text.Json;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>
/// Indexes a CSV object: every chunk finds its row starts for each state that it may begin in, the merge takes the right one.
/// </summary>
internal sealed class CsvPreprocessor : IChunkedPreprocessor
{
    /// <summary>A prefix up to this length travels in the slices.</summary>
    public const int MaxEmbeddedHeader = 512;

    private const int MaxHeader = 16 << 20;
    private const int MaxListedColumns = 4096;
    private const int HeadRows = 1000;
    private const int Windows = 16;
    private const int WindowLength = 32 << 10;

    private readonly CsvOptions _options;
    private readonly long _chunkSize;

    public CsvPreprocessor(CsvOptions options, long chunkSize)
    {
        _options = options;
        _chunkSize = chunkSize;
    }

    public IReadOnlyList<ByteRange> PlanChunks(long size) => ChunkPlan.Cut(size, _chunkSize);

    public async Task<ReadOnlyMemory<byte>> MapAsync(ChunkRun run, CancellationToken cancellationToken)
    {
        var head = await CsvHead.ReadAsync(run.Source, _options, cancellationToken).ConfigureAwait(false);
        var blocks = await ChunkBlocks.OpenAsync(run.Source, run.Range, run.Progress, cancellationToken).ConfigureAwait(false);
        await using (blocks.ConfigureAwait(false))
        {
            var bom = head.ByteOrderMarkLength;
            var start = Math.Max(run.Range.Offset, bom);
            var toSkip = start - run.Range.Offset;
            var utf8 = new Utf8Validator(atStart: blocks.Before is null);
            var scanner = new CsvScanner(MarkGrid.For(run.Source.Size), head.Dialect, head.FirstRowFields, start, start == bom ? null : blocks.Before);
            while (await blocks.NextAsync(cancellationToken).ConfigureAwait(false) is { IsEmpty: false } block)
            {
                utf8.Add(block.Span);
                var skipped = (int)Math.Min(toSkip, block.Length);
                toSkip -= skipped;
                scanner.Scan(block.Span[skipped..]);
            }

            utf8.Finish(blocks.After.Span);
            var partial = scanner.Finish();
            partial.IsAscii = utf8.IsAscii;
            partial.IsUtf8 = utf8.IsValid;
            return partial.ToBytes();
        }
    }

    public async Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken)
    {
        var head = await CsvHead.ReadAsync(source, _options, cancellationToken).ConfigureAwait(false);
        var grid = MarkGrid.For(source.Size);
        var whole = new CsvSegment(grid);
        var state = CsvState.Outside;
        var (isAscii, isUtf8, endsWithNewline) = (true, true, false);
        await foreach (var bytes in partials.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            var partial = CsvPartial.FromBytes(bytes, grid);
            state = partial.AppendTo(whole, state, head.FirstRowFields);
            isAscii &= partial.IsAscii;
            isUtf8 &= partial.IsUtf8;
            endsWithNewline = partial.EndsWithNewline;
        }

        if (state == CsvState.Inside)
        {
            throw new CorruptObjectException(
                source.Uri.Display,
                "a quoted field is never closed",
                "The object was cut short, or its quotes are plain text: then preprocess it without quoting (CsvOptions.Quote = '\\0').",
                whole.OpenQuote);
        }

        whole.End(source.Size, head.FirstRowFields);
        var encoding = _options.Encoding ?? (isAscii ? TextEncoding.Ascii : isUtf8 ? TextEncoding.Utf8 : TextEncoding.Latin1);
        var sample = await SampleAsync(head, whole, encoding, source, cancellationToken).ConfigureAwait(false);
        var hasHeader = whole.Rows > 0 && _options.Header switch
        {
            CsvHeader.Present => true,
            CsvHeader.Absent => false,
            _ => CsvHeaderDetector.HasHeader(sample),
        };
        var headerLength = !hasHeader ? head.ByteOrderMarkLength : whole.SecondRowStart >= 0 ? whole.SecondRowStart : source.Size;
        if (hasHeader && headerLength > MaxHeader)
            throw new UnsupportedFormatException(source.Uri.Display, $"the header is longer than {MaxHeader} bytes", "If the first row is no header, say so: CsvOptions.Header = Absent.", head.ByteOrderMarkLength);

        var attributes = new CsvAttributes
        {
            Delimiter = (char)head.Dialect.Delimiter,
            Quote = (char?)head.Dialect.Quote,
            Header = hasHeader,
            HeaderLength = headerLength,
            Rows = whole.Rows - (hasHeader ? 1 : 0),
            ColumnCount = sample.Count > 0 ? sample[0].Length : 0,
            Columns = Describe(sample, hasHeader),
            SampledRows = Math.Max(0, sample.Count - (hasHeader ? 1 : 0)),
            RaggedRows = head.FirstRowFields > 0 || whole.Rows == 0 ? whole.RaggedRows : null,
            MinFields = whole.Rows > 0 ? whole.MinFields : 0,
            MaxFields = whole.MaxFields,
            LongestRow = whole.LongestRow,
            LineEnding = head.FindLineEnding(),
            EndsWithNewline = endsWithNewline,
            Encoding = encoding,
            ByteOrderMark = head.ByteOrderMarkLength > 0,
        };
        writer.SetAttributes(JsonSerializer.SerializeToElement(attributes, CsvJson.Default.CsvAttributes));
        if (headerLength is > 0 and <= MaxEmbeddedHeader)
            await writer.WriteSectionAsync(CsvIndex.Header, head.Bytes[..(int)headerLength], cancellationToken).ConfigureAwait(false);

        var first = whole.Marks.Offsets.TakeWhile(offset => offset < headerLength).Count();
        await writer.WriteColumnAsync(CsvIndex.RowOffsets, whole.Marks.Offsets.Skip(first).ToArray(), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(CsvIndex.RowNumbers, whole.Marks.Numbers.Skip(first).Select(n => hasHeader ? n - 1 : n).ToArray(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Rows from the start of the object and from places spread evenly over it; the first row is the first.</summary>
    private static async Task<List<string[]>> SampleAsync(CsvHead head, CsvSegment whole, TextEncoding encoding, PinnedObject source, CancellationToken cancellationToken)
    {
        var text = encoding.ToEncoding();
        var rows = CsvSample.Take(head.Content.Span, head.IsWhole, head.Dialect, text, HeadRows);
        if (rows.Count == 0 && whole.Rows > 0)
        {
            // The first row is longer than the head.
            var end = whole.SecondRowStart >= 0 ? whole.SecondRowStart : source.Size;
            if (end - whole.FirstRowStart > MaxHeader)
                return rows;
            var row = await source.ReadAsync(ByteRange.FromBounds(whole.FirstRowStart, end), cancellationToken).ConfigureAwait(false);
            rows = CsvSample.Take(row, final: true, head.Dialect, text, 1);
        }

        var windows = new List<ByteRange>();
        long done = head.Bytes.Length;
        for (var i = 1; i < Windows && !head.IsWhole; i++)
        {
            var target = Math.Max(done, (long)((Int128)source.Size * i / Windows));
            var mark = whole.Marks.Offsets.FirstOrDefault(offset => offset >= target, -1);
            if (mark < 0)
                break;
            done = Math.Min(source.Size, mark + WindowLength);
            windows.Add(ByteRange.FromBounds(mark, done));
        }

        var contents = await source.ReadManyAsync(windows, cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < windows.Count; i++)
            rows.AddRange(CsvSample.Take(contents[i].Span, windows[i].End == source.Size, head.Dialect, text, int.MaxValue));
        return rows;
    }

    private static CsvColumn[] Describe(List<string[]> sample, bool hasHeader)
    {
        var columns = new CsvColumn[sample.Count > 0 ? Math.Min(sample[0].Length, MaxListedColumns) : 0];
        for (var column = 0; column < columns.Length; column++)
        {
            var (type, hasEmpty) = (CsvColumnType.Empty, false);
            foreach (var row in sample.Skip(hasHeader ? 1 : 0))
            {
                var field = column < row.Length ? CsvColumnTypes.Of(row[column]) : CsvColumnType.Empty;
                hasEmpty |= field == CsvColumnType.Empty;
                type = CsvColumnTypes.Join(type, field);
            }

            columns[column] = new CsvColumn { Name = hasHeader ? sample[0][column] : CsvColumnNames.Generated(column), Type = type, HasEmpty = hasEmpty };
        }

        return columns;
    }
}
