using System.Buffers;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dataplug.Formats.Imzml;

/// <summary>Turns stored arrays into 64-bit floats.</summary>
internal static class ArrayDecoder
{
    /// <summary>The most that deflate compresses: 258 bytes in two bits, and a few bytes of frame.</summary>
    private const long MaxRatio = 1040;

    /// <summary>Decodes numbers.</summary>
    /// <param name="stored">All of a compressed array, or the wanted numbers of one that is not.</param>
    /// <param name="layout">How they are stored.</param>
    /// <param name="points">Numbers of the whole array where it is compressed.</param>
    /// <param name="first">The first number that is wanted, of a compressed array.</param>
    /// <param name="numbers">Takes the numbers.</param>
    /// <param name="source">The ibd, for messages.</param>
    /// <param name="offset">Where the array is in it.</param>
    /// <exception cref="CorruptObjectException">It does not decompress to that many numbers.</exception>
    public static void Decode(ReadOnlyMemory<byte> stored, ArrayLayout layout, int points, int first, Span<double> numbers, string source, long offset)
    {
        if (layout.Compression == ArrayCompression.None)
        {
            Convert(stored.Span, layout.Element, numbers);
            return;
        }

        var raw = Rent(stored.Length, layout, points, source, offset, out var length);
        try
        {
            Inflate(stored, raw.AsSpan(0, length), source, offset);
            Convert(raw.AsSpan(first * layout.ElementSize, numbers.Length * layout.ElementSize), layout.Element, numbers);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(raw);
        }
    }

    /// <summary>The bytes of a whole array before it was compressed.</summary>
    /// <exception cref="CorruptObjectException">It does not decompress to that many numbers.</exception>
    public static byte[] Decompress(ReadOnlyMemory<byte> stored, ArrayLayout layout, int points, string source, long offset)
    {
        if (layout.Compression == ArrayCompression.None)
            return stored.ToArray();
        CheckRatio(stored.Length, layout, points, source, offset);
        var raw = new byte[checked(points * layout.ElementSize)];
        Inflate(stored, raw, source, offset);
        return raw;
    }

    private static byte[] Rent(int stored, ArrayLayout layout, int points, string source, long offset, out int length)
    {
        CheckRatio(stored, layout, points, source, offset);
        length = checked(points * layout.ElementSize);
        return ArrayPool<byte>.Shared.Rent(Math.Max(1, length));
    }

    private static void CheckRatio(int stored, ArrayLayout layout, int points, string source, long offset)
    {
        if ((long)points * layout.ElementSize > Math.Min(Array.MaxLength, (stored + 16) * MaxRatio))
            throw new CorruptObjectException(source, $"{stored} bytes can't hold {points} numbers of {layout.ElementSize} bytes", byteOffset: offset);
    }

    private static void Inflate(ReadOnlyMemory<byte> stored, Span<byte> raw, string source, long offset)
    {
        try
        {
            using var input = Open(stored);
            using var inflate = new ZLibStream(input, CompressionMode.Decompress);
            var length = inflate.ReadAtLeast(raw, raw.Length, throwOnEndOfStream: false);
            Span<byte> more = stackalloc byte[1];
            if (length < raw.Length || inflate.Read(more) > 0)
                throw new CorruptObjectException(source, $"a compressed array holds {(length < raw.Length ? "fewer" : "more")} bytes than the {raw.Length} that the document says", byteOffset: offset);
        }
        catch (InvalidDataException failure)
        {
            throw new CorruptObjectException(source, "a compressed array is damaged", byteOffset: offset, innerException: failure);
        }
    }

    private static MemoryStream Open(ReadOnlyMemory<byte> stored) => MemoryMarshal.TryGetArray(stored, out var array)
        ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
        : new MemoryStream(stored.ToArray(), writable: false);

    private static void Convert(ReadOnlySpan<byte> raw, ArrayElement element, Span<double> numbers)
    {
        switch (element)
        {
            case ArrayElement.Float64:
                MemoryMarshal.Cast<byte, double>(raw)[..numbers.Length].CopyTo(numbers);
                break;
            case ArrayElement.Float32:
                Widen(MemoryMarshal.Cast<byte, float>(raw)[..numbers.Length], numbers);
                break;
            case ArrayElement.Int8:
                Widen(MemoryMarshal.Cast<byte, sbyte>(raw)[..numbers.Length], numbers);
                break;
            case ArrayElement.Int16:
                Widen(MemoryMarshal.Cast<byte, short>(raw)[..numbers.Length], numbers);
                break;
            case ArrayElement.Int32:
                Widen(MemoryMarshal.Cast<byte, int>(raw)[..numbers.Length], numbers);
                break;
            default:
                Widen(MemoryMarshal.Cast<byte, long>(raw)[..numbers.Length], numbers);
                break;
        }
    }

    private static void Widen(ReadOnlySpan<float> from, Span<double> to)
    {
        var i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= from.Length - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                var (lower, upper) = Vector256.Widen(Vector256.Create(from[i..]));
                lower.CopyTo(to[i..]);
                upper.CopyTo(to[(i + Vector256<double>.Count)..]);
            }
        }

        for (; i < from.Length; i++)
            to[i] = from[i];
    }

    private static void Widen<T>(ReadOnlySpan<T> from, Span<double> to)
        where T : unmanaged, System.Numerics.INumberBase<T>
    {
        for (var i = 0; i < from.Length; i++)
            to[i] = double.CreateChecked(from[i]);
    }
}
