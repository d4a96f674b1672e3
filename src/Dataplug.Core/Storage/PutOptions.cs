namespace Dataplug.Storage;

/// <summary>How an object is written.</summary>
public sealed record PutOptions
{
    /// <summary>Write over whatever is there.</summary>
    public static PutOptions Overwrite { get; } = new();

    /// <summary>Write only where nothing is yet (If-None-Match: *), else <see cref="PreconditionFailedException"/>.</summary>
    public static PutOptions CreateOnly { get; } = new() { IfAbsent = true };

    /// <summary>Write only where there is no such object (If-None-Match: *).</summary>
    public bool IfAbsent { get; init; }

    /// <summary>Write only where the object has this ETag (If-Match); null for no condition.</summary>
    public string? IfMatch { get; init; }

    /// <summary>The media type; null for the store's default.</summary>
    public string? ContentType { get; init; }

    /// <summary>The user's metadata: names of letters, digits and hyphens, any Unicode values.</summary>
    public IReadOnlyDictionary<string, string>? UserMetadata { get; init; }
}
