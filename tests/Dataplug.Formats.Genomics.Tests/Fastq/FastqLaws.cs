using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Partitioning;
using Dataplug.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>The six laws for FASTQ in gzip in local files.</summary>
public abstract class FastqLaws : FormatLaws<FastqIndex>
{
    protected override DataFormat<FastqIndex> Format { get; } = Fastq.GZipWithOptions(new GZipLineOptions { AccessPointSpacing = 1, MarkSpacing = 1, CheckpointSpacing = 1000, ChunkSize = 700 });

    protected override string FileName => "reads.fastq.gz";

    protected override Gen<byte[]> Objects { get; } = FastqSamples.Valid.Zip(GZipSamples.Layouts).Select(pair => GZipSamples.Compress(pair.Item1, pair.Item2));

    protected override Gen<StrategyCall> Strategies { get; } = Gen.OneOf(
        Gen.Choose(1, 40).Select(n => new StrategyCall("batches", ("count", $"{n}"))),
        Gen.Choose(1, 60).Select(n => new StrategyCall("reads", ("reads", $"{n}"))),
        Gen.Choose(100, 9000).Select(n => new StrategyCall("bytes", ("bytes", $"{n}"))));

    protected override byte[] Decode(byte[] stored) => GZipSamples.Decompress(stored);

    protected override IReadOnlyList<string> DecodeRecords(byte[] content) => [.. PlainFastq.Parse(content).Select(read => $"{read}")];

    protected override async Task<IReadOnlyList<string>> ReadRecordsAsync(Slice slice)
    {
        var reads = new List<string>();
        await foreach (var read in ((FastqSlice)slice).ReadAsync())
            reads.Add($"{(read.Description.Length > 0 ? $"{read.Name} {read.Description}" : read.Name, read.Sequence, read.Qualities)}");
        return reads;
    }

    protected override long OverreadAllowance(FastqIndex index)
    {
        ArgumentNullException.ThrowIfNull(index);
        return index.LineIndex.MaxOverread;
    }
}

/// <inheritdoc/>
public sealed class FastqLawsOnFiles : FastqLaws
{
    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new FileLawStore());
}

/// <inheritdoc/>
public sealed class FastqLawsOnS3 : FastqLaws
{
    protected override Task<LawStore> CreateStoreAsync() => S3LawStore.CreateAsync();
}
