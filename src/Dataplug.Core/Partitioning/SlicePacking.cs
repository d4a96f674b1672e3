using System.Collections.Concurrent;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Partitioning;

/// <summary>
/// Makes slices ready for workers that see less than this machine: not the metadata location (the blobs of the index travel
/// with the slices), or no credentials at all (URLs that anyone can read for a while).
/// </summary>
public static class SlicePacking
{
    private const int Parallelism = 8;

    /// <summary>Puts the blobs that the slices need on board, so that reading them no longer takes the sidecar. A slice grows
    /// from about a kilobyte by four thirds of its blobs (a decompression window: at most 43 KiB).</summary>
    /// <param name="slices">The slices; read through their own <see cref="Slice.Stores"/>.</param>
    /// <param name="cancellationToken">Cancels the reads.</param>
    /// <exception cref="CorruptIndexException">A blob is damaged, or the index was made anew.</exception>
    public static async Task<IReadOnlyList<TSlice>> InlineBlobsAsync<TSlice>(this IReadOnlyList<TSlice> slices, CancellationToken cancellationToken = default)
        where TSlice : Slice
    {
        ArgumentNullException.ThrowIfNull(slices);

        // Neighbours often share a blob: each is fetched once.
        var inlined = new ConcurrentDictionary<BlobReference, BlobReference>();
        await Parallel.ForEachAsync(
            slices.SelectMany(slice => slice.Blobs.Select(blob => (Blob: blob, slice.Stores))).DistinctBy(use => use.Blob),
            new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken },
            async (use, cancelled) => inlined[use.Blob] = await use.Blob.InlineAsync(use.Stores, cancelled).ConfigureAwait(false)).ConfigureAwait(false);
        return [.. slices.Select(slice => slice.Blobs.Count == 0 ? slice : (TSlice)slice.WithBlobs([.. slice.Blobs.Select(blob => inlined[blob])]))];
    }

    /// <summary>Replaces the URIs of the objects, and of the sidecars where blobs are not on board, by presigned URLs. Reads
    /// stay pinned to the ETag. The URLs are secrets while they are valid.</summary>
    /// <param name="slices">The slices; signed by their own <see cref="Slice.Stores"/>.</param>
    /// <param name="validFor">How long the URLs can be read.</param>
    /// <param name="cancellationToken">Cancels the signing.</param>
    /// <exception cref="StorageException">An object or sidecar is in a store without presigned URLs.</exception>
    public static async Task<IReadOnlyList<TSlice>> PresignAsync<TSlice>(this IReadOnlyList<TSlice> slices, TimeSpan validFor, CancellationToken cancellationToken = default)
        where TSlice : Slice
    {
        ArgumentNullException.ThrowIfNull(slices);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(validFor, TimeSpan.Zero);
        var signed = new Dictionary<ObjectUri, ObjectUri>();
        var packed = new TSlice[slices.Count];
        for (var i = 0; i < packed.Length; i++)
        {
            var slice = slices[i];
            var source = await SignAsync(slice.Source.Uri, slice.Stores, "Copy the object to S3, or let the workers read it with their own credentials.").ConfigureAwait(false);
            var blobs = new BlobReference[slice.Blobs.Count];
            for (var j = 0; j < blobs.Length; j++)
            {
                var blob = slice.Blobs[j];
                blobs[j] = blob.Sidecar is not { } sidecar
                    ? blob
                    : blob with { Sidecar = await SignAsync(sidecar, slice.Stores, "Inline the blobs first: InlineBlobsAsync.").ConfigureAwait(false) };
            }

            Slice changed = slice with { Source = slice.Source with { Uri = source } };
            packed[i] = (TSlice)(blobs.Length == 0 ? changed : changed.WithBlobs(blobs));
        }

        return packed;

        async Task<ObjectUri> SignAsync(ObjectUri uri, ObjectStores stores, string cure)
        {
            // Whoever can reach a web server needs no signature for it; a presigned URL is one already.
            if (uri.Scheme is "http" or "https")
                return uri;
            if (signed.TryGetValue(uri, out var url))
                return url;
            var store = stores.Get(uri);
            if ((store.Capabilities & StoreCapabilities.Presign) == 0)
                throw new StorageException(uri.Display, $"'{uri.Scheme}://' has no presigned URLs", cure);
            return signed[uri] = await store.PresignReadAsync(uri, validFor, cancellationToken).ConfigureAwait(false);
        }
    }
}
