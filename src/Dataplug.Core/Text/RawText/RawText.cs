namespace Dataplug.Text;

/// <summary>Raw text: the way in.</summary>
public static class RawText
{
    /// <summary>The format: text of any kind, cut at whole lines or words.</summary>
    public static RawTextFormat Format { get; } = new();
}
