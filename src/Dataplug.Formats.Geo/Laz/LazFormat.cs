using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;

namespace Dataplug.Formats.Geo;

/// <summary>LAZ: point clouds that LASzip compressed. Their strategies are those of LAS (<see cref="LasPartition"/>). See docs/formats/laz.md.</summary>
public sealed class LazFormat : DataFormat<LasIndex>
{
    internal const string FormatId = "laz";

    private readonly int _leafPoints;
    private readonly long _chunkSize;

    internal LazFormat()
        : this(LazPreprocessor.UsualLeafPoints, LazPreprocessor.UsualChunkSize)
    {
    }

    /// <summary>Creates the format.</summary>
    /// <param name="leafPoints">About how many points a cell of the index has.</param>
    /// <param name="chunkSize">Bytes of a chunk of preprocessing, for objects that are not large.</param>
    internal LazFormat(int leafPoints, long chunkSize)
    {
        _leafPoints = leafPoints;
        _chunkSize = chunkSize;
    }

    /// <inheritdoc/>
    public override string Id => FormatId;

    /// <inheritdoc/>
    public override int IndexVersion => 1;

    /// <inheritdoc/>
    public override string Name => "LAZ";

    /// <inheritdoc/>
    public override string Description => "Point clouds of laser scanning, compressed by LASzip";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extensions { get; } = [".laz"];

    /// <inheritdoc/>
    public override IReadOnlyList<StrategyDescription> Strategies => LasFormat.PointStrategies;

    /// <inheritdoc/>
    public override SliceKind SliceKind { get; } = SliceKind.Of(FormatId, () => LasIndexJson.Default.LasSlice);

    /// <inheritdoc/>
    public override FormatMatch Detect(FormatProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        var head = probe.Head.Span;
        if (!head.StartsWith(LasHeader.Magic) || head.Length <= 104 || (head[104] & 0xc0) == 0)
            return FormatMatch.None;

        // COPC is LAZ that can do more, if it is read as such.
        return CopcInfo.IsAtStart(head) ? FormatMatch.Likely : FormatMatch.Certain;
    }

    /// <inheritdoc/>
    public override IPreprocessor CreatePreprocessor() => new LazPreprocessor(_leafPoints, _chunkSize);

    /// <inheritdoc/>
    public override Task<LasIndex> LoadIndexAsync(SidecarReader sidecar, CancellationToken cancellationToken = default) => LasIndex.LoadAsync(sidecar, FormatId, cancellationToken);

    /// <inheritdoc/>
    public override IPartitionStrategy<LasIndex, Slice> CreateStrategy(StrategyArguments arguments, string name) => LasFormat.CreatePointStrategy(arguments, name, Id);
}
