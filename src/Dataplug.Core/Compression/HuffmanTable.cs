using System.Numerics;
using System.Runtime.CompilerServices;

namespace Dataplug.Compression;

/// <summary>
/// Decoding tables of the codes of RFC 1951, section 3.2: one look-up of a few bits gives the symbol, or leads to a subtable.
/// </summary>
/// <remarks>
/// An entry is 32 bits. In both tables:
/// <list type="bullet">
/// <item>bits 0-5: bits to consume, extra bits included;</item>
/// <item>bit 6 <see cref="Exceptional"/>: end of block, invalid symbol, or with bit 13 (<see cref="Subtable"/>) a subtable of
/// 2^(bits 8-11) entries that starts at bits 16-31; bits 0-5 are then those of the table's index;</item>
/// <item>bits 8-11: bits of the codewords, without extra bits (bits 12 and 13 are clear unless there is a subtable, so that a
/// shift by the low six of bits 8 and up is one by that many).</item>
/// </list>
/// In the distance table, bits 16-31 are the base of the distance. In the literal/length table:
/// <list type="bullet">
/// <item>bits 14-15: how many literals there are, 0 to 2; the first one is in bits 16-23, the second one in bits 24-31;</item>
/// <item>bit 7 <see cref="OnlyLiterals"/>: no length follows. Without it (and without Exceptional) bits 24-31 are the base of a
/// length, minus <see cref="ShortestMatch"/>: after no literal, or after one whose codeword is the first of two.</item>
/// </list>
/// Bits 6 and 7 are clear where bits 0-7 serve as a count of bits to keep. The order of the fields follows libdeflate's, whose order
/// of operations the decoding loop follows too.
/// </remarks>
internal static unsafe class HuffmanTable
{
    public const uint ConsumedBits = 0x3F;
    public const uint Exceptional = 1 << 6;
    public const uint OnlyLiterals = 1 << 7;
    public const uint Subtable = Exceptional | 1 << 13;
    public const int LiteralCountShift = 14;
    public const int LiteralShift = 16;
    public const int LengthShift = 24;
    public const int ShortestMatch = 3;

    /// <summary>The bits of an entry that depend on the lengths of codewords.</summary>
    public const uint CodewordBits = ConsumedBits | 0xF00;

    /// <summary>The entries of end-of-block and of what no valid stream uses, bar their lengths.</summary>
    public const uint EndOfBlock = Exceptional | 1 << 16;
    public const uint Invalid = Exceptional | 2 << 16;

    public const int MaxCodewordLength = 15;
    public const int ShortLiteralLengthBits = 11;
    public const int LongLiteralLengthBits = 12;
    public const int DistanceBits = 8;

    /// <summary>The most entries that any code needs, subtables included (as zlib's examples/enough.c counts them: 288 symbols,
    /// root 12; 32 symbols, root 8).</summary>
    public const int LiteralLengthEntries = 4382;
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

    /// <summary>Builds the table of a literal/length code. Where a literal's codeword leaves bits enough in the index for the
    /// codeword of another literal or of a length, one entry stands for both.</summary>
    /// <param name="table">Room for <see cref="LiteralLengthEntries"/>.</param>
    /// <param name="lengths">The codeword lengths, 0 for symbols that do not occur.</param>
    /// <param name="tableBits">Bits of the table's index: <see cref="ShortLiteralLengthBits"/>, or
    /// <see cref="LongLiteralLengthBits"/> where the data are such that the pairs which need it are worth the larger table.</param>
    /// <returns>False when the lengths are oversubscribed or incomplete.</returns>
    public static bool TryBuildLiteralLength(uint* table, ReadOnlySpan<byte> lengths, out int tableBits)
    {
        tableBits = HasManyLongPairs(lengths) ? LongLiteralLengthBits : ShortLiteralLengthBits;
        return TryBuild(table, tableBits, lengths, LiteralLengthSymbolEntries, packs: true);
    }

    /// <summary>Whether the pairs that take the longer index whole are a quarter of its entries at least, which is to say of what
    /// the code is made for. Base64 without matches, where a literal has six bits, is the case in point.</summary>
    private static bool HasManyLongPairs(ReadOnlySpan<byte> lengths)
    {
        Span<int> counts = stackalloc int[LongLiteralLengthBits];
        counts.Clear();
        foreach (var l in lengths[..256])
        {
            if (l < LongLiteralLengthBits)
                counts[l]++;
        }
        var pairs = 0;
        for (var l = 1; l < LongLiteralLengthBits; l++)
            pairs += counts[l] * counts[LongLiteralLengthBits - l];
        return pairs >= 1 << (LongLiteralLengthBits - 2);
    }

    /// <summary>Builds the table of a distance code.</summary>
    /// <param name="table">Room for <see cref="DistanceEntries"/>.</param>
    /// <param name="lengths">The codeword lengths, 0 for symbols that do not occur.</param>
    /// <returns>False when the lengths are oversubscribed or incomplete.</returns>
    public static bool TryBuildDistance(uint* table, ReadOnlySpan<byte> lengths) =>
        TryBuild(table, DistanceBits, lengths, DistanceSymbolEntries, packs: false);

    /// <summary>
    /// Builds the table of the code whose symbols have the given lengths (RFC 1951, section 3.2.2). As zlib does, takes an
    /// incomplete code only if it has a single codeword, of one bit, or none at all; what is missing decodes as invalid.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    private static bool TryBuild(uint* table, int tableBits, ReadOnlySpan<byte> lengths, uint[] symbolEntries, bool packs)
    {
        var counts = stackalloc int[MaxCodewordLength + 1];
        new Span<int>(counts, MaxCodewordLength + 1).Clear();
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
        var tableSize = 1u << tableBits;
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
        var offsets = stackalloc int[MaxCodewordLength + 1];
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

        // Codewords are kept bit-reversed, as they lie in the bit buffer. The table is doubled for every length: what it held for
        // the shorter codewords then holds whatever the new bit is.
        var length = 1;
        while (counts[length] == 0)
            length++;
        var codeword = 0u;
        Unsafe.SkipInit(out Pairs pairs);
        pairs.Reset(length);
        for (; ; )
        {
            var last = (1u << length) - 1;
            for (var count = counts[length]; count > 0; count--)
            {
                var symbol = *sorted++;
                table[codeword] = WithLength(symbolEntries[symbol], length);
                if (packs)
                    pairs.Add(symbol, table[codeword], codeword);
                codeword = NextCodeword(codeword, last);
            }
            if (packs)
                pairs.Enter(table, length);
            if (length == tableBits)
                break;
            var filled = last + 1;
            Buffer.MemoryCopy(table, table + filled, filled * sizeof(uint), filled * sizeof(uint));
            length++;
        }

        // Longer codewords share a subtable per prefix.
        var end = tableSize;
        var prefix = uint.MaxValue;
        var start = 0u;
        for (length++; length <= maxLength; length++)
        {
            for (var count = counts[length]; count > 0; count--)
            {
                if ((codeword & (tableSize - 1)) != prefix)
                {
                    prefix = codeword & (tableSize - 1);
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
                codeword = NextCodeword(codeword, (1u << length) - 1);
            }
        }
        return true;
    }

    /// <summary>The codeword after a bit-reversed one; after the last one, anything.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint NextCodeword(uint codeword, uint last)
    {
        var bit = 1u << BitOperations.Log2(codeword ^ last);
        return codeword & (bit - 1) | bit;
    }

    private static uint WithLength(uint symbolEntry, int length) => symbolEntry + (uint)((length << 8) + length);

    /// <summary>
    /// The symbols of a code while its table is built, to make one entry of a literal and what follows it. It is made when the table
    /// has been doubled as far as the sum of their codewords' lengths, where it is a single one; the doubling that follows makes its
    /// copies.
    /// </summary>
    private struct Pairs
    {
        // Literals by codeword length: the codeword, and what a pair's entry has of its first symbol.
        private fixed uint _firstCodewords[LiteralLengthSymbols];
        private fixed uint _firsts[LiteralLengthSymbols];

        // Literals and lengths by codeword length: the codeword, and what a pair's entry has of its second symbol.
        private fixed uint _secondCodewords[LiteralLengthSymbols];
        private fixed uint _seconds[LiteralLengthSymbols];

        // How many of them there are up to a codeword length.
        private fixed int _firstEnds[LongLiteralLengthBits + 1];
        private fixed int _secondEnds[LongLiteralLengthBits + 1];
        private int _shortest;
        private int _firstCount;
        private int _secondCount;

        /// <summary>Begins; what is not set here is set before it is read.</summary>
        /// <param name="shortest">The least length of a codeword.</param>
        public void Reset(int shortest)
        {
            _shortest = shortest;
            _firstCount = _secondCount = 0;
            _firstEnds[shortest - 1] = _secondEnds[shortest - 1] = 0;
        }

        /// <summary>Notes a symbol of the code; called in the order of the codewords.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(uint symbol, uint entry, uint codeword)
        {
            if ((entry & Exceptional) != 0)
                return;
            _secondCodewords[_secondCount] = codeword;
            if (symbol < 256)
            {
                _firstCodewords[_firstCount] = codeword;
                _firsts[_firstCount++] = entry & (0xFF << LiteralShift | CodewordBits);
                _seconds[_secondCount++] = symbol << LengthShift | 2 << LiteralCountShift | entry & (CodewordBits | OnlyLiterals);
            }
            else
            {
                _seconds[_secondCount++] = 1 << LiteralCountShift | entry;
            }
        }

        /// <summary>Enters the pairs whose codewords have a given length together. Called for every length from the shortest one on;
        /// the symbols up to that length are known.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Enter(uint* table, int length)
        {
            _firstEnds[length] = _firstCount;
            _secondEnds[length] = _secondCount;
            fixed (Pairs* pairs = &this)
            {
                for (var first = _shortest; first <= length - _shortest; first++)
                {
                    var from = pairs->_secondEnds[length - first - 1];
                    var to = pairs->_secondEnds[length - first];
                    if (from == to)
                        continue;
                    var end = pairs->_firstEnds[first];
                    for (var i = pairs->_firstEnds[first - 1]; i < end; i++)
                    {
                        var codeword = pairs->_firstCodewords[i];
                        var entry = pairs->_firsts[i];
                        for (var j = from; j < to; j++)
                            table[codeword | pairs->_secondCodewords[j] << first] = entry + pairs->_seconds[j];
                    }
                }
            }
        }
    }

    private static uint[] MakeLiteralLengthSymbolEntries()
    {
        var entries = new uint[LiteralLengthSymbols];
        for (var i = 0; i < 256; i++)
            entries[i] = OnlyLiterals | 1 << LiteralCountShift | (uint)i << LiteralShift;
        entries[256] = EndOfBlock;
        for (var i = 0; i < LengthBases.Length; i++)
            entries[257 + i] = (uint)(LengthBases[i] - ShortestMatch) << LengthShift | LengthExtraBits[i];
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
