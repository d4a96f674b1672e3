using System.IO.Compression;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Formats.Geo;

/// <summary>Writes where blocks are in few bytes: of each its length, and how far it begins behind the end of the one before it, as
/// numbers of seven bits a byte. Blocks that are not there have the length 0 and no place.</summary>
internal static class BlockTable
{
    public static byte[] Encode(IReadOnlyList<ByteRange> blocks)
    {
        var bytes = new List<byte>(blocks.Count * 5);
        var end = 0L;
        foreach (var block in blocks)
        {
            Write(bytes, (ulong)block.Length);
            if (block.Length == 0)
                continue;
            var step = block.Offset - end;
            Write(bytes, (ulong)((step << 1) ^ (step >> 63)));
            end = block.End;
        }

        return [.. bytes];
    }

    /// <summary>Reads it back.</summary>
    /// <param name="bytes">What <see cref="Encode"/> wrote.</param>
    /// <param name="count">How many blocks there are.</param>
    /// <param name="size">The object's bytes, in which they must lie.</param>
    /// <returns>The blocks; null where the bytes are no such table.</returns>
    public static ByteRange[]? Decode(ReadOnlySpan<byte> bytes, long count, long size)
    {
        if (count > bytes.Length)
            return null;
        var blocks = new ByteRange[count];
        var end = 0L;
        for (var i = 0; i < blocks.Length; i++)
        {
            if (!TryRead(ref bytes, out var length))
                return null;
            if (length == 0)
                continue;
            if (!TryRead(ref bytes, out var step))
                return null;
            var offset = unchecked(end + ((long)(step >> 1) ^ -(long)(step & 1)));
            if (offset < 0 || offset > size || length > (ulong)(size - offset))
                return null;
            blocks[i] = new ByteRange(offset, (long)length);
            end = blocks[i].End;
        }

        return bytes.IsEmpty ? blocks : null;
    }

    /// <summary>The same as text, compressed.</summary>
    public static string ToText(IReadOnlyList<ByteRange> blocks)
    {
        var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
            deflate.Write(Encode(blocks));
        return Convert.ToBase64String(packed.ToArray());
    }

    /// <summary>Reads it back; null where the text is no such table.</summary>
    public static ByteRange[]? FromText(string text, long count, long size)
    {
        try
        {
            using var deflate = new DeflateStream(new MemoryStream(Convert.FromBase64String(text)), CompressionMode.Decompress);

            // A block takes at most 20 bytes, and what is longer is no table.
            var bytes = new MemoryStream();
            var buffer = new byte[16 << 10];
            for (int read; (read = deflate.Read(buffer)) > 0 && bytes.Length <= count * 20;)
                bytes.Write(buffer, 0, read);
            return Decode(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), count, size);
        }
        catch (Exception failure) when (failure is FormatException or InvalidDataException)
        {
            return null;
        }
    }

    private static void Write(List<byte> bytes, ulong number)
    {
        for (; number >= 0x80; number >>= 7)
            bytes.Add((byte)(number | 0x80));
        bytes.Add((byte)number);
    }

    private static bool TryRead(ref ReadOnlySpan<byte> bytes, out ulong number)
    {
        number = 0;
        for (var i = 0; i < bytes.Length && i < 10; i++)
        {
            number |= (ulong)(bytes[i] & 0x7f) << (7 * i);
            if (bytes[i] < 0x80)
            {
                bytes = bytes[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}

/// <summary>Where the blocks are that a slice reads: row of blocks by row of blocks, and of each place one after another the bands that
/// are apart.</summary>
public sealed record BlockSet
{
    /// <summary>The table as text, where it is short: <c>docs/formats/geotiff.md</c>, "Slices"; else null.</summary>
    public string? Inline { get; init; }

    /// <summary>Where it is long: the pages of the index that hold it. A page has the places of <see cref="GeoTiffIndex.BlocksPerPage"/>
    /// blocks in TIFF's order.</summary>
    public IReadOnlyList<BlobReference>? Pages { get; init; }

    /// <summary>The numbers of these pages.</summary>
    public IReadOnlyList<int>? PageNumbers { get; init; }

    /// <summary>With pages: the bytes in which all blocks lie, a few runs of them.</summary>
    public IReadOnlyList<ByteRange>? Runs { get; init; }

    /// <inheritdoc/>
    public bool Equals(BlockSet? other) =>
        other is not null && Inline == other.Inline && Same(Pages, other.Pages) && Same(PageNumbers, other.PageNumbers) && Same(Runs, other.Runs);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Inline, Pages?.Count, Runs?.Count);

    private static bool Same<T>(IReadOnlyList<T>? one, IReadOnlyList<T>? other) => one is null ? other is null : other is not null && one.SequenceEqual(other);
}
