namespace Dataplug.Text;

/// <summary>Text in a bare deflate stream (RFC 1951), which has neither a magic number nor a checksum: it is never detected, and
/// damage that still decodes goes unseen. Cut as <see cref="GZipText"/> is.</summary>
public static class DeflateText
{
    /// <summary>The format with its usual options.</summary>
    public static GZipTextFormat Format { get; } = new(GZipLineOptions.Default, DeflateEnvelope.Raw);

    /// <summary>The format with an index of another fineness.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A spacing is below 1.</exception>
    public static GZipTextFormat WithOptions(GZipLineOptions options) => new(options, DeflateEnvelope.Raw);
}
