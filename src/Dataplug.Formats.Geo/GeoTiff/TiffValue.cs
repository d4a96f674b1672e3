using System.Buffers.Binary;

namespace Dataplug.Formats.Geo;

/// <summary>One tag with its values, in little-endian byte order.</summary>
/// <param name="Tag">The tag.</param>
/// <param name="Type">TIFF's type of the values (section 2): <see cref="SizeOf"/>.</param>
/// <param name="Bytes">The values.</param>
internal sealed record TiffValue(ushort Tag, ushort Type, byte[] Bytes)
{
    public const ushort Byte = 1;
    public const ushort Ascii = 2;
    public const ushort Short = 3;
    public const ushort Long = 4;
    public const ushort Rational = 5;
    public const ushort Double = 12;
    public const ushort Long8 = 16;

    public int Count => Bytes.Length / SizeOf(Type);

    /// <summary>Bytes of one value; 0 for types that are none.</summary>
    public static int SizeOf(int type) => type switch
    {
        1 or 2 or 6 or 7 => 1,
        3 or 8 => 2,
        4 or 9 or 11 or 13 => 4,
        5 or 10 or 12 or 16 or 17 or 18 => 8,
        _ => 0,
    };

    /// <summary>Bytes that change places where the byte order changes: half of a rational.</summary>
    public static int WordOf(int type) => type is 5 or 10 ? 4 : SizeOf(type);

    public static TiffValue Shorts(ushort tag, params ReadOnlySpan<int> values)
    {
        var bytes = new byte[values.Length * 2];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), (ushort)values[i]);
        return new TiffValue(tag, Short, bytes);
    }

    public static TiffValue Longs(ushort tag, params ReadOnlySpan<uint> values)
    {
        var bytes = new byte[values.Length * 4];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4 * i), values[i]);
        return new TiffValue(tag, Long, bytes);
    }

    /// <summary>Offsets or byte counts, as wide as the file has them.</summary>
    public static TiffValue Offsets(ushort tag, IReadOnlyList<long> values, bool isBig)
    {
        var bytes = new byte[values.Count * (isBig ? 8 : 4)];
        for (var i = 0; i < values.Count; i++)
        {
            if (isBig)
                BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8 * i), values[i]);
            else
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4 * i), (uint)values[i]);
        }

        return new TiffValue(tag, isBig ? Long8 : Long, bytes);
    }

    public static TiffValue Doubles(ushort tag, params ReadOnlySpan<double> values)
    {
        var bytes = new byte[values.Length * 8];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(8 * i), values[i]);
        return new TiffValue(tag, Double, bytes);
    }

    /// <summary>A whole number as a rational with the denominator 1.</summary>
    public static TiffValue Ratio(ushort tag, uint numerator) =>
        Longs(tag, numerator, 1) with { Type = Rational };

    /// <summary>The values as whole numbers; null where they are none.</summary>
    public long[]? ToNumbers()
    {
        var numbers = new long[Count];
        for (var i = 0; i < numbers.Length; i++)
        {
            var bytes = Bytes.AsSpan(i * SizeOf(Type));
            switch (Type)
            {
                case 1 or 7:
                    numbers[i] = bytes[0];
                    break;
                case 6:
                    numbers[i] = (sbyte)bytes[0];
                    break;
                case 3:
                    numbers[i] = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
                    break;
                case 8:
                    numbers[i] = BinaryPrimitives.ReadInt16LittleEndian(bytes);
                    break;
                case 4 or 13:
                    numbers[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
                    break;
                case 9:
                    numbers[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes);
                    break;
                case 16 or 17 or 18:
                    numbers[i] = BinaryPrimitives.ReadInt64LittleEndian(bytes);
                    break;
                default:
                    return null;
            }
        }

        return numbers;
    }

    /// <summary>The values as floating-point numbers; null where they are none.</summary>
    public double[]? ToDoubles() => Type switch
    {
        Double => [.. Enumerable.Range(0, Count).Select(i => BinaryPrimitives.ReadDoubleLittleEndian(Bytes.AsSpan(8 * i)))],
        11 => [.. Enumerable.Range(0, Count).Select(i => (double)BinaryPrimitives.ReadSingleLittleEndian(Bytes.AsSpan(4 * i)))],
        _ => ToNumbers()?.Select(number => (double)number).ToArray(),
    };

    /// <summary>The value as text, without the zero byte at its end; UTF-8, which ASCII is part of.</summary>
    public string ToText()
    {
        var end = Bytes.AsSpan().IndexOf((byte)0);
        return System.Text.Encoding.UTF8.GetString(Bytes, 0, end < 0 ? Bytes.Length : end);
    }
}
