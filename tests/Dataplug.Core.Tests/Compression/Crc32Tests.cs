using FsCheck.Xunit;
using Crc32 = Dataplug.Compression.Crc32;

namespace Dataplug.Core.Tests.Compression;

[Properties(Arbitrary = [typeof(Seeds)])]
public sealed class Crc32Tests
{
    [Fact]
    public void The_check_value_of_the_polynomial_is_right() => Assert.Equal(0xCBF43926, Crc32.Append(0, "123456789"u8));

    [Fact]
    public void Every_length_and_alignment_gives_what_the_definition_gives()
    {
        var data = new byte[1500];
        new Random(5).NextBytes(data);
        for (var length = 0; length < 1400; length++)
        {
            var part = data.AsSpan(length % 67, length);
            var expected = ReferenceInflater.Crc(part);
            Assert.Equal(expected, Crc32.Append(0, part));
            Assert.Equal(expected, ~Crc32.Slice8(0xFFFFFFFF, part));
        }
    }

    [Property]
    public void Pieces_give_what_the_whole_gives(Seed seed)
    {
        var random = seed.Random();
        var data = new byte[random.Next(100_000)];
        random.NextBytes(data);
        var crc = 0u;
        for (var at = 0; at < data.Length;)
        {
            var length = Math.Min(data.Length - at, random.Next(1, random.Next(2) == 0 ? 100 : 10_000));
            crc = Crc32.Append(crc, data.AsSpan(at, length));
            at += length;
        }
        Assert.Equal(System.IO.Hashing.Crc32.HashToUInt32(data), crc);
    }
}
