using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>FASTQ with four lines a read in gzip: one member, many, or BGZF. See docs/formats/fastq.md.</summary>
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
    public override int IndexVersion => 2;

    /// <inheritdoc/>
    public override string Name => "FASTQ (gzip)";

    /// <inheritdoc/>
    public override string Description => "Sequencing reads with qualities, four lines a read, in gzip or BGZF";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extensions { get; } = [".fastq.gz", ".fq.gz", ".fastq.bgz", ".fq.bgz"];

    /// <inheritdoc/>
    public override IReadOnlyList<StrategyDescription> Strategies { get; } =
    [
        new("batches", "A number of batches with equally many reads, give or take one", [new("count", StrategyParameterType.Count, "Number of batches")]),
        new("reads", "A number of reads a slice; the last slice may be shorter", [new("reads", StrategyParameterType.Count, "Reads in each slice")]),
        new("bytes", "Slices of about a size, cut between reads", [new("bytes", StrategyParameterType.Bytes, "Bytes of decompressed FASTQ in each slice")]),
    ];

    /// <inheritdoc/>
    public override SliceKind SliceKind => new(FormatId, FastqSliceJson.Default.FastqSlice);

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
        if (!probe.IsGZip)
            return FormatMatch.None;
        var named = probe.HasExtension(Extensions);
        if (probe.Content.IsEmpty)
            return named ? FormatMatch.Likely : FormatMatch.None;
        return (BeginsWithRead(probe.Content.Span), named) switch
        {
            (true, true) => FormatMatch.Certain,
            (true, false) => FormatMatch.Likely,
            (false, true) => FormatMatch.Possible,
            _ => FormatMatch.None,
        };
    }

    /// <inheritdoc/>
    public override IPreprocessor CreatePreprocessor() => new GZipLinePreprocessor<FastqContent>(_options, () => new FastqContent());

    /// <inheritdoc/>
    public override Task<FastqIndex> LoadIndexAsync(SidecarReader sidecar, CancellationToken cancellationToken = default) => FastqIndex.LoadAsync(sidecar, cancellationToken);

    /// <inheritdoc/>
    public override IPartitionStrategy<FastqIndex, Slice> CreateStrategy(StrategyArguments arguments, string name)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        return name switch
        {
            "batches" => FastqPartition.IntoBatches(arguments.GetInt32Count("count")),
            "reads" => FastqPartition.ByReads(arguments.GetCount("reads")),
            "bytes" => FastqPartition.ByBytes(arguments.GetBytes("bytes")),
            _ => throw new PartitionException(null, $"format '{Id}' has no strategy '{name}'; it has: {string.Join(", ", Strategies.Select(s => s.Name))}"),
        };
    }

    // The first read, or as much of it as there is, follows the four-line pattern.
    private static bool BeginsWithRead(ReadOnlySpan<byte> content)
    {
        if (content[0] != (byte)'@')
            return false;
        var title = TakeLine(ref content, out var hasTitle);
        if (!hasTitle)
            return title.Length >= 1024; // a lone short line may begin with '@' in any text
        var sequence = TakeLine(ref content, out var hasSequence);
        if (sequence.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
            return false;
        if (!hasSequence)
            return sequence.Length >= 1024;
        var plus = TakeLine(ref content, out var hasPlus);
        if (plus.IsEmpty || plus[0] != (byte)'+' || !hasPlus)
            return false;
        var qualities = TakeLine(ref content, out var hasQualities);
        return hasQualities ? qualities.Length == sequence.Length : qualities.Length <= sequence.Length;
    }

    private static ReadOnlySpan<byte> TakeLine(ref ReadOnlySpan<byte> text, out bool isWhole)
    {
        var feed = text.IndexOf((byte)'\n');
        isWhole = feed >= 0;
        var line = isWhole ? text[..feed] : text;
        text = text[line.Length..];
        if (isWhole)
            text = text[1..];
        return line.EndsWith("\r"u8) ? line[..^1] : line;
    }
}
