using System.Text;
using Dataplug.Conformance.Generators;
using Dataplug.Conformance.GZip;
using Dataplug.Formats;
using Dataplug.Storage;
using Dataplug.Text;
using FsCheck.Fluent;

namespace Dataplug.Core.Tests.Text.RawText;

public sealed class RawTextIndexingTests
{
    [Fact]
    public void Marks_and_attributes_are_those_of_plain_code() => Properties.ForAll(TextGenerator.Any, 300, async text =>
    {
        var indexed = await IndexedText<RawTextIndex>.CreateAsync(new RawTextFormat(), text);
        var cell = MarkGrid.For(text.Length).CellSize;
        var lines = PlainText.LineStarts(text);
        var words = PlainText.WordStarts(text);
        Assert.Equal(PlainText.Marks(lines, cell).Offsets, await indexed.Reader.ReadColumnAsync(RawTextIndex.LineOffsets));
        Assert.Equal(PlainText.Marks(lines, cell).Numbers, await indexed.Reader.ReadColumnAsync(RawTextIndex.LineNumbers));
        Assert.Equal(PlainText.Marks(words, cell).Offsets, await indexed.Reader.ReadColumnAsync(RawTextIndex.WordOffsets));
        Assert.Equal(PlainText.Marks(words, cell).Numbers, await indexed.Reader.ReadColumnAsync(RawTextIndex.WordNumbers));

        var attributes = indexed.Index.Text;
        Assert.Equal(lines.Count, attributes.Lines);
        Assert.Equal(words.Count, attributes.Words);
        Assert.Equal(lines.Zip([.. lines.Skip(1), text.Length], (from, to) => to - from).DefaultIfEmpty(0).Max(), attributes.LongestLine);
        Assert.Equal(text is [.., (byte)'\n' or (byte)'\r'], attributes.EndsWithNewline);
        Assert.Equal(text is [0xEF, 0xBB, 0xBF, ..], attributes.ByteOrderMark);
        Assert.Equal(EncodingOf(text), attributes.Encoding);
        Assert.Equal(StyleOf(text), attributes.LineEnding);
    });

    [Fact]
    public void Chunks_of_any_size_give_the_same_index_bit_for_bit() =>
        Properties.ForAll(TextGenerator.Any.Zip(Gen.Frequency((3, Gen.Choose(1, 9)), (2, Gen.Choose(10, 200)), (1, Gen.Choose(200, 5000)))), 300, async @case =>
        {
            var (text, chunkSize) = @case;
            var serial = await IndexedText<RawTextIndex>.CreateAsync(new RawTextFormat(Math.Max(1, text.Length)), text);
            var parallel = await IndexedText<RawTextIndex>.CreateAsync(new RawTextFormat(chunkSize), text);
            Assert.Equal(serial.Index.Text, parallel.Index.Text);

            // The ETag in the header is the same: both are the first object of their store.
            Assert.Equal(serial.Sidecar, parallel.Sidecar);
        });

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFE, 0x61, 0x00 }, "UTF-16")]
    [InlineData(new byte[] { 0xFE, 0xFF, 0x00, 0x61 }, "UTF-16")]
    [InlineData(new byte[] { 0xFF, 0xFE, 0x00, 0x00, 0x61, 0, 0, 0 }, "UTF-32")]
    public async Task Wide_encodings_are_refused_with_the_cure(byte[] text, string encoding)
    {
        var refused = await Assert.ThrowsAsync<UnsupportedFormatException>(() => IndexedText<RawTextIndex>.CreateAsync(new RawTextFormat(), text));
        Assert.Contains(encoding, refused.Problem, StringComparison.Ordinal);
        Assert.Contains("iconv -f " + encoding, refused.Cure, StringComparison.Ordinal);
        Assert.Equal(0, refused.ByteOffset);
    }

    [Theory]
    [InlineData("rawtext/lorem_ipsum.txt", 103, 1425, "Lf", false, TextEncoding.Ascii)]
    [InlineData("rawtext/gettysburg.txt", 29, 285, "Lf", true, TextEncoding.Ascii)]
    [InlineData("rawtext/html.txt", 1183, 3358, "Mixed", false, TextEncoding.Latin1)]
    [InlineData("rawtext/eol-cr.txt", 4, 8, "Lf", true, TextEncoding.Ascii)]
    [InlineData("rawtext/enc-iso-8859-1.txt", 2, 2, "Lf", true, TextEncoding.Latin1)]
    public async Task Real_files_have_their_known_counts(string path, long lines, long words, string lineEnding, bool endsWithNewline, TextEncoding encoding)
    {
        var attributes = (await IndexedText<RawTextIndex>.CreateAsync(new RawTextFormat(1000), SampleFiles.Read(path))).Index.Text;
        Assert.Equal((lines, words, lineEnding, endsWithNewline), (attributes.Lines, attributes.Words, attributes.LineEnding.ToString(), attributes.EndsWithNewline));
        Assert.Equal(encoding, attributes.Encoding);
    }

    [Fact]
    public async Task The_index_of_a_large_text_stays_below_three_thousandths()
    {
        var text = Enumerable.Range(0, 400_000).SelectMany(i => Encoding.ASCII.GetBytes($"line {i * 7919L % 100_003} of some words{new string('.', i % 40)}\n")).ToArray();
        var indexed = await IndexedText<RawTextIndex>.CreateAsync(new RawTextFormat(), text);
        Assert.InRange(indexed.Sidecar.Length, 1, text.Length * 3 / 1000);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(1024, 1)]
    [InlineData(1025, 2)]
    [InlineData(4L << 20, 4096)]
    [InlineData(1L << 30, 4096)]
    [InlineData((1L << 30) + 1, 8192)]
    [InlineData(1L << 40, 4 << 20)]
    [InlineData(long.MaxValue, 1L << 45)]
    public void The_grid_follows_the_size(long size, long cellSize) => Assert.Equal(cellSize, MarkGrid.For(size).CellSize);

    [Theory]
    [InlineData("notes.txt", "plain words\n", FormatMatch.Fallback)]
    [InlineData("whatever", "plain words\n", FormatMatch.Fallback)]
    [InlineData("empty", "", FormatMatch.Fallback)]
    [InlineData("binary.txt", "a\0b", FormatMatch.None)]
    public void Text_is_recognised_as_a_last_resort(string name, string content, FormatMatch match)
    {
        var head = Encoding.UTF8.GetBytes(content);
        Assert.Equal(match, new RawTextFormat().Detect(new FormatProbe(ObjectUri.ForS3("b", name), head.Length, head, false, head)));
    }

    [Fact]
    public void Compressed_data_and_utf16_are_no_text()
    {
        var random = new byte[65536];
        new Random(5).NextBytes(random);
        random = random.Select(b => b == 0 ? (byte)1 : b).ToArray();
        foreach (var head in (byte[][])[random, [0xFF, 0xFE, 0x61, 0x62]])
            Assert.Equal(FormatMatch.None, new RawTextFormat().Detect(new FormatProbe(ObjectUri.ForS3("b", "x.txt"), head.Length, head, false, head)));
    }

    private static TextEncoding EncodingOf(byte[] text)
    {
        if (text.All(b => b < 0x80))
            return TextEncoding.Ascii;
        try
        {
            new UTF8Encoding(false, throwOnInvalidBytes: true).GetCharCount(text);
            return TextEncoding.Utf8;
        }
        catch (DecoderFallbackException)
        {
            return TextEncoding.Latin1;
        }
    }

    private static LineEnding StyleOf(byte[] text)
    {
        var found = new HashSet<LineEnding>();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n')
                found.Add(i > 0 && text[i - 1] == '\r' ? LineEnding.CrLf : LineEnding.Lf);
            else if (text[i] == '\r' && (i + 1 == text.Length || text[i + 1] != '\n'))
                found.Add(LineEnding.Cr);
        }

        return found.Count switch { 0 => LineEnding.None, 1 => found.Single(), _ => LineEnding.Mixed };
    }
}
