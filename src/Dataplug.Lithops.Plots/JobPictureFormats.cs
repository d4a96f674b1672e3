namespace Dataplug.Lithops.Plots;

/// <summary>Which kind of picture a file's name asks for.</summary>
internal static class JobPictureFormats
{
    public static JobPictureFormat Of(string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".PNG" => JobPictureFormat.Png,
        ".SVG" => JobPictureFormat.Svg,
        var other => throw new ArgumentException($"A picture is a .png or a .svg, not '{other}'.", nameof(path)),
    };
}
