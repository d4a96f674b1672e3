using System.Globalization;
using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.Generators;
using Dataplug.Core.Tests.Text.RawText;
using Dataplug.Formats;
using Dataplug.Partitioning;
using Dataplug.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Core.Tests.Laws;

/// <summary>The laws for raw text, with chunks of a few hundred bytes.</summary>
public abstract class RawTextLaws : FormatLaws<RawTextIndex>
{
    protected override DataFormat<RawTextIndex> Format { get; } = new RawTextFormat(chunkSize: 700);

    protected override string FileName => "text.txt";

    // A byte order mark inside of a text is a character; at the start of a slice, read as a file of its own, it could not be told
    // from a mark.
    protected override Gen<byte[]> Objects { get; } = TextGenerator.Any.Where(text => text.AsSpan(Math.Min(1, text.Length)).IndexOf((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) < 0);

    protected override Gen<StrategyCall> Strategies { get; } = Gen.OneOf(
        Gen.Choose(1, 40).Zip(Gen.Elements("lines", "words")).Select(t => new StrategyCall("chunks", ("count", Text(t.Item1)), ("unit", t.Item2))),
        Gen.Choose(1, 9000).Zip(Gen.Elements("lines", "words")).Select(t => new StrategyCall("size", ("bytes", Text(t.Item1)), ("unit", t.Item2))),
        Gen.Choose(1, 60).Select(n => new StrategyCall("lines", ("lines", Text(n)))));

    protected override byte[] Decode(byte[] stored) => stored;

    protected override IReadOnlyList<string> DecodeRecords(byte[] content, StrategyCall strategy) =>
        (strategy.Parameters.TryGetValue("unit", out var unit) && unit == "words" ? PlainText.Words(content) : PlainText.Lines(content)).ConvertAll(Encoding.Latin1.GetString);

    protected override async Task<IReadOnlyList<string>> ReadRecordsAsync(Slice slice)
    {
        // Compared as bytes: the encoding is that of the whole object, which a piece of it can't show.
        var bytes = ((RawTextSlice)slice).Encoding == TextEncoding.Utf8 ? Encoding.UTF8 : Encoding.Latin1;
        var records = new List<string>();
        await foreach (var record in ((RawTextSlice)slice).ReadAsync())
            records.Add(Encoding.Latin1.GetString(bytes.GetBytes(record)));
        return records;
    }

    // Cuts are at marks, so a slice reads its own bytes alone; by lines it begins at the mark before its first line and ends at
    // the one after its last.
    protected override long OverreadAllowance(RawTextIndex index) => 2 * (4096 + index.Text.LongestLine);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>On local files.</summary>
public sealed class LocalRawTextLaws : RawTextLaws, IAsyncLifetime
{
    protected override int Cases => 60;

    protected override LawStore Store { get; } = new LocalLawStore();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await Store.DisposeAsync();
}
