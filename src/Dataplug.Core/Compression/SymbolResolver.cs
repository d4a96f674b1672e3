using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Dataplug.Compression;

/// <summary>Turns symbols into bytes once the window is known (<see cref="InflateDecoder.DecodeSymbols"/>).</summary>
internal sealed unsafe class SymbolResolver
{
    /// <summary>Bytes that <see cref="Resolve"/> may write too much.</summary>
    public const int Margin = 32;

    // The byte of every symbol: those below 256 stand for themselves, those from FirstMarker on for the window's bytes.
    private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(1 << 16, pinned: true);

    public SymbolResolver()
    {
        for (var i = 0; i < 256; i++)
            _bytes[i] = (byte)i;
    }

    /// <summary>Sets what the markers stand for.</summary>
    /// <param name="window">32768 bytes.</param>
    public void SetWindow(ReadOnlySpan<byte> window) =>
        window.CopyTo(_bytes.AsSpan(InflateDecoder.FirstMarker, WindowCodec.MaxWindowLength));

    /// <summary>Writes the bytes of some symbols.</summary>
    /// <param name="symbols">The symbols; <see cref="Margin"/> more are readable.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="output">Takes the bytes; <see cref="Margin"/> more are writable.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Resolve(ushort* symbols, int count, byte* output)
    {
        var bytes = (byte*)Unsafe.AsPointer(ref _bytes[0]);
        var high = Vector256.Create((ushort)0xFF00);
        for (var i = 0; i < count; i += 32)
        {
            var low = Vector256.Load(symbols + i);
            var next = Vector256.Load(symbols + i + 16);
            if (((low | next) & high) == Vector256<ushort>.Zero)
            {
                Vector256.Narrow(low, next).Store(output + i);
                continue;
            }
            // A look-up and a store for each: gathering takes longer.
            var from = symbols + i;
            var to = output + i;
            for (var part = 0; part < 4; part++, from += 8, to += 8)
            {
                to[0] = bytes[from[0]];
                to[1] = bytes[from[1]];
                to[2] = bytes[from[2]];
                to[3] = bytes[from[3]];
                to[4] = bytes[from[4]];
                to[5] = bytes[from[5]];
                to[6] = bytes[from[6]];
                to[7] = bytes[from[7]];
            }
        }
    }

    /// <summary>Whether none of some symbols is a marker; looked at from the last one on.</summary>
    public static bool AreBytes(ushort* symbols, int count)
    {
        var high = Vector256.Create((ushort)0xFF00);
        var i = count;
        for (; i >= 32; i -= 32)
        {
            if (((Vector256.Load(symbols + i - 16) | Vector256.Load(symbols + i - 32)) & high) != Vector256<ushort>.Zero)
                return false;
        }
        while (--i >= 0)
        {
            if (symbols[i] > 0xFF)
                return false;
        }
        return true;
    }
}
