namespace Dataplug.Storage;

/// <summary>Plugs Redis in.</summary>
public static class RedisObjectStores
{
    /// <summary>Registers <see cref="RedisStore"/> for <c>redis://host:port/db/bucket/key</c>, and <c>rediss://…</c> over TLS.</summary>
    /// <param name="stores">The stores to add to.</param>
    /// <param name="options">How servers are reached; null for the environment's.</param>
    /// <returns>The same stores.</returns>
    public static ObjectStores AddRedis(this ObjectStores stores, RedisOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stores);
        return stores.Register("redis", () => new RedisStore(options)).Register("rediss", () => new RedisStore(options));
    }
}
