using System.Text.Json;
using System.Text.Json.Serialization;
using Dataplug.Metadata;

namespace Dataplug.Text;

/// <summary>The index of a CSV object: attributes, its header, and the first row start of every cell of a grid.</summary>
public sealed class CsvIndex : ObjectIndex
{
    internal const string Header = "header";
    internal const string RowOffsets = "row-offsets";
    internal const string RowNumbers = "row-numbers";

    private CsvIndex(SidecarReader sidecar, CsvAttributes csv, byte[]? header, long[] rowOffsets, long[] rowNumbers)
        : base(sidecar)
    {
        Csv = csv;
        EmbeddedHeader = header is null ? null : Convert.ToBase64String(header);
        Body = new MarkedBody(Source.Uri.Display, csv.HeaderLength, Source.Size, csv.Rows, rowOffsets, rowNumbers);
    }

    /// <summary>The attributes, typed.</summary>
    public CsvAttributes Csv { get; }

    /// <summary>The bytes that come before the rows, in Base64, when they are few; else null.</summary>
    internal string? EmbeddedHeader { get; }

    internal MarkedBody Body { get; }

    /// <summary>
    /// Slices between cuts: slice i holds the rows from cut i up to, not including, cut i + 1. For strategies of your own.
    /// </summary>
    /// <param name="cuts">Row numbers that never fall, the first 0, the last the number of rows: one more than slices.</param>
    /// <exception cref="PartitionException">The cuts are not such numbers, or more than 4 194 305.</exception>
    public IReadOnlyList<CsvSlice> Cut(IReadOnlyList<long> cuts) => SlicesOf(Body.Cut(cuts));

    internal IReadOnlyList<CsvSlice> SlicesOf(List<MarkedRange> ranges)
    {
        var slices = new CsvSlice[ranges.Count];
        for (var i = 0; i < slices.Length; i++)
        {
            slices[i] = new CsvSlice
            {
                Source = Source,
                Index = i,
                Count = slices.Length,
                Delimiter = Csv.Delimiter,
                Quote = Csv.Quote,
                Encoding = Csv.Encoding,
                ByteOrderMark = Csv.ByteOrderMark,
                HasHeader = Csv.Header,
                HeaderLength = Csv.HeaderLength,
                Header = EmbeddedHeader,
                Offset = ranges[i].Offset,
                Length = ranges[i].Length,
                FirstRow = ranges[i].First,
                Rows = ranges[i].Records,
                Skip = ranges[i].Skip,
                Surplus = ranges[i].Surplus,
            };
        }

        return slices;
    }

    internal static async Task<CsvIndex> LoadAsync(SidecarReader sidecar, CancellationToken cancellationToken)
    {
        CsvAttributes csv;
        try
        {
            csv = sidecar.Attributes.Deserialize(CsvJson.Default.CsvAttributes)!;
        }
        catch (JsonException e)
        {
            throw new CorruptIndexException(sidecar.Header.Source.Uri.Display, "the index's attributes are not those of a CSV object", innerException: e);
        }

        return new CsvIndex(
            sidecar,
            csv,
            sidecar.HasSection(Header) ? await sidecar.ReadSectionAsync(Header, cancellationToken).ConfigureAwait(false) : null,
            await sidecar.ReadColumnAsync(RowOffsets, cancellationToken).ConfigureAwait(false),
            await sidecar.ReadColumnAsync(RowNumbers, cancellationToken).ConfigureAwait(false));
    }
}

/// <summary>What is known of a whole CSV object.</summary>
public sealed record CsvAttributes
{
    /// <summary>The character between fields.</summary>
    public required char Delimiter { get; init; }

    /// <summary>The character around fields; null when there is none.</summary>
    public required char? Quote { get; init; }

    /// <summary>Whether the first row names the columns.</summary>
    public required bool Header { get; init; }

    /// <summary>Bytes before the first row, repeated in every slice: byte order mark and header.</summary>
    public required long HeaderLength { get; init; }

    /// <summary>Number of rows, the header and blank lines aside.</summary>
    public required long Rows { get; init; }

    /// <summary>Number of fields of the first row; 0 when there is none (or it is longer than 16 MiB).</summary>
    public required int ColumnCount { get; init; }

    /// <summary>The columns, at most the first 4096, as a sample of the rows has them.</summary>
    public required IReadOnlyList<CsvColumn> Columns { get; init; }

    /// <summary>Rows in the sample that column types were found in: those in the first 64 KiB (at most 1000) and in up to 15
    /// windows of 32 KiB spread over the object.</summary>
    public required long SampledRows { get; init; }

    /// <summary>Rows with another number of fields than the first row; null when the first row is longer than 64 KiB.</summary>
    public required long? RaggedRows { get; init; }

    /// <summary>Fewest fields of a row, header included; 0 without rows.</summary>
    public required long MinFields { get; init; }

    /// <summary>Most fields of a row, header included; 0 without rows.</summary>
    public required long MaxFields { get; init; }

    /// <summary>Length of the longest row in bytes, header included, with its line end and blank lines after it.</summary>
    public required long LongestRow { get; init; }

    /// <summary>The line ends of the rows in the first 64 KiB.</summary>
    public required LineEnding LineEnding { get; init; }

    /// <summary>Whether the last byte is a line end.</summary>
    public required bool EndsWithNewline { get; init; }

    /// <summary>How bytes become characters.</summary>
    public required TextEncoding Encoding { get; init; }

    /// <summary>Whether the object starts with a UTF-8 byte order mark.</summary>
    public required bool ByteOrderMark { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CsvAttributes))]
[JsonSerializable(typeof(CsvSlice))]
internal sealed partial class CsvJson : JsonSerializerContext;
