using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Dataplug.Formats.Geo.Laz;

/// <summary>How likely each of a number of symbols is, learnt from those that came before (LAZ specification, "Arithmetic coder": symbol
/// models). The structure is a head; behind it in the same block of a <see cref="ModelArena"/> lie the cumulative distribution, in units of
/// 2⁻¹⁵ and with a last entry of 2¹⁵, the counts, and for a decoder a table from the highest bits of a place in the distribution to the first
/// symbol that it may belong to.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SymbolModel
{
    /// <summary>Bits of a probability.</summary>
    public const int Shift = 15;

    /// <summary>The largest alphabet of the format, that of the multipliers of GPS times.</summary>
    public const int MaxSymbols = 516;

    /// <summary>The probability of all symbols together.</summary>
    public const uint One = 1u << Shift;

    private const uint MaxCount = 1u << Shift;
    private const int HeadLength = 32;
    private const int Padding = 16;

    private uint _total;
    private uint _cycle;
    private uint _untilUpdate;
    private ushort _symbols;
    private ushort _tableShift;
    private ushort _countsAt;
    private ushort _tableAt;

    /// <summary>The number of the last symbol.</summary>
    public readonly int Last => _symbols - 1;

    /// <summary>By how many bits a place in the distribution is shifted to look it up in the table; 0 where there is none, for an encoder.</summary>
    public readonly int TableShift => _tableShift;

    public static ushort* Distribution(SymbolModel* model) => (ushort*)((byte*)model + HeadLength);

    public static ushort* Table(SymbolModel* model) => (ushort*)((byte*)model + model->_tableAt);

    /// <summary>Bytes of a model in memory.</summary>
    public static int LengthOf(int symbols, bool decoding)
    {
        var tableBits = TableBits(symbols, decoding);
        return HeadLength + sizeof(ushort) * (Padded(symbols + 1) + Padded(symbols) + (tableBits == 0 ? 0 : 1 << tableBits));
    }

    public static void Initialize(SymbolModel* model, int symbols, bool decoding)
    {
        var tableBits = TableBits(symbols, decoding);
        model->_symbols = (ushort)symbols;
        model->_tableShift = (ushort)(tableBits == 0 ? 0 : Shift - tableBits);
        model->_countsAt = (ushort)(HeadLength + sizeof(ushort) * Padded(symbols + 1));
        model->_tableAt = (ushort)(model->_countsAt + sizeof(ushort) * Padded(symbols));
        var distribution = Distribution(model);
        for (var i = symbols; i < Padded(symbols + 1); i++)
            distribution[i] = (ushort)One;
        var counts = Counts(model);
        for (var i = 0; i < Padded(symbols); i++)
            counts[i] = (ushort)(i < symbols ? 1 : 0);
        model->_total = 0;
        model->_cycle = (uint)symbols;
        Update(model);
        model->_untilUpdate = model->_cycle = (uint)(symbols + 6) >> 1;
    }

    /// <summary>Learns that a symbol came.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Count(SymbolModel* model, int symbol)
    {
        Counts(model)[symbol]++;
        if (--model->_untilUpdate == 0)
            Update(model);
    }

    private static ushort* Counts(SymbolModel* model) => (ushort*)((byte*)model + model->_countsAt);

    private static int Padded(int entries) => (entries + Padding - 1) & ~(Padding - 1);

    private static int TableBits(int symbols, bool decoding)
    {
        if (!decoding)
            return 0;
        // About a symbol for each entry: finer tables find symbols at once, and take longer to fill.
        var bits = 2;
        while (symbols > 1 << bits)
            bits++;
        return bits;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Update(SymbolModel* model)
    {
        var symbols = (int)model->_symbols;
        var counts = Counts(model);
        var total = model->_total + model->_cycle;
        if (total > MaxCount)
        {
            total = 0;
            for (var i = 0; i < symbols; i++)
                total += counts[i] = (ushort)((counts[i] + 1) >> 1);
        }
        model->_total = total;

        var distribution = Distribution(model);
        var scale = 0x80000000u / total;
        var sum = 0u;
        for (var i = 0; i < symbols; i++)
        {
            distribution[i] = (ushort)((scale * sum) >> 16);
            sum += counts[i];
        }

        if (model->_tableShift != 0)
        {
            // Entry t is the last symbol that begins at or before the first place whose highest bits are t.
            var table = Table(model);
            var shift = model->_tableShift;
            var entries = 1 << (Shift - shift);
            var filled = 0;
            for (var i = 1; i < symbols; i++)
            {
                var places = (distribution[i] + (1 << shift) - 1) >> shift;
                while (filled < places)
                    table[filled++] = (ushort)(i - 1);
            }
            while (filled < entries)
                table[filled++] = (ushort)(symbols - 1);
        }

        model->_cycle = model->_untilUpdate = Math.Min(5 * model->_cycle >> 2, (uint)(symbols + 6) << 3);
    }
}
