using FsCheck;
using FsCheck.Xunit;

namespace Dataplug.Formats.Geo.Laz.Tests;

/// <summary>Points survive: every format, version, number of points and division into chunks.</summary>
public sealed class LazChunkTests
{
    public static TheoryData<int, int> FormatsAndVersions()
    {
        var data = new TheoryData<int, int>();
        for (var format = 0; format <= 10; format++)
        {
            data.Add(format, format < 6 ? 1 : 3);
            data.Add(format, format < 6 ? 2 : 4);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(FormatsAndVersions))]
    public async Task Files_of_fixed_and_variable_chunks_give_back_their_records(int format, int version)
    {
        var random = new Random(10 * format + version);
        for (var round = 0; round < 4; round++)
        {
            var extra = random.Next(4) * random.Next(4);
            var length = PointRecords.LengthOf(format) + extra;
            var count = random.Next(1, 3000);
            var records = round == 3
                ? PointRecords.Hostile(format, extra, count, round)
                : PointRecords.Realistic(format, extra, count, round + 20);
            var variable = round % 2 == 1;
            var size = random.Next(1, 1000);
            var vlr = LazVlr.Create(format, length, variable ? LazVlr.VariableChunks : (uint)size, version);
            var chunks = new List<byte[]>();
            for (var at = 0; at < count;)
            {
                var points = Math.Min(count - at, variable ? random.Next(1, 900) : size);
                chunks.Add(records.AsSpan(at * length, points * length).ToArray());
                at += points;
            }
            var file = LazFile.Make(format, vlr, chunks);
            file.Vlr.Validate(format, length);
            Assert.Equal(LazFile.Hash(records), LazFile.Hash(await file.DecodeAsync()));

            var table = await file.ReadTableAsync();
            Assert.Equal(chunks.Count, table.Count);
            for (var point = 0L; point < count; point += 1 + count / 50)
            {
                var chunk = table[table.ChunkOf(point)];
                Assert.InRange(point, chunk.FirstPoint, chunk.FirstPoint + chunk.Points - 1);
            }
        }
    }

    [Property(MaxTest = 20)]
    public void Any_bytes_are_records(byte format, bool newer, byte extra, byte[] bytes)
    {
        var pointFormat = format % 11;
        var length = PointRecords.LengthOf(pointFormat) + extra % 7;
        var vlr = LazVlr.Create(pointFormat, length, itemVersion: (pointFormat < 6 ? 1 : 3) + (newer ? 1 : 0));
        // Runs of the same bytes, among them whole records.
        var records = new byte[length * (1 + bytes.Length * 3 / length)];
        for (var i = 0; i < records.Length && bytes.Length > 0; i++)
            records[i] = bytes[i / 3 % bytes.Length];
        var chunk = new LazChunkEncoder(vlr).Encode(records);
        var decoded = new byte[records.Length];
        new LazChunkDecoder(vlr).Decode(chunk, records.Length / length, decoded);
        Assert.Equal(records, decoded);
    }

    [Theory]
    [MemberData(nameof(FormatsAndVersions))]
    public void One_point_is_a_chunk(int format, int version)
    {
        var vlr = LazVlr.Create(format, PointRecords.LengthOf(format) + 2, itemVersion: version);
        var record = PointRecords.Hostile(format, 2, 1, 5);
        var decoded = new byte[record.Length];
        new LazChunkDecoder(vlr).Decode(new LazChunkEncoder(vlr).Encode(record), 1, decoded);
        Assert.Equal(record, decoded);
        Assert.Equal(0, new LazChunkEncoder(vlr).Encode([]).Length);
    }

    [Fact]
    public void GPS_times_that_are_equal_as_numbers_are_told_apart()
    {
        var vlr = LazVlr.Create(6, 30);
        var records = new byte[4 * 30];
        var times = new[] { 0.0, -0.0, double.NaN, BitConverter.Int64BitsToDouble(unchecked((long)0xFFF8000000000001)) };
        for (var i = 0; i < times.Length; i++)
            BitConverter.TryWriteBytes(records.AsSpan(i * 30 + 22), times[i]);
        var decoded = new byte[records.Length];
        new LazChunkDecoder(vlr).Decode(new LazChunkEncoder(vlr).Encode(records), times.Length, decoded);
        Assert.Equal(records, decoded);
    }

    [Fact]
    public void A_wave_packet_of_two_gigabytes_and_more_moves_the_offset_by_its_size()
    {
        foreach (var format in new[] { 4, 9 })
        {
            var length = PointRecords.LengthOf(format);
            var vlr = LazVlr.Create(format, length);
            var records = new byte[4 * length];
            var offsets = new[] { 0L, 0xF0000000L, 0xF0000000L - 0x10000000L, 0xF0000000L * 3 };
            for (var i = 0; i < 4; i++)
            {
                BitConverter.TryWriteBytes(records.AsSpan(i * length + length - 28), offsets[i]);
                BitConverter.TryWriteBytes(records.AsSpan(i * length + length - 20), 0xF0000000u);
            }
            var decoded = new byte[records.Length];
            new LazChunkDecoder(vlr).Decode(new LazChunkEncoder(vlr).Encode(records), 4, decoded);
            Assert.Equal(records, decoded);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void Points_in_one_stream_are_decompressed_piece_by_piece(int format)
    {
        var length = PointRecords.LengthOf(format) + 3;
        var payload = LazVlr.Create(format, length).ToBytes();
        payload[0] = (byte)LazCompressor.Pointwise;
        var vlr = LazVlr.Parse(payload);
        Assert.False(vlr.IsChunked);
        var records = PointRecords.Realistic(format, 3, 2000, 8);
        var stream = new LazChunkEncoder(vlr).Encode(records);

        var decoder = new LazChunkDecoder(vlr);
        var decoded = new byte[records.Length];
        decoder.Decode(stream, 2000, decoded);
        Assert.Equal(records, decoded);

        decoder.Start();
        Array.Clear(decoded);
        for (int at = 0, step = 1; at < 2000; at += step, step = Math.Min(2 * step, 2000 - at))
        {
            // In another place of memory every time.
            decoder.Continue(stream.ToArray(), decoded.AsSpan(at * length, step * length));
        }
        Assert.Equal(records, decoded);
        Assert.Equal(stream.Length, decoder.Position);
    }

    [Fact]
    public void Points_that_are_not_compressed_are_copied()
    {
        var payload = LazVlr.Create(3, 34).ToBytes();
        payload[0] = (byte)LazCompressor.None;
        for (var i = 34 + 4; i < payload.Length; i += 6)
            payload[i] = 0;
        var vlr = LazVlr.Parse(payload);
        var records = PointRecords.Realistic(3, 0, 50, 1);
        var chunk = new LazChunkEncoder(vlr).Encode(records);
        Assert.Equal(records, chunk.ToArray());
        var decoded = new byte[records.Length];
        new LazChunkDecoder(vlr).Decode(chunk, 50, decoded);
        Assert.Equal(records, decoded);
    }

    [Fact]
    public void Fields_that_are_not_asked_for_have_the_value_of_the_first_point()
    {
        (LazFields Field, int At, int Length)[] places =
        [
            (LazFields.Z, 8, 4), (LazFields.Intensity, 12, 2), (LazFields.Classification, 16, 1), (LazFields.UserData, 17, 1), (LazFields.ScanAngle, 18, 2),
            (LazFields.PointSource, 20, 2), (LazFields.GpsTime, 22, 8), (LazFields.Rgb, 30, 6), (LazFields.Nir, 36, 2), (LazFields.WavePacket, 38, 29),
            (LazFields.ExtraBytes, 67, 4),
        ];
        const int Count = 900;
        const int Length = 71;
        var records = PointRecords.Realistic(10, 4, Count, 4);
        foreach (var version in new[] { 3, 4 })
        {
            var vlr = LazVlr.Create(10, Length, itemVersion: version);
            var chunk = new LazChunkEncoder(vlr).Encode(records).ToArray();
            foreach (var fields in places.Select(place => place.Field).Concat([LazFields.XyReturns, LazFields.Flags, LazFields.All & ~LazFields.Z, LazFields.Rgb | LazFields.GpsTime]))
            {
                var decoded = new byte[records.Length];
                new LazChunkDecoder(vlr, fields).Decode(chunk, Count, decoded);
                for (var i = 0; i < Count; i++)
                {
                    var expected = records.AsSpan(i * Length, Length);
                    var actual = decoded.AsSpan(i * Length, Length);
                    Assert.Equal(expected[..8], actual[..8]);
                    Assert.Equal(expected[14], actual[14]);
                    var flags = (fields & LazFields.Flags) != 0 ? expected[15] : expected[15] & 0x30 | records[15] & 0xCF;
                    Assert.Equal(flags, actual[15]);
                    foreach (var (field, at, length) in places)
                        Assert.Equal((fields & field) != 0 ? expected.Slice(at, length) : records.AsSpan(at, length), actual.Slice(at, length));
                }
            }
        }
    }

    [Fact]
    public void Layers_that_are_not_asked_for_may_be_anything()
    {
        var records = PointRecords.Realistic(7, 0, 500, 4);
        var vlr = LazVlr.Create(7, 36);
        var chunk = new LazChunkEncoder(vlr).Encode(records).ToArray();
        // The last layer, of colours, becomes nonsense.
        var colours = BitConverter.ToInt32(chunk, 36 + 4 + 9 * 4);
        chunk.AsSpan(^colours..).Fill(0xFF);
        var decoded = new byte[records.Length];
        new LazChunkDecoder(vlr, LazFields.All & ~LazFields.Rgb).Decode(chunk, 500, decoded);
        for (var i = 0; i < 500; i++)
            Assert.Equal(records.AsSpan(36 * i, 30), decoded.AsSpan(36 * i, 30));
        Assert.Throws<CorruptObjectException>(() => new LazChunkDecoder(vlr).Decode(chunk, 500, decoded));
    }

    [Fact]
    public void A_decoder_that_is_kept_takes_no_more_memory()
    {
        var vlr = LazVlr.Create(3, 34);
        var records = PointRecords.Realistic(3, 0, 2000, 1);
        var chunk = new LazChunkEncoder(vlr).Encode(records).ToArray();
        var decoder = new LazChunkDecoder(vlr);
        decoder.Decode(chunk, 2000, records);
        decoder.Decode(chunk, 2000, records);
        var meter = new Dataplug.Conformance.AllocationMeter();
        for (var i = 0; i < 10; i++)
        {
            _ = meter.Measure(() =>
            {
                decoder.Decode(chunk, 2000, records);
                return true;
            });
        }

        Assert.InRange(meter.Measured, 1, 10);
        Assert.Equal(0, meter.Allocated);
    }
}
