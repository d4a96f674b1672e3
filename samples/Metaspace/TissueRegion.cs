namespace Samples.Metaspace;

/// <summary>The form of a <see cref="TissueRegion"/>.</summary>
internal enum RegionShape
{
    /// <summary>A disc, which fades out at its border.</summary>
    Disc,

    /// <summary>A ring of a quarter of the radius' width.</summary>
    Ring,

    /// <summary>All of the tissue, less and less to the right and below.</summary>
    Gradient,
}

/// <summary>Where in a tissue a molecule is. Coordinates go from 0, at the left and the top, to 1.</summary>
/// <param name="Shape">The form.</param>
/// <param name="X">The x of the centre.</param>
/// <param name="Y">The y of the centre.</param>
/// <param name="Radius">The radius, > 0; of a gradient the distance over which half is lost.</param>
internal sealed record TissueRegion(RegionShape Shape, double X, double Y, double Radius)
{
    /// <summary>How much is at a place, from 0 to 1.</summary>
    public double At(double x, double y)
    {
        var distance = Math.Sqrt(((x - X) * (x - X)) + ((y - Y) * (y - Y))) / Radius;
        return Shape switch
        {
            RegionShape.Disc => Math.Clamp((1 - distance) * 5, 0, 1),
            RegionShape.Ring => Math.Clamp((0.25 - Math.Abs(distance - 1)) * 10, 0, 1),
            RegionShape.Gradient => Math.Pow(0.5, distance),
            _ => throw new InvalidOperationException($"There is no shape {Shape}."),
        };
    }
}
