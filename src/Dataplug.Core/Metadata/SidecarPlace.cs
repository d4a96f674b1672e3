using System.Security.Cryptography;
using System.Text;
using Dataplug.Storage;

namespace Dataplug.Metadata;

/// <summary>Where the sidecar of one object and format belongs; a pure function of both and the options.</summary>
/// <param name="Uri">The sidecar.</param>
/// <param name="IsShared">Whether others may write there: then a lease object beside it keeps runs apart.</param>
internal sealed record SidecarPlace(ObjectUri Uri, bool IsShared)
{
    private const int MaximumNameBytes = 240;
    private const int MaximumKeyBytes = 1000;

    public ObjectUri Lease => Uri.WithKey(Uri.Key + ".lease");

    public static SidecarPlace Of(SourceName source, string formatId, MetadataOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var suffix = $".{formatId}.dpi";
        if (options.Location is { } location)
        {
            if (location.Scheme is "http" or "https")
                throw new InvalidUriException(location.Display, "indexes can't be kept on a web server", "Name an S3 location or a folder.");

            // Objects of many buckets share the location, so the key begins with where they are from.
            var from = source.Uri.Scheme switch
            {
                "file" => "file" + (source.Uri.Key.StartsWith('/') ? "" : "/") + source.Uri.Key,
                "http" or "https" => $"{source.Uri.Scheme}/{source.Uri.Container}{source.Uri.Key}",
                _ => $"{source.Uri.Scheme}/{source.Uri.Container}/{source.Uri.Key}",
            };
            if (source.QueryDigest is { } digest)
                from += "~" + digest[..16];
            var root = location.Key.Length == 0 || location.Key.EndsWith('/') ? location.Key : location.Key + "/";
            return new SidecarPlace(location.WithKey(root + Shorten(location.Scheme == "file" ? EscapeSegments(from) : from, suffix, root)), true);
        }

        return options.UseMetaBucket && source.Uri.Scheme is not ("file" or "http" or "https")
            ? new SidecarPlace(ObjectUri.ForContainer(source.Uri.Scheme, source.Uri.Container + ".meta", Shorten(source.Uri.Key, suffix, "")), true)
            : new SidecarPlace(DataplugHome.Of(options).SidecarOf(source, formatId), false);
    }

    // The keys of a bucket are any text; as a path they must stay below the location: no '..', no empty segment.
    private static string EscapeSegments(string key) => string.Join('/', key.Split('/').Select(segment => segment switch
    {
        "" => "%",
        "." => "%2E",
        ".." => "%2E%2E",
        _ => segment.Replace("%", "%25", StringComparison.Ordinal),
    }));

    // S3 keys have at most 1024 bytes, file names 255: longer ones keep their beginning and get a digest.
    private static string Shorten(string key, string suffix, string root)
    {
        var slash = key.LastIndexOf('/') + 1;
        var nameBytes = Encoding.UTF8.GetByteCount(key.AsSpan(slash));
        var limit = MaximumNameBytes - suffix.Length;
        var total = Encoding.UTF8.GetByteCount(root) + Encoding.UTF8.GetByteCount(key);
        if (nameBytes <= limit && total + suffix.Length <= MaximumKeyBytes)
            return key + suffix;

        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 16));
        var directory = total + suffix.Length - nameBytes + 80 <= MaximumKeyBytes ? key[..slash] : "";
        return $"{directory}{Truncate(key[slash..], 40)}~{digest}{suffix}";
    }

    private static string Truncate(string text, int bytes)
    {
        var length = 0;
        var used = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if ((used += rune.Utf8SequenceLength) > bytes)
                break;
            length += rune.Utf16SequenceLength;
        }

        return text[..length];
    }
}
