using System.Globalization;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;

namespace Dataplug.Formats.Geo;

/// <summary>TIFF and BigTIFF with rasters, georeferenced or not, cloud-optimised or not. See docs/formats/geotiff.md.</summary>
public sealed class GeoTiffFormat : DataFormat<GeoTiffIndex>
{
    internal const string FormatId = "geotiff";

    private static readonly StrategyParameter Resolution = new(
        "resolution", StrategyParameterType.Text, "map units a pixel: the coarsest overview that is not coarser is read (pixels of the full resolution where there is no map); 'full' for none", "full");

    private static readonly StrategyParameter Bands = new("bands", StrategyParameterType.Text, "bands, from 1, separated by commas", "all");

    private static readonly StrategyParameter Windows = new("n", StrategyParameterType.Count, "cut into n x n windows", "1");

    internal GeoTiffFormat()
    {
    }

    /// <inheritdoc/>
    public override string Id => FormatId;

    /// <inheritdoc/>
    public override int IndexVersion => 1;

    /// <inheritdoc/>
    public override string Name => "GeoTIFF";

    /// <inheritdoc/>
    public override string Description => "Rasters in TIFF and BigTIFF, cloud-optimised (COG) or not";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extensions { get; } = [".tif", ".tiff", ".gtiff", ".btf", ".tf8"];

    /// <inheritdoc/>
    public override IReadOnlyList<StrategyDescription> Strategies { get; } =
    [
        new("windows", "n x n windows of about the same size, which cover the raster and do not overlap", [new("n", StrategyParameterType.Count, "windows beside and below each other"), Resolution, Bands]),
        new("size", "windows of a size; those at the right and the bottom may be smaller", [new("size", StrategyParameterType.Text, "pixels, as 512 or 512x256"), new("overlap", StrategyParameterType.Number, "pixels by which windows reach into their neighbours", "0"), Resolution, Bands]),
        new("blocks", "windows of k x k tiles (strips: k strips), so that no block is fetched twice", [new("blocks", StrategyParameterType.Count, "blocks beside and below each other"), Resolution, Bands]),
        new("bbox", "what lies in a bounding box of the raster's own coordinate system", [new("bbox", StrategyParameterType.Text, "minX,minY,maxX,maxY in map units"), Windows, Resolution, Bands]),
        new("lonlat", "what lies in a bounding box of longitudes and latitudes", [new("bbox", StrategyParameterType.Text, "west,south,east,north in degrees"), Windows, Resolution, Bands]),
        new("resolution", "the coarsest overview that is not coarser than a resolution, in n x n windows", [new("resolution", StrategyParameterType.Text, "map units a pixel (pixels of the full resolution where there is no map)"), Windows, Bands]),
    ];

    /// <inheritdoc/>
    public override SliceKind SliceKind { get; } = SliceKind.Of(FormatId, () => GeoTiffSliceJson.Default.GeoTiffSlice);

    /// <inheritdoc/>
    public override FormatMatch Detect(FormatProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        return TiffStructureReader.IsTiff(probe.Head.Span) ? FormatMatch.Certain : FormatMatch.None;
    }

    /// <inheritdoc/>
    public override IPreprocessor CreatePreprocessor() => new GeoTiffPreprocessor();

    /// <inheritdoc/>
    public override Task<GeoTiffIndex> LoadIndexAsync(SidecarReader sidecar, CancellationToken cancellationToken = default) => GeoTiffIndex.LoadAsync(sidecar, cancellationToken);

    /// <inheritdoc/>
    public override IPartitionStrategy<GeoTiffIndex, Slice> CreateStrategy(StrategyArguments arguments, string name)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        return name switch
        {
            "windows" => GeoTiffPartition.IntoWindows(arguments.GetInt32Count("n"), Selection()),
            "size" => BySize(),
            "blocks" => GeoTiffPartition.ByBlocks(arguments.GetInt32Count("blocks"), Selection()),
            "bbox" => GeoTiffPartition.ByBounds(RasterBounds.Parse(arguments.GetText("bbox")), arguments.GetInt32Count("n"), Selection()),
            "lonlat" => GeoTiffPartition.ByLonLat(RasterBounds.Parse(arguments.GetText("bbox")), arguments.GetInt32Count("n"), Selection()),
            "resolution" => GeoTiffPartition.IntoWindows(arguments.GetInt32Count("n"), Selection()),
            _ => throw new PartitionException(null, $"format '{Id}' has no strategy '{name}'; it has: {string.Join(", ", Strategies.Select(s => s.Name))}"),
        };

        RasterSelection Selection() => new() { Resolution = ParseResolution(arguments.GetText("resolution"), name), Bands = ParseBands(arguments.GetText("bands")) };

        IPartitionStrategy<GeoTiffIndex, GeoTiffSlice> BySize()
        {
            var text = arguments.GetText("size");
            var parts = text.Split('x', 'X');
            var numbers = parts.Select(part => int.TryParse(part.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).ToArray();
            if (numbers.Length is not (1 or 2) || numbers.Any(number => number < 1))
                throw new PartitionException(null, $"'{text}' is no size of windows", "Write pixels as 512, or columns and rows as 512x256.");
            var overlap = arguments.GetNumber("overlap");
            if (overlap > int.MaxValue)
                throw new PartitionException(null, $"an overlap of {overlap} pixels can't be", $"Choose at most {int.MaxValue}.");
            return GeoTiffPartition.BySize(numbers[0], numbers[^1], (int)overlap, Selection());
        }
    }

    private static double? ParseResolution(string text, string strategy) =>
        text == "full" && strategy != "resolution" ? null
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var resolution) && resolution > 0 && double.IsFinite(resolution) ? resolution
        : throw new PartitionException(null, $"'{text}' is no resolution", "Write map units a pixel as a number greater than 0, such as 30 or 0.001.");

    private static int[]? ParseBands(string text)
    {
        if (text == "all")
            return null;
        var bands = text.Split(',', StringSplitOptions.TrimEntries).Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var band) ? band : 0).ToArray();
        return bands.All(band => band >= 1) ? bands : throw new PartitionException(null, $"'{text}' are no bands", "Write their numbers, from 1, separated by commas, such as 4,3,2; or all.");
    }
}
