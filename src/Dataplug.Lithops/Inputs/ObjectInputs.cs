using System.Runtime.CompilerServices;
using Dataplug.Storage;

namespace Dataplug.Lithops;

/// <summary>Objects as inputs of a map, whole or in chunks of bytes.</summary>
/// <remarks>For formats that Dataplug knows, slices are better: they end where records do, and compressed objects can be cut.</remarks>
public static class ObjectInputs
{
    /// <summary>The objects under a URI: one object, or all whose names begin with it when it ends with a slash or an asterisk.</summary>
    /// <inheritdoc cref="ListAsync(IEnumerable{string},ObjectChunking,ObjectStores,CancellationToken)"/>
    public static IAsyncEnumerable<ObjectChunk> ListAsync(string uri, ObjectChunking? chunking = null, ObjectStores? stores = null, CancellationToken cancellationToken = default) =>
        ListAsync([uri], chunking, stores, cancellationToken);

    /// <summary>The objects under each of some URIs, in their order; those of a prefix in the order of their names.</summary>
    /// <param name="uris">Objects, or prefixes that end with a slash or an asterisk.</param>
    /// <param name="chunking">How they are cut; null for whole objects.</param>
    /// <param name="stores">Where they are listed; null for <see cref="ObjectStores.Default"/>. Tasks in other processes read them by their own.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <returns>The chunks, listed as they are drawn. An empty object is one chunk without bytes.</returns>
    /// <exception cref="ArgumentException">The chunking is none.</exception>
    /// <exception cref="ObjectNotFoundException">An object is not there, or nothing is under a prefix.</exception>
    public static IAsyncEnumerable<ObjectChunk> ListAsync(IEnumerable<string> uris, ObjectChunking? chunking = null, ObjectStores? stores = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(uris);
        chunking ??= ObjectChunking.None;
        chunking.Validate();
        return ListAsync([.. uris.Select(Parse)], chunking, stores ?? ObjectStores.Default, cancellationToken);
    }

    private static (ObjectUri Uri, bool IsPrefix) Parse(string text) =>
        text.EndsWith('*') ? (ObjectUri.Parse(text[..^1]), true) : (ObjectUri.Parse(text), text.EndsWith('/'));

    private static async IAsyncEnumerable<ObjectChunk> ListAsync(
        (ObjectUri Uri, bool IsPrefix)[] sources, ObjectChunking chunking, ObjectStores stores, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var (uri, isPrefix) in sources)
        {
            var store = stores.Get(uri);
            if (!isPrefix)
            {
                foreach (var chunk in Cut(await store.HeadAsync(uri, cancellationToken).ConfigureAwait(false), chunking, stores))
                    yield return chunk;
                continue;
            }

            var isEmpty = true;
            await foreach (var info in store.ListAsync(uri, cancellationToken).ConfigureAwait(false))
            {
                isEmpty = false;
                foreach (var chunk in Cut(info, chunking, stores))
                    yield return chunk;
            }

            if (isEmpty)
                throw new ObjectNotFoundException(uri.Display, "there are no objects under this prefix", "List it with 'dataplug storage list'.");
        }
    }

    private static IEnumerable<ObjectChunk> Cut(ObjectInfo info, ObjectChunking chunking, ObjectStores stores)
    {
        var count = Math.Max(1, chunking switch
        {
            { ChunkSize: { } size } => info.Size / size + (info.Size % size > 0 ? 1 : 0),
            { ChunkCount: { } number } => Math.Min(number, info.Size),
            _ => 1,
        });
        for (var index = 0L; index < count; index++)
        {
            var (from, to) = chunking.ChunkSize is { } size
                ? (index * size, Math.Min((index + 1) * size, info.Size))
                : ((long)((Int128)info.Size * index / count), (long)((Int128)info.Size * (index + 1) / count));
            yield return new ObjectChunk
            {
                Uri = info.Uri,
                ETag = info.ETag,
                ObjectSize = info.Size,
                Offset = from,
                Length = to - from,
                Index = checked((int)index),
                Count = checked((int)count),
                Stores = ReferenceEquals(stores, ObjectStores.Default) ? null : stores,
            };
        }
    }
}
