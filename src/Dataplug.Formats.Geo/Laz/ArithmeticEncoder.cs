using System.Runtime.CompilerServices;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>Writes symbols of adaptive models with an arithmetic coder (LAZ specification, "Arithmetic coder"; after A. Said,
/// "Introduction to Arithmetic Coding", HPL-2004-76). The bytes are those that LASzip writes.</summary>
internal sealed unsafe class ArithmeticEncoder
{
    private const uint MinLength = 1u << 24;

    private byte[] _bytes = new byte[1 << 12];
    private int _start;
    private uint _base;
    private uint _length = uint.MaxValue;

    /// <summary>Bytes written so far, raw ones included.</summary>
    public int Position { get; private set; }

    /// <summary>All bytes written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Position);

    /// <summary>Forgets all that was written.</summary>
    public void Clear() => Position = 0;

    /// <summary>Gives room for bytes that are not coded, between two streams.</summary>
    public Span<byte> Raw(int length)
    {
        while (_bytes.Length - Position < length)
            Grow();
        Position += length;
        return _bytes.AsSpan(Position - length, length);
    }

    /// <summary>Bytes that were written, to fill in what is known only now.</summary>
    public Span<byte> At(int position, int length) => _bytes.AsSpan(position, length);

    /// <summary>Begins a stream of its own.</summary>
    public void Begin()
    {
        _start = Position;
        _base = 0;
        _length = uint.MaxValue;
    }

    /// <summary>Ends a stream, so that a decoder has read its last byte when it has its last symbol.</summary>
    /// <returns>Bytes of the stream.</returns>
    public int End()
    {
        var before = _base;
        var zeros = 2;
        if (_length > 2 * MinLength)
        {
            _base += MinLength;
            _length = MinLength >> 1;
            zeros = 3;
        }
        else
        {
            _base += MinLength >> 1;
            _length = MinLength >> 9;
        }
        if (_base < before)
            Carry();
        Renormalize();
        for (; zeros > 0; zeros--)
            Put(0);
        return Position - _start;
    }

    public void Bit(ref BitModel model, uint bit)
    {
        var bound = model.Zero * (_length >> BitModel.Shift);
        if (bit == 0)
        {
            _length = bound;
        }
        else
        {
            var before = _base;
            _base += bound;
            _length -= bound;
            if (_base < before)
                Carry();
        }
        Renormalize();
        model.Count(bit);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Symbol(SymbolModel* model, int symbol)
    {
        var distribution = SymbolModel.Distribution(model);
        var unit = _length >> SymbolModel.Shift;
        var low = distribution[symbol] * unit;
        var before = _base;
        _base += low;
        _length = (symbol == model->Last ? _length : distribution[symbol + 1] * unit) - low;
        if (_base < before)
            Carry();
        Renormalize();
        SymbolModel.Count(model, symbol);
    }

    /// <summary>Writes bits that are as likely 0 as 1.</summary>
    /// <param name="count">1 to 32.</param>
    /// <param name="value">Below 2 to the power of the count.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Bits(int count, uint value)
    {
        if (count > 19)
        {
            Even(16, value & 0xFFFF);
            value >>= 16;
            count -= 16;
        }
        Even(count, value);
    }

    public void UInt32(uint value) => Bits(32, value);

    public void UInt64(ulong value)
    {
        Bits(32, (uint)value);
        Bits(32, (uint)(value >> 32));
    }

    private void Even(int count, uint value)
    {
        var before = _base;
        _base += value * (_length >>= count);
        if (_base < before)
            Carry();
        Renormalize();
    }

    private void Renormalize()
    {
        while (_length < MinLength)
        {
            Put((byte)(_base >> 24));
            _base <<= 8;
            _length <<= 8;
        }
    }

    // Never beyond the start of the stream, whose base is below 1.
    private void Carry()
    {
        var i = Position - 1;
        while (_bytes[i] == 0xFF)
            _bytes[i--] = 0;
        _bytes[i]++;
    }

    private void Put(byte value)
    {
        if (Position == _bytes.Length)
            Grow();
        _bytes[Position++] = value;
    }

    private void Grow() => Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, 2L * _bytes.Length + 4096));
}
