using System.Buffers.Binary;
using Dataplug.Compression;

namespace Dataplug.Fuzz.Targets;

/// <summary>
/// The search for blocks whose start nobody knows, on guarded input: it must find every place that keeps the rules, as a plain search
/// tells them, and no other, among them every dynamic block that decoding from the start comes to, and not look beyond what it may.
/// </summary>
internal sealed unsafe class FinderTarget : IFuzzTarget
{
    // Of longer searches the plain one does a part.
    private const int MaxBits = 3000;
    private const int MaxOutput = 1 << 20;

    // The shortest header that is looked at.
    private const int LeastBits = 18;

    private readonly GuardedMemory _memory = new((1 << 20) + BlockFinder.Padding);
    private readonly BlockFinder _finder = new(new InflateDecoder());

    public string Name => "finder";

    public InputKind Kind => InputKind.Blocks;

    public string Run(byte[] input, Random random)
    {
        long from = random.Next(2) == 0 ? 0 : random.Next((input.Length * 8) + 1);
        var to = random.Next(2) == 0 ? input.Length * 8L : random.NextInt64(from, (input.Length * 8L) + 1);
        var padding = new byte[BlockFinder.Padding];
        var found = Search(_memory.PutAtEnd([.. input, .. padding]), input.Length, from, to);
        // What lies behind the data, or before them, makes no difference.
        random.NextBytes(padding);
        if (!found.SequenceEqual(Search(_memory.PutAtStart([.. input, .. padding]), input.Length, from, to)))
            throw new FuzzFinding("what it finds depends on what lies behind the data");

        CheckCut(input, found, padding, random);

        to = Math.Min(to, input.Length * 8L - LeastBits);
        var (blocks, isWhole) = Blocks(input);
        foreach (var (block, next) in blocks)
            CheckBlock(input, block, next, found, from, to);

        var part = to - from > MaxBits ? from + random.NextInt64(to - from - MaxBits) : from;
        var end = Math.Min(to, part + MaxBits);
        var expected = new List<BlockCandidate>();
        for (var bit = part; bit < end; bit++)
        {
            if (At(input, bit, from) is { Kind: not BlockCandidateKind.None } candidate)
                expected.Add(candidate);
        }
        var inPart = found.Where(candidate => candidate.Bit >= part && candidate.Bit < end).ToArray();
        if (!expected.SequenceEqual(inPart))
        {
            var at = expected.Zip(inPart).TakeWhile(pair => pair.First == pair.Second).Count();
            throw new FuzzFinding($"from bit {from} on it finds {(at < inPart.Length ? inPart[at] : "nothing")} instead of {(at < expected.Count ? expected[at] : "nothing")}");
        }
        return (isWhole ? "accepted" : "refused: damaged") + (found.Count == 0 ? "" : $"; finds {string.Join(", ", found.Select(candidate => candidate.Kind).Distinct().Order())}");
    }

    /// <summary>Where the data end within a header, or soon after one, what goes on behind them makes no difference either.</summary>
    private void CheckCut(byte[] input, List<BlockCandidate> found, byte[] padding, Random random)
    {
        if (found.Count == 0)
            return;
        var from = found[random.Next(found.Count)].FirstBit;
        var cut = (int)Math.Min(input.Length, (from >> 3) + random.Next(2, 100));
        input.AsSpan(cut, Math.Min(input.Length - cut, padding.Length)).CopyTo(padding);
        var known = Search(_memory.PutAtEnd([.. input.AsSpan(0, cut), .. padding]), cut, from, cut * 8L);
        if (!known.SequenceEqual(Search(_memory.PutAtEnd([.. input.AsSpan(0, cut), .. new byte[BlockFinder.Padding]]), cut, from, cut * 8L)))
            throw new FuzzFinding($"of data cut at byte {cut}, what it finds from bit {from} on depends on what lies behind them");
    }

    private List<BlockCandidate> Search(ReadOnlySpan<byte> memory, int length, long from, long to)
    {
        var found = new List<BlockCandidate>();
        _memory.MakeReadOnly();
        try
        {
            fixed (byte* data = memory)
            {
                for (var at = from; ;)
                {
                    var candidate = _finder.Find(data, length, at, to);
                    if (candidate.Kind == BlockCandidateKind.None)
                        return found;
                    if (candidate.FirstBit < at || candidate.Bit < candidate.FirstBit || candidate.Bit >= to)
                        throw new FuzzFinding($"from bit {at} to bit {to} it finds {candidate}");
                    found.Add(candidate);
                    at = candidate.Bit + 1;
                }
            }
        }
        finally
        {
            _memory.MakeWritable();
        }
    }

    /// <summary>A block that is one, and that can be found by its looks, is found.</summary>
    private static void CheckBlock(byte[] input, long block, long next, List<BlockCandidate> found, long from, long to)
    {
        var type = (HasZeros(input, block + 1, block + 2) ? 0 : 1) | (HasZeros(input, block + 2, block + 3) ? 0 : 2);
        if (type == 2 && DynamicHeader.At(input, block) == DynamicHeaderKind.None)
            throw new FuzzFinding($"the plain search does not know the true block at bit {block}");
        if (block < from || block >= to)
            return;
        switch (type)
        {
            case 2 when DynamicHeader.At(input, block) == DynamicHeaderKind.Complete:
                if (!found.Contains(new(BlockCandidateKind.Dynamic, block, block)))
                    throw new FuzzFinding($"it does not find the true dynamic block at bit {block}");
                break;
            case 0:
                // Zeros up to its length, and behind its data a block that can be told.
                var at = (int)(block + 3 + 7 >> 3);
                if (at * 8L - 3 < to && HasZeros(input, block, at * 8L) && next + 16 <= input.Length * 8L && IsKnown(input, (int)(next >> 3))
                    && !found.Exists(candidate => candidate.Kind == BlockCandidateKind.Stored && candidate.FirstBit <= block && candidate.Bit >= block))
                    throw new FuzzFinding($"it does not find the true stored block at bit {block}");
                break;
        }
    }

    private static bool HasZeros(byte[] input, long from, long to)
    {
        for (var bit = from; bit < to; bit++)
        {
            if ((input[bit >> 3] >> (int)(bit & 7) & 1) != 0)
                return false;
        }
        return true;
    }

    /// <summary>What the rules of <see cref="BlockFinder"/> say of a place; a stored block's is the last that it can have.</summary>
    private static BlockCandidate At(byte[] input, long bit, long from)
    {
        var at = (int)(bit >> 3);
        var isNotLast = (input[at] >> (int)(bit & 7) & 1) == 0;
        if (isNotLast && DynamicHeader.At(input, bit) == DynamicHeaderKind.Complete)
            return new(BlockCandidateKind.Dynamic, bit, bit);
        if ((bit & 7) == 0 && at + 10 <= input.Length && input[at] == 0x1F && input[at + 1] == 0x8B && input[at + 2] == 8
            && (input[at + 3] & 0xE0) == 0 && input[at + 8] is 0 or 2 or 4 && input[at + 9] is <= 13 or 255)
            return new(BlockCandidateKind.Member, bit, bit);
        var length = (bit + 3) >> 3;
        if ((bit & 7) != 5 || length + 4 > input.Length || !HasZeros(input, bit, bit + 3) || !IsStored(input, (int)length, out var next) || next + 2 > input.Length || !IsKnown(input, next))
            return default;
        var first = bit;
        while (first > from && first > (length * 8) - 10 && HasZeros(input, first - 1, first))
            first--;
        return new(BlockCandidateKind.Stored, bit, first);
    }

    private static bool IsStored(byte[] input, int at, out int next)
    {
        next = 0;
        if (at + 4 > input.Length)
            return false;
        var length = BinaryPrimitives.ReadUInt16LittleEndian(input.AsSpan(at));
        next = at + 4 + length;
        return (length ^ BinaryPrimitives.ReadUInt16LittleEndian(input.AsSpan(at + 2))) == 0xFFFF;
    }

    /// <summary>Whether a stored or a dynamic block's header stands at a byte, the last one's or not.</summary>
    private static bool IsKnown(byte[] input, int at) => (input[at] >> 1 & 3) switch
    {
        0 => IsStored(input, at + 1, out _),
        2 => DynamicHeader.At(input, at * 8L) != DynamicHeaderKind.None,
        _ => false,
    };

    /// <summary>All blocks that decoding from the start comes to the end of, and where they end; and whether the object is whole.</summary>
    private static (List<(long Start, long End)> Blocks, bool IsWhole) Blocks(byte[] input)
    {
        var blocks = new List<(long, long)>();
        var header = new GzipHeaderReader();
        using var decoder = new GzipDecoder(null);
        var taken = 0;
        long start = -1;
        try
        {
            for (; ; )
            {
                var happened = decoder.Advance(input.AsSpan(taken), out var consumed);
                taken += consumed;
                decoder.TakeOutput(decoder.Output.Length);
                switch (happened)
                {
                    case GzipEvent.MemberStart:
                        header.Reset();
                        start = header.Append(input.AsSpan(taken), out var length, out _, out _) ? (taken + length) * 8L : -1;
                        break;
                    case GzipEvent.BlockBoundary:
                        blocks.Add((start, decoder.BitPosition));
                        start = decoder.BitPosition;
                        break;
                    case GzipEvent.NeedInput:
                        decoder.EndInput(input.Length - taken);
                        return (blocks, true);
                }
                if (decoder.OutputPosition > MaxOutput)
                    return (blocks, true);
            }
        }
        catch (CorruptObjectException)
        {
            return (blocks, false);
        }
    }
}
