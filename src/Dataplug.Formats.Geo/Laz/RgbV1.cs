using System.Runtime.CompilerServices;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>RGB12 version 1: bytes of colours that have changed (LAZ specification, RGB12 version 1).</summary>
internal sealed unsafe class RgbV1
{
    public const int Length = 6;

    private ModelArena _arena = null!;
    private ulong _last;
    private SymbolModel* _changes;
    private IntegerModel _bytes;

    public void Begin(ModelArena arena, byte* first)
    {
        _arena = arena;
        _last = Read(first);
        _changes = arena.Symbols(64);
        _bytes.Begin(arena, 8, 6);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Decode(ref ArithmeticDecoder decoder, byte* point)
    {
        var changes = decoder.Symbol(_changes);
        for (var i = 0; i < Length; i++)
        {
            if ((changes >> i & 1) != 0)
                _last = _last & ~(0xFFul << 8 * i) | (ulong)(byte)_bytes.Decode(ref decoder, _arena, (byte)(_last >> 8 * i), i) << 8 * i;
            point[i] = (byte)(_last >> 8 * i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Encode(ArithmeticEncoder encoder, byte* point)
    {
        var colours = Read(point);
        var changes = 0;
        for (var i = 0; i < Length; i++)
            changes |= (byte)(colours >> 8 * i) != (byte)(_last >> 8 * i) ? 1 << i : 0;
        encoder.Symbol(_changes, changes);
        for (var i = 0; i < Length; i++)
        {
            if ((changes >> i & 1) != 0)
                _bytes.Encode(encoder, _arena, (byte)(_last >> 8 * i), point[i], i);
        }
        _last = colours;
    }

    private static ulong Read(byte* point) => *(uint*)point | (ulong)*(ushort*)(point + 4) << 32;
}
