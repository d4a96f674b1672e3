using System.Globalization;
using System.Text.Json;
using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;

namespace Dataplug.Formats.Geo;

/// <summary>LAS: point clouds, mostly of laser scanning (ASPRS LAS 1.4 R15 and the versions before). See docs/formats/las.md.</summary>
public sealed class LasFormat : DataFormat<LasIndex>
{
    internal const string FormatId = "las";

    private const string SalvageParameters = "{\"salvage\":true}";

    private static readonly StrategyParameter Rows = new("rows", StrategyParameterType.Count, "Number of rows", "1");
    private static readonly StrategyParameter Columns = new("columns", StrategyParameterType.Count, "Number of columns", "1");

    internal static readonly StrategyParameter[] Filters =
    [
        new("returns", StrategyParameterType.Text, "Return numbers that are read, such as 1 or 2-15", "all"),
        new("classes", StrategyParameterType.Text, "Classes that are read, such as 2,5-7", "all"),
    ];

    private readonly LasBlockSize _blockSize;
    private readonly long _chunkSize;
    private readonly bool _salvage;

    internal LasFormat()
        : this(LasBlockSize.Usual, LasPreprocessor.UsualChunkSize)
    {
    }

    /// <summary>Creates the format.</summary>
    /// <param name="blockSize">How many points make a block of the index.</param>
    /// <param name="chunkSize">Bytes of a chunk of preprocessing.</param>
    /// <param name="salvage">Whether an object that was cut short is indexed as far as it goes.</param>
    internal LasFormat(LasBlockSize blockSize, long chunkSize, bool salvage = false)
    {
        _blockSize = blockSize;
        _chunkSize = chunkSize;
        _salvage = salvage;
    }

    /// <inheritdoc/>
    public override string Id => FormatId;

    /// <inheritdoc/>
    public override int IndexVersion => 1;

    /// <inheritdoc/>
    public override string Name => "LAS";

    /// <inheritdoc/>
    public override string Description => "Point clouds of laser scanning, not compressed";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extensions { get; } = [".las"];

    /// <inheritdoc/>
    public override IReadOnlyList<StrategyDescription> Strategies => PointStrategies;

    /// <summary>The strategies for point clouds, compressed or not.</summary>
    internal static IReadOnlyList<StrategyDescription> PointStrategies { get; } =
    [
        new("batches", "A number of slices with as many points each, in the order of the object", [new("count", StrategyParameterType.Count, "Number of slices"), .. Filters]),
        new("points", "A number of points a slice, in the order of the object; the last slice may be shorter", [new("points", StrategyParameterType.Count, "Points in each slice"), .. Filters]),
        new("grid", "A grid of cells of the same size, a slice for each", [new("rows", StrategyParameterType.Count, "Number of rows"), new("columns", StrategyParameterType.Count, "Number of columns"), .. Filters]),
        new("kd", "A number of cells with about as many points each, a slice for each", [new("count", StrategyParameterType.Count, "Number of slices"), .. Filters]),
        new("bbox", "The points in a box, borders included: one slice, or a grid of them", [new("box", StrategyParameterType.Text, "min-x,min-y,max-x,max-y in the units of the coordinate reference system"), Rows, Columns, .. Filters]),
        new("polygon", "The points in a polygon, border included: one slice, or a grid of them", [new("polygon", StrategyParameterType.Text, "Polygon as Well-Known Text or GeoJSON, in the object's coordinate reference system"), Rows, Columns, .. Filters]),
    ];

    /// <inheritdoc/>
    public override SliceKind SliceKind { get; } = SliceKind.Of(FormatId, () => LasIndexJson.Default.LasSlice);

    /// <inheritdoc/>
    public override string Parameters => _salvage ? SalvageParameters : "{}";

    /// <inheritdoc/>
    public override DataFormat WithParameters(string parameters)
    {
        try
        {
            using var document = JsonDocument.Parse(parameters);
            var salvage = false;
            foreach (var property in document.RootElement.EnumerateObject())
                salvage = property.Name == "salvage" ? property.Value.GetBoolean() : throw new ArgumentException($"There is no preprocessing parameter '{property.Name}'; there is: salvage.", nameof(parameters));
            return new LasFormat(_blockSize, _chunkSize, salvage);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw new ArgumentException($"Not preprocessing parameters: {parameters}", nameof(parameters), failure);
        }
    }

    /// <summary>The same format, which indexes an object that was cut short up to its last whole point.</summary>
    public override DataFormat ForSalvage() => new LasFormat(_blockSize, _chunkSize, salvage: true);

    /// <inheritdoc/>
    public override FormatMatch Detect(FormatProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        var head = probe.Head.Span;

        // Compressed points have one of the two highest bits of their format set, and are another format's.
        return head.StartsWith(LasHeader.Magic) && (head.Length <= 104 || (head[104] & 0xc0) == 0) ? FormatMatch.Certain : FormatMatch.None;
    }

    /// <inheritdoc/>
    public override IPreprocessor CreatePreprocessor() => new LasPreprocessor(_blockSize, _chunkSize, _salvage);

    /// <inheritdoc/>
    public override Task<LasIndex> LoadIndexAsync(SidecarReader sidecar, CancellationToken cancellationToken = default) => LasIndex.LoadAsync(sidecar, FormatId, cancellationToken);

    /// <inheritdoc/>
    public override IPartitionStrategy<LasIndex, Slice> CreateStrategy(StrategyArguments arguments, string name) => CreatePointStrategy(arguments, name, Id);

    /// <summary>One of <see cref="PointStrategies"/>, for a format of an id.</summary>
    internal static IPartitionStrategy<LasIndex, LasSlice> CreatePointStrategy(StrategyArguments arguments, string name, string id)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var strategy = name switch
        {
            "batches" => LasPartition.IntoBatches(arguments.GetInt32Count("count")),
            "points" => LasPartition.ByPoints(arguments.GetCount("points")),
            "grid" => LasPartition.IntoGrid(arguments.GetInt32Count("rows"), arguments.GetInt32Count("columns")),
            "kd" => LasPartition.IntoEqualCells(arguments.GetInt32Count("count")),
            "bbox" => InBox(arguments),
            "polygon" => LasPartition.InPolygon(arguments.GetText("polygon"), arguments.GetInt32Count("rows"), arguments.GetInt32Count("columns")),
            _ => throw new PartitionException(null, $"format '{id}' has no strategy '{name}'; it has: {string.Join(", ", PointStrategies.Select(s => s.Name))}"),
        };
        return Filtered(strategy, arguments);
    }

    /// <summary>The slices of another strategy, limited by <see cref="Filters"/>.</summary>
    internal static IPartitionStrategy<LasIndex, LasSlice> Filtered(IPartitionStrategy<LasIndex, LasSlice> strategy, StrategyArguments arguments) =>
        LasPartition.Filtered(strategy, LasFilter.ParseNumbers(arguments.GetText("returns"), 15, "return number"), LasFilter.ParseNumbers(arguments.GetText("classes"), 255, "class"));

    internal LasBlockSize BlockSize => _blockSize;

    private static IPartitionStrategy<LasIndex, LasSlice> InBox(StrategyArguments arguments)
    {
        var text = arguments.GetText("box");
        var parts = text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var sides = new double[4];
        for (var i = 0; i < sides.Length; i++)
        {
            if (parts.Length != sides.Length || !double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out sides[i]) || !double.IsFinite(sides[i]))
                throw new PartitionException(null, $"'{text}' is no box", "Write min-x,min-y,max-x,max-y, such as 635000,848000,636000,849000.");
        }

        return LasPartition.InBox(sides[0], sides[1], sides[2], sides[3], arguments.GetInt32Count("rows"), arguments.GetInt32Count("columns"));
    }
}
