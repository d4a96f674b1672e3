using Dataplug.Conformance.Formats;
using Dataplug.Partitioning;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Geo.Tests;

/// <summary>The six laws for LAS, cut by the number of points: the slices put together are the object, byte for byte.</summary>
public abstract class LasLaws : FormatLaws<LasIndex>
{
    protected override DataFormat<LasIndex> Format { get; } = new LasFormat(new LasBlockSize(16, 400), chunkSize: 5000);

    protected override string FileName => "points.las";

    protected override Gen<byte[]> Objects => LasSamples.All;

    protected override Gen<StrategyCall> Strategies { get; } = Gen.OneOf(
        Gen.Choose(1, 40).Select(n => new StrategyCall("batches", ("count", $"{n}"))),
        Gen.Choose(1, 400).Select(n => new StrategyCall("points", ("points", $"{n}"))));

    // The head, the points, and extended records.
    protected override int MaximumReadsOfSource => 3;

    protected override byte[] Decode(byte[] stored) => stored;

    protected override IReadOnlyList<string> DecodeRecords(byte[] content) => [.. PlainLas.Parse(content).Records.Select(Convert.ToHexString)];

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

    // What every slice has of the object's: the head, and what is behind the points.
    protected override long OverreadAllowance(LasIndex index) =>
        index.Header.PointsOffset + (index.Source.Size - index.Header.PointsOffset - (index.Points.Points * index.Points.RecordLength));
}

/// <inheritdoc/>
public sealed class LasLawsOnFiles : LasLaws
{
    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new FileLawStore());
}

/// <inheritdoc/>
public sealed class LasLawsOnS3 : LasLaws
{
    protected override Task<LawStore> CreateStoreAsync() => S3LawStore.CreateAsync();
}

/// <summary>The laws for LAS cut by place: the slices hold every point once, in another order.</summary>
public sealed class LasSpatialLaws : LasLaws
{
    protected override Gen<StrategyCall> Strategies { get; } = Gen.OneOf(
        Gen.Choose(1, 6).Zip(Gen.Choose(1, 6)).Select(t => new StrategyCall("grid", ("rows", $"{t.Item1}"), ("columns", $"{t.Item2}"))),
        Gen.Choose(1, 30).Select(n => new StrategyCall("kd", ("count", $"{n}"))));

    protected override int MaximumReadsOfSource => LasIndex.MaxRunsPerSlice + 2;

    protected override byte[] Decode(byte[] stored) => PlainLas.Parse(stored).Canonical();

    protected override byte[] DecodeJoined(byte[] joined) => PlainLas.Parse(joined).Canonical();

    protected override IReadOnlyList<string> JoinRecords(IReadOnlyList<string> records) => [.. records.Order(StringComparer.Ordinal)];

    // Gaps below 128 KiB are read over, which is all of objects as small as these; LasSpatialTests holds larger ones to their measure.
    protected override long OverreadAllowance(LasIndex index) => index.Source.Size;

    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new FileLawStore());
}
