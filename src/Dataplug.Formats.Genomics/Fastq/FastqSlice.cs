using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Storage;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>Some reads of a FASTQ object. As a file: the reads as plain, decompressed FASTQ.</summary>
public sealed record FastqSlice : Slice<FastqRead, IReadOnlyList<FastqRead>>
{
    /// <summary>Number of the first read in the object, from 0.</summary>
    public required long FirstRead { get; init; }

    /// <summary>Number of reads.</summary>
    public required long ReadCount { get; init; }

    /// <summary>How the qualities are encoded, as far as their range tells.</summary>
    public QualityEncoding QualityEncoding { get; init; }

    /// <summary>How the object is compressed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public FastqCompression Compression { get; init; }

    /// <summary>Whether reads may have more than four lines.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsWrapped { get; init; }

    /// <summary>The lines of the reads, and where they are: of compressed objects with four lines a read; else null.</summary>
    public GZipLineRange? Lines { get; init; }

    /// <summary>Where the reads are, and perhaps some before and after them; null where <see cref="Lines"/> tell.</summary>
    public ContentRange? Content { get; init; }

    /// <summary>Reads that <see cref="Content"/> begins with and that are not the slice's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Skip { get; init; }

    /// <summary>Whether all that follows its reads in <see cref="Content"/> is the slice's.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ToEnd { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => Compression switch
    {
        FastqCompression.None => FastqFormat.FormatId,
        FastqCompression.Zstd => FastqZstdFormat.FormatId,
        _ => FastqGZipFormat.FormatId,
    };

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<ByteRange> Ranges => Lines is null ? Content?.Ranges ?? [] : Lines.IsEmpty ? [] : [Lines.Range];

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<BlobReference> Blobs => Lines is null ? Content?.Blobs ?? [] : Lines.Window is { } window ? [window] : [];

    /// <inheritdoc/>
    public override async Task<Stream> OpenReadAsync(CancellationToken cancellationToken = default)
    {
        if (Lines is not null)
            return Compression == FastqCompression.Zstd ? Lines.OpenZstd(PinSource()) : await Lines.OpenAsync(PinSource(), Stores, cancellationToken).ConfigureAwait(false);
        if (Content is null)
            throw new InvalidSliceException(Source.Uri.Display, "the slice has no place in the object");
        var content = await Content.OpenAsync(PinSource(), Stores, cancellationToken).ConfigureAwait(false);
        return Skip == 0 && ToEnd ? content : new RecordWindowStream(content, new FastqReadFinder(IsWrapped), Skip, ToEnd ? long.MaxValue : ReadCount);
    }

    /// <summary>Opens a reader of spans, which allocates nothing per read.</summary>
    public async Task<FastqReader> OpenReaderAsync(CancellationToken cancellationToken = default) =>
        new(await OpenReadAsync(cancellationToken).ConfigureAwait(false), new FastqReaderOptions
        {
            Source = Source.Uri.Display,
            FirstRead = FirstRead,
            ByteOffset = ByteOffset,
            QualityEncoding = QualityEncoding,
            IsWrapped = IsWrapped,
        });

    /// <inheritdoc/>
    public override async IAsyncEnumerable<FastqRead> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var reader = await OpenReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            while (await reader.FillAsync(cancellationToken).ConfigureAwait(false))
            {
                while (reader.TryRead(out var read))
                    yield return read.ToRead();
            }

            CheckCount(reader.ReadsRead);
        }
    }

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<FastqRead>> GetAsync(CancellationToken cancellationToken = default)
    {
        var reads = new List<FastqRead>((int)Math.Min(ReadCount, 1 << 20));
        await foreach (var read in ReadAsync(cancellationToken).ConfigureAwait(false))
            reads.Add(read);
        return reads;
    }

    /// <summary>Reads pairs of mates that follow one another: of an interleaved object that was cut into whole pairs.</summary>
    /// <exception cref="CorruptObjectException">Two reads are no mates, or a read is left over.</exception>
    public async IAsyncEnumerable<FastqPair> ReadPairsAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        FastqRead? first = null;
        var number = FirstRead;
        await foreach (var read in ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            number++;
            if (first is null)
            {
                first = read;
                continue;
            }

            FastqPair.CheckMates(first, read, number / 2, Source.Uri.Display, Source.Uri.Display);
            yield return new FastqPair(first, read);
            first = null;
        }

        if (first is not null)
            throw new CorruptObjectException(Source.Uri.Display, $"read {number} has no mate after it", "Cut the object into whole pairs, with mates=interleaved.");
    }

    /// <inheritdoc/>
    public override Slice WithBlobs(IReadOnlyList<BlobReference> blobs)
    {
        ArgumentNullException.ThrowIfNull(blobs);
        if (Lines is null)
            return this with { Content = Content?.WithBlobs(blobs) };
        return Lines.Window is null ? this : this with { Lines = Lines with { Window = blobs[0] } };
    }

    private long? ByteOffset => Lines?.Start ?? (Content?.Ranges is [var range] ? range.Offset : null);

    private void CheckCount(long reads)
    {
        if (reads != ReadCount)
            throw new CorruptObjectException(Source.Uri.Display, $"the slice holds {reads} reads where the index counted {ReadCount}", "Preprocess the object again with force, then partition it again.", ByteOffset);
    }
}

/// <summary>How <see cref="FastqSlice"/> is written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(FastqSlice))]
internal sealed partial class FastqSliceJson : JsonSerializerContext;
