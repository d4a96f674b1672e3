using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Dataplug.Compression;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Storage;

namespace Dataplug.Formats.Genomics;

/// <summary>
/// Some records of a BAM object. As a file: BAM with the object's header, the records, and the end-of-file marker. Reading costs one
/// range GET for each of <see cref="Parts"/>, one for almost all slices, and one of the index for the header.
/// </summary>
public sealed record BamSlice : Slice<BamRecord, IReadOnlyList<BamRecord>>
{
    /// <summary>The object's header, in BGZF.</summary>
    public required BlobReference Header { get; init; }

    /// <summary>What is fetched, in order: each from the start of a record to the end of one; at most
    /// <see cref="BamIndex.MaxRangesPerSlice"/>.</summary>
    public required IReadOnlyList<BgzfRange> Parts { get; init; }

    /// <summary>Which of the records that are fetched are its own; null for all.</summary>
    public BamSelection? Selection { get; init; }

    /// <summary>Number of its first record in the object, from 0; null where that is not known before it is read.</summary>
    public long? FirstRecord { get; init; }

    /// <summary>Number of its records; null where that is not known before it is read.</summary>
    public long? RecordCount { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => BamFormat.FormatId;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<ByteRange> Ranges => [.. Parts.Where(part => !part.IsEmpty).Select(part => part.Range)];

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<BlobReference> Blobs => [Header];

    /// <inheritdoc/>
    public override Task<Stream> OpenReadAsync(CancellationToken cancellationToken = default) =>
        OpenAsync(withHeader: true, withEndMarker: true, cancellationToken);

    /// <summary>Opens the records in BGZF: before those of the first slice of a plan the header, behind those of the last one the
    /// end-of-file marker, so that all together are the object once more.</summary>
    public override Task<Stream> OpenContinuationAsync(CancellationToken cancellationToken = default) =>
        OpenAsync(withHeader: Index == 0, withEndMarker: Index == Count - 1, cancellationToken);

    /// <summary>Reads the object's header.</summary>
    /// <exception cref="CorruptIndexException">The index was rewritten, or is damaged.</exception>
    public async Task<BamHeader> ReadHeaderAsync(CancellationToken cancellationToken = default)
    {
        var blocks = await Header.LoadAsync(Stores, cancellationToken).ConfigureAwait(false);
        using var content = new MemoryStream();
        try
        {
            var inflate = new InflateStream(new MemoryStream(blocks.ToArray(), writable: false), new InflateReadOptions { Source = Source.Uri.Display, IsMemberStart = true });
            await using (inflate.ConfigureAwait(false))
                await inflate.CopyToAsync(content, cancellationToken).ConfigureAwait(false);
            return BamHeader.Parse(content.ToArray(), Source.Uri.Display);
        }
        catch (CorruptObjectException failure)
        {
            throw new CorruptIndexException(Source.Uri.Display, "the header in the index is damaged", innerException: failure);
        }
    }

    /// <summary>Opens a reader of spans, which allocates nothing per record.</summary>
    public async Task<BamReader> OpenReaderAsync(CancellationToken cancellationToken = default)
    {
        var header = await ReadHeaderAsync(cancellationToken).ConfigureAwait(false);
        return OpenReader(header);
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<BamRecord> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var reader = await OpenReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            while (await reader.FillAsync(cancellationToken).ConfigureAwait(false))
            {
                while (reader.TryRead(out var record))
                    yield return record.ToRecord();
            }

            CheckCount(reader.RecordsRead);
        }
    }

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<BamRecord>> GetAsync(CancellationToken cancellationToken = default)
    {
        var records = new List<BamRecord>();
        await foreach (var record in ReadAsync(cancellationToken).ConfigureAwait(false))
            records.Add(record);
        return records;
    }

    /// <inheritdoc/>
    public override Slice WithBlobs(IReadOnlyList<BlobReference> blobs)
    {
        ArgumentNullException.ThrowIfNull(blobs);
        return this with { Header = blobs[0] };
    }

    /// <inheritdoc/>
    public bool Equals(BamSlice? other) =>
        base.Equals(other) && Header == other.Header && Parts.SequenceEqual(other.Parts) && Selection == other.Selection
        && FirstRecord == other.FirstRecord && RecordCount == other.RecordCount;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Header, Parts.Count, Selection, FirstRecord, RecordCount);

    internal void CheckCount(long records)
    {
        if (RecordCount is { } count && records != count)
            throw new CorruptObjectException(Source.Uri.Display, $"the slice holds {records} records where the index counted {count}", "Preprocess the object again with force, then partition it again.", Parts.Count > 0 ? Parts[0].Start.Block : null);
    }

    private BamReader OpenReader(BamHeader? header)
    {
        Validate();
        return new BamReader(
            new BamPartStream(PinSource(), Parts),
            new BamReaderOptions { Source = Source.Uri.Display, Header = header, ByteOffset = Parts.Count > 0 ? Parts[0].Start.Block : null },
            Selection);
    }

    private async Task<Stream> OpenAsync(bool withHeader, bool withEndMarker, CancellationToken cancellationToken)
    {
        Validate();
        var header = withHeader ? await Header.LoadAsync(Stores, cancellationToken).ConfigureAwait(false) : default;
        IBamPieces pieces = Selection is null
            ? new BamCopy(PinSource(), Parts)
            : new BamFilter(this, OpenReader(header: null));
        return new BamSliceStream(header, pieces, withEndMarker ? BgzfWriter.EndMarker : default);
    }

    private void Validate()
    {
        if (Parts.Count > BamIndex.MaxRangesPerSlice || Selection is { Skip: < 0 } or { Take: < 0 })
            throw new InvalidSliceException(Source.Uri.Display, "the slice's numbers contradict each other");
    }
}

/// <summary>How <see cref="BamSlice"/> is written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BamSlice))]
internal sealed partial class BamSliceJson : JsonSerializerContext;
