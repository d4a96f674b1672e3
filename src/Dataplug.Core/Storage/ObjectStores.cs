using System.Collections.Concurrent;

namespace Dataplug.Storage;

/// <summary>
/// The stores that URIs are resolved with: one per scheme. Holds connections, credentials and counters; share one instance.
/// </summary>
/// <remarks>Every store is given out inside a <see cref="ResilientStore"/>: retried, resumed, limited in time, counted.</remarks>
public sealed class ObjectStores : IAsyncDisposable
{
    private static readonly Lazy<ObjectStores> LazyDefault = new(() => Create());

    private readonly ConcurrentDictionary<string, Lazy<IObjectStore>> _stores = new(StringComparer.Ordinal);
    private readonly RetryOptions _retry;
    private readonly StoreCounters _counters = new();

    /// <summary>An instance that knows no scheme yet; see <see cref="Create(S3Options?, HttpOptions?, RetryOptions?)"/> for the usual ones.</summary>
    public ObjectStores(RetryOptions? retry = null) => _retry = retry ?? RetryOptions.Default;

    /// <summary>The stores of this process, set up from the environment: credential chain, <c>AWS_ENDPOINT_URL_S3</c>, and so on.</summary>
    public static ObjectStores Default => LazyDefault.Value;

    /// <summary>What has been asked of all stores so far. To count for one piece of work, see <see cref="StoreMetrics.Measure"/>.</summary>
    public StoreStatistics Statistics => _counters.Snapshot();

    /// <summary>Stores for <c>file</c>, <c>s3</c>, <c>http</c> and <c>https</c>.</summary>
    public static ObjectStores Create(S3Options? s3 = null, HttpOptions? http = null, RetryOptions? retry = null) => new ObjectStores(retry)
        .Register("file", () => new FileStore())
        .Register("s3", () => new S3Store(s3))
        .Register("http", () => new HttpStore(http))
        .Register("https", () => new HttpStore(http));

    /// <summary>Stores for <c>file</c>, <c>s3</c>, <c>http</c> and <c>https</c>.</summary>
    public static ObjectStores Create(StoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Create(options.S3, options.Http, options.Retry);
    }

    /// <summary>Plugs a store in for a scheme, or replaces the one that is there. It is made when first needed.</summary>
    /// <param name="scheme">The scheme in lower case, without <c>://</c>.</param>
    /// <param name="factory">Makes the store.</param>
    public ObjectStores Register(string scheme, Func<IObjectStore> factory)
    {
        _stores[scheme] = new Lazy<IObjectStore>(() => factory() is var store && store is ResilientStore ? store : new ResilientStore(store, _retry, _counters));
        return this;
    }

    /// <summary>The store that serves a URI.</summary>
    /// <exception cref="InvalidUriException">No store is registered for the scheme.</exception>
    public IObjectStore Get(ObjectUri uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        return _stores.TryGetValue(uri.Scheme, out var store)
            ? store.Value
            : throw new InvalidUriException(uri.Display, $"no store is registered for '{uri.Scheme}://'");
    }

    /// <summary>Asks for an object's present size and ETag, and pins reads to them.</summary>
    public async Task<PinnedObject> PinAsync(ObjectUri uri, CancellationToken cancellationToken = default)
    {
        var store = Get(uri);
        return new PinnedObject(store, await store.HeadAsync(uri, cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores.Values)
        {
            if (store.IsValueCreated)
                await store.Value.DisposeAsync().ConfigureAwait(false);
        }
    }
}
