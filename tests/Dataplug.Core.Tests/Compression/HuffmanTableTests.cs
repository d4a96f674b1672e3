using Dataplug.Compression;
using FsCheck.Xunit;

namespace Dataplug.Core.Tests.Compression;

/// <summary>Every entry of a literal/length table stands for what its index begins with.</summary>
[Properties(Arbitrary = [typeof(Seeds)], MaxTest = 60)]
public sealed class HuffmanTableTests
{
    private const int EndOfBlock = 256;

    // RFC 1951, section 3.2.5.
    private static readonly int[] LengthBases = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
    private static readonly int[] LengthExtraBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];

    [Property]
    public void An_entry_is_the_first_symbol_of_its_index_with_the_one_after_it(Seed seed)
    {
        var random = seed.Random();
        var symbols = Enumerable.Range(0, random.Next(2, 100)).Select(_ => random.Next(random.Next(2) == 0 ? 256 : 286)).Append(EndOfBlock).Append(0).ToHashSet();
        Check(DeflateWriter.RandomLengths(random, symbols, 286));
    }

    [Fact]
    public void Sixty_four_literals_of_six_bits_get_an_index_that_holds_two()
    {
        var lengths = new int[286];
        foreach (var letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+")
            lengths[letter] = 6;
        lengths['/'] = 7;
        lengths[EndOfBlock] = 7;

        Assert.Equal(HuffmanTable.LongLiteralLengthBits, Check(lengths));
    }

    [Fact]
    public void A_code_of_many_lengths_gets_the_short_index()
    {
        var lengths = new int[286];
        lengths['A'] = 1;
        for (var i = 0; i < 13; i++)
            lengths[257 + i] = 2 + i;
        lengths[EndOfBlock] = 15;
        lengths['C'] = 15;

        Assert.Equal(HuffmanTable.ShortLiteralLengthBits, Check(lengths));
    }

    private static unsafe int Check(int[] lengths)
    {
        var table = new uint[HuffmanTable.LiteralLengthEntries];
        int bits;
        fixed (uint* start = table)
            Assert.True(HuffmanTable.TryBuildLiteralLength(start, lengths.Select(l => (byte)l).ToArray(), out bits));

        var byCodeword = new Dictionary<(int Length, int Bits), int>();
        var codes = DeflateWriter.Codes(lengths);
        for (var symbol = 0; symbol < lengths.Length; symbol++)
        {
            if (lengths[symbol] != 0)
                byCodeword[(lengths[symbol], Reverse(codes[symbol], lengths[symbol]))] = symbol;
        }

        for (var index = 0; index < 1 << bits; index++)
        {
            var entry = table[index];
            if (Symbol(index, bits) is { } first)
            {
                var second = first < EndOfBlock ? Symbol(index >> lengths[first], bits - lengths[first]) : null;
                Assert.Equal(Entry(first, second is EndOfBlock ? null : second, 0), entry);
                continue;
            }

            // The subtable goes on with the bits behind the index.
            Assert.Equal(HuffmanTable.Subtable, entry & (HuffmanTable.Subtable | HuffmanTable.OnlyLiterals));
            Assert.Equal((uint)bits, entry & HuffmanTable.ConsumedBits);
            var subtableBits = (int)(entry >> 8 & 15);
            for (var rest = 0; rest < 1 << subtableBits; rest++)
            {
                var symbol = Symbol(rest << bits | index, bits + subtableBits);
                Assert.NotNull(symbol);
                Assert.Equal(Entry(symbol.Value, null, bits), table[(entry >> 16) + rest]);
            }
        }
        return bits;

        // The symbol whose codeword some bits begin with, if it has no more than these.
        int? Symbol(int value, int count)
        {
            for (var length = 1; length <= count; length++)
            {
                if (byCodeword.TryGetValue((length, value & ((1 << length) - 1)), out var symbol))
                    return symbol;
            }
            return null;
        }

        uint Entry(int first, int? second, int bitsBefore)
        {
            var codewords = lengths[first] - bitsBefore + (second is { } s ? lengths[s] : 0);
            var last = second ?? first;
            var literals = (first < EndOfBlock ? 1 : 0) + (second < EndOfBlock ? 1 : 0);
            var entry = (uint)(codewords << 8 | literals << HuffmanTable.LiteralCountShift);
            if (first == EndOfBlock)
                return entry | HuffmanTable.EndOfBlock | (uint)codewords;
            if (first < EndOfBlock)
                entry |= (uint)first << HuffmanTable.LiteralShift;
            if (second < EndOfBlock)
                entry |= (uint)second << HuffmanTable.LengthShift;
            if (last < EndOfBlock)
                return entry | HuffmanTable.OnlyLiterals | (uint)codewords;
            return entry | (uint)(LengthBases[last - 257] - 3) << HuffmanTable.LengthShift | (uint)(codewords + LengthExtraBits[last - 257]);
        }
    }

    private static int Reverse(int code, int length)
    {
        var reversed = 0;
        for (var bit = 0; bit < length; bit++)
            reversed |= (code >> bit & 1) << (length - 1 - bit);
        return reversed;
    }
}
