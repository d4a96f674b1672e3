using System.Buffers;
using Dataplug.Metadata;
using FsCheck.Xunit;

namespace Dataplug.Core.Tests.Metadata;

public sealed class ColumnCodecTests
{
    [Property(MaxTest = 500)]
    public void Any_numbers_come_back(long[] values) => AssertRoundTrip(values);

    [Fact]
    public void The_extremes_come_back() =>
        AssertRoundTrip([0, long.MaxValue, long.MinValue, -1, 1, long.MinValue, long.MaxValue, long.MaxValue, 0]);

    [Fact]
    public void Numbers_that_rise_slowly_take_a_byte_each()
    {
        var values = Enumerable.Range(0, 5000).Select(i => i * 60L).ToArray();
        Assert.InRange(Encode(values).Length, 5000, 5001);
        AssertRoundTrip(values);
    }

    [Property(MaxTest = 500)]
    public void Foreign_bytes_are_refused_or_are_the_encoding_of_what_they_give(byte[] bytes, byte count)
    {
        var values = new long[count];
        if (ColumnCodec.TryDecode(bytes, values))
            Assert.Equal(bytes, Encode(values));
    }

    [Fact]
    public void Too_few_too_many_and_overlong_bytes_are_refused()
    {
        var bytes = Encode([1, 2, 300]);
        Assert.False(ColumnCodec.TryDecode(bytes.AsSpan(0, bytes.Length - 1), new long[3]));
        Assert.False(ColumnCodec.TryDecode([.. bytes, 0], new long[3]));
        Assert.False(ColumnCodec.TryDecode([0x80, 0x00], new long[1]));
        Assert.False(ColumnCodec.TryDecode([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02], new long[1]));
    }

    private static byte[] Encode(long[] values)
    {
        var buffer = new ArrayBufferWriter<byte>();
        ColumnCodec.Encode(values, buffer);
        return buffer.WrittenSpan.ToArray();
    }

    private static void AssertRoundTrip(long[] values)
    {
        var decoded = new long[values.Length];
        Assert.True(ColumnCodec.TryDecode(Encode(values), decoded));
        Assert.Equal(values, decoded);
    }
}
