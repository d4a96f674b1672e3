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
                _options.ForScan(source.Size, source.Uri.Display) with { Container = _container, EndBit = salvage?.EndBit },
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
        var numbers = new List<long>();
        var windowCount = 0L;
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
                        marks.Add(entry.First, entry.Second, entry.Third);
                        break;
                    case GZipLinePartial.EntryKind.Window:
                        await writer.WriteBlobAsync("windows", entry.Bytes, cancellationToken).ConfigureAwait(false);
                        windows.Add(entry.First, entry.Second, entry.Third);
                        windowCount++;
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
        await writer.WriteColumnAsync("windows.blob", BlobNumbers(windows, windowCount), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync("totals", new[] { end.First, end.Second }, cancellationToken).ConfigureAwait(false);
        if (end.Third != 0)
            await writer.WriteColumnAsync("end", new[] { end.Third >> 1, end.Third & 1 }, cancellationToken).ConfigureAwait(false);
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
