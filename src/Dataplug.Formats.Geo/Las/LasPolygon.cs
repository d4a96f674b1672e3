using System.Buffers.Binary;
using System.Text.Json;
using NetTopologySuite.Algorithm.Locate;
using NetTopologySuite.Geometries;
using NetTopologySuite.IO;

namespace Dataplug.Formats.Geo;

/// <summary>Polygons as text: Well-Known Text or GeoJSON where people write them, Well-Known Binary in slices.</summary>
internal static class LasPolygon
{
    // A slice carries its polygon: some twenty characters a vertex.
    private const int MaxBytes = 1 << 20;

    /// <summary>Reads WKT, or GeoJSON (RFC 7946): a polygon, several, or features with them.</summary>
    /// <exception cref="PartitionException">Neither, or of other geometries.</exception>
    public static Geometry Parse(string text)
    {
        Geometry geometry;
        try
        {
            text = text.Trim();
            if (text.StartsWith('{'))
            {
                using var document = JsonDocument.Parse(text);
                geometry = Union([.. ReadJson(document.RootElement, 0)]);
            }
            else
            {
                geometry = new WKTReader().Read(text);
            }
        }
        catch (Exception e) when (e is ParseException or JsonException or ArgumentException or InvalidOperationException or FormatException or KeyNotFoundException or IndexOutOfRangeException or TopologyException)
        {
            throw new PartitionException(null, $"the polygon is neither Well-Known Text nor GeoJSON: {e.Message}", "Write it as POLYGON((x y, x y, …)), or give a file with --param polygon=@FILE.", innerException: e);
        }

        return Check(geometry);
    }

    /// <summary>The geometry, if it is polygons.</summary>
    /// <exception cref="PartitionException">It is not, or it is empty or too large.</exception>
    public static Geometry Check(Geometry geometry)
    {
        if (geometry is not (Polygon or MultiPolygon) || geometry.IsEmpty)
            throw new PartitionException(null, $"a {(geometry.IsEmpty ? "geometry without points" : geometry.GeometryType)} is no polygon", "Give a POLYGON or a MULTIPOLYGON.");
        if (geometry.Coordinates.Any(place => !double.IsFinite(place.X) || !double.IsFinite(place.Y)))
            throw new PartitionException(null, "a vertex of the polygon is no place", "Give finite coordinates.");
        return geometry.NumPoints <= MaxBytes / 16
            ? geometry
            : throw new PartitionException(null, $"the polygon has {geometry.NumPoints} vertices; up to {MaxBytes / 16} travel with a slice", "Simplify it, or cut it into several.");
    }

    /// <summary>The polygon as a slice has it: Well-Known Binary, little-endian, in Base64.</summary>
    public static string ToText(Geometry polygon) => Convert.ToBase64String(new WKBWriter(NetTopologySuite.IO.ByteOrder.LittleEndian).Write(polygon));

    /// <summary>The polygon of a slice.</summary>
    /// <exception cref="InvalidSliceException">It is none.</exception>
    public static IndexedPointInAreaLocator ReadLocator(string text, string source)
    {
        try
        {
            var reader = new WkbPolygons(Convert.FromBase64String(text));
            return new IndexedPointInAreaLocator(reader.Read());
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new InvalidSliceException(source, "the slice's polygon can't be read", innerException: e);
        }
    }

    private static IEnumerable<Polygon> ReadJson(JsonElement element, int depth)
    {
        if (depth > 16)
            throw new FormatException("the GeoJSON is nested too deeply");
        switch (element.GetProperty("type").GetString())
        {
            case "Polygon":
                return [ReadPolygon(element.GetProperty("coordinates"))];
            case "MultiPolygon":
                return [.. element.GetProperty("coordinates").EnumerateArray().Select(ReadPolygon)];
            case "Feature":
                return ReadJson(element.GetProperty("geometry"), depth + 1);
            case "FeatureCollection":
                return [.. element.GetProperty("features").EnumerateArray().SelectMany(feature => ReadJson(feature, depth + 1))];
            case "GeometryCollection":
                return [.. element.GetProperty("geometries").EnumerateArray().SelectMany(geometry => ReadJson(geometry, depth + 1))];
            case var other:
                throw new FormatException($"a GeoJSON {other} is no polygon");
        }
    }

    private static Polygon ReadPolygon(JsonElement rings)
    {
        var lines = rings.EnumerateArray().Select(ring => new LinearRing([.. ring.EnumerateArray().Select(place => new Coordinate(place[0].GetDouble(), place[1].GetDouble()))])).ToArray();
        return lines.Length == 0 ? throw new FormatException("a polygon without rings") : new Polygon(lines[0], lines[1..]);
    }

    // Polygons that overlap cover what is in any of them.
    private static Geometry Union(Polygon[] polygons) =>
        polygons.Length == 1 ? polygons[0] : NetTopologySuite.Operation.Union.UnaryUnionOp.Union(polygons.ToList<Geometry>()) ?? GeometryFactory.Default.CreatePolygon();

    // Our own reader of what is written above: one that takes no memory for what isn't there.
    private ref struct WkbPolygons(ReadOnlySpan<byte> bytes)
    {
        private const uint PolygonType = 3;
        private const uint MultiPolygonType = 6;

        private ReadOnlySpan<byte> _rest = bytes;

        public Geometry Read()
        {
            Geometry geometry;
            switch (ReadType())
            {
                case PolygonType:
                    geometry = ReadRings();
                    break;
                case MultiPolygonType:
                    var polygons = new Polygon[ReadCount(9)];
                    for (var i = 0; i < polygons.Length; i++)
                        polygons[i] = ReadType() == PolygonType ? ReadRings() : throw new FormatException("not a polygon");
                    geometry = new MultiPolygon(polygons);
                    break;
                default:
                    throw new FormatException("not a polygon");
            }

            return _rest.IsEmpty ? geometry : throw new FormatException("more than a polygon");
        }

        private Polygon ReadRings()
        {
            var rings = new LinearRing[ReadCount(4)];
            for (var i = 0; i < rings.Length; i++)
            {
                var places = new Coordinate[ReadCount(16)];
                for (var j = 0; j < places.Length; j++)
                    places[j] = new Coordinate(BinaryPrimitives.ReadDoubleLittleEndian(Take(8)), BinaryPrimitives.ReadDoubleLittleEndian(Take(8)));
                rings[i] = new LinearRing(places);
            }

            return rings.Length > 0 ? new Polygon(rings[0], rings[1..]) : throw new FormatException("a polygon without rings");
        }

        private uint ReadType() => Take(1)[0] == 1 ? BinaryPrimitives.ReadUInt32LittleEndian(Take(4)) : throw new FormatException("not little-endian");

        private int ReadCount(int each)
        {
            var count = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
            return count <= _rest.Length / each ? (int)count : throw new FormatException("cut short");
        }

        private ReadOnlySpan<byte> Take(int length)
        {
            if (_rest.Length < length)
                throw new FormatException("cut short");
            var taken = _rest[..length];
            _rest = _rest[length..];
            return taken;
        }
    }
}
