using System.Runtime.CompilerServices;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>The models of wave packets of WAVEPACKET13 and of the layer of WAVEPACKET14 (LAZ specification, WAVEPACKET13 version 1). A wave
/// packet is 29 bytes: index, offset (8), size (4), return point location (4), and x, y, z of the direction (4 each).</summary>
internal unsafe struct WavePacketModels
{
    public const int Length = 29;

    private int _difference;
    private int _kind;
    private SymbolModel* _indexes;
    private SymbolModel** _kinds;
    private IntegerModel _differences;
    private IntegerModel _sizes;
    private IntegerModel _locations;
    private IntegerModel _directions;

    public void Begin(ModelArena arena)
    {
        _difference = 0;
        _kind = 0;
        _indexes = arena.Symbols(256);
        _kinds = arena.Pointers(4);
        for (var i = 0; i < 4; i++)
            _kinds[i] = arena.Symbols(4);
        _differences.Begin(arena, 32, 1);
        _sizes.Begin(arena, 32, 1);
        _locations.Begin(arena, 32, 1);
        _directions.Begin(arena, 32, 3);
    }

    /// <summary>Decodes a wave packet.</summary>
    /// <param name="decoder">Where from.</param>
    /// <param name="arena">Where models are made.</param>
    /// <param name="last">The last point's, and then this one's.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Decode(ref ArithmeticDecoder decoder, ModelArena arena, byte* last)
    {
        last[0] = (byte)decoder.Symbol(_indexes);
        _kind = decoder.Symbol(_kinds[_kind]);
        var offset = *(long*)(last + 1);
        switch (_kind)
        {
            case 1:
                offset += *(uint*)(last + 9);
                break;
            case 2:
                _difference = _differences.Decode(ref decoder, arena, _difference, 0);
                offset += _difference;
                break;
            case 3:
                offset = (long)decoder.UInt64();
                break;
        }
        *(long*)(last + 1) = offset;
        *(int*)(last + 9) = _sizes.Decode(ref decoder, arena, *(int*)(last + 9), 0);
        *(int*)(last + 13) = _locations.Decode(ref decoder, arena, *(int*)(last + 13), 0);
        for (var i = 0; i < 3; i++)
            *(int*)(last + 17 + 4 * i) = _directions.Decode(ref decoder, arena, *(int*)(last + 17 + 4 * i), i);
    }

    /// <summary>Encodes a wave packet.</summary>
    /// <param name="encoder">Where to.</param>
    /// <param name="arena">Where models are made.</param>
    /// <param name="last">The last point's, and then this one's.</param>
    /// <param name="point">This point's.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Encode(ArithmeticEncoder encoder, ModelArena arena, byte* last, byte* point)
    {
        encoder.Symbol(_indexes, point[0]);
        var wide = *(long*)(point + 1) - *(long*)(last + 1);
        var difference = (int)wide;
        // A size of 2³¹ and more is added as it is, and so must be told apart from a negative difference.
        var kind = wide == 0 ? 0 : wide == *(uint*)(last + 9) ? 1 : wide == difference ? 2 : 3;
        encoder.Symbol(_kinds[_kind], kind);
        _kind = kind;
        if (kind == 2)
        {
            _differences.Encode(encoder, arena, _difference, difference, 0);
            _difference = difference;
        }
        else if (kind == 3)
        {
            encoder.UInt64(*(ulong*)(point + 1));
        }
        _sizes.Encode(encoder, arena, *(int*)(last + 9), *(int*)(point + 9), 0);
        _locations.Encode(encoder, arena, *(int*)(last + 13), *(int*)(point + 13), 0);
        for (var i = 0; i < 3; i++)
            _directions.Encode(encoder, arena, *(int*)(last + 17 + 4 * i), *(int*)(point + 17 + 4 * i), i);
        new ReadOnlySpan<byte>(point, Length).CopyTo(new Span<byte>(last, Length));
    }
}
