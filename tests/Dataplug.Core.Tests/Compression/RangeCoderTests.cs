using Dataplug.Compression;
using FsCheck.Xunit;

namespace Dataplug.Core.Tests.Compression;

[Properties(Arbitrary = [typeof(Seeds)], MaxTest = 200)]
public sealed class RangeCoderTests
{
    [Property]
    public void Bits_of_any_probabilities_come_back(Seed seed)
    {
        var random = seed.Random();
        // Probabilities at the ends of what a model gives and bits against all odds make carries and long runs of 0xFF and 0.
        var symbols = Enumerable.Range(0, random.Next(3000)).Select(_ => (Bit: random.Next(2), Zero: random.Next(4) switch { 0 => 32, 1 => 65503, _ => random.Next(32, 65504) }, Even: random.Next(5) == 0)).ToArray();
        if (random.Next(2) == 0)
            symbols = [.. symbols.Select(symbol => symbol with { Bit = random.Next(65536) < symbol.Zero ? 0 : 1 })];
        var code = new byte[8 + (2 * symbols.Length)];
        var encoder = new RangeEncoder(code);
        foreach (var (bit, zero, even) in symbols)
        {
            if (even)
                encoder.WriteEven((uint)zero, 16);
            else
                encoder.Write(bit, zero);
        }
        var length = encoder.Complete();
        Assert.False(encoder.IsFull);
        Assert.True(length == 0 || code[length - 1] != 0);

        var decoder = new RangeDecoder(code.AsSpan(0, length));
        foreach (var (bit, zero, even) in symbols)
        {
            if (even)
                Assert.Equal((uint)zero, decoder.ReadEven(16));
            else
                Assert.Equal(bit, decoder.Read(zero));
        }
        Assert.True(decoder.Position >= length);
    }

    [Property]
    public void Likely_bits_take_what_information_theory_says(Seed seed)
    {
        var random = seed.Random();
        var zero = random.Next(200, 65336);
        var bits = Enumerable.Range(0, 20_000).Select(_ => random.Next(65536) < zero ? 0 : 1).ToArray();
        var encoder = new RangeEncoder(new byte[40_000]);
        var entropy = 0.0;
        foreach (var bit in bits)
        {
            encoder.Write(bit, zero);
            entropy -= Math.Log2((bit == 0 ? zero : 65536 - zero) / 65536.0);
        }
        Assert.InRange(encoder.Complete(), (entropy / 8) - 8, (entropy / 8 * 1.01) + 8);
    }

    [Fact]
    public void A_code_without_room_says_so()
    {
        var encoder = new RangeEncoder(new byte[3]);
        for (var i = 0; i < 100; i++)
            encoder.WriteEven((uint)i, 8);
        encoder.Complete();
        Assert.True(encoder.IsFull);
    }
}
