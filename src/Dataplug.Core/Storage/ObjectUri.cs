using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Dataplug.Storage;

/// <summary>
/// The name of an object: <c>s3://bucket/key</c>, <c>file:///path</c> (or a bare path), <c>http(s)://host/path</c>, or
/// <c>scheme://container/key</c> of a store that was plugged in.
/// </summary>
/// <remarks>
/// For <c>s3</c> and plugged-in schemes the key is the text after the container, taken literally: it is not
/// percent-decoded and may hold any character, as S3 keys may. For <c>http(s)</c> the whole URL, query included, is the name
/// (a presigned URL is one). For files the key is the absolute path.
/// </remarks>
[JsonConverter(typeof(ObjectUriJsonConverter))]
public sealed record ObjectUri
{
    private ObjectUri(string scheme, string container, string key, string value)
    {
        Scheme = scheme;
        Container = container;
        Key = key;
        Value = value;
    }

    /// <summary>The scheme in lower case, e.g. <c>s3</c>.</summary>
    public string Scheme { get; }

    /// <summary>The bucket (s3 and plugged-in schemes), host and port (http), or an empty string (file).</summary>
    public string Container { get; }

    /// <summary>The key in the bucket, the path and query (http, with the leading slash), or the absolute path (file). May be
    /// empty where the URI names a whole container.</summary>
    public string Key { get; }

    /// <summary>The whole URI, in canonical form; parses back to the same value.</summary>
    public string Value { get; }

    /// <summary>The URI as it may be shown: without the query, which in presigned URLs holds a signature.</summary>
    [JsonIgnore]
    public string Display =>
        Scheme is "http" or "https" && Value.IndexOf('?', StringComparison.Ordinal) is var query and >= 0 ? Value[..query] : Value;

    /// <summary>The last segment of the key: the object's file name; may be empty.</summary>
    [JsonIgnore]
    public string Name
    {
        get
        {
            var path = Scheme is "http" or "https" ? new Uri(Value).AbsolutePath : Key;
            return path[(path.LastIndexOf('/') + 1)..];
        }
    }

    /// <summary>Reads a URI or a bare path; relative paths are taken from the current directory.</summary>
    /// <exception cref="InvalidUriException">The text names no object.</exception>
    public static ObjectUri Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length == 0 || text.Contains('\0', StringComparison.Ordinal))
            throw new InvalidUriException(null, $"'{text.Replace("\0", "\\0", StringComparison.Ordinal)}' names no object");

        var colon = text.IndexOf("://", StringComparison.Ordinal);
        if (colon <= 0 || !IsScheme(text.AsSpan(0, colon)))
            return ForFile(text);

        var scheme = text[..colon].ToLowerInvariant();
        var rest = text[(colon + 3)..];
        switch (scheme)
        {
            case "file":
                // file://localhost/path and file:///path are the same (RFC 8089 §2).
                var path = rest.StartsWith("localhost/", StringComparison.OrdinalIgnoreCase) ? rest["localhost".Length..] : rest;
                if (!path.StartsWith('/'))
                    throw new InvalidUriException(text, "a file URI needs an absolute path", "Write file:///absolute/path, or just the path.");
                return ForFile(Uri.UnescapeDataString(path));
            case "http" or "https":
                if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Host.Length == 0 || url.UserInfo.Length > 0)
                    throw new InvalidUriException(text, "not a URL that can be fetched");
                return new ObjectUri(scheme, url.Authority, url.PathAndQuery, url.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped));
            default:
                var slash = rest.IndexOf('/', StringComparison.Ordinal);
                var container = slash < 0 ? rest : rest[..slash];
                if (container.Length == 0)
                    throw new InvalidUriException(text, $"there is no bucket after {scheme}://");
                return ForContainer(scheme, container, slash < 0 ? "" : rest[(slash + 1)..]);
        }
    }

    /// <summary>Reads a URI or a bare path, without throwing.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ObjectUri? uri)
    {
        uri = null;
        if (text is null)
            return false;
        try
        {
            uri = Parse(text);
            return true;
        }
        catch (InvalidUriException)
        {
            return false;
        }
    }

    /// <summary>The URI of a local file; relative paths are taken from the current directory.</summary>
    public static ObjectUri ForFile(string path)
    {
        var full = Path.GetFullPath(path);
        return new ObjectUri("file", "", full, "file://" + Uri.EscapeDataString(full).Replace("%2F", "/", StringComparison.Ordinal));
    }

    /// <summary>The URI of an object in an S3 bucket.</summary>
    public static ObjectUri ForS3(string bucket, string key) => ForContainer("s3", bucket, key);

    /// <summary>The URI of an object in a container of any store whose names are <c>scheme://container/key</c>.</summary>
    public static ObjectUri ForContainer(string scheme, string container, string key) =>
        new(scheme, container, key, $"{scheme}://{container}/{key}");

    /// <summary>The same store and container, another key (for http: another path and query on the same host).</summary>
    public ObjectUri WithKey(string key) => Scheme switch
    {
        "file" => ForFile(key),
        "http" or "https" => Parse($"{Scheme}://{Container}/{key.TrimStart('/')}"),
        _ => ForContainer(Scheme, Container, key),
    };

    /// <inheritdoc/>
    public bool Equals(ObjectUri? other) => other is not null && Value == other.Value;

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode(StringComparison.Ordinal);

    /// <summary>The URI as it may be shown and logged; see <see cref="Display"/>. Use <see cref="Value"/> to store it.</summary>
    public override string ToString() => Display;

    private static bool IsScheme(ReadOnlySpan<char> text)
    {
        if (!char.IsAsciiLetter(text[0]))
            return false;
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.'))
                return false;
        }

        return true;
    }
}

/// <summary>Writes an <see cref="ObjectUri"/> as its text.</summary>
public sealed class ObjectUriJsonConverter : JsonConverter<ObjectUri>
{
    /// <inheritdoc/>
    public override ObjectUri Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.GetString() ?? throw new JsonException("an object URI may not be null");
        return ObjectUri.TryParse(text, out var uri) ? uri : throw new JsonException($"'{text}' is not an object URI");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ObjectUri value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(value);
        writer.WriteStringValue(value.Value);
    }
}
