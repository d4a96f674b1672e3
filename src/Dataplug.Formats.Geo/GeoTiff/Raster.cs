using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Dataplug.Formats.Geo;

/// <summary>
/// Pixels in memory: bands × rows × columns of one type, band after band, row after row. All of a window, or a block of it.
/// </summary>
public sealed class Raster
{
    private readonly byte[][] _bands;
    private readonly byte[]? _mask;
    private readonly int? _alpha;
    private readonly NoDataTest _noData;

    internal Raster(RasterType type, RasterWindow window, int bands, RasterContext context, bool hasMask)
    {
        Type = type;
        Window = window;
        Level = context.Level;
        BandNumbers = context.BandNumbers;
        Transform = context.Transform?.Translate(window.Column - context.Window.Column, window.Row - context.Window.Row);
        Epsg = context.Epsg;
        NoDataText = context.NoData;
        ColorMap = context.ColorMap;
        _alpha = context.AlphaBand;
        _noData = NoDataTest.Of(context.NoData, type, context.BitsPerSample);
        var length = (long)window.Width * window.Height * RasterTypes.SizeOf(type);
        if (length > Array.MaxLength)
            throw new InvalidSliceException(context.Source, $"a band of {window.Width} x {window.Height} pixels takes {length} bytes, more than fits into an array", "Cut smaller windows, or read the slice block by block: ReadAsync.");
        _bands = new byte[bands][];
        for (var i = 0; i < bands; i++)
            _bands[i] = new byte[length];
        _mask = hasMask ? new byte[(long)window.Width * window.Height] : null;
    }

    /// <summary>What the samples are.</summary>
    public RasterType Type { get; }

    /// <summary>Where the pixels are in the level.</summary>
    public RasterWindow Window { get; }

    /// <summary>Which level: 0 the full resolution, then the overviews from fine to coarse.</summary>
    public int Level { get; }

    /// <summary>Number of bands.</summary>
    public int Bands => _bands.Length;

    /// <summary>Number of rows.</summary>
    public int Rows => Window.Height;

    /// <summary>Number of columns.</summary>
    public int Columns => Window.Width;

    /// <summary>Which bands of the object these are, counted from 1.</summary>
    public IReadOnlyList<int> BandNumbers { get; }

    /// <summary>From these pixels to the map; null where the object is not georeferenced.</summary>
    public AffineTransform? Transform { get; }

    /// <summary>EPSG's code of the map's coordinate system; null where there is none.</summary>
    public int? Epsg { get; }

    /// <summary>The value that stands for no data; null where there is none. Of 64-bit integers it may be rounded: see <see cref="NoDataText"/>.</summary>
    public double? NoData => _noData.Value;

    /// <summary>The same as it is written in the object.</summary>
    public string? NoDataText { get; }

    /// <summary>Of palette images, the colours: red, green and blue of value <c>v</c> at <c>[3 v]</c>, 0 to 65535; else empty.</summary>
    public IReadOnlyList<int> ColorMap { get; }

    /// <summary>The object's mask, row after row: 255 valid, 0 not; empty where it has none.</summary>
    public ReadOnlySpan<byte> Mask => _mask;

    /// <summary>The samples of a band, row after row, <c>Rows × Columns</c> of them.</summary>
    /// <typeparam name="T">A type of the size of <see cref="Type"/>: <see cref="byte"/> for <see cref="RasterType.UInt8"/>.</typeparam>
    /// <param name="band">Which, from 0.</param>
    /// <exception cref="ArgumentException">A sample has another size than <typeparamref name="T"/>.</exception>
    public Span<T> Band<T>(int band)
        where T : unmanaged
    {
        var bytes = _bands[band];
        var size = RasterTypes.SizeOf(Type);
        return System.Runtime.CompilerServices.Unsafe.SizeOf<T>() == size
            ? MemoryMarshal.Cast<byte, T>(bytes.AsSpan())
            : throw new ArgumentException($"Samples of {Type} take {size} bytes, {typeof(T).Name} does not.", nameof(band));
    }

    /// <summary>The bytes of a band, in this machine's byte order.</summary>
    /// <param name="band">Which, from 0.</param>
    public Memory<byte> BandBytes(int band) => _bands[band];

    /// <summary>A sample as a number; of complex ones the real part.</summary>
    /// <param name="band">The band, from 0.</param>
    /// <param name="row">The row, from 0.</param>
    /// <param name="column">The column, from 0.</param>
    public double this[int band, int row, int column] => Value(band, Place(row, column));

    /// <summary>A complex sample; of others the imaginary part is 0.</summary>
    /// <param name="band">The band, from 0.</param>
    /// <param name="row">The row, from 0.</param>
    /// <param name="column">The column, from 0.</param>
    public Complex ComplexAt(int band, int row, int column)
    {
        var at = Place(row, column);
        return Type switch
        {
            RasterType.ComplexInt16 => new Complex(Read<short>(band, 2 * at), Read<short>(band, (2 * at) + 1)),
            RasterType.ComplexInt32 => new Complex(Read<int>(band, 2 * at), Read<int>(band, (2 * at) + 1)),
            RasterType.ComplexFloat32 => new Complex(Read<float>(band, 2 * at), Read<float>(band, (2 * at) + 1)),
            RasterType.ComplexFloat64 => new Complex(Read<double>(band, 2 * at), Read<double>(band, (2 * at) + 1)),
            _ => Value(band, at),
        };
    }

    /// <summary>Whether a sample is data: the mask does not leave it out, it is not transparent, and it is not the value for no data.</summary>
    /// <param name="band">The band, from 0.</param>
    /// <param name="row">The row, from 0.</param>
    /// <param name="column">The column, from 0.</param>
    public bool IsValid(int band, int row, int column)
    {
        var at = Place(row, column);
        return (_mask is null || _mask[at] != 0)
            && (_alpha is not { } alpha || Value(alpha, at) != 0)
            && !_noData.Is(_bands[band].AsSpan((int)(at * RasterTypes.SizeOf(Type))));
    }

    /// <summary>Which samples of a band are data: <see cref="IsValid"/> of all, row after row.</summary>
    /// <param name="band">The band, from 0.</param>
    public bool[] ValidityOf(int band)
    {
        var valid = new bool[Rows * Columns];
        for (var row = 0; row < Rows; row++)
        {
            for (var column = 0; column < Columns; column++)
                valid[(row * Columns) + column] = IsValid(band, row, column);
        }

        return valid;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Bands} x {Rows} x {Columns} {Type} at column {Window.Column}, row {Window.Row} of level {Level}");

    internal Span<byte> MaskBytes => _mask;

    internal byte[]? MaskArray => _mask;

    /// <summary>Fills a rectangle with the value for no data; zeros where there is none.</summary>
    internal void FillNoData(int band, int column, int row, int columns, int rows)
    {
        Span<byte> value = stackalloc byte[16];
        var size = RasterTypes.SizeOf(Type);
        if (!_noData.TryWrite(value))
            return;
        for (var r = row; r < row + rows; r++)
        {
            var to = _bands[band].AsSpan((int)((((long)r * Columns) + column) * size), columns * size);
            for (var i = 0; i < to.Length; i += size)
                value[..size].CopyTo(to[i..]);
        }
    }

    internal void Paste(Raster block)
    {
        var size = RasterTypes.SizeOf(Type);
        var (column, row) = (block.Window.Column - Window.Column, block.Window.Row - Window.Row);
        for (var r = 0; r < block.Rows; r++)
        {
            var to = ((long)(row + r) * Columns) + column;
            var from = (long)r * block.Columns;
            for (var band = 0; band < Bands; band++)
                block._bands[band].AsSpan((int)(from * size), block.Columns * size).CopyTo(_bands[band].AsSpan((int)(to * size)));
            if (_mask is not null && block._mask is not null)
                block._mask.AsSpan((int)from, block.Columns).CopyTo(_mask.AsSpan((int)to));
        }
    }

    private long Place(int row, int column)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Rows);
        ArgumentOutOfRangeException.ThrowIfNegative(column);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(column, Columns);
        return ((long)row * Columns) + column;
    }

    private double Value(int band, long at) => Type switch
    {
        RasterType.UInt8 => _bands[band][at],
        RasterType.Int8 => (sbyte)_bands[band][at],
        RasterType.UInt16 => Read<ushort>(band, at),
        RasterType.Int16 => Read<short>(band, at),
        RasterType.UInt32 => Read<uint>(band, at),
        RasterType.Int32 => Read<int>(band, at),
        RasterType.UInt64 => Read<ulong>(band, at),
        RasterType.Int64 => Read<long>(band, at),
        RasterType.Float16 => (double)Read<Half>(band, at),
        RasterType.Float32 => Read<float>(band, at),
        RasterType.Float64 => Read<double>(band, at),
        RasterType.ComplexInt16 => Read<short>(band, 2 * at),
        RasterType.ComplexInt32 => Read<int>(band, 2 * at),
        RasterType.ComplexFloat32 => Read<float>(band, 2 * at),
        _ => Read<double>(band, 2 * at),
    };

    private T Read<T>(int band, long at)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(_bands[band])[(int)at];
}

/// <summary>What the rasters of one slice have in common.</summary>
internal sealed record RasterContext(string Source, int Level, RasterWindow Window, IReadOnlyList<int> BandNumbers, AffineTransform? Transform, int? Epsg, string? NoData, IReadOnlyList<int> ColorMap, int? AlphaBand, int BitsPerSample);

/// <summary>Which samples stand for no data: GDAL's tag 42113, a number as text, of which a type may hold something near it or nothing.</summary>
internal readonly struct NoDataTest
{
    private readonly UInt128 _bits;
    private readonly RasterType? _type;

    private NoDataTest(double value, UInt128 bits, RasterType? type)
    {
        Value = value;
        _bits = bits;
        _type = type;
    }

    public double? Value { get; }

    public static NoDataTest Of(string? text, RasterType type, int bitsPerSample)
    {
        if (text is null || !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            return default;
        var component = type switch
        {
            RasterType.ComplexInt16 => RasterType.Int16,
            RasterType.ComplexInt32 => RasterType.Int32,
            RasterType.ComplexFloat32 => RasterType.Float32,
            RasterType.ComplexFloat64 => RasterType.Float64,
            _ => type,
        };
        UInt128? bits = component switch
        {
            RasterType.Float16 => BitConverter.HalfToUInt16Bits((Half)value),
            RasterType.Float32 => BitConverter.SingleToUInt32Bits((float)value),
            RasterType.Float64 => BitConverter.DoubleToUInt64Bits(value),
            RasterType.Int64 => Exact(text, value) is { } n && n >= long.MinValue && n <= long.MaxValue ? (ulong)(long)n : null,
            RasterType.UInt64 => Exact(text, value) is { } n && n >= 0 && n <= ulong.MaxValue ? (ulong)n : null,
            _ => Exact(text, value) is { } n && n >= Least(component) && n <= (bitsPerSample < 8 ? (1 << bitsPerSample) - 1 : Most(component)) ? unchecked((uint)(long)n) & (RasterTypes.SizeOf(component) == 4 ? uint.MaxValue : (1u << (8 * RasterTypes.SizeOf(component))) - 1) : null,
        };
        return new NoDataTest(value, bits ?? 0, bits is null ? null : component);
    }

    /// <summary>Whether the sample that bytes begin with stands for no data; of complex ones the real part says it.</summary>
    public bool Is(ReadOnlySpan<byte> sample) => _type switch
    {
        null => false,
        RasterType.Float16 => MemoryMarshal.Read<Half>(sample).Equals(BitConverter.UInt16BitsToHalf((ushort)_bits)),
        RasterType.Float32 => MemoryMarshal.Read<float>(sample).Equals(BitConverter.UInt32BitsToSingle((uint)_bits)),
        RasterType.Float64 => MemoryMarshal.Read<double>(sample).Equals(BitConverter.UInt64BitsToDouble((ulong)_bits)),
        RasterType.UInt8 or RasterType.Int8 => sample[0] == (byte)_bits,
        RasterType.UInt16 or RasterType.Int16 => MemoryMarshal.Read<ushort>(sample) == (ushort)_bits,
        RasterType.UInt32 or RasterType.Int32 => MemoryMarshal.Read<uint>(sample) == (uint)_bits,
        _ => MemoryMarshal.Read<ulong>(sample) == (ulong)_bits,
    };

    /// <summary>Writes the value; not where there is none that fits.</summary>
    public bool TryWrite(Span<byte> sample)
    {
        if (_type is null)
            return false;
        var bits = _bits;
        MemoryMarshal.Write(sample, in bits);
        return true;
    }

    private static Int128? Exact(string text, double value) =>
        Int128.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exact) ? exact
        : double.IsInteger(value) && Math.Abs(value) < 1e19 ? (Int128)value : null;

    private static Int128 Least(RasterType type) => type switch { RasterType.Int8 => sbyte.MinValue, RasterType.Int16 => short.MinValue, RasterType.Int32 => int.MinValue, _ => 0 };

    private static Int128 Most(RasterType type) => type switch
    {
        RasterType.UInt8 => byte.MaxValue,
        RasterType.Int8 => sbyte.MaxValue,
        RasterType.UInt16 => ushort.MaxValue,
        RasterType.Int16 => short.MaxValue,
        RasterType.UInt32 => uint.MaxValue,
        _ => int.MaxValue,
    };
}
