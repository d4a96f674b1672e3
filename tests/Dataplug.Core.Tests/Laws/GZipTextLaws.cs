using System.Globalization;
using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Formats;
using Dataplug.Partitioning;
using Dataplug.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Core.Tests.Laws;

/// <summary>The laws for text in gzip, with access points every few kilobytes and a checkpoint every kilobyte.</summary>
public abstract class GZipTextLaws : FormatLaws<GZipTextIndex>
{
    protected override DataFormat<GZipTextIndex> Format { get; } =
        new GZipTextFormat(new GZipLineOptions { AccessPointSpacing = 5000, MarkSpacing = 700, CheckpointSpacing = 1000 });

    protected override string FileName => "lines.txt.gz";

    protected override Gen<byte[]> Objects { get; } = GZipSamples.Texts.Zip(GZipSamples.Layouts).Select(t => GZipSamples.Compress(t.Item1, t.Item2));

    protected override Gen<StrategyCall> Strategies { get; } = Gen.OneOf(
        Gen.Choose(1, 40).Select(n => new StrategyCall("chunks", ("count", Text(n)))),
        Gen.Choose(1, 20_000).Select(n => new StrategyCall("size", ("bytes", Text(n)))),
        Gen.Choose(1, 500).Zip(Gen.Elements("keep", "merge")).Select(t => new StrategyCall("lines", ("lines", Text(t.Item1)), ("remainder", t.Item2))));

    protected override byte[] Decode(byte[] stored) => GZipSamples.Decompress(stored);

    protected override IReadOnlyList<string> DecodeRecords(byte[] content, StrategyCall strategy)
    {
        // Invalid UTF-8 becomes replacement characters line by line, as it does in the reader.
        var lines = new List<string>();
        for (var start = 0; start < content.Length;)
        {
            var feed = Array.IndexOf(content, (byte)'\n', start);
            var end = feed < 0 ? content.Length : feed;
            var length = end - start;
            if (feed >= 0 && length > 0 && content[end - 1] == '\r')
                length--;
            lines.Add(Encoding.UTF8.GetString(content, start, length));
            start = end + 1;
        }

        return lines;
    }

    protected override async Task<IReadOnlyList<string>> ReadRecordsAsync(Slice slice)
    {
        var records = new List<string>();
        await foreach (var line in ((GZipTextSlice)slice).ReadAsync())
            records.Add(line);
        return records;
    }

    protected override long OverreadAllowance(GZipTextIndex index) => index.LineIndex.MaxOverread;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>On local files.</summary>
public sealed class LocalGZipTextLaws : GZipTextLaws, IAsyncLifetime
{
    protected override int Cases => 60;

    protected override LawStore Store { get; } = new LocalLawStore();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await Store.DisposeAsync();
}
