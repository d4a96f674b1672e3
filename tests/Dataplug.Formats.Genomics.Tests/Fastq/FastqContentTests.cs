using System.Buffers;
using System.Text;
using System.Text.Json;
using Dataplug.Storage;
using Dataplug.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dataplug.Formats.Genomics.Tests;

public sealed class FastqContentTests
{
    private static readonly ObjectUri Uri = ObjectUri.ForFile("/reads.fastq.gz");

    public static Arbitrary<Pieces> AnyPieces() =>
        (from content in Gen.OneOf(FastqSamples.Valid, FastqSamples.Damaged, FastqSamples.Wrapped)
         from longest in Gen.Elements(1, 3, 40, 700, 100_000)
         from seed in Gen.Choose(0, int.MaxValue)
         select new Pieces(content, longest, seed)).ToArbitrary();

    [Property(Arbitrary = [typeof(FastqContentTests)], MaxTest = 800)]
    public void Validation_accepts_what_the_plain_parser_accepts_and_measures_the_same(Pieces pieces)
    {
        List<(string Title, string Sequence, string Qualities)> reads;
        try
        {
            reads = PlainFastq.Parse(pieces.Content);
        }
        catch (FormatException)
        {
            var refused = Assert.ThrowsAny<DataplugException>(() => Validate(pieces));
            Assert.True(refused is CorruptObjectException or UnsupportedFormatException, refused.Message);
            Assert.Equal(Uri.Display, refused.ObjectName);
            Assert.NotNull(refused.Cure);
            Assert.NotNull(refused.ByteOffset);
            return;
        }

        var (attributes, lineFeeds) = Validate(pieces);
        Assert.Equal(pieces.Content.Count(b => b == '\n'), lineFeeds);
        Assert.Equal(reads.Count, attributes.GetProperty("reads").GetInt64());
        Assert.Equal(reads.Sum(read => (long)read.Sequence.Length), attributes.GetProperty("bases").GetInt64());
        Assert.Equal(pieces.Content.Count(b => b == '\n') + (pieces.Content is [.., not (byte)'\n'] ? 1 : 0), attributes.GetProperty("lines").GetInt64());
        if (reads.Count > 0)
        {
            Assert.Equal(reads.Min(read => read.Sequence.Length), attributes.GetProperty("minReadLength").GetInt64());
            Assert.Equal(reads.Max(read => read.Sequence.Length), attributes.GetProperty("maxReadLength").GetInt64());
            Assert.Equal(reads.Average(read => read.Sequence.Length), attributes.GetProperty("meanReadLength").GetDouble(), 9);
        }

        var qualities = string.Concat(reads.Select(read => read.Qualities));
        if (qualities.Length > 0)
        {
            Assert.Equal((byte)qualities.Min(), attributes.GetProperty("minQualityByte").GetByte());
            Assert.Equal((byte)qualities.Max(), attributes.GetProperty("maxQualityByte").GetByte());
        }
    }

    [Property(Arbitrary = [typeof(FastqContentTests)], MaxTest = 1500)]
    public void The_reader_gives_what_the_plain_parser_gives_or_refuses(Pieces pieces)
    {
        List<(string, string, string)> reads;
        bool wrapped;
        try
        {
            reads = PlainFastq.Parse(pieces.Content, out wrapped);
        }
        catch (FormatException)
        {
            Assert.Throws<CorruptObjectException>(() => Read(pieces));
            return;
        }

        Assert.Equal(reads, Read(pieces, wrapped));
        Assert.Equal(reads, Read(pieces, isWrapped: true));
    }

    [Theory]
    [InlineData("\r\n\r\r\n")]
    [InlineData("@a\nAC\n+\nII\n\n\r\r")]
    [InlineData("@a\nAC\n+\nII\n\r@")]
    public void Only_whole_line_ends_may_follow_an_empty_line(string content)
    {
        foreach (var longest in new[] { 1, 2, 1000 })
        {
            var pieces = new Pieces(Encoding.Latin1.GetBytes(content), longest, 1);
            Assert.Throws<CorruptObjectException>(() => Read(pieces));
            Assert.Throws<CorruptObjectException>(() => Validate(pieces));
        }
    }

    [Theory]
    [InlineData("@a\nAC\n+\nII\n@b\nAC\nII\n", "third line of read 2", 7L)]
    [InlineData("@a\nAC\n+\nI\n", "read 1 has 2 bases but 1 qualities", 4L)]
    [InlineData("@a\nAC\n+\nIII\n", "read 1 has more qualities than its 2 bases", 4L)]
    [InlineData("a\nAC\n+\nII\n", "read 1 begins with 'a' instead of '@'", 1L)]
    [InlineData("\n@a\nAC\n+\nII\n", "after an empty line", 2L)]
    [InlineData("@a\nAC\n+\nII\n\n@b\nAC\n+\nII\n", "after an empty line", 6L)]
    [InlineData("@a\nA C\n+\nIII\n", "the sequence of read 1 holds the byte 0x20", 2L)]
    [InlineData("@a\nAC\n+\nI\u007f\n", "outside the bytes 33 to 126", 4L)]
    [InlineData("@a\nAC\n+\nI ", "outside the bytes 33 to 126", 4L)]
    [InlineData("@a b\nAC\n+b\nII\n", "repeats another title", 3L)]
    [InlineData("@a\nAC\n\nII\n", "an empty line instead of its '+' line", 3L)]
    [InlineData("@a\nAC\n+\n", "ends in the middle of read 1, before its qualities", 4L)]
    [InlineData("@a\nAC\n", "ends in the middle of read 1, before its '+' line", 3L)]
    [InlineData("@a", "ends in the middle of read 1, before its sequence", 1L)]
    public void What_is_wrong_is_said_with_read_and_line(string content, string message, long line)
    {
        foreach (var longest in new[] { 1, 1000 })
        {
            var refused = Assert.Throws<CorruptObjectException>(() => Validate(new Pieces(Encoding.Latin1.GetBytes(content), longest, 1)));
            Assert.Contains(message, refused.Message, StringComparison.Ordinal);
            Assert.Contains($"line {line},", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Wrapped_reads_are_told_and_measured()
    {
        var (attributes, _) = Validate(new Pieces("@a\nACGT\nACG\n+\nIIII\nIII\n@b\nAC\n+\nII"u8.ToArray(), 1000, 1));

        Assert.True(attributes.GetProperty("wrapped").GetBoolean());
        Assert.Equal((2, 9), (attributes.GetProperty("reads").GetInt32(), attributes.GetProperty("bases").GetInt32()));
    }

    [Theory]
    [InlineData("@a\nACGT\nACG\n+\nIIII\nII\n", "read 1, before its qualities")]
    [InlineData("@a\nACGT\nACG\n+\nIIII\nII", "read 1 has 7 bases but 6 qualities")]
    [InlineData("@a\nACGT\nACG\n+\nIIII\nIIII\n", "read 1 has more qualities than its 7 bases")]
    [InlineData("@a\nACGT\n\nACG\n+\nIIII\nIII\n", "an empty line instead of its '+' line")]
    [InlineData("@a\nACGT\nACG\n+\nIIII\n\nIII\n", "read 1 has 7 bases but 4 qualities")]
    public void What_is_wrong_with_wrapped_reads_is_said(string content, string message)
    {
        var refused = Assert.Throws<CorruptObjectException>(() => Validate(new Pieces(Encoding.ASCII.GetBytes(content), 1000, 1)));

        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_quality_out_of_range_deep_in_a_large_piece_is_found_at_its_place()
    {
        var text = string.Concat(Enumerable.Range(0, 5000).Select(i => $"@r{i}\n{new string('A', 100)}\n+\n{new string('I', 100)}\n"));
        var content = Encoding.ASCII.GetBytes(text);
        var at = text.IndexOf("@r4321\n", StringComparison.Ordinal) + 7 + 101 + 2 + 50;
        content[at] = 0x1f;
        var refused = Assert.Throws<CorruptObjectException>(() => Validate(new Pieces(content, 10_000_000, 1)));
        Assert.Contains("the qualities of read 4322 hold the byte 0x1F", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"byte {at} of", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('#', 'J', QualityEncoding.Phred33)]
    [InlineData('!', '~', QualityEncoding.Phred33)]
    [InlineData(':', ':', QualityEncoding.Phred33)]
    [InlineData(';', 'h', QualityEncoding.Solexa)]
    [InlineData('B', 'h', QualityEncoding.Phred64)]
    [InlineData('@', 'K', QualityEncoding.Phred64)]
    [InlineData('@', 'J', QualityEncoding.Ambiguous)]
    [InlineData(';', 'J', QualityEncoding.Ambiguous)]
    [InlineData('@', '~', QualityEncoding.Ambiguous)]
    public void The_encoding_is_guessed_from_the_range(char lowest, char highest, QualityEncoding expected)
    {
        Assert.Equal(expected, FastqQuality.Guess((byte)lowest, (byte)highest));
        Assert.Equal(expected, FastqQuality.Parse(FastqQuality.Name(expected)));
    }

    [Fact]
    public void Qualities_become_Phred_scores()
    {
        var scores = new byte[3];
        FastqQuality.ToPhred("!+~"u8, QualityEncoding.Phred33, scores);
        Assert.Equal([0, 10, 93], scores);
        FastqQuality.ToPhred("@J~"u8, QualityEncoding.Phred64, scores);
        Assert.Equal([0, 10, 62], scores);

        // Cock et al. 2010, equation 3: Solexa -5, 0 and 40 are Phred 1.19, 3.01 and 40.0004.
        FastqQuality.ToPhred(";@h"u8, QualityEncoding.Solexa, scores);
        Assert.Equal([1, 3, 40], scores);
        Assert.Throws<ArgumentException>(() => FastqQuality.ToPhred("!"u8, QualityEncoding.Phred64, new byte[1]));
    }

    [Property]
    public void The_range_of_many_spans_is_that_of_all_their_bytes(byte count, byte longest, int seed)
    {
        // The extremes come once each, anywhere: also in the first byte and the last.
        var random = new System.Random(seed);
        var spans = Enumerable.Range(0, 1 + (count % 8)).Select(_ => new byte[random.Next(1, 2 + longest)]).ToArray();
        foreach (var span in spans)
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = (byte)random.Next(60, 80);
        }

        foreach (var extreme in new byte[] { 5, 250 })
        {
            var span = spans[random.Next(spans.Length)];
            span[random.Next(3) switch { 0 => 0, 1 => span.Length - 1, _ => random.Next(span.Length) }] = extreme;
        }

        var range = QualityRange.Start;
        foreach (var span in spans)
            range.Add(span);
        var all = spans.SelectMany(s => s).ToArray();
        Assert.Equal((all.Min(), all.Max()), range.Get());
        Assert.Equal((byte.MaxValue, (byte)0), QualityRange.Start.Get());
    }

    // Every piece goes to a new instance that knows only the saved state of the one before, now and then.
    private static (JsonElement Attributes, long LineFeeds) Validate(Pieces pieces)
    {
        var content = new FastqContent();
        var random = new System.Random(pieces.Seed);
        var done = 0;
        while (done < pieces.Content.Length)
        {
            var length = Math.Min(random.Next(1, pieces.Longest + 1), pieces.Content.Length - done);
            content.Append(pieces.Content.AsSpan(done, length), new GZipPlace(Uri, 7, done));
            done += length;
            if (random.Next(3) == 0)
            {
                var state = new ArrayBufferWriter<byte>();
                content.Save(state);
                var next = new FastqContent();
                next.Restore(state.WrittenSpan);
                (content, _) = (next, content);
            }

            Assert.Equal(pieces.Content[done - 1] == '\n', content.IsAtLineStart);
        }

        content.Complete(new GZipPlace(Uri, 7, done));
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            content.WriteAttributes(json);
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(bytes.WrittenMemory);
        return (document.RootElement.Clone(), content.LineFeeds);
    }

    private static List<(string, string, string)> Read(Pieces pieces, bool isWrapped = false) => Task.Run(async () =>
    {
        await using var reader = new FastqReader(new PiecewiseStream(pieces), new FastqReaderOptions { IsWrapped = isWrapped });
        var reads = new List<(string, string, string)>();
        while (await reader.FillAsync())
        {
            while (reader.TryRead(out var read))
                reads.Add((Encoding.Latin1.GetString(read.Title), Encoding.ASCII.GetString(read.Sequence), Encoding.ASCII.GetString(read.Qualities)));
        }

        Assert.Equal(reads.Count, reader.ReadsRead);
        return reads;
    }).GetAwaiter().GetResult();

    public sealed record Pieces(byte[] Content, int Longest, int Seed)
    {
        public override string ToString() => $"pieces of up to {Longest}, seed {Seed}: {JsonSerializer.Serialize(Encoding.Latin1.GetString(Content))}";
    }

    private sealed class PiecewiseStream(Pieces pieces) : MemoryStream(pieces.Content)
    {
        private readonly System.Random _random = new(pieces.Seed);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(_random.Next(1, pieces.Longest + 1), buffer.Length)], cancellationToken);
    }
}
