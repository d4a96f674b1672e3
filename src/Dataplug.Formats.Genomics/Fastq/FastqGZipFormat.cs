using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>FASTQ in gzip: one member, many, or BGZF. See docs/formats/fastq.md.</summary>
public sealed class FastqGZipFormat : DataFormat<FastqIndex>
{
    internal const string FormatId = "fastq-gzip";

    private readonly GZipLineOptions _options;

    internal FastqGZipFormat(GZipLineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
    }

    /// <inheritdoc/>
    public override string Id => FormatId;

    /// <inheritdoc/>
    public override int IndexVersion => 3;

    /// <inheritdoc/>
    public override string Name => "FASTQ (gzip)";

    /// <inheritdoc/>
    public override string Description => "Sequencing reads with qualities, in gzip or BGZF";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extensions { get; } = [".fastq.gz", ".fq.gz", ".fastq.bgz", ".fq.bgz"];

    /// <inheritdoc/>
    public override IReadOnlyList<StrategyDescription> Strategies => FastqPartition.Descriptions;

    /// <inheritdoc/>
    public override SliceKind SliceKind { get; } = SliceKind.Of(FormatId, () => FastqSliceJson.Default.FastqSlice);

    /// <inheritdoc/>
    public override string Parameters => _options.ToJson();

    /// <inheritdoc/>
    public override DataFormat WithParameters(string parameters) => new FastqGZipFormat(GZipLineOptions.Parse(parameters));

    /// <inheritdoc/>
    public override DataFormat ForSalvage() => new FastqGZipFormat(_options with { Salvage = true });

    /// <inheritdoc/>
    public override FormatMatch Detect(FormatProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        return probe.IsGZip ? FastqDetection.Match(probe.Content.Span, probe, Extensions) : FormatMatch.None;
    }

    /// <inheritdoc/>
    public override IPreprocessor CreatePreprocessor() => new FastqGZipPreprocessor(_options);

    /// <inheritdoc/>
    public override Task<FastqIndex> LoadIndexAsync(SidecarReader sidecar, CancellationToken cancellationToken = default) => FastqIndex.LoadAsync(sidecar, FastqCompression.GZip, cancellationToken);

    /// <inheritdoc/>
    public override IPartitionStrategy<FastqIndex, Slice> CreateStrategy(StrategyArguments arguments, string name) => FastqPartition.Create(Id, arguments, name);
}
