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
        Gen.Choose(1, 60).Select(n => new StrategyCall("count", ("count", $"{n}"), ("unit", "lines"))),
        Gen.Choose(1, 4000).Select(n => new StrategyCall("bytes", ("bytes", $"{n}"))),
        Gen.Choose(1, 30).Select(n => new StrategyCall("lines", ("lines", $"{n}"))));

    protected override IReadOnlyList<string> DecodeRecords(byte[] content) => PlainText.Lines(content).Select(Encoding.Latin1.GetString).ToArray();
}

/// <summary>The laws, through the front door, on files: cut at words.</summary>
public sealed class RawTextWordLawsTests : RawTextLaws
{
    protected override Gen<StrategyCall> Strategies { get; } = Gen.OneOf(
        Gen.Choose(1, 60).Select(n => new StrategyCall("count", ("count", $"{n}"), ("unit", "words"))),
        Gen.Choose(1, 4000).Select(n => new StrategyCall("bytes", ("bytes", $"{n}"), ("unit", "words"))));

    protected override IReadOnlyList<string> DecodeRecords(byte[] content) => PlainText.Words(content).Select(Encoding.Latin1.GetString).ToArray();
}

public abstract class RawTextLaws : FormatLaws<RawTextIndex>, IAsyncLifetime
{
    private const string Mark = "\u00EF\u00BB\u00BF";

    protected override DataFormat<RawTextIndex> Format { get; } = new RawTextFormat(chunkSize: 500);

    protected override string FileName => "text.txt";

    // U+FEFF inside of a text is a character. At the start of a piece that is read as a file of its own it would be taken for a
    // byte order mark by anyone, so there it is left out (docs/formats/raw-text.md, "Limits").
    protected override Gen<byte[]> Objects { get; } = TextGenerator.Any.Select(text =>
        Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(text) is var all && all.StartsWith(Mark, StringComparison.Ordinal)
            ? Mark + all.Replace(Mark, "", StringComparison.Ordinal)
            : all.Replace(Mark, "", StringComparison.Ordinal)));

    protected override int Cases => 12;

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
