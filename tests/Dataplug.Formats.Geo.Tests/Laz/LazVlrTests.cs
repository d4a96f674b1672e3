using System.Buffers.Binary;

namespace Dataplug.Formats.Geo.Laz.Tests;

public sealed class LazVlrTests
{
    [Fact]
    public void What_is_written_is_read()
    {
        for (var format = 0; format <= 10; format++)
        {
            foreach (var extra in new[] { 0, 9 })
            {
                var length = PointRecords.LengthOf(format) + extra;
                var vlr = LazVlr.Create(format, length, LazVlr.VariableChunks);
                var read = LazVlr.Parse(vlr.ToBytes());
                Assert.Equal(vlr.ToBytes(), read.ToBytes());
                Assert.Equal(length, read.RecordLength);
                Assert.True(read.HasVariableChunks);
                Assert.Equal(vlr.Items.AsEnumerable(), read.Items.AsEnumerable());
                Assert.Equal(123u, LazVlr.Parse(read.WithChunks(123).ToBytes()).ChunkSize);
                read.Validate(format, length);
                Assert.Throws<CorruptObjectException>(() => read.Validate(format, length + 1));
                Assert.Throws<CorruptObjectException>(() => read.Validate((format + 1) % 11, length));
                Assert.Throws<UnsupportedFormatException>(() => read.Validate(11, length));
            }
        }
    }

    [Theory]
    [InlineData(0, 4, "compressor 4")]
    [InlineData(2, 1, "entropy coder 1")]
    [InlineData(34, 99, "item of type 99")]
    [InlineData(38, 3, "POINT10 version 3")]
    [InlineData(44, 0, "GPSTIME11 version 0")]
    public void What_is_not_known_is_named(int at, ushort value, string named)
    {
        var payload = LazVlr.Create(1, 28).ToBytes();
        BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(at), value);
        var error = Assert.Throws<UnsupportedFormatException>(() => LazVlr.Parse(payload, "a.laz", 1000));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.InRange(error.ByteOffset!.Value, 1000, 1000 + payload.Length);
    }

    [Theory]
    [InlineData(36, 21)]
    [InlineData(32, 0)]
    [InlineData(32, 3)]
    [InlineData(0, 3)]
    [InlineData(34, 10)]
    public void What_breaks_a_rule_is_damaged(int at, ushort value)
    {
        var payload = LazVlr.Create(1, 28).ToBytes();
        BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(at), value);
        var error = Assert.Throws<CorruptObjectException>(() => LazVlr.Parse(payload, "a.laz", 1000));
        Assert.InRange(error.ByteOffset!.Value, 1000, 1000 + payload.Length);
    }

    [Fact]
    public void Any_bytes_are_read_or_refused()
    {
        var random = new Random(1);
        for (var i = 0; i < 3000; i++)
        {
            var payload = LazVlr.Create(i % 11, 200).ToBytes();
            for (var flips = random.Next(4); flips >= 0; flips--)
                payload[random.Next(payload.Length)] = (byte)random.Next(random.Next(2) == 0 ? 16 : 256);
            try
            {
                var vlr = LazVlr.Parse(payload.AsSpan(0, random.Next(5) == 0 ? random.Next(payload.Length) : payload.Length));
                _ = new LazChunkDecoder(vlr);
                vlr.Validate(i % 11, 200);
            }
            catch (DataplugException)
            {
            }
        }
    }

    [Fact]
    public void Versions_that_do_not_belong_to_a_format_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => LazVlr.Create(11, 100));
        Assert.Throws<ArgumentOutOfRangeException>(() => LazVlr.Create(3, 34, itemVersion: 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => LazVlr.Create(7, 36, itemVersion: 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => LazVlr.Create(3, 33));
    }
}
