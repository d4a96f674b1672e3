using System.Runtime.CompilerServices;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>GPS times of version 2 of GPSTIME11 and of the layer of POINT14: up to four interleaved sequences, each with its own last
/// difference, of which the next differences are multiples (LAZ specification, GPSTIME11 version 2, and POINT14 version 3, GPS time layer).
/// Times are taken as the integers that their bits are.</summary>
internal unsafe struct GpsTimeSequences
{
    private const int MaxMultiple = 500;
    private const int MinMultiple = -10;

    // An encoder switches once at most before it codes a time.
    private const int MaxSwitches = 8;

    private ModelArena _arena;
    private bool _codesUnchanged;
    private int _full;
    private int _last;
    private int _next;
    private fixed long _times[4];
    private fixed int _differences[4];
    private fixed int _extremes[4];
    private SymbolModel* _multiples;
    private SymbolModel* _zeros;
    private IntegerModel _corrections;

    /// <summary>Begins at a time.</summary>
    /// <param name="arena">Where models are made.</param>
    /// <param name="time">The first point's.</param>
    /// <param name="codesUnchanged">Whether a time equal to the last one has a symbol of its own, as in GPSTIME11; in a layer, the symbol of
    /// changes says so already.</param>
    public void Begin(ModelArena arena, long time, bool codesUnchanged)
    {
        this = default;
        _arena = arena;
        _codesUnchanged = codesUnchanged;
        _full = MaxMultiple - MinMultiple + (codesUnchanged ? 2 : 1);
        _times[0] = time;
        _multiples = arena.Symbols(_full + 4);
        _zeros = arena.Symbols(codesUnchanged ? 6 : 5);
        _corrections.Begin(arena, 32, 9);
    }

    /// <summary>The last time.</summary>
    public readonly long Last => _times[_last];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public long Decode(ref ArithmeticDecoder decoder)
    {
        for (var switches = 0; switches <= MaxSwitches; switches++)
        {
            int kind;
            if (_differences[_last] == 0)
            {
                var symbol = decoder.Symbol(_zeros);
                kind = _codesUnchanged ? symbol - 1 : symbol;
                if (kind < 0)
                    return _times[_last];
                if (kind == 0)
                {
                    var difference = _corrections.Decode(ref decoder, _arena, 0, 0);
                    _differences[_last] = difference;
                    _extremes[_last] = 0;
                    return _times[_last] += difference;
                }
            }
            else
            {
                var symbol = decoder.Symbol(_multiples);
                if (symbol <= MaxMultiple - MinMultiple)
                {
                    var multiple = symbol <= MaxMultiple ? symbol : MaxMultiple - symbol;
                    var difference = _corrections.Decode(ref decoder, _arena, multiple * _differences[_last], Context(multiple));
                    Learn(multiple, difference);
                    return _times[_last] += difference;
                }
                kind = symbol - _full + 1;
                if (kind == 0)
                    return _times[_last];
            }

            if (kind == 1)
            {
                var upper = (ulong)(uint)_corrections.Decode(ref decoder, _arena, (int)(_times[_last] >> 32), 8);
                Start((long)(upper << 32 | decoder.UInt32()));
                return _times[_last];
            }
            _last = (_last + kind - 1) & 3;
        }
        throw decoder.Broken("a GPS time is said to be of another sequence over and over again");
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Encode(ArithmeticEncoder encoder, long time)
    {
        while (true)
        {
            var wide = time - _times[_last];
            var difference = (int)wide;
            var zero = _differences[_last] == 0;
            if (wide == 0 && _codesUnchanged)
            {
                encoder.Symbol(zero ? _zeros : _multiples, zero ? 0 : _full - 1);
                return;
            }
            if (wide == difference)
            {
                if (zero)
                {
                    encoder.Symbol(_zeros, _codesUnchanged ? 1 : 0);
                    _corrections.Encode(encoder, _arena, 0, difference, 0);
                    _differences[_last] = difference;
                    _extremes[_last] = 0;
                }
                else
                {
                    var ratio = (float)difference / _differences[_last];
                    var multiple = Math.Clamp((int)(ratio >= 0 ? ratio + 0.5 : ratio - 0.5), MinMultiple, MaxMultiple);
                    encoder.Symbol(_multiples, multiple >= 0 ? multiple : MaxMultiple - multiple);
                    _corrections.Encode(encoder, _arena, multiple * _differences[_last], difference, Context(multiple));
                    Learn(multiple, difference);
                }
                _times[_last] = time;
                return;
            }

            var other = 1;
            while (other < 4 && time - _times[(_last + other) & 3] is var apart && apart != (int)apart)
                other++;
            var kind = other == 4 ? 1 : other + 1;
            encoder.Symbol(zero ? _zeros : _multiples, zero ? kind + (_codesUnchanged ? 1 : 0) : kind + _full - 1);
            if (kind == 1)
            {
                _corrections.Encode(encoder, _arena, (int)(_times[_last] >> 32), (int)(time >> 32), 8);
                encoder.UInt32((uint)time);
                Start(time);
                return;
            }
            _last = (_last + other) & 3;
        }
    }

    private static int Context(int multiple) => multiple switch
    {
        <= MinMultiple => 6,
        < 0 => 5,
        0 => 7,
        1 => 1,
        < 10 => 2,
        < MaxMultiple => 3,
        _ => 4,
    };

    private void Start(long time)
    {
        _last = _next = (_next + 1) & 3;
        _times[_last] = time;
        _differences[_last] = 0;
        _extremes[_last] = 0;
    }

    // A difference that is no multiple of the last one replaces it when it has come four times in a row.
    private void Learn(int multiple, int difference)
    {
        if (multiple == 1)
        {
            _extremes[_last] = 0;
        }
        else if (multiple is 0 or MinMultiple or MaxMultiple && ++_extremes[_last] > 3)
        {
            _differences[_last] = difference;
            _extremes[_last] = 0;
        }
    }
}
