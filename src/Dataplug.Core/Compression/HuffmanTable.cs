using System.Numerics;
using System.Runtime.CompilerServices;

namespace Dataplug.Compression;

/// <summary>
/// Decoding tables of the codes of RFC 1951, section 3.2: one look-up of a few bits gives the symbol, or leads to a subtable.
/// </summary>
/// <remarks>
/// An entry is 32 bits:
/// <list type="bullet">
/// <item>bits 0-7: bits to consume, extra bits included;</item>
/// <item>bits 8-11: length of the codeword (of the first one when two literals are packed);</item>
/// <item>bit 15 <see cref="Literal"/>: as many literals as bits 12-13 say, 1 or 2;</item>
/// <item>bit 14 <see cref="Exceptional"/>: end of block, invalid symbol, or with bit 13 (<see cref="Subtable"/>) a subtable of
/// 2^(bits 8-11) entries that starts at bits 16-30;</item>
/// <item>bits 16-31: the literal (and the second one in bits 24-31), or the base of the length or distance.</item>
/// </list>
/// The layout follows libdeflate's, whose order of operations the decoding loop follows too.
/// </remarks>
internal static unsafe class HuffmanTable
{
    public const uint Literal = 1 << 15;
    public const uint Exceptional = 1 << 14;
    public const uint Subtable = Exceptional | 1 << 13;
    public const int LiteralCountShift = 12;
    private const uint OneLiteral = Literal | 1 << LiteralCountShift;
    private const uint TwoLiterals = Literal | 2 << LiteralCountShift;

    /// <summary>The entries of end-of-block and of what no valid stream uses, bar their lengths.</summary>
    public const uint EndOfBlock = Exceptional | 1 << 16;
    public const uint Invalid = Exceptional | 2 << 16;

    public const int MaxCodewordLength = 15;
    public const int LiteralLengthBits = 11;
    public const int DistanceBits = 8;

    /// <summary>The most entries that any code needs, subtables included (computed by zlib's examples/enough.c: 288 symbols, root
    /// 11; 32 symbols, root 8).</summary>
    public const int LiteralLengthEntries = 2342;
    public const int DistanceEntries = 402;

    public const int LiteralLengthSymbols = 288;
    public const int DistanceSymbols = 32;

    // RFC 1951, section 3.2.5. Symbols 286, 287 and distances 30, 31 take part in the fixed code but never occur.
    private static ReadOnlySpan<ushort> LengthBases =>
        [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];

    private static ReadOnlySpan<byte> LengthExtraBits =>
        [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];

    private static ReadOnlySpan<ushort> DistanceBases =>
        [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193,
         12289, 16385, 24577];

    private static readonly uint[] LiteralLengthSymbolEntries = MakeLiteralLengthSymbolEntries();
    private static readonly uint[] DistanceSymbolEntries = MakeDistanceSymbolEntries();

    /// <summary>Builds the table of a literal/length code, with pairs of short literals packed into one entry.</summary>
    /// <param name="table">Room for <see cref="LiteralLengthEntries"/>.</param>
    /// <param name="lengths">The codeword lengths, 0 for symbols that do not occur.</param>
    /// <returns>False when the lengths are oversubscribed or incomplete.</returns>
    public static bool TryBuildLiteralLength(uint* table, ReadOnlySpan<byte> lengths)
    {
        if (!TryBuild(table, LiteralLengthBits, lengths, LiteralLengthSymbolEntries))
            return false;
        PackPairs(table);
        return true;
    }

    /// <summary>Builds the table of a distance code.</summary>
    /// <param name="table">Room for <see cref="DistanceEntries"/>.</param>
    /// <param name="lengths">The codeword lengths, 0 for symbols that do not occur.</param>
    /// <returns>False when the lengths are oversubscribed or incomplete.</returns>
    public static bool TryBuildDistance(uint* table, ReadOnlySpan<byte> lengths) =>
        TryBuild(table, DistanceBits, lengths, DistanceSymbolEntries);

    /// <summary>
    /// Builds the table of the code whose symbols have the given lengths (RFC 1951, section 3.2.2). As zlib does, takes an
    /// incomplete code only if it has a single codeword, of one bit, or none at all; what is missing decodes as invalid.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool TryBuild(uint* table, int tableBits, ReadOnlySpan<byte> lengths, uint[] symbolEntries)
    {
        Span<int> counts = stackalloc int[MaxCodewordLength + 1];
        counts.Clear();
        foreach (var l in lengths)
            counts[l]++;

        var left = 1;
        var maxLength = 0;
        for (var l = 1; l <= MaxCodewordLength; l++)
        {
            left = (left << 1) - counts[l];
            if (left < 0)
                return false;
            if (counts[l] != 0)
                maxLength = l;
        }
        var tableSize = 1 << tableBits;
        if (left > 0)
        {
            if (maxLength > 1)
                return false;
            var missing = Invalid | 1 << 8 | 1;
            var only = maxLength == 0 ? missing : WithLength(symbolEntries[lengths.IndexOf((byte)1)], 1);
            for (var i = 0; i < tableSize; i += 2)
            {
                table[i] = only;
                table[i + 1] = missing;
            }
            return true;
        }

        // Symbols sorted by codeword length, then value: the order of their codewords.
        Span<int> offsets = stackalloc int[MaxCodewordLength + 1];
        var offset = 0;
        for (var l = 1; l <= MaxCodewordLength; l++)
        {
            offsets[l] = offset;
            offset += counts[l];
        }
        var sorted = stackalloc ushort[LiteralLengthSymbols];
        for (var symbol = 0; symbol < lengths.Length; symbol++)
        {
            var l = lengths[symbol];
            if (l != 0)
                sorted[offsets[l]++] = (ushort)symbol;
        }

        // Codewords are kept bit-reversed, as they lie in the bit buffer. The filled part of the table is doubled whenever the
        // length grows.
        var length = 1;
        while (counts[length] == 0)
            length++;
        var count = counts[length];
        var codeword = 0u;
        var filled = 1u << length;
        while (length <= tableBits)
        {
            do
            {
                table[codeword] = WithLength(symbolEntries[*sorted++], length);
                if (codeword == filled - 1)
                {
                    for (; length < tableBits; length++)
                    {
                        Double(table, filled);
                        filled <<= 1;
                    }
                    return true;
                }
                var bit = 1u << BitOperations.Log2(codeword ^ (filled - 1));
                codeword = codeword & (bit - 1) | bit;
            }
            while (--count > 0);
            do
            {
                if (++length <= tableBits)
                {
                    Double(table, filled);
                    filled <<= 1;
                }
            }
            while ((count = counts[length]) == 0);
        }

        // Longer codewords share a subtable per prefix.
        var end = (uint)tableSize;
        var prefix = uint.MaxValue;
        var start = 0u;
        for (; ; )
        {
            if ((codeword & ((uint)tableSize - 1)) != prefix)
            {
                prefix = codeword & ((uint)tableSize - 1);
                start = end;
                var subtableBits = length - tableBits;
                var used = count;
                while (used < 1 << subtableBits)
                {
                    subtableBits++;
                    used = (used << 1) + counts[tableBits + subtableBits];
                }
                end = start + (1u << subtableBits);
                table[prefix] = start << 16 | Subtable | (uint)subtableBits << 8 | (uint)tableBits;
            }
            var entry = WithLength(symbolEntries[*sorted++], length - tableBits);
            var stride = 1u << (length - tableBits);
            for (var i = start + (codeword >> tableBits); i < end; i += stride)
                table[i] = entry;
            if (codeword == (1u << length) - 1)
                return true;
            var bit = 1u << BitOperations.Log2(codeword ^ ((1u << length) - 1));
            codeword = codeword & (bit - 1) | bit;
            if (--count == 0)
            {
                do
                    length++;
                while ((count = counts[length]) == 0);
            }
        }
    }

    private static uint WithLength(uint symbolEntry, int length) => symbolEntry + (uint)((length << 8) + length);

    private static void Double(uint* table, uint filled) =>
        Buffer.MemoryCopy(table, table + filled, filled * sizeof(uint), filled * sizeof(uint));

    /// <summary>
    /// Where a literal's codeword leaves bits enough in the look-up for a second literal, makes one entry of both. Goes from the
    /// last entry to the first, because the second literal is looked up at a smaller index, which must still be a single one.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PackPairs(uint* table)
    {
        for (var i = (1 << LiteralLengthBits) - 1; i >= 0; i--)
        {
            var first = table[i];
            if ((first & Literal) == 0)
                continue;
            var firstLength = (int)(first & 0xFF);
            var second = table[i >> firstLength];
            var length = (uint)firstLength + (second & 0xFF);
            if ((second & Literal) != 0 && length <= LiteralLengthBits)
                table[i] = (second & 0xFF0000) << 8 | first & 0xFF0F00 | TwoLiterals | length;
        }
    }

    private static uint[] MakeLiteralLengthSymbolEntries()
    {
        var entries = new uint[LiteralLengthSymbols];
        for (var i = 0; i < 256; i++)
            entries[i] = OneLiteral | (uint)i << 16;
        entries[256] = EndOfBlock;
        for (var i = 0; i < LengthBases.Length; i++)
            entries[257 + i] = (uint)LengthBases[i] << 16 | LengthExtraBits[i];
        entries[286] = entries[287] = Invalid;
        return entries;
    }

    private static uint[] MakeDistanceSymbolEntries()
    {
        var entries = new uint[DistanceSymbols];
        for (var i = 0; i < DistanceBases.Length; i++)
            entries[i] = (uint)DistanceBases[i] << 16 | (uint)Math.Max(0, (i >> 1) - 1);
        entries[30] = entries[31] = Invalid;
        return entries;
    }
}
