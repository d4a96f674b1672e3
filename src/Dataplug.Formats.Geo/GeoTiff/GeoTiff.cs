namespace Dataplug.Formats.Geo;

/// <summary>GeoTIFF, cloud-optimised or not: <c>CloudObject.FromS3(GeoTiff.Format, "s3://imagery/scene.tif")</c>.</summary>
public static class GeoTiff
{
    /// <summary>The format.</summary>
    public static GeoTiffFormat Format { get; } = new();
}
