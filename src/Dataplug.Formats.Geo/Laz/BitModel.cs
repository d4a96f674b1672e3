using System.Runtime.CompilerServices;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>How likely a bit is 0, learnt from those that came before (LAZ specification, "Arithmetic coder": bit models).</summary>
internal struct BitModel
{
    /// <summary>Bits of a probability.</summary>
    public const int Shift = 13;

    private const uint MaxCount = 1u << Shift;

    private uint _zeros;
    private uint _bits;
    private uint _cycle;
    private uint _untilUpdate;

    /// <summary>The probability of 0 in units of 2⁻¹³; above 0 and below 1.</summary>
    public uint Zero { get; private set; }

    public static BitModel Fresh => new() { _zeros = 1, _bits = 2, _cycle = 4, _untilUpdate = 4, Zero = 1u << (Shift - 1) };

    /// <summary>Learns that a bit came.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Count(uint bit)
    {
        _zeros += 1 - bit;
        if (--_untilUpdate == 0)
            Update();
    }

    private void Update()
    {
        if ((_bits += _cycle) > MaxCount)
        {
            _bits = (_bits + 1) >> 1;
            _zeros = (_zeros + 1) >> 1;
            if (_zeros == _bits)
                _bits++;
        }
        Zero = _zeros * (0x80000000u / _bits) >> (31 - Shift);
        _cycle = _untilUpdate = Math.Min(5 * _cycle >> 2, 64);
    }
}
