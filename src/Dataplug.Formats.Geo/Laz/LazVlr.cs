using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>The record of a LAZ object that says how its points are compressed (LAZ specification, "LASzip VLR"): a variable length record of
/// the user <see cref="UserId"/> with the record ID <see cref="RecordId"/>.</summary>
public sealed class LazVlr
{
    /// <summary>The user ID of the record.</summary>
    public const string UserId = "laszip encoded";

    /// <summary>The record ID of the record.</summary>
    public const int RecordId = 22204;

    /// <summary>Points of a chunk that LASzip writes.</summary>
    public const int DefaultChunkSize = 50_000;

    /// <summary>The chunk size that says that chunks have any number of points, which the chunk table tells.</summary>
    public const uint VariableChunks = uint.MaxValue;

    /// <summary>Where the chunk size is in the payload.</summary>
    internal const int ChunkSizeAt = 12;

    private const int HeadLength = 34;
    private const int ItemLength = 6;
    private const string Newer = "Write the object with a compressor that LASzip 3 knows.";

    private LazVlr(LazCompressor compressor, ImmutableArray<LazItem> items)
    {
        Compressor = compressor;
        Items = items;
        RecordLength = items.Sum(item => item.Size);
    }

    /// <summary>How points are compressed.</summary>
    public LazCompressor Compressor { get; }

    /// <summary>The parts of a point record, in their order.</summary>
    public ImmutableArray<LazItem> Items { get; }

    /// <summary>Bytes of a point record: the sum of its items.</summary>
    public int RecordLength { get; }

    /// <summary>The version of LASzip that wrote the object: major, minor, revision.</summary>
    public (byte Major, byte Minor, ushort Revision) Version { get; init; }

    /// <summary>Bit 0: points of formats 6 to 10 are stored as formats 1 to 5 with extra bytes (LASzip's compatibility mode).</summary>
    public uint Options { get; init; }

    /// <summary>Points of each chunk but the last; <see cref="VariableChunks"/> where the chunk table tells.</summary>
    public uint ChunkSize { get; init; } = DefaultChunkSize;

    /// <summary>Records behind the points that LASzip writes for its own use; −1 where there are none.</summary>
    public long SpecialEvlrs { get; init; } = -1;

    /// <summary>Where those records begin, in bytes from the object's start; −1 where there are none.</summary>
    public long SpecialEvlrsOffset { get; init; } = -1;

    /// <summary>Whether points are in chunks, and a chunk table follows them.</summary>
    public bool IsChunked => Compressor is LazCompressor.Chunked or LazCompressor.Layered;

    /// <summary>Whether chunks have any number of points.</summary>
    public bool HasVariableChunks => IsChunked && ChunkSize == VariableChunks;

    /// <summary>Reads the record's payload.</summary>
    /// <param name="payload">The bytes behind the record's header.</param>
    /// <param name="source">The object, for what is said of errors.</param>
    /// <param name="offset">Where the payload begins in it, in bytes.</param>
    /// <exception cref="CorruptObjectException">It breaks a rule.</exception>
    /// <exception cref="UnsupportedFormatException">It names a compressor, a coder or an item that is not known.</exception>
    public static LazVlr Parse(ReadOnlySpan<byte> payload, string? source = null, long offset = 0)
    {
        if (payload.Length < HeadLength)
            throw Corrupt(source, offset, $"the laszip VLR has {payload.Length} bytes, and needs {HeadLength} at least");
        var compressor = (LazCompressor)BinaryPrimitives.ReadUInt16LittleEndian(payload);
        if (compressor > LazCompressor.Layered)
            throw new UnsupportedFormatException(source, Text($"the points are compressed by LASzip's compressor {(int)compressor}, and only 0 to 3 are known"), Newer, offset);
        var coder = BinaryPrimitives.ReadUInt16LittleEndian(payload[2..]);
        if (coder != 0)
            throw new UnsupportedFormatException(source, Text($"the points are compressed by LASzip's entropy coder {coder}, and only 0, the arithmetic coder, is known"), Newer, offset + 2);
        var count = BinaryPrimitives.ReadUInt16LittleEndian(payload[32..]);
        if (count == 0)
            throw Corrupt(source, offset + 32, "the laszip VLR has no items");
        if (payload.Length < HeadLength + count * ItemLength)
            throw Corrupt(source, offset + 32, $"the laszip VLR has {payload.Length} bytes, and its {count} items need {HeadLength + count * ItemLength}");

        var items = ImmutableArray.CreateBuilder<LazItem>(count);
        for (var i = 0; i < count; i++)
        {
            var at = HeadLength + i * ItemLength;
            var type = BinaryPrimitives.ReadUInt16LittleEndian(payload[at..]);
            var item = new LazItem((LazItemType)type, BinaryPrimitives.ReadUInt16LittleEndian(payload[(at + 2)..]), BinaryPrimitives.ReadUInt16LittleEndian(payload[(at + 4)..]));
            Check(item, compressor, source, offset + at);
            items.Add(item);
        }
        CheckOrder(items, compressor, source, offset + HeadLength);

        var chunkSize = BinaryPrimitives.ReadUInt32LittleEndian(payload[ChunkSizeAt..]);
        // As LASzip takes it: without a number there is one chunk that never ends, whose table tells.
        if (chunkSize == 0)
            chunkSize = VariableChunks;
        return new LazVlr(compressor, items.MoveToImmutable())
        {
            Version = (payload[4], payload[5], BinaryPrimitives.ReadUInt16LittleEndian(payload[6..])),
            Options = BinaryPrimitives.ReadUInt32LittleEndian(payload[8..]),
            ChunkSize = chunkSize,
            SpecialEvlrs = BinaryPrimitives.ReadInt64LittleEndian(payload[16..]),
            SpecialEvlrsOffset = BinaryPrimitives.ReadInt64LittleEndian(payload[24..]),
        };
    }

    /// <summary>Makes the record of points to be compressed.</summary>
    /// <param name="pointFormat">The point data record format, 0 to 10.</param>
    /// <param name="recordLength">Bytes of a point record, extra bytes included.</param>
    /// <param name="chunkSize">Points of a chunk, or <see cref="VariableChunks"/>.</param>
    /// <param name="itemVersion">How items are compressed: 0 for the usual, which is 2 (1 for wave packets) in formats 0 to 5 and 3 in formats 6
    /// to 10; 1 and 4 are the others.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such format or version, or records are too short for it.</exception>
    public static LazVlr Create(int pointFormat, int recordLength, uint chunkSize = DefaultChunkSize, int itemVersion = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pointFormat);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pointFormat, 10);
        ArgumentOutOfRangeException.ThrowIfZero(chunkSize);
        var layered = pointFormat >= 6;
        if (itemVersion == 0)
            itemVersion = layered ? 3 : 2;
        if (layered ? itemVersion is not (3 or 4) : itemVersion is not (1 or 2))
            throw new ArgumentOutOfRangeException(nameof(itemVersion), itemVersion, $"Points of format {pointFormat} are not compressed in this version.");

        var items = ImmutableArray.CreateBuilder<LazItem>();
        foreach (var type in TypesOf(pointFormat))
            items.Add(new LazItem(type, SizeOf(type), type == LazItemType.WavePacket13 ? 1 : itemVersion));
        var extra = recordLength - items.Sum(item => item.Size);
        ArgumentOutOfRangeException.ThrowIfNegative(extra, nameof(recordLength));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(recordLength, ushort.MaxValue);
        if (extra > 0)
            items.Add(new LazItem(layered ? LazItemType.Byte14 : LazItemType.Byte, extra, itemVersion));
        return new LazVlr(layered ? LazCompressor.Layered : LazCompressor.Chunked, items.ToImmutable()) { ChunkSize = chunkSize, Version = (3, 4, 3) };
    }

    /// <summary>Whether the items are those of a point data record format and of records of a length; says why not.</summary>
    /// <param name="pointFormat">The point data record format of the header, without the two bits that say that points are compressed.</param>
    /// <param name="recordLength">Bytes of a point record, as the header says.</param>
    /// <param name="source">The object, for what is said of errors.</param>
    /// <param name="offset">Where the record's payload begins in it, in bytes.</param>
    /// <exception cref="CorruptObjectException">They are not.</exception>
    /// <exception cref="UnsupportedFormatException">There is no such format.</exception>
    public void Validate(int pointFormat, int recordLength, string? source = null, long offset = 0)
    {
        if (pointFormat is < 0 or > 10)
            throw new UnsupportedFormatException(source, Text($"points are of point data record format {pointFormat}, and only 0 to 10 are known"), Newer, offset);
        if (RecordLength != recordLength)
            throw Corrupt(source, offset + HeadLength, $"the items of the laszip VLR are {RecordLength} bytes long, and point records {recordLength}");
        var types = TypesOf(pointFormat);
        var extra = Items.Length == types.Length + 1 && Items[^1].Type is LazItemType.Byte or LazItemType.Byte14 ? 1 : 0;
        if (!Items.Take(Items.Length - extra).Select(item => item.Type).SequenceEqual(types))
            throw Corrupt(source, offset + HeadLength, $"the items of the laszip VLR ({string.Join(", ", Items)}) are not those of point data record format {pointFormat}");
    }

    /// <summary>Writes the record's payload.</summary>
    public byte[] ToBytes()
    {
        var payload = new byte[HeadLength + Items.Length * ItemLength];
        BinaryPrimitives.WriteUInt16LittleEndian(payload, (ushort)Compressor);
        payload[4] = Version.Major;
        payload[5] = Version.Minor;
        BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(6), Version.Revision);
        BinaryPrimitives.WriteUInt32LittleEndian(payload.AsSpan(8), Options);
        BinaryPrimitives.WriteUInt32LittleEndian(payload.AsSpan(12), ChunkSize);
        BinaryPrimitives.WriteInt64LittleEndian(payload.AsSpan(16), SpecialEvlrs);
        BinaryPrimitives.WriteInt64LittleEndian(payload.AsSpan(24), SpecialEvlrsOffset);
        BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(32), (ushort)Items.Length);
        for (var i = 0; i < Items.Length; i++)
        {
            var at = payload.AsSpan(HeadLength + i * ItemLength);
            BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)Items[i].Type);
            BinaryPrimitives.WriteUInt16LittleEndian(at[2..], (ushort)Items[i].Size);
            BinaryPrimitives.WriteUInt16LittleEndian(at[4..], (ushort)Items[i].Version);
        }
        return payload;
    }

    /// <summary>The same points compressed with other chunks.</summary>
    /// <param name="chunkSize">Points of a chunk, or <see cref="VariableChunks"/>.</param>
    public LazVlr WithChunks(uint chunkSize) => new(Compressor, Items)
    {
        Version = Version,
        Options = Options,
        ChunkSize = chunkSize,
    };



    private static LazItemType[] TypesOf(int pointFormat) => pointFormat switch
    {
        0 => [LazItemType.Point10],
        1 => [LazItemType.Point10, LazItemType.GpsTime11],
        2 => [LazItemType.Point10, LazItemType.Rgb12],
        3 => [LazItemType.Point10, LazItemType.GpsTime11, LazItemType.Rgb12],
        4 => [LazItemType.Point10, LazItemType.GpsTime11, LazItemType.WavePacket13],
        5 => [LazItemType.Point10, LazItemType.GpsTime11, LazItemType.Rgb12, LazItemType.WavePacket13],
        6 => [LazItemType.Point14],
        7 => [LazItemType.Point14, LazItemType.Rgb14],
        8 => [LazItemType.Point14, LazItemType.RgbNir14],
        9 => [LazItemType.Point14, LazItemType.WavePacket14],
        _ => [LazItemType.Point14, LazItemType.RgbNir14, LazItemType.WavePacket14],
    };

    private static int SizeOf(LazItemType type) => type switch
    {
        LazItemType.Point10 => 20,
        LazItemType.GpsTime11 => 8,
        LazItemType.Rgb12 or LazItemType.Rgb14 => 6,
        LazItemType.RgbNir14 => 8,
        LazItemType.WavePacket13 or LazItemType.WavePacket14 => 29,
        LazItemType.Point14 => 30,
        _ => 0,
    };

    private static void Check(LazItem item, LazCompressor compressor, string? source, long offset)
    {
        var isByte = item.Type is LazItemType.Byte or LazItemType.Byte14;
        var size = SizeOf(item.Type);
        if (size == 0 && !isByte)
            throw new UnsupportedFormatException(source, Text($"the laszip VLR has an item of type {(int)item.Type} (size {item.Size}, version {item.Version}), which is not known"), Newer, offset);
        if (isByte ? item.Size == 0 : item.Size != size)
            throw Corrupt(source, offset + 2, $"the laszip VLR has an item {item} of {item.Size} bytes");
        var known = compressor == LazCompressor.None || item.Type switch
        {
            LazItemType.WavePacket13 => item.Version == 1,
            LazItemType.WavePacket14 => item.Version is 3 or 4,
            // Version 2 is what LASzip's prototype of layers called its version 3.
            LazItemType.Point14 or LazItemType.Rgb14 or LazItemType.RgbNir14 or LazItemType.Byte14 => item.Version is 2 or 3 or 4,
            _ => item.Version is 1 or 2,
        };
        if (!known)
            throw new UnsupportedFormatException(source, $"the points have an item {item}, whose version is not known", Newer, offset + 4);
        var isLayer = item.Type >= LazItemType.Point14;
        if (compressor != LazCompressor.None && isLayer != (compressor == LazCompressor.Layered))
            throw Corrupt(source, offset, $"the laszip VLR has an item {item}, which its compressor {(int)compressor} does not have");
    }

    // The order in which LASzip writes them: the point first and extra bytes last, none of them twice.
    private static void CheckOrder(ImmutableArray<LazItem>.Builder items, LazCompressor compressor, string? source, long offset)
    {
        if (compressor == LazCompressor.None)
            return;
        var last = -1;
        foreach (var item in items)
        {
            var rank = item.Type switch
            {
                LazItemType.Point10 or LazItemType.Point14 => 0,
                LazItemType.GpsTime11 => 1,
                LazItemType.Rgb12 or LazItemType.Rgb14 or LazItemType.RgbNir14 => 2,
                LazItemType.WavePacket13 or LazItemType.WavePacket14 => 3,
                _ => 4,
            };
            if (rank <= last || last < 0 && rank != 0)
                throw new UnsupportedFormatException(source, $"the items of the laszip VLR ({string.Join(", ", items)}) are in an order that no writer is known for", Newer, offset);
            last = rank;
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static CorruptObjectException Corrupt(string? source, long offset, FormattableString problem) => new(source, Text(problem), byteOffset: offset);

    private static CorruptObjectException Corrupt(string? source, long offset, string problem) => new(source, problem, byteOffset: offset);
}
