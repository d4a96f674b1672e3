namespace Dataplug.Text;

/// <summary>Text in zstd frames, cut by lines: <c>CloudObject.FromS3(ZstdText.Format, "s3://logs/2024.txt.zst")</c>.</summary>
public static class ZstdText
{
    /// <summary>The format with its usual options.</summary>
    public static ZstdTextFormat Format { get; } = new(ZstdTextOptions.Default);

    /// <summary>The format with an index of another fineness.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A spacing is below 1.</exception>
    public static ZstdTextFormat WithOptions(ZstdTextOptions options) => new(options);
}
