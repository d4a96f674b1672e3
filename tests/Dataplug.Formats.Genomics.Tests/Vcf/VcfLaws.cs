using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Partitioning;
using Dataplug.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>The six laws for VCF.</summary>
public abstract class VcfLaws : FormatLaws<VcfIndex>
{
    protected override string FileName => "variants.vcf.gz";

    protected override Gen<StrategyCall> Strategies { get; } = Gen.OneOf(
        Gen.Choose(1, 40).Select(n => new StrategyCall("chunks", ("count", $"{n}"))),
        Gen.Choose(1, 60).Select(n => new StrategyCall("records", ("records", $"{n}"))),
        Gen.Choose(100, 9000).Select(n => new StrategyCall("bytes", ("bytes", $"{n}"))),
        Gen.Choose(5_000, 120_000).Select(n => new StrategyCall("windows", ("length", $"{n}"))),
        Gen.Constant(new StrategyCall("contigs")));

    // A slice's header, and its records.
    protected override int MaximumReadsOfSource => 2;

    protected override byte[] Decode(byte[] stored) => GZipSamples.Decompress(stored);

    protected override IReadOnlyList<string> DecodeRecords(byte[] content) => VcfSamples.Records(content);

    protected override async Task<IReadOnlyList<string>> ReadRecordsAsync(Slice slice)
    {
        var records = new List<string>();
        await foreach (var record in ((VcfSlice)slice).ReadAsync())
            records.Add(record.ToString());
        return records;
    }

    protected override long OverreadAllowance(VcfIndex index)
    {
        ArgumentNullException.ThrowIfNull(index);
        return index.MaxOverread;
    }

    // Damage may leave valid VCF that is not sorted any more.
    protected override bool IsRefusal(DataplugException refused) =>
        base.IsRefusal(refused) || (refused is PartitionException && (refused.Problem.Contains("sorted", StringComparison.Ordinal) || refused.Problem.Contains("together", StringComparison.Ordinal) || refused.Problem.Contains("slices", StringComparison.Ordinal)));
}

/// <inheritdoc/>
public abstract class VcfPlainLaws : VcfLaws
{
    protected override DataFormat<VcfIndex> Format { get; } = new VcfFormat(VcfContainer.Plain, chunkSize: 2601);

    protected override string FileName => "variants.vcf";

    protected override Gen<byte[]> Objects { get; } = VcfSamples.Valid;

    protected override byte[] Decode(byte[] stored) => stored;
}

/// <inheritdoc/>
public abstract class VcfBgzfLaws : VcfLaws
{
    protected override DataFormat<VcfIndex> Format { get; } = new VcfFormat(VcfContainer.Bgzf, chunkSize: 4804);

    protected override Gen<byte[]> Objects { get; } =
        from content in VcfSamples.Valid
        from seed in Gen.Choose(0, 1000)
        select VcfSamples.ToBgzf(content, seed, seed % 2 == 0 ? 60 : 2000, seed % 5 != 0);
}

/// <inheritdoc/>
public abstract class VcfGZipLaws : VcfLaws
{
    protected override DataFormat<VcfIndex> Format { get; } =
        Vcf.GZipWithOptions(new GZipLineOptions { AccessPointSpacing = 1, MarkSpacing = 1, CheckpointSpacing = 1000, ChunkSize = 700 });

    protected override Gen<byte[]> Objects { get; } = VcfSamples.Valid.Zip(GZipSamples.Layouts).Select(pair => GZipSamples.Compress(pair.Item1, pair.Item2));
}

/// <inheritdoc/>
public sealed class VcfPlainLawsOnFiles : VcfPlainLaws
{
    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new FileLawStore());
}

/// <inheritdoc/>
public sealed class VcfBgzfLawsOnFiles : VcfBgzfLaws
{
    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new FileLawStore());
}

/// <inheritdoc/>
public sealed class VcfGZipLawsOnFiles : VcfGZipLaws
{
    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new FileLawStore());
}

/// <inheritdoc/>
public sealed class VcfBgzfLawsOnS3 : VcfBgzfLaws
{
    protected override Task<LawStore> CreateStoreAsync() => S3LawStore.CreateAsync();
}

/// <inheritdoc/>
public sealed class VcfPlainLawsOnS3 : VcfPlainLaws
{
    protected override Task<LawStore> CreateStoreAsync() => S3LawStore.CreateAsync();
}
