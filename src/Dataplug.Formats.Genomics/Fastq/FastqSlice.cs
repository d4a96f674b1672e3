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

    /// <summary>The lines of the reads, and where they are.</summary>
    public required GZipLineRange Lines { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => FastqGZipFormat.FormatId;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<ByteRange> Ranges => Lines.IsEmpty ? [] : [Lines.Range];

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<BlobReference> Blobs => Lines.Window is { } window ? [window] : [];

    /// <inheritdoc/>
    public override Task<Stream> OpenReadAsync(CancellationToken cancellationToken = default) => Lines.OpenAsync(PinSource(), Stores, cancellationToken);

    /// <summary>Opens a reader of spans, which allocates nothing per read.</summary>
    public async Task<FastqReader> OpenReaderAsync(CancellationToken cancellationToken = default) =>
        new(await OpenReadAsync(cancellationToken).ConfigureAwait(false), new FastqReaderOptions
        {
            Source = Source.Uri.Display,
            FirstRead = FirstRead,
            ByteOffset = Lines.Start,
            QualityEncoding = QualityEncoding,
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

    /// <inheritdoc/>
    public override Slice WithBlobs(IReadOnlyList<BlobReference> blobs)
    {
        ArgumentNullException.ThrowIfNull(blobs);
        return Lines.Window is null ? this : this with { Lines = Lines with { Window = blobs[0] } };
    }

    private void CheckCount(long reads)
    {
        if (reads != ReadCount)
            throw new CorruptObjectException(Source.Uri.Display, $"the slice holds {reads} reads where the index counted {ReadCount}", "Preprocess the object again with force, then partition it again.", Lines.Start);
    }
}

/// <summary>How <see cref="FastqSlice"/> is written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(FastqSlice))]
internal sealed partial class FastqSliceJson : JsonSerializerContext;
