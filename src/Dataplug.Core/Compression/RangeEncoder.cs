using System.Runtime.CompilerServices;

namespace Dataplug.Compression;

/// <summary>
/// Codes bits by their probabilities: a binary range coder with carry propagation (G. N. N. Martin, "Range encoding", 1979), in
/// integers only, so that the same bits are the same bytes on every machine.
/// </summary>
internal ref struct RangeEncoder
{
    private readonly Span<byte> _destination;
    private ulong _low;
    private uint _range;
    private int _length;

    /// <summary>Starts a coder.</summary>
    /// <param name="destination">Room for all bytes; when it is too short, <see cref="IsFull"/> becomes true.</param>
    public RangeEncoder(Span<byte> destination)
    {
        _destination = destination;
        _range = uint.MaxValue;
    }

    /// <summary>Whether there were more bytes than room for them; what was written is then of no use.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Codes a bit.</summary>
    /// <param name="bit">0 or 1.</param>
    /// <param name="zero">The probability of 0 in units of 2⁻¹⁶, as a <see cref="BitModel"/> keeps it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(int bit, int zero)
    {
        var bound = (_range >> 16) * (uint)zero;
        if (bit == 0)
        {
            _range = bound;
        }
        else
        {
            _low += bound;
            _range -= bound;
        }
        Normalize();
    }

    /// <summary>Codes the low bits of a number, highest first, as likely 0 as 1.</summary>
    public void WriteEven(uint value, int bits)
    {
        for (var i = bits - 1; i >= 0; i--)
        {
            _range >>= 1;
            if ((value >> i & 1) != 0)
                _low += _range;
            Normalize();
        }
    }

    /// <summary>Ends the code with as few bytes as tell it from all others; zeros are taken to follow.</summary>
    /// <returns>The number of bytes written.</returns>
    public int Complete()
    {
        // The value in [low, low + range) with the most zeros at its end.
        for (var zeros = 32; zeros >= 0; zeros -= 8)
        {
            var value = (_low + _range - 1) >> zeros << zeros;
            if (value < _low)
                continue;
            _low = value;
            break;
        }
        for (var i = 0; i < 4; i++)
            Shift();
        while (_length > 0 && !IsFull && _destination[_length - 1] == 0)
            _length--;
        return _length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Normalize()
    {
        while (_range < 1u << 24)
        {
            _range <<= 8;
            Shift();
        }
    }

    // Bits 0 to 31 of the low end are still open; bit 32 is a carry into what was written.
    private void Shift()
    {
        if (_low >> 32 != 0)
            Carry();
        if (_length < _destination.Length)
            _destination[_length++] = (byte)(_low >> 24);
        else
            IsFull = true;
        _low = _low << 8 & 0xFFFF_FF00;
    }

    private readonly void Carry()
    {
        for (var i = _length - 1; i >= 0 && ++_destination[i] == 0; i--)
        {
        }
    }
}
