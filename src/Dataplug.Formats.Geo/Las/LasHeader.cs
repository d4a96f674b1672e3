using System.Buffers.Binary;
using System.Globalization;
using Dataplug.Storage;

namespace Dataplug.Formats.Geo;

/// <summary>The bits of the global encoding field (LAS 1.4 R15, section 2.4).</summary>
[Flags]
public enum LasGlobalEncoding
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>GPS times are standard GPS times minus 10⁹ seconds; seconds of the week otherwise.</summary>
    AdjustedGpsTime = 1,

    /// <summary>Waveform data packets are in the object.</summary>
    WaveformInternal = 2,

    /// <summary>Waveform data packets are in another object, with the ending <c>.wdp</c>.</summary>
    WaveformExternal = 4,

    /// <summary>Return numbers are made up.</summary>
    SyntheticReturns = 8,

    /// <summary>The coordinate reference system is WKT.</summary>
    Wkt = 16,
}

/// <summary>The head of a LAS object: its public header block, and its variable length records (LAS 1.4 R15, sections 2.4 and 2.5).</summary>
public sealed class LasHeader
{
    internal const int ShortestLength = 227;
    internal const int WaveformHeaderLength = 235;
    internal const int LongLength = 375;

    /// <summary>The most bytes before the points.</summary>
    internal const long MaxLength = 256 << 20;

    private const int FirstRead = 64 << 10;
    private const byte CompressionBits = 0xc0;

    // Where the fields are.
    private const int EncodingAt = 6;
    private const int LegacyCountAt = 107;
    private const int LegacyByReturnAt = 111;
    private const int ScaleAt = 131;
    private const int ShiftAt = 155;
    private const int BoundsAt = 179;
    private const int WaveformAt = 227;
    private const int EvlrAt = 235;
    private const int CountAt = 247;
    private const int ByReturnAt = 255;

    private LasHeader(ReadOnlyMemory<byte> bytes, LasPointFormat pointFormat, IReadOnlyList<LasVlr> vlrs)
    {
        Bytes = bytes;
        PointFormat = pointFormat;
        Vlrs = vlrs;
        var head = bytes.Span;
        MinorVersion = head[25];
        FileSourceId = BinaryPrimitives.ReadUInt16LittleEndian(head[4..]);

        // Reserved before LAS 1.2, but for what wrote it.
        GlobalEncoding = MinorVersion >= 2 ? (LasGlobalEncoding)BinaryPrimitives.ReadUInt16LittleEndian(head[EncodingAt..]) : LasGlobalEncoding.None;
        ProjectId = new Guid(head.Slice(8, 16));
        SystemIdentifier = LasVlr.TextOf(head.Slice(26, 32));
        GeneratingSoftware = LasVlr.TextOf(head.Slice(58, 32));
        CreationDay = BinaryPrimitives.ReadUInt16LittleEndian(head[90..]);
        CreationYear = BinaryPrimitives.ReadUInt16LittleEndian(head[92..]);
        HeaderSize = BinaryPrimitives.ReadUInt16LittleEndian(head[94..]);
        PointsOffset = BinaryPrimitives.ReadUInt32LittleEndian(head[96..]);
        IsCompressed = (head[104] & CompressionBits) != 0;
        LegacyPoints = BinaryPrimitives.ReadUInt32LittleEndian(head[LegacyCountAt..]);
        Scale = Vector(head[ScaleAt..]);
        Shift = Vector(head[ShiftAt..]);
        Max = new LasVector(Double(head, BoundsAt), Double(head, BoundsAt + 16), Double(head, BoundsAt + 32));
        Min = new LasVector(Double(head, BoundsAt + 8), Double(head, BoundsAt + 24), Double(head, BoundsAt + 40));
        if (MinorVersion >= 3)
            WaveformOffset = Offset(head, WaveformAt);
        if (MinorVersion >= 4)
        {
            EvlrOffset = Offset(head, EvlrAt);
            EvlrCount = BinaryPrimitives.ReadUInt32LittleEndian(head[243..]);
        }

        // Section 2.4: where the legacy fields can say it, both do; writers have left out the one or the other.
        var extended = MinorVersion >= 4 ? BinaryPrimitives.ReadUInt64LittleEndian(head[CountAt..]) : 0;
        UsesLegacyCounts = MinorVersion < 4 || (extended == 0 && LegacyPoints > 0);
        Points = UsesLegacyCounts ? LegacyPoints : (long)Math.Min(extended, long.MaxValue);
        var byReturn = new long[UsesLegacyCounts ? 5 : 15];
        for (var i = 0; i < byReturn.Length; i++)
            byReturn[i] = UsesLegacyCounts ? BinaryPrimitives.ReadUInt32LittleEndian(head[(LegacyByReturnAt + (4 * i))..]) : (long)Math.Min(long.MaxValue, BinaryPrimitives.ReadUInt64LittleEndian(head[(ByReturnAt + (8 * i))..]));
        PointsByReturn = byReturn;
    }

    /// <summary>The first bytes of every LAS object, and of every LAZ one.</summary>
    public static ReadOnlySpan<byte> Magic => "LASF"u8;

    /// <summary>The minor version, 0 to 4; the major one is 1.</summary>
    public int MinorVersion { get; }

    /// <summary>A number that its author gave the file; 0 for none.</summary>
    public int FileSourceId { get; }

    /// <summary>What the fields mean, as bits; none before LAS 1.2.</summary>
    public LasGlobalEncoding GlobalEncoding { get; }

    /// <summary>The project, or all zeros.</summary>
    public Guid ProjectId { get; }

    /// <summary>The instrument, or what was done to the points.</summary>
    public string SystemIdentifier { get; }

    /// <summary>The program that wrote the file.</summary>
    public string GeneratingSoftware { get; }

    /// <summary>Day of the year on which it was written, from 1; 0 where not told.</summary>
    public int CreationDay { get; }

    /// <summary>Year in which it was written; 0 where not told.</summary>
    public int CreationYear { get; }

    /// <summary>Bytes of the public header block.</summary>
    public int HeaderSize { get; }

    /// <summary>Where the points start.</summary>
    public long PointsOffset { get; }

    /// <summary>What a point record holds.</summary>
    public LasPointFormat PointFormat { get; }

    /// <summary>Whether the points are compressed (LAZ).</summary>
    public bool IsCompressed { get; }

    /// <summary>The number of points as the header has it: the 64-bit field, or the 32-bit one where only that is filled.</summary>
    public long Points { get; }

    /// <summary>The number of points of the first, second, … return, as the header has it: 15, or 5 of the legacy field.</summary>
    public IReadOnlyList<long> PointsByReturn { get; }

    /// <summary>The legacy, 32-bit number of points.</summary>
    public long LegacyPoints { get; }

    /// <summary>By what stored coordinates are multiplied.</summary>
    public LasVector Scale { get; }

    /// <summary>What is added to them after that.</summary>
    public LasVector Shift { get; }

    /// <summary>The least coordinates as the header has them.</summary>
    public LasVector Min { get; }

    /// <summary>The greatest coordinates as the header has them.</summary>
    public LasVector Max { get; }

    /// <summary>Where the record of waveform data packets starts (LAS 1.3 and later); 0 for none.</summary>
    public long WaveformOffset { get; }

    /// <summary>Whether there are waveform data packets in the object, so that <see cref="WaveformOffset"/> counts.</summary>
    internal bool HasWaveforms => WaveformOffset > 0 && GlobalEncoding.HasFlag(LasGlobalEncoding.WaveformInternal);

    /// <summary>Where the first extended variable length record starts (LAS 1.4); 0 for none.</summary>
    public long EvlrOffset { get; }

    /// <summary>The number of extended variable length records (LAS 1.4).</summary>
    public long EvlrCount { get; }

    /// <summary>The variable length records.</summary>
    public IReadOnlyList<LasVlr> Vlrs { get; }

    /// <summary>The coordinate reference system, as far as these records tell it; null where they don't.</summary>
    public LasCrs? Crs => LasCrs.Of(Vlrs, GlobalEncoding.HasFlag(LasGlobalEncoding.Wkt));

    /// <summary>All bytes before the points, as they are stored.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    internal bool UsesLegacyCounts { get; }

    /// <summary>Whether stored coordinates mean places: the scales are numbers other than 0, and the offsets numbers.</summary>
    internal bool HasPlaces =>
        IsScale(Scale.X) && IsScale(Scale.Y) && double.IsFinite(Shift.X) && double.IsFinite(Shift.Y);

    /// <summary>Reads the head of an object: one request for almost all, two where there is more than 64 KiB before the points.</summary>
    /// <exception cref="CorruptObjectException">It breaks a rule of the specification.</exception>
    /// <exception cref="UnsupportedFormatException">No LAS, of a later version, or with more than 256 MiB before the points.</exception>
    public static async Task<LasHeader> ReadAsync(PinnedObject source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        var name = source.Uri.Display;
        var head = await source.ReadAsync(new ByteRange(0, Math.Min(source.Size, FirstRead)), cancellationToken).ConfigureAwait(false);
        var offset = CheckStart(head, name);
        if (offset > source.Size)
            throw new CorruptObjectException(name, $"the points are said to start at byte {offset}, behind the end of the object's {source.Size} bytes", byteOffset: 96);
        if (offset > head.Length)
            head = await source.ReadAsync(new ByteRange(0, offset), cancellationToken).ConfigureAwait(false);
        return Parse(head.AsMemory(0, (int)offset), name);
    }

    /// <summary>Reads the head of an object from its bytes.</summary>
    /// <param name="bytes">The bytes from the start of the object; those from <see cref="PointsOffset"/> on are left out.</param>
    /// <param name="source">The object's name, for messages.</param>
    /// <inheritdoc cref="ReadAsync" path="/exception"/>
    public static LasHeader Parse(ReadOnlyMemory<byte> bytes, string source)
    {
        var offset = CheckStart(bytes.Span, source);
        if (offset > bytes.Length)
            throw new CorruptObjectException(source, $"the points are said to start at byte {offset}, but there are {bytes.Length} bytes", byteOffset: 96);
        bytes = bytes[..(int)offset];
        var head = bytes.Span;
        var vlrs = ReadVlrs(bytes, source);
        var id = head[104] & ~CompressionBits;
        var length = BinaryPrimitives.ReadUInt16LittleEndian(head[105..]);
        return new LasHeader(bytes, MakePointFormat(id, length, vlrs), vlrs);
    }

    /// <summary>The same head, whose points have the extra bytes that some more records describe.</summary>
    internal LasHeader With(IReadOnlyList<LasVlr> evlrs) =>
        PointFormat.ExtraBytes is [{ Type: LasExtraType.Undocumented }] && evlrs.Any(vlr => vlr.Is(LasVlr.SpecUser, LasVlr.ExtraBytesRecord))
            ? new LasHeader(Bytes, MakePointFormat(PointFormat.Id, PointFormat.RecordLength, [.. Vlrs, .. evlrs]), Vlrs)
            : this;

    /// <summary>The place of a stored coordinate.</summary>
    internal double PlaceX(int x) => (x * Scale.X) + Shift.X;

    /// <inheritdoc cref="PlaceX"/>
    internal double PlaceY(int y) => (y * Scale.Y) + Shift.Y;

    /// <inheritdoc cref="PlaceX"/>
    internal double PlaceZ(int z) => (z * Scale.Z) + Shift.Z;

    /// <summary>The least and greatest places of some points; zeros of none.</summary>
    internal (LasVector Min, LasVector Max) PlacesOf(LasBounds bounds)
    {
        if (bounds.IsEmpty)
            return default;
        var (x, y, z) = (Ordered(PlaceX(bounds.MinX), PlaceX(bounds.MaxX)), Ordered(PlaceY(bounds.MinY), PlaceY(bounds.MaxY)), Ordered(PlaceZ(bounds.MinZ), PlaceZ(bounds.MaxZ)));
        return (new LasVector(x.Min, y.Min, z.Min), new LasVector(x.Max, y.Max, z.Max));

        static (double Min, double Max) Ordered(double a, double b) => a <= b ? (a, b) : (b, a);
    }

    /// <summary>The head of a file with some of the points: counts, bounds and places of other things are those of the file; all else
    /// stays, but records that speak of the object's points by their place, which are marked as superseded (section 4.4).</summary>
    internal byte[] Rewrite(LasSummary summary, long evlrCount)
    {
        var bytes = Bytes.ToArray();
        var head = bytes.AsSpan();
        foreach (var vlr in Vlrs.Where(vlr => vlr.IsBoundToObject))
            Supersede(head[(int)vlr.Offset..]);

        // Section 2.4: the legacy fields are 0 where they can't say it.
        var isLegacy = !PointFormat.IsExtended && summary.Points <= uint.MaxValue;
        if (MinorVersion < 4 && summary.Points > uint.MaxValue)
            throw new InvalidOperationException($"{summary.Points} points don't fit in a file of LAS 1.{MinorVersion}.");
        var writesLegacy = isLegacy || MinorVersion < 4;
        BinaryPrimitives.WriteUInt32LittleEndian(head[LegacyCountAt..], writesLegacy ? (uint)summary.Points : 0);
        for (var i = 0; i < 5; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(head[(LegacyByReturnAt + (4 * i))..], writesLegacy ? (uint)summary.ByReturn[i + 1] : 0);
        var (min, max) = PlacesOf(summary.Bounds);
        foreach (var (i, value) in (ReadOnlySpan<(int, double)>)[(0, max.X), (1, min.X), (2, max.Y), (3, min.Y), (4, max.Z), (5, min.Z)])
            BinaryPrimitives.WriteDoubleLittleEndian(head[(BoundsAt + (8 * i))..], value);
        if (MinorVersion >= 3)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(head[WaveformAt..], 0);
            BinaryPrimitives.WriteUInt16LittleEndian(head[EncodingAt..], (ushort)(GlobalEncoding & ~LasGlobalEncoding.WaveformInternal));
        }

        if (MinorVersion >= 4)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(head[EvlrAt..], evlrCount == 0 ? 0 : (ulong)(PointsOffset + (summary.Points * PointFormat.RecordLength)));
            BinaryPrimitives.WriteUInt32LittleEndian(head[243..], (uint)evlrCount);
            BinaryPrimitives.WriteUInt64LittleEndian(head[CountAt..], (ulong)summary.Points);
            for (var i = 0; i < 15; i++)
                BinaryPrimitives.WriteUInt64LittleEndian(head[(ByReturnAt + (8 * i))..], (ulong)summary.ByReturn[i + 1]);
        }

        return bytes;
    }

    /// <summary>Marks a variable length record as superseded (section 4.4).</summary>
    /// <param name="record">The record, from its header on.</param>
    internal static void Supersede(Span<byte> record)
    {
        record.Slice(2, 16).Clear();
        "LASF_Spec"u8.CopyTo(record[2..]);
        BinaryPrimitives.WriteUInt16LittleEndian(record[18..], LasVlr.SupersededRecord);
    }

    // The fixed part, as far as the rest hangs on it; gives where the points start.
    private static long CheckStart(ReadOnlySpan<byte> head, string source)
    {
        if (!head.StartsWith(Magic))
        {
            throw Magic.StartsWith(head)
                ? new CorruptObjectException(source, $"{head.Length} bytes are too few for a LAS header", byteOffset: head.Length)
                : new UnsupportedFormatException(source, "the object does not start with 'LASF', so it is not LAS", byteOffset: 0);
        }

        if (head.Length < ShortestLength)
            throw new CorruptObjectException(source, $"{head.Length} bytes are too few for a LAS header of at least {ShortestLength}", byteOffset: head.Length);
        var (major, minor) = (head[24], head[25]);
        if (major != 1 || minor > 4)
            throw new UnsupportedFormatException(source, $"the object is LAS {major}.{minor}; LAS 1.0 to 1.4 is read", "Convert it to LAS 1.4.", 24);
        int size = BinaryPrimitives.ReadUInt16LittleEndian(head[94..]);
        var least = minor switch { 4 => LongLength, 3 => WaveformHeaderLength, _ => ShortestLength };
        if (size < least)
            throw new CorruptObjectException(source, $"the header has {size} bytes; one of LAS 1.{minor} has at least {least}", byteOffset: 94);
        long offset = BinaryPrimitives.ReadUInt32LittleEndian(head[96..]);
        if (offset < size)
            throw new CorruptObjectException(source, $"the points are said to start at byte {offset}, inside the header of {size} bytes", byteOffset: 96);
        if (offset > MaxLength)
            throw new UnsupportedFormatException(source, string.Create(CultureInfo.InvariantCulture, $"{offset} bytes lie before the points; up to {MaxLength} are read"), "Leave out variable length records that nobody needs.", 96);
        if (head.Length < least)
            throw new CorruptObjectException(source, $"{head.Length} bytes are too few for a header of LAS 1.{minor}", byteOffset: head.Length);
        var id = head[104] & ~CompressionBits;
        if (id > LasPointFormat.Greatest)
            throw new UnsupportedFormatException(source, $"the points are of point data record format {id}; formats 0 to {LasPointFormat.Greatest} are read", "Convert them to one of those.", 104);
        int length = BinaryPrimitives.ReadUInt16LittleEndian(head[105..]);
        return length >= LasPointFormat.BaseLengthOf(id)
            ? offset
            : throw new CorruptObjectException(source, $"a point record has {length} bytes; one of format {id} has at least {LasPointFormat.BaseLengthOf(id)}", byteOffset: 105);
    }

    private static List<LasVlr> ReadVlrs(ReadOnlyMemory<byte> bytes, string source)
    {
        var head = bytes.Span;
        long count = BinaryPrimitives.ReadUInt32LittleEndian(head[100..]);
        var vlrs = new List<LasVlr>();
        var at = (int)BinaryPrimitives.ReadUInt16LittleEndian(head[94..]);
        for (var i = 0L; i < count; i++)
        {
            if (bytes.Length - at < LasVlr.HeaderLength)
                throw new CorruptObjectException(source, $"variable length record {i + 1} of {count} begins at byte {at}, but the points at byte {bytes.Length}", byteOffset: at);
            int length = BinaryPrimitives.ReadUInt16LittleEndian(head[(at + 20)..]);
            var start = at + LasVlr.HeaderLength;
            if (bytes.Length - start < length)
                throw new CorruptObjectException(source, $"variable length record {i + 1} of {count} has {length} bytes, which run into the points at byte {bytes.Length}", byteOffset: at);
            vlrs.Add(new LasVlr(head.Slice(at, LasVlr.HeaderLength), at, isExtended: false, bytes.Slice(start, length)));
            at = start + length;
        }

        return vlrs;
    }

    private static LasPointFormat MakePointFormat(int id, int recordLength, IReadOnlyList<LasVlr> vlrs)
    {
        var extra = new List<LasExtraBytes>();
        var at = LasPointFormat.BaseLengthOf(id);
        if (at < recordLength && vlrs.FirstOrDefault(vlr => vlr.Is(LasVlr.SpecUser, LasVlr.ExtraBytesRecord)) is { } described)
        {
            for (var entry = described.Data; entry.Length >= LasExtraBytes.DescriptorLength; entry = entry[LasExtraBytes.DescriptorLength..])
            {
                // What is behind an entry that says nothing is at no known place.
                if (LasExtraBytes.Parse(entry.Span, at) is not { } next)
                    break;

                // "Extra bytes mismatch" (section 4.3): a description of more bytes than there are is void.
                if (next.Length > recordLength - at)
                {
                    extra.Clear();
                    at = LasPointFormat.BaseLengthOf(id);
                    break;
                }

                extra.Add(next);
                at += next.Length;
            }
        }

        if (at < recordLength)
            extra.Add(LasExtraBytes.Undescribed(at, recordLength - at));
        return new LasPointFormat(id, recordLength, extra);
    }

    private static bool IsScale(double scale) => double.IsFinite(scale) && scale != 0;

    private static double Double(ReadOnlySpan<byte> head, int at) => BinaryPrimitives.ReadDoubleLittleEndian(head[at..]);

    private static LasVector Vector(ReadOnlySpan<byte> head) => new(Double(head, 0), Double(head, 8), Double(head, 16));

    private static long Offset(ReadOnlySpan<byte> head, int at) => (long)Math.Min(long.MaxValue, BinaryPrimitives.ReadUInt64LittleEndian(head[at..]));
}
