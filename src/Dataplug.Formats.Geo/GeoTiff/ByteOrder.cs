using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Dataplug.Formats.Geo;

/// <summary>Turns the bytes of numbers round.</summary>
internal static class ByteOrder
{
    /// <summary>Turns every word of a size round, in place.</summary>
    public static void Reverse(Span<byte> bytes, int word)
    {
        switch (word)
        {
            case 2:
                var shorts = MemoryMarshal.Cast<byte, ushort>(bytes);
                BinaryPrimitives.ReverseEndianness(shorts, shorts);
                break;
            case 4:
                var ints = MemoryMarshal.Cast<byte, uint>(bytes);
                BinaryPrimitives.ReverseEndianness(ints, ints);
                break;
            case 8:
                var longs = MemoryMarshal.Cast<byte, ulong>(bytes);
                BinaryPrimitives.ReverseEndianness(longs, longs);
                break;
        }
    }

    /// <summary>Turns the bits of every byte round (FillOrder 2).</summary>
    public static byte[] ReverseBits(ReadOnlySpan<byte> bytes)
    {
        var turned = new byte[bytes.Length];
        for (var i = 0; i < turned.Length; i++)
            turned[i] = (byte)((((bytes[i] * 0x0802u) & 0x22110u) | ((bytes[i] * 0x8020u) & 0x88440u)) * 0x10101u >> 16);
        return turned;
    }
}
