using System.Buffers.Binary;
using Dataplug.Compression;
using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;

namespace Dataplug.Text;

/// <summary>Any text in zstd frames (RFC 8878), also in the seekable format. Lines end with a line feed. See docs/formats/zstd-text.md.</summary>
public sealed class ZstdTextFormat : DataFormat<ZstdTextIndex>
{
    internal const string FormatId = "zstd-text";

    private const string Remainder = "remainder";

    private static readonly SliceKind Slices = SliceKind.Of(FormatId, () => ZstdTextSliceJson.Default.ZstdTextSlice);

    private readonly ZstdTextOptions _options;

    internal ZstdTextFormat(ZstdTextOptions options)
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
    public override string Name => "Text (zstd)";

    /// <inheritdoc/>
    public override string Description => "Text lines in zstd; cut at frames, so of use where there are many (pzstd, seekable format)";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extensions { get; } = [".txt.zst", ".log.zst", ".csv.zst", ".tsv.zst", ".json.zst", ".jsonl.zst", ".ndjson.zst", ".xml.zst", ".zst"];

    /// <inheritdoc/>
    public override IReadOnlyList<StrategyDescription> Strategies => GZipText.Format.Strategies;

    /// <inheritdoc/>
    public override SliceKind SliceKind => Slices;

    /// <inheritdoc/>
    public override string Parameters => _options.ToJson();

    /// <inheritdoc/>
    public override DataFormat WithParameters(string parameters) => new ZstdTextFormat(ZstdTextOptions.Parse(parameters));

    /// <inheritdoc/>
    public override DataFormat ForSalvage() => new ZstdTextFormat(_options with { Salvage = true });

    /// <inheritdoc/>
    public override FormatMatch Detect(FormatProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        var head = probe.Head.Span;
        if (head.Length < 4)
            return FormatMatch.None;
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(head);

        // What decodes of the head must be text; a damaged or unsupported frame is recognised as well, so that preprocessing can say what
        // is wrong with it.
        return (magic == ZstdFrameHeader.Magic || ZstdFrameHeader.IsSkippable(magic)) && TextProbe.HasNoBinaryControls(probe.ZstdContent.Span) ? FormatMatch.Possible : FormatMatch.None;
    }

    /// <inheritdoc/>
    public override IPreprocessor CreatePreprocessor() => new ZstdLinePreprocessor<GZipTextContent>(_options, () => new GZipTextContent());

    /// <inheritdoc/>
    public override Task<ZstdTextIndex> LoadIndexAsync(SidecarReader sidecar, CancellationToken cancellationToken = default) => ZstdTextIndex.LoadAsync(sidecar, cancellationToken);

    /// <inheritdoc/>
    public override IPartitionStrategy<ZstdTextIndex, Slice> CreateStrategy(StrategyArguments arguments, string name)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        return name switch
        {
            "lines" => ZstdTextPartition.ByLines(arguments.GetCount("lines"), arguments.GetChoice(Remainder) == "merge" ? LineRemainder.Merge : LineRemainder.Keep),
            "count" => ZstdTextPartition.IntoSlices(arguments.GetInt32Count("count")),
            "bytes" => ZstdTextPartition.ByBytes(arguments.GetBytes("bytes")),
            _ => throw new PartitionException(null, $"format '{Id}' has no strategy '{name}'; it has: {string.Join(", ", Strategies.Select(s => s.Name))}"),
        };
    }
}
