using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Storage;

namespace Dataplug.Formats.Imzml;

/// <summary>
/// Some spectra of an imzML data set, or a window of m/z of them. As files: a document and its ibd, in a ZIP archive
/// (<see cref="OpenReadAsync"/>) or side by side (<see cref="SaveAsync"/>). Reading costs a few range GETs of the ibd, neighbours merged,
/// and a few of the index.
/// </summary>
public sealed record ImzmlSlice : Slice<Spectrum, IReadOnlyList<Spectrum>>
{
    /// <summary>Where its spectra are, in parts of the index.</summary>
    public required IReadOnlyList<BlobReference> Tables { get; init; }

    /// <summary>For a window of m/z of spectra with an axis each: where in their arrays which m/z is, one for each of
    /// <see cref="Tables"/>; null where it is not needed.</summary>
    public IReadOnlyList<BlobReference>? MzBlocks { get; init; }

    /// <summary>Which of them, and which of their points, are its own.</summary>
    public required SpectrumSelection Selection { get; init; }

    /// <summary>The byte ranges of the ibd that are fetched at most, packed.</summary>
    public required string Fetches { get; init; }

    /// <summary>Number of its spectra.</summary>
    public required int SpectrumCount { get; init; }

    /// <summary>Whether its spectra share one m/z axis.</summary>
    public bool IsContinuous { get; init; }

    /// <summary>Width of a pixel, in micrometres as a rule; null where it is not known.</summary>
    public double? PixelSizeX { get; init; }

    /// <summary>Height of a pixel.</summary>
    public double? PixelSizeY { get; init; }

    /// <summary>Bytes that are read over rather than ask once more; null for 128 KiB.</summary>
    public long? MaxGap { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => ImzmlFormat.FormatId;

    /// <summary>The bytes of the ibd that reading the slice fetches at most, in order.</summary>
    [JsonIgnore]
    public override IReadOnlyList<ByteRange> Ranges => PackedRuns.Unpack(Fetches, Source.Uri.Display);

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<BlobReference> Blobs => [.. Tables, .. MzBlocks ?? []];

    /// <summary>The ibd, at the version that was indexed.</summary>
    [JsonIgnore]
    public SourceIdentity Ibd => Source.Companions is [var ibd] ? ibd : throw new InvalidSliceException(Source.Uri.Display, "the slice names no ibd");

    /// <summary>Opens the slice as a ZIP archive of a document and its ibd, stored without compression: first the ibd, as it is read, then the
    /// document, which holds its checksum. The same slice always gives the same bytes.</summary>
    /// <exception cref="StaleIndexException">The ibd changed since it was indexed.</exception>
    public override Task<Stream> OpenReadAsync(CancellationToken cancellationToken = default)
    {
        Validate();
        return Task.FromResult<Stream>(new ImzmlArchiveStream(this));
    }

    /// <summary>Writes the slice as a document and its ibd, side by side. Both appear whole or not at all.</summary>
    /// <param name="path">The document's path; the ibd's is the same with the ending <c>.ibd</c>.</param>
    /// <param name="cancellationToken">Cancels it; then nothing is left.</param>
    /// <exception cref="StaleIndexException">The ibd changed since it was indexed.</exception>
    public async Task SaveAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Validate();
        var ibdPath = Path.ChangeExtension(path, ".ibd");
        var (document, ibd) = (path + ".part", ibdPath + ".part");
        try
        {
            var writer = new ImzmlWriter(this);
            var stream = new FileStream(ibd, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 17, FileOptions.Asynchronous);
            await using (stream.ConfigureAwait(false))
                await writer.WriteIbdAsync(stream, cancellationToken).ConfigureAwait(false);
            stream = new FileStream(document, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 17, FileOptions.Asynchronous);
            await using (stream.ConfigureAwait(false))
                await writer.WriteDocumentAsync(stream, cancellationToken).ConfigureAwait(false);
            File.Move(ibd, ibdPath, overwrite: true);
            File.Move(document, path, overwrite: true);
        }
        catch (IOException failure)
        {
            throw new StorageException(path, "the slice can't be written: " + failure.Message.TrimEnd('.'), "Check the folder, its permissions and the space on its disk.", innerException: failure);
        }
        finally
        {
            File.Delete(ibd);
            File.Delete(document);
        }
    }

    /// <summary>Opens a reader of spans, which allocates nothing per spectrum.</summary>
    /// <exception cref="CorruptIndexException">The index was rewritten, or is damaged.</exception>
    public async Task<SpectrumReader> OpenReaderAsync(CancellationToken cancellationToken = default)
    {
        Validate();
        return await SpectrumReader.OpenAsync(this, PinSource().Companions[0], cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<Spectrum> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var reader = await OpenReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            while (await reader.FillAsync(cancellationToken).ConfigureAwait(false))
            {
                while (reader.TryRead(out var spectrum))
                    yield return spectrum.ToSpectrum();
            }
        }
    }

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<Spectrum>> GetAsync(CancellationToken cancellationToken = default)
    {
        var spectra = new List<Spectrum>(Math.Clamp(SpectrumCount, 0, 1 << 20));
        await foreach (var spectrum in ReadAsync(cancellationToken).ConfigureAwait(false))
            spectra.Add(spectrum);
        return spectra;
    }

    /// <inheritdoc/>
    public override Slice WithBlobs(IReadOnlyList<BlobReference> blobs)
    {
        ArgumentNullException.ThrowIfNull(blobs);
        return this with { Tables = [.. blobs.Take(Tables.Count)], MzBlocks = MzBlocks is null ? null : [.. blobs.Skip(Tables.Count)] };
    }

    /// <inheritdoc/>
    public bool Equals(ImzmlSlice? other) =>
        base.Equals(other) && Tables.SequenceEqual(other.Tables) && (MzBlocks ?? []).SequenceEqual(other.MzBlocks ?? []) && Selection == other.Selection && Fetches == other.Fetches
        && (SpectrumCount, IsContinuous, PixelSizeX, PixelSizeY, MaxGap) == (other.SpectrumCount, other.IsContinuous, other.PixelSizeX, other.PixelSizeY, other.MaxGap);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Tables.Count, Selection, Fetches, SpectrumCount);

    private void Validate()
    {
        if (Selection.First < 0 || Selection.End < Selection.First || SpectrumCount < 0 || MaxGap < 0 || (MzBlocks is { } blocks && blocks.Count != Tables.Count))
            throw new InvalidSliceException(Source.Uri.Display, "the slice's numbers contradict each other");
        _ = Ibd;
    }
}

/// <summary>Which spectra, and which of their points.</summary>
public sealed record SpectrumSelection
{
    /// <summary>The first spectrum's number.</summary>
    public required int First { get; init; }

    /// <summary>The number behind the last one's.</summary>
    public required int End { get; init; }

    /// <summary>Of those only the ones whose pixels lie in an area; null for all.</summary>
    public PixelArea? Area { get; init; }

    /// <summary>Of those only the ones with some numbers, packed; null for all.</summary>
    public string? Numbers { get; init; }

    /// <summary>The smallest m/z that belongs to the slice; null for no limit.</summary>
    public double? MinMz { get; init; }

    /// <summary>The smallest m/z beyond the slice; null for no limit.</summary>
    public double? MaxMz { get; init; }

    /// <summary>Whether points are chosen by their m/z.</summary>
    [JsonIgnore]
    public bool IsWindow => MinMz is not null || MaxMz is not null;
}
