using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;

namespace Dataplug.Formats.Genomics;

/// <summary>Plain FASTA: sequences of any alphabet with names. See docs/formats/fasta.md.</summary>
public sealed class FastaFormat : DataFormat<FastaIndex>
{
    internal const string FormatId = "fasta";

    private readonly long _chunkSize;

    internal FastaFormat(long chunkSize = FastaPreprocessor.UsualChunkSize) => _chunkSize = chunkSize;

    /// <inheritdoc/>
    public override string Id => FormatId;

    /// <inheritdoc/>
    public override int IndexVersion => 1;

    /// <inheritdoc/>
    public override string Name => "FASTA";

    /// <inheritdoc/>
    public override string Description => "Sequences with names: genomes, transcripts, proteins";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extensions { get; } = [".fa", ".fasta", ".fna", ".ffn", ".faa", ".frn", ".mpfa", ".fas", ".fsa"];

    /// <inheritdoc/>
    public override IReadOnlyList<StrategyDescription> Strategies => FastaPartition.Descriptions;

    /// <inheritdoc/>
    public override SliceKind SliceKind { get; } = SliceKind.Of(FormatId, () => FastaSliceJson.Default.FastaSlice);

    /// <inheritdoc/>
    public override FormatMatch Detect(FormatProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        return probe.IsGZip ? FormatMatch.None : Detect(probe, Extensions);
    }

    /// <inheritdoc/>
    public override IPreprocessor CreatePreprocessor() => new FastaPreprocessor(_chunkSize);

    /// <inheritdoc/>
    public override Task<FastaIndex> LoadIndexAsync(SidecarReader sidecar, CancellationToken cancellationToken = default) => FastaIndex.LoadAsync(sidecar, cancellationToken);

    /// <inheritdoc/>
    public override IPartitionStrategy<FastaIndex, Slice> CreateStrategy(StrategyArguments arguments, string name) => FastaPartition.Create(Id, arguments, name);

    /// <summary>Whether content begins as FASTA does: with '>', a title of text, and a line that can be one of a sequence.</summary>
    internal static FormatMatch Detect(FormatProbe probe, IReadOnlyList<string> extensions)
    {
        var named = probe.HasExtension(extensions);
        var content = probe.Content.Span.TrimStart("\r\n"u8);
        if (content.IsEmpty)
            return named && (probe.Size == 0 || probe.Head.Length == probe.Size) ? FormatMatch.Likely : FormatMatch.None;
        if (content[0] != (byte)'>')
            return FormatMatch.None;
        var feed = content.IndexOf((byte)'\n');
        var title = feed < 0 ? content : content[..feed];
        if (FastaBytes.IndexOfBinary(title) is var odd and >= 0 && title[odd] < 32)
            return FormatMatch.None;
        var line = feed < 0 ? default : content[(feed + 1)..];
        line = line.IndexOf((byte)'\n') is var end and >= 0 ? line[..end] : line;
        if (FastaBytes.IndexOfBinary(line) >= 0)
            return FormatMatch.None;

        // Markdown and mail quote with '>' too, with blanks between words.
        var looksLikeSequence = line.IsEmpty || line[0] == (byte)'>' || !line.TrimEnd("\r "u8).ContainsAny((byte)' ', (byte)'<');
        return (looksLikeSequence, named) switch
        {
            (true, true) => FormatMatch.Certain,
            (false, true) => FormatMatch.Likely,
            (true, false) when feed > 0 && !line.IsEmpty => FormatMatch.Possible,
            _ => FormatMatch.None,
        };
    }
}
