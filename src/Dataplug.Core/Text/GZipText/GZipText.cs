namespace Dataplug.Text;

/// <summary>Compressed text, cut by lines: <c>CloudObject.FromS3(GZipText.Format, "s3://logs/2024.txt.gz")</c>.</summary>
public static class GZipText
{
    /// <summary>The format with its usual options.</summary>
    public static GZipTextFormat Format { get; } = new(GZipLineOptions.Default, DeflateEnvelope.GZip);

    /// <summary>The format with an index of another fineness.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A spacing is below 1.</exception>
    public static GZipTextFormat WithOptions(GZipLineOptions options) => new(options, DeflateEnvelope.GZip);
}
