using System.Security.Cryptography;
using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.Generators;
using Dataplug.Conformance.GZip;
using Dataplug.Partitioning;
using Dataplug.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Core.Tests.Text.RawText;

public sealed class RawTextSliceTests
{
    private static readonly Gen<TextUnit> Units = Gen.Elements(TextUnit.Lines, TextUnit.Words);

    private static readonly Gen<IPartitionStrategy<RawTextIndex, RawTextSlice>> Strategies = Gen.OneOf(
        Gen.Choose(1, 70).Zip(Units).Select(p => TextPartition.IntoChunks(p.Item1, p.Item2)),
        Gen.Choose(1, 3000).Zip(Units).Select(p => TextPartition.BySize(p.Item1, p.Item2)),
        Gen.Choose(1, 40).Select(lines => TextPartition.ByLines(lines)),
        Gen.Choose(0, 1000).ArrayOf().Select(IPartitionStrategy<RawTextIndex, RawTextSlice> (thousandths) => new AtLines(thousandths)));

    [Fact]
    public void Slices_are_complete_disjoint_and_know_their_records() => Properties.ForAll(TextGenerator.Any.Zip(Strategies), 400, async @case =>
    {
        var (text, strategy) = @case;
        var indexed = await IndexedText<RawTextIndex>.CreateAsync(new RawTextFormat(100), text);
        var slices = indexed.Partition(strategy);
        Assert.Equal(text, await SliceBytes.JoinAsync(slices));

        var unit = slices.Count > 0 ? slices[0].Unit : TextUnit.Lines;
        var expected = (unit == TextUnit.Words ? PlainText.Words(text) : PlainText.Lines(text)).Select(record => Convert.ToHexString(record));
        var records = new List<string>();
        foreach (var slice in slices)
        {
            Assert.Equal(records.Count, slice.First);
            records.AddRange(await ReadBytesAsync(slice));
            Assert.Equal(records.Count, slice.First + slice.Records);
        }

        Assert.Equal(expected, records);
    });

    [Fact]
    public void Strings_are_the_decoded_records() => Properties.ForAll(TextGenerator.Realistic.Zip(Strategies), 200, async @case =>
    {
        var (text, strategy) = @case;
        var slices = (await IndexedText<RawTextIndex>.CreateAsync(new RawTextFormat(), text)).Partition(strategy);
        var whole = "";
        foreach (var slice in slices)
        {
            whole += await slice.GetAsync();
            Assert.Equal((await ReadBytesAsync(slice)).Select(hex => Encoding.UTF8.GetString(Convert.FromHexString(hex))), await slice.ReadAsync().ToListAsync());
        }

        Assert.Equal(Encoding.UTF8.GetString(text[PlainText.BomLength(text)..]), whole);
    });

    [Fact]
    public void Reading_a_slice_is_one_request_for_its_own_bytes() => Properties.ForAll(TextGenerator.Any.Zip(Strategies), 200, async @case =>
    {
        var (text, strategy) = @case;
        var indexed = await IndexedText<RawTextIndex>.CreateAsync(new RawTextFormat(), text);
        indexed.Requests.Clear();
        var slices = indexed.Partition(strategy);
        Assert.Empty(indexed.Reads);

        var cell = MarkGrid.For(text.Length).CellSize;
        foreach (var slice in slices)
        {
            indexed.Requests.Clear();
            var bytes = await SliceBytes.ReadAsync(slice);
            Assert.Equal(slice.Ranges, indexed.Reads);
            Assert.Equal(slice.Length == 0 ? 0 : 1, slice.Ranges.Count);
            var fetched = slice.Ranges.Sum(range => range.Length);
            var excess = slice.Skip == 0 && slice.Surplus == 0 ? 0 : 2 * (cell + indexed.Index.Text.LongestLine);
            Assert.InRange(fetched, bytes.Length, bytes.Length + excess);
        }
    });

    [Fact]
    public void By_count_there_are_exactly_so_many_slices() => Properties.ForAll(TextGenerator.Any.Zip(Gen.Choose(1, 2000)), 30, async @case =>
    {
        var (text, count) = @case;
        var indexed = await IndexedText<RawTextIndex>.CreateAsync(new RawTextFormat(), text);
        Assert.Equal(count, indexed.Partition(TextPartition.IntoChunks(count)).Count);
    });

    [Fact]
    public void By_size_no_slice_is_larger_unless_a_single_line_and_spacing_are() => Properties.ForAll(TextGenerator.Any.Zip(Gen.Choose(1, 3000)), 200, async @case =>
    {
        var (text, size) = @case;
        var indexed = await IndexedText<RawTextIndex>.CreateAsync(new RawTextFormat(), text);
        var longest = indexed.Index.Text.LongestLine + MarkGrid.For(text.Length).CellSize + PlainText.BomLength(text);
        Assert.All(indexed.Partition(TextPartition.BySize(size)), slice => Assert.InRange(slice.Length, text.Length == 0 ? 0 : 1, Math.Max(size, longest)));
    });

    [Fact]
    public void Utf8_is_never_cut_inside_a_character() => Properties.ForAll(TextGenerator.Realistic.Zip(Gen.Choose(1, 200)).Zip(Units), 200, async @case =>
    {
        var ((text, count), unit) = @case;
        var strict = new UTF8Encoding(false, throwOnInvalidBytes: true);
        foreach (var slice in (await IndexedText<RawTextIndex>.CreateAsync(new RawTextFormat(), text)).Partition(TextPartition.IntoChunks(count, unit)))
            strict.GetCharCount(await SliceBytes.ReadAsync(slice));
    });

    [Theory]
    [InlineData(' ', 20_000)]
    [InlineData('x', 1)]
    public async Task One_enormous_line_is_one_slice_by_lines_and_is_cut_only_at_words(char between, int leastWords)
    {
        var text = Encoding.ASCII.GetBytes(string.Join(between, Enumerable.Repeat("word", 100_000)));
        var indexed = await IndexedText<RawTextIndex>.CreateAsync(new RawTextFormat(10_000), text);
        var byLines = indexed.Partition(TextPartition.IntoChunks(7));
        Assert.Equal(7, byLines.Count);
        Assert.Single(byLines, slice => slice.Length == text.Length);
        Assert.Equal(text.Length, (await byLines.Single(s => s.Length > 0).ReadAsync().SingleAsync()).Length);

        var byWords = indexed.Partition(TextPartition.BySize(text.Length / 4, TextUnit.Words));
        Assert.InRange(byWords.Count, between == ' ' ? 4 : 1, between == ' ' ? 5 : 1);
        Assert.All(byWords.SkipLast(1), slice => Assert.InRange(slice.Records, leastWords, 100_000));
        Assert.Equal(text, await SliceBytes.JoinAsync(byWords));
    }

    [Fact]
    public async Task An_empty_object_has_empty_slices_that_send_no_request()
    {
        var indexed = await IndexedText<RawTextIndex>.CreateAsync(new RawTextFormat(), []);
        indexed.Requests.Clear();
        var slices = indexed.Partition(TextPartition.IntoChunks(3));
        Assert.Equal(3, slices.Count);
        foreach (var slice in slices)
            Assert.Equal((0, "", 0), ((await SliceBytes.ReadAsync(slice)).Length, await slice.GetAsync(), await slice.ReadAsync().CountAsync()));
        Assert.Empty(indexed.Reads);
        Assert.Equal(0, Assert.Single(indexed.Partition(TextPartition.BySize(10))).Length);
        Assert.Equal(0, Assert.Single(indexed.Partition(TextPartition.ByLines(10))).Length);
    }

    [Fact]
    public async Task A_replaced_object_is_refused()
    {
        var indexed = await IndexedText<RawTextIndex>.CreateAsync(new RawTextFormat(), "one\ntwo\n"u8.ToArray());
        var slice = indexed.Partition(TextPartition.IntoChunks(1))[0];
        await indexed.ReplaceAsync("eno\ntwo\n"u8.ToArray());
        await Assert.ThrowsAsync<StaleIndexException>(() => slice.GetAsync());
    }

    [Fact]
    public async Task A_byte_order_mark_inside_the_object_is_text()
    {
        // Large enough for cells of many bytes: the second slice then fetches the object's first byte and leaves it out.
        var rest = new string('x', 40_000) + "\n";
        var indexed = await IndexedText<RawTextIndex>.CreateAsync(new RawTextFormat(), Encoding.UTF8.GetBytes("\n\uFEFFmarked\n" + rest));
        var slices = indexed.Partition(TextPartition.ByLines(1));
        Assert.Equal((0, 1), (slices[1].Offset, slices[1].Skip));
        Assert.Equal(["\n", "\uFEFFmarked\n", rest], await Task.WhenAll(slices.Select(slice => slice.GetAsync())));
        Assert.Equal(["\uFEFFmarked"], await slices[1].ReadAsync().ToListAsync());

        var marked = await IndexedText<RawTextIndex>.CreateAsync(new RawTextFormat(), Encoding.UTF8.GetBytes("\uFEFFone\n" + rest));
        Assert.Equal(["one\n", rest], await Task.WhenAll(marked.Partition(TextPartition.ByLines(1)).Select(slice => slice.GetAsync())));
    }

    [Fact]
    public async Task Latin1_is_read_without_loss()
    {
        var slice = (await IndexedText<RawTextIndex>.CreateAsync(new RawTextFormat(), SampleFiles.Read("rawtext/enc-iso-8859-1.txt"))).Partition(TextPartition.IntoChunks(1))[0];
        Assert.Equal(["français", "élève"], await slice.ReadAsync().ToListAsync());
    }

    [Fact]
    public async Task Real_files_are_put_together_again()
    {
        var files = SampleFiles.Files("rawtext").ToArray();
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var text = File.ReadAllBytes(file);
            var indexed = await IndexedText<RawTextIndex>.CreateAsync(new RawTextFormat(777), text);
            foreach (var strategy in (IPartitionStrategy<RawTextIndex, RawTextSlice>[])
                [TextPartition.IntoChunks(13), TextPartition.IntoChunks(500, TextUnit.Words), TextPartition.BySize(1000), TextPartition.BySize(100, TextUnit.Words), TextPartition.ByLines(10)])
            {
                Assert.Equal(SHA256.HashData(text), SHA256.HashData(await SliceBytes.JoinAsync(indexed.Partition(strategy))));
            }
        }
    }

    [Fact]
    public void Cuts_are_right_at_offsets_beyond_32_bits()
    {
        const long Size = 1L << 50;
        var offsets = Enumerable.Range(0, 1000).Select(i => i * (Size / 1000)).ToArray();
        var body = new MarkedBody("x", 0, Size, 1_000_000_000_000, offsets, Enumerable.Range(0, 1000).Select(i => i * 1_000_000_000L).ToArray());
        foreach (var ranges in (List<MarkedRange>[])[body.IntoChunks(7), body.BySize(Size / 3), body.ByRecords(123_456_789_012)])
        {
            Assert.Equal(0, ranges[0].Offset);
            Assert.Equal(Size, ranges[^1].Offset + ranges[^1].Length);
            Assert.Equal(1_000_000_000_000, ranges.Sum(range => range.Records));
            Assert.All(ranges.Zip(ranges.Skip(1)), pair => Assert.InRange(pair.Second.Offset, pair.First.Offset, pair.First.Offset + pair.First.Length));
        }

        Assert.Throws<PartitionException>(() => body.ByRecords(1));
    }

    [Fact]
    public async Task Cuts_that_lose_or_repeat_lines_are_refused()
    {
        var index = (await IndexedText<RawTextIndex>.CreateAsync(new RawTextFormat(), "one\ntwo\n"u8.ToArray())).Index;
        Assert.Equal([0, 1, 1, 0], index.Cut([0, 0, 1, 2, 2]).Select(slice => slice.Records));
        foreach (var cuts in (long[][])[[], [0], [1, 2], [0, 1], [0, 3], [0, 2, 1, 2]])
            Assert.Throws<PartitionException>(() => index.Cut(cuts));
    }

    private static async Task<List<string>> ReadBytesAsync(RawTextSlice slice)
    {
        var records = new List<string>();
        await using var reader = await slice.OpenReaderAsync();
        while (await reader.MoveNextAsync())
            records.Add(Convert.ToHexString(reader.Current.Span));
        return records;
    }

    /// <summary>A strategy as users write them: cuts after any parts of the lines.</summary>
    private sealed class AtLines(int[] thousandths) : IPartitionStrategy<RawTextIndex, RawTextSlice>
    {
        public IReadOnlyList<RawTextSlice> Partition(RawTextIndex index) =>
            index.Cut([0, .. thousandths.Select(part => part * index.Text.Lines / 1000).Order(), index.Text.Lines]);
    }
}
