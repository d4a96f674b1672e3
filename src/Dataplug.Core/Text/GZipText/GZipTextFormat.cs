using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;

namespace Dataplug.Text;

/// <summary>Any text in gzip (RFC 1952): one member, many, or BGZF; or in a zlib or bare deflate stream. Lines end with a line feed.
/// See docs/formats/gzip-text.md.</summary>
public sealed class GZipTextFormat : DataFormat<GZipTextIndex>
{
    private const string Remainder = "remainder";

    private readonly GZipLineOptions _options;
    private readonly DeflateEnvelope _envelope;

    internal GZipTextFormat(GZipLineOptions options, DeflateEnvelope envelope)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _envelope = envelope;
    }

    /// <inheritdoc/>
    public override string Id => _envelope.FormatId;

    /// <inheritdoc/>
    public override int IndexVersion => 2;

    /// <inheritdoc/>
    public override string Name => _envelope.Name;

    /// <inheritdoc/>
    public override string Description => _envelope.Description;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extensions => _envelope.Extensions;

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
    public override SliceKind SliceKind => SliceKind.Of(_envelope.FormatId, () => GZipTextSliceJson.Default.GZipTextSlice);

    /// <inheritdoc/>
    public override string Parameters => _options.ToJson();

    /// <inheritdoc/>
    public override DataFormat WithParameters(string parameters) => new GZipTextFormat(GZipLineOptions.Parse(parameters), _envelope);

    /// <inheritdoc/>
    public override DataFormat ForSalvage() => new GZipTextFormat(_options with { Salvage = true }, _envelope);

    /// <inheritdoc/>
    public override FormatMatch Detect(FormatProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        return _envelope.Detect(probe);
    }

    /// <inheritdoc/>
    public override IPreprocessor CreatePreprocessor() => new GZipLinePreprocessor<GZipTextContent>(_options, () => new GZipTextContent(), _envelope.Container);

    /// <inheritdoc/>
    public override Task<GZipTextIndex> LoadIndexAsync(SidecarReader sidecar, CancellationToken cancellationToken = default) => GZipTextIndex.LoadAsync(sidecar, _envelope.Container, cancellationToken);

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
}
