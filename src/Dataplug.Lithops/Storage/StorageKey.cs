using System.Text;
using Dataplug.Storage;

namespace Dataplug.Lithops;

/// <summary>What a key may be so that every store can hold it, and none takes it for another.</summary>
internal static class StorageKey
{
    private const string Cure = "Use names between single slashes, without '.' and '..', backslashes and control characters, and none that ends with a full stop.";

    /// <exception cref="InvalidUriException">The key is not one for all stores.</exception>
    public static void Require(ObjectUri location, string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.Length == 0)
            throw new InvalidUriException(location.Display, "the key is empty", Cure);
        if (Encoding.UTF8.GetByteCount(key) > 1024)
            throw new InvalidUriException(location.Display, "the key is longer than 1024 bytes", "S3 and Azure take no longer ones.");
        foreach (var segment in key.Split('/'))
        {
            if (segment.Length == 0 || segment[^1] == '.' || segment.Any(c => c == '\\' || char.IsControl(c)) || segment.StartsWith(".dataplug~", StringComparison.Ordinal))
                throw new InvalidUriException(location.Display, $"'{Shown(key)}' can't be a key in every store", Cure);
            if (Encoding.UTF8.GetByteCount(segment) > 255)
                throw new InvalidUriException(location.Display, "a name between slashes is longer than 255 bytes", "File systems take no longer ones.");
        }
    }

    /// <exception cref="InvalidUriException">No key can begin like that.</exception>
    public static void RequirePrefix(ObjectUri location, string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        if (prefix.StartsWith('/') || prefix.Contains("//", StringComparison.Ordinal) || prefix.Any(c => c == '\\' || char.IsControl(c)) || prefix.Split('/')[..^1].Any(segment => segment.EndsWith('.')))
            throw new InvalidUriException(location.Display, $"no key begins with '{Shown(prefix)}'", Cure);
    }

    private static string Shown(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c));
}
