using Dataplug.Conformance.Formats;
using Dataplug.Conformance.Generators;
using Dataplug.Formats;
using Dataplug.Partitioning;
using Dataplug.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Core.Tests.Text.Csv;

/// <summary>The laws, through the front door, on files.</summary>
public sealed class CsvLawsTests : FormatLaws<CsvIndex>, IAsyncLifetime
{
    protected override DataFormat<CsvIndex> Format { get; } =
        new CsvFormat(new CsvOptions { Delimiter = ',', Quote = '"', Header = CsvHeader.Present, Encoding = TextEncoding.Utf8 }, chunkSize: 300);

    protected override string FileName => "table.csv";

    protected override Gen<byte[]> Objects => CsvGenerator.Hostile;

    protected override Gen<StrategyCall> Strategies { get; } = Gen.OneOf(
        Gen.Choose(1, 60).Select(n => new StrategyCall("count", ("count", $"{n}"))),
        Gen.Choose(1, 4000).Select(n => new StrategyCall("bytes", ("bytes", $"{n}"))),
        Gen.Choose(1, 30).Select(n => new StrategyCall("rows", ("rows", $"{n}"))));

    protected override int Cases => 12;

    // The rows, and the header where it is too long to travel in the slice.
    protected override int MaximumReadsOfSource => 2;

    protected override LawStore Store { get; } = new FolderLawStore();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => Store.DisposeAsync().AsTask();

    protected override byte[] Decode(byte[] stored) => stored;

    protected override IReadOnlyList<string> DecodeRecords(byte[] content) =>
        new PlainCsv(content).Rows.Skip(1).Select(row => string.Join('\u001E', row)).ToArray();

    protected override async Task<IReadOnlyList<string>> ReadRecordsAsync(Slice slice) =>
        await ((CsvSlice)slice).ReadAsync().Select(row => string.Join('\u001E', row.Fields)).ToListAsync();

    protected override long OverreadAllowance(CsvIndex index) =>
        index.Csv.HeaderLength + (2 * (MarkGrid.For(index.Source.Size).CellSize + index.Csv.LongestRow));
}
