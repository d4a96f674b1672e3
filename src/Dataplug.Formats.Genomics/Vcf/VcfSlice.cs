using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Storage;

namespace Dataplug.Formats.Genomics;

/// <summary>Some records of a VCF object. As a file: plain VCF, the object's header and the records.</summary>
public sealed record VcfSlice : Slice<VcfRecord, IReadOnlyList<VcfRecord>>
{
    private const int AllOfIt = 1 << 20;

    /// <summary>The header.</summary>
    public required VcfRun Header { get; init; }

    /// <summary>The records, in order, each run of whole lines; none is empty.</summary>
    public required IReadOnlyList<VcfRun> Runs { get; init; }

    /// <summary>Whether the first run begins with the header, which is its neighbour.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool BeginsWithHeader { get; init; }

    /// <summary>Number of the first record in the object, from 0; null where that is not known.</summary>
    public long? FirstRecord { get; init; }

    /// <summary>Number of records; null where that is not known before they are read.</summary>
    public long? RecordCount { get; init; }

    /// <summary>Records at the start of the runs that belong to the slice before.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Skip { get; init; }

    /// <summary>Whether records of the slice behind follow in the runs.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HasSurplus { get; init; }

    /// <summary>Whether empty lines at the end of the object are the slice's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool EndsObject { get; init; }

    /// <summary>Which of the records are meant; null for all.</summary>
    public VcfFilter? Filter { get; init; }

    /// <summary>The samples that are read, in this order; null for all. See <see cref="WithSamples"/>.</summary>
    public IReadOnlyList<string>? Samples { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => VcfFormat.SliceKindName;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<ByteRange> Ranges => [.. (BeginsWithHeader ? Runs : Runs.Prepend(Header)).Where(run => !run.IsEmpty).Select(run => run.Range)];

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<BlobReference> Blobs => [.. Runs.Select(run => run.Window).OfType<BlobReference>()];

    private bool IsWhole => Skip == 0 && !HasSurplus && Filter is null && Samples is null;

    /// <summary>The same slice with the columns of some samples only, as <c>bcftools view -s</c> gives them; INFO stays as it is.</summary>
    /// <param name="names">The samples, in the order in which their columns shall come; none for no genotypes at all.</param>
    /// <remarks>Whether they exist is seen when the slice is opened: a <see cref="PartitionException"/> names those that don't.</remarks>
    public VcfSlice WithSamples(params IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        return this with { Samples = [.. names] };
    }

    /// <summary>Opens the piece as plain VCF: the object's header, and the slice's records.</summary>
    /// <inheritdoc/>
    public override Task<Stream> OpenReadAsync(CancellationToken cancellationToken = default) => Task.FromResult(Open(withHeader: true));

    /// <inheritdoc/>
    public override Task<Stream> OpenContinuationAsync(CancellationToken cancellationToken = default) => Task.FromResult(Open(withHeader: Index == 0));

    /// <summary>Reads the header, with all of its samples.</summary>
    public async Task<VcfHeader> ReadHeaderAsync(CancellationToken cancellationToken = default) =>
        await ReadHeaderAsync(Header, Source, Stores, cancellationToken).ConfigureAwait(false);

    /// <summary>Opens a reader of spans, which allocates nothing per record.</summary>
    public Task<VcfReader> OpenReaderAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // Without records nothing is worth a request.
        return Task.FromResult(new VcfReader(RecordCount == 0 ? Stream.Null : Open(withHeader: false), new VcfReaderOptions
        {
            Source = Source.Uri.Display,
            FirstRecord = FirstRecord,
            ByteOffset = Runs.Count > 0 ? Runs[0].Range.Offset : null,
        }));
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<VcfRecord> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var reader = await OpenReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            while (await reader.FillAsync(cancellationToken).ConfigureAwait(false))
            {
                while (reader.TryRead(out var record))
                    yield return record.ToRecord();
            }

            if (RecordCount is { } count && reader.RecordsRead != count)
                throw new CorruptObjectException(Source.Uri.Display, $"the slice holds {reader.RecordsRead} records where the index counted {count}", "Preprocess the object again with force, then partition it again.");
        }
    }

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<VcfRecord>> GetAsync(CancellationToken cancellationToken = default)
    {
        var records = new List<VcfRecord>((int)Math.Min(RecordCount ?? 0, AllOfIt));
        await foreach (var record in ReadAsync(cancellationToken).ConfigureAwait(false))
            records.Add(record);
        return records;
    }

    /// <inheritdoc/>
    public override Slice WithBlobs(IReadOnlyList<BlobReference> blobs)
    {
        ArgumentNullException.ThrowIfNull(blobs);
        var next = 0;
        return this with { Runs = [.. Runs.Select(run => run.Window is null ? run : run.WithWindow(blobs[next++]))] };
    }

    /// <inheritdoc/>
    public bool Equals(VcfSlice? other) =>
        base.Equals(other) && Header == other.Header && BeginsWithHeader == other.BeginsWithHeader && FirstRecord == other.FirstRecord
        && RecordCount == other.RecordCount && Skip == other.Skip && HasSurplus == other.HasSurplus && EndsObject == other.EndsObject && Filter == other.Filter
        && Runs.SequenceEqual(other.Runs) && (Samples is null ? other.Samples is null : other.Samples is not null && Samples.SequenceEqual(other.Samples, StringComparer.Ordinal));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), FirstRecord, RecordCount, Runs.Count, Filter);

    internal static async Task<VcfHeader> ReadHeaderAsync(VcfRun run, SourceIdentity source, ObjectStores stores, CancellationToken cancellationToken)
    {
        var stream = await run.OpenAsync(source.Pin(stores), stores, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes, cancellationToken).ConfigureAwait(false);
            return VcfHeader.Parse(bytes.ToArray(), source.Uri.Display);
        }
    }

    private Stream Open(bool withHeader)
    {
        // Which columns are whose only the header tells.
        var needsHeader = withHeader || Samples is not null;
        var runs = BeginsWithHeader ? Runs : needsHeader ? [Header, .. Runs] : Runs;
        var text = new VcfRunsStream(runs, PinSource(), Stores);
        if (IsWhole && (withHeader || !BeginsWithHeader))
            return text;
        return new VcfLineStream(text, new VcfLineSelection
        {
            Skip = Skip,
            Take = HasSurplus ? RecordCount : null,
            Filter = Filter,
            Samples = Samples,
            KeepsHeader = withHeader,
            KeepsEmpty = EndsObject,
        }, Source.Uri.Display);
    }
}

/// <summary>How <see cref="VcfSlice"/> is written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(VcfSlice))]
internal sealed partial class VcfSliceJson : JsonSerializerContext;
