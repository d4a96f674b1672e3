using System.Buffers;
using System.Numerics;

namespace Dataplug.Metadata;

/// <summary>
/// A column of 64-bit numbers as bytes: each number minus the one before (the first minus 0, modulo 2⁶⁴), zigzag, then
/// LEB128. Numbers that rise slowly take a byte or two before zstd sees them.
/// </summary>
public static class ColumnCodec
{
    private const int MaximumVarintLength = 10;

    /// <summary>Encodes numbers.</summary>
    public static void Encode(ReadOnlySpan<long> values, IBufferWriter<byte> destination)
    {
        const int Batch = 1024;
        long previous = 0;
        while (!values.IsEmpty)
        {
            var count = Math.Min(values.Length, Batch);
            var span = destination.GetSpan(count * MaximumVarintLength);
            var written = 0;
            foreach (var value in values[..count])
            {
                var delta = unchecked(value - previous);
                previous = value;
                written += WriteVarint(span[written..], (ulong)(delta << 1) ^ (ulong)(delta >> 63));
            }

            destination.Advance(written);
            values = values[count..];
        }
    }

    /// <summary>Decodes exactly <paramref name="values"/>.Length numbers that take exactly all of <paramref name="source"/>.</summary>
    /// <returns>False when the bytes are anything else.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> source, Span<long> values)
    {
        long previous = 0;
        var at = 0;
        for (var i = 0; i < values.Length; i++)
        {
            if (!TryReadVarint(source, ref at, out var zigzag))
                return false;
            previous = unchecked(previous + ((long)(zigzag >> 1) ^ -(long)(zigzag & 1)));
            values[i] = previous;
        }

        return at == source.Length;
    }

    internal static int WriteVarint(Span<byte> destination, ulong value)
    {
        var length = 0;
        while (value >= 0x80)
        {
            destination[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[length++] = (byte)value;
        return length;
    }

    /// <summary>Reads one LEB128 number in its shortest form; anything longer would make two encodings of one column.</summary>
    internal static bool TryReadVarint(ReadOnlySpan<byte> source, ref int at, out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (at >= source.Length)
                return false;
            var b = source[at++];
            if (shift == 63 && b > 1)
                return false;
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
                return b != 0 || shift == 0;
        }

        return false;
    }

    internal static int VarintLength(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;
}
