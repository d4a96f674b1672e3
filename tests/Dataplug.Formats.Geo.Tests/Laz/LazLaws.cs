using Dataplug.Conformance.Formats;
using Dataplug.Partitioning;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Geo.Tests;

/// <summary>The six laws for LAZ, cut by the number of points: the slices put together are the object without compression, byte for byte.</summary>
public abstract class LazLaws : FormatLaws<LasIndex>
{
    protected override DataFormat<LasIndex> Format { get; } = new LazFormat(16, chunkSize: 3000);

    protected override string FileName => "points.laz";

    protected override Gen<byte[]> Objects => LazSamples.All;

    protected override Gen<StrategyCall> Strategies { get; } = Gen.OneOf(
        Gen.Choose(1, 40).Select(n => new StrategyCall("batches", ("count", $"{n}"))),
        Gen.Choose(1, 400).Select(n => new StrategyCall("points", ("points", $"{n}"))));

    // The head with the first chunks, others, and extended records.
    protected override int MaximumReadsOfSource => 3;

    protected override byte[] Decode(byte[] stored) => LazSamples.Decompress(stored);

    protected override IReadOnlyList<string> DecodeRecords(byte[] content) => [.. PlainLas.Parse(LazSamples.Decompress(content)).Records.Select(Convert.ToHexString)];

    protected override async Task<IReadOnlyList<string>> ReadRecordsAsync(Slice slice)
    {
        var records = new List<string>();
        await foreach (var batch in ((LasSlice)slice).ReadAsync())
        {
            for (var i = 0; i < batch.Count; i++)
                records.Add(Convert.ToHexString(batch.RecordOf(i)));
        }

        return records;
    }

    // Gaps below 128 KiB are read over, which is all of objects as small as these; LazSpatialTests counts the chunks of larger ones.
    protected override long OverreadAllowance(LasIndex index) => index.Source.Size;

    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new FileLawStore());
}

/// <inheritdoc/>
public sealed class LazLawsOnFiles : LazLaws;

/// <inheritdoc/>
public sealed class LazLawsOnS3 : LazLaws
{
    protected override Task<LawStore> CreateStoreAsync() => S3LawStore.CreateAsync();
}

/// <summary>The laws for LAZ cut by place: the slices hold every point once, in another order.</summary>
public sealed class LazSpatialLaws : LazLaws
{
    protected override Gen<StrategyCall> Strategies { get; } = Gen.OneOf(
        Gen.Choose(1, 6).Zip(Gen.Choose(1, 6)).Select(t => new StrategyCall("grid", ("rows", $"{t.Item1}"), ("columns", $"{t.Item2}"))),
        Gen.Choose(1, 30).Select(n => new StrategyCall("kd", ("count", $"{n}"))));

    protected override int MaximumReadsOfSource => LasIndex.MaxCompressedRunsPerSlice + 2;

    protected override byte[] Decode(byte[] stored) => PlainLas.Parse(LazSamples.Decompress(stored)).Canonical();

    protected override byte[] DecodeJoined(byte[] joined) => PlainLas.Parse(joined).Canonical();

    protected override IReadOnlyList<string> JoinRecords(IReadOnlyList<string> records) => [.. records.Order(StringComparer.Ordinal)];
}
