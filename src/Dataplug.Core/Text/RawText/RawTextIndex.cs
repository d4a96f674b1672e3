using System.Text.Json;
using System.Text.Json.Serialization;
using Dataplug.Metadata;

namespace Dataplug.Text;

/// <summary>
/// The index of a text: attributes, and the first line start and the first word start of every cell of a grid.
/// </summary>
public sealed class RawTextIndex : ObjectIndex
{
    internal const string LineOffsets = "line-offsets";
    internal const string LineNumbers = "line-numbers";
    internal const string WordOffsets = "word-offsets";
    internal const string WordNumbers = "word-numbers";

    private readonly MarkedBody _lines;
    private readonly MarkedBody _words;

    private RawTextIndex(SidecarReader sidecar, RawTextAttributes text, long[] lineOffsets, long[] lineNumbers, long[] wordOffsets, long[] wordNumbers)
        : base(sidecar)
    {
        Text = text;
        _lines = new MarkedBody(Source.Uri.Display, 0, Source.Size, text.Lines, lineOffsets, lineNumbers);
        _words = new MarkedBody(Source.Uri.Display, 0, Source.Size, text.Words, wordOffsets, wordNumbers);
    }

    /// <summary>The attributes, typed.</summary>
    public RawTextAttributes Text { get; }

    /// <summary>
    /// Slices between cuts: slice i holds the lines from cut i up to, not including, cut i + 1. For strategies of your own.
    /// </summary>
    /// <param name="cuts">Line numbers that never fall, the first 0, the last the number of lines: one more than slices.</param>
    /// <exception cref="PartitionException">The cuts are not such numbers, or more than 4 194 305.</exception>
    public IReadOnlyList<RawTextSlice> Cut(IReadOnlyList<long> cuts) => SlicesOf(_lines.Cut(cuts), TextUnit.Lines);

    internal IReadOnlyList<RawTextSlice> SlicesOf(List<MarkedRange> ranges, TextUnit unit)
    {
        var slices = new RawTextSlice[ranges.Count];
        for (var i = 0; i < slices.Length; i++)
        {
            slices[i] = new RawTextSlice
            {
                Source = Source,
                Index = i,
                Count = slices.Length,
                Unit = unit,
                Encoding = Text.Encoding,
                Offset = ranges[i].Offset,
                Length = ranges[i].Length,
                First = ranges[i].First,
                Records = ranges[i].Records,
                Skip = ranges[i].Skip,
                Surplus = ranges[i].Surplus,
            };
        }

        return slices;
    }

    internal MarkedBody BodyOf(TextUnit unit) => unit == TextUnit.Words ? _words : _lines;

    internal static async Task<RawTextIndex> LoadAsync(SidecarReader sidecar, CancellationToken cancellationToken)
    {
        RawTextAttributes text;
        try
        {
            text = sidecar.Attributes.Deserialize(RawTextJson.Default.RawTextAttributes)!;
        }
        catch (JsonException e)
        {
            throw new CorruptIndexException(sidecar.Header.Source.Uri.Display, "the index's attributes are not those of a text", innerException: e);
        }

        return new RawTextIndex(
            sidecar,
            text,
            await sidecar.ReadColumnAsync(LineOffsets, cancellationToken).ConfigureAwait(false),
            await sidecar.ReadColumnAsync(LineNumbers, cancellationToken).ConfigureAwait(false),
            await sidecar.ReadColumnAsync(WordOffsets, cancellationToken).ConfigureAwait(false),
            await sidecar.ReadColumnAsync(WordNumbers, cancellationToken).ConfigureAwait(false));
    }
}

/// <summary>What is known of a whole text.</summary>
public sealed record RawTextAttributes
{
    /// <summary>Number of lines; a last line without line end counts, so this may be one more than <c>wc -l</c> says.</summary>
    public required long Lines { get; init; }

    /// <summary>Number of words: runs of bytes that are no ASCII white space, as Python's <c>bytes.split</c> finds them.
    /// <c>wc -w</c> leaves out those without a printable character.</summary>
    public required long Words { get; init; }

    /// <summary>Length of the longest line in bytes, line end included.</summary>
    public required long LongestLine { get; init; }

    /// <summary>What line ends there are.</summary>
    public required LineEnding LineEnding { get; init; }

    /// <summary>Whether the last byte is a line end.</summary>
    public required bool EndsWithNewline { get; init; }

    /// <summary>How bytes become characters.</summary>
    public required TextEncoding Encoding { get; init; }

    /// <summary>Whether the text starts with a UTF-8 byte order mark.</summary>
    public required bool ByteOrderMark { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RawTextAttributes))]
[JsonSerializable(typeof(RawTextSlice))]
internal sealed partial class RawTextJson : JsonSerializerContext;
