using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>Reads what an <see cref="ArithmeticEncoder"/> wrote (LAZ specification, "Arithmetic coder"; after A. Said, "Introduction to
/// Arithmetic Coding", HPL-2004-76). Any bytes decode to some symbols: what holds always is that a symbol is one of its model's, and that
/// no byte behind the end is read.</summary>
internal unsafe struct ArithmeticDecoder
{
    // An encoder's last bytes are such that its decoder never reads further.
    private const uint MinLength = 1u << 24;

    private uint _value;
    private uint _length;
    private byte* _next;
    private readonly byte* _end;
    private readonly byte* _origin;

    /// <summary>Begins at a place in a chunk.</summary>
    /// <param name="origin">The chunk's first byte, for what is said of errors.</param>
    /// <param name="next">The first byte of the stream.</param>
    /// <param name="end">The byte behind its last.</param>
    /// <exception cref="LazDataException">It has fewer than four bytes, or begins with bytes that no stream begins with.</exception>
    public ArithmeticDecoder(byte* origin, byte* next, byte* end)
    {
        _origin = origin;
        _next = next;
        _end = end;
        _length = uint.MaxValue;
        if (end - next < 4)
            ThrowEnd(end);
        _value = (uint)next[0] << 24 | (uint)next[1] << 16 | (uint)next[2] << 8 | next[3];
        _next += 4;
        // The value lies below the length, always: all that follows keeps that up, and divides and looks up without another check.
        if (_value == _length)
            throw new LazDataException(next - origin, "compressed data begin with four bytes of 255, as they never do");
    }

    /// <summary>The first byte that was not read.</summary>
    public readonly byte* Next => _next;

    /// <summary>Goes on where a decoder was, of a stream that has moved in memory.</summary>
    public readonly ArithmeticDecoder Moved(byte* origin, byte* next, byte* end) => new(origin, next, end, _value, _length);

    private ArithmeticDecoder(byte* origin, byte* next, byte* end, uint value, uint length)
    {
        _origin = origin;
        _next = next;
        _end = end;
        _value = value;
        _length = length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Bit(ref BitModel model)
    {
        var bound = model.Zero * (_length >> BitModel.Shift);
        uint bit;
        if (_value < bound)
        {
            _length = bound;
            bit = 0;
        }
        else
        {
            _value -= bound;
            _length -= bound;
            bit = 1;
        }
        Renormalize();
        model.Count(bit);
        return bit;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Symbol(SymbolModel* model)
    {
        var distribution = SymbolModel.Distribution(model);
        var unit = _length >> SymbolModel.Shift;
        // What the length has beyond whole units is the last symbol's.
        var place = Math.Min(_value / unit, SymbolModel.One - 1);
        int symbol = SymbolModel.Table(model)[place >> model->TableShift];
        uint above;
        while ((above = distribution[symbol + 1]) <= place)
            symbol++;
        var low = distribution[symbol] * unit;
        _length = (symbol == model->Last ? _length : above * unit) - low;
        _value -= low;
        Renormalize();
        SymbolModel.Count(model, symbol);
        return symbol;
    }

    /// <summary>Reads bits that are as likely 0 as 1.</summary>
    /// <param name="count">1 to 32.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public uint Bits(int count)
    {
        if (count > 19)
        {
            var lower = Even(16);
            return Even(count - 16) << 16 | lower;
        }
        return Even(count);
    }

    public uint UInt32() => Bits(32);

    public ulong UInt64()
    {
        var lower = Bits(32);
        return (ulong)Bits(32) << 32 | lower;
    }

    private uint Even(int count)
    {
        _length >>= count;
        var value = _value / _length;
        // The remainder of the shift belongs to no value.
        if (value >> count != 0)
            throw Broken("compressed data decode to more bits than there are");
        _value -= _length * value;
        Renormalize();
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Renormalize()
    {
        while (_length < MinLength)
        {
            if (_next == _end)
                ThrowEnd(_end);
            _value = _value << 8 | *_next++;
            _length <<= 8;
        }
    }

    /// <summary>Says that what was decoded can't be.</summary>
    public readonly LazDataException Broken(string problem) => new(_next - _origin, problem);

    [DoesNotReturn]
    private readonly void ThrowEnd(byte* end) => throw new LazDataException(end - _origin, "its compressed data end before its points do");
}
