using System.Buffers.Binary;
using Dataplug.Storage;

namespace Dataplug.Formats.Geo;

/// <summary>The bytes of a TIFF where they are asked for, in pages, so that directories that lie together cost one request.</summary>
internal sealed class TiffBytes(PinnedObject source)
{
    private const int PageSize = 64 << 10;
    private const int MaxPages = 64;
    private const int PartSize = 8 << 20;

    private readonly Dictionary<long, byte[]> _pages = [];
    private readonly Queue<long> _order = new();

    public string Name => source.Uri.Display;

    public long Size => source.Size;

    public bool IsBigEndian { get; set; }

    /// <summary>Bytes that must be there.</summary>
    /// <param name="what">What they are, for messages.</param>
    /// <param name="offset">Where they begin.</param>
    /// <param name="length">How many; memory is taken only after they are known to lie inside the object.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <exception cref="CorruptObjectException">They run over the end of the object.</exception>
    public async ValueTask<byte[]> ReadAsync(string what, long offset, long length, CancellationToken cancellationToken)
    {
        if (offset < 0 || length < 0 || offset > Size || length > Size - offset)
            throw Corrupt($"{what} would take {length} bytes from byte {offset}, but the object has {Size}", Math.Clamp(offset, 0, Size));
        if (length > Array.MaxLength)
            throw new UnsupportedFormatException(Name, $"{what} takes {length} bytes", "Convert the object with larger blocks: gdal_translate -of COG.", offset);
        var bytes = new byte[length];
        if (length > PageSize)
        {
            for (var at = 0L; at < length; at += PartSize)
                (await source.ReadAsync(new ByteRange(offset + at, Math.Min(PartSize, length - at)), cancellationToken).ConfigureAwait(false)).CopyTo(bytes, at);
            return bytes;
        }

        for (var at = 0; at < bytes.Length;)
        {
            var page = await PageAsync((offset + at) / PageSize, cancellationToken).ConfigureAwait(false);
            var within = (int)((offset + at) % PageSize);
            var part = Math.Min(bytes.Length - at, page.Length - within);
            page.AsSpan(within, part).CopyTo(bytes.AsSpan(at));
            at += part;
        }

        return bytes;
    }

    public CorruptObjectException Corrupt(string problem, long offset) => new(Name, problem, byteOffset: offset);

    public ushort UInt16(ReadOnlySpan<byte> bytes) => IsBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    public uint UInt32(ReadOnlySpan<byte> bytes) => IsBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    public ulong UInt64(ReadOnlySpan<byte> bytes) => IsBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);

    private async ValueTask<byte[]> PageAsync(long number, CancellationToken cancellationToken)
    {
        if (_pages.TryGetValue(number, out var page))
            return page;
        if (_pages.Count == MaxPages)
            _pages.Remove(_order.Dequeue());
        page = await source.ReadAsync(new ByteRange(number * PageSize, Math.Min(PageSize, Size - (number * PageSize))), cancellationToken).ConfigureAwait(false);
        _pages[number] = page;
        _order.Enqueue(number);
        return page;
    }
}
