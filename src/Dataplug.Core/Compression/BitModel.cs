using System.Runtime.CompilerServices;

namespace Dataplug.Compression;

/// <summary>What is known of a bit in one context: how likely it is 0, learnt fast at first and ever more slowly.</summary>
internal struct BitModel
{
    // After n bits the next one moves the probability by 1 / (n + 1.5) of the way to a little short of certainty.
    private const int Certain = 32;
    private const int Slowest = 254;

    private static readonly int[] Rates = [.. Enumerable.Range(0, Slowest + 1).Select(count => (2 << 16) / ((2 * count) + 3))];

    private ushort _zero;
    private byte _count;

    /// <summary>A model that knows nothing.</summary>
    public static BitModel Even => new() { _zero = 1 << 15 };

    /// <summary>The probability of 0 in units of 2⁻¹⁶, 32 to 65503.</summary>
    public readonly int Zero => _zero;

    /// <summary>Whether it was never used (and never set).</summary>
    public readonly bool IsNew => _count == 0;

    /// <summary>Starts with the knowledge of another model, as if it were one bit's worth.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Inherit(BitModel other)
    {
        _zero = other._zero;
        _count = 1;
    }

    /// <summary>Learns a bit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Update(int bit)
    {
        var target = bit == 0 ? ushort.MaxValue - Certain : Certain;
        var rate = Rates[_count];
        _zero = (ushort)(_zero + (int)((long)(target - _zero) * rate >> 16));
        if (_count < Slowest)
            _count++;
    }
}
