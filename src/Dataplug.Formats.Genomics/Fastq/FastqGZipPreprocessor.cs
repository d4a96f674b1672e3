using Dataplug.Compression;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>Indexes FASTQ in gzip. An object whose first reads are wrapped is not spread over several machines: where in it a read begins is
/// told only by all before it.</summary>
internal sealed class FastqGZipPreprocessor(GZipLineOptions options) : ITwoPassPreprocessor
{
    private const int HeadLength = 64 << 10;

    private readonly GZipLinePreprocessor<FastqContent> _inner = new(options, () => new FastqContent());

    public bool CanSplit => _inner.CanSplit;

    public Task RunAsync(IStreamingRun run, CancellationToken cancellationToken) => _inner.RunAsync(run, cancellationToken);

    public Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken) =>
        _inner.MergeAsync(partials, source, writer, cancellationToken);

    public IReadOnlyList<ByteRange> PlanChunks(long size) => _inner.PlanChunks(size);

    public Task<ReadOnlyMemory<byte>> ScoutAsync(ChunkRun run, CancellationToken cancellationToken) => _inner.ScoutAsync(run, cancellationToken);

    public async Task<IReadOnlyList<ReadOnlyMemory<byte>?>> ResolveAsync(IReadOnlyList<ByteRange> chunks, IAsyncEnumerable<ReadOnlyMemory<byte>> scouted, PinnedObject source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);

        // Without starts found in it, the object is one part.
        var head = await ReadHeadAsync(source, cancellationToken).ConfigureAwait(false);
        return await _inner.ResolveAsync(chunks, FastqDetection.IsWrapped(head.Span) ? AsyncEnumerable.Empty<ReadOnlyMemory<byte>>() : scouted, source, cancellationToken).ConfigureAwait(false);
    }

    public Task<ReadOnlyMemory<byte>> MapAsync(ChunkRun run, CancellationToken cancellationToken) => _inner.MapAsync(run, cancellationToken);

    private static async Task<ReadOnlyMemory<byte>> ReadHeadAsync(PinnedObject source, CancellationToken cancellationToken)
    {
        var length = Math.Min(source.Size, HeadLength);
        var content = new byte[HeadLength];
        var stream = new InflateStream(source.OpenRead(new ByteRange(0, length)), new InflateReadOptions { Source = source.Uri.Display, IsMemberStart = true, ExpectMoreData = length < source.Size });
        await using (stream.ConfigureAwait(false))
        {
            try
            {
                return content.AsMemory(0, await stream.ReadAtLeastAsync(content, content.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false));
            }
            catch (CorruptObjectException)
            {
                // The second pass says what is wrong.
                return default;
            }
        }
    }
}
