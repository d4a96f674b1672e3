using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dataplug.Compression;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Formats.Genomics;

/// <summary>What an index of BAM is made of, and how it is written.</summary>
internal sealed record BamIndexContent
{
    public const string HeaderSection = "header";
    public const string HeaderBlobs = "header-blocks";
    public const string BinsSection = "bins";
    public const string MarkOffsetColumn = "mark-offsets";
    public const string MarkPositionColumn = "mark-positions";
    public const string MarkNumberColumn = "mark-records";
    public const string CountReferenceColumn = "count-references";
    public const string CountMappedColumn = "count-mapped";
    public const string CountUnmappedColumn = "count-unmapped";

    // So many reference sequences are shown with their names.
    private const int MaxShown = 100;
    private const int MaxShownName = 255;

    public required BamHeader Header { get; init; }

    public required VirtualOffset FirstRecord { get; init; }

    public required VirtualOffset RecordsEnd { get; init; }

    public required bool EndsWithMarker { get; init; }

    public required long? Records { get; init; }

    public required long? Mapped { get; init; }

    public required long? Unplaced { get; init; }

    public (VirtualOffset Place, string Problem)? Unsorted { get; init; }

    public required IReadOnlyDictionary<int, (long Mapped, long Unmapped)> Counts { get; init; }

    public required long[] MarkOffsets { get; init; }

    public required long[] MarkPositions { get; init; }

    /// <summary>How many records start before each mark; null where that is not known.</summary>
    public required long[]? MarkNumbers { get; init; }

    public required BinningIndex? Bins { get; init; }

    public string? ImportedFrom { get; init; }

    public async Task WriteAsync(SidecarWriter writer, PinnedObject source, CancellationToken cancellationToken)
    {
        writer.SetAttributes(JsonSerializer.SerializeToElement(Describe(), BamIndexJson.Default.BamAttributes));
        var blocks = BgzfWriter.Compress(Header.Bytes.Span, CompressionLevel.Optimal);
        try
        {
            await writer.WriteBlobAsync(HeaderBlobs, blocks, cancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentException tooLong)
        {
            throw new UnsupportedFormatException(source.Uri.Display, $"the header takes {blocks.Length} bytes in BGZF, more than a slice can bring along", "Leave out reference sequences that have no records: samtools reheader.", 0, tooLong);
        }

        await writer.WriteSectionAsync(HeaderSection, Header.Bytes, cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(MarkOffsetColumn, MarkOffsets, cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(MarkPositionColumn, MarkPositions, cancellationToken).ConfigureAwait(false);
        if (MarkNumbers is not null)
            await writer.WriteColumnAsync(MarkNumberColumn, MarkNumbers, cancellationToken).ConfigureAwait(false);
        var numbers = Counts.Keys.Order().ToArray();
        await writer.WriteColumnAsync(CountReferenceColumn, numbers.Select(number => (long)number).ToArray(), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(CountMappedColumn, numbers.Select(number => Counts[number].Mapped).ToArray(), cancellationToken).ConfigureAwait(false);
        await writer.WriteColumnAsync(CountUnmappedColumn, numbers.Select(number => Counts[number].Unmapped).ToArray(), cancellationToken).ConfigureAwait(false);
        if (Bins is not null)
            await writer.WriteSectionAsync(BinsSection, BinningIndexCodec.ToBytes(Bins), cancellationToken).ConfigureAwait(false);
    }

    private BamAttributes Describe() => new()
    {
        Records = Records,
        Mapped = Mapped,
        Unmapped = Records - Mapped,
        Unplaced = Unplaced,
        Sorted = Unsorted is null,
        Unsorted = Unsorted is { } unsorted ? string.Create(CultureInfo.InvariantCulture, $"{unsorted.Problem} (at virtual offset {unsorted.Place})") : null,
        SortOrder = Header.SortOrder,
        References = Header.References.Count,
        Sequences = [.. Header.References.Take(MaxShown).TakeWhile(reference => reference.Name.Length <= MaxShownName)],
        ReadGroups = Header.ReadGroups.Count(),
        Programs = Header.Programs.Count(),
        HeaderLength = Header.Bytes.Length,
        FirstRecord = FirstRecord,
        RecordsEnd = RecordsEnd,
        BgzfEndMarker = EndsWithMarker,
        ImportedFrom = ImportedFrom,
        Warnings = EndsWithMarker ? null : ["the BGZF end-of-file block is missing: the object may have been cut short between two blocks"],
    };
}

/// <summary>What is known of a whole BAM object.</summary>
public sealed record BamAttributes
{
    /// <summary>Number of records; null where an imported index did not tell.</summary>
    public required long? Records { get; init; }

    /// <summary>Number of records that are mapped; null where an imported index did not tell.</summary>
    public required long? Mapped { get; init; }

    /// <summary>Number of records that are not mapped, with and without a place; null where an imported index did not tell.</summary>
    public required long? Unmapped { get; init; }

    /// <summary>Number of records without a place on a reference sequence; null where an imported index did not tell.</summary>
    public required long? Unplaced { get; init; }

    /// <summary>Whether the records are sorted by position, as far as an index of positions needs it: those of a reference sequence
    /// together and rising, those without a place last.</summary>
    public required bool Sorted { get; init; }

    /// <summary>Which record is the first out of order; null where they are sorted.</summary>
    public string? Unsorted { get; init; }

    /// <summary>What the header says of the order: <c>unknown</c>, <c>unsorted</c>, <c>queryname</c>, <c>coordinate</c>.</summary>
    public required string SortOrder { get; init; }

    /// <summary>Number of reference sequences.</summary>
    public required int References { get; init; }

    /// <summary>The reference sequences, at most the first 100.</summary>
    public required IReadOnlyList<BamReference> Sequences { get; init; }

    /// <summary>Number of read groups.</summary>
    public required int ReadGroups { get; init; }

    /// <summary>Number of programs.</summary>
    public required int Programs { get; init; }

    /// <summary>Bytes of the header, decompressed.</summary>
    public required long HeaderLength { get; init; }

    /// <summary>Where the first record starts.</summary>
    public required VirtualOffset FirstRecord { get; init; }

    /// <summary>Where the last record ends.</summary>
    public required VirtualOffset RecordsEnd { get; init; }

    /// <summary>Whether the object ends with the BGZF end-of-file marker.</summary>
    public required bool BgzfEndMarker { get; init; }

    /// <summary>The kind of index that this one was made of, <c>bai</c> or <c>csi</c>; null where it was made of the object.</summary>
    public string? ImportedFrom { get; init; }

    /// <summary>What was odd; null where nothing was.</summary>
    public IReadOnlyList<string>? Warnings { get; init; }
}

/// <summary>How the attributes are written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BamAttributes))]
internal sealed partial class BamIndexJson : JsonSerializerContext;
