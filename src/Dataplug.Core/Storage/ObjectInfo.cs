namespace Dataplug.Storage;

/// <summary>What a store says about an object without reading it.</summary>
public sealed record ObjectInfo
{
    private static readonly IReadOnlyDictionary<string, string> NoMetadata = new Dictionary<string, string>();

    /// <summary>The object.</summary>
    public required ObjectUri Uri { get; init; }

    /// <summary>Its size in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>
    /// The version of its content, opaque, as the store gives it, quotes included (RFC 9110 §8.8.3). A store without ETags
    /// makes one from what it has (for files: size, modification time and inode). It changes whenever the content changes.
    /// </summary>
    public required string ETag { get; init; }

    /// <summary>When it was last written; null where the store does not say.</summary>
    public DateTimeOffset? LastModified { get; init; }

    /// <summary>Its media type; null where the store does not say.</summary>
    public string? ContentType { get; init; }

    /// <summary>The user's metadata: names in lower case without the <c>x-amz-meta-</c> prefix. Listings leave it empty.</summary>
    public IReadOnlyDictionary<string, string> UserMetadata { get; init; } = NoMetadata;
}
