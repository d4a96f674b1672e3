using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;

namespace Dataplug.Formats.Genomics;

/// <summary>BAM: aligned reads in BGZF (SAM specification, section 4.2). See docs/formats/bam.md.</summary>
public sealed class BamFormat : DataFormat<BamIndex>
{
    internal const string FormatId = "bam";

    private readonly long _checkpointSpacing;

    /// <summary>Creates the format.</summary>
    /// <param name="checkpointSpacing">Stored bytes between two checkpoints, on which the index does not depend.</param>
    internal BamFormat(long checkpointSpacing) => _checkpointSpacing = checkpointSpacing;

    /// <inheritdoc/>
    public override string Id => FormatId;

    /// <inheritdoc/>
    public override int IndexVersion => 1;

    /// <inheritdoc/>
    public override string Name => "BAM";

    /// <inheritdoc/>
    public override string Description => "Aligned sequencing reads in BGZF";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extensions { get; } = [".bam"];

    /// <inheritdoc/>
    public override IReadOnlyList<StrategyDescription> Strategies { get; } =
    [
        new("chunks", "A number of slices of about the same compressed size, cut between records", [new("count", StrategyParameterType.Count, "Number of slices")]),
        new("bytes", "Slices of about a compressed size, cut between records", [new("bytes", StrategyParameterType.Bytes, "Compressed bytes in each slice")]),
        new("records", "A number of records a slice; the last slice may be shorter", [new("records", StrategyParameterType.Count, "Records in each slice")]),
        new("references", "A slice for each reference sequence that has records, and one for the records without a place; needs an object sorted by position", []),
        new("windows", "Reference sequences in windows of a length, each with the records that start in it, and a slice for the records without a place; needs an object sorted by position", [new("length", StrategyParameterType.Count, "Positions in each window")]),
        new("regions", "A slice for each region, with the records that overlap it and none before it; needs an object sorted by position", [new("regions", StrategyParameterType.Text, "Regions such as chr1:1000-2000, separated by semicolons, or lines of BED; * for the records without a place")]),
        new("unmapped", "One slice with the records without a place at the end; needs an object sorted by position", []),
    ];

    /// <inheritdoc/>
    public override SliceKind SliceKind { get; } = SliceKind.Of(FormatId, () => BamSliceJson.Default.BamSlice);

    /// <summary>Whether an object looks like BAM. CRAM and BCF do too, so that preprocessing says what is to be done about them.</summary>
    public override FormatMatch Detect(FormatProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        return (probe.IsGZip && probe.Content.Span.StartsWith(BamHeader.Magic)) || Bam.RefusalOf(probe) is not null ? FormatMatch.Certain : FormatMatch.None;
    }

    /// <inheritdoc/>
    public override IPreprocessor CreatePreprocessor() => new BamPreprocessor(_checkpointSpacing);

    /// <inheritdoc/>
    public override Task<BamIndex> LoadIndexAsync(SidecarReader sidecar, CancellationToken cancellationToken = default) => BamIndex.LoadAsync(sidecar, cancellationToken);

    /// <inheritdoc/>
    public override IPartitionStrategy<BamIndex, Slice> CreateStrategy(StrategyArguments arguments, string name)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        return name switch
        {
            "chunks" => BamPartition.IntoChunks(arguments.GetInt32Count("count")),
            "bytes" => BamPartition.ByBytes(arguments.GetBytes("bytes")),
            "records" => BamPartition.ByRecords(arguments.GetCount("records")),
            "references" => BamPartition.ByReferences(),
            "windows" => BamPartition.ByWindows(arguments.GetCount("length")),
            "regions" => BamPartition.ByRegions(arguments.GetText("regions")),
            "unmapped" => BamPartition.Unplaced(),
            _ => throw new PartitionException(null, $"format '{Id}' has no strategy '{name}'; it has: {string.Join(", ", Strategies.Select(s => s.Name))}"),
        };
    }
}
