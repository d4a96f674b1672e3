using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;

namespace Dataplug.Text;

/// <summary>Any text in gzip (RFC 1952): one member, many, or BGZF; lines end with a line feed. See docs/formats/gzip-text.md.</summary>
public sealed class GZipTextFormat : DataFormat<GZipTextIndex>
{
    internal const string FormatId = "gzip-text";

    private const string Remainder = "remainder";


    private readonly GZipLineOptions _options;

    internal GZipTextFormat(GZipLineOptions options)
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
    public override string Name => "Text (gzip)";

    /// <inheritdoc/>
    public override string Description => "Text lines in gzip, one or many members, or BGZF";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extensions { get; } = [".txt.gz", ".log.gz", ".csv.gz", ".tsv.gz", ".json.gz", ".jsonl.gz", ".ndjson.gz", ".xml.gz", ".txt.bgz", ".gz", ".bgz"];

    /// <inheritdoc/>
    public override IReadOnlyList<StrategyDescription> Strategies { get; } =
    [
        new("lines", "A number of lines a slice",
        [
            new("lines", StrategyParameterType.Count, "Lines in each slice"),
            new(Remainder, StrategyParameterType.Choice, "What becomes of lines left over: a shorter last slice (keep), or part of the last slice (merge)", "keep", ["keep", "merge"]),
        ]),
        new("count", "A number of slices with equally many lines, give or take one", [new("count", StrategyParameterType.Count, "Number of slices")]),
        new("bytes", "Slices of about a size, cut between lines", [new("bytes", StrategyParameterType.Bytes, "Bytes of decompressed content in each slice")]),
    ];

    /// <inheritdoc/>
    public override SliceKind SliceKind => new(FormatId, GZipTextSliceJson.Default.GZipTextSlice);

    /// <inheritdoc/>
    public override string Parameters => _options.ToJson();

    /// <inheritdoc/>
    public override DataFormat WithParameters(string parameters) => new GZipTextFormat(GZipLineOptions.Parse(parameters));

    /// <inheritdoc/>
    public override FormatMatch Detect(FormatProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        return probe.IsGZip && !LooksBinary(probe.Content.Span) ? FormatMatch.Possible : FormatMatch.None;
    }

    /// <inheritdoc/>
    public override IPreprocessor CreatePreprocessor() => new GZipLinePreprocessor<GZipTextContent>(_options, () => new GZipTextContent());

    /// <inheritdoc/>
    public override Task<GZipTextIndex> LoadIndexAsync(SidecarReader sidecar, CancellationToken cancellationToken = default) => GZipTextIndex.LoadAsync(sidecar, cancellationToken);

    /// <inheritdoc/>
    public override IPartitionStrategy<GZipTextIndex, Slice> CreateStrategy(StrategyArguments arguments, string name)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        return name switch
        {
            "lines" => GZipTextPartition.ByLines(arguments.GetCount("lines"), arguments.GetChoice(Remainder) == "merge" ? LineRemainder.Merge : LineRemainder.Keep),
            "count" => GZipTextPartition.IntoSlices(arguments.GetInt32Count("count")),
            "bytes" => GZipTextPartition.ByBytes(arguments.GetBytes("bytes")),
            _ => throw new PartitionException(null, $"format '{Id}' has no strategy '{name}'; it has: {string.Join(", ", Strategies.Select(s => s.Name))}"),
        };
    }

    // Control characters other than those of text (tab, line feed, vertical tab, form feed, return, escape) are in no text
    // encoding that has one byte per line feed; UTF-16 and binary data have them at once.
    private static bool LooksBinary(ReadOnlySpan<byte> content)
    {
        foreach (var b in content)
        {
            if (b < 0x20 && b is not ((>= 0x09 and <= 0x0d) or 0x1b))
                return true;
        }

        return false;
    }
}
