using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Formats;
using Dataplug.Partitioning;
using Dataplug.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Core.Tests.Text;

/// <summary>The six laws for compressed text in local files.</summary>
public abstract class GZipTextLaws : FormatLaws<GZipTextIndex>
{
    protected override DataFormat<GZipTextIndex> Format { get; } = GZipText.WithOptions(new GZipLineOptions { AccessPointSpacing = 1, MarkSpacing = 1, CheckpointSpacing = 1000, ChunkSize = 700 });

    protected override string FileName => "text.txt.gz";

    protected override Gen<byte[]> Objects { get; } = GZipSamples.Texts.Zip(GZipSamples.Layouts).Select(pair => GZipSamples.Compress(pair.Item1, pair.Item2));

    protected override Gen<StrategyCall> Strategies { get; } = Gen.OneOf(
        Gen.Choose(1, 60).Zip(Gen.Elements("keep", "merge")).Select(p => new StrategyCall("lines", ("lines", $"{p.Item1}"), ("remainder", p.Item2))),
        Gen.Choose(1, 60).Select(n => new StrategyCall("count", ("count", $"{n}"))),
        Gen.Choose(100, 9000).Select(n => new StrategyCall("bytes", ("bytes", $"{n}"))));

    protected override byte[] Decode(byte[] stored) => GZipSamples.Decompress(stored);

    protected override IReadOnlyList<string> DecodeRecords(byte[] content)
    {
        var lines = Encoding.UTF8.GetString(content).Split('\n');
        return [.. lines.Where((line, i) => i < lines.Length - 1 || line.Length > 0).Select((line, i) => i < lines.Length - 1 && line.EndsWith('\r') ? line[..^1] : line)];
    }

    protected override async Task<IReadOnlyList<string>> ReadRecordsAsync(Slice slice)
    {
        var lines = new List<string>();
        await foreach (var line in ((GZipTextSlice)slice).ReadAsync())
            lines.Add(line);
        return lines;
    }

    protected override long OverreadAllowance(GZipTextIndex index)
    {
        ArgumentNullException.ThrowIfNull(index);
        return index.LineIndex.MaxOverread;
    }
}

/// <inheritdoc/>
public sealed class GZipTextLawsOnFiles : GZipTextLaws
{
    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new FileLawStore());
}

/// <inheritdoc/>
public sealed class GZipTextLawsOnS3 : GZipTextLaws
{
    protected override Task<LawStore> CreateStoreAsync() => S3LawStore.CreateAsync();
}
