using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Dataplug.Formats.Geo;

/// <summary>The flags of a point's classification (LAS 1.4 R15, section 2.6).</summary>
[Flags]
public enum LasClassificationBits
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Made by other means than measuring.</summary>
    Synthetic = 1,

    /// <summary>A model key point, which is not to be thinned out.</summary>
    KeyPoint = 2,

    /// <summary>Withheld: as good as deleted.</summary>
    Withheld = 4,

    /// <summary>In the overlap of two or more swaths; formats 6 to 10 only.</summary>
    Overlap = 8,
}

/// <summary>Some points, as columns. Columns are made of the records when they are first asked for, and kept; an attribute that the
/// points' format does not have is an empty column.</summary>
/// <remarks>May be used by several threads at once.</remarks>
public sealed class LasPoints
{
    private const double ExtendedAngleUnit = 0.006;

    private double[]? _x;
    private double[]? _y;
    private double[]? _z;
    private int[]? _rawX;
    private int[]? _rawY;
    private int[]? _rawZ;
    private ushort[]? _intensity;
    private byte[]? _returnNumber;
    private byte[]? _numberOfReturns;
    private byte[]? _classification;
    private LasClassificationBits[]? _flags;
    private byte[]? _scannerChannel;
    private bool[]? _scanDirection;
    private bool[]? _edge;
    private double[]? _scanAngle;
    private byte[]? _userData;
    private ushort[]? _pointSourceId;
    private double[]? _gpsTime;
    private ushort[]? _red;
    private ushort[]? _green;
    private ushort[]? _blue;
    private ushort[]? _nearInfrared;
    private byte[]? _waveDescriptor;
    private ulong[]? _waveOffset;
    private uint[]? _waveLength;
    private float[]? _waveLocation;
    private float[]? _waveX;
    private float[]? _waveY;
    private float[]? _waveZ;

    /// <summary>Creates points of their records.</summary>
    /// <param name="records">Whole records, one behind the other.</param>
    /// <param name="header">The head of their object: formats, scales and offsets.</param>
    /// <exception cref="ArgumentException">The records are not whole.</exception>
    public LasPoints(ReadOnlyMemory<byte> records, LasHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        if (records.Length % header.PointFormat.RecordLength != 0)
            throw new ArgumentException($"{records.Length} bytes are no whole number of records of {header.PointFormat.RecordLength} bytes.", nameof(records));
        Records = records;
        Header = header;
        Count = records.Length / header.PointFormat.RecordLength;
    }

    /// <summary>Number of points.</summary>
    public int Count { get; }

    /// <summary>The records as they are stored, one behind the other.</summary>
    public ReadOnlyMemory<byte> Records { get; }

    /// <summary>The head of the object that the points are of; its counts and bounds are those of the object.</summary>
    public LasHeader Header { get; }

    /// <summary>What the records hold.</summary>
    public LasPointFormat Format => Header.PointFormat;

    /// <summary>x, in the units of the coordinate reference system.</summary>
    public ReadOnlySpan<double> X => _x ??= Places(0, Header.Scale.X, Header.Shift.X);

    /// <summary>y, in the units of the coordinate reference system.</summary>
    public ReadOnlySpan<double> Y => _y ??= Places(4, Header.Scale.Y, Header.Shift.Y);

    /// <summary>z, in the units of the coordinate reference system.</summary>
    public ReadOnlySpan<double> Z => _z ??= Places(8, Header.Scale.Z, Header.Shift.Z);

    /// <summary>X as stored.</summary>
    public ReadOnlySpan<int> RawX => _rawX ??= Int32s(0);

    /// <summary>Y as stored.</summary>
    public ReadOnlySpan<int> RawY => _rawY ??= Int32s(4);

    /// <summary>Z as stored.</summary>
    public ReadOnlySpan<int> RawZ => _rawZ ??= Int32s(8);

    /// <summary>Intensity of the return, in units of the instrument.</summary>
    public ReadOnlySpan<ushort> Intensity => _intensity ??= UInt16s(12);

    /// <summary>Which return of its pulse, from 1 to 5, or to 15 in formats 6 to 10.</summary>
    public ReadOnlySpan<byte> ReturnNumber => _returnNumber ??= Bytes(LasPointFormat.ReturnOffset, 0, Format.IsExtended ? 0x0f : 0x07);

    /// <summary>How many returns its pulse has.</summary>
    public ReadOnlySpan<byte> NumberOfReturns => _numberOfReturns ??= Bytes(LasPointFormat.ReturnOffset, Format.IsExtended ? 4 : 3, Format.IsExtended ? 0x0f : 0x07);

    /// <summary>Its class: 0 to 31, or to 255 in formats 6 to 10: 2 ground, 6 building, 9 water, …</summary>
    public ReadOnlySpan<byte> Classification => _classification ??= Bytes(Format.ClassificationOffset, 0, Format.IsExtended ? 0xff : 0x1f);

    /// <summary>The flags of its classification.</summary>
    public ReadOnlySpan<LasClassificationBits> Flags => _flags ??= Make<LasClassificationBits>(Format.IsExtended ? record => (LasClassificationBits)(record[15] & 0x0f) : record => (LasClassificationBits)(record[15] >> 5));

    /// <summary>Which of several scanners or channels, 0 to 3; 0 in formats 0 to 5.</summary>
    public ReadOnlySpan<byte> ScannerChannel => _scannerChannel ??= Format.IsExtended ? Bytes(15, 4, 0x03) : new byte[Count];

    /// <summary>Whether the mirror moved in the positive direction.</summary>
    public ReadOnlySpan<bool> ScanDirection => _scanDirection ??= Make<bool>(Format.IsExtended ? record => (record[15] & 0x40) != 0 : record => (record[14] & 0x40) != 0);

    /// <summary>Whether it is the last point of a scan line.</summary>
    public ReadOnlySpan<bool> EdgeOfFlightLine => _edge ??= Make<bool>(Format.IsExtended ? record => (record[15] & 0x80) != 0 : record => (record[14] & 0x80) != 0);

    /// <summary>The angle at which it was measured, in degrees from nadir, negative to the left: whole ones, or in steps of 0.006 in formats 6 to 10.</summary>
    public ReadOnlySpan<double> ScanAngle => _scanAngle ??= Make<double>(Format.IsExtended
        ? record => BinaryPrimitives.ReadInt16LittleEndian(record[18..]) * ExtendedAngleUnit
        : record => (double)(sbyte)record[16]);

    /// <summary>What its author put there.</summary>
    public ReadOnlySpan<byte> UserData => _userData ??= Bytes(LasPointFormat.UserDataOffset, 0, 0xff);

    /// <summary>The file, or flight line, that it came from.</summary>
    public ReadOnlySpan<ushort> PointSourceId => _pointSourceId ??= UInt16s(Format.PointSourceOffset);

    /// <summary>When it was measured, in seconds: of the GPS week, or adjusted standard GPS time, as <see cref="LasHeader.GlobalEncoding"/> says.</summary>
    public ReadOnlySpan<double> GpsTime => _gpsTime ??= Format.HasGpsTime ? Make(record => BinaryPrimitives.ReadDoubleLittleEndian(record[Format.GpsTimeOffset..])) : [];

    /// <summary>Red, 0 to 65535.</summary>
    public ReadOnlySpan<ushort> Red => _red ??= Format.HasColor ? UInt16s(Format.ColorOffset) : [];

    /// <summary>Green, 0 to 65535.</summary>
    public ReadOnlySpan<ushort> Green => _green ??= Format.HasColor ? UInt16s(Format.ColorOffset + 2) : [];

    /// <summary>Blue, 0 to 65535.</summary>
    public ReadOnlySpan<ushort> Blue => _blue ??= Format.HasColor ? UInt16s(Format.ColorOffset + 4) : [];

    /// <summary>Near infrared, 0 to 65535.</summary>
    public ReadOnlySpan<ushort> NearInfrared => _nearInfrared ??= Format.HasNearInfrared ? UInt16s(Format.NearInfraredOffset) : [];

    /// <summary>Which description of wave packets is its own; 0 for none.</summary>
    public ReadOnlySpan<byte> WavePacketDescriptor => _waveDescriptor ??= Format.HasWavePackets ? Bytes(Format.WavePacketOffset, 0, 0xff) : [];

    /// <summary>Where its wave packet starts, in bytes from the start of the record of waveform data packets.</summary>
    public ReadOnlySpan<ulong> WavePacketOffset => _waveOffset ??= Format.HasWavePackets ? Make(record => BinaryPrimitives.ReadUInt64LittleEndian(record[(Format.WavePacketOffset + 1)..])) : [];

    /// <summary>Bytes of its wave packet.</summary>
    public ReadOnlySpan<uint> WavePacketLength => _waveLength ??= Format.HasWavePackets ? Make(record => BinaryPrimitives.ReadUInt32LittleEndian(record[(Format.WavePacketOffset + 9)..])) : [];

    /// <summary>Where in its wave packet the return is, in picoseconds.</summary>
    public ReadOnlySpan<float> ReturnPointLocation => _waveLocation ??= Wave(13);

    /// <summary>How far x moves along the wave in a picosecond.</summary>
    public ReadOnlySpan<float> WaveX => _waveX ??= Wave(17);

    /// <summary>How far y moves along the wave in a picosecond.</summary>
    public ReadOnlySpan<float> WaveY => _waveY ??= Wave(21);

    /// <summary>How far z moves along the wave in a picosecond.</summary>
    public ReadOnlySpan<float> WaveZ => _waveZ ??= Wave(25);

    /// <summary>The record of one point, as it is stored.</summary>
    public ReadOnlySpan<byte> RecordOf(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return Records.Span.Slice(index * Format.RecordLength, Format.RecordLength);
    }

    /// <summary>An extra attribute as numbers: multiplied by its scale, with its offset added; NaN where it has no value.</summary>
    /// <param name="name">Its name, as in <see cref="LasPointFormat.ExtraBytes"/>.</param>
    /// <param name="element">Which of its elements, from 0.</param>
    /// <exception cref="ArgumentException">There is no such attribute or element, or it is one of bytes without a type.</exception>
    public double[] ExtraValues(string name, int element = 0)
    {
        var attribute = FindExtra(name);
        if (attribute.Type == LasExtraType.Undocumented)
            throw new ArgumentException($"The extra attribute '{name}' is of bytes without a type.", nameof(name));
        ArgumentOutOfRangeException.ThrowIfNegative(element);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(element, attribute.Elements);
        var at = attribute.Offset + (element * attribute.ElementLength);
        var (scale, shift) = (attribute.Scale?[element] ?? 1, attribute.Shift?[element] ?? 0);
        var noData = attribute.NoData?[element];
        return Make(record => LasExtraBytes.NumberOf(record[at..], attribute.Type) is var number && number == noData ? double.NaN : (number * scale) + shift);
    }

    /// <summary>An extra attribute as it is stored, in its own type, all elements of a point one behind the other.</summary>
    /// <typeparam name="T">The type of <see cref="LasExtraBytes.Type"/>: <see cref="byte"/>, …, <see cref="double"/>; <see cref="byte"/> also of undocumented ones.</typeparam>
    /// <param name="name">Its name.</param>
    /// <exception cref="ArgumentException">There is no such attribute, or it is of another type.</exception>
    public T[] Extra<T>(string name)
        where T : unmanaged
    {
        var attribute = FindExtra(name);
        var type = attribute.Type switch
        {
            LasExtraType.Undocumented or LasExtraType.Unsigned8 => typeof(byte),
            LasExtraType.Signed8 => typeof(sbyte),
            LasExtraType.Unsigned16 => typeof(ushort),
            LasExtraType.Signed16 => typeof(short),
            LasExtraType.Unsigned32 => typeof(uint),
            LasExtraType.Signed32 => typeof(int),
            LasExtraType.Unsigned64 => typeof(ulong),
            LasExtraType.Signed64 => typeof(long),
            LasExtraType.Real32 => typeof(float),
            _ => typeof(double),
        };
        if (typeof(T) != type)
            throw new ArgumentException($"The extra attribute '{name}' is of the type {type.Name}, not {typeof(T).Name}.", nameof(name));
        var bytes = new byte[Count * attribute.Length];
        for (var i = 0; i < Count; i++)
            RecordOf(i).Slice(attribute.Offset, attribute.Length).CopyTo(bytes.AsSpan(i * attribute.Length));
        return MemoryMarshal.Cast<byte, T>(bytes).ToArray();
    }

    internal static int RawXOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt32LittleEndian(record);

    internal static int RawYOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt32LittleEndian(record[4..]);

    internal static int RawZOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt32LittleEndian(record[8..]);

    private LasExtraBytes FindExtra(string name) =>
        Format.ExtraBytes.FirstOrDefault(attribute => attribute.Name == name)
            ?? throw new ArgumentException($"There is no extra attribute '{name}'; there are: {string.Join(", ", Format.ExtraBytes.Select(attribute => attribute.Name))}.", nameof(name));

    private float[] Wave(int at) => Format.HasWavePackets ? Make(record => BinaryPrimitives.ReadSingleLittleEndian(record[(Format.WavePacketOffset + at)..])) : [];

    private double[] Places(int at, double scale, double shift)
    {
        var values = new double[Count];
        var records = Records.Span;
        var length = Format.RecordLength;
        for (var i = 0; i < values.Length; i++)
            values[i] = (BinaryPrimitives.ReadInt32LittleEndian(records[((i * length) + at)..]) * scale) + shift;
        return values;
    }

    private int[] Int32s(int at)
    {
        var values = new int[Count];
        var records = Records.Span;
        var length = Format.RecordLength;
        for (var i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadInt32LittleEndian(records[((i * length) + at)..]);
        return values;
    }

    private ushort[] UInt16s(int at)
    {
        var values = new ushort[Count];
        var records = Records.Span;
        var length = Format.RecordLength;
        for (var i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadUInt16LittleEndian(records[((i * length) + at)..]);
        return values;
    }

    private byte[] Bytes(int at, int shift, int mask)
    {
        var values = new byte[Count];
        var records = Records.Span;
        var length = Format.RecordLength;
        for (var i = 0; i < values.Length; i++)
            values[i] = (byte)((records[(i * length) + at] >> shift) & mask);
        return values;
    }

    private T[] Make<T>(RecordValue<T> value)
    {
        var values = new T[Count];
        var records = Records.Span;
        var length = Format.RecordLength;
        for (var i = 0; i < values.Length; i++)
            values[i] = value(records.Slice(i * length, length));
        return values;
    }

    private delegate T RecordValue<out T>(ReadOnlySpan<byte> record);
}
