using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Dataplug.Compression;

/// <summary>
/// CRC-32 of ISO 3309 as gzip uses it (RFC 1952, section 8): polynomial 0xEDB88320 (reflected), start and end complemented.
/// </summary>
/// <remarks>
/// Folds with carry-less multiplication where the processor has it (Gopal et al., "Fast CRC Computation for Generic Polynomials
/// Using PCLMULQDQ Instruction", Intel 2009), else slices by eight bytes. Unlike System.IO.Hashing it starts from any state, which
/// a resumed scan needs.
/// </remarks>
internal static class Crc32
{
    private const uint Polynomial = 0xEDB88320;

    private static readonly uint[] Tables = MakeTables();

    // Multipliers that move a 128-bit remainder over the given number of bits: x^(bits + 32) and x^(bits - 32) mod P,
    // bit-reflected and shifted by one as the reflected product wants them.
    private static readonly Vector128<ulong> Over128 = Multipliers(128);
    private static readonly Vector128<ulong> Over512 = Multipliers(512);
    private static readonly Vector128<ulong> Over2048 = Multipliers(2048);

    /// <summary>The CRC-32 of what <paramref name="crc"/> stands for followed by <paramref name="data"/>.</summary>
    /// <param name="crc">The CRC-32 of the bytes before; 0 for none.</param>
    /// <param name="data">Any bytes.</param>
    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        var state = ~crc;
        if (Pclmulqdq.IsSupported && data.Length >= 64)
        {
            state = Pclmulqdq.V512.IsSupported && data.Length >= 512
                ? Fold512(state, data, out var done)
                : Fold128(state, data, out done);
            data = data[done..];
        }
        return ~Slice8(state, data);
    }

    /// <summary>The CRC-32 of two pieces of data, one after the other, from those of each.</summary>
    /// <param name="first">The CRC-32 of the first piece.</param>
    /// <param name="second">The CRC-32 of the second piece.</param>
    /// <param name="secondLength">Bytes of the second piece.</param>
    /// <remarks>CRC(A B) = CRC(A) · x^(8 |B|) + CRC(B) modulo P; what start and end complement adds cancels out.</remarks>
    public static uint Combine(uint first, uint second, long secondLength)
    {
        var power = 0x40000000u; // x^1, reflected
        for (var doublings = 0; doublings < 3; doublings++)
            power = Multiply(power, power);
        for (; secondLength > 0; secondLength >>= 1, power = Multiply(power, power))
        {
            if ((secondLength & 1) != 0)
                first = Multiply(first, power);
        }
        return first ^ second;
    }

    /// <summary>The product of two polynomials modulo P, all reflected: bit 31 is x^0.</summary>
    private static uint Multiply(uint a, uint b)
    {
        var product = 0u;
        for (var bit = 0x80000000u; bit != 0; bit >>= 1)
        {
            if ((a & bit) != 0)
                product ^= b;
            b = b >> 1 ^ ((b & 1) != 0 ? Polynomial : 0);
        }
        return product;
    }

    /// <summary>The portable path: eight bytes a step through eight tables.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static uint Slice8(uint state, ReadOnlySpan<byte> data)
    {
        var tables = Tables;
        ref var table = ref MemoryMarshal.GetArrayDataReference(tables);
        var at = 0;
        for (; data.Length - at >= 8; at += 8)
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(data.Slice(at, 8)) ^ state;
            var low = (uint)word;
            var high = (uint)(word >> 32);
            state = Unsafe.Add(ref table, 7 * 256 + (nint)(low & 0xFF))
                ^ Unsafe.Add(ref table, 6 * 256 + (nint)(low >> 8 & 0xFF))
                ^ Unsafe.Add(ref table, 5 * 256 + (nint)(low >> 16 & 0xFF))
                ^ Unsafe.Add(ref table, 4 * 256 + (nint)(low >> 24))
                ^ Unsafe.Add(ref table, 3 * 256 + (nint)(high & 0xFF))
                ^ Unsafe.Add(ref table, 2 * 256 + (nint)(high >> 8 & 0xFF))
                ^ Unsafe.Add(ref table, 256 + (nint)(high >> 16 & 0xFF))
                ^ Unsafe.Add(ref table, (nint)(high >> 24));
        }
        foreach (var value in data[at..])
            state = tables[(byte)(state ^ value)] ^ state >> 8;
        return state;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint Fold128(uint state, ReadOnlySpan<byte> data, out int done)
    {
        ref var start = ref MemoryMarshal.GetReference(data);
        var x0 = Vector128.LoadUnsafe(ref start).AsUInt64() ^ Vector128.CreateScalar(state).AsUInt64();
        var x1 = Vector128.LoadUnsafe(ref start, 16).AsUInt64();
        var x2 = Vector128.LoadUnsafe(ref start, 32).AsUInt64();
        var x3 = Vector128.LoadUnsafe(ref start, 48).AsUInt64();
        var at = 64;
        var over512 = Over512;
        for (; data.Length - at >= 64; at += 64)
        {
            ref var next = ref Unsafe.Add(ref start, at);
            x0 = Fold(x0, over512) ^ Vector128.LoadUnsafe(ref next).AsUInt64();
            x1 = Fold(x1, over512) ^ Vector128.LoadUnsafe(ref next, 16).AsUInt64();
            x2 = Fold(x2, over512) ^ Vector128.LoadUnsafe(ref next, 32).AsUInt64();
            x3 = Fold(x3, over512) ^ Vector128.LoadUnsafe(ref next, 48).AsUInt64();
        }
        done = at;
        return Reduce(x0, x1, x2, x3);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint Fold512(uint state, ReadOnlySpan<byte> data, out int done)
    {
        ref var start = ref MemoryMarshal.GetReference(data);
        var x0 = Vector512.LoadUnsafe(ref start).AsUInt64() ^ Vector512.CreateScalar(state).AsUInt64();
        var x1 = Vector512.LoadUnsafe(ref start, 64).AsUInt64();
        var x2 = Vector512.LoadUnsafe(ref start, 128).AsUInt64();
        var x3 = Vector512.LoadUnsafe(ref start, 192).AsUInt64();
        var at = 256;
        var over2048 = Broadcast(Over2048);
        for (; data.Length - at >= 256; at += 256)
        {
            ref var next = ref Unsafe.Add(ref start, at);
            x0 = Fold(x0, over2048) ^ Vector512.LoadUnsafe(ref next).AsUInt64();
            x1 = Fold(x1, over2048) ^ Vector512.LoadUnsafe(ref next, 64).AsUInt64();
            x2 = Fold(x2, over2048) ^ Vector512.LoadUnsafe(ref next, 128).AsUInt64();
            x3 = Fold(x3, over2048) ^ Vector512.LoadUnsafe(ref next, 192).AsUInt64();
        }
        var over512 = Broadcast(Over512);
        var x = Fold(x0, over512) ^ x1;
        x = Fold(x, over512) ^ x2;
        x = Fold(x, over512) ^ x3;
        for (; data.Length - at >= 64; at += 64)
            x = Fold(x, over512) ^ Vector512.LoadUnsafe(ref start, (nuint)at).AsUInt64();
        done = at;
        return Reduce(x.GetLower().GetLower(), x.GetLower().GetUpper(), x.GetUpper().GetLower(), x.GetUpper().GetUpper());
    }

    /// <summary>Four neighbouring 128-bit remainders to the 32-bit state.</summary>
    private static uint Reduce(Vector128<ulong> x0, Vector128<ulong> x1, Vector128<ulong> x2, Vector128<ulong> x3)
    {
        var over128 = Over128;
        var x = Fold(x0, over128) ^ x1;
        x = Fold(x, over128) ^ x2;
        x = Fold(x, over128) ^ x3;
        // The remainder is as good as a message of 16 bytes whose CRC starts from 0.
        Span<byte> rest = stackalloc byte[16];
        x.AsByte().CopyTo(rest);
        return Slice8(0, rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Fold(Vector128<ulong> x, Vector128<ulong> multipliers) =>
        Pclmulqdq.CarrylessMultiply(x, multipliers, 0x00) ^ Pclmulqdq.CarrylessMultiply(x, multipliers, 0x11);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Fold(Vector512<ulong> x, Vector512<ulong> multipliers) =>
        Pclmulqdq.V512.CarrylessMultiply(x, multipliers, 0x00) ^ Pclmulqdq.V512.CarrylessMultiply(x, multipliers, 0x11);

    private static Vector512<ulong> Broadcast(Vector128<ulong> x)
    {
        var pair = Vector256.Create(x, x);
        return Vector512.Create(pair, pair);
    }

    private static Vector128<ulong> Multipliers(int bits) => Vector128.Create(PowerOfX(bits + 32), PowerOfX(bits - 32));

    /// <summary>x^n mod P, reflected into 33 bits.</summary>
    private static ulong PowerOfX(int n)
    {
        var value = 0x80000000u; // x^0, reflected
        for (var i = 0; i < n; i++)
            value = value >> 1 ^ ((value & 1) != 0 ? Polynomial : 0);
        return (ulong)value << 1;
    }

    private static uint[] MakeTables()
    {
        var tables = new uint[8 * 256];
        for (var i = 0; i < 256; i++)
        {
            var value = (uint)i;
            for (var bit = 0; bit < 8; bit++)
                value = value >> 1 ^ ((value & 1) != 0 ? Polynomial : 0);
            tables[i] = value;
        }
        for (var i = 256; i < tables.Length; i++)
            tables[i] = tables[i - 256] >> 8 ^ tables[(byte)tables[i - 256]];
        return tables;
    }
}
