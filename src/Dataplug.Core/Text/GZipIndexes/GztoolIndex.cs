using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using Dataplug.Compression;

namespace Dataplug.Text;

/// <summary>
/// The index of gztool, version 0 and 1 (with line numbers).
/// </summary>
/// <remarks>
/// All numbers big endian. Header: 8 zero bytes; <c>gzipindx</c> (version 0) or <c>gzipindX</c> (version 1); in version 1 the line
/// end (4 bytes, 0 = LF, 1 = CR); number of points, twice (8 bytes each; they differ while the index is being written). A point:
/// content before it (8), offset of its first whole byte (8), how many bits of the byte before belong to it (4), length of its packed
/// window (4), the window as a zlib stream (RFC 1950), in version 1 the number of the line that it lies in, from 1 (8). Then the
/// content's size (8), in version 1 its lines (8). A point without window lies right behind a gzip header.
/// </remarks>
internal sealed class GztoolIndex : GZipIndexReader
{
    private const int MaxPackedWindow = 64 << 10;

    private readonly bool _hasLineNumbers;
    private readonly long _count;

    private GztoolIndex(GZipIndexInput input, bool hasLineNumbers, bool hasLines, long count)
        : base(GZipIndexKind.Gztool, input)
    {
        _hasLineNumbers = hasLineNumbers;
        HasLines = hasLines;
        _count = count;
    }

    private static ReadOnlySpan<byte> Version0 => "\0\0\0\0\0\0\0\0gzipindx"u8;

    private static ReadOnlySpan<byte> Version1 => "\0\0\0\0\0\0\0\0gzipindX"u8;

    public override bool HasLines { get; }

    public static bool Matches(ReadOnlySpan<byte> head) => head.StartsWith(Version0) || head.StartsWith(Version1);

    public static async Task<GztoolIndex> OpenAsync(GZipIndexInput input, CancellationToken cancellationToken)
    {
        var magic = await input.ReadAsync(Version1.Length, cancellationToken).ConfigureAwait(false);
        var isVersion1 = magic.AsSpan().SequenceEqual(Version1);
        var endsWithLineFeed = isVersion1 && await input.ReadUInt32Async(bigEndian: true, cancellationToken).ConfigureAwait(false) == 0;
        var count = await input.ReadUInt64Async(bigEndian: true, cancellationToken).ConfigureAwait(false);
        if (await input.ReadUInt64Async(bigEndian: true, cancellationToken).ConfigureAwait(false) != count)
            throw input.Corrupt("gztool has not completed it");
        return count <= int.MaxValue
            ? new GztoolIndex(input, isVersion1, endsWithLineFeed, (long)count)
            : throw input.Corrupt($"{count} points can't be");
    }

    /// <summary>Writes an index of version 1, of points that are in order.</summary>
    public static async Task WriteAsync(Stream destination, IReadOnlyList<GZipExportPoint> points, Func<int, ValueTask<ReadOnlyMemory<byte>>> loadWindow, long contentSize, long lines, CancellationToken cancellationToken)
    {
        var header = new byte[Version1.Length + 4 + 8 + 8];
        Version1.CopyTo(header);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(20), points.Count);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(28), points.Count);
        await destination.WriteAsync(header, cancellationToken).ConfigureAwait(false);
        var number = new byte[24];
        for (var i = 0; i < points.Count; i++)
        {
            var point = points[i];
            var window = Pack(await loadWindow(i).ConfigureAwait(false));
            BinaryPrimitives.WriteInt64BigEndian(number, point.ContentOffset);
            BinaryPrimitives.WriteInt64BigEndian(number.AsSpan(8), point.FirstWholeByte);
            BinaryPrimitives.WriteInt32BigEndian(number.AsSpan(16), point.BitsBefore);
            BinaryPrimitives.WriteInt32BigEndian(number.AsSpan(20), window.Length);
            await destination.WriteAsync(number, cancellationToken).ConfigureAwait(false);
            await destination.WriteAsync(window, cancellationToken).ConfigureAwait(false);
            BinaryPrimitives.WriteInt64BigEndian(number, point.LineFeeds + 1);
            await destination.WriteAsync(number.AsMemory(0, 8), cancellationToken).ConfigureAwait(false);
        }

        BinaryPrimitives.WriteInt64BigEndian(number, contentSize);
        BinaryPrimitives.WriteInt64BigEndian(number.AsSpan(8), lines);
        await destination.WriteAsync(number.AsMemory(0, 16), cancellationToken).ConfigureAwait(false);
    }

    protected override async IAsyncEnumerable<GZipIndexPoint> ReadAllPointsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var i = 0L; i < _count; i++)
        {
            var contentOffset = await Input.ReadOffsetAsync(bigEndian: true, cancellationToken).ConfigureAwait(false);
            var wholeByte = await Input.ReadOffsetAsync(bigEndian: true, cancellationToken).ConfigureAwait(false);
            var bits = await Input.ReadUInt32Async(bigEndian: true, cancellationToken).ConfigureAwait(false);
            var packed = await Input.ReadUInt32Async(bigEndian: true, cancellationToken).ConfigureAwait(false);
            if (bits > 7 || wholeByte == 0 || packed > MaxPackedWindow)
                throw Input.Corrupt($"point {i} has {bits} bits and a window of {packed} bytes");
            var window = packed == 0 ? [] : Unpack(await Input.ReadAsync((int)packed, cancellationToken).ConfigureAwait(false));
            long? lineFeeds = null;
            if (_hasLineNumbers)
            {
                var line = await Input.ReadOffsetAsync(bigEndian: true, cancellationToken).ConfigureAwait(false);
                if (HasLines)
                    lineFeeds = line > 0 ? line - 1 : throw Input.Corrupt($"point {i} lies in line 0");
            }

            yield return new GZipIndexPoint((wholeByte * 8) - bits, contentOffset, window, lineFeeds, false);
        }

        // An index of a growing object may end here.
        ContentSize = await Input.ReadOffsetAsync(bigEndian: true, cancellationToken).ConfigureAwait(false);
    }

    private static byte[] Pack(ReadOnlyMemory<byte> window)
    {
        if (window.IsEmpty)
            return [];
        var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            zlib.Write(window.Span);
        return packed.ToArray();
    }

    private byte[] Unpack(byte[] packed)
    {
        // One byte more than there may be shows that there is too much.
        var window = new byte[WindowCodec.MaxWindowLength + 1];
        try
        {
            using var zlib = new ZLibStream(new MemoryStream(packed, writable: false), CompressionMode.Decompress);
            var length = zlib.ReadAtLeast(window, window.Length, throwOnEndOfStream: false);
            return length is > 0 and <= WindowCodec.MaxWindowLength ? window[..length] : throw Input.Corrupt($"a window of {length} bytes or more can't be");
        }
        catch (InvalidDataException failure)
        {
            throw new CorruptIndexException(Input.Name, "the index can't be used: a window is no zlib stream", "Make it again with gztool.", Input.Position, failure);
        }
    }
}
