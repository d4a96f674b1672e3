using System.Globalization;
using System.Text;
using StackExchange.Redis;

namespace Dataplug.Storage;

/// <summary>
/// Where an object is on a server: database, bucket, key; and the names of what it is made of there. All of a bucket has one hash
/// tag (the braces), so that a cluster keeps it on one node, where scripts may touch all of it.
/// </summary>
internal readonly record struct RedisName(int Database, string Bucket, string Key)
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Members with score 0, which are all keys in the order of their bytes.</summary>
    public RedisKey Index => Root + "index";

    /// <summary>There once the bucket was made.</summary>
    public RedisKey Marker => Root + "bucket";

    /// <summary>A hash: version, size, time, media type, metadata, and the list of chunks.</summary>
    public RedisKey Object => Bytes(ObjectPrefix + Key);

    /// <summary>What the names of the objects' hashes begin with.</summary>
    public string ObjectPrefix => Root + "object:";

    /// <summary>What the names of the strings with contents begin with; a version, a colon, and the chunk's name follow.</summary>
    public string ChunkPrefix => Root + "chunk:";

    /// <summary>The key as a member of the index.</summary>
    public byte[] Member => Bytes(Key);

    private string Root => $"dataplug:{{{Bucket}}}:";

    public RedisKey Chunk(string version, string chunk) => ChunkPrefix + version + ":" + chunk;

    /// <summary>Reads the name in a URI.</summary>
    /// <exception cref="InvalidUriException">It is none.</exception>
    public static RedisName Of(ObjectUri uri, bool needsKey = true)
    {
        ArgumentNullException.ThrowIfNull(uri);
        if (uri.Container.Contains('@', StringComparison.Ordinal))
        {
            // The name must not be shown: it may hold a password.
            throw new InvalidUriException(
                $"{uri.Scheme}://…@{uri.Container[(uri.Container.LastIndexOf('@') + 1)..]}", "a URI is written down in too many places to hold a password", "Set REDIS_USERNAME and REDIS_PASSWORD, or storage.redis in dataplug.json.");
        }

        var parts = uri.Key.Split('/', 3);
        if (!int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var database) || parts.Length < 2 || parts[1].Length == 0 || parts[1].AsSpan().ContainsAny('{', '}'))
            throw Invalid(uri, "the URI names no database and bucket");
        var key = parts.Length > 2 ? parts[2] : "";
        if (needsKey && key.Length == 0)
            throw Invalid(uri, "the URI names a bucket, not an object");
        try
        {
            _ = Utf8.GetByteCount(key);
        }
        catch (EncoderFallbackException)
        {
            throw Invalid(uri, "the key is no Unicode text: it has half of a surrogate pair");
        }

        return new RedisName(database, parts[1], key);
    }

    public static byte[] Bytes(string text) => Utf8.GetBytes(text);

    private static InvalidUriException Invalid(ObjectUri uri, string problem) =>
        new(uri.Display, problem, "Write redis://host:port/database/bucket/key, with a bucket without braces.");
}
