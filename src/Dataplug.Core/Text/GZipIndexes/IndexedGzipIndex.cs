using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Dataplug.Compression;

namespace Dataplug.Text;

/// <summary>
/// The index of indexed_gzip, version 0 and 1.
/// </summary>
/// <remarks>
/// All numbers little endian. Header: <c>GZIDX</c>, version (1 byte), flags (1, unused), size of the object (8), of the content (8; 0 =
/// unknown), spacing (4), length of the windows (4), number of points (4). Then the points: offset of the first whole byte (8),
/// content before it (8), how many bits of the byte before belong to it (1), in version 1 whether it has a window (1; in version 0
/// all but the first have one). Then the windows, each of the full length. A point without window lies right behind a gzip header;
/// the last point may be the end of the object.
/// </remarks>
internal sealed class IndexedGzipIndex : GZipIndexReader
{
    private const byte Version = 1;
    private const int HeaderLength = 5 + 1 + 1 + 8 + 8 + 4 + 4 + 4;
    private const int MaxWindow = 1 << 20;

    private readonly byte _version;
    private readonly int _windowLength;
    private readonly uint _count;

    private IndexedGzipIndex(GZipIndexInput input, byte version, long storedSize, long contentSize, int windowLength, uint count)
        : base(GZipIndexKind.IndexedGzip, input)
    {
        _version = version;
        StoredSize = storedSize;
        ContentSize = contentSize == 0 ? null : contentSize;
        _windowLength = windowLength;
        _count = count;
    }

    private static ReadOnlySpan<byte> Magic => "GZIDX"u8;

    public override long? StoredSize { get; }

    public static bool Matches(ReadOnlySpan<byte> head) => head.StartsWith(Magic);

    public static async Task<IndexedGzipIndex> OpenAsync(GZipIndexInput input, CancellationToken cancellationToken)
    {
        await input.ReadAsync(Magic.Length, cancellationToken).ConfigureAwait(false);
        var version = await input.ReadByteAsync(cancellationToken).ConfigureAwait(false);
        if (version > Version)
            throw input.Corrupt($"it has version {version} of its format; known are 0 and 1");
        await input.ReadByteAsync(cancellationToken).ConfigureAwait(false);
        var storedSize = await input.ReadOffsetAsync(bigEndian: false, cancellationToken).ConfigureAwait(false);
        var contentSize = await input.ReadOffsetAsync(bigEndian: false, cancellationToken).ConfigureAwait(false);
        await input.ReadUInt32Async(bigEndian: false, cancellationToken).ConfigureAwait(false);
        var windowLength = await input.ReadUInt32Async(bigEndian: false, cancellationToken).ConfigureAwait(false);
        var count = await input.ReadUInt32Async(bigEndian: false, cancellationToken).ConfigureAwait(false);
        return windowLength is >= WindowCodec.MaxWindowLength and <= MaxWindow
            ? new IndexedGzipIndex(input, version, storedSize, contentSize, (int)windowLength, count)
            : throw input.Corrupt($"windows of {windowLength} bytes can't be");
    }

    /// <summary>Writes an index of version 1, of points that are in order.</summary>
    public static async Task WriteAsync(Stream destination, IReadOnlyList<GZipExportPoint> points, Func<int, ValueTask<ReadOnlyMemory<byte>>> loadWindow, long storedSize, long contentSize, CancellationToken cancellationToken)
    {
        // Its last point is the end: then the program knows that there is nothing left to index. Of the window there it reads nothing.
        var widest = points.Zip(points.Skip(1), (a, b) => b.ContentOffset - a.ContentOffset).Append(contentSize - points[^1].ContentOffset).Max();
        var header = new byte[HeaderLength];
        Magic.CopyTo(header);
        header[5] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(7), storedSize);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(15), contentSize);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(23), (uint)Math.Clamp(widest, WindowCodec.MaxWindowLength, uint.MaxValue));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(27), WindowCodec.MaxWindowLength);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(31), checked((uint)points.Count + 1));
        await destination.WriteAsync(header, cancellationToken).ConfigureAwait(false);

        var entry = new byte[18];
        foreach (var point in points)
            await WriteEntryAsync(point.FirstWholeByte, point.ContentOffset, point.BitsBefore, point.HasWindow).ConfigureAwait(false);
        await WriteEntryAsync(storedSize, contentSize, 0, true).ConfigureAwait(false);

        var full = new byte[WindowCodec.MaxWindowLength];
        for (var i = 0; i < points.Count; i++)
        {
            if (!points[i].HasWindow)
                continue;
            var window = await loadWindow(i).ConfigureAwait(false);
            Array.Clear(full);
            window.CopyTo(full.AsMemory(full.Length - window.Length));
            await destination.WriteAsync(full, cancellationToken).ConfigureAwait(false);
        }

        Array.Clear(full);
        await destination.WriteAsync(full, cancellationToken).ConfigureAwait(false);

        ValueTask WriteEntryAsync(long offset, long content, int bits, bool hasWindow)
        {
            BinaryPrimitives.WriteInt64LittleEndian(entry, offset);
            BinaryPrimitives.WriteInt64LittleEndian(entry.AsSpan(8), content);
            entry[16] = (byte)bits;
            entry[17] = hasWindow ? (byte)1 : (byte)0;
            return destination.WriteAsync(entry, cancellationToken);
        }
    }

    protected override async IAsyncEnumerable<GZipIndexPoint> ReadAllPointsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The list grows with what is really there, not with what the header claims.
        var points = new List<(long WholeByte, long Content, byte Bits, bool HasWindow)>();
        for (var i = 0u; i < _count; i++)
        {
            var wholeByte = await Input.ReadOffsetAsync(bigEndian: false, cancellationToken).ConfigureAwait(false);
            var content = await Input.ReadOffsetAsync(bigEndian: false, cancellationToken).ConfigureAwait(false);
            var bits = await Input.ReadByteAsync(cancellationToken).ConfigureAwait(false);
            var hasWindow = _version == 0 ? i > 0 : await Input.ReadByteAsync(cancellationToken).ConfigureAwait(false) != 0;
            if (bits > 7 || wholeByte == 0 || (bits > 0 && !hasWindow))
                throw Input.Corrupt($"point {i} has {bits} bits");
            points.Add((wholeByte, content, bits, hasWindow));
        }

        foreach (var (wholeByte, content, bits, hasWindow) in points)
        {
            ReadOnlyMemory<byte> window = hasWindow ? await Input.ReadAsync(_windowLength, cancellationToken).ConfigureAwait(false) : default;

            // What lies before the start of the content is padding.
            var length = (int)Math.Min(WindowCodec.MaxWindowLength, content);
            yield return new GZipIndexPoint((wholeByte * 8) - bits, content, hasWindow ? window[^length..] : window, null, false);
        }
    }
}
