using Dataplug.Conformance.Formats;
using Dataplug.Partitioning;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Geo.Tests;

/// <summary>The six laws for COPC cut into groups of nodes and by place: the slices hold every point once, whatever their order.</summary>
public abstract class CopcLaws : LazLaws
{
    protected override DataFormat<LasIndex> Format => Copc.Format;

    protected override string FileName => "points.copc.laz";

    protected override Gen<byte[]> Objects => CopcSamples.All;

    protected override Gen<StrategyCall> Strategies { get; } = Gen.OneOf(
        Gen.Choose(1, 30).Select(n => new StrategyCall("nodes", ("count", $"{n}"))),
        Gen.Choose(1, 40).Select(n => new StrategyCall("batches", ("count", $"{n}"))),
        Gen.Choose(1, 6).Zip(Gen.Choose(1, 6)).Select(t => new StrategyCall("grid", ("rows", $"{t.Item1}"), ("columns", $"{t.Item2}"))),
        Gen.Choose(1, 30).Select(n => new StrategyCall("kd", ("count", $"{n}"))));

    protected override int MaximumReadsOfSource => LasIndex.MaxCompressedRunsPerSlice + 2;

    protected override byte[] Decode(byte[] stored) => PlainLas.Parse(CopcSamples.Decompress(stored)).Canonical();

    protected override byte[] DecodeJoined(byte[] joined) => PlainLas.Parse(joined).Canonical();

    protected override IReadOnlyList<string> JoinRecords(IReadOnlyList<string> records) => [.. records.Order(StringComparer.Ordinal)];
}

/// <inheritdoc/>
public sealed class CopcLawsOnFiles : CopcLaws;

/// <inheritdoc/>
public sealed class CopcLawsOnS3 : CopcLaws
{
    protected override Task<LawStore> CreateStoreAsync() => S3LawStore.CreateAsync();
}
