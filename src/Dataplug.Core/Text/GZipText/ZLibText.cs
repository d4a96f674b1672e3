namespace Dataplug.Text;

/// <summary>Text in a zlib stream (RFC 1950): <c>CloudObject.FromS3(ZLibText.Format, "s3://logs/2024.txt.zz")</c>. Cut as
/// <see cref="GZipText"/> is.</summary>
public static class ZLibText
{
    /// <summary>The format with its usual options.</summary>
    public static GZipTextFormat Format { get; } = new(GZipLineOptions.Default, DeflateEnvelope.ZLib);

    /// <summary>The format with an index of another fineness.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A spacing is below 1.</exception>
    public static GZipTextFormat WithOptions(GZipLineOptions options) => new(options, DeflateEnvelope.ZLib);
}
