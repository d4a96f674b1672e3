using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Dataplug.Compression;

/// <summary>What may begin at a place that <see cref="BlockFinder"/> found.</summary>
internal enum BlockCandidateKind
{
    /// <summary>Nothing was found.</summary>
    None,

    /// <summary>A dynamic block that is not its stream's last: RFC 1951, section 3.2.7.</summary>
    Dynamic,

    /// <summary>A stored block: RFC 1951, section 3.2.4.</summary>
    Stored,

    /// <summary>A gzip member's header: RFC 1952, section 2.3.</summary>
    Member,
}

/// <summary>A place where a block or a member may begin.</summary>
/// <param name="Kind">What may begin there.</param>
/// <param name="Bit">The place in bits from the data's start. Of a stored block it is the last place where its header can be: the
/// padding after the header is zeros as well, so that any of the places since <paramref name="FirstBit"/> may be the true one.</param>
/// <param name="FirstBit">The first place where the header can be; <paramref name="Bit"/> but for stored blocks.</param>
internal readonly record struct BlockCandidate(BlockCandidateKind Kind, long Bit, long FirstBit);

/// <summary>
/// Finds places in deflate data where a block may begin, without knowing where the one before ended: by the rules that a header
/// keeps and random bits seldom do.
/// </summary>
/// <remarks>
/// <para>Of random places one in eight has the type of a dynamic block; of those that also have counts in range, one in some hundred
/// has a complete code for code lengths, and of these hardly any goes on to complete codes for literals and distances, as every
/// true block does (Knespel and Brunst, "Rapidgzip: Parallel Decompression and Seeking in Gzip Files Using Cache Prefetching",
/// HPDC 2023, section 3.4). So nearly all that is found is true; what is not shows when it is decoded, or when the place is never
/// reached by those who know where they are.</para>
/// <para>Blocks with the fixed code and last blocks of a stream have too little in their headers to be told from chance: they
/// are not looked for.</para>
/// </remarks>
internal sealed unsafe class BlockFinder
{
    /// <summary>Bytes behind the searched data that must be readable: the longest header of a block, and a word.</summary>
    public const int Padding = InflateDecoder.MaxUnconsumed + 8;

    /// <summary>Places that one word tells of: of the 57 bits that it has at any place, 13 are tested at once.</summary>
    private const int Places = 57 - 13;

    private const long StepBits = 16 << 13;

    private static readonly byte[] KraftSums = MakeKraftSums();

    private readonly InflateDecoder _headers;
    private readonly byte[] _codeLengths = new byte[128];

    /// <param name="headers">A decoder whose tables are used to read headers.</param>
    public BlockFinder(InflateDecoder headers) => _headers = headers;

    /// <summary>Finds the first candidate at or after a place.</summary>
    /// <param name="data">The data; <see cref="Padding"/> bytes behind them are readable.</param>
    /// <param name="length">Bytes of data.</param>
    /// <param name="from">The place to begin at, in bits.</param>
    /// <param name="to">The place to end before, in bits.</param>
    public BlockCandidate Find(byte* data, int length, long from, long to)
    {
        // A few kilobytes at a time, because whatever kind comes first ends the search for the others.
        to = Math.Min(to, (long)length * 8 - 18);
        for (; from < to; from += StepBits)
        {
            var end = Math.Min(to, from + StepBits);
            var stored = FindStored(data, length, from, end);
            var nearest = FindMember(data, length, from, stored.Kind == BlockCandidateKind.None ? end : stored.FirstBit);
            if (nearest.Kind == BlockCandidateKind.None)
                nearest = stored;
            var dynamic = FindDynamic(data, length, from, nearest.Kind == BlockCandidateKind.None ? end : nearest.FirstBit);
            if (dynamic.Kind != BlockCandidateKind.None)
                return dynamic;
            if (nearest.Kind != BlockCandidateKind.None)
                return nearest;
        }
        return default;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private BlockCandidate FindDynamic(byte* data, int length, long from, long to)
    {
        ref var sums = ref MemoryMarshal.GetArrayDataReference(KraftSums);
        for (var at = from; at < to; at += Places)
        {
            var word = Bits(data, at);
            // Bit i stays when at place i: BFINAL is 0, BTYPE 2 (10, least significant bit first), HLIT and HDIST not 30 or 31.
            var places = ~word & ~(word >> 1) & (word >> 2)
                & ~(word >> 4 & word >> 5 & word >> 6 & word >> 7)
                & ~(word >> 9 & word >> 10 & word >> 11 & word >> 12)
                & (1ul << Places) - 1;
            for (; places != 0; places &= places - 1)
            {
                // The code for code lengths must use up all its codewords. HCLEN, then up to 19 lengths of 3 bits: 16 of them from
                // one word, three from the next. Sums are in 128ths.
                var place = at + BitOperations.TrailingZeroCount(places);
                var codeLengths = Bits(data, place + 13);
                var missing = (int)codeLengths & 15;
                codeLengths >>= 4;
                var last = Bits(data, place + 17 + 48) & (1ul << 3 * Math.Max(missing - 12, 0)) - 1;
                codeLengths &= (1ul << 3 * Math.Min(missing + 4, 16)) - 1;
                var sum = Unsafe.Add(ref sums, (nint)(codeLengths & 0xFFF))
                    + Unsafe.Add(ref sums, (nint)(codeLengths >> 12 & 0xFFF))
                    + Unsafe.Add(ref sums, (nint)(codeLengths >> 24 & 0xFFF))
                    + Unsafe.Add(ref sums, (nint)(codeLengths >> 36))
                    + Unsafe.Add(ref sums, (nint)last);
                if (sum == 128 && HasCompleteCodes(data, place) && place < to && HasHeader(data, length, place))
                    return new(BlockCandidateKind.Dynamic, place, place);
            }
        }
        return default;
    }

    /// <summary>Whether the code lengths of a dynamic block, as far as they are not more than there should be, make complete codes:
    /// what <see cref="HasHeader"/> would find out, too, but not as soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool HasCompleteCodes(byte* data, long place)
    {
        var word = Bits(data, place + 3);
        var literalLengths = (int)(word & 31) + 257;
        var count = literalLengths + (int)(word >> 5 & 31) + 1;
        var codeLengths = (int)(word >> 10 & 15) + 4;
        place += 17;

        // The code for code lengths, canonical: the codewords of each length follow those of the one before.
        ReadOnlySpan<byte> order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
        var lengths = stackalloc byte[19];
        Unsafe.InitBlockUnaligned(lengths, 0, 19);
        var bits = Bits(data, place);
        var more = Bits(data, place + 48);
        for (var i = 0; i < codeLengths; i++)
            lengths[order[i]] = (byte)((i < 16 ? bits >> 3 * i : more >> 3 * (i - 16)) & 7);
        place += 3 * codeLengths;
        var table = _codeLengths;
        var reversed = 0u;
        for (var l = 1; l <= 7; l++)
        {
            for (var symbol = 0; symbol < 19; symbol++)
            {
                if (lengths[symbol] != l)
                    continue;
                for (var i = reversed; i < 128; i += 1u << l)
                    table[i] = (byte)(symbol << 3 | l);
                // Adds one to the codeword, whose bits are reversed.
                var bit = 1u << l - 1;
                while ((reversed & bit) != 0)
                {
                    reversed ^= bit;
                    bit >>= 1;
                }
                reversed |= bit;
            }
        }

        // Kraft sums in 2^15ths.
        int sum = 0, before = 0, endOfBlock = 0;
        for (var i = 0; i < count;)
        {
            var peek = Bits(data, place);
            // Four code lengths of at most 14 bits each are in the 57 bits.
            for (var turn = 0; turn < 4 && i < count; turn++)
            {
                var entry = table[peek & 127];
                var used = entry & 7;
                var symbol = entry >> 3;
                peek >>= used;
                place += used;
                var repeat = 1;
                if (symbol >= 16)
                {
                    var (extra, least) = symbol switch { 16 => (2, 3), 17 => (3, 3), _ => (7, 11) };
                    repeat = least + (int)(peek & (1ul << extra) - 1);
                    peek >>= extra;
                    place += extra;
                    if (symbol == 16 && i == 0 || repeat > count - i)
                        return false;
                    if (symbol != 16)
                        before = 0;
                }
                else
                {
                    before = symbol;
                }
                if (before != 0)
                {
                    var of = 1 << 15 - before;
                    var inFirst = Math.Clamp(literalLengths - i, 0, repeat);
                    sum += of * inFirst;
                    if (i <= 256 && i + repeat > 256)
                        endOfBlock = before;
                    if (sum > 1 << 15)
                        return false;
                }
                i += repeat;
            }
            if (i >= literalLengths && (sum != 1 << 15 || endOfBlock == 0))
                return false;
        }
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Bits(byte* data, long place)
    {
        var word = Unsafe.ReadUnaligned<ulong>(data + (place >> 3));
        return (BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word)) >> (int)(place & 7);
    }

    /// <summary>Whether a whole block header stands at a place.</summary>
    private bool HasHeader(byte* data, int length, long place)
    {
        if (place >= (long)length * 8)
            return false;
        _headers.Reset();
        var cursor = new InflateCursor { In = data + (place >> 3), InEnd = data + length, Bit = (int)(place & 7) };
        return _headers.TryReadHeader(ref cursor) == InflateStatus.BlockEnd;
    }

    /// <summary>Three zero bits, zeros to the next byte, a length and its complement; and behind the data another header, of
    /// a stored or a dynamic block.</summary>
    private BlockCandidate FindStored(byte* data, int length, long from, long to)
    {
        // The length field is at a whole byte, and the header's three bits before it.
        for (var at = (int)(from + 3 + 7 >> 3); at + 4 <= length && (long)at * 8 - 3 < to; at++)
        {
            var field = BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(data + at, 4));
            if ((ushort)(field ^ field >> 16) != 0xFFFF || data[at - 1] >> 5 != 0)
                continue;
            var next = at + 4 + (int)(field & 0xFFFF);
            if (next + 2 > length)
                continue;
            // The place of the next header is known: it must hold one of the two kinds that can be told from chance.
            if ((data[next] & 6) == 2 || !HasHeader(data, length, (long)next * 8))
                continue;
            var last = (long)at * 8 - 3;
            var before = at > 1 ? data[at - 1] << 8 | data[at - 2] : data[at - 1] << 8 | 0xFF;
            var zeros = Math.Min(BitOperations.LeadingZeroCount((uint)before) - 16, 3 + 7);
            return new(BlockCandidateKind.Stored, last, Math.Max(from, (long)at * 8 - zeros));
        }
        return default;
    }

    private static BlockCandidate FindMember(byte* data, int length, long from, long to)
    {
        var at = (int)(from + 7 >> 3);
        var end = (int)Math.Min(length, (to + 7 >> 3) + 3);
        while (at < end)
        {
            var found = new ReadOnlySpan<byte>(data + at, end - at).IndexOf(Magic);
            if (found < 0 || (long)(at + found) * 8 >= to)
                return default;
            at += found;
            // The reserved flags are zero, and XFL and OS are numbers in use.
            if (at + 10 <= length && (data[at + 3] & 0xE0) == 0 && data[at + 8] is 0 or 2 or 4 && data[at + 9] is <= 13 or 255)
                return new(BlockCandidateKind.Member, (long)at * 8, (long)at * 8);
            at++;
        }
        return default;
    }

    private static ReadOnlySpan<byte> Magic => [0x1F, 0x8B, 0x08];

    private static byte[] MakeKraftSums()
    {
        var sums = new byte[1 << 12];
        for (var i = 0; i < sums.Length; i++)
        {
            var sum = 0;
            for (var lengths = i; lengths != 0; lengths >>= 3)
                sum += (lengths & 7) == 0 ? 0 : 128 >> (lengths & 7);
            sums[i] = (byte)Math.Min(sum, 255);
        }
        return sums;
    }
}
