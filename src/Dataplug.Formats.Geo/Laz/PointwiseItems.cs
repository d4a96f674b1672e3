using System.Runtime.CompilerServices;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>The items of point data record formats 0 to 5, which follow one another in one stream, point by point. Their order is fixed,
/// and each is called by its own type: a point takes some hundred nanoseconds.</summary>
internal sealed unsafe class PointwiseItems
{
    private readonly Point10V1? _point1;
    private readonly Point10V2? _point2;
    private readonly GpsTimeV1? _time1;
    private readonly bool _hasTime2;
    private readonly RgbV1? _rgb1;
    private readonly bool _hasRgb2;
    private readonly bool _hasPacket;
    private readonly int _extraVersion;
    private readonly int _extra;
    private readonly int _timeAt;
    private readonly int _rgbAt;
    private readonly int _packetAt;
    private readonly int _extraAt;
    private readonly byte[] _lastPacket = GC.AllocateUninitializedArray<byte>(WavePacketModels.Length, pinned: true);
    private readonly ushort[] _lastColours = GC.AllocateUninitializedArray<ushort>(3, pinned: true);
    private readonly byte[] _lastExtra;
    private ModelArena _arena = null!;
    private GpsTimeSequences _time2;
    private RgbModels _rgb2;
    private WavePacketModels _packet;
    private IntegerModel _extra1;
    private SymbolModel** _extra2;

    public PointwiseItems(LazVlr vlr)
    {
        var at = 0;
        foreach (var item in vlr.Items)
        {
            switch (item.Type)
            {
                case LazItemType.Point10 when item.Version == 1:
                    _point1 = new Point10V1();
                    break;
                case LazItemType.Point10:
                    _point2 = new Point10V2();
                    break;
                case LazItemType.GpsTime11:
                    _timeAt = at;
                    if (item.Version == 1)
                        _time1 = new GpsTimeV1();
                    else
                        _hasTime2 = true;
                    break;
                case LazItemType.Rgb12:
                    _rgbAt = at;
                    if (item.Version == 1)
                        _rgb1 = new RgbV1();
                    else
                        _hasRgb2 = true;
                    break;
                case LazItemType.WavePacket13:
                    _packetAt = at;
                    _hasPacket = true;
                    break;
                case LazItemType.Byte:
                    _extraAt = at;
                    _extra = item.Size;
                    _extraVersion = item.Version;
                    break;
            }
            at += item.Size;
        }
        _lastExtra = new byte[_extra];
    }

    /// <summary>Begins a stream with nothing learnt.</summary>
    /// <param name="arena">Where models are made.</param>
    /// <param name="first">The first point, which is not compressed.</param>
    public void Begin(ModelArena arena, byte* first)
    {
        _arena = arena;
        _point1?.Begin(arena, first);
        _point2?.Begin(arena, first);
        _time1?.Begin(arena, first + _timeAt);
        if (_hasTime2)
            _time2.Begin(arena, *(long*)(first + _timeAt), codesUnchanged: true);
        _rgb1?.Begin(arena, first + _rgbAt);
        if (_hasRgb2)
        {
            _rgb2.Begin(arena);
            new ReadOnlySpan<ushort>(first + _rgbAt, 3).CopyTo(_lastColours);
        }
        if (_hasPacket)
        {
            _packet.Begin(arena);
            new ReadOnlySpan<byte>(first + _packetAt, WavePacketModels.Length).CopyTo(_lastPacket);
        }
        if (_extra > 0)
        {
            new ReadOnlySpan<byte>(first + _extraAt, _extra).CopyTo(_lastExtra);
            if (_extraVersion == 1)
                _extra1.Begin(arena, 8, _extra);
            else
                _extra2 = arena.Pointers(_extra);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Decode(ref ArithmeticDecoder decoder, byte* point)
    {
        if (_point2 is not null)
            _point2.Decode(ref decoder, point);
        else
            _point1!.Decode(ref decoder, point);
        if (_hasTime2)
            *(long*)(point + _timeAt) = _time2.Decode(ref decoder);
        else
            _time1?.Decode(ref decoder, point + _timeAt);
        if (_hasRgb2)
        {
            fixed (ushort* colours = _lastColours)
            {
                _rgb2.Decode(ref decoder, colours);
                *(uint*)(point + _rgbAt) = *(uint*)colours;
                *(ushort*)(point + _rgbAt + 4) = colours[2];
            }
        }
        else
        {
            _rgb1?.Decode(ref decoder, point + _rgbAt);
        }
        if (_hasPacket)
        {
            fixed (byte* packet = _lastPacket)
                _packet.Decode(ref decoder, _arena, packet);
            _lastPacket.CopyTo(new Span<byte>(point + _packetAt, WavePacketModels.Length));
        }
        for (var i = 0; i < _extra; i++)
        {
            var value = _extraVersion == 1 ? _extra1.Decode(ref decoder, _arena, _lastExtra[i], i) : _lastExtra[i] + decoder.Symbol(ExtraModel(i));
            point[_extraAt + i] = _lastExtra[i] = (byte)value;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Encode(ArithmeticEncoder encoder, byte* point)
    {
        _point2?.Encode(encoder, point);
        _point1?.Encode(encoder, point);
        if (_hasTime2)
            _time2.Encode(encoder, *(long*)(point + _timeAt));
        _time1?.Encode(encoder, point + _timeAt);
        if (_hasRgb2)
        {
            fixed (ushort* colours = _lastColours)
                _rgb2.Encode(encoder, colours, (ushort*)(point + _rgbAt));
        }
        _rgb1?.Encode(encoder, point + _rgbAt);
        if (_hasPacket)
        {
            fixed (byte* packet = _lastPacket)
                _packet.Encode(encoder, _arena, packet, point + _packetAt);
        }
        for (var i = 0; i < _extra; i++)
        {
            var value = point[_extraAt + i];
            if (_extraVersion == 1)
                _extra1.Encode(encoder, _arena, _lastExtra[i], value, i);
            else
                encoder.Symbol(ExtraModel(i), (byte)(value - _lastExtra[i]));
            _lastExtra[i] = value;
        }
    }

    private SymbolModel* ExtraModel(int i)
    {
        if (_extra2[i] == null)
            _extra2[i] = _arena.Symbols(256);
        return _extra2[i];
    }
}
