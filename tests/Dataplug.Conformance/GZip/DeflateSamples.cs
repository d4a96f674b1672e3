namespace Dataplug.Conformance.GZip;

/// <summary>Kinds of deflate data (RFC 1951) that a compressor rarely or never writes, each hard on another part of a decoder.</summary>
public enum DeflateKind
{
    /// <summary>Stored blocks of random lengths, the longest (65535) and the empty one among them.</summary>
    Stored,

    /// <summary>Blocks of the fixed code only.</summary>
    Fixed,

    /// <summary>Dynamic blocks with random complete codes.</summary>
    Dynamic,

    /// <summary>Dynamic blocks whose codes go down to codewords of 15 bits, so that every decoder needs its second-level tables.</summary>
    LongCodes,

    /// <summary>Dynamic blocks with a single distance code of one bit: the incomplete code that RFC 1951, section 3.2.7 allows.</summary>
    SingleDistanceCode,

    /// <summary>Dynamic blocks of literals only, without any distance code.</summary>
    NoDistanceCode,

    /// <summary>Blocks of all types with empty ones of all types between them.</summary>
    EmptyBlocks,

    /// <summary>What full flushes leave: nothing refers back over a block, and an empty stored block follows each (as pigz writes).</summary>
    FullFlush,
}

/// <summary>Valid deflate data of every <see cref="DeflateKind"/>, of a given or of a random content.</summary>
public static class DeflateSamples
{
    private const int LongestMatch = 258;
    private const int WindowLength = 32768;
    private const int LongestStored = 65535;

    /// <summary>Compresses a content in the manner of a kind; the same random numbers give the same bytes.</summary>
    public static byte[] Compress(ReadOnlySpan<byte> content, DeflateKind kind, Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var writer = new DeflateWriter();
        var at = 0;
        do
        {
            if (kind == DeflateKind.EmptyBlocks)
                EmptyBlock(writer, random);
            var longest = kind == DeflateKind.Stored ? LongestStored : 40_000;
            var length = Math.Min(content.Length - at, random.Next(4) switch { 0 => longest, 1 => random.Next(40), _ => random.Next(1, longest + 1) });
            var isLast = at + length == content.Length && kind is not (DeflateKind.EmptyBlocks or DeflateKind.FullFlush);
            var history = kind == DeflateKind.FullFlush ? at : 0;
            switch (kind)
            {
                case DeflateKind.Stored:
                    writer.Stored(content.Slice(at, length), isLast);
                    break;
                case DeflateKind.Fixed:
                    writer.Fixed(Matches(content, history, at, length), isLast);
                    break;
                case DeflateKind.SingleDistanceCode:
                    // Distance symbols of all sizes; those without extra bits stand for one distance each.
                    var symbol = random.Next(30);
                    Dynamic(random, writer, Matches(content, history, at, length, symbol), isLast);
                    break;
                case DeflateKind.NoDistanceCode:
                    Dynamic(random, writer, Matches(content, at, at, length, distanceSymbol: -1), isLast);
                    break;
                case DeflateKind.LongCodes:
                    LongCodes(random, writer, Matches(content, history, at, length), isLast);
                    break;
                case DeflateKind.EmptyBlocks when random.Next(3) == 0:
                    writer.Stored(content.Slice(at, length), isLast);
                    break;
                case DeflateKind.EmptyBlocks when random.Next(2) == 0:
                    writer.Fixed(Matches(content, history, at, length), isLast);
                    break;
                default:
                    Dynamic(random, writer, Matches(content, history, at, length), isLast);
                    break;
            }
            at += length;
            if (kind == DeflateKind.FullFlush)
                writer.Stored([], isLast: false);
        }
        while (at < content.Length);
        if (kind is DeflateKind.EmptyBlocks or DeflateKind.FullFlush)
            writer.Fixed([], isLast: true);
        return writer.ToArray();
    }

    /// <summary>Random blocks of all types with random codes, whose tokens make no attempt at compressing.</summary>
    public static (byte[] Deflate, byte[] Data) HandMade(Random random, int maxLength)
    {
        ArgumentNullException.ThrowIfNull(random);
        var writer = new DeflateWriter();
        var data = new List<byte>();
        maxLength = random.Next(maxLength);
        var blocks = random.Next(1, random.Next(2) == 0 ? 4 : 40);
        for (var block = 0; block < blocks; block++)
        {
            var isLast = block == blocks - 1;
            var before = data.Count;
            var tokens = new List<Token>();
            // Few distinct literals make short codewords, many make long ones.
            var letters = Enumerable.Range(0, random.Next(1, random.Next(2) == 0 ? 6 : 257)).Select(_ => (byte)random.Next(256)).ToArray();
            var matches = random.Next(4) == 0 ? 0 : random.Next(1, 6);
            var farOnly = random.Next(5) == 0;
            for (var count = random.Next(8) == 0 ? 0 : random.Next(1500); count > 0 && data.Count < maxLength; count--)
            {
                if (matches == 0 || data.Count == 0 || random.Next(matches) == 0)
                {
                    var letter = letters[random.Next(letters.Length)];
                    tokens.Add(Token.Literal(letter));
                    data.Add(letter);
                    continue;
                }
                var length = random.Next(4) switch { 0 => LongestMatch, 1 => 3, 2 => random.Next(3, 20), _ => random.Next(3, 259) };
                var reach = Math.Min(data.Count, WindowLength);
                var distance = farOnly ? reach : random.Next(4) switch { 0 => reach, 1 => 1, 2 => random.Next(1, Math.Min(reach, 40) + 1), _ => random.Next(1, reach + 1) };
                tokens.Add(Token.Match(length, distance));
                for (var i = 0; i < length; i++)
                    data.Add(data[^distance]);
            }
            switch (random.Next(4))
            {
                case 0 when data.Count - before <= LongestStored:
                    writer.Stored(data.ToArray().AsSpan(before), isLast);
                    break;
                case 1:
                    writer.Fixed(tokens, isLast);
                    break;
                default:
                    Dynamic(random, writer, tokens, isLast);
                    break;
            }
        }
        return (writer.ToArray(), [.. data]);
    }

    private static void EmptyBlock(DeflateWriter writer, Random random)
    {
        switch (random.Next(3))
        {
            case 0:
                writer.Stored([], isLast: false);
                break;
            case 1:
                writer.Fixed([], isLast: false);
                break;
            default:
                // A literal/length code of the end-of-block symbol alone is incomplete, and allowed.
                Dynamic(random, writer, [], isLast: false);
                break;
        }
    }

    /// <summary>Literals and matches of a part of the content: the latest place with the same three bytes, never an earlier one.</summary>
    /// <param name="content">All of the content.</param>
    /// <param name="history">What comes before is not referred to.</param>
    /// <param name="start">Where the part begins.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="distanceSymbol">Only distances of this symbol are used; null for any, -1 for none.</param>
    private static List<Token> Matches(ReadOnlySpan<byte> content, int history, int start, int length, int? distanceSymbol = null)
    {
        var tokens = new List<Token>();
        var latest = new Dictionary<int, int>();
        var known = Math.Max(history, start - WindowLength);
        for (var at = start; at < start + length;)
        {
            var most = Math.Min(LongestMatch, start + length - at);
            var match = 0;
            var distance = 0;
            if (most >= 3)
            {
                for (; known < at; known++)
                    latest[Three(content, known)] = known;
                if (latest.TryGetValue(Three(content, at), out var place) && at - place <= WindowLength
                    && (distanceSymbol is null || DeflateWriter.DistanceSymbol(at - place) == distanceSymbol))
                {
                    distance = at - place;
                    match = content.Slice(place, most).CommonPrefixLength(content.Slice(at, most));
                }
            }
            tokens.Add(match >= 3 ? Token.Match(match, distance) : Token.Literal(content[at]));
            at += Math.Max(1, match >= 3 ? match : 1);
        }
        return tokens;

        static int Three(ReadOnlySpan<byte> content, int at) => content[at] | content[at + 1] << 8 | content[at + 2] << 16;
    }

    private static void Dynamic(Random random, DeflateWriter writer, List<Token> tokens, bool isLast)
    {
        var longest258 = random.Next(3) == 0;
        var (literals, distances) = Symbols(tokens, longest258);
        if (random.Next(3) == 0 && distances.Count > 1)
        {
            for (var extra = random.Next(20); extra > 0; extra--)
                distances.Add(random.Next(30));
        }
        for (var extra = random.Next(3) == 0 ? random.Next(60) : 0; extra > 0; extra--)
            literals.Add(random.Next(286));
        Dynamic(random, writer, tokens, isLast, longest258, DeflateWriter.RandomLengths(random, literals, LiteralCount(random, literals)), distances);
    }

    /// <summary>As many symbols as needed lie on a path of one codeword per length, so that the deepest have 15 bits.</summary>
    private static void LongCodes(Random random, DeflateWriter writer, List<Token> tokens, bool isLast)
    {
        var longest258 = random.Next(2) == 0;
        var (literals, distances) = Symbols(tokens, longest258);
        while (literals.Count < 16)
            literals.Add(random.Next(286));
        while (distances.Count < 16)
            distances.Add(random.Next(30));
        var lengths = Thin(random, literals, LiteralCount(random, literals));
        writer.Dynamic(tokens, isLast, lengths, Thin(random, distances, 30), random, longest258);
    }

    private static int[] Thin(Random random, HashSet<int> needed, int symbols)
    {
        // Lengths 1, 2, ... 15, 15 make a complete code; splitting the shallowest leaves makes room for the others.
        var leaves = new PriorityQueue<int, int>(Enumerable.Range(1, 14).Append(15).Append(15).Select(length => (length, length)));
        while (leaves.Count < needed.Count)
        {
            var length = leaves.Dequeue();
            leaves.Enqueue(length + 1, length + 1);
            leaves.Enqueue(length + 1, length + 1);
        }
        var shuffled = leaves.UnorderedItems.Select(item => item.Element).ToArray();
        random.Shuffle(shuffled);
        var lengths = new int[symbols];
        foreach (var (symbol, length) in needed.Order().Zip(shuffled))
            lengths[symbol] = length;
        return lengths;
    }

    private static void Dynamic(Random random, DeflateWriter writer, List<Token> tokens, bool isLast, bool longest258, int[] literalLengths, HashSet<int> distances)
    {
        var distanceCount = random.Next(3) == 0 ? 30 : distances.DefaultIfEmpty(0).Max() + 1;
        writer.Dynamic(tokens, isLast, literalLengths, DeflateWriter.RandomLengths(random, distances, distanceCount), random, longest258);
    }

    private static (HashSet<int> Literals, HashSet<int> Distances) Symbols(List<Token> tokens, bool longest258) =>
        (tokens.Select(t => t.Distance == 0 ? t.Value : DeflateWriter.LengthSymbol(t.Value, longest258)).Append(256).ToHashSet(),
            tokens.Where(t => t.Distance > 0).Select(t => DeflateWriter.DistanceSymbol(t.Distance)).ToHashSet());

    private static int LiteralCount(Random random, HashSet<int> literals) => random.Next(3) == 0 ? 286 : literals.Max() + 1;
}
