using System.Buffers;
using System.Text.Json;
using Dataplug.Compression;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>
/// Indexes a gzip object by lines in one pass: inflates it, verifies the checksum of every member, counts lines, shows the
/// content to the format, and keeps access points and marks. What <see cref="GZipLineIndex"/> loads.
/// </summary>
/// <typeparam name="TContent">What the format learns of the content.</typeparam>
public sealed class GZipLinePreprocessor<TContent> : ITwoPassPreprocessor
    where TContent : class, IGZipPartContent
{
    // Below this starting threads takes longer than they save; a single one that helps saves little.
    private const long LeastForWorkers = 8L << 20;
    private const long LeastForOneWorker = 128L << 20;

    private const long UsualChunks = 64;
    private const long SmallestChunk = 4L << 20;

    private const int ReadLength = 256 << 10;
    private const long FirstOverlap = 256 << 10;
    private const long MaxOverlap = 64 << 20;
    private const int OverlapGrowth = 8;

    private readonly GZipLineOptions _options;
    private readonly Func<TContent> _createContent;
    private readonly DeflateContainer _container;

    /// <summary>Creates a preprocessor.</summary>
    /// <param name="options">How finely to index.</param>
    /// <param name="createContent">Makes the format's view of the content, in its first state.</param>
    /// <param name="container">What is around the deflate data.</param>
    public GZipLinePreprocessor(GZipLineOptions options, Func<TContent> createContent, DeflateContainer container = DeflateContainer.GZip)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(createContent);
        options.Validate();
        _options = options;
        _createContent = createContent;
        _container = container;
    }

    /// <inheritdoc/>
    public async Task RunAsync(IStreamingRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        var source = run.Source;
        var salvage = _options.Salvage ? await SalvageEnd.FindAsync(source, _createContent(), _container, cancellationToken).ConfigureAwait(false) : null;
        var content = _createContent();
        var visitor = new GZipLineVisitor(content, source.Uri, _options.CheckpointSpacing, salvage);
        var resumeFrom = run.ResumeState is { Length: > 0 } state ? visitor.Restore(state.Span) : null;
        var start = resumeFrom?.Mark.CompressedByteOffset ?? 0;

        var result = default(GzipScanResult);
        var stored = source.OpenRead(ByteRange.FromBounds(start, salvage?.StoredEnd ?? source.Size), ReadAheadOptions.Default);
        var input = new CheckpointingStream(stored, visitor, run);
        await using (input.ConfigureAwait(false))
        {
            result = await GzipScanner.ScanAsync(
                input,
                visitor,
                _options.ForScan(source.Size, source.Uri.Display) with
                {
                    Container = _container,
                    EndBit = salvage?.EndBit,
                    Workers = source.Size - start < (run.Workers > 2 ? LeastForWorkers : LeastForOneWorker) ? 1 : run.Workers,
                },
                resumeFrom,
                new ProgressReporter(run),
                cancellationToken).ConfigureAwait(false);
        }

        content.Complete(new GZipPlace(source.Uri, salvage?.StoredEnd ?? source.Size, salvage?.ContentEnd ?? result.OutputLength));
        await run.CheckpointAsync(visitor.TakeLastPartial(result), default, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(partials);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(writer);
        var marks = new GZipMarkColumns();
        var windows = new GZipMarkColumns();
        var leadIns = new List<long>();
        var budget = new IndexBudget(_options.IndexBudget);
        GZipLinePartial.Entry? totals = null;
        var content = _createContent();
        var parts = new GZipLineParts(content, source.Uri.Display);
        var columns = (content as IGZipIndexedContent)?.CreateColumns();
        await foreach (var partial in partials.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            var entries = new GZipLinePartial(partial);
            while (entries.TryRead(out var entry))
            {
                if (totals is not null)
                    throw Corrupt(source);
                switch (entry.Kind)
                {
                    case GZipLinePartial.EntryKind.Mark:
                        if (budget.TryAddMark(entry.First))
                            marks.Add(entry.First, entry.Second, entry.Third);
                        break;
                    case GZipLinePartial.EntryKind.Window:
                        if (!budget.TryAddWindow(entry.First, entry.Bytes.Length))
                            break;
                        await writer.WriteBlobAsync("windows", entry.Bytes, cancellationToken).ConfigureAwait(false);
                        windows.Add(entry.First, entry.Second, entry.Third);
                        leadIns.Add(entry.LeadIn);
                        break;
                    case GZipLinePartial.EntryKind.Found when columns is not null:
                        columns.Add(entry.Bytes.Span);
                        break;
                    case GZipLinePartial.EntryKind.Part:
                        parts.Add(GZipLinePart.FromBytes(entry.Bytes));
                        break;
                    case GZipLinePartial.EntryKind.Found:
                        throw Corrupt(source);
                    default:
                        totals = entry with { Bytes = entry.Bytes.ToArray() };
                        break;
                }
            }
        }

        totals ??= parts.Totals;
        if (totals is not { } end)
            throw Corrupt(source);
        await marks.WriteAsync(writer, "marks", cancellationToken).ConfigureAwait(false);
        await windows.WriteAsync(writer, "windows", cancellationToken).ConfigureAwait(false);
        var numbers = BlobNumbers(windows, leadIns.Count);
        await writer.WriteColumnAsync("windows.lead", Array.ConvertAll(numbers, number => leadIns[(int)number]), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync("windows.blob", numbers, cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync("totals", new[] { end.First, end.Second }, cancellationToken).ConfigureAwait(false);
        if (end.Third != 0)
            await writer.WriteColumnAsync("end", new[] { end.Third >> 1, end.Third & 1 }, cancellationToken).ConfigureAwait(false);
        using var attributes = JsonDocument.Parse(end.Bytes);
        if (columns is null)
        {
            writer.SetAttributes(attributes.RootElement);
            return;
        }

        await columns.WriteAsync(writer, new GZipPlace(source.Uri, source.Size, end.Second), cancellationToken).ConfigureAwait(false);
        writer.SetAttributes(Join(columns, attributes.RootElement));
    }

    // The attributes of the columns come first.
    private static JsonElement Join(IGZipColumns columns, JsonElement attributes)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            columns.WriteAttributes(json);
            foreach (var attribute in attributes.EnumerateObject())
                attribute.WriteTo(json);
            json.WriteEndObject();
        }

        using var joined = JsonDocument.Parse(bytes.WrittenMemory);
        return joined.RootElement.Clone();
    }

    /// <inheritdoc/>
    /// <remarks>False for containers other than gzip, and where a damaged object is to be salvaged.</remarks>
    public bool CanSplit => _container == DeflateContainer.GZip && !_options.Salvage;

    /// <inheritdoc/>
    public IReadOnlyList<ByteRange> PlanChunks(long size)
    {
        // Small objects have smaller chunks, so that there are some; an empty one has one, whose scan says that it is no gzip.
        var length = Math.Clamp(size / UsualChunks, Math.Min(SmallestChunk, _options.ChunkSize), _options.ChunkSize);
        var chunks = new List<ByteRange>();
        for (long offset = 0; offset < Math.Max(size, 1); offset += length)
            chunks.Add(ByteRange.FromBounds(offset, Math.Min(size, offset + length)));
        return chunks;
    }

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> ScoutAsync(ChunkRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        // The last block goes on behind the chunk, usually by some kilobytes.
        for (var behind = FirstOverlap; ; behind *= OverlapGrowth)
        {
            var end = Math.Min(run.Source.Size, run.Range.End + behind);
            var data = new byte[end - run.Range.Offset + BlockFinder.Padding];
            var length = await ReadAsync(run, ByteRange.FromBounds(run.Range.Offset, end), data, cancellationToken).ConfigureAwait(false);
            var (outcome, report) = Scout(data, length, run, cancellationToken);
            if (outcome == GzipScout.Outcome.Found)
                return report!.ToBytes();
            // Then the place is reached by decoding from the chunk before.
            if (outcome == GzipScout.Outcome.NotFound || end == run.Source.Size || behind > MaxOverlap)
                return ReadOnlyMemory<byte>.Empty;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ReadOnlyMemory<byte>?>> ResolveAsync(IReadOnlyList<ByteRange> chunks, IAsyncEnumerable<ReadOnlyMemory<byte>> scouted, PinnedObject source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chunks);
        ArgumentNullException.ThrowIfNull(scouted);
        ArgumentNullException.ThrowIfNull(source);
        var planner = new GzipPartPlanner(source, _options.ForScan(source.Size, source.Uri.Display));
        var starts = new ReadOnlyMemory<byte>?[chunks.Count];
        var start = planner.StartHere(-1);
        var (chunk, first) = (0, 0);
        await foreach (var report in scouted.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            chunk++;
            if (report.IsEmpty || !await planner.TryApplyAsync(GzipScoutReport.FromBytes(report.Span), cancellationToken).ConfigureAwait(false))
                continue;
            starts[first] = (start with { EndBit = planner.At.Bit }).ToBytes();
            start = planner.StartHere(-1);
            first = chunk;
        }

        starts[first] = start.ToBytes();
        return starts;
    }

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> MapAsync(ChunkRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        var source = run.Source;
        var start = GzipPartStart.FromBytes(run.Resolved.Span);
        var content = _createContent();
        if (start.At.Bit > 0)
            content.BeginAt(start.LineFeeds, start.IsAtLineStart);
        var inner = new GZipLineVisitor(content, source.Uri, _options.CheckpointSpacing);
        inner.BeginAt(start);
        var visitor = new GZipPartVisitor(inner, content, source.Uri, start);
        using var scan = new GzipScan<GZipPartVisitor>(start, visitor, _options.ForScan(source.Size, source.Uri.Display), cancellationToken) { PartEnded = visitor.EndPart };

        // A little behind the part's end is needed to know what its last access point's window is used for, and where its last
        // record ends.
        var position = start.At.Bit >> 3;
        var input = new byte[ReadLength];
        var length = 0;
        var from = position;
        for (var to = start.EndBit < 0 ? source.Size : Math.Min(source.Size, (start.EndBit >> 3) + FirstOverlap); ; to = Math.Min(source.Size, to + FirstOverlap))
        {
            var stored = source.OpenRead(ByteRange.FromBounds(from, to), ReadAheadOptions.Default);
            await using (stored.ConfigureAwait(false))
            {
                for (int read; (read = await stored.ReadAsync(input.AsMemory(length), cancellationToken).ConfigureAwait(false)) > 0;)
                {
                    length += read;
                    var consumed = scan.Push(input.AsSpan(0, length));
                    length -= consumed;
                    input.AsSpan(consumed, length).CopyTo(input);
                    run.Progress?.Report(Math.Clamp(scan.InputPosition - position, 0, run.Range.Length));
                    if (scan.PartEnd is { } end && !scan.HasPendingAccessPoint && visitor.IsDone)
                        return inner.TakePart(end);
                }
            }

            from = to;
            if (to == source.Size)
                break;
        }

        var result = scan.End(length);
        if (!content.IsBetweenRecords || start.EndBit < 0)
            content.Complete(new GZipPlace(source.Uri, source.Size, result.OutputLength));
        return inner.TakePart(scan.PartEnd!);
    }

    private static unsafe (GzipScout.Outcome Outcome, GzipScoutReport? Report) Scout(byte[] data, int length, ChunkRun run, CancellationToken cancellationToken)
    {
        fixed (byte* bytes = data)
        {
            var outcome = new GzipScout().TryScout(bytes, length, run.Range.Offset, (int)run.Range.Length, out var report, cancellationToken);
            return (outcome, report);
        }
    }

    private static async Task<int> ReadAsync(ChunkRun run, ByteRange range, byte[] data, CancellationToken cancellationToken)
    {
        var stored = run.Source.OpenRead(range, ReadAheadOptions.Default);
        await using (stored.ConfigureAwait(false))
        {
            var length = 0;
            for (int read; (read = await stored.ReadAsync(data.AsMemory(length, (int)Math.Min(ReadLength, range.Length - length)), cancellationToken).ConfigureAwait(false)) > 0;)
            {
                length += read;
                run.Progress?.Report(length);
            }

            return length;
        }
    }

    private static CorruptIndexException Corrupt(PinnedObject source) => new(source.Uri.Display, "the partial results of its preprocessing do not fit together");

    // Blobs are written as they come; of those whose access points were thinned out nothing speaks any more.
    private static long[] BlobNumbers(GZipMarkColumns windows, long count)
    {
        var numbers = new long[windows.Count];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = i * windows.Stride;
        return numbers.Length == 0 || numbers[^1] < count ? numbers : throw new InvalidOperationException("More windows than blobs.");
    }

    private sealed class ProgressReporter(IStreamingRun run) : IProgress<long>
    {
        public void Report(long value) => run.ReportProgress(value);
    }

    // Checkpoints are stored between two reads of the input: the scan's callbacks can't wait, but the scan waits for its input,
    // and so for the checkpoint before it. The scanner reads the next piece while it works on one, so a checkpoint may come from
    // another thread than the one that stores it.
    private sealed class CheckpointingStream(Stream stored, GZipLineVisitor visitor, IStreamingRun run) : ForwardStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (visitor.TryTakeCheckpoint(out var partial, out var state, out var bytesDone))
            {
                // The scan itself tells how far it is only now and then.
                run.ReportProgress(bytesDone);
                await run.CheckpointAsync(partial, state, cancellationToken).ConfigureAwait(false);
            }

            return await stored.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }

        public override async ValueTask DisposeAsync()
        {
            await stored.DisposeAsync().ConfigureAwait(false);
            await base.DisposeAsync().ConfigureAwait(false);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                stored.Dispose();
            base.Dispose(disposing);
        }
    }
}
