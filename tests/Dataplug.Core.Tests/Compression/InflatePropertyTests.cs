using Dataplug.Compression;
using FsCheck.Xunit;

namespace Dataplug.Core.Tests.Compression;

/// <summary>The laws of the decoder, on random objects.</summary>
[Properties(Arbitrary = [typeof(Seeds)], MaxTest = 60)]
public sealed class InflatePropertyTests
{
    private static GzipScanOptions RandomOptions(Random random, bool? sparse = null) => new()
    {
        Source = "test.gz",
        MarkSpacing = random.Next(1, random.Next(2) == 0 ? 10 : 30_000),
        AccessPointSpacing = random.Next(1, random.Next(2) == 0 ? 10 : 60_000),
        SparseWindows = sparse ?? random.Next(2) == 0,
    };

    [Property(MaxTest = 150)]
    public async Task A_scan_gives_the_bytes_and_the_boundaries_that_the_reference_gives(Seed seed)
    {
        var random = seed.Random();
        var gzip = GzipObjects.Object(random);
        var expected = ReferenceInflater.Gunzip(gzip);

        var actual = await GzipRecording.OfAsync(gzip, new GzipScanOptions { MarkSpacing = 1, AccessPointSpacing = 1 });

        Assert.Equal(expected.Output, actual.Output);
        Assert.Equal(new GzipScanResult(gzip.Length, expected.Output.Length, expected.MemberCount), actual.Result);
        // Of boundaries at the same place of the output the first is marked.
        var boundaries = expected.Boundaries.GroupBy(b => b.OutputOffset).Select(g => g.First());
        Assert.Equal(boundaries, actual.Marks.Select(m => new ReferenceBoundary(m.CompressedBitOffset, m.OutputOffset, m.IsMemberStart)));
    }

    [Property]
    public async Task Marks_keep_their_spacing_and_none_is_left_out(Seed seed)
    {
        var random = seed.Random();
        var gzip = GzipObjects.Object(random);
        var options = RandomOptions(random);
        var expected = new List<ReferenceBoundary>();
        foreach (var boundary in ReferenceInflater.Gunzip(gzip).Boundaries)
        {
            if (expected.Count == 0 || boundary.OutputOffset - expected[^1].OutputOffset >= options.MarkSpacing)
                expected.Add(boundary);
        }

        var actual = await GzipRecording.OfAsync(gzip, options);

        Assert.Equal(expected, actual.Marks.Select(m => new ReferenceBoundary(m.CompressedBitOffset, m.OutputOffset, m.IsMemberStart)));
    }

    [Property]
    public async Task From_every_access_point_the_rest_can_be_read_with_its_window(Seed seed)
    {
        var random = seed.Random();
        var gzip = GzipObjects.Object(random);
        var scan = await GzipRecording.OfAsync(gzip, RandomOptions(random));
        var output = scan.Output;

        foreach (var point in scan.AccessPoints)
        {
            var start = (int)point.Mark.CompressedByteOffset;
            var window = WindowCodec.Decode(WindowCodec.Encode(point.Window));
            var input = new MemoryStream(gzip, start, gzip.Length - start);
            await using var stream = new InflateStream(input, InflateReadOptions.At(point.Mark, window, "test.gz"));
            using var rest = new MemoryStream();
            await stream.CopyToAsync(rest, random.Next(1, 100_000));
            Assert.Equal(output[(int)point.Mark.OutputOffset..], rest.ToArray());
        }
    }

    [Property]
    public async Task Windows_are_the_output_before_them_and_sparse_ones_leave_out_only_what_is_never_referred_to(Seed seed)
    {
        var random = seed.Random();
        var gzip = GzipObjects.Object(random);
        var options = RandomOptions(random, sparse: false);
        var full = await GzipRecording.OfAsync(gzip, options);
        var sparse = await GzipRecording.OfAsync(gzip, options with { SparseWindows = true });
        var output = full.Output;

        Assert.Equal(full.AccessPoints.Select(a => a.Mark), sparse.AccessPoints.Select(a => a.Mark));
        foreach (var (whole, part) in full.AccessPoints.Zip(sparse.AccessPoints))
        {
            var end = (int)whole.Mark.OutputOffset;
            var member = (int)full.Members.Last(m => m.OutputOffset <= end && m.Offset <= whole.Mark.CompressedByteOffset).OutputOffset;
            var length = whole.Mark.IsMemberStart ? 0 : Math.Min(32768, end - member);
            Assert.Equal(output[(end - length)..end], whole.Window);
            Assert.Equal(length, part.Window.Length);
            for (var i = 0; i < length; i++)
                Assert.True(part.Window[i] == whole.Window[i] || part.Window[i] == 0);
        }
    }

    [Property]
    public async Task Resuming_from_every_state_gives_the_same_rest(Seed seed)
    {
        var random = seed.Random();
        var gzip = GzipObjects.Object(random);
        var options = RandomOptions(random);
        var whole = await GzipRecording.OfAsync(gzip, options);

        foreach (var point in whole.AccessPoints)
        {
            var state = GzipScanState.FromBytes(point.State.ToBytes());
            var resumed = await GzipRecordingResumed(gzip, options, state);
            var at = point.Mark.OutputOffset;
            Assert.Equal(whole.Output[(int)at..], resumed.Output);
            Assert.Equal(whole.Marks.Where(m => m.OutputOffset > at), resumed.Marks);
            GzipRecording.AssertEqual([.. whole.AccessPoints.Where(a => a.Mark.OutputOffset > at)], resumed.AccessPoints);
            GzipRecording.AssertEqual([.. whole.Members.Skip((int)state.MemberCount)], resumed.Members);
            Assert.Equal(whole.Result, resumed.Result);
        }

        static Task<GzipRecording> GzipRecordingResumed(byte[] gzip, GzipScanOptions options, GzipScanState state) =>
            GzipRecording.OfAsync(gzip, options, state);
    }

    [Property]
    public async Task How_the_input_is_cut_into_pieces_changes_nothing(Seed seed)
    {
        var random = seed.Random();
        var gzip = GzipObjects.Object(random, 60_000);
        var options = RandomOptions(random);
        var whole = await GzipRecording.OfAsync(gzip, options);

        foreach (var maxRead in (int[])[1, 7, 50, 3000])
        {
            GzipRecording.AssertEqual(whole, await GzipRecording.OfPipeAsync(new RandomReadsStream(gzip, random, maxRead), options));
            GzipRecording.AssertEqual(whole, await GzipRecording.OfAsync(new RandomReadsStream(gzip, random, maxRead), options));
            GzipRecording.AssertEqual(whole, Pushed(gzip, options, random, maxRead));
            await using var stream = new InflateStream(new RandomReadsStream(gzip, random, maxRead), new InflateReadOptions());
            using var output = new MemoryStream();
            if (random.Next(2) == 0)
                await stream.CopyToAsync(output, random.Next(1, 5000));
            else
                CopySync(stream, output, random);
            Assert.Equal(whole.Output, output.ToArray());
        }
    }

    private static void CopySync(InflateStream stream, MemoryStream output, Random random)
    {
        var buffer = new byte[5000];
        for (int read; (read = stream.Read(buffer.AsSpan(0, random.Next(1, buffer.Length)))) > 0;)
            output.Write(buffer, 0, read);
    }

    /// <summary>Pushes pieces into the scan itself, each beginning with what the one before left.</summary>
    private static GzipRecording Pushed(byte[] gzip, GzipScanOptions options, Random random, int maxLength)
    {
        var recording = new GzipRecording();
        using var scan = new GzipScan<GzipRecording>(recording, options, null, default);
        var start = 0;
        var end = 0;
        while (end < gzip.Length)
        {
            end = Math.Min(gzip.Length, end + random.Next(1, maxLength + 1));
            // A copy of its own, so that a read beyond the piece would not find the following bytes.
            start += scan.Push(gzip.AsSpan(start, end - start).ToArray());
            Assert.InRange(end - start, 0, GzipDecoder.MaxUnconsumed);
        }
        return recording.WithResult(scan.End(end - start));
    }

    [Property(MaxTest = 12)]
    public async Task Cut_off_at_any_byte_it_is_refused_and_all_that_could_be_decoded_was_delivered(Seed seed)
    {
        var random = seed.Random();
        var (deflate, data) = random.Next(2) == 0 ? GzipObjects.HandMade(random, 2000) : GzipObjects.BySystem(random, GzipObjects.Data(random, 2000));
        var gzip = GzipObjects.Member(deflate, data, GzipObjects.Header(name: "reads.fastq", extra: [1, 2, 3], headerCrc: true));

        var before = 0;
        for (var length = 0; length < gzip.Length; length++)
        {
            var cut = gzip[..length];
            var refused = await Assert.ThrowsAsync<CorruptObjectException>(() => GzipRecording.OfAsync(cut, new GzipScanOptions { Source = "test.gz" }));
            Assert.Equal("test.gz", refused.ObjectName);
            Assert.Equal(length, refused.ByteOffset);

            using var stream = new InflateStream(new MemoryStream(cut), new InflateReadOptions());
            var delivered = new MemoryStream();
            Assert.Throws<CorruptObjectException>(() => stream.CopyTo(delivered, 777));
            Assert.Equal(data[..(int)delivered.Length], delivered.ToArray());
            Assert.True(delivered.Length >= before);
            before = (int)delivered.Length;

            // The same bytes as a part of a longer object are no error.
            using var part = new InflateStream(new MemoryStream(cut), new InflateReadOptions { ExpectMoreData = true });
            var partial = new MemoryStream();
            part.CopyTo(partial);
            Assert.Equal(delivered.ToArray(), partial.ToArray());
        }
        Assert.Equal(data.Length, before);
    }

    [Property(MaxTest = 300)]
    public async Task Damaged_anywhere_it_is_refused_where_the_reference_refuses_it_and_nothing_else_is_thrown(Seed seed)
    {
        var random = seed.Random();
        var gzip = GzipObjects.Object(random, 3000);
        for (var flips = random.Next(1, 4); flips > 0; flips--)
            gzip[random.Next(gzip.Length)] ^= (byte)(1 << random.Next(8));
        byte[]? expected = null;
        try
        {
            expected = ReferenceInflater.Gunzip(gzip).Output;
        }
        catch (InvalidDataException)
        {
        }

        byte[]? actual = null;
        try
        {
            actual = (await GzipRecording.OfAsync(gzip, RandomOptions(random))).Output;
        }
        catch (CorruptObjectException refused)
        {
            Assert.InRange(refused.ByteOffset!.Value, 0, gzip.Length);
        }

        Assert.Equal(expected, actual);
    }

    [Property(MaxTest = 300)]
    public void Damaged_headers_of_blocks_are_refused_where_zlib_refuses_them(Seed seed)
    {
        var random = seed.Random();
        var (deflate, _) = random.Next(2) == 0 ? GzipObjects.HandMade(random, 3000) : GzipObjects.BySystem(random, GzipObjects.Data(random, 3000));
        for (var flips = random.Next(1, 4); flips > 0; flips--)
            deflate[random.Next(Math.Min(deflate.Length, 80))] ^= (byte)(1 << random.Next(8));

        Assert.Equal(Outcome(() => new System.IO.Compression.DeflateStream(new MemoryStream(deflate), System.IO.Compression.CompressionMode.Decompress)), OurOutcome(deflate));
    }

    private static byte[]? Outcome(Func<Stream> open)
    {
        using var stream = open();
        var output = new MemoryStream();
        try
        {
            stream.CopyTo(output);
            return output.ToArray();
        }
        catch (Exception failure) when (failure is InvalidDataException or CorruptObjectException)
        {
            return null;
        }
    }

    /// <summary>The deflate data as a member without a trailer: decoding must end where the trailer would be looked for.</summary>
    private static unsafe byte[]? OurOutcome(byte[] deflate)
    {
        var decoder = new InflateDecoder();
        var output = new byte[4 << 20];
        fixed (byte* input = deflate, start = output)
        {
            var cursor = new InflateCursor { In = input, InEnd = input + deflate.Length, Out = start, OutEnd = start + output.Length, History = start };
            for (; ; )
            {
                switch (decoder.Decode(ref cursor))
                {
                    case InflateStatus.BlockEnd:
                        continue;
                    case InflateStatus.StreamEnd:
                        return output[..(int)(cursor.Out - start)];
                    case InflateStatus.OutputFull:
                        throw new InvalidOperationException("The output of a test is too long.");
                    default:
                        return null;
                }
            }
        }
    }
}
