using System.Buffers;
using System.Text.Json;
using Dataplug.Compression;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>
/// Makes an index of another program's: its points become access points. Where it has line numbers, only the first and last span of
/// the object are read, to see that it is of this object and how the object ends; else, and where asked for, all spans, several at once.
/// </summary>
internal sealed class GZipIndexImport : IStreamingPreprocessor, IIdentifiedPreprocessor
{
    private readonly GZipIndexReader _index;
    private readonly string _name;
    private readonly GZipImportOptions _options;
    private readonly GZipLinePreprocessor<GZipTextContent> _writer = new(GZipLineOptions.Default, () => new GZipTextContent());

    public GZipIndexImport(GZipIndexReader index, string name, GZipImportOptions options)
    {
        _index = index;
        _name = name;
        _options = options;
    }

    // The index is read once: what an interrupted import left is of no use to a later one.
    public string Identity { get; } = Guid.NewGuid().ToString("N");

    private bool ReadsAll => _options.Verify || !_index.HasLines;

    public async Task RunAsync(IStreamingRun run, CancellationToken cancellationToken)
    {
        var work = new Work(this, run);
        var workers = _options.Workers > 0 ? _options.Workers : Environment.ProcessorCount;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var spans = new Queue<Span>();
        try
        {
            var from = GZipIndexPoint.Start;
            await foreach (var point in _index.ReadPointsAsync(run.Source.Size, cancellationToken).ConfigureAwait(false))
            {
                var reading = ReadsAll || from.BitOffset == 0 ? Begin(from, point) : null;
                spans.Enqueue(new Span(from, point, reading));
                if (spans.Count > workers)
                    await work.AddAsync(spans.Dequeue()).ConfigureAwait(false);
                from = point;
            }

            spans.Enqueue(new Span(from, null, Begin(from, null)));
            while (spans.TryDequeue(out var span))
                await work.AddAsync(span).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            foreach (var span in spans.Where(span => span.Reading is not null))
                await ((Task)span.Reading!).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await run.CheckpointAsync(work.Complete(), default, cancellationToken).ConfigureAwait(false);

        Task<GZipSegment> Begin(GZipIndexPoint from, GZipIndexPoint? to) =>
            Task.Run(() => GZipSegment.ReadAsync(run.Source, from, to, _name, stop.Token), stop.Token);
    }

    public Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken) =>
        _writer.MergeAsync(partials, source, writer, cancellationToken);

    private sealed record Span(GZipIndexPoint From, GZipIndexPoint? To, Task<GZipSegment>? Reading);

    /// <summary>Puts the spans together in their order.</summary>
    private sealed class Work(GZipIndexImport import, IStreamingRun run)
    {
        private readonly GZipLinePartial.Builder _partial = new();
        private long _lineFeeds;
        private bool _insideLine;
        private long _members;
        private long _contentEnd;
        private long? _header = 0;
        private ReadOnlyMemory<byte> _window;

        public async Task AddAsync(Span span)
        {
            var segment = span.Reading is null ? null : await span.Reading.ConfigureAwait(false);
            AddPoint(span.From);
            if (segment is not null)
            {
                foreach (var mark in segment.Marks)
                    _partial.AddMark(mark.BitOffset, mark.ContentOffset, GZipMarkColumns.PackLine(_lineFeeds + mark.LineFeeds, !(mark.IsInsideLine ?? _insideLine), mark.IsMemberStart));
                _lineFeeds += segment.LineFeeds;
                _insideLine = segment.EndsInsideLine ?? _insideLine;
                _members += segment.Members;
                _contentEnd = segment.ContentEnd;
                _header = segment.HeaderOffset;
                _window = segment.Window;
                if (span.To?.LineFeeds is { } claimed && claimed != _lineFeeds)
                    throw Corrupt($"it says that {claimed} lines end before byte {span.To.ContentOffset} of the content, but {_lineFeeds} do");
            }
            else
            {
                // A place of which nobody says where in its line it is counts as inside: correct in any case, only a little less thrifty.
                var to = span.To!;
                _lineFeeds = to.LineFeeds!.Value;
                _insideLine = to.Window.IsEmpty || to.Window.Span[^1] != (byte)'\n';
                _header = null;
                _window = to.Window;
            }

            run.ReportProgress(span.To is null ? run.Source.Size : span.To.BitOffset >> 3);
        }

        public byte[] Complete()
        {
            if (import._index.ContentSize is { } size && size != _contentEnd)
                throw Corrupt($"it is of {size} bytes of content, but the object has {_contentEnd}");
            var attributes = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(attributes))
            {
                json.WriteStartObject();
                json.WriteNumber("lines", _lineFeeds + (_insideLine ? 1 : 0));
                json.WriteBoolean("endsWithLineFeed", !_insideLine && _lineFeeds > 0);
                json.WriteNumber("uncompressedSize", _contentEnd);
                if (import.ReadsAll)
                    json.WriteNumber("members", _members);
                json.WriteString("importedFrom", GZipIndexFile.NameOf(import._index.Kind));
                json.WriteBoolean("verified", import.ReadsAll);
                json.WriteEndObject();
            }

            _partial.AddTotals(_lineFeeds + (_insideLine ? 1 : 0), _contentEnd, 0, attributes.WrittenSpan);
            return _partial.ToBytes();
        }

        private void AddPoint(GZipIndexPoint point)
        {
            if (point.IsMemberStart || _header is not null)
            {
                var bit = point.IsMemberStart ? point.BitOffset : _header!.Value * 8;
                _partial.AddMark(bit, point.ContentOffset, GZipMarkColumns.PackLine(_lineFeeds, !_insideLine, true));
                return;
            }

            var line = GZipMarkColumns.PackLine(_lineFeeds, !_insideLine, false);
            _partial.AddMark(point.BitOffset, point.ContentOffset, line);
            _partial.AddWindow(point.BitOffset, point.ContentOffset, line, 0, WindowCodec.Encode(_window.Span));
        }

        private CorruptIndexException Corrupt(string problem) => GZipIndexInput.Corrupt(import._name, problem);
    }
}
