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
public sealed class GZipLinePreprocessor<TContent> : IStreamingPreprocessor
    where TContent : class, IGZipContent
{
    private readonly GZipLineOptions _options;
    private readonly Func<TContent> _createContent;

    /// <summary>Creates a preprocessor.</summary>
    /// <param name="options">How finely to index.</param>
    /// <param name="createContent">Makes the format's view of the content, in its first state.</param>
    public GZipLinePreprocessor(GZipLineOptions options, Func<TContent> createContent)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(createContent);
        options.Validate();
        _options = options;
        _createContent = createContent;
    }

    /// <inheritdoc/>
    public async Task RunAsync(IStreamingRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        var source = run.Source;
        var content = _createContent();
        var visitor = new GZipLineVisitor(content, source.Uri, _options.CheckpointSpacing);
        var resumeFrom = run.ResumeState is { Length: > 0 } state ? visitor.Restore(state.Span) : null;
        var start = resumeFrom?.Mark.CompressedByteOffset ?? 0;

        var result = default(GzipScanResult);
        var stored = source.OpenRead(ByteRange.FromBounds(start, source.Size), ReadAheadOptions.Default);
        var input = new CheckpointingStream(stored, visitor, run);
        await using (input.ConfigureAwait(false))
        {
            result = await GzipScanner.ScanAsync(
                input,
                visitor,
                _options.ForScan(source.Size, source.Uri.Display),
                resumeFrom,
                new ProgressReporter(run),
                cancellationToken).ConfigureAwait(false);
        }

        content.Complete(new GZipPlace(source.Uri, source.Size, result.OutputLength));
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
                    default:
                        totals = entry with { Bytes = entry.Bytes.ToArray() };
                        break;
                }
            }
        }

        if (totals is not { } end)
            throw Corrupt(source);
        await marks.WriteAsync(writer, "marks", cancellationToken).ConfigureAwait(false);
        await windows.WriteAsync(writer, "windows", cancellationToken).ConfigureAwait(false);
        var numbers = BlobNumbers(windows, leadIns.Count);
        await writer.WriteColumnAsync("windows.lead", Array.ConvertAll(numbers, number => leadIns[(int)number]), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync("windows.blob", numbers, cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync("totals", new[] { end.First, end.Second }, cancellationToken).ConfigureAwait(false);
        using var attributes = JsonDocument.Parse(end.Bytes);
        writer.SetAttributes(attributes.RootElement);
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
            if (visitor.TryTakeCheckpoint(out var partial, out var state))
                await run.CheckpointAsync(partial, state, cancellationToken).ConfigureAwait(false);
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
