using System.Buffers.Binary;
using System.Globalization;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>Where the chunks of an object are, and which points each of them has (LAZ specification, "Chunk table").</summary>
public sealed class LazChunkTable
{
    private const int HeadLength = 8;
    private const int FirstRead = 4096;

    // A number takes fewer than 15 bits for its length, 15 for the modelled part and 24 for the rest.
    private const int MaxEntryLength = 14;

    private readonly long[] _offsets;
    private readonly long[] _points;

    private LazChunkTable(long[] offsets, long[] points, string? rebuilt)
    {
        _offsets = offsets;
        _points = points;
        Rebuilt = rebuilt;
    }

    /// <summary>How many chunks there are.</summary>
    public int Count => _offsets.Length - 1;

    /// <summary>Points of all chunks.</summary>
    public long Points => _points[^1];

    /// <summary>Where the first chunk begins in the object, in bytes.</summary>
    public long Offset => _offsets[0];

    /// <summary>Where the last chunk ends in the object, in bytes.</summary>
    public long End => _offsets[^1];

    /// <summary>Why the table was made of the chunks themselves; null where the object's own was read.</summary>
    public string? Rebuilt { get; }

    /// <summary>A chunk.</summary>
    /// <param name="chunk">Its number, from 0.</param>
    public LazChunk this[int chunk] => new(_offsets[chunk], _offsets[chunk + 1] - _offsets[chunk], _points[chunk], _points[chunk + 1] - _points[chunk]);

    /// <summary>Gives the number of the chunk that has a point.</summary>
    /// <param name="point">The point's number, from 0 and below <see cref="Points"/>.</param>
    public int ChunkOf(long point)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(point);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(point, Points);
        var found = Array.BinarySearch(_points, point);
        if (found < 0)
            return ~found - 1;
        // A chunk of no points begins where the next one does.
        while (_points[found + 1] == point)
            found++;
        return found;
    }

    /// <summary>Makes the table of chunks that follow one another.</summary>
    /// <param name="offset">Where the first one begins, in bytes.</param>
    /// <param name="chunks">Bytes and points of each.</param>
    public static LazChunkTable Of(long offset, IEnumerable<(long Length, long Points)> chunks)
    {
        ArgumentNullException.ThrowIfNull(chunks);
        List<long> offsets = [offset], points = [0];
        foreach (var chunk in chunks)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(chunk.Length, uint.MaxValue, nameof(chunks));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(chunk.Points, uint.MaxValue, nameof(chunks));
            offsets.Add(offsets[^1] + chunk.Length);
            points.Add(points[^1] + chunk.Points);
        }
        return new LazChunkTable([.. offsets], [.. points], null);
    }

    /// <summary>Reads the table of an object; where it is missing or damaged, makes it of the chunks.</summary>
    /// <remarks>It takes two or three small reads. To make the table of chunks of layers takes a small read more for each large chunk, or a
    /// larger one for many small ones; to make that of chunks that are streams of points, all of them must be read and decompressed, since
    /// nothing else tells where they end.</remarks>
    /// <param name="vlr">How points are compressed.</param>
    /// <param name="points">Where they are.</param>
    /// <param name="read">Reads ranges of the object.</param>
    /// <param name="source">The object, for what is said of errors.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="CorruptObjectException">There is no table, and none can be made.</exception>
    public static async Task<LazChunkTable> ReadAsync(LazVlr vlr, LazPoints points, LazRangeReader read, string? source = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(vlr);
        ArgumentNullException.ThrowIfNull(read);
        var (table, missing) = await ReadOwnAsync(vlr, points, read, source, cancellationToken).ConfigureAwait(false);
        return table ?? await new LazChunkScan(vlr, points, read, source).RunAsync(missing!, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads the table that the object has; gives null where it is missing or damaged.</summary>
    internal static async Task<LazChunkTable?> TryReadAsync(LazVlr vlr, LazPoints points, LazRangeReader read, string? source, CancellationToken cancellationToken) =>
        (await ReadOwnAsync(vlr, points, read, source, cancellationToken).ConfigureAwait(false)).Table;

    private static async Task<(LazChunkTable? Table, string? Missing)> ReadOwnAsync(LazVlr vlr, LazPoints points, LazRangeReader read, string? source, CancellationToken cancellationToken)
    {
        if (!vlr.IsChunked)
            throw new ArgumentException("Points are not in chunks.", nameof(vlr));
        if (points.Count < 0 || points.Offset < 0 || points.End < points.ChunksOffset)
            throw new CorruptObjectException(source, Text($"{points.Count} points should be between bytes {points.Offset} and {points.End}"), byteOffset: points.Offset);

        string missing;
        var place = BinaryPrimitives.ReadInt64LittleEndian((await read(points.Offset, sizeof(long), cancellationToken).ConfigureAwait(false)).Span);
        // Who wrote to a stream could not go back, and wrote the place behind the table.
        if (place == -1 && points.End - points.ChunksOffset >= sizeof(long))
            place = BinaryPrimitives.ReadInt64LittleEndian((await read(points.End - sizeof(long), sizeof(long), cancellationToken).ConfigureAwait(false)).Span);
        if (place == points.Offset)
        {
            missing = "whoever wrote it was interrupted before the chunk table";
        }
        else if (place < points.ChunksOffset || place > points.End - HeadLength)
        {
            missing = Text($"its chunk table should begin at byte {place}, and points are between bytes {points.ChunksOffset} and {points.End}");
        }
        else
        {
            try
            {
                var bytes = await read(place, (int)Math.Min(FirstRead, points.End - place), cancellationToken).ConfigureAwait(false);
                var needed = HeadLength + 16L + (long)BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[4..]) * MaxEntryLength;
                // No more than what chunks need at least can be true.
                if (needed > bytes.Length && points.End - place > bytes.Length && needed <= MaxEntryLength * ((place - points.ChunksOffset) / vlr.RecordLength + 3))
                    bytes = await read(place, (int)Math.Min(Math.Min(needed, Array.MaxLength), points.End - place), cancellationToken).ConfigureAwait(false);
                return (Parse(bytes.Span, vlr, points, place), null);
            }
            catch (LazDataException broken)
            {
                missing = Text($"its chunk table at byte {place} is damaged: {broken.Message}");
            }
        }
        return (null, missing);
    }

    /// <summary>Writes the table.</summary>
    /// <param name="variable">Whether it tells the points of each chunk, as it must where the laszip VLR says nothing of them
    /// (<see cref="LazVlr.HasVariableChunks"/>).</param>
    /// <returns>The bytes to be put behind the last chunk; where they begin is to be put before the first one, in eight bytes.</returns>
    public byte[] ToBytes(bool variable)
    {
        var encoder = new ArithmeticEncoder();
        var head = encoder.Raw(HeadLength);
        BinaryPrimitives.WriteInt32LittleEndian(head, 0);
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], Count);
        if (Count > 0)
        {
            var arena = new ModelArena(decoding: false);
            IntegerModel numbers = default;
            numbers.Begin(arena, 32, 2);
            encoder.Begin();
            LazChunk last = default;
            for (var i = 0; i < Count; i++)
            {
                var chunk = this[i];
                if (variable)
                    numbers.Encode(encoder, arena, (int)(uint)last.Points, (int)(uint)chunk.Points, 0);
                numbers.Encode(encoder, arena, (int)(uint)last.Length, (int)(uint)chunk.Length, 1);
                last = chunk;
            }
            _ = encoder.End();
        }
        return encoder.Written.ToArray();
    }

    internal static LazChunkTable Rebuild(List<long> offsets, List<long> points, string reason) => new([.. offsets], [.. points], reason);

    private static unsafe LazChunkTable Parse(ReadOnlySpan<byte> table, LazVlr vlr, LazPoints points, long place)
    {
        var version = BinaryPrimitives.ReadUInt32LittleEndian(table);
        if (version != 0)
            throw new LazDataException(0, Text($"it is of version {version}, and only 0 is known"));
        var count = BinaryPrimitives.ReadUInt32LittleEndian(table[4..]);
        var room = (place - points.ChunksOffset) / vlr.RecordLength;
        if (count > room || count >= Array.MaxLength)
            throw new LazDataException(4, Text($"it has {count} chunks, and there is room for {room} points before it"));
        if (!vlr.HasVariableChunks && count != (points.Count + vlr.ChunkSize - 1) / vlr.ChunkSize)
            throw new LazDataException(4, Text($"it has {count} chunks, and {points.Count} points in chunks of {vlr.ChunkSize} are {(points.Count + vlr.ChunkSize - 1) / vlr.ChunkSize}"));

        var offsets = new long[count + 1];
        var firsts = new long[count + 1];
        offsets[0] = points.ChunksOffset;
        if (count > 0)
        {
            var arena = new ModelArena(decoding: true);
            IntegerModel numbers = default;
            numbers.Begin(arena, 32, 2);
            fixed (byte* bytes = table)
            {
                var decoder = new ArithmeticDecoder(bytes, bytes + HeadLength, bytes + table.Length);
                int length = 0, size = 0;
                for (var i = 0; i < count; i++)
                {
                    if (vlr.HasVariableChunks)
                        size = numbers.Decode(ref decoder, arena, size, 0);
                    length = numbers.Decode(ref decoder, arena, length, 1);
                    offsets[i + 1] = offsets[i] + (uint)length;
                    firsts[i + 1] = vlr.HasVariableChunks ? firsts[i] + (uint)size : Math.Min((i + 1L) * vlr.ChunkSize, points.Count);
                    if (length == 0)
                        throw new LazDataException(decoder.Next - bytes, Text($"chunk {i} has no bytes"));
                }
            }
        }
        if (offsets[^1] > place)
            throw new LazDataException(HeadLength, Text($"its chunks end at byte {offsets[^1]}, behind where it begins itself"));
        if (firsts[^1] != points.Count)
            throw new LazDataException(HeadLength, Text($"its chunks have {firsts[^1]} points, and the header says {points.Count}"));
        return new LazChunkTable(offsets, firsts, null);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
