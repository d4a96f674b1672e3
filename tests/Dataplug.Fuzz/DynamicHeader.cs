namespace Dataplug.Fuzz;

/// <summary>What a place in deflate data looks like to <see cref="DynamicHeader"/>.</summary>
internal enum DynamicHeaderKind
{
    /// <summary>No header of a dynamic block, or one that goes on behind the data.</summary>
    None,

    /// <summary>One that is valid, but whose code for literals and lengths is a single codeword of one bit.</summary>
    Single,

    /// <summary>One whose code for literals and lengths uses up all codewords.</summary>
    Complete,
}

/// <summary>A plain reader of the headers of dynamic blocks, bit by bit, after RFC 1951, section 3.2.7, with zlib's rules for incomplete
/// codes; what <see cref="Compression.BlockFinder"/> is held against.</summary>
internal static class DynamicHeader
{
    private static readonly int[] Order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    /// <summary>Reads what stands at a place, BFINAL and BTYPE included.</summary>
    public static DynamicHeaderKind At(ReadOnlySpan<byte> data, long bit)
    {
        var reader = new Reader(data, bit + 1);
        if (reader.Bits(2) != 2)
            return DynamicHeaderKind.None;
        var literals = reader.Bits(5) + 257;
        var distances = reader.Bits(5) + 1;
        var codeLengths = reader.Bits(4) + 4;
        if (literals > 286 || distances > 30)
            return DynamicHeaderKind.None;
        Span<int> code = stackalloc int[19];
        code.Clear();
        for (var i = 0; i < codeLengths; i++)
            code[Order[i]] = reader.Bits(3);
        if (Kraft(code, 7) != 1 << 7)
            return DynamicHeaderKind.None;

        Span<int> lengths = stackalloc int[literals + distances];
        for (var i = 0; i < lengths.Length;)
        {
            var symbol = Symbol(ref reader, code);
            if (reader.IsBehind)
                return DynamicHeaderKind.None;
            if (symbol < 16)
            {
                lengths[i++] = symbol;
                continue;
            }
            if (symbol == 16 && i == 0)
                return DynamicHeaderKind.None;
            var repeat = symbol switch { 16 => 3 + reader.Bits(2), 17 => 3 + reader.Bits(3), _ => 11 + reader.Bits(7) };
            if (repeat > lengths.Length - i)
                return DynamicHeaderKind.None;
            lengths.Slice(i, repeat).Fill(symbol == 16 ? lengths[i - 1] : 0);
            i += repeat;
        }
        if (reader.IsBehind || lengths[256] == 0)
            return DynamicHeaderKind.None;
        var distance = lengths[literals..];
        var isDistanceGood = Kraft(distance, 15) == 1 << 15 || distance.Count(0) == distance.Length || distance.Count(0) == distance.Length - 1 && distance.Contains(1);
        var sum = Kraft(lengths[..literals], 15);
        return !isDistanceGood ? DynamicHeaderKind.None
            : sum == 1 << 15 ? DynamicHeaderKind.Complete
            : sum == 1 << 14 && lengths[256] == 1 ? DynamicHeaderKind.Single
            : DynamicHeaderKind.None;
    }

    private static int Kraft(ReadOnlySpan<int> lengths, int bits)
    {
        var sum = 0;
        foreach (var length in lengths)
            sum += length == 0 ? 0 : 1 << bits - length;
        return sum;
    }

    /// <summary>Decodes a codeword of a canonical code by counting, as RFC 1951, section 3.2.2 makes them.</summary>
    private static int Symbol(ref Reader reader, scoped ReadOnlySpan<int> lengths)
    {
        int value = 0, first = 0;
        for (var length = 1; length <= 7; length++)
        {
            value |= reader.Bits(1);
            var count = lengths.Count(length);
            if (value - first < count)
            {
                for (var symbol = 0; ; symbol++)
                {
                    if (lengths[symbol] == length && value-- == first)
                        return symbol;
                }
            }
            first = first + count << 1;
            value <<= 1;
        }
        return 0;
    }

    private ref struct Reader(ReadOnlySpan<byte> data, long bit)
    {
        private readonly ReadOnlySpan<byte> _data = data;
        private long _bit = bit;

        public readonly bool IsBehind => _bit > _data.Length * 8L;

        public int Bits(int count)
        {
            var value = 0;
            for (var i = 0; i < count; i++, _bit++)
                value |= _bit < _data.Length * 8L ? (_data[(int)(_bit >> 3)] >> (int)(_bit & 7) & 1) << i : 0;
            return value;
        }
    }
}
