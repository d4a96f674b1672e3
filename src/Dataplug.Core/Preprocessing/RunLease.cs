using System.Text.Json;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Preprocessing;

/// <summary>
/// Keeps two runs of one object apart between machines: a small object beside the sidecar, made with If-None-Match, renewed
/// with If-Match, and taken over when its holder has not renewed it for long.
/// </summary>
/// <remarks>A lease saves work; it does not guard truth. Should two runs meet after all, both write the same bytes (law 6).</remarks>
internal sealed class RunLease : IAsyncDisposable
{
    private readonly IObjectStore _store;
    private readonly ObjectUri _uri;
    private readonly string _objectName;
    private readonly LeaseTiming _timing;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _stopped = new();
    private LeaseContent _content;
    private string _etag;
    private Task _renewal = Task.CompletedTask;

    private RunLease(IObjectStore store, ObjectUri uri, string objectName, LeaseTiming timing, LeaseContent content, string etag)
    {
        _store = store;
        _uri = uri;
        _objectName = objectName;
        _timing = timing;
        _content = content;
        _etag = etag;
    }

    /// <summary>Cancelled when another run has taken the lease over, or it could not be renewed in time.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Takes the lease.</summary>
    /// <exception cref="PreprocessingInProgressException">Another run holds it.</exception>
    /// <exception cref="StorageException">The store has no conditional writes.</exception>
    public static async Task<RunLease> AcquireAsync(ObjectStores stores, SidecarPlace place, string objectName, LeaseTiming timing, CancellationToken cancellationToken)
    {
        var store = stores.Get(place.Uri);
        const StoreCapabilities Needed = StoreCapabilities.Write | StoreCapabilities.ConditionalWrite;
        if ((store.Capabilities & Needed) != Needed)
            throw new StorageException(place.Uri.Display, "the store can't keep shared indexes: it has no conditional writes", "Name another metadata location, or none to keep indexes in the home folder.");

        var content = new LeaseContent(Guid.NewGuid(), RunHolder.Me(), DateTimeOffset.UtcNow, 0);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await TryPutAsync(PutOptions.CreateOnly).ConfigureAwait(false) is { } made)
                return Start(made);
            if (await ReadAsync(store, place.Lease, cancellationToken).ConfigureAwait(false) is not { } present)
                continue;

            // A put that was sent again because its answer got lost fails on its own success.
            if (present.Content?.Id == content.Id)
                return Start(present.Info);
            if (!await IsAbandonedAsync(store, place.Lease, present, timing, cancellationToken).ConfigureAwait(false))
                throw RunHolder.InProgress(objectName, present.Content?.Holder);
            if (await TryPutAsync(new PutOptions { IfMatch = present.Info.ETag }).ConfigureAwait(false) is { } taken)
                return Start(taken);
        }

        RunLease Start(ObjectInfo info)
        {
            var lease = new RunLease(store, place.Lease, objectName, timing, content, info.ETag);
            lease._renewal = lease.RenewAsync();
            return lease;
        }

        async Task<ObjectInfo?> TryPutAsync(PutOptions condition)
        {
            try
            {
                return await PutAsync(store, place.Lease, content, condition, cancellationToken).ConfigureAwait(false);
            }
            catch (PreconditionFailedException)
            {
                return null;
            }
            catch (ObjectNotFoundException) when (condition.IfAbsent)
            {
                await CreateContainerAsync(store, place.Uri, cancellationToken).ConfigureAwait(false);
                return await PutAsync(store, place.Lease, content, condition, cancellationToken).ConfigureAwait(false);
            }
            catch (ObjectNotFoundException)
            {
                // The lease that was to be taken over is gone.
                return null;
            }
        }
    }

    /// <summary>Says that the lease is lost, if it is.</summary>
    public void ThrowIfLost()
    {
        if (_lost.IsCancellationRequested)
            throw new PreprocessingInProgressException(_objectName, "another run has taken over, because this one could not be reached for too long", "Preprocess again later; what this run did is kept.");
    }

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync().ConfigureAwait(false);
        await _renewal.ConfigureAwait(false);
        if (!_lost.IsCancellationRequested)
        {
            try
            {
                await _store.DeleteAsync([_uri]).ConfigureAwait(false);
            }
            catch (DataplugException)
            {
                // It expires by itself.
            }
        }

        _lost.Dispose();
        _stopped.Dispose();
    }

    // The metadata bucket is made when it is absent and making it is allowed.
    private static async Task CreateContainerAsync(IObjectStore store, ObjectUri uri, CancellationToken cancellationToken)
    {
        try
        {
            await store.CreateContainerAsync(uri, cancellationToken).ConfigureAwait(false);
        }
        catch (AccessDeniedException e)
        {
            throw new AccessDeniedException(uri.Display, $"there is no '{uri.Container}' for indexes, and it may not be made with these credentials", "Have it made, name another metadata location, or none to keep indexes in the home folder.", innerException: e);
        }
    }

    private static async Task<bool> IsAbandonedAsync(IObjectStore store, ObjectUri uri, (ObjectInfo Info, LeaseContent? Content) present, LeaseTiming timing, CancellationToken cancellationToken)
    {
        if (present.Content?.Holder.IsKnownDead == true)
            return true;
        if (DateTimeOffset.UtcNow - (present.Info.LastModified ?? present.Content?.Renewed ?? DateTimeOffset.MinValue) < timing.Expiry)
            return false;
        await Task.Delay(timing.Watch, cancellationToken).ConfigureAwait(false);
        var later = await ReadAsync(store, uri, cancellationToken).ConfigureAwait(false);
        return later is null || later.Value.Info.ETag == present.Info.ETag;
    }

    private static async Task<(ObjectInfo Info, LeaseContent? Content)?> ReadAsync(IObjectStore store, ObjectUri uri, CancellationToken cancellationToken)
    {
        const int Limit = 4096;
        try
        {
            var read = await store.OpenReadAsync(uri, new ReadRequest(ReadRange.Bounded(0, Limit)), cancellationToken).ConfigureAwait(false);
            await using (read.ConfigureAwait(false))
            {
                var bytes = new byte[Math.Min(read.Range.Length, Limit)];
                await read.Content.ReadExactlyAsync(bytes, cancellationToken).ConfigureAwait(false);
                return (read.Info, Parse(bytes));
            }
        }
        catch (ObjectNotFoundException)
        {
            return null;
        }
        catch (RangeNotSatisfiableException)
        {
            // An empty object is in the way: nobody's lease, but not ours to judge before it is old.
            return (await store.HeadAsync(uri, cancellationToken).ConfigureAwait(false), null);
        }
    }

    private static LeaseContent? Parse(byte[] bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, RunJson.Default.LeaseContent);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Task<ObjectInfo> PutAsync(IObjectStore store, ObjectUri uri, LeaseContent content, PutOptions condition, CancellationToken cancellationToken) =>
        store.PutAsync(uri, JsonSerializer.SerializeToUtf8Bytes(content, RunJson.Default.LeaseContent), condition with { ContentType = "application/json" }, cancellationToken);

    private async Task RenewAsync()
    {
        var renewed = TimeProvider.System.GetTimestamp();
        while (true)
        {
            await Task.Delay(_timing.Renewal, _stopped.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stopped.IsCancellationRequested)
                return;
            try
            {
                // Each renewal has other bytes, so that it has another ETag in every store.
                _content = _content with { Renewed = DateTimeOffset.UtcNow, Beat = _content.Beat + 1 };
                _etag = (await PutAsync(_store, _uri, _content, new PutOptions { IfMatch = _etag }, CancellationToken.None).ConfigureAwait(false)).ETag;
                renewed = TimeProvider.System.GetTimestamp();
            }
            catch (Exception e) when (e is PreconditionFailedException or ObjectNotFoundException)
            {
                // The answer to an earlier renewal may have been lost on its way: then the lease is still ours.
                if (await IsStillOursAsync().ConfigureAwait(false))
                    continue;
                await _lost.CancelAsync().ConfigureAwait(false);
                return;
            }
            catch (DataplugException)
            {
                if (TimeProvider.System.GetElapsedTime(renewed) < _timing.Expiry)
                    continue;
                await _lost.CancelAsync().ConfigureAwait(false);
                return;
            }
        }
    }

    private async Task<bool> IsStillOursAsync()
    {
        try
        {
            if (await ReadAsync(_store, _uri, CancellationToken.None).ConfigureAwait(false) is not { } present || present.Content?.Id != _content.Id)
                return false;
            _etag = present.Info.ETag;
            return true;
        }
        catch (DataplugException)
        {
            return false;
        }
    }
}

/// <summary>What a lease object says.</summary>
/// <param name="Id">The run.</param>
/// <param name="Holder">Who it is.</param>
/// <param name="Renewed">When it was renewed, by the holder's clock.</param>
/// <param name="Beat">How often it was renewed.</param>
internal sealed record LeaseContent(Guid Id, RunHolder Holder, DateTimeOffset Renewed, long Beat);
