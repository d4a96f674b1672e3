namespace Dataplug.Storage;

/// <summary>How all stores of an <see cref="ObjectStores"/> are set up; what is null takes its defaults.</summary>
public sealed record StoreOptions
{
    /// <summary>How S3 is reached.</summary>
    public S3Options? S3 { get; init; }

    /// <summary>How HTTP servers are asked.</summary>
    public HttpOptions? Http { get; init; }

    /// <summary>How failed requests are repeated.</summary>
    public RetryOptions? Retry { get; init; }
}
