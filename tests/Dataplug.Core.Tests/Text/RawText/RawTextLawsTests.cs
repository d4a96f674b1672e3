using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.Generators;
using Dataplug.Formats;
using Dataplug.Partitioning;
using Dataplug.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Core.Tests.Text.RawText;

/// <summary>The laws, through the front door, on files: cut at lines.</summary>
public sealed class RawTextLineLawsTests : RawTextLaws
{
    protected override Gen<StrategyCall> Strategies { get; } = Gen.OneOf(
        Gen.Choose(1, 60).Select(n => new StrategyCall("chunks", ("count", $"{n}"), ("unit", "lines"))),
        Gen.Choose(1, 4000).Select(n => new StrategyCall("size", ("bytes", $"{n}"))),
        Gen.Choose(1, 30).Select(n => new StrategyCall("lines", ("lines", $"{n}"))));

    protected override IReadOnlyList<string> DecodeRecords(byte[] content) => PlainText.Lines(content).Select(Encoding.Latin1.GetString).ToArray();
}

/// <summary>The laws, through the front door, on files: cut at words.</summary>
public sealed class RawTextWordLawsTests : RawTextLaws
{
    protected override Gen<StrategyCall> Strategies { get; } = Gen.OneOf(
        Gen.Choose(1, 60).Select(n => new StrategyCall("chunks", ("count", $"{n}"), ("unit", "words"))),
        Gen.Choose(1, 4000).Select(n => new StrategyCall("size", ("bytes", $"{n}"), ("unit", "words"))));

    protected override IReadOnlyList<string> DecodeRecords(byte[] content) => PlainText.Words(content).Select(Encoding.Latin1.GetString).ToArray();
}

public abstract class RawTextLaws : FormatLaws<RawTextIndex>, IAsyncLifetime
{
    protected override DataFormat<RawTextIndex> Format { get; } = new RawTextFormat(chunkSize: 500);

    protected override string FileName => "text.txt";

    protected override Gen<byte[]> Objects => TextGenerator.Any;

    protected override int Cases => 20;

    protected override LawStore Store { get; } = new FolderLawStore();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => Store.DisposeAsync().AsTask();

    protected override byte[] Decode(byte[] stored) => stored;

    protected override async Task<IReadOnlyList<string>> ReadRecordsAsync(Slice slice)
    {
        // As bytes: the texts are not all UTF-8.
        var records = new List<string>();
        await using var reader = await ((RawTextSlice)slice).OpenReaderAsync();
        while (await reader.MoveNextAsync())
            records.Add(Encoding.Latin1.GetString(reader.Current.Span));
        return records;
    }

    protected override long OverreadAllowance(RawTextIndex index) => 2 * (MarkGrid.For(index.Source.Size).CellSize + index.Text.LongestLine);
}
