using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace Dataplug.Formats.Geo;

/// <summary>One item of the metadata that GDAL keeps in tag 42112.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value.</param>
public sealed record GdalMetadataItem(string Name, string Value)
{
    /// <summary>The band that it is of, from 1; null where it is of the whole raster.</summary>
    public int? Band { get; init; }

    /// <summary>What it means to GDAL: <c>scale</c>, <c>offset</c>, <c>description</c>, <c>unittype</c>; mostly null.</summary>
    public string? Role { get; init; }

    /// <summary>GDAL's domain; null for the usual one.</summary>
    public string? Domain { get; init; }
}

internal static class GdalMetadata
{
    private const int MaxItems = 1000;

    /// <summary>Metadata come from anywhere: no entities, no files.</summary>
    public static XmlReaderSettings ReaderSettings { get; } = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = 8 << 20 };

    public static IReadOnlyList<GdalMetadataItem> Read(string? text, List<string> warnings)
    {
        if (string.IsNullOrWhiteSpace(text))
            return [];
        try
        {
            using var xml = XmlReader.Create(new StringReader(text), ReaderSettings);
            return
            [
                .. XElement.Load(xml).Elements("Item").Take(MaxItems).Select(item => new GdalMetadataItem((string?)item.Attribute("name") ?? "", item.Value)
                {
                    Band = int.TryParse((string?)item.Attribute("sample"), NumberStyles.None, CultureInfo.InvariantCulture, out var sample) && sample < ushort.MaxValue ? sample + 1 : null,
                    Role = (string?)item.Attribute("role"),
                    Domain = (string?)item.Attribute("domain"),
                }),
            ];
        }
        catch (XmlException)
        {
            warnings.Add("GDAL's metadata are no XML, and are not looked at");
            return [];
        }
    }
}
