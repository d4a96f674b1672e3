using System.Security.Cryptography;
using System.Text;
using Dataplug.Storage;

namespace Dataplug.Metadata;

/// <summary>
/// The name by which metadata knows an object: its URI without anything that could be a secret. Queries of URLs are where
/// signatures and tokens live, so no query is ever stored. What remains of a query after the parameters of the known
/// signing schemes are taken away still tells objects apart, as a digest.
/// </summary>
/// <param name="Uri">The URI without query.</param>
/// <param name="QueryDigest">SHA-256 of the rest of the query, 64 hexadecimal digits; null when nothing is left.</param>
internal sealed record SourceName(ObjectUri Uri, string? QueryDigest)
{
    /// <summary>One text for both: what the catalog and the hashes use.</summary>
    public string Text => QueryDigest is null ? Uri.Value : $"{Uri.Value}?{QueryDigest}";

    public static SourceName Of(ObjectUri uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        var query = uri.Scheme is "http" or "https" ? uri.Value.IndexOf('?', StringComparison.Ordinal) : -1;
        if (query < 0)
            return new SourceName(uri, null);

        var parameters = uri.Value[(query + 1)..].Split('&', StringSplitOptions.RemoveEmptyEntries);
        var names = parameters.Select(NameOf).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var kept = parameters.Where(p => !IsSignature(NameOf(p), names)).ToArray();
        var digest = kept.Length == 0
            ? null
            : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('&', kept))));
        return new SourceName(ObjectUri.Parse(uri.Value[..query]), digest);
    }

    /// <summary>The first 16 hexadecimal digits of SHA-256 of the text and the format: the name of locks and runs.</summary>
    public string HashWith(string formatId) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{formatId}\n{Text}")).AsSpan(0, 8));

    private static string NameOf(string parameter) =>
        parameter.IndexOf('=', StringComparison.Ordinal) is var equals and >= 0 ? parameter[..equals] : parameter;

    // A new signature for the same object is no new object: S3 (SigV4, SigV2), Google Cloud, CloudFront, Azure SAS. The short
    // names of the latter two mean something else where there is no signature beside them.
    private static bool IsSignature(string name, HashSet<string> all) =>
        name.StartsWith("X-Amz-", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("X-Goog-", StringComparison.OrdinalIgnoreCase)
        || (all.Contains("X-Amz-Signature") && name is "x-id")
        || (all.Contains("Signature") && name is "Signature" or "Expires" or "AWSAccessKeyId" or "GoogleAccessId" or "Policy" or "Key-Pair-Id")
        || (all.Contains("sig") && name is "sig" or "se" or "sp" or "sv" or "sr" or "st" or "spr" or "sip" or "si" or "ss" or "srt"
            or "skoid" or "sktid" or "skt" or "ske" or "sks" or "skv");
}
