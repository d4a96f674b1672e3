using Dataplug.Conformance.Formats;
using Dataplug.Partitioning;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>The six laws for BAM.</summary>
public abstract class BamLaws : FormatLaws<BamIndex>
{
    protected override DataFormat<BamIndex> Format { get; } = new BamFormat(checkpointSpacing: 6000);

    protected override string FileName => "alignments.bam";

    protected override Gen<byte[]> Objects => BamSamples.Sorted;

    protected override Gen<StrategyCall> Strategies { get; } = Gen.OneOf(
        Unordered,
        Gen.Constant(new StrategyCall("references")),
        Gen.Choose(3000, 200_000).Select(n => new StrategyCall("windows", ("length", $"{n}"))));

    protected static Gen<StrategyCall> Unordered => Gen.OneOf(
        Gen.Choose(1, 40).Select(n => new StrategyCall("chunks", ("count", $"{n}"))),
        Gen.Choose(1, 9000).Select(n => new StrategyCall("bytes", ("bytes", $"{n}"))),
        Gen.Choose(1, 60).Select(n => new StrategyCall("records", ("records", $"{n}"))));

    protected override int MaximumReadsOfSource => BamIndex.MaxRangesPerSlice;

    protected override byte[] Decode(byte[] stored) => PlainBam.Inflate(stored);

    protected override byte[] DecodeJoined(byte[] joined)
    {
        ArgumentNullException.ThrowIfNull(joined);
        Assert.EndsWith(Convert.ToHexString(PlainBam.EndMarker), Convert.ToHexString(joined), StringComparison.Ordinal);
        return PlainBam.Inflate(joined);
    }

    protected override IReadOnlyList<string> DecodeRecords(byte[] content) =>
        [.. PlainBam.Parse(content is [0x1f, 0x8b, ..] ? PlainBam.Inflate(content) : content).Records.Select(Convert.ToHexString)];

    protected override async Task<IReadOnlyList<string>> ReadRecordsAsync(Slice slice)
    {
        var records = new List<string>();
        await foreach (var record in ((BamSlice)slice).ReadAsync())
            records.Add(Convert.ToHexString(record.Bytes.Span));
        return records;
    }

    // The rest of a block on either side, and a cell of marks.
    protected override long OverreadAllowance(BamIndex index) => 3 << 16;
}

/// <inheritdoc/>
public sealed class BamLawsOnFiles : BamLaws
{
    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new FileLawStore());
}

/// <inheritdoc/>
public sealed class BamLawsOnS3 : BamLaws
{
    protected override Task<LawStore> CreateStoreAsync() => S3LawStore.CreateAsync();
}

/// <summary>The laws for records in any order, by the strategies that need none.</summary>
public sealed class BamLawsUnsorted : BamLaws
{
    protected override Gen<byte[]> Objects => BamSamples.Unsorted;

    protected override Gen<StrategyCall> Strategies => Unordered;

    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new FileLawStore());
}
