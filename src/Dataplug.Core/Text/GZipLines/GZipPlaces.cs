using System.Globalization;
using Dataplug.Compression;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>Where in a gzip object its content is.</summary>
internal interface IGZipPlaces
{
    /// <summary>Bytes of content.</summary>
    long ContentSize { get; }

    /// <summary>The last access point at or before a place of the content.</summary>
    GZipAccessPoint AccessPointBefore(long contentOffset);

    /// <summary>How many stored bytes hold all of the content before a place.</summary>
    long StoredEndAfter(long contentOffset);
}

/// <summary>The places of an index of our own.</summary>
internal sealed class GZipIndexedPlaces(GZipLineIndex index) : IGZipPlaces
{
    public long ContentSize => index.ContentSize;

    public GZipAccessPoint AccessPointBefore(long contentOffset) => index.AccessPointBefore(contentOffset);

    public long StoredEndAfter(long contentOffset) => index.StoredEndAfter(contentOffset);
}

/// <summary>The places of another program's index, in memory with its packed windows.</summary>
internal sealed class GZipForeignPlaces : IGZipPlaces
{
    private readonly GZipAccessPoint[] _points;
    private readonly long[] _contentOffsets;
    private readonly long _storedSize;

    private GZipForeignPlaces(List<GZipAccessPoint> points, long storedSize, long contentSize)
    {
        _points = [.. points];
        _contentOffsets = [.. points.Select(point => point.ContentOffset)];
        _storedSize = storedSize;
        ContentSize = contentSize;
    }

    public long ContentSize { get; }

    /// <summary>Reads an index, and the first and last span of its object, which must fit it.</summary>
    public static async Task<GZipForeignPlaces> ReadAsync(Stream index, string name, PinnedObject source, CancellationToken cancellationToken)
    {
        var reader = await GZipIndexReader.OpenAsync(index, name, null, cancellationToken).ConfigureAwait(false);
        var points = new List<GZipAccessPoint> { new(0, 0, 0, 0, null) };
        var last = GZipIndexPoint.Start;
        await foreach (var point in reader.ReadPointsAsync(source.Size, cancellationToken).ConfigureAwait(false))
        {
            if (points.Count == 1)
                await GZipSegment.ReadAsync(source, last, point, name, cancellationToken).ConfigureAwait(false);
            points.Add(new GZipAccessPoint(point.BitOffset, point.ContentOffset, 0, point.LineFeeds ?? 0, point.IsMemberStart ? null : Inline(WindowCodec.Encode(point.Window.Span))));
            last = point;
        }

        var end = await GZipSegment.ReadAsync(source, last, null, name, cancellationToken).ConfigureAwait(false);
        return reader.ContentSize is { } size && size != end.ContentEnd
            ? throw GZipIndexInput.Corrupt(name, $"it is of {size} bytes of content, but the object has {end.ContentEnd}")
            : new GZipForeignPlaces(points, source.Size, end.ContentEnd);
    }

    public GZipAccessPoint AccessPointBefore(long contentOffset) => _points[Ascending.FirstAtLeast(_contentOffsets, contentOffset + 1) - 1];

    public long StoredEndAfter(long contentOffset)
    {
        var point = Ascending.FirstAtLeast(_contentOffsets, contentOffset);
        return point < _points.Length ? Math.Min(_storedSize, (_points[point].BitOffset + 7) >> 3) : _storedSize;
    }

    private static BlobReference Inline(byte[] window) => new()
    {
        Length = window.Length,
        Inline = Convert.ToBase64String(window),
        Checksum = SidecarLayout.Checksum(window).ToString("x16", CultureInfo.InvariantCulture),
    };
}
