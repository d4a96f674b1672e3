using Dataplug.Storage;

namespace Dataplug.Lithops;

/// <summary>Where a <see cref="Storage"/> is and how its stores are reached. What is null comes from the environment, then from the
/// configuration file, then from the defaults; docs/storage.md lists all keys.</summary>
public sealed record StorageOptions
{
    /// <summary>The bucket, container or folder, with or without a prefix: <c>s3://bucket/prefix</c>, <c>az://container</c>,
    /// <c>redis://host:port/0/bucket</c>, or a path. Null for <c>DATAPLUG_STORAGE</c>, else <c>storage.location</c> of the file, else the
    /// folder <c>storage</c> in the user's Dataplug folder.</summary>
    public string? Location { get; init; }

    /// <summary>How S3 is reached.</summary>
    public S3Options? S3 { get; init; }

    /// <summary>How Azure Blob Storage is reached.</summary>
    public AzureBlobOptions? Azure { get; init; }

    /// <summary>How Redis is reached.</summary>
    public RedisOptions? Redis { get; init; }

    /// <summary>How HTTP servers are asked.</summary>
    public HttpOptions? Http { get; init; }

    /// <summary>How failed requests are repeated.</summary>
    public RetryOptions? Retry { get; init; }

    /// <summary>Stores to use instead of making ones of the other options, for stores of one's own; not disposed with the storage.</summary>
    public ObjectStores? Stores { get; init; }

    /// <summary>Where <see cref="Location"/> comes from, for messages; null for code.</summary>
    internal string? LocationPlace { get; init; }

    /// <summary>The key by which <see cref="Location"/> was given there.</summary>
    internal string LocationKey { get; init; } = nameof(Location);

    /// <summary>Reads the environment and the configuration file.</summary>
    /// <param name="directory">Where to look for the file first; null for the working directory.</param>
    /// <param name="environment">Looks variables up; null for those of the process. The keys of S3, Azure and Redis that only the
    /// stores know are theirs to look up, in the environment of the process.</param>
    /// <exception cref="ConfigurationException">A file or variable says what can't be used; the message names file and key.</exception>
    public static StorageOptions Load(string? directory = null, Func<string, string?>? environment = null) =>
        StorageConfiguration.Load(directory ?? Directory.GetCurrentDirectory(), environment ?? System.Environment.GetEnvironmentVariable);

    /// <summary>The same without a location, for who is told elsewhere where the objects are.</summary>
    internal static StorageOptions LoadStores(Func<string, string?>? environment = null) =>
        StorageConfiguration.LoadStores(Directory.GetCurrentDirectory(), environment ?? System.Environment.GetEnvironmentVariable);

    /// <summary>Makes stores for <c>file</c>, <c>s3</c>, <c>az</c>, <c>redis</c>, <c>rediss</c>, <c>http</c> and <c>https</c>.</summary>
    public ObjectStores CreateStores() => AddTo(new ObjectStores(Retry));

    /// <summary>Registers all stores of these options, e.g. with <see cref="ObjectStores.Default"/>, in place of those that are there.</summary>
    /// <returns>The same stores.</returns>
    public ObjectStores AddTo(ObjectStores stores)
    {
        ArgumentNullException.ThrowIfNull(stores);
        return stores
            .Register("file", () => new FileStore())
            .Register("s3", () => new S3Store(S3))
            .Register("http", () => new HttpStore(Http))
            .Register("https", () => new HttpStore(Http))
            .AddAzureBlob(Azure)
            .AddRedis(Redis);
    }

    /// <summary>These options, with the others' where these are null.</summary>
    internal StorageOptions Over(StorageOptions others) => new()
    {
        Location = Location ?? others.Location,
        LocationPlace = Location is null ? others.LocationPlace : LocationPlace,
        LocationKey = Location is null ? others.LocationKey : LocationKey,
        S3 = S3 ?? others.S3,
        Azure = Azure ?? others.Azure,
        Redis = Redis ?? others.Redis,
        Http = Http ?? others.Http,
        Retry = Retry ?? others.Retry,
        Stores = Stores ?? others.Stores,
    };
}
