using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>
/// Indexes a zstd object by lines, and its content as a format wants it, in one pass: decompresses it, verifies the checksums of its frames and the seek table where there
/// are any, counts lines, and marks starts of frames and ends of blocks. The partial results are those of
/// <see cref="GZipLinePreprocessor{TContent}"/>, without windows, and so is the index.
/// </summary>
/// <typeparam name="TContent">The format's view of the content.</typeparam>
public sealed class ZstdLinePreprocessor<TContent> : IStreamingPreprocessor
    where TContent : class, IGZipPartContent
{
    private const int ReadLength = 512 << 10;

    private readonly ZstdTextOptions _options;
    private readonly Func<TContent> _createContent;

    /// <summary>Creates a preprocessor.</summary>
    /// <param name="options">How finely to index.</param>
    /// <param name="createContent">Makes the format's view of the content, in its first state.</param>
    public ZstdLinePreprocessor(ZstdTextOptions options, Func<TContent> createContent)
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
        var salvage = _options.Salvage ? await FindDamageAsync(source, cancellationToken).ConfigureAwait(false) : null;
        var seekTable = salvage is null ? await ZstdSeekTableCheck.BeginAsync(source, cancellationToken).ConfigureAwait(false) : null;
        using var scan = new ZstdTextScan(source, _options, _createContent(), salvage, seekTable, run.ResumeState is { Length: > 0 } state ? state : default(ReadOnlyMemory<byte>?));
        await ScanAsync(scan, source, salvage?.StoredEnd ?? source.Size, run, cancellationToken).ConfigureAwait(false);
        await run.CheckpointAsync(scan.Complete(), default, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task MergeAsync(IAsyncEnumerable<ReadOnlyMemory<byte>> partials, PinnedObject source, SidecarWriter writer, CancellationToken cancellationToken) =>
        new GZipLinePreprocessor<TContent>(GZipLineOptions.Default, _createContent).MergeAsync(partials, source, writer, cancellationToken);

    private async Task<SalvageEnd?> FindDamageAsync(PinnedObject source, CancellationToken cancellationToken)
    {
        using var scan = new ZstdTextScan(source, _options, _createContent(), null, await ZstdSeekTableCheck.BeginAsync(source, cancellationToken).ConfigureAwait(false), null);
        try
        {
            await ScanAsync(scan, source, source.Size, null, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (CorruptObjectException damage) when (scan.GoodContentEnd > 0)
        {
            return new SalvageEnd(scan.GoodStoredEnd * 8, scan.GoodContentEnd, scan.VerifiedContentEnd, damage);
        }
    }

    private static async Task ScanAsync(ZstdTextScan scan, PinnedObject source, long end, IStreamingRun? run, CancellationToken cancellationToken)
    {
        var stored = source.OpenRead(ByteRange.FromBounds(scan.BytePosition, end), ReadAheadOptions.Default);
        await using (stored.ConfigureAwait(false))
        {
            var buffer = new byte[ReadLength];
            var length = 0;
            for (; ; )
            {
                var read = await stored.ReadAtLeastAsync(buffer.AsMemory(length), buffer.Length - length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
                var isLast = length + read < buffer.Length;
                length += read;
                var consumed = scan.Push(buffer.AsSpan(0, length), cancellationToken);
                length -= consumed;
                buffer.AsSpan(consumed, length).CopyTo(buffer);
                run?.ReportProgress(scan.BytePosition);
                if (isLast)
                {
                    scan.End(length);
                    run?.ReportProgress(end);
                    return;
                }

                if (run is not null && scan.TryTakeCheckpoint(out var partial, out var state))
                    await run.CheckpointAsync(partial, state, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
