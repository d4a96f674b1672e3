using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dataplug.Text;

/// <summary>64 bytes of a text as vectors, asked which of them are what: bit i of every answer is byte i.</summary>
internal readonly struct ByteBlock
{
    /// <summary>Bytes in a block.</summary>
    public const int Size = 64;

    private readonly Vector256<byte> _low;
    private readonly Vector256<byte> _high;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ByteBlock(Vector256<byte> low, Vector256<byte> high)
    {
        _low = low;
        _high = high;
    }

    /// <summary>The first 64 bytes of a longer run.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ByteBlock Load(ReadOnlySpan<byte> bytes)
    {
        ref var first = ref MemoryMarshal.GetReference(bytes[..Size]);
        return new ByteBlock(Vector256.LoadUnsafe(ref first), Vector256.LoadUnsafe(ref first, 32));
    }

    /// <summary>Fewer than 64 bytes; the rest of the block is zeros.</summary>
    public static ByteBlock LoadPartial(ReadOnlySpan<byte> bytes)
    {
        Span<byte> padded = stackalloc byte[Size];
        padded.Clear();
        bytes.CopyTo(padded);
        return Load(padded);
    }

    /// <summary>The bytes that are <paramref name="value"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Equal(byte value)
    {
        var wanted = Vector256.Create(value);
        return Mask(Vector256.Equals(_low, wanted), Vector256.Equals(_high, wanted));
    }

    /// <summary>The bytes from <paramref name="first"/> to <paramref name="last"/>, both included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Between(byte first, byte last)
    {
        var start = Vector256.Create(first);
        var span = Vector256.Create((byte)(last - first));
        return Mask(Vector256.LessThanOrEqual(_low - start, span), Vector256.LessThanOrEqual(_high - start, span));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mask(Vector256<byte> low, Vector256<byte> high) =>
        low.ExtractMostSignificantBits() | ((ulong)high.ExtractMostSignificantBits() << 32);

    /// <summary>Bits 0 to <paramref name="length"/> − 1, for a length from 0 to 64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Below(int length) => length >= Size ? ulong.MaxValue : (1UL << length) - 1;

    /// <summary>Bits from <paramref name="first"/> on, for a first bit from 0 to 64.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong From(int first) => ~Below(first);
}
