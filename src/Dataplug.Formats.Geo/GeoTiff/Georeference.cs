using System.Globalization;

namespace Dataplug.Formats.Geo;

/// <summary>Where a raster is on the map: OGC GeoTIFF 1.1.</summary>
public sealed record Georeference
{
    /// <summary>From pixels of the full resolution to the map, by corners, whatever <see cref="IsPixelPoint"/> says; null where the raster
    /// has no place, or only <see cref="ControlPoints"/>.</summary>
    public AffineTransform? Transform { get; init; }

    /// <summary>EPSG's code of the coordinate system: that of the key ProjectedCRS, else of GeodeticCRS; null where there is none, or it is
    /// defined by the keys.</summary>
    public int? Epsg { get; init; }

    /// <summary>The name of the coordinate system: the first citation among the keys; null where there is none.</summary>
    public string? Name { get; init; }

    /// <summary>Whether the file placed the middles of pixels (GTRasterType 2). <see cref="Transform"/> is moved by half a pixel then, as
    /// GDAL does.</summary>
    public bool IsPixelPoint { get; init; }

    /// <summary>All keys; what defines a coordinate system of the user's own is among them.</summary>
    public IReadOnlyList<GeoTiffKey> Keys { get; init; } = [];

    /// <summary>Tie points of a raster that has no transform.</summary>
    public IReadOnlyList<GroundControlPoint> ControlPoints { get; init; } = [];

    internal const int UserDefined = 32767;

    // The keys ProjectedCitation, GTCitation and GeodeticCitation.
    private static readonly int[] Citations = [3073, 1026, 2049];

    /// <exception cref="CorruptObjectException">The tags break the rules.</exception>
    internal static Georeference Read(TiffImage image, string source, List<string> warnings)
    {
        var keys = ReadKeys(image.Profile, warnings);
        var isPoint = NumberOf(keys, 1025) == 2;
        var tiepoints = Finite(TiffTag.ModelTiepoint);
        AffineTransform? transform = null;
        if (Finite(TiffTag.ModelPixelScale) is [not 0, not 0, ..] scale && tiepoints.Length >= 6)
        {
            // Annex B, "Model tiepoint and pixel scale"; rows go down as Y goes up.
            var (width, height) = (scale[0], -Math.Abs(scale[1]));
            transform = new AffineTransform(tiepoints[3] - (tiepoints[0] * width), width, 0, tiepoints[4] - (tiepoints[1] * height), 0, height);
        }
        else if (Finite(TiffTag.ModelTransformation) is { Length: >= 16 } m)
        {
            transform = new AffineTransform(m[3], m[0], m[1], m[7], m[4], m[5]);
        }

        if (transform is { } found)
        {
            // GDAL's rule for GTRasterType 2, RasterPixelIsPoint: the place is that of the first pixel's middle.
            if (isPoint)
                found = found.Translate(-0.5, -0.5);
            transform = found.IsUsable ? found : null;
            if (transform is null)
                warnings.Add("the transform to the map can't be turned round, and is left out");
        }

        var points = transform is null && tiepoints.Length >= 12
            ? Enumerable.Range(0, tiepoints.Length / 6).Select(i => new GroundControlPoint(tiepoints[6 * i] + Half(isPoint), tiepoints[(6 * i) + 1] + Half(isPoint), tiepoints[(6 * i) + 3], tiepoints[(6 * i) + 4], tiepoints[(6 * i) + 5])).ToArray()
            : [];
        return new Georeference
        {
            Transform = transform,
            Epsg = EpsgOf(keys),
            Name = Citations.Select(id => keys.FirstOrDefault(key => key.Id == id)?.Text).FirstOrDefault(text => !string.IsNullOrEmpty(text)),
            IsPixelPoint = isPoint,
            Keys = keys,
            ControlPoints = points,
        };

        double[] Finite(ushort tag) =>
            image.Places.GetValueOrDefault(tag) is not { } numbers ? []
            : numbers.All(double.IsFinite) ? numbers
            : throw new CorruptObjectException(source, $"tag {tag}, which places the raster on the map, has numbers that are none", byteOffset: image.DirectoryOffset);
    }

    // Tie points of pixels that are points are of middles too.
    private static double Half(bool isPoint) => isPoint ? 0.5 : 0;

    private static int? EpsgOf(IReadOnlyList<GeoTiffKey> keys)
    {
        var (projected, geodetic) = (NumberOf(keys, 3072), NumberOf(keys, 2048));

        // GTModelType: 1 projected, 2 geographic, 3 geocentric.
        return NumberOf(keys, 1024) switch
        {
            2 or 3 => Code(geodetic),
            1 => Code(projected),
            _ => Code(projected) ?? Code(geodetic),
        };

        static int? Code(int? code) => code is > 0 and < UserDefined ? code : null;
    }

    private static int? NumberOf(IReadOnlyList<GeoTiffKey> keys, int id) => keys.FirstOrDefault(key => key.Id == id)?.Number;

    // Requirements class "GeoKeyDirectoryTag": version, revision, minor revision, number of keys; then of each its id, the tag of its
    // value, the number of values, and the value or its index.
    private static List<GeoTiffKey> ReadKeys(TiffProfile profile, List<string> warnings)
    {
        var keys = new List<GeoTiffKey>();
        if (profile.Find(TiffTag.GeoKeyDirectory)?.ToNumbers() is not { Length: >= 4 } directory)
            return keys;
        var doubles = profile.Find(TiffTag.GeoDoubleParams)?.ToDoubles() ?? [];
        var text = profile.Find(TiffTag.GeoAsciiParams)?.Bytes ?? [];
        if (directory[3] > (directory.Length / 4) - 1)
            warnings.Add($"the directory of GeoKeys says {directory[3]} keys but has room for {(directory.Length / 4) - 1}");
        for (var i = 1; i <= directory[3] && (4 * i) + 3 < directory.Length; i++)
        {
            var (id, tag, count, value) = ((int)directory[4 * i], directory[(4 * i) + 1], directory[(4 * i) + 2], directory[(4 * i) + 3]);
            switch (tag)
            {
                case 0:
                    keys.Add(new GeoTiffKey(id) { Number = (int)value });
                    break;
                case TiffTag.GeoDoubleParams when value + count <= doubles.Length && doubles.AsSpan((int)value, (int)count).ToArray().All(double.IsFinite):
                    keys.Add(new GeoTiffKey(id) { Numbers = doubles[(int)value..(int)(value + count)] });
                    break;
                case TiffTag.GeoAsciiParams when value + count <= text.Length:
                    keys.Add(new GeoTiffKey(id) { Text = System.Text.Encoding.UTF8.GetString(text, (int)value, (int)count).TrimEnd('|', '\0') });
                    break;
                default:
                    warnings.Add($"GeoKey {id} has values that are not there");
                    break;
            }
        }

        return keys;
    }

    /// <summary>The georeferencing tags of a window.</summary>
    /// <param name="transform">Its transform; null where there is none.</param>
    /// <param name="points">Its control points.</param>
    /// <param name="isPoint">Whether the file is to place the middles of pixels.</param>
    internal static IEnumerable<TiffValue> TagsOf(AffineTransform? transform, IReadOnlyList<GroundControlPoint> points, bool isPoint)
    {
        if (transform is { } corner)
        {
            var placed = isPoint ? corner.Translate(0.5, 0.5) : corner;
            if (placed is { IsAligned: true, PixelWidth: > 0, PixelHeight: < 0 })
            {
                yield return TiffValue.Doubles(TiffTag.ModelPixelScale, placed.PixelWidth, -placed.PixelHeight, 0);
                yield return TiffValue.Doubles(TiffTag.ModelTiepoint, 0, 0, 0, placed.OriginX, placed.OriginY, 0);
            }
            else
            {
                yield return TiffValue.Doubles(TiffTag.ModelTransformation, placed.PixelWidth, placed.RowShear, 0, placed.OriginX, placed.ColumnShear, placed.PixelHeight, 0, placed.OriginY, 0, 0, 0, 0, 0, 0, 0, 1);
            }
        }
        else if (points.Count > 0)
        {
            yield return TiffValue.Doubles(TiffTag.ModelTiepoint, [.. points.SelectMany(point => new[] { point.Column - Half(isPoint), point.Row - Half(isPoint), 0, point.X, point.Y, point.Z })]);
        }
    }
}

/// <summary>One GeoKey; of the three values one is there.</summary>
/// <param name="Id">Its number: GeoTIFF 1.1, annex D.</param>
public sealed record GeoTiffKey(int Id)
{
    /// <summary>Its value where it is a code.</summary>
    public int? Number { get; init; }

    /// <summary>Its values where they are floating-point numbers.</summary>
    public IReadOnlyList<double>? Numbers { get; init; }

    /// <summary>Its value where it is text, without the bar at its end.</summary>
    public string? Text { get; init; }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Id}={Text ?? (Numbers is { } numbers ? string.Join(' ', numbers.Select(n => n.ToString(CultureInfo.InvariantCulture))) : $"{Number}")}");
}

/// <summary>A pixel whose place on the map is known.</summary>
/// <param name="Column">Its column, by corners.</param>
/// <param name="Row">Its row, by corners.</param>
/// <param name="X">X on the map.</param>
/// <param name="Y">Y on the map.</param>
/// <param name="Z">Its height, mostly 0.</param>
public sealed record GroundControlPoint(double Column, double Row, double X, double Y, double Z);
