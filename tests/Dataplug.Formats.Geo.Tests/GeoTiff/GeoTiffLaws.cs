using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Partitioning;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Geo.Tests;

/// <summary>The six laws for rasters: put together means pixel for pixel.</summary>
public abstract class GeoTiffLaws : FormatLaws<GeoTiffIndex>
{
    protected override DataFormat<GeoTiffIndex> Format { get; } = GeoTiff.Format;

    protected override string FileName => "raster.tif";

    protected override Gen<byte[]> Objects { get; } = TiffSample.Any.Select(TiffBuilder.Build);

    protected override Gen<StrategyCall> Strategies { get; } = Gen.OneOf(
        Gen.Choose(1, 60).Select(n => new StrategyCall("windows", ("n", $"{n / 8 + 1}"))),
        Gen.Choose(5, 50).Zip(Gen.Choose(5, 50)).Select(n => new StrategyCall("size", ("size", $"{n.Item1}x{n.Item2}"))),
        Gen.Choose(1, 4).Select(n => new StrategyCall("blocks", ("blocks", $"{n}"))));

    // What is near is fetched as one, which small objects are as a whole.
    protected override int MaximumReadsOfSource => 2;

    protected override byte[] Decode(byte[] stored)
    {
        var tiff = PlainTiff.Parse(stored);
        return Canonical(tiff.Lines());
    }

    protected override byte[] DecodeJoined(byte[] joined) => Canonical(PlainTiff.ParseAll(joined).SelectMany(tiff => tiff.Lines()));

    protected override IReadOnlyList<string> DecodeRecords(byte[] content) =>
        content is [(byte)'I' or (byte)'M', ..] ? [.. PlainTiff.Parse(content).Lines()] : Encoding.ASCII.GetString(content).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    protected override IReadOnlyList<string> JoinRecords(IReadOnlyList<string> records) => [.. records.Order(StringComparer.Ordinal)];

    // Blocks of a slice come one after another; their pixels are put in the order of rows here.
    protected override async Task<IReadOnlyList<string>> ReadRecordsAsync(Slice slice)
    {
        var lines = new List<string>();
        await foreach (var block in ((GeoTiffSlice)slice).ReadAsync())
        {
            var bands = Enumerable.Range(0, block.Bands).Select(band => block.BandBytes(band).ToArray()).ToArray();
            var size = bands[0].Length / (block.Rows * block.Columns);
            for (var row = 0; row < block.Rows; row++)
            {
                for (var column = 0; column < block.Columns; column++)
                    lines.Add(PlainTiff.LineOf(block.Window.Row + row, block.Window.Column + column, bands, ((row * block.Columns) + column) * size, size));
            }
        }

        return [.. lines.Order(StringComparer.Ordinal)];
    }

    // Gaps of up to 128 KiB are read over, and blocks that two windows share are fetched for both.
    protected override long OverreadAllowance(GeoTiffIndex index) => Math.Min(index.Source.Size, 128 << 10);

    protected override bool IsRefusal(DataplugException refused) => base.IsRefusal(refused) || refused is PartitionException;

    private static byte[] Canonical(IEnumerable<string> lines) => Encoding.ASCII.GetBytes(string.Concat(lines.Order(StringComparer.Ordinal).Select(line => line + "\n")));
}

/// <inheritdoc/>
public sealed class GeoTiffLawsOnFiles : GeoTiffLaws
{
    protected override Task<LawStore> CreateStoreAsync() => Task.FromResult<LawStore>(new FileLawStore());
}

/// <inheritdoc/>
public sealed class GeoTiffLawsOnS3 : GeoTiffLaws
{
    protected override Task<LawStore> CreateStoreAsync() => S3LawStore.CreateAsync();
}
