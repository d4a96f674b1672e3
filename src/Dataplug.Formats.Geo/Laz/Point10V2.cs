using System.Runtime.CompilerServices;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>POINT10 version 2: the first 20 bytes of point data record formats 0 to 5 (LAZ specification, POINT10 version 2). Returns come
/// first, and the other fields in their context.</summary>
internal sealed unsafe class Point10V2
{
    public const int Length = 20;

    private readonly byte[] _last = GC.AllocateUninitializedArray<byte>(Length, pinned: true);
    private ModelArena _arena = null!;
    private State* _state;
    private SymbolModel* _changes;
    private SymbolModel** _returns;
    private SymbolModel** _classifications;
    private SymbolModel** _userData;
    private SymbolModel** _scanAngles;
    private IntegerModel _x;
    private IntegerModel _y;
    private IntegerModel _z;
    private IntegerModel _intensity;
    private IntegerModel _source;

    private byte* Last => (byte*)Unsafe.AsPointer(ref _last[0]);

    public void Begin(ModelArena arena, byte* first)
    {
        _arena = arena;
        new ReadOnlySpan<byte>(first, Length).CopyTo(_last);
        // Intensities are predicted by the last one of the same context, which is 0 also where the first point has another.
        Last[12] = Last[13] = 0;
        _state = arena.Make<State>();
        _changes = arena.Symbols(64);
        _returns = arena.Pointers(256);
        _classifications = arena.Pointers(256);
        _userData = arena.Pointers(256);
        _scanAngles = arena.Pointers(2);
        _x.Begin(arena, 32, 2);
        _y.Begin(arena, 32, 22);
        _z.Begin(arena, 32, 20);
        _intensity.Begin(arena, 16, 4);
        _source.Begin(arena, 16, 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Decode(ref ArithmeticDecoder decoder, byte* point)
    {
        var last = Last;
        var state = _state;
        var changes = decoder.Symbol(_changes);
        if ((changes & 32) != 0)
            last[14] = (byte)decoder.Symbol(Of(_returns, last[14]));
        var number = last[14] & 7;
        var returns = last[14] >> 3 & 7;
        var map = ReturnContexts.Map8[returns << 3 | number];
        if (changes != 0)
        {
            if ((changes & 16) != 0)
                state->Intensities[map] = (ushort)_intensity.Decode(ref decoder, _arena, state->Intensities[map], Math.Min((int)map, 3));
            *(ushort*)(last + 12) = state->Intensities[map];
            if ((changes & 8) != 0)
                last[15] = (byte)decoder.Symbol(Of(_classifications, last[15]));
            if ((changes & 4) != 0)
                last[16] += (byte)decoder.Symbol(Of(_scanAngles, (byte)(last[14] >> 6 & 1)));
            if ((changes & 2) != 0)
                last[17] = (byte)decoder.Symbol(Of(_userData, last[17]));
            if ((changes & 1) != 0)
                *(ushort*)(last + 18) = (ushort)_source.Decode(ref decoder, _arena, *(ushort*)(last + 18), 0);
        }

        var single = returns == 1;
        ref var medianX = ref state->X(map);
        var dx = _x.Decode(ref decoder, _arena, medianX.Value, single ? 1 : 0);
        *(int*)last += dx;
        medianX.Add(dx);

        ref var medianY = ref state->Y(map);
        var dy = _y.Decode(ref decoder, _arena, medianY.Value, ReturnContexts.OfBits(single, _x.K, 20));
        *(int*)(last + 4) += dy;
        medianY.Add(dy);

        var level = ReturnContexts.Level(returns, number);
        var z = _z.Decode(ref decoder, _arena, state->Heights[level], ReturnContexts.OfBits(single, (_x.K + _y.K) / 2, 18));
        state->Heights[level] = z;
        *(int*)(last + 8) = z;
        Unsafe.CopyBlockUnaligned(point, last, Length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Encode(ArithmeticEncoder encoder, byte* point)
    {
        var last = Last;
        var state = _state;
        var number = point[14] & 7;
        var returns = point[14] >> 3 & 7;
        var map = ReturnContexts.Map8[returns << 3 | number];
        var intensity = *(ushort*)(point + 12);
        var changes = (last[14] != point[14] ? 32 : 0) | (state->Intensities[map] != intensity ? 16 : 0) | (last[15] != point[15] ? 8 : 0)
            | (last[16] != point[16] ? 4 : 0) | (last[17] != point[17] ? 2 : 0) | (*(ushort*)(last + 18) != *(ushort*)(point + 18) ? 1 : 0);
        // Without any change the intensity is that of the last point, whatever the context of this one: its returns are the same.
        encoder.Symbol(_changes, changes);
        if ((changes & 32) != 0)
            encoder.Symbol(Of(_returns, last[14]), point[14]);
        if ((changes & 16) != 0)
        {
            _intensity.Encode(encoder, _arena, state->Intensities[map], intensity, Math.Min((int)map, 3));
            state->Intensities[map] = intensity;
        }
        if ((changes & 8) != 0)
            encoder.Symbol(Of(_classifications, last[15]), point[15]);
        if ((changes & 4) != 0)
            encoder.Symbol(Of(_scanAngles, (byte)(point[14] >> 6 & 1)), (byte)(point[16] - last[16]));
        if ((changes & 2) != 0)
            encoder.Symbol(Of(_userData, last[17]), point[17]);
        if ((changes & 1) != 0)
            _source.Encode(encoder, _arena, *(ushort*)(last + 18), *(ushort*)(point + 18), 0);

        var single = returns == 1;
        ref var medianX = ref state->X(map);
        var dx = *(int*)point - *(int*)last;
        _x.Encode(encoder, _arena, medianX.Value, dx, single ? 1 : 0);
        medianX.Add(dx);

        ref var medianY = ref state->Y(map);
        var dy = *(int*)(point + 4) - *(int*)(last + 4);
        _y.Encode(encoder, _arena, medianY.Value, dy, ReturnContexts.OfBits(single, _x.K, 20));
        medianY.Add(dy);

        var level = ReturnContexts.Level(returns, number);
        _z.Encode(encoder, _arena, state->Heights[level], *(int*)(point + 8), ReturnContexts.OfBits(single, (_x.K + _y.K) / 2, 18));
        state->Heights[level] = *(int*)(point + 8);
        Unsafe.CopyBlockUnaligned(last, point, Length);
    }

    private SymbolModel* Of(SymbolModel** models, byte last)
    {
        if (models[last] == null)
            models[last] = _arena.Symbols(256);
        return models[last];
    }

    private struct State
    {
        public fixed ushort Intensities[16];
        public fixed int Heights[8];
        private MedianPerMap _x;
        private MedianPerMap _y;

        [System.Diagnostics.CodeAnalysis.UnscopedRef]
        public ref StreamingMedian X(int map) => ref Unsafe.Add(ref Unsafe.As<MedianPerMap, StreamingMedian>(ref _x), map);

        [System.Diagnostics.CodeAnalysis.UnscopedRef]
        public ref StreamingMedian Y(int map) => ref Unsafe.Add(ref Unsafe.As<MedianPerMap, StreamingMedian>(ref _y), map);
    }

    [InlineArray(16)]
    private struct MedianPerMap
    {
        private StreamingMedian _first;
    }
}
