using System.Text;
using Dataplug.Conformance.Generators;
using Dataplug.Conformance.GZip;
using Dataplug.Core.Tests.Text.RawText;
using Dataplug.Formats;
using Dataplug.Storage;
using Dataplug.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Core.Tests.Text.Csv;

public sealed class CsvIndexingTests
{
    private static readonly CsvOptions Known = new() { Delimiter = ',', Quote = '"' };

    private static readonly Gen<int> ChunkSizes = Gen.Frequency((3, Gen.Choose(1, 9)), (3, Gen.Choose(10, 200)), (1, Gen.Choose(200, 4000)));

    [Fact]
    public void Marks_and_attributes_are_those_of_plain_code() => Properties.ForAll(CsvGenerator.Hostile.Zip(ChunkSizes), 400, async @case =>
    {
        var (text, chunkSize) = @case;
        var plain = new PlainCsv(text);
        var indexed = await IndexedText<CsvIndex>.CreateAsync(new CsvFormat(Known with { Header = CsvHeader.Absent }, chunkSize), text);
        var marks = PlainText.Marks(plain.RowStarts, MarkGrid.For(text.Length).CellSize);
        Assert.Equal(marks.Offsets, await indexed.Reader.ReadColumnAsync(CsvIndex.RowOffsets));
        Assert.Equal(marks.Numbers, await indexed.Reader.ReadColumnAsync(CsvIndex.RowNumbers));

        var csv = indexed.Index.Csv;
        Assert.Equal(plain.Rows.Count, csv.Rows);
        Assert.Equal(plain.Rows.Count == 0 ? 0 : plain.Rows[0].Length, csv.ColumnCount);
        Assert.Equal(plain.Rows.Count(row => row.Length != plain.Rows[0].Length), csv.RaggedRows);
        Assert.Equal(plain.Rows.Select(row => row.Length).DefaultIfEmpty(0).Min(), csv.MinFields);
        Assert.Equal(plain.Rows.Select(row => row.Length).DefaultIfEmpty(0).Max(), csv.MaxFields);
        Assert.Equal(plain.RowStarts.Zip([.. plain.RowStarts.Skip(1), text.Length], (from, to) => to - from).DefaultIfEmpty(0).Max(), csv.LongestRow);
        Assert.Equal(text.Length > PlainText.BomLength(text) && text[^1] is (byte)'\n' or (byte)'\r', csv.EndsWithNewline);
        Assert.Equal(text is [0xEF, 0xBB, 0xBF, ..], csv.ByteOrderMark);
    });

    [Fact]
    public void Chunks_of_any_size_give_the_same_index_or_the_same_error() => Properties.ForAll(CsvGenerator.Soup.Zip(ChunkSizes), 500, async @case =>
    {
        var (text, chunkSize) = @case;
        var plain = new PlainCsv(text);
        Task<IndexedText<CsvIndex>> Index(long size) => IndexedText<CsvIndex>.CreateAsync(new CsvFormat(Known, size), text);
        if (plain.Unterminated)
        {
            foreach (var size in (long[])[text.Length, chunkSize])
            {
                var corrupt = await Assert.ThrowsAsync<CorruptObjectException>(() => Index(size));
                Assert.Equal(plain.OpenQuote, corrupt.ByteOffset);
            }
        }
        else
        {
            var serial = await Index(Math.Max(1, text.Length));
            var parallel = await Index(chunkSize);
            Assert.Equal(serial.Sidecar, parallel.Sidecar);
            Assert.Equal(plain.Rows.Count, serial.Index.Csv.Rows + (serial.Index.Csv.Header ? 1 : 0));
        }
    });

    [Fact]
    public void Without_quoting_every_line_is_a_row() => Properties.ForAll(CsvGenerator.Soup.Zip(ChunkSizes), 200, async @case =>
    {
        var (text, chunkSize) = @case;
        var indexed = await IndexedText<CsvIndex>.CreateAsync(new CsvFormat(Known with { Quote = '\0', Header = CsvHeader.Absent }, chunkSize), text);
        Assert.Equal(new PlainCsv(text, quote: null).Rows.Count, indexed.Index.Csv.Rows);
        Assert.Null(indexed.Index.Csv.Quote);
    });

    [Fact]
    public void Tables_are_recognised_for_what_they_are() => Properties.ForAll(CsvGenerator.Realistic, 300, async text =>
    {
        var csv = (await IndexedText<CsvIndex>.CreateAsync(new CsvFormat(new CsvOptions()), text)).Index.Csv;
        var header = Encoding.UTF8.GetString(text).TrimStart('\uFEFF').Split('\r', '\n')[0];
        Assert.Equal(header.First(c => c is ',' or ';' or '\t' or '|'), csv.Delimiter);
        Assert.Equal('"', csv.Quote);
        Assert.True(csv.Header);
        Assert.Equal(header.Split(csv.Delimiter), csv.Columns.Select(column => column.Name));
        Assert.Equal(0, csv.RaggedRows);
    });

    [Theory]
    [InlineData("comma_in_quotes", ',', true, 1, 5, 0)]
    [InlineData("empty", ',', true, 2, 3, 0)]
    [InlineData("escaped_quotes", ',', true, 2, 2, 0)]
    [InlineData("json", ',', true, 1, 2, 0)]
    [InlineData("newlines", ',', true, 3, 3, 0)]
    [InlineData("quotes_and_newlines", ',', true, 2, 2, 0)]
    [InlineData("simple", ',', true, 1, 3, 0)]
    [InlineData("utf8", ',', true, 2, 3, 0)]
    [InlineData("uspop-latin1", ',', true, 100, 5, 0)]
    [InlineData("uspop-null", ',', true, 100, 5, 0)]
    [InlineData("smallpop-no-headers", ',', false, 10, 4, 0)]
    [InlineData("cities", ',', true, 128, 10, 0)]
    [InlineData("eol-cr", ',', true, 3, 2, 0)]
    [InlineData("eol-crlf", ',', true, 3, 2, 0)]
    [InlineData("challenge", ',', true, 2000, 2, 0)]
    public async Task Real_files_have_their_known_rows(string name, char delimiter, bool header, long rows, int columns, long ragged)
    {
        var csv = (await IndexedText<CsvIndex>.CreateAsync(new CsvFormat(new CsvOptions(), 1000), SampleFiles.Read($"csv/{name}.csv"))).Index.Csv;
        Assert.Equal((delimiter, header, rows, columns, ragged), (csv.Delimiter, csv.Header, csv.Rows, csv.ColumnCount, csv.RaggedRows));
    }

    [Fact]
    public async Task Column_types_of_real_files_are_found()
    {
        static string Types(CsvAttributes csv) => string.Join(' ', csv.Columns.Select(c => $"{c.Name}:{c.Type}{(c.HasEmpty ? "?" : "")}"));
        async Task<CsvAttributes> Of(string name) => (await IndexedText<CsvIndex>.CreateAsync(new CsvFormat(new CsvOptions()), SampleFiles.Read($"csv/{name}.csv"))).Index.Csv;

        // The populations of one file are numbers or missing; of the other some are the word NULL, which is no number.
        Assert.Equal("City:Text State:Text Population:WholeNumber? Latitude:DecimalNumber Longitude:DecimalNumber", Types(await Of("uspop-latin1")));
        Assert.Equal("City:Text State:Text Population:Text? Latitude:DecimalNumber Longitude:DecimalNumber", Types(await Of("uspop-null")));
        Assert.Equal("column1:Text column2:Text column3:Text column4:WholeNumber", Types(await Of("smallpop-no-headers")));
        Assert.Equal((TextEncoding.Latin1, LineEnding.Lf), ((await Of("uspop-latin1")).Encoding, (await Of("uspop-latin1")).LineEnding));
        Assert.Equal((LineEnding.Cr, LineEnding.CrLf), ((await Of("eol-cr")).LineEnding, (await Of("eol-crlf")).LineEnding));
    }

    [Theory]
    [InlineData("1", CsvColumnType.WholeNumber)]
    [InlineData("-9223372036854775808", CsvColumnType.WholeNumber)]
    [InlineData("9223372036854775808", CsvColumnType.DecimalNumber)]
    [InlineData("0.5", CsvColumnType.DecimalNumber)]
    [InlineData("-1e-9", CsvColumnType.DecimalNumber)]
    [InlineData("007", CsvColumnType.Text)]
    [InlineData("1,5", CsvColumnType.Text)]
    [InlineData("2024-02-29", CsvColumnType.Date)]
    [InlineData("2023-02-29", CsvColumnType.Text)]
    [InlineData("2024-02-29T23:59:59.123Z", CsvColumnType.DateTime)]
    [InlineData("2024-02-29 23:59", CsvColumnType.DateTime)]
    [InlineData("2024-02-29T23:59:59+02:00", CsvColumnType.DateTime)]
    [InlineData("TRUE", CsvColumnType.Boolean)]
    [InlineData("NA", CsvColumnType.Text)]
    [InlineData("", CsvColumnType.Empty)]
    public void Fields_have_the_narrowest_type_without_ambiguity(string field, CsvColumnType type) => Assert.Equal(type, CsvColumnTypes.Of(field));

    [Fact]
    public async Task Types_are_sampled_all_over_the_object()
    {
        var text = Encoding.ASCII.GetBytes("id,late\n" + string.Concat(Enumerable.Range(0, 200_000).Select(i => $"{i},{(i < 150_000 ? "1" : "word")}\n")));
        var csv = (await IndexedText<CsvIndex>.CreateAsync(new CsvFormat(new CsvOptions()), text)).Index.Csv;
        Assert.Equal([CsvColumnType.WholeNumber, CsvColumnType.Text], csv.Columns.Select(column => column.Type));
        Assert.InRange(csv.SampledRows, 20_000, 100_000);
    }

    [Theory]
    [InlineData("a\tb\n1\t2,3\n4\t5\n", '\t', true)]
    [InlineData("name;price\nx;1,5\ny;2,5\n", ';', true)]
    [InlineData("a|b|c\n1|2|3\n", '|', true)]
    [InlineData("1,2\n3,4\n", ',', false)]
    [InlineData("x:y\n1:2\n", ':', true)]
    [InlineData("t,08:00:00\nu,09:30:00\n", ',', true)]
    [InlineData("one\ntwo\nthree\n", ',', true)]
    [InlineData("a,b\n", ',', true)]
    [InlineData("a,a\nx,y\n", ',', false)]
    [InlineData(",b\nx,1\n", ',', true)]
    public async Task Dialect_and_header_are_guessed(string text, char delimiter, bool header)
    {
        var csv = (await IndexedText<CsvIndex>.CreateAsync(new CsvFormat(new CsvOptions()), Encoding.UTF8.GetBytes(text))).Index.Csv;
        Assert.Equal((delimiter, header), (csv.Delimiter, csv.Header));
    }

    [Fact]
    public async Task Single_quotes_are_recognised()
    {
        var csv = (await IndexedText<CsvIndex>.CreateAsync(new CsvFormat(new CsvOptions()), "a,b\n'1,5','x\ny'\n'2','z'\n"u8.ToArray())).Index.Csv;
        Assert.Equal(('\'', 2L), (csv.Quote, csv.Rows));
    }

    [Fact]
    public async Task Utf16_is_refused()
    {
        var refused = await Assert.ThrowsAsync<UnsupportedFormatException>(
            () => IndexedText<CsvIndex>.CreateAsync(new CsvFormat(new CsvOptions()), [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("a,b\n")]));
        Assert.Contains("iconv -f UTF-16 ", refused.Cure, StringComparison.Ordinal);
    }

    [Fact]
    public void Parameters_are_canonical_and_come_back()
    {
        Assert.Equal("{}", new CsvFormat(new CsvOptions()).Parameters);
        var options = new CsvOptions { Delimiter = ';', Quote = '\0', Header = CsvHeader.Absent, Encoding = TextEncoding.Latin1 };
        const string Json = """{"delimiter":";","encoding":"iso-8859-1","header":"absent","quote":""}""";
        Assert.Equal(Json, new CsvFormat(options).Parameters);
        Assert.Equal(Json, new CsvFormat(new CsvOptions()).WithParameters(Json).Parameters);
        Assert.Throws<ArgumentException>(() => new CsvFormat(new CsvOptions()).WithParameters("""{"delimeter":";"}"""));
        Assert.Throws<ArgumentException>(() => new CsvFormat(new CsvOptions { Delimiter = '"', Quote = '"' }));
        Assert.Throws<ArgumentException>(() => new CsvFormat(new CsvOptions { Delimiter = 'é' }));
    }

    [Theory]
    [InlineData("data.csv", "a,b\n1,2\n", FormatMatch.Likely)]
    [InlineData("data.TSV", "a\tb\n", FormatMatch.Likely)]
    [InlineData("data", "a,b\n1,2\n3,4\n", FormatMatch.Possible)]
    [InlineData("notes.txt", "Dear Sir,\nI write to you, again, because\nnothing happened.\n", FormatMatch.None)]
    [InlineData("data.csv", "a,\0b\n", FormatMatch.None)]
    public void Detection_goes_by_content_and_name(string name, string content, FormatMatch match)
    {
        var head = Encoding.UTF8.GetBytes(content);
        Assert.Equal(match, new CsvFormat(new CsvOptions()).Detect(new FormatProbe(ObjectUri.ForS3("b", name), head.Length, head, false, head)));
    }
}
