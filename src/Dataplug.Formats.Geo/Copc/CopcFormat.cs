using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;

namespace Dataplug.Formats.Geo;

/// <summary>COPC: point clouds in an octree of LAZ chunks (Cloud Optimized Point Cloud 1.0). See docs/formats/copc.md.</summary>
public sealed class CopcFormat : DataFormat<LasIndex>
{
    internal const string FormatId = "copc";

    private static readonly StrategyParameter[] Limits =
    [
        new("levels", StrategyParameterType.Text, "How many levels of the octree are read, from the coarsest on", "all"),
        new("resolution", StrategyParameterType.Text, "How far apart points may be, in the units of the coordinate reference system: as many levels as that takes", "all"),
    ];

    internal CopcFormat()
    {
    }

    /// <inheritdoc/>
    public override string Id => FormatId;

    /// <inheritdoc/>
    public override int IndexVersion => 1;

    /// <inheritdoc/>
    public override string Name => "COPC";

    /// <inheritdoc/>
    public override string Description => "Point clouds in an octree of LAZ chunks (Cloud Optimized Point Cloud)";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extensions { get; } = [".copc.laz"];

    /// <inheritdoc/>
    public override IReadOnlyList<StrategyDescription> Strategies { get; } =
    [
        new("nodes", "A number of groups of whole nodes with about as many points each", [new("count", StrategyParameterType.Count, "Number of slices"), .. LasFormat.Filters, .. Limits]),
        .. LasFormat.PointStrategies.Select(strategy => new StrategyDescription(strategy.Name, strategy.Summary, [.. strategy.Parameters, .. Limits])),
    ];

    /// <inheritdoc/>
    public override SliceKind SliceKind { get; } = SliceKind.Of(FormatId, () => LasIndexJson.Default.LasSlice);

    /// <inheritdoc/>
    public override FormatMatch Detect(FormatProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        return CopcInfo.IsAtStart(probe.Head.Span) && (probe.Head.Span[104] & 0xc0) != 0 ? FormatMatch.Certain : FormatMatch.None;
    }

    /// <inheritdoc/>
    public override IPreprocessor CreatePreprocessor() => new CopcPreprocessor();

    /// <inheritdoc/>
    public override Task<LasIndex> LoadIndexAsync(SidecarReader sidecar, CancellationToken cancellationToken = default) => LasIndex.LoadAsync(sidecar, FormatId, cancellationToken);

    /// <inheritdoc/>
    public override IPartitionStrategy<LasIndex, Slice> CreateStrategy(StrategyArguments arguments, string name)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        var strategy = name == "nodes"
            ? LasFormat.Filtered(CopcPartition.IntoNodeGroups(arguments.GetInt32Count("count")), arguments)
            : LasFormat.CreatePointStrategy(arguments, name, Id);
        return CopcPartition.Limited(strategy, arguments.GetText("levels"), arguments.GetText("resolution"));
    }
}
