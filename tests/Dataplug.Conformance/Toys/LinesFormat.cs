using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Conformance.Toys;

/// <summary>
/// The smallest format that exercises every contract: text, of which the index knows where each chunk's first line begins.
/// For tests of the runner and the front door; with a delay per chunk, so that a run can be caught in the middle.
/// </summary>
public sealed class LinesFormat : DataFormat<LinesIndex>
{
    private readonly int _chunk;
    private readonly TimeSpan _delay;
    private readonly bool _isStreaming;
    private readonly bool _withParameters;

    public LinesFormat(int chunk = 1000, bool isStreaming = false, TimeSpan delay = default, bool withParameters = true)
    {
        _chunk = chunk;
        _delay = delay;
        _isStreaming = isStreaming;
        _withParameters = withParameters;
    }

    /// <summary>Called in each chunk or step before its work; may throw.</summary>
    public Func<int, Task>? BeforeStep { get; init; }

    public override string Id => _isStreaming ? "toy-lines-streamed" : "toy-lines";

    public override int IndexVersion => 1;

    public override string Name => "Lines";

    public override string Description => "Lines of text, for tests.";

    public override IReadOnlyList<string> Extensions => [".lines"];

    public override IReadOnlyList<StrategyDescription> Strategies { get; } =
        [new("by-count", "Into equal numbers of chunks.", [new StrategyParameter("count", StrategyParameterType.Count, "Number of slices.")])];

    public override SliceKind SliceKind { get; } = SliceKind.Of("toy-lines", () => ToyJson.Default.LinesSlice);

    public override string Parameters => _withParameters ? $$"""{"chunk":{{_chunk}}}""" : "{}";

    public override FormatMatch Detect(FormatProbe probe) =>
        probe.Content.Span.StartsWith("#lines\n"u8) ? FormatMatch.Certain
            : probe.HasExtension(Extensions) ? FormatMatch.Likely
            : FormatMatch.Fallback;

    public override DataFormat WithParameters(string parameters) => parameters == Parameters
        ? this
        : new LinesFormat(JsonDocument.Parse(parameters).RootElement.GetProperty("chunk").GetInt32(), _isStreaming, _delay) { BeforeStep = BeforeStep };

    public override IPreprocessor CreatePreprocessor() => _isStreaming ? new Streamed(this) : new Chunked(this);

    public override async Task<LinesIndex> LoadIndexAsync(SidecarReader sidecar, CancellationToken cancellationToken = default) => new(
        sidecar,
        await sidecar.ReadColumnAsync("lines", cancellationToken),
        await sidecar.ReadBlobTableAsync("marks", cancellationToken));

    public override IPartitionStrategy<LinesIndex, Slice> CreateStrategy(StrategyArguments arguments, string name) => new ByCount(arguments.GetInt32Count("count"));

    /// <summary>Into a number of slices.</summary>
    public static IPartitionStrategy<LinesIndex, LinesSlice> IntoSlices(int count) => new ByCount(count);

    private async Task StepAsync(int index, CancellationToken cancellationToken)
    {
        if (BeforeStep is { } before)
            await before(index);
        if (_delay > TimeSpan.Zero)
            await Task.Delay(_delay, cancellationToken);
    }

    // A partial result is the number of line feeds in each chunk.
    private static async Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken)
    {
        var counts = new List<long>();
        await foreach (var partial in partials.WithCancellation(cancellationToken))
        {
            foreach (var count in MemoryMarshal.Cast<byte, long>(partial.Span))
            {
                counts.Add(count);
            }
        }

        writer.SetAttributes(JsonSerializer.SerializeToElement(new { lines = counts.Sum(), bytes = source.Size }));
        await writer.WriteColumnAsync("lines", counts.ToArray(), cancellationToken);
        for (var i = 0; i < counts.Count; i++)
            await writer.WriteBlobAsync("marks", Encoding.ASCII.GetBytes($"mark {i}: {counts[i]}"), cancellationToken);
        await writer.WriteSectionAsync("note", "made by a test"u8.ToArray(), cancellationToken);
    }

    private static long CountLines(ReadOnlySpan<byte> bytes) => bytes.Count((byte)'\n');

    private sealed class Chunked(LinesFormat format) : IChunkedPreprocessor
    {
        public IReadOnlyList<ByteRange> PlanChunks(long size) =>
            [.. Enumerable.Range(0, (int)((size + format._chunk - 1) / format._chunk)).Select(i => ByteRange.FromBounds((long)i * format._chunk, Math.Min(size, (i + 1L) * format._chunk)))];

        public async Task<ReadOnlyMemory<byte>> MapAsync(ChunkRun run, CancellationToken cancellationToken)
        {
            await format.StepAsync(run.Index, cancellationToken);
            var bytes = await run.Source.ReadAsync(run.Range, cancellationToken);
            run.Progress?.Report(run.Range.Length / 2);
            var partial = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(partial, CountLines(bytes));
            return partial;
        }

        public Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken) =>
            LinesFormat.MergeAsync(partials, source, writer, cancellationToken);
    }

    private sealed class Streamed(LinesFormat format) : IStreamingPreprocessor
    {
        public async Task RunAsync(IStreamingRun run, CancellationToken cancellationToken)
        {
            var at = run.ResumeState is { } state ? BinaryPrimitives.ReadInt64LittleEndian(state.Span) : 0;
            var size = run.Source.Size;
            while (at < size)
            {
                await format.StepAsync((int)(at / format._chunk), cancellationToken);
                var bytes = await run.Source.ReadAsync(new ByteRange(at, Math.Min(format._chunk, size - at)), cancellationToken);
                at += bytes.Length;
                run.ReportProgress(at);
                var partial = new byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(partial, CountLines(bytes));
                var next = new byte[8];
                BinaryPrimitives.WriteInt64LittleEndian(next, at);
                await run.CheckpointAsync(partial, at < size ? next : ReadOnlyMemory<byte>.Empty, cancellationToken);
            }
        }

        public Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken) =>
            LinesFormat.MergeAsync(partials, source, writer, cancellationToken);
    }

    private sealed class ByCount(int count) : IPartitionStrategy<LinesIndex, LinesSlice>
    {
        public IReadOnlyList<LinesSlice> Partition(LinesIndex index)
        {
            var slices = new LinesSlice[count];
            for (var i = 0; i < count; i++)
            {
                var start = (long)((Int128)index.Source.Size * i / count);
                var end = (long)((Int128)index.Source.Size * (i + 1) / count);
                slices[i] = new LinesSlice
                {
                    Source = index.Source,
                    Index = i,
                    Count = count,
                    Range = ByteRange.FromBounds(start, end),
                    Mark = index.Marks.Count > 0 ? index.Marks[i * index.Marks.Count / count] : null,
                };
            }

            return slices;
        }
    }
}

/// <summary>The toy's index.</summary>
public sealed class LinesIndex(SidecarReader sidecar, long[] lines, BlobTable marks) : ObjectIndex(sidecar)
{
    public IReadOnlyList<long> Lines => lines;

    public BlobTable Marks => marks;
}

/// <summary>The toy's slice: a range of bytes, and a blob as windows are.</summary>
public sealed record LinesSlice : Slice
{
    public required ByteRange Range { get; init; }

    public BlobReference? Mark { get; init; }

    public double Weight { get; init; } = 0.1;

    public override string Kind => "toy-lines";

    public override IReadOnlyList<ByteRange> Ranges => Range.Length == 0 ? [] : [Range];

    public override IReadOnlyList<BlobReference> Blobs => Mark is null ? [] : [Mark];

    public override Slice WithBlobs(IReadOnlyList<BlobReference> blobs) => blobs.Count == 0 ? this : this with { Mark = blobs[0] };

    public override Task<Stream> OpenReadAsync(CancellationToken cancellationToken = default) => Task.FromResult(PinSource().OpenRead(Range));

    /// <summary>The blob's text.</summary>
    public async Task<string> ReadMarkAsync() => Encoding.ASCII.GetString((await Mark!.LoadAsync(Stores)).Span);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LinesSlice))]
public sealed partial class ToyJson : JsonSerializerContext;
