using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>FASTQ in zstd; reading begins at frames, so that many are of use. See docs/formats/fastq.md.</summary>
public sealed class FastqZstdFormat : DataFormat<FastqIndex>
{
    internal const string FormatId = "fastq-zstd";

    private readonly ZstdTextOptions _options;

    internal FastqZstdFormat(ZstdTextOptions options)
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
    public override string Name => "FASTQ (zstd)";

    /// <inheritdoc/>
    public override string Description => "Sequencing reads with qualities, in zstd; cut at frames, so of use where there are many";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extensions { get; } = [".fastq.zst", ".fq.zst"];

    /// <inheritdoc/>
    public override IReadOnlyList<StrategyDescription> Strategies => FastqPartition.Descriptions;

    /// <inheritdoc/>
    public override SliceKind SliceKind { get; } = SliceKind.Of(FormatId, () => FastqSliceJson.Default.FastqSlice);

    /// <inheritdoc/>
    public override string Parameters => _options.ToJson();

    /// <inheritdoc/>
    public override DataFormat WithParameters(string parameters) => new FastqZstdFormat(ZstdTextOptions.Parse(parameters));

    /// <inheritdoc/>
    public override DataFormat ForSalvage() => new FastqZstdFormat(_options with { Salvage = true });

    /// <inheritdoc/>
    public override FormatMatch Detect(FormatProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        // Of a damaged or empty object the name tells, so that preprocessing can say what is wrong with it.
        return !probe.ZstdContent.IsEmpty || (probe.Head.Length >= 4 && probe.Head.Span[..4].SequenceEqual((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]))
            ? FastqDetection.Match(probe.ZstdContent.Span, probe, Extensions)
            : FormatMatch.None;
    }

    /// <inheritdoc/>
    public override IPreprocessor CreatePreprocessor() => new ZstdLinePreprocessor<FastqContent>(_options, () => new FastqContent());

    /// <inheritdoc/>
    public override Task<FastqIndex> LoadIndexAsync(SidecarReader sidecar, CancellationToken cancellationToken = default) => FastqIndex.LoadAsync(sidecar, FastqCompression.Zstd, cancellationToken);

    /// <inheritdoc/>
    public override IPartitionStrategy<FastqIndex, Slice> CreateStrategy(StrategyArguments arguments, string name) => FastqPartition.Create(Id, arguments, name);
}
