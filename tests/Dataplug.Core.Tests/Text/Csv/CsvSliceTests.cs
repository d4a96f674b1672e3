using System.Security.Cryptography;
using System.Text;
using CsvHelper.Configuration;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.Generators;
using Dataplug.Conformance.GZip;
using Dataplug.Core.Tests.Text.RawText;
using Dataplug.Partitioning;
using Dataplug.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Core.Tests.Text.Csv;

public sealed class CsvSliceTests
{
    private static readonly CsvOptions Known = new() { Delimiter = ',', Quote = '"' };

    private static readonly Gen<IPartitionStrategy<CsvIndex, CsvSlice>> Strategies = Gen.OneOf(
        Gen.Choose(1, 70).Select(count => CsvPartition.IntoChunks(count)),
        Gen.Choose(1, 2000).Select(bytes => CsvPartition.BySize(bytes)),
        Gen.Choose(1, 20).Select(rows => CsvPartition.ByRows(rows)),
        Gen.Choose(0, 1000).ArrayOf().Select(IPartitionStrategy<CsvIndex, CsvSlice> (thousandths) => new AtRows(thousandths)));

    private static readonly Gen<(CsvOptions Options, byte[] Text)> Objects = Gen.OneOf(
        CsvGenerator.Realistic.Select(text => (new CsvOptions(), text)),
        CsvGenerator.Hostile.Select(text => (Known, text)),
        CsvGenerator.Hostile.Select(text => (Known with { Header = CsvHeader.Present }, text)),
        CsvGenerator.Hostile.Select(text => (Known with { Header = CsvHeader.Absent }, text)));

    [Fact]
    public void Slices_are_complete_disjoint_and_know_their_rows() => Properties.ForAll(Objects.Zip(Strategies), 500, async @case =>
    {
        var ((options, text), strategy) = @case;
        var indexed = await IndexedText<CsvIndex>.CreateAsync(new CsvFormat(options, 100), text);
        var slices = indexed.Partition(strategy);
        Assert.Equal(text, await SliceBytes.JoinAsync(slices));

        var csv = indexed.Index.Csv;
        var rows = new List<string[]>();
        foreach (var slice in slices)
        {
            Assert.Equal(rows.Count, slice.FirstRow);
            foreach (var row in await slice.GetAsync())
            {
                Assert.Equal(rows.Count, row.Number);
                rows.Add([.. row.Fields]);
            }

            Assert.Equal(rows.Count, slice.FirstRow + slice.Rows);
        }

        Assert.Equal(new PlainCsv(text, csv.Delimiter, csv.Quote).Rows.Skip(csv.Header ? 1 : 0), rows);
    });

    [Fact]
    public void Every_slice_opens_as_a_csv_file_with_the_header() => Properties.ForAll(Objects.Zip(Strategies), 300, async @case =>
    {
        var ((options, text), strategy) = @case;
        var indexed = await IndexedText<CsvIndex>.CreateAsync(new CsvFormat(options, 100), text);
        var csv = indexed.Index.Csv;
        var header = csv.Header ? new PlainCsv(text, csv.Delimiter, csv.Quote).Rows[0] : null;
        foreach (var slice in indexed.Partition(strategy))
        {
            var file = await SliceBytes.ReadAsync(slice);
            var rows = new PlainCsv(file, csv.Delimiter, csv.Quote).Rows;
            if (header is not null)
                Assert.Equal(header, rows[0]);
            Assert.Equal(rows.Skip(csv.Header ? 1 : 0), (await slice.GetAsync()).Select(row => row.Fields.ToArray()));
            Assert.Equal(csv.ByteOrderMark, file is [0xEF, 0xBB, 0xBF, ..]);
        }
    });

    [Fact]
    public void Reading_a_slice_sends_the_requests_that_it_names_and_no_others() => Properties.ForAll(Objects.Zip(Strategies), 300, async @case =>
    {
        var ((options, text), strategy) = @case;
        var indexed = await IndexedText<CsvIndex>.CreateAsync(new CsvFormat(options), text);
        indexed.Requests.Clear();
        var slices = indexed.Partition(strategy);
        Assert.Empty(indexed.Reads);

        var csv = indexed.Index.Csv;
        var span = MarkGrid.For(text.Length).CellSize + csv.LongestRow;
        foreach (var slice in slices)
        {
            indexed.Requests.Clear();
            var bytes = await SliceBytes.ReadAsync(slice);
            Assert.Equal(slice.Ranges, indexed.Reads);
            var excess = slice.Skip == 0 && slice.Surplus == 0 ? 0 : 2 * span;
            Assert.InRange(indexed.Reads.Sum(range => range.Length), 0, bytes.Length + excess);
            Assert.InRange(slice.Ranges.Count, 0, csv.HeaderLength > 512 && slice.Index > 0 ? 2 : 1);

            indexed.Requests.Clear();
            await slice.GetAsync();
            Assert.InRange(indexed.Reads.Count, 0, slice.Rows == 0 && slice.Length == 0 ? 0 : 2);
        }
    });

    [Theory]
    [InlineData(10, 1)]
    [InlineData(200, 2)]
    public async Task A_long_header_is_fetched_and_a_short_one_travels(int columns, int requests)
    {
        var text = Encoding.ASCII.GetBytes(
            string.Join(',', Enumerable.Range(0, columns).Select(i => $"name{i}")) + "\n" + string.Concat(Enumerable.Range(0, 500).Select(i => new string(',', columns - 1) + i + "\n")));
        var indexed = await IndexedText<CsvIndex>.CreateAsync(new CsvFormat(new CsvOptions(), 5000), text);
        var slices = indexed.Partition(CsvPartition.IntoChunks(4));
        indexed.Requests.Clear();
        var row = (await slices[2].GetAsync())[0];
        Assert.Equal(requests, indexed.Reads.Count);
        Assert.Equal(row.Number, row.Get<long>($"name{columns - 1}"));
        indexed.Requests.Clear();
        await slices[0].GetAsync();
        Assert.Single(indexed.Reads);
    }

    [Theory]
    [InlineData("a,b", 2)]
    [InlineData("a,b\n", 2)]
    [InlineData("\uFEFF\"a\",b\r\n", 2)]
    public async Task A_header_alone_is_kept_by_every_strategy(string text, int columns)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var indexed = await IndexedText<CsvIndex>.CreateAsync(new CsvFormat(new CsvOptions(), 2), bytes);
        Assert.Equal((columns, 0L), (indexed.Index.Csv.ColumnCount, indexed.Index.Csv.Rows));
        foreach (var strategy in (IPartitionStrategy<CsvIndex, CsvSlice>[])[CsvPartition.IntoChunks(3), CsvPartition.BySize(10), CsvPartition.ByRows(10)])
        {
            var slices = indexed.Partition(strategy);
            indexed.Requests.Clear();
            Assert.Equal(bytes, await SliceBytes.JoinAsync(slices));
            Assert.All(slices, slice => Assert.Empty(slice.GetAsync().Result));
            Assert.Empty(indexed.Reads);
        }
    }

    [Fact]
    public async Task An_empty_object_has_empty_slices_that_send_no_request()
    {
        var indexed = await IndexedText<CsvIndex>.CreateAsync(new CsvFormat(new CsvOptions()), []);
        indexed.Requests.Clear();
        var slices = indexed.Partition(CsvPartition.IntoChunks(3));
        Assert.Equal(3, slices.Count);
        Assert.Empty(await SliceBytes.JoinAsync(slices));
        Assert.Empty(await slices[1].GetAsync());
        Assert.Empty(indexed.Reads);
    }

    [Fact]
    public async Task A_header_longer_than_chunks_and_head_is_understood()
    {
        var names = Enumerable.Range(0, 20_000).Select(i => $"column name {i}").ToArray();
        var text = Encoding.ASCII.GetBytes(string.Join(',', names) + "\r\n" + string.Concat(Enumerable.Repeat(new string(',', names.Length - 1) + "x\r\n", 9)));
        var indexed = await IndexedText<CsvIndex>.CreateAsync(new CsvFormat(new CsvOptions { Header = CsvHeader.Present }, 4096), text);
        Assert.Equal((20_000, 9L, 4096), (indexed.Index.Csv.ColumnCount, indexed.Index.Csv.Rows, indexed.Index.Csv.Columns.Count));
        Assert.Null(indexed.Index.Csv.RaggedRows);
        var slices = indexed.Partition(CsvPartition.ByRows(2));
        Assert.Equal(text, await SliceBytes.JoinAsync(slices));
        Assert.Equal("x", (await slices[4].GetAsync())[0]["column name 19999"]);
    }

    [Fact]
    public async Task Rows_are_mapped_to_objects()
    {
        var indexed = await IndexedText<CsvIndex>.CreateAsync(new CsvFormat(new CsvOptions()), SampleFiles.Read("csv/uspop-latin1.csv"));
        var towns = new List<Town>();
        foreach (var slice in indexed.Partition(CsvPartition.ByRows(7)))
            towns.AddRange(await slice.ReadAsync<Town>().ToListAsync());
        Assert.Equal(100, towns.Count);
        Assert.Equal(new Town("Davidsons Landing", "AK", null, 65.2419444, -165.2716667), towns[0]);

        var mapped = await indexed.Partition(CsvPartition.IntoChunks(1))[0].ReadAsync(new PlaceMap()).FirstAsync();
        Assert.Equal("Davidsons Landing", mapped.Name);
    }

    [Fact]
    public async Task A_row_that_does_not_fit_its_type_is_named()
    {
        var indexed = await IndexedText<CsvIndex>.CreateAsync(new CsvFormat(new CsvOptions()), "City,State,Population,Latitude,Longitude\nA,B,1,2,3\nC,D,many,5,6\n"u8.ToArray());
        var slice = indexed.Partition(CsvPartition.ByRows(1))[1];
        var misfit = await Assert.ThrowsAsync<CorruptObjectException>(async () => await slice.ReadAsync<Town>().ToListAsync());
        Assert.Contains("row 1 does not fit Town: field 2 is 'many'", misfit.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_without_header_are_mapped_by_position()
    {
        var indexed = await IndexedText<CsvIndex>.CreateAsync(new CsvFormat(new CsvOptions()), SampleFiles.Read("csv/smallpop-no-headers.csv"));
        var row = (await indexed.Partition(CsvPartition.IntoChunks(1))[0].GetAsync())[0];
        Assert.Equal(("Southborough", 9686), (row["column1"], row.Get<int>(3)));
        Assert.False(row.TryGet("column5", out _));
        Assert.Throws<KeyNotFoundException>(() => row["nothing"]);
    }

    [Fact]
    public async Task Latin1_is_read_without_loss()
    {
        var text = SampleFiles.Read("csv/uspop-latin1.csv");
        var rows = await (await IndexedText<CsvIndex>.CreateAsync(new CsvFormat(new CsvOptions()), text)).Partition(CsvPartition.IntoChunks(1))[0].GetAsync();
        Assert.Equal(new PlainCsv(text, encoding: Encoding.Latin1).Rows.Skip(1), rows.Select(row => row.Fields.ToArray()));
    }

    [Fact]
    public async Task Real_files_are_put_together_again()
    {
        var files = SampleFiles.Files("csv").ToArray();
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            var text = File.ReadAllBytes(file);
            var indexed = await IndexedText<CsvIndex>.CreateAsync(new CsvFormat(new CsvOptions(), 333), text);
            foreach (var strategy in (IPartitionStrategy<CsvIndex, CsvSlice>[])[CsvPartition.IntoChunks(13), CsvPartition.BySize(500), CsvPartition.ByRows(3)])
                Assert.Equal(SHA256.HashData(text), SHA256.HashData(await SliceBytes.JoinAsync(indexed.Partition(strategy))));
        }
    }

    [Fact]
    public async Task A_replaced_object_is_refused()
    {
        var indexed = await IndexedText<CsvIndex>.CreateAsync(new CsvFormat(new CsvOptions()), "a,b\n1,2\n"u8.ToArray());
        var slice = indexed.Partition(CsvPartition.IntoChunks(1))[0];
        await indexed.ReplaceAsync("a,b\n1,3\n"u8.ToArray());
        await Assert.ThrowsAsync<StaleIndexException>(() => slice.GetAsync());
    }

    /// <summary>A strategy as users write them: cuts after any parts of the rows.</summary>
    private sealed class AtRows(int[] thousandths) : IPartitionStrategy<CsvIndex, CsvSlice>
    {
        public IReadOnlyList<CsvSlice> Partition(CsvIndex index) =>
            index.Cut([0, .. thousandths.Select(part => part * index.Csv.Rows / 1000).Order(), index.Csv.Rows]);
    }

    public sealed record Town(string City, string State, int? Population, double Latitude, double Longitude);

    public sealed class Place
    {
        public string Name { get; set; } = "";
    }

    private sealed class PlaceMap : ClassMap<Place>
    {
        public PlaceMap() => Map(m => m.Name).Name("City");
    }
}
