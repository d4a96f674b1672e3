namespace Dataplug.Lithops;

/// <summary>What kind of picture.</summary>
public enum JobPictureFormat
{
    /// <summary>Pixels.</summary>
    Png,

    /// <summary>Lines and text, for the web and for print.</summary>
    Svg,
}
