using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Dataplug.Compression;
using Dataplug.Conformance.GZip;
using Dataplug.Storage;

namespace Dataplug.Core.Tests.Compression;

public sealed class GzipScannerTests
{
    private static readonly byte[] Hello = "hello"u8.ToArray();

    private static byte[] HelloDeflate
    {
        get
        {
            var writer = new DeflateWriter();
            writer.Fixed(Hello.Select(Token.Literal), isLast: true);
            return writer.ToArray();
        }
    }

    private static async Task<CorruptObjectException> RefusedAsync(byte[] gzip)
    {
        var refused = await Assert.ThrowsAsync<CorruptObjectException>(() => GzipRecording.OfAsync(gzip, new GzipScanOptions { Source = "s3://bucket/reads.gz" }));
        Assert.Equal("s3://bucket/reads.gz", refused.ObjectName);
        Assert.NotNull(refused.Cure);
        return refused;
    }

    [Fact]
    public async Task All_header_fields_are_reported()
    {
        var header = GzipObjects.Header(1_700_000_000, 2, 3, isText: true, [(byte)'B', (byte)'C', 2, 0, 0x1B, 0], "reads.fastq", "Grüße", headerCrc: true);
        var gzip = GzipObjects.Member(HelloDeflate, Hello, header);

        var member = Assert.Single((await GzipRecording.OfAsync([.. GzipObjects.Member(HelloDeflate, Hello), .. gzip])).Members, m => m.Offset > 0);

        Assert.Equal(25, member.Offset);
        Assert.Equal(header.Length, member.HeaderLength);
        Assert.Equal(gzip.Length, member.CompressedLength);
        Assert.Equal(5, member.OutputOffset);
        Assert.Equal(5, member.OutputLength);
        Assert.Equal(5u, member.ISize);
        Assert.Equal(0x3610A686u, member.Crc32);
        Assert.Equal(1_700_000_000u, member.ModificationTime);
        Assert.Equal(2, member.ExtraFlags);
        Assert.Equal(3, member.OperatingSystem);
        Assert.True(member.IsText);
        Assert.Equal("reads.fastq", member.FileName);
        Assert.Equal("Grüße", member.Comment);
        Assert.Equal("4243 0200 1B00".Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString(member.ExtraField.Span));
        Assert.True(member.HasHeaderCrc);
    }

    [Fact]
    public async Task Absent_header_fields_are_null_and_present_empty_ones_are_not()
    {
        var gzip = (byte[])[.. GzipObjects.Member(HelloDeflate, Hello), .. GzipObjects.Member(HelloDeflate, Hello, GzipObjects.Header(extra: [], name: "", comment: ""))];

        var members = (await GzipRecording.OfAsync(gzip)).Members;

        Assert.Null(members[0].FileName);
        Assert.Null(members[0].Comment);
        Assert.False(members[0].HasHeaderCrc);
        Assert.Equal("", members[1].FileName);
        Assert.Equal("", members[1].Comment);
        Assert.True(members[1].ExtraField.IsEmpty);
    }

    [Fact]
    public async Task An_object_of_no_bytes_is_refused()
    {
        var refused = await RefusedAsync([]);
        Assert.Contains("empty", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, refused.ByteOffset);
    }

    [Theory]
    [InlineData(0, 0x1E, 0, "magic")]
    [InlineData(1, 0x8A, 0, "magic")]
    [InlineData(2, 7, 2, "method 7")]
    [InlineData(3, 0x20, 3, "reserved")]
    [InlineData(3, 0x80, 3, "reserved")]
    public async Task A_wrong_header_field_is_refused_at_its_offset(int at, byte value, long offset, string problem)
    {
        var gzip = GzipObjects.Member(HelloDeflate, Hello);
        gzip[at] = value;
        var refused = await RefusedAsync(gzip);
        Assert.Equal(offset, refused.ByteOffset);
        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_header_CRC_is_refused_at_its_offset()
    {
        var gzip = GzipObjects.Member(HelloDeflate, Hello, GzipObjects.Header(name: "x", headerCrc: true));
        gzip[4] ^= 1;
        Assert.Equal(12, (await RefusedAsync(gzip)).ByteOffset);
    }

    [Fact]
    public async Task A_name_or_comment_of_64_KiB_is_taken_and_a_longer_one_refused()
    {
        var longest = new string('n', GzipHeaderReader.MaxTextLength);
        var member = Assert.Single((await GzipRecording.OfAsync(GzipObjects.Member(HelloDeflate, Hello, GzipObjects.Header(name: longest, comment: longest)))).Members);
        Assert.Equal(longest, member.FileName);
        Assert.Equal(longest, member.Comment);

        Assert.Equal(10, (await RefusedAsync(GzipObjects.Member(HelloDeflate, Hello, GzipObjects.Header(name: longest + "n")))).ByteOffset);
        Assert.Equal(12, (await RefusedAsync(GzipObjects.Member(HelloDeflate, Hello, GzipObjects.Header(name: "n", comment: longest + "n")))).ByteOffset);
        // One that never ends is given up as early.
        var endless = new byte[1 << 20];
        endless.AsSpan().Fill((byte)'n');
        GzipObjects.Header(name: "n").AsSpan(0, 10).CopyTo(endless);
        Assert.Contains("file name", (await RefusedAsync(endless)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_CRC_or_length_in_the_trailer_is_refused_at_its_offset()
    {
        var gzip = GzipObjects.Member(HelloDeflate, Hello);
        gzip[^8] ^= 1;
        Assert.Equal(gzip.Length - 8, (await RefusedAsync(gzip)).ByteOffset);
        gzip[^8] ^= 1;
        gzip[^1] ^= 1;
        Assert.Equal(gzip.Length - 4, (await RefusedAsync(gzip)).ByteOffset);
    }

    [Fact]
    public async Task Zero_padding_after_the_last_member_is_accepted_and_counted()
    {
        var gzip = GzipObjects.Member(HelloDeflate, Hello);
        var padded = (byte[])[.. gzip, .. new byte[700]];
        var scan = await GzipRecording.OfAsync(padded);
        Assert.Equal(new GzipScanResult(padded.Length, 5, 1), scan.Result);
    }

    [Theory]
    [InlineData(0, "x")]
    [InlineData(3, "xyz")]
    [InlineData(0, "\u001f\u008c")]
    [InlineData(600, "\u001f\u008b\u0008")]
    [InlineData(200_000, "\n")]
    public async Task Other_bytes_after_the_last_member_are_ignored_and_reported(int zeros, string garbage)
    {
        var gzip = (byte[])[.. GzipObjects.Member(HelloDeflate, Hello), .. GzipObjects.Member(HelloDeflate, Hello)];
        var scan = await GzipRecording.OfAsync([.. gzip, .. new byte[zeros], .. garbage.Select(c => (byte)c)]);
        Assert.Equal("hellohello"u8.ToArray(), scan.Output);
        Assert.Equal(2, scan.Result!.MemberCount);
        Assert.Equal(new ByteRange(gzip.Length, zeros + garbage.Length), scan.Result.TrailingBytes);

        using var stream = new InflateStream(new MemoryStream([.. gzip, .. new byte[zeros], .. garbage.Select(c => (byte)c)]), new InflateReadOptions());
        var output = new MemoryStream();
        await stream.CopyToAsync(output);
        Assert.Equal(scan.Output, output.ToArray());
    }

    [Theory]
    [InlineData("\u001f", 1, "cut short")]
    [InlineData("\u001f\u008b", 2, "cut short")]
    [InlineData("\u001f\u008b\u0007abcdefgh", 2, "method 7")]
    [InlineData("\u001f\u008b\u0008\u00e0abcdefgh", 3, "reserved flags")]
    [InlineData("\u001f\u009d\u0090abc", 0, "another compression")]
    public async Task A_second_member_that_is_none_is_refused_with_its_number_and_place(string bytes, long at, string problem)
    {
        var gzip = GzipObjects.Member(HelloDeflate, Hello);
        var refused = await RefusedAsync([.. gzip, .. bytes.Select(c => (byte)c)]);
        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
        Assert.Contains($"in member 2, which begins at byte {gzip.Length}", refused.Message, StringComparison.Ordinal);
        Assert.Equal((gzip.Length + at, 2, gzip.Length), (refused.ByteOffset, refused.MemberNumber, refused.MemberOffset));
    }

    [Fact]
    public async Task Damage_names_byte_and_member_wherever_it_is()
    {
        var member = GzipObjects.Member(HelloDeflate, Hello);
        var gzip = Enumerable.Repeat(member, 5).SelectMany(m => m).ToArray();
        gzip[(3 * member.Length) + member.Length - 8] ^= 1;
        var refused = await RefusedAsync(gzip);
        Assert.Equal(((4 * member.Length) - 8, 4, 3 * member.Length), (refused.ByteOffset, refused.MemberNumber, refused.MemberOffset));

        // A stream that begins at the third member knows where the fourth is, but not that it is the fourth.
        using var stream = new InflateStream(new MemoryStream(gzip[(2 * member.Length)..]), new InflateReadOptions { StartByteOffset = 2 * member.Length });
        var entered = Assert.Throws<CorruptObjectException>(() => stream.CopyTo(Stream.Null));
        Assert.Equal(((4 * member.Length) - 8, null, 3 * member.Length), (entered.ByteOffset, entered.MemberNumber, entered.MemberOffset));
    }

    public static TheoryData<string, string> BrokenBlocks => new()
    {
        { "reserved type", "type 3" },
        { "stored length", "complement" },
        { "287 length codes", "more length or distance codes" },
        { "31 distance codes", "more length or distance codes" },
        { "oversubscribed code lengths", "code for code lengths" },
        { "incomplete code lengths", "code for code lengths" },
        { "repeat of nothing", "before there is one" },
        { "repeat too long", "beyond the last" },
        { "no end", "no code for its end" },
        { "oversubscribed lengths", "literal and length code" },
        { "incomplete lengths", "literal and length code" },
        { "oversubscribed distances", "distance code" },
        { "incomplete distances", "distance code" },
        { "symbol 286", "invalid literal or length" },
        { "distance 30", "invalid distance" },
        { "distance of an empty code", "invalid distance" },
        { "missing half of a single distance", "invalid distance" },
        { "too far", "before the start" },
    };

    /// <summary>Each rule of RFC 1951 broken once, early and late in the input: near its end and far from it other loops run.</summary>
    [Theory]
    [MemberData(nameof(BrokenBlocks))]
    public async Task A_broken_block_is_refused_where_it_is_broken(string what, string problem)
    {
        foreach (var padding in (int[])[0, 100])
        {
            var writer = new DeflateWriter();
            var random = new Random(1);
            writer.Stored(Hello, isLast: false);
            var start = writer.BitLength / 8;
            WriteBroken(writer, what, random);
            var broken = writer.BitLength / 8;
            writer.AlignToByte();
            var deflate = (byte[])[.. writer.ToArray(), .. new byte[padding]];

            var refused = await RefusedAsync([.. GzipObjects.PlainHeader, .. deflate]);

            Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
            Assert.InRange(refused.ByteOffset!.Value, 10 + start, 10 + broken);
            Assert.Throws<InvalidDataException>(() => ReferenceInflater.Inflate(deflate));
        }
    }

    private static void WriteBroken(DeflateWriter writer, string what, Random random)
    {
        int[] literals = new int[286];
        int[] distances = [1, 1];
        literals[256] = literals[257] = 1;
        void Dynamic(params Token[] tokens) => writer.Dynamic(tokens, true, literals, distances, random);
        void Header(int literals, int distances, params int[] codeLengths)
        {
            writer.Bits(5, 3);
            writer.Bits(literals - 257, 5);
            writer.Bits(distances - 1, 5);
            writer.Bits(15, 4);
            foreach (var length in codeLengths)
                writer.Bits(length, 3);
            for (var i = codeLengths.Length; i < 19; i++)
                writer.Bits(0, 3);
        }
        switch (what)
        {
            case "reserved type":
                writer.Bits(7, 3);
                break;
            case "stored length":
                writer.Bits(1, 3);
                writer.AlignToByte();
                writer.Bits(5, 16);
                writer.Bits(5, 16);
                break;
            case "287 length codes":
                Header(287, 1);
                break;
            case "31 distance codes":
                Header(257, 31);
                break;
            case "oversubscribed code lengths":
                Header(257, 1, 1, 1, 1);
                break;
            case "incomplete code lengths":
                Header(257, 1, 1);
                break;
            case "repeat of nothing": // the code for code lengths has 16 and 17, one bit each
                Header(257, 1, 1, 1);
                writer.Bits(0, 3);
                break;
            case "repeat too long": // 18 and 0: 138 zeros, twice
                Header(257, 1, 0, 0, 1, 1);
                writer.Bits(1 | 127 << 1, 8);
                writer.Bits(1 | 127 << 1, 8);
                break;
            case "no end":
                Header(257, 1, 0, 0, 1, 1);
                writer.Bits(1 | 127 << 1, 8);
                writer.Bits(1 | 109 << 1, 8);
                break;
            case "oversubscribed lengths":
                literals[0] = 1;
                Dynamic();
                break;
            case "incomplete lengths":
                literals[257] = 2;
                Dynamic();
                break;
            case "oversubscribed distances":
                distances = [1, 1, 1];
                Dynamic();
                break;
            case "incomplete distances":
                distances = [2, 2, 2];
                Dynamic();
                break;
            case "symbol 286":
                writer.Bits(3, 3);
                foreach (var bit in "11000110")
                    writer.Bits(bit - '0', 1);
                break;
            case "distance 30":
                writer.Bits(3, 3);
                foreach (var bit in "0000001" + "11110")
                    writer.Bits(bit - '0', 1);
                break;
            case "distance of an empty code":
                distances = [0];
                writer.DynamicHeader(true, literals, distances, random);
                writer.Bits(1, 1);
                break;
            case "missing half of a single distance": // the code has only the codeword 0; length 3 is the codeword 1
                distances = [1];
                writer.DynamicHeader(true, literals, distances, random);
                writer.Bits(3, 2);
                break;
            case "too far":
                writer.Fixed([Token.Match(3, 6)], isLast: true);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(what));
        }
    }

    [Fact]
    public async Task A_match_must_not_reach_into_the_member_before()
    {
        var writer = new DeflateWriter();
        writer.Fixed([Token.Literal(1), Token.Match(3, 2)], isLast: true);
        var first = GzipObjects.Member(HelloDeflate, Hello);
        var refused = await RefusedAsync([.. first, .. GzipObjects.PlainHeader, .. writer.ToArray(), .. new byte[40]]);
        Assert.Contains("before the start", refused.Message, StringComparison.Ordinal);
        Assert.InRange(refused.ByteOffset!.Value, first.Length + 10, first.Length + 15);
    }

    [Fact]
    public async Task A_bomb_streams_in_constant_memory()
    {
        const long Length = 512L << 20;
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            var zeros = new byte[1 << 20];
            for (var i = 0; i < Length >> 20; i++)
                gzip.Write(zeros);
        }
        compressed.Position = 0;
        var visitor = new CountingVisitor();

        var before = GC.GetAllocatedBytesForCurrentThread();
        var result = await GzipScanner.ScanAsync(compressed, visitor, new GzipScanOptions());
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(Length, result.OutputLength);
        Assert.Equal(Length, visitor.Length);
        // 64 access points with windows of 32 KiB for their states, and the buffers.
        Assert.InRange(allocated, 0, 16 << 20);
    }

    private sealed class CountingVisitor : IGzipVisitor
    {
        public long Length { get; private set; }

        public Action? Each { get; init; }

        public void OnOutput(ReadOnlySpan<byte> output)
        {
            Length += output.Length;
            Each?.Invoke();
        }

        public void OnMark(in InflateMark mark)
        {
        }

        public void OnAccessPoint(in InflateMark mark, ReadOnlySpan<byte> window, GzipScanState state)
        {
        }

        public void OnMember(GzipMember member)
        {
        }
    }

    [Fact]
    public async Task Cancellation_is_seen_within_a_piece_of_output()
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(new byte[50 << 20]);
        compressed.Position = 0;
        using var cancellation = new CancellationTokenSource();
        var visitor = new CountingVisitor { Each = cancellation.Cancel };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => GzipScanner.ScanAsync(compressed, visitor, new GzipScanOptions(), cancellationToken: cancellation.Token));

        Assert.InRange(visitor.Length, 1, 1 << 20);
    }

    [Fact]
    public async Task What_a_visitor_throws_reaches_the_caller()
    {
        var visitor = new CountingVisitor { Each = () => throw new FormatException("mine") };
        var failure = await Assert.ThrowsAsync<FormatException>(() => GzipScanner.ScanAsync(new MemoryStream(GzipObjects.Member(HelloDeflate, Hello)), visitor, new GzipScanOptions()));
        Assert.Equal("mine", failure.Message);
    }

    [Fact]
    public async Task What_the_input_throws_reaches_the_caller()
    {
        var random = new Random(1);
        var input = new FailingStream(GzipObjects.Member(HelloDeflate, Hello));
        await Assert.ThrowsAsync<IOException>(() => GzipRecording.OfAsync(input));
        await Assert.ThrowsAsync<IOException>(() => GzipRecording.OfPipeAsync(input));
    }

    private sealed class FailingStream(byte[] first) : MemoryStream(first)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer) is > 0 and var read ? read : throw new IOException("gone");

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));
    }

    [Fact]
    public async Task Progress_ends_at_the_compressed_length()
    {
        var random = new Random(3);
        var data = new byte[3 << 20];
        random.NextBytes(data);
        var gzip = GzipObjects.Member(GzipObjects.BySystem(random, data).Deflate, data);
        var reports = new List<long>();
        await GzipScanner.ScanAsync(new MemoryStream(gzip), new CountingVisitor(), new GzipScanOptions(), progress: new Reports(reports));
        Assert.True(reports.Count > 3);
        Assert.Equal(reports.Order(), reports);
        Assert.Equal(gzip.Length, reports[^1]);
    }

    private sealed class Reports(List<long> reports) : IProgress<long>
    {
        public void Report(long value) => reports.Add(value);
    }

    [Fact]
    public async Task Thousands_of_tiny_members_make_few_marks_and_member_starts_need_no_window()
    {
        var member = GzipObjects.Member(HelloDeflate, Hello);
        var gzip = Enumerable.Repeat(member, 20_000).SelectMany(m => m).ToArray();
        var scan = await GzipRecording.OfAsync(gzip, new GzipScanOptions { MarkSpacing = 10_000 });
        Assert.Equal(20_000, scan.Members.Count);
        Assert.Equal(10, scan.Marks.Count);
        Assert.Equal(scan.Marks, scan.AccessPoints.Select(a => a.Mark));
        Assert.All(scan.AccessPoints, a => Assert.True(a.Mark.IsMemberStart && a.Window.Length == 0));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task Spacings_must_be_positive(long spacing)
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => GzipRecording.OfAsync([], new GzipScanOptions { MarkSpacing = spacing }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => GzipRecording.OfAsync([], new GzipScanOptions { AccessPointSpacing = spacing }));
    }

    /// <summary>Real files, with what gzip(1) and a member table made by an independent tool say of them.</summary>
    [SharedDataFact]
    public async Task Real_files_give_the_known_bytes_and_members()
    {
        var data = SharedData.Folder!;
        using var truth = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(data, "TRUTH.json")));
        var seen = 0;
        foreach (var file in truth.RootElement.EnumerateObject())
        {
            if (!file.Value.TryGetProperty("gzip", out var gzip) || !gzip.TryGetProperty("trustworthy", out var trusted) || !trusted.GetBoolean())
                continue;
            var path = Path.Combine(data, file.Name);
            var scan = await GzipRecording.OfAsync(await File.ReadAllBytesAsync(path), new GzipScanOptions { Source = path, MarkSpacing = 1000, AccessPointSpacing = 40_000 });
            Assert.Equal(gzip.GetProperty("decompressed_sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(scan.Output)));
            if (gzip.TryGetProperty("member_table_start_clen_dlen", out var table) && table.GetArrayLength() == scan.Members.Count)
                Assert.Equal(table.EnumerateArray().Select(m => (m[0].GetInt64(), m[1].GetInt64(), m[2].GetInt64())), scan.Members.Select(m => (m.Offset, m.CompressedLength, m.OutputLength)));
            foreach (var point in scan.AccessPoints)
            {
                await using var file2 = File.OpenRead(path);
                file2.Position = point.Mark.CompressedByteOffset;
                await using var stream = new InflateStream(file2, InflateReadOptions.At(point.Mark, point.Window, path));
                using var rest = new MemoryStream();
                await stream.CopyToAsync(rest);
                Assert.True(rest.ToArray().AsSpan().SequenceEqual(scan.Output.AsSpan((int)point.Mark.OutputOffset)));
            }
            seen++;
        }
        Assert.True(seen > 10);
    }
}
