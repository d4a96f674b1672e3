using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Storage;

namespace Dataplug.Formats.Geo;

/// <summary>
/// Some points of a LAS object. As a file: LAS of the same version and point format, with the object's variable length records. Its records
/// are batches of points, its value all of its points, as columns.
/// </summary>
public sealed record LasSlice : Slice<LasPoints, LasPoints>
{
    // Points are handed on in pieces of about this many bytes.
    private const int PieceLength = 2 << 20;

    private static readonly ReadManyOptions Reading = new() { MaxGap = 0, MaxBytesInFlight = 64 << 20 };

    /// <summary>Where the points of the object start; its head is before.</summary>
    public required long PointsOffset { get; init; }

    /// <summary>Bytes of a point.</summary>
    public required int RecordLength { get; init; }

    /// <summary>The number of points in the object.</summary>
    public required long ObjectPoints { get; init; }

    /// <summary>The points that are fetched, in order; at most <see cref="LasIndex.MaxRunsPerSlice"/> runs.</summary>
    [JsonConverter(typeof(LasRunsConverter))]
    public required IReadOnlyList<LasRun> Runs { get; init; }

    /// <summary>The stored coordinates of its points; null for all. Those outside that are fetched are left out.</summary>
    public LasRectangle? Region { get; init; }

    /// <summary>The polygon that its points are in, border included, as Well-Known Binary in Base64; null for none.</summary>
    public string? Polygon { get; init; }

    /// <summary>Which of its points are meant; null for all.</summary>
    public LasFilter? Filter { get; init; }

    /// <summary>The number of its first point in the object, from 0; null where its points are not one run.</summary>
    public long? FirstPoint { get; init; }

    /// <summary>How many points it has; null where that is not known before they are read.</summary>
    public long? PointCount { get; init; }

    /// <summary>Whether all slices of the plan together are the whole object.</summary>
    public bool IsOfWhole { get; init; }

    /// <summary>Extended variable length records that it takes along; null for none.</summary>
    public IReadOnlyList<ByteRange>? Evlrs { get; init; }

    /// <summary>How many they are.</summary>
    public long EvlrCount { get; init; }

    /// <summary>Where its chunks are; null where the points of the object are not compressed.</summary>
    public LazSource? Compressed { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => Compressed?.Kind ?? LasFormat.FormatId;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<BlobReference> Blobs => Compressed?.Pages ?? [];

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<ByteRange> Ranges
    {
        get
        {
            var ranges = new List<ByteRange> { new(0, PointsOffset) };
            var gap = Compressed is null ? 0 : LasIndex.MaxGap;
            foreach (var range in Compressed?.Fetched ?? Runs.Select(RangeOf))
            {
                if (range.Offset - ranges[^1].End <= gap)
                    ranges[^1] = ByteRange.FromBounds(ranges[^1].Offset, Math.Max(ranges[^1].End, range.End));
                else
                    ranges.Add(range);
            }

            if (Tail.Length > 0)
                ranges.Add(Tail);
            else
                ranges.AddRange(Evlrs ?? []);
            return ranges;
        }
    }

    // What is behind the points is the last slice's, where the slices are the whole object.
    private ByteRange Tail => IsOfWhole && Index == Count - 1 ? ByteRange.FromBounds(PointsEnd, Source.Size) : default;

    private long PointsEnd => Compressed?.Tail ?? checked(PointsOffset + (ObjectPoints * RecordLength));

    /// <summary>The same slice with the points of some return numbers only.</summary>
    /// <param name="numbers">The return numbers, 0 to 15.</param>
    public LasSlice WithReturns(params IReadOnlyList<int> numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        return this with { Filter = (Filter ?? new LasFilter()) with { Returns = LasFilter.Ordered(numbers, 15) }, PointCount = null };
    }

    /// <summary>The same slice with the last return of each pulse only: the points whose return number is the number of returns.</summary>
    public LasSlice WithLastReturns() => this with { Filter = (Filter ?? new LasFilter()) with { LastReturns = true }, PointCount = null };

    /// <summary>The same slice with the points of some classes only.</summary>
    /// <param name="numbers">The classes, 0 to 255: 2 ground, 3 to 5 vegetation, 6 building, 9 water, …</param>
    public LasSlice WithClasses(params IReadOnlyList<int> numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        return this with { Filter = (Filter ?? new LasFilter()) with { Classes = LasFilter.Ordered(numbers, 255) }, PointCount = null };
    }

    /// <summary>The same slice, whose file is plain LAS also where the object is compressed.</summary>
    public LasSlice AsLas() => Compressed is null ? this : this with { Compressed = Compressed with { WritesLas = true } };

    /// <inheritdoc/>
    public override Slice WithBlobs(IReadOnlyList<BlobReference> blobs)
    {
        ArgumentNullException.ThrowIfNull(blobs);
        return Compressed is null ? this : this with { Compressed = Compressed with { Pages = blobs } };
    }

    /// <summary>Opens the piece as LAS, or as LAZ where the object is: the object's head, with the counts and bounds of the slice; its points; and the extended records, but
    /// waveform data packets and spatial indexes.</summary>
    /// <remarks>The head comes first and says what is counted last, so the points are kept until all are there: in memory up to 256 MiB, in a
    /// temporary file beyond.</remarks>
    /// <inheritdoc/>
    public override Task<Stream> OpenReadAsync(CancellationToken cancellationToken = default) =>
        Task.FromResult<Stream>(new PiecesStream(Compressed is { WritesLas: false } ? WriteCompressedAsync : WriteFileAsync));

    /// <summary>Opens the points as LAS, decompressed where they are compressed, before those of the first slice the object's head as it is, behind those of the last one all that follows
    /// them in the object: slices by number of points are together the object, byte for byte, or what it is without compression; spatial ones have its points in another order.</summary>
    /// <exception cref="PartitionException">The slices of the plan are not the whole object, or are filtered; and there are several.</exception>
    public override Task<Stream> OpenContinuationAsync(CancellationToken cancellationToken = default) =>
        IsOfWhole && Filter is null ? Task.FromResult<Stream>(new PiecesStream(Compressed is null ? WriteContinuationAsync : WriteCompressedContinuationAsync))
        : Count == 1 ? OpenReadAsync(cancellationToken)
        : throw new PartitionException(Source.Uri.Display, "slices that are not the whole object can't be put together to one file: its head would have to say what all of them hold", "Read each slice as a file of its own.");

    /// <summary>Reads the head of the object.</summary>
    public async Task<LasHeader> ReadHeaderAsync(CancellationToken cancellationToken = default) =>
        await CompleteAsync(LasHeader.Parse(await PinSource().ReadAsync(new ByteRange(0, PointsOffset), cancellationToken).ConfigureAwait(false), Source.Uri.Display), cancellationToken).ConfigureAwait(false);

    /// <summary>Reads the points in batches of about 2 MB, in the order of the object. No batch is empty.</summary>
    /// <inheritdoc/>
    public override async IAsyncEnumerable<LasPoints> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (Runs.Count == 0)
            yield break;
        await foreach (var (header, records) in ReadRecordsAsync(describesExtra: true, cancellationToken).ConfigureAwait(false))
        {
            if (!records.IsEmpty)
                yield return new LasPoints(records, header);
        }
    }

    /// <summary>Reads all points.</summary>
    /// <exception cref="PartitionException">They take more than 2 GB.</exception>
    public override async Task<LasPoints> GetAsync(CancellationToken cancellationToken = default)
    {
        var pieces = new List<ReadOnlyMemory<byte>>();
        LasHeader? read = null;
        var length = 0L;
        await foreach (var (header, records) in ReadRecordsAsync(describesExtra: true, cancellationToken).ConfigureAwait(false))
        {
            read = header;
            pieces.Add(records);
            length += records.Length;
            if (length > Array.MaxLength)
                throw new PartitionException(Source.Uri.Display, $"the slice's points take more than {Array.MaxLength} bytes", "Cut the object into smaller slices, or read the slice in batches.");
        }

        var whole = new byte[length];
        var at = 0;
        foreach (var piece in pieces)
        {
            piece.CopyTo(whole.AsMemory(at));
            at += piece.Length;
        }

        return new LasPoints(whole, read!);
    }

    /// <inheritdoc/>
    public bool Equals(LasSlice? other) =>
        base.Equals(other) && PointsOffset == other.PointsOffset && RecordLength == other.RecordLength && ObjectPoints == other.ObjectPoints
        && Region == other.Region && Polygon == other.Polygon && Filter == other.Filter && FirstPoint == other.FirstPoint && PointCount == other.PointCount
        && IsOfWhole == other.IsOfWhole && Compressed == other.Compressed && EvlrCount == other.EvlrCount && Runs.SequenceEqual(other.Runs)
        && (Evlrs is null ? other.Evlrs is null : other.Evlrs is not null && Evlrs.SequenceEqual(other.Evlrs));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Runs.Count, Region, Polygon, Filter, FirstPoint, PointCount);

    private ByteRange RangeOf(LasRun run) => new(checked(PointsOffset + (run.First * RecordLength)), checked(run.Count * RecordLength));

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> WriteFileAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var summary = new LasSummary();
        var spool = new PointSpool();
        await using (spool.ConfigureAwait(false))
        {
            LasHeader? read = null;
            await foreach (var (header, records) in ReadRecordsAsync(describesExtra: false, cancellationToken).ConfigureAwait(false))
            {
                read = header;
                summary.Add(records.Span, header.PointFormat);
                await spool.AddAsync(records, cancellationToken).ConfigureAwait(false);
            }

            yield return read!.Rewrite(summary, EvlrCount);
            await foreach (var piece in spool.ReadAsync(cancellationToken).ConfigureAwait(false))
                yield return piece;
        }

        foreach (var range in Evlrs ?? [])
        {
            await foreach (var piece in CopyAsync(range, cancellationToken).ConfigureAwait(false))
                yield return piece;
        }
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> WriteContinuationAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Runs.Count > 0)
        {
            var isFirst = Index == 0;
            await foreach (var (header, records) in ReadRecordsAsync(describesExtra: false, cancellationToken).ConfigureAwait(false))
            {
                if (isFirst)
                    yield return header.Bytes;
                isFirst = false;
                yield return records;
            }
        }
        else if (Index == 0)
        {
            yield return (await ReadHeaderAsync(cancellationToken).ConfigureAwait(false)).Bytes;
        }

        await foreach (var piece in CopyAsync(Tail, cancellationToken).ConfigureAwait(false))
            yield return piece;
    }

    // Chunks all of whose points are meant are copied, without being looked at where the index knows what is counted; the points of others
    // are put together and compressed again.
    private async IAsyncEnumerable<ReadOnlyMemory<byte>> WriteCompressedAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = await LazSliceReader.OpenAsync(this, PinSource(), cancellationToken).ConfigureAwait(false);
        var writer = new LazWriter(reader.Head);
        var selector = new PointSelector(reader.Head.Plain, Region, Polygon, Filter, Source.Uri.Display);
        await using (writer.ConfigureAwait(false))
        {
            await foreach (var piece in reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                var isKnown = piece.Chunk.ByReturn is not null;
                var isWhole = piece.IsWhole && Polygon is null && Filter is null && (Region is not { } region || (isKnown && region.Contains(piece.Chunk.Bounds.Rectangle)));
                if (isWhole && isKnown)
                {
                    await writer.CopyAsync(piece, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                var records = reader.Decode(piece);
                var chosen = isWhole ? records : selector.Select(records);
                if (piece.IsWhole && chosen.Length == records.Length)
                    await writer.CopyAsync(piece, records, cancellationToken).ConfigureAwait(false);
                else
                    await writer.AddAsync(chosen, cancellationToken).ConfigureAwait(false);
            }

            await foreach (var bytes in writer.FinishAsync(EvlrCount, cancellationToken).ConfigureAwait(false))
                yield return bytes;
        }

        foreach (var range in Evlrs ?? [])
        {
            await foreach (var piece in CopyAsync(range, cancellationToken).ConfigureAwait(false))
                yield return piece;
        }
    }

    // As above without compression: what the object would be as LAS.
    private async IAsyncEnumerable<ReadOnlyMemory<byte>> WriteCompressedContinuationAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (Runs.Count > 0 || Index == 0)
        {
            var reader = await LazSliceReader.OpenAsync(this, PinSource(), cancellationToken).ConfigureAwait(false);
            var selector = new PointSelector(reader.Head.Plain, Region, Polygon, Filter, Source.Uri.Display);
            if (Index == 0)
                yield return reader.Head.RewriteWhole(ObjectPoints, Compressed!.Tail);
            await foreach (var piece in reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                yield return selector.Select(reader.Decode(piece));
        }

        await foreach (var piece in CopyAsync(Tail, cancellationToken).ConfigureAwait(false))
            yield return piece;
    }

    // As below, of chunks. The head is that of the same points without compression.
    private async IAsyncEnumerable<(LasHeader Header, ReadOnlyMemory<byte> Records)> ReadChunksAsync(bool describesExtra, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = await LazSliceReader.OpenAsync(this, PinSource(), cancellationToken).ConfigureAwait(false);
        var header = describesExtra ? await CompleteAsync(reader.Head.Plain, cancellationToken).ConfigureAwait(false) : reader.Head.Plain;
        var selector = new PointSelector(header, Region, Polygon, Filter, Source.Uri.Display);
        yield return (header, default);
        await foreach (var piece in reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            yield return (header, selector.Select(reader.Decode(piece)));
    }

    // The head, and then the points that are meant, piece by piece. There is always one piece, so that the head is known.
    private async IAsyncEnumerable<(LasHeader Header, ReadOnlyMemory<byte> Records)> ReadRecordsAsync(bool describesExtra, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (RecordLength < 1 || PointsOffset < 0)
            throw new InvalidSliceException(Source.Uri.Display, $"points of {RecordLength} bytes from byte {PointsOffset} on can't be");
        if (Compressed is not null)
        {
            await foreach (var piece in ReadChunksAsync(describesExtra, cancellationToken).ConfigureAwait(false))
                yield return piece;
            yield break;
        }

        var ranges = new List<ByteRange> { new(0, PointsOffset) };
        var each = Math.Max(1, PieceLength / RecordLength) * RecordLength;
        foreach (var run in Runs.Select(RangeOf))
        {
            for (var at = run.Offset; at < run.End; at += each)
                ranges.Add(ByteRange.FromBounds(at, Math.Min(run.End, at + each)));
        }

        LasHeader? header = null;
        PointSelector? selector = null;
        await foreach (var bytes in PinSource().StreamManyAsync(ranges, Reading, cancellationToken).ConfigureAwait(false))
        {
            if (header is null)
            {
                header = LasHeader.Parse(bytes.ToArray(), Source.Uri.Display);
                if (header.PointFormat.RecordLength != RecordLength || header.PointsOffset != PointsOffset)
                    throw new InvalidSliceException(Source.Uri.Display, "the slice's points are not laid out as the object's header says");
                if (describesExtra)
                    header = await CompleteAsync(header, cancellationToken).ConfigureAwait(false);
                selector = new PointSelector(header, Region, Polygon, Filter, Source.Uri.Display);
                yield return (header, default);
                continue;
            }

            yield return (header, selector!.Select(bytes));
        }
    }

    // LAS 1.4 allows the description of extra bytes also behind the points.
    private async Task<LasHeader> CompleteAsync(LasHeader header, CancellationToken cancellationToken)
    {
        if (Evlrs is null || header.PointFormat.ExtraBytes is not [{ Type: LasExtraType.Undocumented, Name: "undescribed" }])
            return header;
        foreach (var range in Evlrs.Where(range => range.Length <= LasHeader.MaxLength))
            header = header.With(LasBody.Parse(await PinSource().ReadAsync(range, cancellationToken).ConfigureAwait(false), range.Offset));
        return header;
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> CopyAsync(ByteRange range, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (range.Length == 0)
            yield break;
        var stream = PinSource().OpenRead(range, ReadAheadOptions.Default);
        await using (stream.ConfigureAwait(false))
        {
            var buffer = new byte[Math.Min(range.Length, 1 << 20)];
            for (int read; (read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
                yield return buffer.AsMemory(0, read);
        }
    }
}
