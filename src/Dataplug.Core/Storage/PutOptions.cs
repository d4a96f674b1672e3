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

    /// <summary>Whether the write has a condition.</summary>
    public bool IsConditional => IfAbsent || IfMatch is not null;

    /// <summary>For stores: the user's metadata with names in lower case; empty where there is none.</summary>
    /// <exception cref="ArgumentException">The conditions contradict each other, or a name can't be a header's.</exception>
    public IReadOnlyDictionary<string, string> Validate()
    {
        if (IfAbsent && IfMatch is not null)
            throw new ArgumentException("IfAbsent and IfMatch contradict each other.");
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in UserMetadata ?? metadata)
        {
            if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
                throw new ArgumentException($"'{name}' can't name metadata: use letters, digits and hyphens.");
            if (!metadata.TryAdd(name.ToLowerInvariant(), value))
                throw new ArgumentException($"The metadata name '{name}' is given twice.");
        }

        return metadata;
    }
}
