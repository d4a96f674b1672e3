using System.Runtime.CompilerServices;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>GPSTIME11 version 1: differences of GPS times as multiples of the last difference (LAZ specification, GPSTIME11 version 1).
/// Times are taken as the integers that their bits are.</summary>
internal sealed unsafe class GpsTimeV1
{
    public const int Length = 8;

    private const int MaxMultiple = 509;
    private const int Full = 510;
    private const int Unchanged = 511;

    private ModelArena _arena = null!;
    private long _last;
    private int _difference;
    private int _extremes;
    private SymbolModel* _multiples;
    private SymbolModel* _zeros;
    private IntegerModel _times;

    public void Begin(ModelArena arena, byte* first)
    {
        _arena = arena;
        _last = *(long*)first;
        _difference = 0;
        _extremes = 0;
        _multiples = arena.Symbols(512);
        _zeros = arena.Symbols(3);
        _times.Begin(arena, 32, 6);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Decode(ref ArithmeticDecoder decoder, byte* point)
    {
        if (_difference == 0)
        {
            switch (decoder.Symbol(_zeros))
            {
                case 1:
                    _difference = _times.Decode(ref decoder, _arena, 0, 0);
                    _last += _difference;
                    break;
                case 2:
                    _last = (long)decoder.UInt64();
                    break;
            }
        }
        else
        {
            var multiple = decoder.Symbol(_multiples);
            if (multiple < Full)
            {
                var difference = _times.Decode(ref decoder, _arena, Predict(multiple, out var context), context);
                Learn(multiple, difference);
                _last += difference;
            }
            else if (multiple == Full)
            {
                _last = (long)decoder.UInt64();
            }
        }
        *(long*)point = _last;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Encode(ArithmeticEncoder encoder, byte* point)
    {
        var time = *(long*)point;
        var wide = time - _last;
        var difference = (int)wide;
        if (_difference == 0)
        {
            if (wide == 0)
            {
                encoder.Symbol(_zeros, 0);
            }
            else if (wide == difference)
            {
                encoder.Symbol(_zeros, 1);
                _times.Encode(encoder, _arena, 0, difference, 0);
                _difference = difference;
            }
            else
            {
                encoder.Symbol(_zeros, 2);
                encoder.UInt64((ulong)time);
            }
        }
        else if (wide == 0)
        {
            encoder.Symbol(_multiples, Unchanged);
        }
        else if (wide == difference)
        {
            var multiple = Math.Clamp((int)((float)difference / _difference + 0.5f), 0, MaxMultiple);
            encoder.Symbol(_multiples, multiple);
            _times.Encode(encoder, _arena, Predict(multiple, out var context), difference, context);
            Learn(multiple, difference);
        }
        else
        {
            encoder.Symbol(_multiples, Full);
            encoder.UInt64((ulong)time);
        }
        _last = time;
    }

    private int Predict(int multiple, out int context)
    {
        context = multiple switch
        {
            0 => 2,
            1 => 1,
            < 10 => 3,
            < 50 => 4,
            _ => 5,
        };
        return multiple == 0 ? _difference / 4 : multiple * _difference;
    }

    // A difference that is no multiple of the last one replaces it when it has come four times in a row.
    private void Learn(int multiple, int difference)
    {
        if (multiple == 1)
        {
            _difference = difference;
            _extremes = 0;
        }
        else if (multiple is 0 or MaxMultiple && ++_extremes > 3)
        {
            _difference = difference;
            _extremes = 0;
        }
    }
}
