namespace Dataplug.Conformance.GZip;

/// <summary>A literal (Distance 0, Value the byte) or a match (Value the length).</summary>
public readonly record struct Token(int Value, int Distance)
{
    public static Token Literal(byte value) => new(value, 0);

    public static Token Match(int length, int distance) => new(length, distance);
}

/// <summary>
/// Writes deflate blocks exactly as told, valid ones and invalid ones, down to each codeword length; so that the decoder sees what
/// no compressor would write.
/// </summary>
public sealed class DeflateWriter
{
    private static readonly int[] LengthBases = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
    private static readonly int[] LengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
    private static readonly int[] DistanceBases = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
    private static readonly int[] CodeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    private readonly List<byte> _bytes = [];
    private long _bits;

    public long BitLength => _bits;

    public byte[] ToArray() => [.. _bytes];

    /// <summary>Bits, the least significant first.</summary>
    public void Bits(int value, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (_bits % 8 == 0)
                _bytes.Add(0);
            _bytes[^1] |= (byte)((value >> i & 1) << (int)(_bits % 8));
            _bits++;
        }
    }

    /// <summary>A Huffman codeword: the most significant bit first.</summary>
    private void Codeword(int code, int length)
    {
        for (var i = length - 1; i >= 0; i--)
            Bits(code >> i & 1, 1);
    }

    public void AlignToByte() => Bits(0, (int)(-_bits & 7));

    public void Stored(ReadOnlySpan<byte> bytes, bool isLast)
    {
        Bits(isLast ? 1 : 0, 1);
        Bits(0, 2);
        AlignToByte();
        Bits(bytes.Length, 16);
        Bits(bytes.Length ^ 0xFFFF, 16);
        foreach (var value in bytes)
            Bits(value, 8);
    }

    public void Fixed(IEnumerable<Token> tokens, bool isLast)
    {
        Bits(isLast ? 1 : 0, 1);
        Bits(1, 2);
        var literals = new int[288];
        for (var i = 0; i < 288; i++)
            literals[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
        Tokens(tokens, literals, Enumerable.Repeat(5, 32).ToArray(), longest258: false);
    }

    /// <summary>A dynamic block with the given codeword lengths.</summary>
    /// <param name="longest258">Writes length 258 as symbol 284 with extra bits 31, which every inflate takes.</param>
    public void Dynamic(IEnumerable<Token> tokens, bool isLast, int[] literalLengths, int[] distanceLengths, Random random, bool longest258 = false)
    {
        DynamicHeader(isLast, literalLengths, distanceLengths, random);
        Tokens(tokens, literalLengths, distanceLengths, longest258);
    }

    /// <summary>Only the header; what follows is up to the caller.</summary>
    public void DynamicHeader(bool isLast, int[] literalLengths, int[] distanceLengths, Random random)
    {
        Bits(isLast ? 1 : 0, 1);
        Bits(2, 2);
        Bits(literalLengths.Length - 257, 5);
        Bits(distanceLengths.Length - 1, 5);

        // Run-length coding with random choices where there is one.
        var all = literalLengths.Concat(distanceLengths).ToArray();
        var coded = new List<(int Symbol, int Extra, int ExtraBits)>();
        for (var i = 0; i < all.Length;)
        {
            var run = 1;
            while (i + run < all.Length && all[i + run] == all[i])
                run++;
            if (all[i] == 0 && run >= 11 && random.Next(4) != 0)
            {
                var n = random.Next(11, Math.Min(run, 138) + 1);
                coded.Add((18, n - 11, 7));
                i += n;
            }
            else if (all[i] == 0 && run >= 3 && random.Next(4) != 0)
            {
                var n = random.Next(3, Math.Min(run, 10) + 1);
                coded.Add((17, n - 3, 3));
                i += n;
            }
            else if (run >= 4 && random.Next(4) != 0)
            {
                coded.Add((all[i], 0, 0));
                var n = random.Next(3, Math.Min(run - 1, 6) + 1);
                coded.Add((16, n - 3, 2));
                i += n + 1;
            }
            else
            {
                coded.Add((all[i], 0, 0));
                i++;
            }
        }
        var needed = coded.Select(c => c.Symbol).Distinct().ToList();
        if (needed.Count == 1)
            needed.Add(needed[0] == 0 ? 1 : 0);
        var codeLengths = RandomLengths(random, needed, 19, maxLength: 7);
        var count = 19;
        while (count > 4 && codeLengths[CodeLengthOrder[count - 1]] == 0 && random.Next(8) != 0)
            count--;
        while (count < 4 || Enumerable.Range(count, 19 - count).Any(i => codeLengths[CodeLengthOrder[i]] != 0))
            count++;
        Bits(count - 4, 4);
        for (var i = 0; i < count; i++)
            Bits(codeLengths[CodeLengthOrder[i]], 3);
        var codes = Codes(codeLengths);
        foreach (var (symbol, extra, extraBits) in coded)
        {
            Codeword(codes[symbol], codeLengths[symbol]);
            Bits(extra, extraBits);
        }
    }

    private void Tokens(IEnumerable<Token> tokens, int[] literalLengths, int[] distanceLengths, bool longest258)
    {
        var literals = Codes(literalLengths);
        var distances = Codes(distanceLengths);
        foreach (var token in tokens)
        {
            if (token.Distance == 0)
            {
                Codeword(literals[token.Value], literalLengths[token.Value]);
                continue;
            }
            var symbol = LengthSymbol(token.Value, longest258);
            Codeword(literals[symbol], literalLengths[symbol]);
            Bits(token.Value - LengthBases[symbol - 257], LengthExtra[symbol - 257]);
            var distance = DistanceSymbol(token.Distance);
            Codeword(distances[distance], distanceLengths[distance]);
            Bits(token.Distance - DistanceBases[distance], Math.Max(0, distance / 2 - 1));
        }
        Codeword(literals[256], literalLengths[256]);
    }

    /// <summary>Bits of another stream as they are, from its bit <paramref name="from"/> up to <paramref name="to"/>.</summary>
    public void CopyBits(ReadOnlySpan<byte> source, long from, long to)
    {
        for (var bit = from; bit < to; bit++)
            Bits(source[(int)(bit >> 3)] >> (int)(bit & 7) & 1, 1);
    }

    public static int LengthSymbol(int length, bool longest258 = false) =>
        length == 258 ? longest258 ? 284 : 285 : 257 + Array.FindLastIndex(LengthBases, 27, b => b <= length);

    public static int DistanceSymbol(int distance) => Array.FindLastIndex(DistanceBases, b => b <= distance);

    /// <summary>The canonical code of RFC 1951, section 3.2.2.</summary>
    public static int[] Codes(int[] lengths)
    {
        var codes = new int[lengths.Length];
        var code = 0;
        for (var length = 1; length <= 15; length++)
        {
            code <<= 1;
            for (var symbol = 0; symbol < lengths.Length; symbol++)
            {
                if (lengths[symbol] == length)
                    codes[symbol] = code++;
            }
        }
        return codes;
    }

    /// <summary>Random codeword lengths that make a complete code of the needed symbols (one symbol gets one bit).</summary>
    public static int[] RandomLengths(Random random, IReadOnlyCollection<int> needed, int symbols, int maxLength = 15)
    {
        var lengths = new int[symbols];
        if (needed.Count == 0)
            return lengths;
        var leaves = new List<int> { needed.Count == 1 ? 1 : 0 };
        var deep = random.Next(3) == 0;
        while (leaves.Count < needed.Count)
        {
            // The deepest leaf that may still be split, or any: long thin trees need codewords of 15 bits.
            var at = random.Next(leaves.Count);
            if (deep && leaves.Count < needed.Count * 3 / 4)
                at = leaves.IndexOf(leaves.Where(l => l < maxLength).DefaultIfEmpty(maxLength).Max());
            if (leaves[at] >= maxLength)
                at = leaves.IndexOf(leaves.Min());
            leaves[at]++;
            leaves.Add(leaves[at]);
        }
        var shuffled = leaves.ToArray();
        random.Shuffle(shuffled);
        var i = 0;
        foreach (var symbol in needed)
            lengths[symbol] = shuffled[i++];
        return lengths;
    }
}
