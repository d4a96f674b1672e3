namespace Dataplug.Text;

/// <summary>Reads the points of another program's index one after another, in bounded memory, and trusts none of them.</summary>
internal abstract class GZipIndexReader(GZipIndexKind kind, GZipIndexInput input)
{
    /// <summary>Where nothing is to be gained by more points: they are at least as far apart as the marks of an index of our own.</summary>
    private const long LeastDistance = Compression.GzipScanOptions.DefaultMarkSpacing;

    // A byte of deflate makes at most 1032 bytes of content (258 bytes from two bits).
    private const long MaxRatio = 1032;

    /// <summary>Whose index it is.</summary>
    public GZipIndexKind Kind { get; } = kind;

    /// <summary>Whether the points have line numbers.</summary>
    public virtual bool HasLines => false;

    /// <summary>Size of the stored object in bytes, where the index gives it.</summary>
    public virtual long? StoredSize => null;

    /// <summary>Bytes of content, where the index gives it; may be known only after all points.</summary>
    public long? ContentSize { get; protected set; }

    protected GZipIndexInput Input { get; } = input;

    /// <summary>Opens an index by its first bytes.</summary>
    /// <param name="stream">The index.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="kind">Whose it must be; null for any.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="UnsupportedFormatException">It is of none of the kinds, or not of the one that was asked for.</exception>
    /// <exception cref="CorruptIndexException">It is damaged.</exception>
    public static async Task<GZipIndexReader> OpenAsync(Stream stream, string name, GZipIndexKind? kind, CancellationToken cancellationToken)
    {
        // The shortest index of all is that of a BGZF object of one block: 8 zero bytes.
        var head = new byte[16];
        var length = await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        var found = Detect(head.AsSpan(0, length));
        if (found is null || (kind is not null && kind != found))
        {
            throw new UnsupportedFormatException(name,
                found is null ? "it is no index of gztool, indexed_gzip or bgzip" : $"it is an index of {GZipIndexFile.NameOf(found.Value)}, not of {GZipIndexFile.NameOf(kind!.Value)}",
                "Give an index that 'gztool -i', IndexedGzipFile.export_index or 'bgzip -r' wrote.");
        }

        var input = new GZipIndexInput(new PrefixedStream(head.AsMemory(0, length), stream), name);
        return found switch
        {
            GZipIndexKind.Gztool => await GztoolIndex.OpenAsync(input, cancellationToken).ConfigureAwait(false),
            GZipIndexKind.IndexedGzip => await IndexedGzipIndex.OpenAsync(input, cancellationToken).ConfigureAwait(false),
            _ => await BgzipIndex.OpenAsync(input, cancellationToken).ConfigureAwait(false),
        };
    }

    /// <summary>The points of use, checked against one another and against the object's size: none at the start of the content
    /// or beyond its end, none that lie needlessly close.</summary>
    /// <param name="storedSize">Size of the object in bytes.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="CorruptIndexException">The index contradicts itself or the object.</exception>
    public async IAsyncEnumerable<GZipIndexPoint> ReadPointsAsync(long storedSize, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (StoredSize is { } size && size != storedSize)
            throw Input.Corrupt($"it is of an object of {size} bytes, this one has {storedSize}");
        var last = GZipIndexPoint.Start;
        var kept = last;
        var isFirst = true;
        await foreach (var point in ReadAllPointsAsync(cancellationToken).ConfigureAwait(false))
        {
            // bgzip leaves the first block out.
            if (isFirst && point.ContentOffset != 0 && Kind != GZipIndexKind.Bgzip)
                throw Input.Corrupt($"its first point is at byte {point.ContentOffset} of the content, not at its start");
            isFirst = false;
            if (point.BitOffset > storedSize * 8)
                throw Input.Corrupt($"a point at byte {point.BitOffset >> 3} lies beyond the object's {storedSize} bytes");
            if (point.BitOffset <= last.BitOffset || point.ContentOffset < last.ContentOffset || point.LineFeeds < last.LineFeeds)
                throw Input.Corrupt($"its points are not in order: one at byte {point.BitOffset >> 3} follows one at byte {last.BitOffset >> 3}");
            if (point.ContentOffset - last.ContentOffset > MaxRatio * (((point.BitOffset - last.BitOffset) >> 3) + 2)
                || point.LineFeeds > point.ContentOffset || point.LineFeeds - last.LineFeeds > point.ContentOffset - last.ContentOffset)
            {
                throw Input.Corrupt($"{point.ContentOffset - last.ContentOffset} bytes or {point.LineFeeds - last.LineFeeds} lines of content before the point at byte {point.BitOffset >> 3} can't be");
            }

            last = point;
            if (point.BitOffset >> 3 < storedSize && point.ContentOffset - kept.ContentOffset >= LeastDistance)
            {
                kept = point;
                yield return point;
            }
        }

        if (isFirst && Kind != GZipIndexKind.Bgzip)
            throw Input.Corrupt("it has no points");
        if (ContentSize is { } content && content < last.ContentOffset)
            throw Input.Corrupt($"its last point lies beyond its {content} bytes of content");
    }

    /// <summary>All points as they stand.</summary>
    protected abstract IAsyncEnumerable<GZipIndexPoint> ReadAllPointsAsync(CancellationToken cancellationToken);

    private static GZipIndexKind? Detect(ReadOnlySpan<byte> head) =>
        GztoolIndex.Matches(head) ? GZipIndexKind.Gztool
        : IndexedGzipIndex.Matches(head) ? GZipIndexKind.IndexedGzip
        : BgzipIndex.Matches(head) ? GZipIndexKind.Bgzip
        : null;
}
