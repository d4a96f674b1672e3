using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;

namespace Dataplug.Text;

/// <summary>
/// CSV (<c>csv</c>): RFC 4180 and its kin with other delimiters, quotes and line ends. Dialect, header and encoding are detected
/// where the options don't say them.
/// </summary>
public sealed class CsvFormat : DataFormat<CsvIndex>
{
    internal const string FormatId = "csv";

    private const double LikelyAgreement = 0.9;
    private const int EnoughRows = 2;

    private readonly CsvOptions _options;
    private readonly long _chunkSize;

    internal CsvFormat(CsvOptions options, long chunkSize = ChunkPlan.ChunkSize)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        _options = options;
        _chunkSize = chunkSize;
    }

    /// <inheritdoc/>
    public override string Id => FormatId;

    /// <inheritdoc/>
    public override int IndexVersion => 1;

    /// <inheritdoc/>
    public override string Name => "CSV";

    /// <inheritdoc/>
    public override string Description => "Delimited text (RFC 4180), cut at whole rows, with the header in every slice";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extensions { get; } = [".csv", ".tsv", ".tab"];

    /// <inheritdoc/>
    public override IReadOnlyList<StrategyDescription> Strategies { get; } =
    [
        new("count", "a number of slices of about the same size", [new("count", StrategyParameterType.Count, "number of slices")]),
        new("bytes", "slices of at most a number of bytes", [new("bytes", StrategyParameterType.Bytes, "bytes of rows per slice")]),
        new("rows", "slices of a number of rows", [new("rows", StrategyParameterType.Count, "rows per slice")]),
    ];

    /// <inheritdoc/>
    public override SliceKind SliceKind { get; } = SliceKind.Of(FormatId, () => CsvJson.Default.CsvSlice);

    /// <inheritdoc/>
    public override string Parameters => _options.ToJson();

    /// <inheritdoc/>
    public override DataFormat WithParameters(string parameters) => new CsvFormat(CsvOptions.FromJson(parameters), _chunkSize);

    /// <inheritdoc/>
    public override FormatMatch Detect(FormatProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        var head = probe.Head.Span;
        if (probe.IsGZip || !TextProbe.LooksLikeText(head))
            return FormatMatch.None;
        if (probe.HasExtension(Extensions))
            return FormatMatch.Likely;

        // Under another name: several rows, and nearly all with the same number of fields, more than one.
        head = head[ByteOrderMark.LengthOf(head)..];
        var whole = probe.Size <= probe.Head.Length;
        var rows = CsvSample.Take(head, whole, CsvDialect.Detect(head, whole, _options), System.Text.Encoding.Latin1, int.MaxValue);
        var (agreement, width) = CsvDialect.Score(rows);
        return rows.Count >= EnoughRows && width > 1 && agreement >= LikelyAgreement ? FormatMatch.Possible : FormatMatch.None;
    }

    /// <inheritdoc/>
    public override IPreprocessor CreatePreprocessor() => new CsvPreprocessor(_options, _chunkSize);

    /// <inheritdoc/>
    public override Task<CsvIndex> LoadIndexAsync(SidecarReader sidecar, CancellationToken cancellationToken = default) =>
        CsvIndex.LoadAsync(sidecar, cancellationToken);

    /// <inheritdoc/>
    public override IPartitionStrategy<CsvIndex, Slice> CreateStrategy(StrategyArguments arguments, string name)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        return name switch
        {
            "count" => CsvPartition.IntoChunks(arguments.GetInt32Count("count")),
            "bytes" => CsvPartition.BySize(arguments.GetBytes("bytes")),
            "rows" => CsvPartition.ByRows(arguments.GetCount("rows")),
            _ => throw new PartitionException(null, $"format '{Id}' has no strategy '{name}'"),
        };
    }
}
