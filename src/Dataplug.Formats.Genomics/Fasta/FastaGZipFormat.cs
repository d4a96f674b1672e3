using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>FASTA in gzip: one member, many, or BGZF. See docs/formats/fasta.md.</summary>
public sealed class FastaGZipFormat : DataFormat<FastaIndex>
{
    internal const string FormatId = "fasta-gzip";

    private readonly GZipLineOptions _options;

    internal FastaGZipFormat(GZipLineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
    }

    /// <inheritdoc/>
    public override string Id => FormatId;

    /// <inheritdoc/>
    public override int IndexVersion => 1;

    /// <inheritdoc/>
    public override string Name => "FASTA (gzip)";

    /// <inheritdoc/>
    public override string Description => "Sequences with names, in gzip or BGZF";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extensions { get; } = [.. Fasta.Format.Extensions.SelectMany(extension => (string[])[extension + ".gz", extension + ".bgz"])];

    /// <inheritdoc/>
    public override IReadOnlyList<StrategyDescription> Strategies => FastaPartition.Descriptions;

    /// <inheritdoc/>
    public override SliceKind SliceKind { get; } = SliceKind.Of(FormatId, () => FastaSliceJson.Default.FastaSlice);

    /// <inheritdoc/>
    public override string Parameters => _options.ToJson();

    /// <inheritdoc/>
    public override DataFormat WithParameters(string parameters) => new FastaGZipFormat(GZipLineOptions.Parse(parameters));

    /// <inheritdoc/>
    public override DataFormat ForSalvage() => new FastaGZipFormat(_options with { Salvage = true });

    /// <inheritdoc/>
    public override FormatMatch Detect(FormatProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        return probe.IsGZip ? FastaFormat.Detect(probe, Extensions) : FormatMatch.None;
    }

    /// <inheritdoc/>
    public override IPreprocessor CreatePreprocessor() => new GZipLinePreprocessor<FastaContent>(_options, () => new FastaContent());

    /// <inheritdoc/>
    public override async Task<FastaIndex> LoadIndexAsync(SidecarReader sidecar, CancellationToken cancellationToken = default) => await FastaGZipIndex.LoadAsync(sidecar, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override IPartitionStrategy<FastaIndex, Slice> CreateStrategy(StrategyArguments arguments, string name) => FastaPartition.Create(Id, arguments, name);
}
