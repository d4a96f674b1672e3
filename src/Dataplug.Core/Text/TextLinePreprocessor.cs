using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Text.Json;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>
/// Indexes an object that is not compressed by the same view of its content as <see cref="GZipLinePreprocessor{TContent}"/> and
/// <see cref="ZstdLinePreprocessor{TContent}"/> do: in one pass, or spread over many machines in two, of which the first counts lines.
/// </summary>
/// <typeparam name="TContent">The format's view of the content.</typeparam>
public sealed class TextLinePreprocessor<TContent> : ITwoPassPreprocessor
    where TContent : class, IGZipIndexedContent
{
    /// <summary>Bytes per chunk: enough to make up for a request, few enough to keep all workers busy.</summary>
    public const long UsualChunkSize = 64 << 20;

    // Stays in a core's second-level cache while it is looked at.
    private const int BlockLength = 256 << 10;
    private const long CheckpointSpacing = 256 << 20;

    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromSeconds(2);

    private readonly Func<long, TContent> _createContent;
    private readonly Func<ReadOnlyMemory<byte>, bool>? _isWhole;
    private readonly long _chunkSize;

    /// <summary>Creates a preprocessor.</summary>
    /// <param name="createContent">Makes the format's view of the content, in its first state, of an object of a size in bytes.</param>
    /// <param name="isWhole">Told the first bytes of an object: whether it can only be looked at as a whole; null where all can be cut.</param>
    /// <param name="chunkSize">Bytes per chunk, ≥ 1.</param>
    public TextLinePreprocessor(Func<long, TContent> createContent, Func<ReadOnlyMemory<byte>, bool>? isWhole = null, long chunkSize = UsualChunkSize)
    {
        ArgumentNullException.ThrowIfNull(createContent);
        ArgumentOutOfRangeException.ThrowIfLessThan(chunkSize, 1);
        _createContent = createContent;
        _isWhole = isWhole;
        _chunkSize = chunkSize;
    }

    /// <inheritdoc/>
    public bool CanSplit => true;

    /// <inheritdoc/>
    public async Task RunAsync(IStreamingRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        var source = run.Source;
        var content = _createContent(source.Size);
        var position = 0L;
        if (run.ResumeState is { Length: > sizeof(long) } state)
        {
            position = BinaryPrimitives.ReadInt64LittleEndian(state.Span);
            content.Restore(state.Span[sizeof(long)..]);
        }

        var lastCheckpoint = (Position: position, Time: Stopwatch.GetTimestamp());
        var buffer = ArrayPool<byte>.Shared.Rent(BlockLength);
        var stream = source.OpenRead(ByteRange.FromBounds(position, source.Size), ReadAheadOptions.Default);
        await using (stream.ConfigureAwait(false))
        {
            for (int read; (read = await stream.ReadAsync(buffer.AsMemory(0, BlockLength), cancellationToken).ConfigureAwait(false)) > 0;)
            {
                content.Append(buffer.AsSpan(0, read), new GZipPlace(source.Uri, position, position));
                position += read;
                run.ReportProgress(position);
                if (position - lastCheckpoint.Position < CheckpointSpacing && Stopwatch.GetElapsedTime(lastCheckpoint.Time) < CheckpointInterval)
                    continue;
                await run.CheckpointAsync(Found(content.TakeFound()), State(content, position), cancellationToken).ConfigureAwait(false);
                lastCheckpoint = (position, Stopwatch.GetTimestamp());
            }
        }

        ArrayPool<byte>.Shared.Return(buffer);
        content.Complete(new GZipPlace(source.Uri, position, position));
        await run.CheckpointAsync(Last(content, position), default, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ByteRange> PlanChunks(long size)
    {
        var chunks = new List<ByteRange>();
        for (long offset = 0; offset < Math.Max(size, 1); offset += _chunkSize)
            chunks.Add(ByteRange.FromBounds(offset, Math.Min(size, offset + _chunkSize)));
        return chunks;
    }

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> ScoutAsync(ChunkRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        long lineFeeds = 0, done = 0;
        var endsLine = false;
        var buffer = ArrayPool<byte>.Shared.Rent(BlockLength);
        var stream = run.Source.OpenRead(run.Range, ReadAheadOptions.Default);
        await using (stream.ConfigureAwait(false))
        {
            for (int read; (read = await stream.ReadAsync(buffer.AsMemory(0, BlockLength), cancellationToken).ConfigureAwait(false)) > 0;)
            {
                lineFeeds += buffer.AsSpan(0, read).Count((byte)'\n');
                endsLine = buffer[read - 1] == (byte)'\n';
                run.Progress?.Report(done += read);
            }
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return Start(lineFeeds, endsLine);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ReadOnlyMemory<byte>?>> ResolveAsync(IReadOnlyList<ByteRange> chunks, IAsyncEnumerable<ReadOnlyMemory<byte>> scouted, PinnedObject source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(chunks);
        ArgumentNullException.ThrowIfNull(scouted);
        ArgumentNullException.ThrowIfNull(source);
        var starts = new ReadOnlyMemory<byte>?[chunks.Count];
        if (_isWhole is not null && _isWhole(await source.ReadAsync(new ByteRange(0, Math.Min(source.Size, BlockLength)), cancellationToken).ConfigureAwait(false)))
        {
            starts[0] = ReadOnlyMemory<byte>.Empty;
            return starts;
        }

        var (lineFeeds, isAtLineStart) = (0L, true);
        var chunk = 0;
        starts[0] = Start(0, isAtLineStart: true);
        await foreach (var report in scouted.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            var (feeds, endsLine) = ReadStart(report.Span);
            lineFeeds += feeds;
            isAtLineStart = endsLine;
            if (++chunk < starts.Length)
                starts[chunk] = Start(lineFeeds, isAtLineStart);
        }

        return starts;
    }

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> MapAsync(ChunkRun run, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(run);
        var source = run.Source;
        var content = _createContent(source.Size);
        var isWhole = run.Resolved.IsEmpty;
        if (!isWhole && run.Range.Offset > 0)
        {
            var (lineFeeds, isAtLineStart) = ReadStart(run.Resolved.Span);
            content.BeginAt(lineFeeds, isAtLineStart);
        }

        // The last record goes on behind the chunk.
        var (position, end) = (run.Range.Offset, isWhole ? source.Size : run.Range.End);
        var buffer = ArrayPool<byte>.Shared.Rent(BlockLength);
        while (position < end || (position < source.Size && !content.IsBetweenRecords))
        {
            var isBehind = position >= end;
            var stream = source.OpenRead(ByteRange.FromBounds(position, isBehind ? Math.Min(source.Size, position + BlockLength) : end), ReadAheadOptions.Default);
            await using (stream.ConfigureAwait(false))
            {
                for (int read; (read = await stream.ReadAsync(buffer.AsMemory(0, BlockLength), cancellationToken).ConfigureAwait(false)) > 0;)
                {
                    Append(content, buffer.AsSpan(0, read), source.Uri, ref position, byLine: isBehind);
                    run.Progress?.Report(Math.Min(position, run.Range.End) - run.Range.Offset);
                }
            }
        }

        ArrayPool<byte>.Shared.Return(buffer);
        if (end == source.Size || !content.IsBetweenRecords)
            content.Complete(new GZipPlace(source.Uri, source.Size, source.Size));
        return Last(content, position);
    }

    /// <inheritdoc/>
    public async Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(partials);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(writer);
        var content = _createContent(source.Size);
        var columns = content.CreateColumns();
        var isFirst = true;
        await foreach (var partial in partials.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            // Of an object that is looked at as a whole only the first chunk has anything.
            if (partial.IsEmpty)
                continue;

            // What was found, and at the end of the object or of a part the state.
            var length = BinaryPrimitives.ReadInt32LittleEndian(partial.Span);
            columns.Add(partial.Span.Slice(sizeof(int), length));
            var state = partial.Span[(sizeof(int) + length)..];
            if (state.IsEmpty)
                continue;
            if (isFirst)
                content.Restore(state);
            else
                content.Merge(state);
            isFirst = false;
        }

        await columns.WriteAsync(writer, new GZipPlace(source.Uri, source.Size, source.Size), cancellationToken).ConfigureAwait(false);
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            columns.WriteAttributes(json);
            content.WriteAttributes(json);
            json.WriteEndObject();
        }

        using var attributes = JsonDocument.Parse(bytes.WrittenMemory);
        writer.SetAttributes(attributes.RootElement);
    }

    private static void Append(TContent content, ReadOnlySpan<byte> bytes, ObjectUri uri, ref long position, bool byLine)
    {
        if (!byLine)
        {
            content.Append(bytes, new GZipPlace(uri, position, position));
            position += bytes.Length;
            return;
        }

        // So as to end with the record.
        while (!bytes.IsEmpty && !content.IsBetweenRecords)
        {
            var line = bytes.IndexOf((byte)'\n') + 1;
            line = line == 0 ? bytes.Length : line;
            content.Append(bytes[..line], new GZipPlace(uri, position, position));
            position += line;
            bytes = bytes[line..];
        }
    }

    private static byte[] Found(ReadOnlyMemory<byte> found)
    {
        var partial = new byte[sizeof(int) + found.Length];
        BinaryPrimitives.WriteInt32LittleEndian(partial, found.Length);
        found.CopyTo(partial.AsMemory(sizeof(int)));
        return partial;
    }

    private static byte[] Last(TContent content, long position)
    {
        var found = Found(content.TakeFound());
        return [.. found, .. State(content, position).AsSpan(sizeof(long))];
    }

    private static byte[] State(TContent content, long position)
    {
        var state = new ArrayBufferWriter<byte>();
        BinaryPrimitives.WriteInt64LittleEndian(state.GetSpan(sizeof(long)), position);
        state.Advance(sizeof(long));
        content.Save(state);
        return state.WrittenSpan.ToArray();
    }

    private static byte[] Start(long lineFeeds, bool isAtLineStart)
    {
        var start = new byte[sizeof(long) + 1];
        BinaryPrimitives.WriteInt64LittleEndian(start, lineFeeds);
        start[^1] = isAtLineStart ? (byte)1 : (byte)0;
        return start;
    }

    private static (long LineFeeds, bool IsAtLineStart) ReadStart(ReadOnlySpan<byte> start) =>
        start.Length == sizeof(long) + 1
            ? (BinaryPrimitives.ReadInt64LittleEndian(start), start[^1] != 0)
            : throw new CorruptIndexException(null, "a partial result of preprocessing is damaged");
}
