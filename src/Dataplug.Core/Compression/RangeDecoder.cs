using System.Runtime.CompilerServices;

namespace Dataplug.Compression;

/// <summary>Reads what a <see cref="RangeEncoder"/> wrote. Any bytes decode to some bits: it reads zeros beyond their end, and
/// whoever uses it bounds how many bits it takes.</summary>
internal ref struct RangeDecoder
{
    private readonly ReadOnlySpan<byte> _source;
    private uint _code;
    private uint _range;

    public RangeDecoder(ReadOnlySpan<byte> source)
    {
        _source = source;
        _range = uint.MaxValue;
        for (var i = 0; i < 4; i++)
            _code = _code << 8 | Next();
    }

    /// <summary>Bytes looked at so far, zeros beyond the end included: at least the code's length when all is decoded.</summary>
    public int Position { get; private set; }

    /// <summary>Decodes a bit.</summary>
    /// <param name="zero">The probability of 0 in units of 2⁻¹⁶.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Read(int zero)
    {
        var bound = (_range >> 16) * (uint)zero;
        int bit;
        if (_code < bound)
        {
            _range = bound;
            bit = 0;
        }
        else
        {
            _code -= bound;
            _range -= bound;
            bit = 1;
        }
        Normalize();
        return bit;
    }

    /// <summary>Decodes a number of bits that are as likely 0 as 1, highest first.</summary>
    public uint ReadEven(int bits)
    {
        var value = 0u;
        for (; bits > 0; bits--)
        {
            _range >>= 1;
            var bit = _code >= _range ? 1u : 0u;
            _code -= _range & (0 - bit);
            value = value << 1 | bit;
            Normalize();
        }
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Normalize()
    {
        while (_range < 1u << 24)
        {
            _range <<= 8;
            _code = _code << 8 | Next();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte Next()
    {
        var at = Position++;
        return at < _source.Length ? _source[at] : (byte)0;
    }
}
