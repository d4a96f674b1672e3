namespace Dataplug.Storage;

/// <summary>What every store can do by its few operations.</summary>
public static class ObjectStoreExtensions
{
    private const int DeleteBatch = 1000;

    /// <summary>Whether there is an object.</summary>
    /// <param name="store">The store.</param>
    /// <param name="uri">The object.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="StorageException">The store failed.</exception>
    public static async Task<bool> ExistsAsync(this IObjectStore store, ObjectUri uri, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        try
        {
            _ = await store.HeadAsync(uri, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ObjectNotFoundException)
        {
            return false;
        }
    }

    /// <summary>Deletes all objects whose keys begin as a URI's does, while it lists them. What is written meanwhile may stay.</summary>
    /// <param name="store">The store; it can list.</param>
    /// <param name="prefix">A container, or what the keys begin with.</param>
    /// <param name="cancellationToken">Cancels; what was deleted before stays so.</param>
    /// <returns>How many there were.</returns>
    /// <exception cref="StorageException">The store failed.</exception>
    public static async Task<long> DeleteAllAsync(this IObjectStore store, ObjectUri prefix, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        var deleted = 0L;
        var batch = new List<ObjectUri>();
        await foreach (var info in store.ListAsync(prefix, cancellationToken).ConfigureAwait(false))
        {
            batch.Add(info.Uri);
            if (batch.Count == DeleteBatch)
                await FlushAsync().ConfigureAwait(false);
        }

        if (batch.Count > 0)
            await FlushAsync().ConfigureAwait(false);
        return deleted;

        async Task FlushAsync()
        {
            await store.DeleteAsync(batch, cancellationToken).ConfigureAwait(false);
            deleted += batch.Count;
            batch.Clear();
        }
    }
}
