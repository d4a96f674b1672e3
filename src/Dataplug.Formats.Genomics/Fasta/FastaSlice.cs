using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Serialization;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Storage;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>Some sequences of a FASTA object, or pieces of them. As a file: plain FASTA, with a header of its own where it begins within a
/// sequence.</summary>
public sealed record FastaSlice : Slice<FastaRecord, IReadOnlyList<FastaRecord>>
{
    /// <summary>The number of the first sequence that is in it, from 0.</summary>
    public int FirstSequence { get; init; }

    /// <summary>Where its bytes are.</summary>
    public required ContentRange Content { get; init; }

    /// <summary>Whether the object is compressed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsCompressed { get; init; }

    /// <summary>The sequence within which it begins; null where it begins with a header.</summary>
    public FastaLead? Lead { get; init; }

    /// <summary>Bytes at its end that belong to the next slice.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Overlap { get; init; }

    /// <summary>The region that it is; null where it is a part of the object as it stands.</summary>
    public FastaRegion? Region { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => IsCompressed ? FastaGZipFormat.FormatId : FastaFormat.FormatId;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<ByteRange> Ranges => Content.Ranges;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<BlobReference> Blobs => Content.Blobs;

    /// <inheritdoc/>
    public override async Task<Stream> OpenReadAsync(CancellationToken cancellationToken = default)
    {
        if (Region is not null)
            return new FastaRegionStream(new FastaRegionBases(await OpenReaderAsync(cancellationToken).ConfigureAwait(false), Region, Source.Uri.Display), Region.Title);
        var content = await Content.OpenAsync(PinSource(), Stores, cancellationToken).ConfigureAwait(false);
        return Lead is null ? content : new PrefixedStream(Encoding.UTF8.GetBytes($">{Lead.Title}\n"), content);
    }

    /// <inheritdoc/>
    public override async Task<Stream> OpenContinuationAsync(CancellationToken cancellationToken = default)
    {
        if (Region is not null)
            return await OpenReadAsync(cancellationToken).ConfigureAwait(false);
        var content = await Content.OpenAsync(PinSource(), Stores, cancellationToken).ConfigureAwait(false);
        return Overlap == 0 ? content : new LimitedStream(content, Content.Length - Overlap);
    }

    /// <summary>Opens a reader that gives sequences piece by piece, and allocates nothing a sequence. Of a region it gives also bases
    /// before and after it, where lines differ in length; <see cref="ReadAsync"/> and <see cref="OpenReadAsync"/> leave those out.</summary>
    public async Task<FastaReader> OpenReaderAsync(CancellationToken cancellationToken = default)
    {
        var lead = Region is null ? Lead : new FastaLead(Region.Title, Region.Start - Region.Skip);
        return new FastaReader(await Content.OpenAsync(PinSource(), Stores, cancellationToken).ConfigureAwait(false), Source.Uri.Display, lead);
    }

    /// <inheritdoc/>
    /// <exception cref="UnsupportedFormatException">A piece of a sequence has more than 2 147 483 591 bases: read it by
    /// <see cref="OpenReaderAsync"/>.</exception>
    public override async IAsyncEnumerable<FastaRecord> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (Region is { } region)
        {
            using var letters = new MemoryStream();
            var pieces = new FastaRegionBases(await OpenReaderAsync(cancellationToken).ConfigureAwait(false), region, Source.Uri.Display);
            await using (pieces.ConfigureAwait(false))
            {
                for (ReadOnlyMemory<byte> piece; !(piece = await pieces.NextAsync(cancellationToken).ConfigureAwait(false)).IsEmpty;)
                    Append(letters, piece, region.Title);
            }

            yield return new FastaRecord(region.Title, "", region.Start, letters.ToArray());
            yield break;
        }

        if (Content.IsEmpty)
            yield break;
        var reader = await OpenReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            using var bases = new MemoryStream();
            while (await reader.NextAsync(cancellationToken).ConfigureAwait(false))
            {
                bases.SetLength(0);
                for (ReadOnlyMemory<byte> piece; !(piece = await reader.ReadBasesAsync(cancellationToken).ConfigureAwait(false)).IsEmpty;)
                    Append(bases, piece, reader.Name);

                yield return new FastaRecord(reader.Name, reader.Description, reader.Offset, bases.ToArray());
            }
        }
    }

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<FastaRecord>> GetAsync(CancellationToken cancellationToken = default)
    {
        var records = new List<FastaRecord>();
        await foreach (var record in ReadAsync(cancellationToken).ConfigureAwait(false))
            records.Add(record);
        return records;
    }

    /// <inheritdoc/>
    public override Slice WithBlobs(IReadOnlyList<BlobReference> blobs) => this with { Content = Content.WithBlobs(blobs) };

    private void Append(MemoryStream bases, ReadOnlyMemory<byte> piece, string name)
    {
        if (bases.Length + piece.Length > Array.MaxLength)
            throw new UnsupportedFormatException(Source.Uri.Display, $"sequence '{name}' has more than {Array.MaxLength} bases", "Read it piece by piece with OpenReaderAsync, or cut it by bases.");
        bases.Write(piece.Span);
    }
}

/// <summary>A region as a slice.</summary>
/// <param name="Title">The title it has as a file: the region as samtools writes it.</param>
/// <param name="Start">Bases of its sequence before it.</param>
/// <param name="Length">Bases in it.</param>
/// <param name="Skip">Bases that are fetched before it.</param>
public sealed record FastaRegion(string Title, long Start, long Length, long Skip);

/// <summary>How <see cref="FastaSlice"/> is written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FastaSlice))]
internal sealed partial class FastaSliceJson : JsonSerializerContext;
