using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Preprocessing;

/// <summary>Removes everything that is kept about an object: sidecar, lease, leftovers of runs, catalog entry.</summary>
internal static class IndexCleaner
{
    public static async Task<bool> CleanAsync(DataFormat format, ObjectUri uri, CloudObjectOptions options, CancellationToken cancellationToken)
    {
        var home = DataplugHome.Of(options.Metadata);
        var name = SourceName.Of(uri);
        var place = SidecarPlace.Of(name, format.Id, options.Metadata);
        var hash = name.HashWith(format.Id);
        using var held = RunLock.Acquire(home, hash, uri.Display);

        var store = options.Stores.Get(place.Uri);
        var any = await store.ExistsAsync(place.Uri, cancellationToken).ConfigureAwait(false);
        if (place.IsShared && (any || await store.ExistsAsync(place.Lease, cancellationToken).ConfigureAwait(false)))
        {
            // Not while someone else is at work; giving the lease back removes it.
            var lease = await RunLease.AcquireAsync(options.Stores, place, uri.Display, options.Metadata.LeaseTiming, cancellationToken).ConfigureAwait(false);
            await using (lease.ConfigureAwait(false))
                await store.DeleteAsync([place.Uri], cancellationToken).ConfigureAwait(false);
        }
        else if (any)
        {
            await store.DeleteAsync([place.Uri], cancellationToken).ConfigureAwait(false);
        }

        any |= RunFolder.Delete(Path.Combine(home.RunsPath, hash));
        if (File.Exists(home.CatalogPath))
        {
            var catalog = await Catalog.OpenAsync(options.Metadata, cancellationToken).ConfigureAwait(false);
            any |= await catalog.RemoveAsync(name, format.Id, place.Uri, cancellationToken).ConfigureAwait(false);
        }

        return any;
    }
}
