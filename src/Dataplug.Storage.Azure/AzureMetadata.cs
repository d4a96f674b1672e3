namespace Dataplug.Storage;

/// <summary>
/// User metadata as Azure takes it. Its names are C# identifiers ("Naming and referencing containers, blobs, and metadata"),
/// which know no hyphen and begin with no digit; its values are headers.
/// </summary>
internal static class AzureMetadata
{
    // A name that could not begin an identifier, or that looks as if it had been helped over that, gets this in front.
    private const string Helper = "dp--";

    public static Dictionary<string, string>? Encode(IReadOnlyDictionary<string, string> metadata) =>
        metadata.Count == 0 ? null : metadata.ToDictionary(pair => EncodeName(pair.Key), pair => MetadataText.Encode(pair.Value), StringComparer.Ordinal);

    /// <summary>Names as other tools wrote them may differ in case only, which is not told apart here: the first is kept.</summary>
    public static Dictionary<string, string> Decode(IEnumerable<KeyValuePair<string, string>>? metadata)
    {
        var decoded = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in metadata ?? [])
            decoded.TryAdd(DecodeName(name), MetadataText.Decode(value));
        return decoded;
    }

    internal static string EncodeName(string name)
    {
        if (char.IsAsciiDigit(name[0]) || name.StartsWith(Helper, StringComparison.Ordinal))
            name = Helper + name;
        return name.Replace('-', '_');
    }

    internal static string DecodeName(string name)
    {
        name = name.ToLowerInvariant().Replace('_', '-');
        return name.StartsWith(Helper, StringComparison.Ordinal) && name.Length > Helper.Length ? name[Helper.Length..] : name;
    }
}
