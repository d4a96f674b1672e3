using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Dataplug.Formats.Geo;

/// <summary>The coordinate reference system of an object, from its GeoKeys (GeoTIFF 1.1) or its WKT (LAS 1.4 R15, section 3).</summary>
public sealed record LasCrs
{
    private const int ProjectedKey = 3072;
    private const int GeographicKey = 2048;
    private const int VerticalKey = 4096;
    private const int UserDefined = 32767;

    /// <summary>The EPSG code of the horizontal system; null where none is told.</summary>
    public int? Epsg { get; init; }

    /// <summary>The EPSG code of the vertical system; null where none is told.</summary>
    public int? VerticalEpsg { get; init; }

    /// <summary>The system as Well-Known Text, as it is stored; null where there is none.</summary>
    public string? Wkt { get; init; }

    /// <summary>The citation of the GeoKeys (<c>GeoAsciiParams</c>), as it is stored; null where there is none.</summary>
    public string? Citation { get; init; }

    /// <summary>Finds the system in some records. Where there are GeoKeys and WKT, the header's WKT bit decides between their codes.</summary>
    /// <returns>Null where none of them tells one.</returns>
    internal static LasCrs? Of(IEnumerable<LasVlr> vlrs, bool prefersWkt)
    {
        string? wkt = null;
        string? citation = null;
        (int? Epsg, int? Vertical) keys = default;
        var hasKeys = false;
        foreach (var vlr in vlrs)
        {
            if (vlr.Is(LasVlr.ProjectionUser, LasVlr.WktRecord) && vlr.Data.Length > 0)
                wkt ??= NullIfEmpty(Encoding.UTF8.GetString(vlr.Data.Span).TrimEnd('\0'));
            else if (vlr.Is(LasVlr.ProjectionUser, LasVlr.GeoAsciiParamsRecord))
                citation ??= NullIfEmpty(Encoding.Latin1.GetString(vlr.Data.Span).TrimEnd('\0').TrimEnd('|'));
            else if (vlr.Is(LasVlr.ProjectionUser, LasVlr.GeoKeyDirectoryRecord) && !hasKeys)
                (keys, hasKeys) = (ReadKeys(vlr.Data.Span), true);
        }

        if (wkt is null && citation is null && !hasKeys)
            return null;
        var named = wkt is null ? default : ReadWkt(wkt);
        var (first, second) = prefersWkt ? (named, keys) : (keys, named);
        return new LasCrs { Epsg = first.Epsg ?? second.Epsg, VerticalEpsg = first.Vertical ?? second.Vertical, Wkt = wkt, Citation = citation };
    }

    // GeoTIFF: a header of four numbers, the last how many keys there are; each key: its id, where its value is (0: in the key), how many, the value.
    private static (int? Epsg, int? Vertical) ReadKeys(ReadOnlySpan<byte> directory)
    {
        int? projected = null, geographic = null, vertical = null;
        var count = directory.Length < 8 ? 0 : Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(directory[6..]), (directory.Length - 8) / 8);
        for (var i = 0; i < count; i++)
        {
            var key = directory.Slice(8 + (8 * i), 8);
            int value = BinaryPrimitives.ReadUInt16LittleEndian(key[6..]);
            if (BinaryPrimitives.ReadUInt16LittleEndian(key[2..]) != 0 || value is 0 or UserDefined)
                continue;
            switch (BinaryPrimitives.ReadUInt16LittleEndian(key))
            {
                case ProjectedKey:
                    projected = value;
                    break;
                case GeographicKey:
                    geographic = value;
                    break;
                case VerticalKey:
                    vertical = value;
                    break;
                default:
                    break;
            }
        }

        return (projected ?? geographic, vertical);
    }

    // The authority of the whole system: that of the outermost node, or, of a compound one, those of its two parts.
    private static (int? Epsg, int? Vertical) ReadWkt(string wkt)
    {
        int? horizontal = null, vertical = null;
        var nodes = new List<string>();
        var start = 0;
        for (var i = 0; i < wkt.Length; i++)
        {
            switch (wkt[i])
            {
                case '"':
                    var close = wkt.IndexOf('"', i + 1);
                    if (close < 0)
                        return (horizontal, vertical);
                    i = close;
                    break;
                case '[' or '(':
                    var keyword = wkt[start..i].Trim().ToUpperInvariant();
                    if (keyword is "AUTHORITY" or "ID" && nodes.Count > 0)
                    {
                        var depth = nodes.Count - (nodes[0] is "COMPD_CS" or "COMPOUNDCRS" ? 1 : 0);
                        var end = wkt.AsSpan(i).IndexOfAny(']', ')');
                        if (depth == 1 && end > 0 && CodeOf(wkt.AsSpan(i + 1, end - 1)) is { } code)
                        {
                            if (nodes[^1].StartsWith("VERT", StringComparison.Ordinal))
                                vertical = code;
                            else if (nodes[^1] is not ("COMPD_CS" or "COMPOUNDCRS"))
                                horizontal ??= code;
                        }
                    }

                    nodes.Add(keyword);
                    if (nodes.Count > 64)
                        return (horizontal, vertical);
                    start = i + 1;
                    break;
                case ']' or ')':
                    if (nodes.Count > 0)
                        nodes.RemoveAt(nodes.Count - 1);
                    start = i + 1;
                    break;
                case ',':
                    start = i + 1;
                    break;
                default:
                    break;
            }
        }

        return (horizontal, vertical);
    }

    private static int? CodeOf(ReadOnlySpan<char> arguments)
    {
        var comma = arguments.IndexOf(',');
        if (comma < 0 || !arguments[..comma].Trim().Trim('"').Equals("EPSG", StringComparison.OrdinalIgnoreCase))
            return null;
        var rest = arguments[(comma + 1)..];
        var next = rest.IndexOf(',');
        return int.TryParse((next < 0 ? rest : rest[..next]).Trim().Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? code : null;
    }

    private static string? NullIfEmpty(string text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
