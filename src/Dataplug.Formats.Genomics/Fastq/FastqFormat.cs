using System.Numerics;
using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>FASTQ that is not compressed. See docs/formats/fastq.md.</summary>
public sealed class FastqFormat : DataFormat<FastqIndex>
{
    internal const string FormatId = "fastq";

    // Objects over a gigabyte have cells of at least 4 KiB, and at most 262144.
    private const int FineShift = 12;
    private const int Cells = 18;

    private readonly long _chunkSize;
    private readonly int _fineShift;

    internal FastqFormat(long chunkSize = TextLinePreprocessor<FastqContent>.UsualChunkSize, int fineShift = FineShift)
    {
        _chunkSize = chunkSize;
        _fineShift = fineShift;
    }

    /// <inheritdoc/>
    public override string Id => FormatId;

    /// <inheritdoc/>
    public override int IndexVersion => 1;

    /// <inheritdoc/>
    public override string Name => "FASTQ";

    /// <inheritdoc/>
    public override string Description => "Sequencing reads with qualities, not compressed";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extensions { get; } = [".fastq", ".fq"];

    /// <inheritdoc/>
    public override IReadOnlyList<StrategyDescription> Strategies => FastqPartition.Descriptions;

    /// <inheritdoc/>
    public override SliceKind SliceKind { get; } = SliceKind.Of(FormatId, () => FastqSliceJson.Default.FastqSlice);

    /// <inheritdoc/>
    public override FormatMatch Detect(FormatProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        return probe.IsGZip ? FormatMatch.None : FastqDetection.Match(probe.Head.Span, probe, Extensions);
    }

    /// <inheritdoc/>
    public override IPreprocessor CreatePreprocessor() => new TextLinePreprocessor<FastqContent>(
        size => new FastqContent(Math.Max(_fineShift, BitOperations.Log2((ulong)Math.Max(1, size)) - Cells)),
        head => FastqDetection.IsWrapped(head.Span),
        _chunkSize);

    /// <inheritdoc/>
    public override Task<FastqIndex> LoadIndexAsync(SidecarReader sidecar, CancellationToken cancellationToken = default) => FastqIndex.LoadAsync(sidecar, FastqCompression.None, cancellationToken);

    /// <inheritdoc/>
    public override IPartitionStrategy<FastqIndex, Slice> CreateStrategy(StrategyArguments arguments, string name) => FastqPartition.Create(Id, arguments, name);
}
