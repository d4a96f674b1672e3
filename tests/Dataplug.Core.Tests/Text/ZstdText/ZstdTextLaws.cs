using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Formats;
using Dataplug.Partitioning;
using Dataplug.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Core.Tests.Text;

/// <summary>The six laws for text in zstd.</summary>
public abstract class ZstdTextLaws : FormatLaws<ZstdTextIndex>
{
    protected override DataFormat<ZstdTextIndex> Format { get; } = ZstdText.WithOptions(new ZstdTextOptions { MarkSpacing = 1, CheckpointSpacing = 1000 });

    protected override string FileName => "text.txt.zst";

    protected override Gen<byte[]> Objects { get; } = GZipSamples.Texts.Zip(ZstdSamples.Layouts).Select(pair => ZstdSamples.Compress(pair.Item1, pair.Item2));

    protected override Gen<StrategyCall> Strategies { get; } = Gen.OneOf(
        Gen.Choose(1, 60).Zip(Gen.Elements("keep", "merge")).Select(p => new StrategyCall("lines", ("lines", $"{p.Item1}"), ("remainder", p.Item2))),
        Gen.Choose(1, 60).Select(n => new StrategyCall("count", ("count", $"{n}"))),
        Gen.Choose(100, 9000).Select(n => new StrategyCall("bytes", ("bytes", $"{n}"))));

    protected override byte[] Decode(byte[] stored) => ZstdSamples.Decompress(stored);

    protected override IReadOnlyList<string> DecodeRecords(byte[] content)
    {
        var lines = Encoding.UTF8.GetString(content).Split('\n');
        return [.. lines.Where((line, i) => i < lines.Length - 1 || line.Length > 0).Select((line, i) => i < lines.Length - 1 && line.EndsWith('\r') ? line[..^1] : line)];
    }

    protected override async Task<IReadOnlyList<string>> ReadRecordsAsync(Slice slice)
    {
        var lines = new List<string>();
        await foreach (var line in ((ZstdTextSlice)slice).ReadAsync())
            lines.Add(line);
        return lines;
    }

    protected override long OverreadAllowance(ZstdTextIndex index)
    {
        ArgumentNullException.ThrowIfNull(index);
        return index.LineIndex.MaxOverread;
    }
}

/// <inheritdoc/>
public sealed class ZstdTextLawsOnFiles : ZstdTextLaws
{
    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new FileLawStore());
}

/// <inheritdoc/>
public sealed class ZstdTextLawsOnS3 : ZstdTextLaws
{
    protected override Task<LawStore> CreateStoreAsync() => S3LawStore.CreateAsync();
}
