namespace Dataplug.Formats.Geo.Laz.Tests;

/// <summary>Damaged chunks end in the exception that says so, with its place, or in other points where nothing can tell; and in nothing
/// else.</summary>
public sealed class LazCorruptionTests
{
    private const long Offset = 100_000;

    [Theory]
    [MemberData(nameof(LazChunkTests.FormatsAndVersions), MemberType = typeof(LazChunkTests))]
    public void Flipped_bytes(int format, int version)
    {
        var (vlr, chunk, count) = Make(format, version, 400);
        var decoder = new LazChunkDecoder(vlr);
        var random = new Random(format);
        var noticed = 0;
        for (var round = 0; round < 150; round++)
        {
            var damaged = chunk.ToArray();
            var flips = 1 + round % 3;
            for (var i = 0; i < flips; i++)
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            if (round % 10 == 0)
                damaged.AsSpan(random.Next(damaged.Length)).Fill((byte)(round % 20 == 0 ? 255 : 0));
            noticed += Try(decoder, damaged, count) ? 0 : 1;
        }
        // Most damage shows: what is decoded does not end where it should.
        Assert.InRange(noticed, 75, 150);
    }

    [Theory]
    [MemberData(nameof(LazChunkTests.FormatsAndVersions), MemberType = typeof(LazChunkTests))]
    public void Truncation_at_any_length(int format, int version)
    {
        var (vlr, chunk, count) = Make(format, version, 60);
        var decoder = new LazChunkDecoder(vlr);
        for (var length = 0; length < chunk.Length; length++)
            Assert.False(Try(decoder, chunk.AsSpan(0, length), count));
        Assert.True(Try(decoder, chunk, count));
        Assert.False(Try(decoder, [.. chunk, 0], count));
    }

    [Theory]
    [MemberData(nameof(LazChunkTests.FormatsAndVersions), MemberType = typeof(LazChunkTests))]
    public void Bytes_drawn_by_chance(int format, int version)
    {
        var (vlr, _, _) = Make(format, version, 1);
        var decoder = new LazChunkDecoder(vlr);
        var random = new Random(format);
        for (var round = 0; round < 60; round++)
        {
            var bytes = new byte[random.Next(3000)];
            random.NextBytes(bytes);
            var count = random.Next(1, 500);
            // Layers that pass for ones: the right number of points, and lengths that fit.
            if (format >= 6 && bytes.Length > vlr.RecordLength + 4 + 4 * 40)
            {
                var at = vlr.RecordLength;
                BitConverter.TryWriteBytes(bytes.AsSpan(at), count);
                var layers = new LayeredItems(vlr).Layers.Length;
                var left = bytes.Length - at - 4 - 4 * layers;
                for (var i = 0; i < layers; i++)
                {
                    var length = i == layers - 1 ? left : random.Next(left / 2);
                    BitConverter.TryWriteBytes(bytes.AsSpan(at + 4 + 4 * i), length);
                    left -= length;
                }
            }
            _ = Try(decoder, bytes, count);
        }
    }

    [Fact]
    public void A_wrong_number_of_points_is_noticed()
    {
        foreach (var format in new[] { 3, 7 })
        {
            var (vlr, chunk, count) = Make(format, format < 6 ? 2 : 3, 100);
            Assert.False(Try(new LazChunkDecoder(vlr), chunk, count + 1));
            Assert.False(Try(new LazChunkDecoder(vlr), chunk, count - 1));
        }
    }

    [Fact]
    public void A_layer_that_is_longer_than_its_values_is_noticed()
    {
        var (vlr, chunk, count) = Make(10, 4, 200);
        var layers = new LayeredItems(vlr).Layers.Length;
        var lengthsAt = vlr.RecordLength + 4;
        var end = lengthsAt + 4 * layers;
        for (var i = 0; i < layers; i++)
        {
            var length = BitConverter.ToInt32(chunk, lengthsAt + 4 * i);
            end += length;
            if (length == 0)
                continue;
            byte[] longer = [.. chunk[..end], 0, .. chunk[end..]];
            BitConverter.TryWriteBytes(longer.AsSpan(lengthsAt + 4 * i), length + 1);
            var error = Assert.Throws<CorruptObjectException>(() => new LazChunkDecoder(vlr).Decode(longer, count, new byte[count * vlr.RecordLength], null, Offset));
            Assert.Equal(Offset + end, error.ByteOffset);
        }
    }

    [Theory]
    [InlineData(3, 2)]
    [InlineData(6, 3)]
    public void No_stream_begins_with_four_bytes_of_255(int format, int version)
    {
        var (vlr, chunk, count) = Make(format, version, 50);
        var start = format < 6 ? vlr.RecordLength : vlr.RecordLength + 4 + 4 * new LayeredItems(vlr).Layers.Length;
        chunk.AsSpan(start, 4).Fill(255);
        var error = Assert.Throws<CorruptObjectException>(() => new LazChunkDecoder(vlr).Decode(chunk, count, new byte[count * vlr.RecordLength], null, Offset));
        Assert.Contains("four bytes of 255", error.Message, StringComparison.Ordinal);
        Assert.Equal(Offset + start, error.ByteOffset);
    }

    [Fact]
    public void What_is_said_names_object_and_byte()
    {
        var (vlr, chunk, count) = Make(3, 2, 100);
        var error = Assert.Throws<CorruptObjectException>(() => new LazChunkDecoder(vlr).Decode(chunk.AsSpan(0, 200), count, new byte[count * vlr.RecordLength], "s3://a/b.laz", Offset));
        Assert.Equal(Offset + 200, error.ByteOffset);
        Assert.Contains("s3://a/b.laz", error.Message, StringComparison.Ordinal);
        Assert.Contains("its compressed data end before its points do", error.Message, StringComparison.Ordinal);
    }

    private static (LazVlr Vlr, byte[] Chunk, int Count) Make(int format, int version, int count)
    {
        var vlr = LazVlr.Create(format, PointRecords.LengthOf(format) + 3, itemVersion: version);
        return (vlr, new LazChunkEncoder(vlr).Encode(PointRecords.Realistic(format, 3, count, 77)).ToArray(), count);
    }

    private static bool Try(LazChunkDecoder decoder, ReadOnlySpan<byte> chunk, int count)
    {
        // What the decoder may not touch lies on both sides.
        const int Guard = 64;
        var memory = new byte[count * decoder.RecordLength + 2 * Guard];
        Array.Fill(memory, (byte)0xA5);
        try
        {
            decoder.Decode(chunk, count, memory.AsSpan(Guard, count * decoder.RecordLength), "test.laz", Offset);
            return true;
        }
        catch (CorruptObjectException error)
        {
            Assert.InRange(error.ByteOffset!.Value, Offset, Offset + chunk.Length + (chunk.IsEmpty ? 1 : 0));
            return false;
        }
        finally
        {
            Assert.False(memory.AsSpan(0, Guard).ContainsAnyExcept((byte)0xA5));
            Assert.False(memory.AsSpan(memory.Length - Guard).ContainsAnyExcept((byte)0xA5));
        }
    }
}
