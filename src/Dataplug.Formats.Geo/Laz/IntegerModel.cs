using System.Numerics;
using System.Runtime.CompilerServices;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>Codes integers as corrections of a prediction: how many bits k the correction has, in a context, and then the correction
/// among all of k bits, of which the highest eight are modelled (LAZ specification, "Integer compressor").</summary>
internal unsafe struct IntegerModel
{
    private const int HighBits = 8;

    private SymbolModel** _lengths;
    private SymbolModel** _corrections;
    private BitModel _zeroOrOne;
    private int _bits;
    private int _range;
    private int _min;
    private int _max;

    /// <summary>k of the last correction: how far off the prediction was.</summary>
    public int K { get; private set; }

    /// <summary>Begins with nothing learnt.</summary>
    /// <param name="arena">Where models are made.</param>
    /// <param name="bits">Bits of a value: 8, 16 or 32.</param>
    /// <param name="contexts">How many contexts there are.</param>
    public void Begin(ModelArena arena, int bits, int contexts)
    {
        _lengths = arena.Pointers(contexts);
        _corrections = arena.Pointers(bits + 1);
        _zeroOrOne = BitModel.Fresh;
        _bits = bits;
        // Corrections wrap around; those of 32 bits do so by themselves.
        _range = bits == 32 ? 0 : 1 << bits;
        _min = bits == 32 ? int.MinValue : -(_range >> 1);
        _max = bits == 32 ? int.MaxValue : _min + _range - 1;
        K = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Decode(ref ArithmeticDecoder decoder, ModelArena arena, int prediction, int context)
    {
        var model = _lengths[context];
        if (model == null)
            model = _lengths[context] = arena.Symbols(_bits + 1);
        var k = decoder.Symbol(model);
        K = k;
        int correction;
        if (k == 0)
        {
            correction = (int)decoder.Bit(ref _zeroOrOne);
        }
        else if (k < 32)
        {
            model = _corrections[k];
            if (model == null)
                model = MakeCorrections(arena, k);
            correction = decoder.Symbol(model);
            if (k > HighBits)
                correction = correction << (k - HighBits) | (int)decoder.Bits(k - HighBits);
            // The lower half of the values of k bits are the negative corrections.
            correction += correction >> (k - 1) != 0 ? 1 : 1 - (1 << k);
        }
        else
        {
            correction = _min;
        }
        var value = prediction + correction;
        if (value < 0)
            return value + _range;
        return (uint)value >= (uint)_range ? value - _range : value;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Encode(ArithmeticEncoder encoder, ModelArena arena, int prediction, int value, int context)
    {
        var correction = value - prediction;
        if (correction < _min)
            correction += _range;
        else if (correction > _max)
            correction -= _range;

        var model = _lengths[context];
        if (model == null)
            model = _lengths[context] = arena.Symbols(_bits + 1);
        var k = 32 - BitOperations.LeadingZeroCount((uint)(correction <= 0 ? -correction : correction - 1));
        K = k;
        encoder.Symbol(model, k);
        if (k == 0)
        {
            encoder.Bit(ref _zeroOrOne, (uint)correction);
        }
        else if (k < 32)
        {
            correction += correction < 0 ? (1 << k) - 1 : -1;
            model = _corrections[k];
            if (model == null)
                model = MakeCorrections(arena, k);
            if (k > HighBits)
            {
                encoder.Symbol(model, correction >> (k - HighBits));
                encoder.Bits(k - HighBits, (uint)correction & ((1u << (k - HighBits)) - 1));
            }
            else
            {
                encoder.Symbol(model, correction);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly SymbolModel* MakeCorrections(ModelArena arena, int k) => _corrections[k] = arena.Symbols(1 << Math.Min(k, HighBits));
}
