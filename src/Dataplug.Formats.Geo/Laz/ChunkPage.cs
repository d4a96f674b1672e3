using Dataplug.Metadata;

namespace Dataplug.Formats.Geo;

/// <summary>
/// Descriptions of neighbouring chunks as bytes, for slices to read. There are pages of a few hundred chunks, and, where there are many of
/// them, also larger ones, so that no slice needs more than a few.
/// </summary>
internal static class ChunkPage
{
    /// <summary>The sections, from small pages to large ones.</summary>
    public static IReadOnlyList<string> Sections { get; } = ["chunks", "chunks-2", "chunks-3"];

    /// <summary>The most pages that a slice asks for, where there are larger ones.</summary>
    public const int MostPages = 3;

    private const int SmallestPage = 512;
    private const int Growth = 32;
    private const int ReturnNumbers = 16;

    /// <summary>Chunks in a page of a section.</summary>
    public static int SizeOf(int section) => section switch { 0 => SmallestPage, 1 => SmallestPage * Growth, _ => SmallestPage * Growth * Growth };

    /// <summary>Writes all pages of chunks.</summary>
    public static async Task WriteAllAsync(SidecarWriter writer, IReadOnlyList<StoredChunk> chunks, CancellationToken cancellationToken)
    {
        for (var section = 0; section < Sections.Count && (section == 0 || chunks.Count > SizeOf(section - 1)); section++)
        {
            var size = SizeOf(section);
            for (var first = 0; first < chunks.Count; first += size)
                await writer.WriteBlobAsync(Sections[section], Write(chunks.Skip(first).Take(size)), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes a page.</summary>
    public static byte[] Write(IEnumerable<StoredChunk> chunks)
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes))
        {
            var (end, point) = (0L, 0L);
            var last = default(LasBounds);
            foreach (var chunk in chunks)
            {
                writer.Write7BitEncodedInt64(chunk.Offset - end);
                writer.Write7BitEncodedInt64(chunk.Length);
                writer.Write7BitEncodedInt64(chunk.FirstPoint - point);
                writer.Write7BitEncodedInt64(chunk.Points);
                writer.Write7BitEncodedInt(chunk.Level);
                var bounds = chunk.Bounds;
                foreach (var (value, before) in (ReadOnlySpan<(int, int)>)[(bounds.MinX, last.MinX), (bounds.MinY, last.MinY), (bounds.MinZ, last.MinZ), (bounds.MaxX, bounds.MinX), (bounds.MaxY, bounds.MinY), (bounds.MaxZ, bounds.MinZ)])
                {
                    var difference = (long)value - before;
                    writer.Write7BitEncodedInt64((difference << 1) ^ (difference >> 63));
                }

                var numbers = chunk.ByReturn is null ? 0 : chunk.ByReturn.AsSpan().LastIndexOfAnyExcept(0L) + 1;
                writer.Write((byte)(chunk.ByReturn is null ? byte.MaxValue : numbers));
                for (var i = 0; i < numbers; i++)
                    writer.Write7BitEncodedInt64(chunk.ByReturn![i]);
                (end, point, last) = (chunk.End, chunk.EndPoint, bounds);
            }
        }

        return bytes.ToArray();
    }

    /// <summary>Reads a page.</summary>
    /// <exception cref="CorruptIndexException">It is none.</exception>
    public static List<StoredChunk> Read(ReadOnlyMemory<byte> page, string source)
    {
        var chunks = new List<StoredChunk>();
        try
        {
            using var reader = new BinaryReader(new MemoryStream(page.ToArray()));
            var (end, point) = (0L, 0L);
            var last = default(LasBounds);
            while (reader.BaseStream.Position < page.Length)
            {
                var offset = checked(end + reader.Read7BitEncodedInt64());
                var length = reader.Read7BitEncodedInt64();
                var first = checked(point + reader.Read7BitEncodedInt64());
                var points = reader.Read7BitEncodedInt64();
                var level = reader.Read7BitEncodedInt();
                var (minX, minY, minZ) = (Side(last.MinX), Side(last.MinY), Side(last.MinZ));
                last = new LasBounds(minX, minY, minZ, Side(minX), Side(minY), Side(minZ));
                var numbers = reader.ReadByte();
                var byReturn = numbers == byte.MaxValue ? null : new long[ReturnNumbers];
                if (offset < 0 || length < 0 || first < 0 || points < 0 || level < 0 || offset > long.MaxValue - length || first > long.MaxValue - points || (byReturn is not null && numbers > ReturnNumbers))
                    throw Corrupt(source, null);
                for (var i = 0; byReturn is not null && i < numbers; i++)
                    byReturn[i] = reader.Read7BitEncodedInt64();
                chunks.Add(new StoredChunk(offset, length, first, points, level, last, byReturn));
                (end, point) = (offset + length, first + points);
            }

            int Side(int before)
            {
                var coded = reader.Read7BitEncodedInt64();
                return checked((int)(before + ((long)((ulong)coded >> 1) ^ -(coded & 1))));
            }
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or OverflowException)
        {
            throw Corrupt(source, e);
        }

        return chunks;
    }

    private static CorruptIndexException Corrupt(string source, Exception? inner) => new(source, "the index is damaged: what it says of chunks can't be", innerException: inner);
}
