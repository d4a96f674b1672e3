using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Dataplug.Compression;

/// <summary>Why <see cref="InflateDecoder.Decode"/> came back.</summary>
internal enum InflateStatus
{
    /// <summary>The next step needs more input than there is; nothing of it was consumed.</summary>
    NeedInput,

    /// <summary>Less than <see cref="InflateDecoder.OutputMargin"/> bytes of room for output are left.</summary>
    OutputFull,

    /// <summary>A block has ended, and another one follows it.</summary>
    BlockEnd,

    /// <summary>The last block has ended; the cursor may stand inside a byte.</summary>
    StreamEnd,

    /// <summary>The data break RFC 1951; <see cref="InflateDecoder.Problem"/> says how, the cursor where.</summary>
    Corrupt,
}

/// <summary>Where the decoder stands in its input and output.</summary>
internal unsafe struct InflateCursor
{
    /// <summary>The byte that holds the next bit; not beyond <see cref="InEnd"/>.</summary>
    public byte* In;
    public byte* InEnd;

    /// <summary>The next bit within <see cref="In"/>'s byte, 0 to 7; 0 when there is no such byte.</summary>
    public int Bit;

    /// <summary>Where the next byte of output goes.</summary>
    public byte* Out;
    public byte* OutEnd;

    /// <summary>The first byte that a match may refer to.</summary>
    public byte* History;
}

/// <summary>
/// Decodes deflate blocks (RFC 1951) from memory to memory. Every step (a block header, a symbol with its distance, a piece of a
/// stored block) is taken wholly or not at all, so that between calls the state is no more than a bit position and the tables of
/// the current block.
/// </summary>
internal sealed unsafe partial class InflateDecoder
{
    /// <summary>Room for output that every step may use: the longest match, after the literals of three entries of the table, and
    /// what wide writes put behind it. A copy writes 32 bytes at a time, thus at most 31 too many, or 29 after the shortest match;
    /// a near one writes 16 from a place within the match, thus at most 15; literals are written two at a time.</summary>
    public const int OutputMargin = 258 + 3 * 2 + 64;

    /// <summary>The most input that a step may leave unconsumed: a dynamic block's header has at most
    /// 3 + 14 + 19 * 3 + 316 * 14 bits.</summary>
    public const int MaxUnconsumed = 600;

    /// <summary>Input that a turn of the fast loop may look at. A turn refills at most twice, each time with a word of 8 bytes, the
    /// second of which begins at most 7 after the first, so that it looks 15 bytes ahead; the first turn begins 7 bytes behind the
    /// cursor, which makes 22.</summary>
    private const int InputMargin = 32;

    private const string InvalidSymbol = "an invalid literal or length code";
    private const string InvalidDistanceCode = "an invalid distance code";
    private const string DistanceTooFar = "a match refers to a place before the start of the data";

    private enum State
    {
        BlockHeader,
        Stored,
        Compressed,
    }

    private static readonly Tables Fixed = BuildFixedTables();

    private readonly Tables _dynamic = new();
    private uint* _literalLengthTable;
    private uint* _distanceTable;
    private int _literalLengthBits;
    private byte* _literalLengths;
    private State _state;
    private bool _isLastBlock;
    private int _storedLeft;

    public InflateDecoder()
    {
        Use(_dynamic);
    }

    /// <summary>What a compressed block is decoded with, at places that do not move.</summary>
    private sealed class Tables
    {
        private readonly uint[] _literalLength = GC.AllocateUninitializedArray<uint>(HuffmanTable.LiteralLengthEntries, pinned: true);
        private readonly uint[] _distance = GC.AllocateUninitializedArray<uint>(HuffmanTable.DistanceEntries, pinned: true);
        private readonly byte[] _lengths = GC.AllocateUninitializedArray<byte>(HuffmanTable.LiteralLengthSymbols + HuffmanTable.DistanceSymbols, pinned: true);

        public uint* LiteralLength => (uint*)Unsafe.AsPointer(ref _literalLength[0]);

        public uint* Distance => (uint*)Unsafe.AsPointer(ref _distance[0]);

        /// <summary>The lengths of the codewords: of literals and lengths, then of distances.</summary>
        public byte* Lengths => (byte*)Unsafe.AsPointer(ref _lengths[0]);

        public int LiteralLengthBits;
    }

    private void Use(Tables tables)
    {
        _literalLengthTable = tables.LiteralLength;
        _distanceTable = tables.Distance;
        _literalLengthBits = tables.LiteralLengthBits;
        _literalLengths = tables.Lengths;
    }

    /// <summary>After <see cref="InflateStatus.Corrupt"/>: what is wrong.</summary>
    public string Problem { get; private set; } = "";

    /// <summary>When set, what matches refer to before an access point is noted there.</summary>
    public WindowUsage? Usage { get; set; }

    /// <summary>Begins at a block's header.</summary>
    public void Reset()
    {
        _state = State.BlockHeader;
        _isLastBlock = false;
        _storedLeft = 0;
    }

    /// <summary>Decodes until there is something to report.</summary>
    /// <param name="cursor">Input and output; moved on.</param>
    public InflateStatus Decode(ref InflateCursor cursor)
    {
        for (; ; )
        {
            InflateStatus status;
            switch (_state)
            {
                case State.BlockHeader:
                    if (_isLastBlock)
                        throw new InvalidOperationException("The deflate stream has ended.");
                    status = ReadBlockHeader(ref cursor);
                    if (status != InflateStatus.BlockEnd)
                        return status;
                    continue;
                case State.Stored:
                    status = CopyStored(ref cursor);
                    break;
                default:
                    status = DecodeCompressed(ref cursor);
                    break;
            }
            if (status != InflateStatus.BlockEnd)
                return status;
            _state = State.BlockHeader;
            return _isLastBlock ? InflateStatus.StreamEnd : InflateStatus.BlockEnd;
        }
    }

    private InflateStatus Corrupt(string problem)
    {
        Problem = problem;
        return InflateStatus.Corrupt;
    }

    // ------------------------------------------------------------------------------------------------- block headers

    /// <summary>Reads bits of a header; asked for more than there are, it gives zeros and remembers.</summary>
    private ref struct HeaderBits
    {
        private readonly byte* _end;
        private byte* _in;
        private ulong _bits;
        private int _count;

        public HeaderBits(in InflateCursor cursor)
        {
            _in = cursor.In;
            _end = cursor.InEnd;
            Refill();
            Drop(cursor.Bit);
        }

        /// <summary>True when more bits were taken than there are.</summary>
        public readonly bool Overrun => _count < 0;

        /// <summary>At least 32 bits, zeros beyond the end.</summary>
        public uint Peek()
        {
            if (_count < 32)
                Refill();
            return (uint)_bits;
        }

        public void Drop(int count)
        {
            _bits >>= count;
            _count -= count;
        }

        public uint Take(int count)
        {
            var value = Peek() & ((1u << count) - 1);
            Drop(count);
            return value;
        }

        public void AlignToByte()
        {
            if (_count > 0)
                Drop(_count & 7);
        }

        public readonly void MoveCursor(ref InflateCursor cursor)
        {
            var in_ = _in - (_count >> 3);
            cursor.Bit = -_count & 7;
            cursor.In = cursor.Bit == 0 ? in_ : in_ - 1;
        }

        private void Refill()
        {
            while (_count is >= 0 and <= 56 && _in < _end)
            {
                _bits |= (ulong)*_in++ << _count;
                _count += 8;
            }
        }
    }

    /// <summary>RFC 1951, section 3.2.3. BlockEnd here means that the header is read and the state set.</summary>
    private InflateStatus ReadBlockHeader(ref InflateCursor cursor)
    {
        var bits = new HeaderBits(cursor);
        var isLast = bits.Take(1) != 0;
        var type = bits.Take(2);
        if (bits.Overrun)
            return InflateStatus.NeedInput;
        switch (type)
        {
            case 0:
                bits.AlignToByte();
                var length = bits.Take(16);
                var complement = bits.Take(16);
                if (bits.Overrun)
                    return InflateStatus.NeedInput;
                if (length != (complement ^ 0xFFFF))
                    return Corrupt("a stored block's length does not agree with its complement");
                _storedLeft = (int)length;
                _state = State.Stored;
                break;
            case 1:
                Use(Fixed);
                _state = State.Compressed;
                break;
            case 2:
                var status = ReadDynamicHeader(ref bits);
                if (status != InflateStatus.BlockEnd)
                    return status;
                Use(_dynamic);
                _state = State.Compressed;
                break;
            default:
                return Corrupt("a deflate block has the reserved type 3");
        }
        bits.MoveCursor(ref cursor);
        _isLastBlock = isLast;
        return InflateStatus.BlockEnd;
    }

    /// <summary>RFC 1951, section 3.2.6.</summary>
    private static Tables BuildFixedTables()
    {
        var tables = new Tables();
        var lengths = new Span<byte>(tables.Lengths, HuffmanTable.LiteralLengthSymbols);
        lengths[..144].Fill(8);
        lengths[144..256].Fill(9);
        lengths[256..280].Fill(7);
        lengths[280..].Fill(8);
        HuffmanTable.TryBuildLiteralLength(tables.LiteralLength, lengths, out tables.LiteralLengthBits);
        var distances = new Span<byte>(tables.Lengths + HuffmanTable.LiteralLengthSymbols, HuffmanTable.DistanceSymbols);
        distances.Fill(5);
        HuffmanTable.TryBuildDistance(tables.Distance, distances);
        return tables;
    }

    // The order in which the lengths of the code length code are stored: RFC 1951, section 3.2.7.
    private static ReadOnlySpan<byte> CodeLengthOrder => [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    /// <summary>RFC 1951, section 3.2.7; what is refused is what zlib's inflate refuses.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private InflateStatus ReadDynamicHeader(ref HeaderBits bits)
    {
        var literalLengths = (int)bits.Take(5) + 257;
        var distances = (int)bits.Take(5) + 1;
        var codeLengths = (int)bits.Take(4) + 4;
        if (bits.Overrun)
            return InflateStatus.NeedInput;
        if (literalLengths > 286 || distances > 30)
            return Corrupt("a dynamic block has more length or distance codes than deflate knows");

        Span<byte> codeLengthLengths = stackalloc byte[19];
        codeLengthLengths.Clear();
        for (var i = 0; i < codeLengths; i++)
            codeLengthLengths[CodeLengthOrder[i]] = (byte)bits.Take(3);
        if (bits.Overrun)
            return InflateStatus.NeedInput;
        Span<byte> table = stackalloc byte[128];
        if (!TryBuildCodeLengthTable(table, codeLengthLengths))
            return Corrupt("a dynamic block's code for code lengths is oversubscribed or incomplete");

        // The block that used them has ended, and if this header is cut off it is read from its start again.
        var lengths = new Span<byte>(_dynamic.Lengths, 286 + 30);
        var count = literalLengths + distances;
        for (var i = 0; i < count;)
        {
            var peek = bits.Peek();
            var entry = table[(int)(peek & 127)];
            var used = entry & 7;
            var symbol = entry >> 3;
            if (symbol < 16)
            {
                bits.Drop(used);
                if (bits.Overrun)
                    return InflateStatus.NeedInput;
                lengths[i++] = (byte)symbol;
                continue;
            }
            peek >>= used;
            byte value = 0;
            int repeat;
            switch (symbol)
            {
                case 16:
                    repeat = 3 + (int)(peek & 3);
                    used += 2;
                    break;
                case 17:
                    repeat = 3 + (int)(peek & 7);
                    used += 3;
                    break;
                default:
                    repeat = 11 + (int)(peek & 127);
                    used += 7;
                    break;
            }
            bits.Drop(used);
            if (bits.Overrun)
                return InflateStatus.NeedInput;
            if (symbol == 16)
            {
                if (i == 0)
                    return Corrupt("a dynamic block repeats a code length before there is one");
                value = lengths[i - 1];
            }
            if (repeat > count - i)
                return Corrupt("a dynamic block repeats a code length beyond the last code");
            lengths.Slice(i, repeat).Fill(value);
            i += repeat;
        }

        if (lengths[256] == 0)
            return Corrupt("a dynamic block has no code for its end");
        if (!HuffmanTable.TryBuildLiteralLength(_dynamic.LiteralLength, lengths[..literalLengths], out _dynamic.LiteralLengthBits))
            return Corrupt("a dynamic block's literal and length code is oversubscribed or incomplete");
        if (!HuffmanTable.TryBuildDistance(_dynamic.Distance, lengths[literalLengths..count]))
            return Corrupt("a dynamic block's distance code is oversubscribed or incomplete");
        return InflateStatus.BlockEnd;
    }

    /// <summary>The code for code lengths: entries are symbol * 8 + length. It must be complete.</summary>
    private static bool TryBuildCodeLengthTable(Span<byte> table, ReadOnlySpan<byte> lengths)
    {
        var code = 0;
        for (var length = 1; length <= 7; length++)
        {
            for (var symbol = 0; symbol < 19; symbol++)
            {
                if (lengths[symbol] != length)
                    continue;
                if (code >= 1 << length)
                    return false;
                var reversed = 0;
                for (var bit = 0; bit < length; bit++)
                    reversed |= (code >> bit & 1) << (length - 1 - bit);
                for (var i = reversed; i < 128; i += 1 << length)
                    table[i] = (byte)(symbol << 3 | length);
                code++;
            }
            code <<= 1;
        }
        return code == 256;
    }

    // -------------------------------------------------------------------------------------------------- block contents

    private InflateStatus CopyStored(ref InflateCursor cursor)
    {
        for (; ; )
        {
            if (_storedLeft == 0)
                return InflateStatus.BlockEnd;
            var room = cursor.OutEnd - cursor.Out - (OutputMargin - 1);
            if (room <= 0)
                return InflateStatus.OutputFull;
            var length = Math.Min(Math.Min(room, _storedLeft), cursor.InEnd - cursor.In);
            if (length == 0)
                return InflateStatus.NeedInput;
            Buffer.MemoryCopy(cursor.In, cursor.Out, length, length);
            cursor.In += length;
            cursor.Out += length;
            _storedLeft -= (int)length;
        }
    }

    private InflateStatus DecodeCompressed(ref InflateCursor cursor)
    {
        for (; ; )
        {
            if (cursor.OutEnd - cursor.Out < OutputMargin)
                return InflateStatus.OutputFull;
            InflateStatus status;
            if (BitConverter.IsLittleEndian && cursor.InEnd - cursor.In >= InputMargin)
            {
                if (_literalLengthBits == HuffmanTable.ShortLiteralLengthBits)
                    status = Usage is null ? DecodeFast<ShortIndex, Untracked>(ref cursor) : DecodeFast<ShortIndex, Tracked>(ref cursor);
                else
                    status = Usage is null ? DecodeFast<LongIndex, Untracked>(ref cursor) : DecodeFast<LongIndex, Tracked>(ref cursor);
                // It comes back with OutputFull when a margin is reached, be it the input's.
                if (status == InflateStatus.OutputFull)
                    continue;
                return status;
            }
            status = DecodeSymbol(ref cursor);
            if (status != InflateStatus.OutputFull)
                return status;
        }
    }

    // Constants of the fast loop, of which there is a copy for each.
    private interface ITableIndex
    {
        static abstract int Bits { get; }
    }

    private readonly struct ShortIndex : ITableIndex
    {
        public static int Bits => HuffmanTable.ShortLiteralLengthBits;
    }

    private readonly struct LongIndex : ITableIndex
    {
        public static int Bits => HuffmanTable.LongLiteralLengthBits;
    }

    private interface ITracking
    {
        static abstract bool IsTracked { get; }
    }

    private readonly struct Untracked : ITracking
    {
        public static bool IsTracked => false;
    }

    private readonly struct Tracked : ITracking
    {
        public static bool IsTracked => true;
    }

    /// <summary>Decodes one symbol near the end of the input, where every bit must be counted. OutputFull means go on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private InflateStatus DecodeSymbol(ref InflateCursor cursor)
    {
        var left = cursor.InEnd - cursor.In;
        ulong bits;
        int available;
        if (left >= 8)
        {
            bits = BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(cursor.In, 8));
            available = 64;
        }
        else
        {
            bits = 0;
            available = (int)left * 8;
            for (var i = 0; i < left; i++)
                bits |= (ulong)cursor.In[i] << i * 8;
        }
        bits >>= cursor.Bit;
        available -= cursor.Bit;

        var used = 0;
        var entry = _literalLengthTable[bits & ((1ul << _literalLengthBits) - 1)];
        if ((entry & HuffmanTable.Subtable) == HuffmanTable.Subtable)
        {
            used = _literalLengthBits;
            entry = _literalLengthTable[(entry >> 16) + (bits >> used & ((1u << (int)(entry >> 8 & 15)) - 1))];
        }
        if (entry >> HuffmanTable.LiteralCountShift << 30 != 0)
        {
            // Of what may share the entry only the first literal is taken.
            var literal = (byte)(entry >> HuffmanTable.LiteralShift);
            used = _literalLengths[literal];
            if (used > available)
                return InflateStatus.NeedInput;
            *cursor.Out++ = literal;
            Consume(ref cursor, used);
            return InflateStatus.OutputFull;
        }
        var lengthBits = used + (int)(entry >> 8 & 15);
        used += (int)(entry & HuffmanTable.ConsumedBits);
        if (used > available)
            return InflateStatus.NeedInput;
        if ((entry & HuffmanTable.Exceptional) != 0)
        {
            Consume(ref cursor, used);
            return (entry & ~HuffmanTable.CodewordBits) == HuffmanTable.EndOfBlock
                ? InflateStatus.BlockEnd
                : Corrupt(InvalidSymbol);
        }
        var length = (int)((entry >> HuffmanTable.LengthShift) + HuffmanTable.ShortestMatch + (bits >> lengthBits & ((1u << used - lengthBits) - 1)));

        entry = _distanceTable[bits >> used & ((1 << HuffmanTable.DistanceBits) - 1)];
        if ((entry & HuffmanTable.Subtable) == HuffmanTable.Subtable)
        {
            used += HuffmanTable.DistanceBits;
            entry = _distanceTable[(entry >> 16) + (bits >> used & ((1u << (int)(entry >> 8 & 15)) - 1))];
        }
        var distanceBits = used + (int)(entry >> 8 & 15);
        used += (int)(entry & HuffmanTable.ConsumedBits);
        if (used > available)
            return InflateStatus.NeedInput;
        if ((entry & HuffmanTable.Exceptional) != 0)
        {
            Consume(ref cursor, used);
            return Corrupt(InvalidDistanceCode);
        }
        var distance = (long)((entry >> 16) + (bits >> distanceBits & ((1u << used - distanceBits) - 1)));
        Consume(ref cursor, used);
        if (distance > cursor.Out - cursor.History)
            return Corrupt(DistanceTooFar);
        Usage?.Add(cursor.Out, cursor.Out - distance, length);
        for (; length > 0; length--, cursor.Out++)
            *cursor.Out = *(cursor.Out - distance);
        return InflateStatus.OutputFull;
    }

    private static void Consume(ref InflateCursor cursor, int bits)
    {
        bits += cursor.Bit;
        cursor.In += bits >> 3;
        cursor.Bit = bits & 7;
    }

    /// <summary>The bits below <paramref name="count"/>'s low byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong LowBits(ulong bits, ulong count) =>
        Bmi2.X64.IsSupported ? Bmi2.X64.ZeroHighBits(bits, count) : bits & ((1ul << (int)(byte)count) - 1);

    /// <summary>
    /// The loop where the time goes. Runs while a turn can neither run out of input nor of room, so that it checks both but once a
    /// turn. OutputFull means that one of the margins is reached.
    /// </summary>
    /// <remarks>
    /// <para>Bits: <c>buffer</c> holds at least <c>(byte)available</c> valid bits; what lies above them equals the bytes to come, so
    /// that a refill may or-in whole words (libdeflate's branchless refill). A refill leaves at least 56 bits. An entry consumes at most
    /// 12 bits for literals, and 20 where a length ends it, be it through a subtable (15 + 5 bits) or after a literal (12 + 5). A
    /// turn consumes at most 12 + 12 + 20 bits up to the length; the distance needs 15 + 13 more, and refills if they are not
    /// there.</para>
    /// <para>Output: a turn writes at most three times two literals and one match; see <see cref="OutputMargin"/>.</para>
    /// <para>Of entries and counts only the low six bits count where bits are consumed, so they are subtracted whole. All are as wide
    /// as a register and no method is called, lest the compiler extend and spill them.</para>
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private InflateStatus DecodeFast<TLiteralLengthIndex, TTracking>(ref InflateCursor cursor)
        where TLiteralLengthIndex : struct, ITableIndex
        where TTracking : struct, ITracking
    {
        var literalLengthMask = (1ul << TLiteralLengthIndex.Bits) - 1;
        const ulong NoLength = HuffmanTable.OnlyLiterals | HuffmanTable.Exceptional;
        const ulong DistanceMask = (1 << HuffmanTable.DistanceBits) - 1;

        var literalLengthTable = _literalLengthTable;
        var distanceTable = _distanceTable;
        var inEnd = cursor.InEnd - InputMargin;
        var outEnd = cursor.OutEnd - OutputMargin;
        var history = cursor.History;
        var output = cursor.Out;
        var buffer = Unsafe.ReadUnaligned<ulong>(cursor.In) >> cursor.Bit;
        var input = cursor.In + 7;
        var available = 56 - (ulong)cursor.Bit;
        InflateStatus status;

        ulong entry = literalLengthTable[buffer & literalLengthMask];
        for (; ; )
        {
            var saved = buffer;
            buffer >>= (int)entry;
            available -= entry;
            // Whether there are literals is hard to foretell: they are always written, and count if they are some.
            Unsafe.WriteUnaligned(output, (ushort)(entry >> HuffmanTable.LiteralShift));
            output += entry >> HuffmanTable.LiteralCountShift & 3;
            if ((entry & NoLength) != 0)
            {
                if ((entry & HuffmanTable.Exceptional) != 0)
                    goto Exceptional;
                entry = literalLengthTable[buffer & literalLengthMask];
                saved = buffer;
                buffer >>= (int)entry;
                available -= entry;
                Unsafe.WriteUnaligned(output, (ushort)(entry >> HuffmanTable.LiteralShift));
                output += entry >> HuffmanTable.LiteralCountShift & 3;
                if ((entry & NoLength) != 0)
                {
                    if ((entry & HuffmanTable.Exceptional) != 0)
                        goto Exceptional;
                    entry = literalLengthTable[buffer & literalLengthMask];
                    saved = buffer;
                    buffer >>= (int)entry;
                    available -= entry;
                    Unsafe.WriteUnaligned(output, (ushort)(entry >> HuffmanTable.LiteralShift));
                    output += entry >> HuffmanTable.LiteralCountShift & 3;
                    if ((entry & HuffmanTable.OnlyLiterals) != 0)
                        goto Refill;
                    if ((entry & HuffmanTable.Exceptional) != 0)
                        goto Exceptional;
                }
            }
            goto Length;

        Exceptional:
            if ((entry & HuffmanTable.Subtable) != HuffmanTable.Subtable)
                goto EndOrInvalid;
            entry = literalLengthTable[(entry >> 16) + LowBits(buffer, entry >> 8 & 15)];
            saved = buffer;
            buffer >>= (int)entry;
            available -= entry;
            if ((entry & HuffmanTable.OnlyLiterals) != 0)
            {
                *output++ = (byte)(entry >> HuffmanTable.LiteralShift);
                goto Refill;
            }
            if ((entry & HuffmanTable.Exceptional) != 0)
                goto EndOrInvalid;

        Length:
            var length = (entry >> HuffmanTable.LengthShift) + HuffmanTable.ShortestMatch + (LowBits(saved, entry) >> (int)(entry >> 8));
            if ((available & HuffmanTable.ConsumedBits) < 28)
            {
                buffer |= Unsafe.ReadUnaligned<ulong>(input) << (int)available;
                input += 7;
                input -= available >> 3 & 7;
                available |= 56;
            }
            entry = distanceTable[buffer & DistanceMask];
            if ((entry & HuffmanTable.Exceptional) != 0)
            {
                if ((entry & HuffmanTable.Subtable) != HuffmanTable.Subtable)
                    goto InvalidDistance;
                buffer >>= HuffmanTable.DistanceBits;
                available -= HuffmanTable.DistanceBits;
                entry = distanceTable[(entry >> 16) + LowBits(buffer, entry >> 8 & 15)];
                if ((entry & HuffmanTable.Exceptional) != 0)
                    goto InvalidDistance;
            }
            saved = buffer;
            buffer >>= (int)entry;
            available -= entry;
            var distance = (entry >> 16) + (LowBits(saved, entry) >> (int)(entry >> 8));
            if (distance > (ulong)(output - history))
                goto TooFar;

            var target = output;
            var source = output - distance;
            output += length;
            if (TTracking.IsTracked)
                Usage!.Add(target, source, (int)length);

            // The next entry is on its way while the match is copied.
            buffer |= Unsafe.ReadUnaligned<ulong>(input) << (int)available;
            input += 7;
            input -= available >> 3 & 7;
            available |= 56;
            entry = literalLengthTable[buffer & literalLengthMask];

            if (distance >= 16)
            {
                // Most matches have no more than 32 bytes, and which of them have 16 is hard to foretell.
                Unsafe.WriteUnaligned(target, Unsafe.ReadUnaligned<Vector128<byte>>(source));
                Unsafe.WriteUnaligned(target + 16, Unsafe.ReadUnaligned<Vector128<byte>>(source + 16));
                while (length > 32)
                {
                    target += 32;
                    source += 32;
                    length -= 32;
                    Unsafe.WriteUnaligned(target, Unsafe.ReadUnaligned<Vector128<byte>>(source));
                    Unsafe.WriteUnaligned(target + 16, Unsafe.ReadUnaligned<Vector128<byte>>(source + 16));
                }
            }
            else
            {
                // The source overlaps its copy: its first bytes, repeated. The pattern is written as often as it fits into
                // 16 bytes, and the next one starts at a multiple of the distance.
                ref var shuffle = ref Unsafe.Add(ref MemoryMarshal.GetReference(NearShuffles), (nuint)distance * 16);
                var pattern = Vector128.ShuffleNative(Unsafe.ReadUnaligned<Vector128<byte>>(source), Vector128.LoadUnsafe(ref shuffle));
                nuint step = Unsafe.Add(ref MemoryMarshal.GetReference(NearSteps), (nuint)distance);
                do
                {
                    Unsafe.WriteUnaligned(target, pattern);
                    target += step;
                }
                while (target < output);
            }
            if (input < inEnd && output <= outEnd)
                continue;
            status = InflateStatus.OutputFull;
            break;

        Refill:
            buffer |= Unsafe.ReadUnaligned<ulong>(input) << (int)available;
            input += 7;
            input -= available >> 3 & 7;
            available |= 56;
            entry = literalLengthTable[buffer & literalLengthMask];
            if (input < inEnd && output <= outEnd)
                continue;
            status = InflateStatus.OutputFull;
            break;

        EndOrInvalid:
            status = (entry & ~(ulong)HuffmanTable.CodewordBits) == HuffmanTable.EndOfBlock ? InflateStatus.BlockEnd : InflateStatus.Corrupt;
            Problem = InvalidSymbol;
            break;

        InvalidDistance:
            available -= entry;
            status = InflateStatus.Corrupt;
            Problem = InvalidDistanceCode;
            break;

        TooFar:
            status = InflateStatus.Corrupt;
            Problem = DistanceTooFar;
            break;
        }

        // Give back the bytes that were loaded but not consumed.
        available &= HuffmanTable.ConsumedBits;
        cursor.In = input - (available + 7 >> 3);
        cursor.Bit = (int)(0 - available & 7);
        cursor.Out = output;
        return status;
    }

    /// <summary>For distances below 16: the largest multiple of the distance that fits into 16 bytes.</summary>
    private static ReadOnlySpan<byte> NearSteps => [0, 16, 16, 15, 16, 15, 12, 14, 16, 9, 10, 11, 12, 13, 14, 15];

    /// <summary>For each distance below 16: the indices 0 to distance - 1, repeated.</summary>
    private static ReadOnlySpan<byte> NearShuffles =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1,
        0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0,
        0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
        0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0,
        0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3,
        0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1,
        0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 6,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 1, 2, 3, 4,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 1, 2,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0, 1,
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0,
    ];
}
