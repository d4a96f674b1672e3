using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;

namespace Dataplug.Text;

/// <summary>
/// Raw text (<c>raw-text</c>): bytes with line ends. ASCII, UTF-8 and other encodings in which line ends and blanks are single
/// ASCII bytes; UTF-16 and UTF-32 are refused.
/// </summary>
public sealed class RawTextFormat : DataFormat<RawTextIndex>
{
    internal const string FormatId = "raw-text";

    private const string UnitParameter = "unit";

    private static readonly StrategyParameter Unit = new(
        UnitParameter, StrategyParameterType.Choice, "what is never cut: whole lines or whole words", "lines", ["lines", "words"]);

    private readonly long _chunkSize;

    internal RawTextFormat(long chunkSize = ChunkPlan.ChunkSize) => _chunkSize = chunkSize;

    /// <inheritdoc/>
    public override string Id => FormatId;

    /// <inheritdoc/>
    public override int IndexVersion => 1;

    /// <inheritdoc/>
    public override string Name => "Raw text";

    /// <inheritdoc/>
    public override string Description => "Text of any kind, cut at whole lines or whole words";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Extensions { get; } = [".txt", ".text", ".log", ".md", ".rst"];

    /// <inheritdoc/>
    public override IReadOnlyList<StrategyDescription> Strategies { get; } =
    [
        new("count", "a number of slices of about the same size", [new("count", StrategyParameterType.Count, "number of slices"), Unit]),
        new("bytes", "slices of at most a number of bytes", [new("bytes", StrategyParameterType.Bytes, "bytes per slice"), Unit]),
        new("lines", "slices of a number of lines", [new("lines", StrategyParameterType.Count, "lines per slice")]),
    ];

    /// <inheritdoc/>
    public override SliceKind SliceKind { get; } = SliceKind.Of(FormatId, () => RawTextJson.Default.RawTextSlice);

    /// <inheritdoc/>
    public override FormatMatch Detect(FormatProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        return !probe.IsGZip && TextProbe.LooksLikeText(probe.Head.Span) ? FormatMatch.Fallback : FormatMatch.None;
    }

    /// <inheritdoc/>
    public override IPreprocessor CreatePreprocessor() => new RawTextPreprocessor(_chunkSize);

    /// <inheritdoc/>
    public override Task<RawTextIndex> LoadIndexAsync(SidecarReader sidecar, CancellationToken cancellationToken = default) =>
        RawTextIndex.LoadAsync(sidecar, cancellationToken);

    /// <inheritdoc/>
    public override IPartitionStrategy<RawTextIndex, Slice> CreateStrategy(StrategyArguments arguments, string name)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        return name switch
        {
            "count" => TextPartition.IntoChunks(arguments.GetInt32Count("count"), GetUnit(arguments)),
            "bytes" => TextPartition.BySize(arguments.GetBytes("bytes"), GetUnit(arguments)),
            "lines" => TextPartition.ByLines(arguments.GetCount("lines")),
            _ => throw new PartitionException(null, $"format '{Id}' has no strategy '{name}'"),
        };
    }

    private static TextUnit GetUnit(StrategyArguments arguments) =>
        arguments.GetChoice(UnitParameter) == "words" ? TextUnit.Words : TextUnit.Lines;
}
