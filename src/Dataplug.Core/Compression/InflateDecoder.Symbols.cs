using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dataplug.Compression;

/// <content>
/// Decoding without the window: to 16-bit symbols, of which those below 256 are bytes and the others stand for bytes of the
/// unknown 32 KiB before the start (as in Kerbiriou and Chikhi, "Parallel decompression of gzip-compressed files and random access
/// to DNA sequences", 2019). A match copies symbols, known or not.
/// </content>
internal sealed unsafe partial class InflateDecoder
{
    /// <summary>The symbol that stands for the first byte of the unknown window; the others follow it.</summary>
    public const int FirstMarker = 0x8000;

    /// <summary>True between two blocks.</summary>
    public bool IsAtBlockHeader => _state == State.BlockHeader;

    /// <summary>True when the block at hand, or the one that just ended, is the stream's last.</summary>
    public bool IsLastBlock => _isLastBlock;

    /// <summary>Reads a block's header and builds its tables.</summary>
    /// <param name="cursor">Its input is moved on; its output is not looked at.</param>
    /// <returns>BlockEnd when that went well; else NeedInput or Corrupt.</returns>
    public InflateStatus TryReadHeader(ref InflateCursor cursor) => ReadBlockHeader(ref cursor);

    /// <summary>Decodes blocks as <see cref="Decode"/> does, but to symbols.</summary>
    /// <param name="cursor">Input and output; <see cref="InflateCursor.Out"/>, OutEnd and History are pointers to symbols of two bytes.
    /// The input must go on for <see cref="InputMargin"/> readable bytes: what is nearer to its end is not decoded.</param>
    /// <returns>NeedInput within <see cref="InputMargin"/> bytes of the input's end; OutputFull when fewer than
    /// <see cref="OutputMargin"/> symbols fit.</returns>
    public InflateStatus DecodeSymbols(ref InflateCursor cursor)
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
                    status = CopyStoredSymbols(ref cursor);
                    break;
                default:
                    if (cursor.InEnd - cursor.In < InputMargin)
                        return InflateStatus.NeedInput;
                    if ((cursor.OutEnd - cursor.Out) / sizeof(ushort) < OutputMargin)
                        return InflateStatus.OutputFull;
                    status = _literalLengthBits == HuffmanTable.ShortLiteralLengthBits
                        ? DecodeSymbolsFast<ShortIndex>(ref cursor)
                        : DecodeSymbolsFast<LongIndex>(ref cursor);
                    if (status == InflateStatus.OutputFull)
                        continue;
                    break;
            }
            if (status != InflateStatus.BlockEnd)
                return status;
            _state = State.BlockHeader;
            return _isLastBlock ? InflateStatus.StreamEnd : InflateStatus.BlockEnd;
        }
    }

    private InflateStatus CopyStoredSymbols(ref InflateCursor cursor)
    {
        if (_storedLeft > 0)
        {
            var room = (cursor.OutEnd - cursor.Out) / sizeof(ushort) - (OutputMargin - 1);
            if (room < _storedLeft)
                return InflateStatus.OutputFull;
            if (cursor.InEnd - cursor.In < _storedLeft)
                return InflateStatus.NeedInput;
            var symbols = (ushort*)cursor.Out;
            for (var i = 0; i < _storedLeft; i++)
                symbols[i] = cursor.In[i];
            cursor.In += _storedLeft;
            cursor.Out += _storedLeft * sizeof(ushort);
            _storedLeft = 0;
        }
        return InflateStatus.BlockEnd;
    }

    /// <summary><see cref="DecodeFast{TLiteralLengthIndex, TTracking}"/>, with symbols instead of bytes: see there for how the bits are kept.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private InflateStatus DecodeSymbolsFast<TLiteralLengthIndex>(ref InflateCursor cursor)
        where TLiteralLengthIndex : struct, ITableIndex
    {
        var literalLengthMask = (1ul << TLiteralLengthIndex.Bits) - 1;
        const ulong NoLength = HuffmanTable.OnlyLiterals | HuffmanTable.Exceptional;
        const ulong DistanceMask = (1 << HuffmanTable.DistanceBits) - 1;

        var literalLengthTable = _literalLengthTable;
        var distanceTable = _distanceTable;
        var inEnd = cursor.InEnd - InputMargin;
        var outEnd = (ushort*)cursor.OutEnd - OutputMargin;
        var history = (ushort*)cursor.History;
        var output = (ushort*)cursor.Out;
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
            Unsafe.WriteUnaligned(output, TwoSymbols(entry));
            output += entry >> HuffmanTable.LiteralCountShift & 3;
            if ((entry & NoLength) != 0)
            {
                if ((entry & HuffmanTable.Exceptional) != 0)
                    goto Exceptional;
                entry = literalLengthTable[buffer & literalLengthMask];
                saved = buffer;
                buffer >>= (int)entry;
                available -= entry;
                Unsafe.WriteUnaligned(output, TwoSymbols(entry));
                output += entry >> HuffmanTable.LiteralCountShift & 3;
                if ((entry & NoLength) != 0)
                {
                    if ((entry & HuffmanTable.Exceptional) != 0)
                        goto Exceptional;
                    entry = literalLengthTable[buffer & literalLengthMask];
                    saved = buffer;
                    buffer >>= (int)entry;
                    available -= entry;
                    Unsafe.WriteUnaligned(output, TwoSymbols(entry));
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

            buffer |= Unsafe.ReadUnaligned<ulong>(input) << (int)available;
            input += 7;
            input -= available >> 3 & 7;
            available |= 56;
            entry = literalLengthTable[buffer & literalLengthMask];

            if (distance >= 16)
            {
                Unsafe.WriteUnaligned(target, Unsafe.ReadUnaligned<Vector256<ushort>>(source));
                while (length > 16)
                {
                    target += 16;
                    source += 16;
                    length -= 16;
                    Unsafe.WriteUnaligned(target, Unsafe.ReadUnaligned<Vector256<ushort>>(source));
                }
            }
            else if (distance >= 8)
            {
                do
                {
                    Unsafe.WriteUnaligned(target, Unsafe.ReadUnaligned<Vector128<ushort>>(source));
                    target += 8;
                    source += 8;
                }
                while (target < output);
            }
            else
            {
                // The distance in bytes is twice that in symbols, and below 16: the patterns of the byte loop do.
                ref var shuffle = ref Unsafe.Add(ref MemoryMarshal.GetReference(NearShuffles), (nuint)distance * 32);
                var pattern = Vector128.ShuffleNative(Unsafe.ReadUnaligned<Vector128<byte>>(source), Vector128.LoadUnsafe(ref shuffle));
                nuint step = Unsafe.Add(ref MemoryMarshal.GetReference(NearSteps), (nuint)distance * 2);
                do
                {
                    Unsafe.WriteUnaligned(target, pattern);
                    target = (ushort*)((byte*)target + step);
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

        available &= HuffmanTable.ConsumedBits;
        cursor.In = input - (available + 7 >> 3);
        cursor.Bit = (int)(0 - available & 7);
        cursor.Out = (byte*)output;
        return status;
    }

    /// <summary>The one or two literals of an entry (bits 16-23 and 24-31) as two symbols.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint TwoSymbols(ulong entry) => (uint)(entry >> 16) & 0xFF | (uint)entry >> 24 << 16;
}
