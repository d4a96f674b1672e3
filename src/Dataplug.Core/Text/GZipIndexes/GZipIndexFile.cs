using Dataplug.Compression;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>
/// Indexes of gzip objects in the formats of other programs: gztool, indexed_gzip and bgzip. What one of them has indexed need not
/// be indexed again, and what is indexed here can be read by them.
/// </summary>
public static class GZipIndexFile
{
    // Other programs want the end of a member's header, for which the object is asked; so not more often than they would themselves.
    private const long MemberSpacing = 1L << 20;

    private const int HeaderGuess = 512;
    private const int MaxHeader = 256 << 10;
    private const int WindowsAhead = 8;

    // Stands for a window that is not in the index, but decoded when it is wanted.
    private static readonly BlobReference Decoded = new() { Checksum = "" };

    /// <summary>The short name of a program's index: <c>gztool</c>, <c>gzidx</c>, <c>gzi</c>.</summary>
    public static string NameOf(GZipIndexKind kind) => kind switch
    {
        GZipIndexKind.Gztool => "gztool",
        GZipIndexKind.IndexedGzip => "gzidx",
        GZipIndexKind.Bgzip => "gzi",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>The kind of a short name.</summary>
    /// <returns>False when there is none of that name.</returns>
    public static bool TryParse(string name, out GZipIndexKind kind)
    {
        foreach (var candidate in Enum.GetValues<GZipIndexKind>())
        {
            kind = candidate;
            if (NameOf(candidate) == name)
                return true;
        }

        kind = default;
        return false;
    }

    /// <summary>
    /// Writes the index of an object in another program's format: gztool's with line numbers, indexed_gzip's, or bgzip's of a BGZF
    /// object. Reads the windows (or, where these serve only what comes after a lead-in, decodes
    /// half a megabyte of content for each), a little of the object where members begin, and for bgzip, which wants every block, all of the object,
    /// without inflating it.
    /// </summary>
    /// <param name="source">The object, preprocessed, of a format in gzip.</param>
    /// <param name="kind">Whose format.</param>
    /// <param name="destination">Takes the index; need not be seekable.</param>
    /// <param name="cancellationToken">Cancels the export.</param>
    /// <exception cref="NotPreprocessedException">The object has no index.</exception>
    /// <exception cref="StaleIndexException">The object changed since it was indexed.</exception>
    /// <exception cref="UnsupportedFormatException">The object's format is not one in gzip, or its blocks are no BGZF.</exception>
    public static async Task ExportAsync(CloudObject source, GZipIndexKind kind, Stream destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        var indexed = await GetIndexAsync(source, cancellationToken).ConfigureAwait(false);
        await ExportAsync(indexed, source.Options.Stores, kind, destination, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Makes an object's index of the one that another program made. One with line numbers (<c>gztool -x</c>) is taken after a look at
    /// the first and last span; for any other the object is read once, all spans at the same time, to count its lines.
    /// </summary>
    /// <param name="source">The object.</param>
    /// <param name="index">The other program's index.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="options">How to import; null for the usual way.</param>
    /// <param name="cancellationToken">Cancels the import.</param>
    /// <exception cref="CorruptIndexException">The index is damaged, or is not of this object.</exception>
    /// <exception cref="UnsupportedFormatException">It is no index of those programs.</exception>
    /// <exception cref="CorruptObjectException">The object is damaged.</exception>
    public static async Task<PreprocessReport> ImportAsync(CloudObject<GZipTextIndex> source, Stream index, string name, GZipImportOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(index);
        options ??= new GZipImportOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.Workers, nameof(options));
        var reader = await GZipIndexReader.OpenAsync(index, name, options.Kind, cancellationToken).ConfigureAwait(false);
        return await source.PreprocessAsync(
            new PreprocessOptions { Force = options.Force, Progress = options.Progress, Preprocessor = new GZipIndexImport(reader, name, options) },
            cancellationToken).ConfigureAwait(false);
    }

    internal static async Task<IGZipIndexed> GetIndexAsync(CloudObject source, CancellationToken cancellationToken) =>
        await source.GetObjectIndexAsync(cancellationToken).ConfigureAwait(false) is IGZipIndexed indexed and not GZipTextIndex { Container: not DeflateContainer.GZip }
            ? indexed
            : throw new UnsupportedFormatException(source.Uri.Display, $"format '{source.Format.Id}' is not one in gzip, whose content is found by access points", "Preprocess the object as a format in gzip, e.g. gzip-text.");

    internal static async Task ExportAsync(IGZipIndexed indexed, ObjectStores stores, GZipIndexKind kind, Stream destination, CancellationToken cancellationToken)
    {
        var index = indexed.LineIndex;
        var source = indexed.Source.Pin(stores);
        if (kind == GZipIndexKind.Bgzip)
        {
            await BgzipIndex.WriteAsync(destination, source, index.ContentSize, cancellationToken).ConfigureAwait(false);
            return;
        }

        var chosen = Choose(index);
        var points = await BehindHeadersAsync(chosen, source, cancellationToken).ConfigureAwait(false);
        var content = new GZipObjectStream(indexed, stores);
        await using var _ = content.ConfigureAwait(false);
        var windows = new WindowReader(chosen, content, stores, cancellationToken);
        if (kind == GZipIndexKind.Gztool)
            await GztoolIndex.WriteAsync(destination, points, windows.ReadAsync, index.ContentSize, index.Lines, cancellationToken).ConfigureAwait(false);
        else
            await IndexedGzipIndex.WriteAsync(destination, points, windows.ReadAsync, source.Size, index.ContentSize, cancellationToken).ConfigureAwait(false);
    }

    // Each further on in the content than the one before: the programs search by that.
    private static List<GZipAccessPoint> Choose(GZipLineIndex index)
    {
        var chosen = new List<GZipAccessPoint> { index.AccessPoint(0) };
        for (var i = 1; i < index.AccessPointCount; i++)
        {
            if (WithoutLeadIn(index, index.AccessPoint(i)) is not { } point)
                continue;
            if (point.ContentOffset - chosen[^1].ContentOffset >= (point.IsMemberStart ? MemberSpacing : 1) && point.ContentOffset < index.ContentSize)
                chosen.Add(point);
        }

        return chosen;
    }

    // Other programs decode right behind a point. Where our window serves only what comes after a lead-in, the point that they get
    // is the first mark a whole window behind it.
    private static GZipAccessPoint? WithoutLeadIn(GZipLineIndex index, GZipAccessPoint point)
    {
        if (point.LeadIn == 0)
            return point;
        return index.MarkAfter(point.ContentOffset + point.LeadIn + WindowCodec.MaxWindowLength) is { } mark
            ? new GZipAccessPoint(mark.Bit, mark.ContentOffset, 0, mark.LineFeeds, Decoded)
            : null;
    }

    private static async Task<List<GZipExportPoint>> BehindHeadersAsync(List<GZipAccessPoint> chosen, PinnedObject source, CancellationToken cancellationToken)
    {
        var points = new List<GZipExportPoint>(chosen.Count);
        var headers = source.StreamManyAsync([.. chosen.Where(point => point.IsMemberStart).Select(point => HeaderRange(point, HeaderGuess))], cancellationToken: cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (headers.ConfigureAwait(false))
        {
            var reader = new GzipHeaderReader();
            foreach (var point in chosen)
            {
                var bit = point.BitOffset;
                if (point.IsMemberStart)
                {
                    await headers.MoveNextAsync().ConfigureAwait(false);
                    if (!TryMeasure(headers.Current.Span, out var length)
                        && !TryMeasure(await source.ReadAsync(HeaderRange(point, MaxHeader), cancellationToken).ConfigureAwait(false), out length))
                    {
                        throw new CorruptObjectException(source.Uri.Display, "there is no gzip header where the index knows one", "Preprocess the object again with force.", point.ByteOffset);
                    }

                    bit += length * 8;
                }

                points.Add(new GZipExportPoint(bit, point.ContentOffset, point.LineFeeds, !point.IsMemberStart));
            }

            bool TryMeasure(ReadOnlySpan<byte> bytes, out int length)
            {
                reader.Reset();
                return reader.Append(bytes, out length, out var problem, out _) && problem is null;
            }
        }

        return points;

        ByteRange HeaderRange(GZipAccessPoint point, int length) => ByteRange.FromBounds(point.ByteOffset, Math.Min(source.Size, point.ByteOffset + length));
    }

    /// <summary>The windows of access points in their order, a few fetched ahead.</summary>
    private sealed class WindowReader(List<GZipAccessPoint> points, GZipObjectStream content, ObjectStores stores, CancellationToken cancellationToken)
    {
        private readonly Queue<(int Index, Task<ReadOnlyMemory<byte>> Window)> _ahead = new();
        private int _next;

        public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(int index)
        {
            while (_next < points.Count && _ahead.Count < WindowsAhead)
            {
                if (points[_next] is { IsMemberStart: false, Window: var stored } && stored != Decoded)
                    _ahead.Enqueue((_next, points[_next].LoadWindowAsync(stores, cancellationToken).AsTask()));
                _next++;
            }

            if (points[index].IsMemberStart)
                return default;
            if (points[index].Window != Decoded)
                return await _ahead.Dequeue().Window.ConfigureAwait(false);
            var window = new byte[WindowCodec.MaxWindowLength];
            content.Position = points[index].ContentOffset - window.Length;
            await content.ReadExactlyAsync(window, cancellationToken).ConfigureAwait(false);
            return window;
        }
    }
}
