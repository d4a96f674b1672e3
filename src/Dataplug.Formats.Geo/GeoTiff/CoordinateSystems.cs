using System.Collections.Concurrent;
using System.Globalization;
using ProjNet.CoordinateSystems;
using ProjNet.CoordinateSystems.Transformations;

namespace Dataplug.Formats.Geo;

/// <summary>
/// The coordinate systems between which and longitudes and latitudes bounding boxes are transformed. ProjNET knows projections but no EPSG
/// codes, so those that rasters mostly have are described here.
/// </summary>
internal static class CoordinateSystems
{
    /// <summary>What the codes are that can be transformed, for messages and documents.</summary>
    public const string Known = "4326, 4258, 4269, 4979, 3857 (900913, 3785, 102100), 3395, 326xx and 327xx (UTM, WGS 84), 258xx (UTM, ETRS89), 269xx (UTM, NAD83), 2154, 3034, 3035, 5070";

    private const string Wgs84 = "GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563]],PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433]]";
    private const string Grs80 = "GEOGCS[\"GRS 80\",DATUM[\"GRS_1980\",SPHEROID[\"GRS 1980\",6378137,298.257222101],TOWGS84[0,0,0,0,0,0,0]],PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433]]";

    private static readonly ConcurrentDictionary<int, MathTransform?> Transforms = new();

    /// <summary>Whether coordinates of the system are longitudes and latitudes that need no transforming: WGS 84, and ETRS89 and NAD83,
    /// which are within metres of it.</summary>
    public static bool IsLonLat(int epsg) => epsg is 4326 or 4258 or 4269 or 4979;

    /// <summary>A rectangle of longitudes and latitudes as one in a coordinate system, which covers it.</summary>
    /// <param name="bounds">Degrees, WGS 84.</param>
    /// <param name="epsg">The coordinate system's code; null where it is not known.</param>
    /// <param name="source">The object, for messages.</param>
    /// <exception cref="PartitionException">The coordinate system is none of <see cref="Known"/>, or the rectangle is outside of what it can
    /// hold.</exception>
    public static RasterBounds FromLonLat(RasterBounds bounds, int? epsg, string source)
    {
        if (bounds.MinX < -180 || bounds.MaxX > 360 || bounds.MinY < -90 || bounds.MaxY > 90)
            throw new PartitionException(source, $"the bounding box {bounds} is not one of degrees", "Write west,south,east,north in degrees; for coordinates of the raster's own system use the strategy 'bbox'.");
        if (epsg is { } code && IsLonLat(code))
            return bounds;
        var transform = epsg is { } other ? Transforms.GetOrAdd(other, Create) : null;
        if (transform is null)
        {
            throw new PartitionException(
                source, $"the raster's coordinate system ({(epsg is { } unknown ? $"EPSG:{unknown}" : "none with an EPSG code")}) is none that longitudes and latitudes are transformed to",
                $"Use the strategy 'bbox' with coordinates of the raster's own system; known are {Known}.");
        }

        // Edges become curves: the middle of an edge may be farther out than its ends.
        const int Steps = 32;
        var covered = RasterBounds.Empty;
        for (var i = 0; i <= Steps; i++)
        {
            var x = bounds.MinX + ((bounds.MaxX - bounds.MinX) * i / Steps);
            var y = bounds.MinY + ((bounds.MaxY - bounds.MinY) * i / Steps);
            foreach (var (lon, lat) in new[] { (x, bounds.MinY), (x, bounds.MaxY), (bounds.MinX, y), (bounds.MaxX, y) })
            {
                var (mapX, mapY) = transform.Transform(lon, lat);
                if (double.IsFinite(mapX) && double.IsFinite(mapY))
                    covered = covered.With(mapX, mapY);
            }
        }

        return covered.MinX < covered.MaxX && covered.MinY < covered.MaxY
            ? covered
            : throw new PartitionException(source, $"the bounding box {bounds} is nowhere in EPSG:{epsg}", "Choose one within the raster; 'dataplug inspect' shows where it is.");
    }

    private static MathTransform? Create(int epsg)
    {
        if (Describe(epsg) is not { } description)
            return null;
        var factory = new CoordinateSystemFactory();
        var from = factory.CreateFromWkt(Wgs84);
        return new CoordinateTransformationFactory().CreateFromCoordinateSystems(from, description is string wkt ? factory.CreateFromWkt(wkt) : (CoordinateSystem)description).MathTransform;
    }

    private static object? Describe(int epsg) => epsg switch
    {
        3857 or 900913 or 3785 or 102100 => ProjectedCoordinateSystem.WebMercator,
        > 32600 and <= 32660 => Utm(Wgs84, epsg - 32600, isNorth: true),
        > 32700 and <= 32760 => Utm(Wgs84, epsg - 32700, isNorth: false),
        >= 25828 and <= 25838 => Utm(Grs80, epsg - 25800, isNorth: true),
        >= 26901 and <= 26923 => Utm(Grs80, epsg - 26900, isNorth: true),
        3395 => Projected(Wgs84, "Mercator_1SP", ("latitude_of_origin", 0), ("central_meridian", 0), ("scale_factor", 1), ("false_easting", 0), ("false_northing", 0)),
        2154 => Projected(Grs80, "Lambert_Conformal_Conic_2SP", ("standard_parallel_1", 49), ("standard_parallel_2", 44), ("latitude_of_origin", 46.5), ("central_meridian", 3), ("false_easting", 700000), ("false_northing", 6600000)),
        3034 => Projected(Grs80, "Lambert_Conformal_Conic_2SP", ("standard_parallel_1", 35), ("standard_parallel_2", 65), ("latitude_of_origin", 52), ("central_meridian", 10), ("false_easting", 4000000), ("false_northing", 2800000)),
        3035 => Projected(Grs80, "Lambert_Azimuthal_Equal_Area", ("latitude_of_center", 52), ("longitude_of_center", 10), ("false_easting", 4321000), ("false_northing", 3210000)),
        5070 => Projected(Grs80, "Albers", ("standard_parallel_1", 29.5), ("standard_parallel_2", 45.5), ("latitude_of_center", 23), ("longitude_of_center", -96), ("false_easting", 0), ("false_northing", 0)),
        _ => null,
    };

    private static string Utm(string geographic, int zone, bool isNorth) => Projected(
        geographic, "Transverse_Mercator", ("latitude_of_origin", 0), ("central_meridian", (zone * 6) - 183), ("scale_factor", 0.9996), ("false_easting", 500000), ("false_northing", isNorth ? 0 : 10000000));

    private static string Projected(string geographic, string projection, params ReadOnlySpan<(string Name, double Value)> parameters)
    {
        var text = $"PROJCS[\"raster\",{geographic},PROJECTION[\"{projection}\"]";
        foreach (var (name, value) in parameters)
            text += string.Create(CultureInfo.InvariantCulture, $",PARAMETER[\"{name}\",{value}]");
        return text + ",UNIT[\"metre\",1]]";
    }
}
