using System.Runtime.CompilerServices;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>POINT10 version 1: the first 20 bytes of point data record formats 0 to 5 (LAZ specification, POINT10 version 1).</summary>
internal sealed unsafe class Point10V1
{
    public const int Length = 20;

    private readonly byte[] _last = GC.AllocateUninitializedArray<byte>(Length, pinned: true);
    private readonly int[] _xDifferences = new int[3];
    private readonly int[] _yDifferences = new int[3];
    private ModelArena _arena = null!;
    private int _turn;
    private SymbolModel* _changes;
    private SymbolModel** _returns;
    private SymbolModel** _classifications;
    private SymbolModel** _userData;
    private IntegerModel _x;
    private IntegerModel _y;
    private IntegerModel _z;
    private IntegerModel _intensity;
    private IntegerModel _scanAngle;
    private IntegerModel _source;

    private byte* Last => (byte*)Unsafe.AsPointer(ref _last[0]);

    public void Begin(ModelArena arena, byte* first)
    {
        _arena = arena;
        new ReadOnlySpan<byte>(first, Length).CopyTo(_last);
        Array.Clear(_xDifferences);
        Array.Clear(_yDifferences);
        _turn = 0;
        _changes = arena.Symbols(64);
        _returns = arena.Pointers(256);
        _classifications = arena.Pointers(256);
        _userData = arena.Pointers(256);
        _x.Begin(arena, 32, 1);
        _y.Begin(arena, 32, 20);
        _z.Begin(arena, 32, 20);
        _intensity.Begin(arena, 16, 1);
        _scanAngle.Begin(arena, 8, 2);
        _source.Begin(arena, 16, 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Decode(ref ArithmeticDecoder decoder, byte* point)
    {
        var last = Last;
        var dx = _x.Decode(ref decoder, _arena, Median(_xDifferences), 0);
        var dy = _y.Decode(ref decoder, _arena, Median(_yDifferences), Math.Min(_x.K, 19));
        var k = (_x.K + _y.K) / 2;
        *(int*)last += dx;
        *(int*)(last + 4) += dy;
        *(int*)(last + 8) = _z.Decode(ref decoder, _arena, *(int*)(last + 8), Math.Min(k, 19));
        var changes = decoder.Symbol(_changes);
        if (changes != 0)
        {
            if ((changes & 32) != 0)
                *(ushort*)(last + 12) = (ushort)_intensity.Decode(ref decoder, _arena, *(ushort*)(last + 12), 0);
            if ((changes & 16) != 0)
                last[14] = (byte)decoder.Symbol(Of(_returns, last[14]));
            if ((changes & 8) != 0)
                last[15] = (byte)decoder.Symbol(Of(_classifications, last[15]));
            if ((changes & 4) != 0)
                last[16] = (byte)_scanAngle.Decode(ref decoder, _arena, last[16], k < 3 ? 1 : 0);
            if ((changes & 2) != 0)
                last[17] = (byte)decoder.Symbol(Of(_userData, last[17]));
            if ((changes & 1) != 0)
                *(ushort*)(last + 18) = (ushort)_source.Decode(ref decoder, _arena, *(ushort*)(last + 18), 0);
        }
        Remember(dx, dy);
        Unsafe.CopyBlockUnaligned(point, last, Length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Encode(ArithmeticEncoder encoder, byte* point)
    {
        var last = Last;
        var dx = *(int*)point - *(int*)last;
        var dy = *(int*)(point + 4) - *(int*)(last + 4);
        _x.Encode(encoder, _arena, Median(_xDifferences), dx, 0);
        _y.Encode(encoder, _arena, Median(_yDifferences), dy, Math.Min(_x.K, 19));
        var k = (_x.K + _y.K) / 2;
        _z.Encode(encoder, _arena, *(int*)(last + 8), *(int*)(point + 8), Math.Min(k, 19));
        var changes = (*(ushort*)(last + 12) != *(ushort*)(point + 12) ? 32 : 0) | (last[14] != point[14] ? 16 : 0) | (last[15] != point[15] ? 8 : 0)
            | (last[16] != point[16] ? 4 : 0) | (last[17] != point[17] ? 2 : 0) | (*(ushort*)(last + 18) != *(ushort*)(point + 18) ? 1 : 0);
        encoder.Symbol(_changes, changes);
        if ((changes & 32) != 0)
            _intensity.Encode(encoder, _arena, *(ushort*)(last + 12), *(ushort*)(point + 12), 0);
        if ((changes & 16) != 0)
            encoder.Symbol(Of(_returns, last[14]), point[14]);
        if ((changes & 8) != 0)
            encoder.Symbol(Of(_classifications, last[15]), point[15]);
        if ((changes & 4) != 0)
            _scanAngle.Encode(encoder, _arena, last[16], point[16], k < 3 ? 1 : 0);
        if ((changes & 2) != 0)
            encoder.Symbol(Of(_userData, last[17]), point[17]);
        if ((changes & 1) != 0)
            _source.Encode(encoder, _arena, *(ushort*)(last + 18), *(ushort*)(point + 18), 0);
        Remember(dx, dy);
        Unsafe.CopyBlockUnaligned(last, point, Length);
    }

    private static int Median(int[] values) =>
        Math.Max(Math.Min(values[0], values[1]), Math.Min(Math.Max(values[0], values[1]), values[2]));

    private void Remember(int dx, int dy)
    {
        _xDifferences[_turn] = dx;
        _yDifferences[_turn] = dy;
        _turn = _turn == 2 ? 0 : _turn + 1;
    }

    private SymbolModel* Of(SymbolModel** models, byte last)
    {
        if (models[last] == null)
            models[last] = _arena.Symbols(256);
        return models[last];
    }
}
