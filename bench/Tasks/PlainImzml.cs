using System.Globalization;
using System.Xml;

namespace Dataplug.Bench.Tasks;

/// <summary>Where the spectra of an imzML document are, read with <see cref="XmlReader"/> and nothing else: what a program does that
/// has no index.</summary>
public sealed class PlainImzml
{
    private enum ArrayRole
    {
        None,
        Mz,
        Intensity,
    }

    private sealed record Group(ArrayRole Role, int ElementSize);

    /// <summary>Columns of the pixels.</summary>
    public List<int> X { get; } = [];

    /// <summary>Rows of the pixels.</summary>
    public List<int> Y { get; } = [];

    /// <summary>Where the m/z arrays begin.</summary>
    public List<long> MzOffsets { get; } = [];

    /// <summary>Where the intensity arrays begin.</summary>
    public List<long> IntensityOffsets { get; } = [];

    /// <summary>Points of each spectrum.</summary>
    public List<int> Points { get; } = [];

    /// <summary>Bytes of an m/z value.</summary>
    public int MzSize { get; private set; }

    /// <summary>Bytes of an intensity.</summary>
    public int IntensitySize { get; private set; }

    /// <summary>Reads a document whose arrays are not compressed and are described by groups of parameters.</summary>
    public static PlainImzml Read(Stream document)
    {
        using var xml = XmlReader.Create(document, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, IgnoreWhitespace = true, IgnoreComments = true });
        var spectra = new PlainImzml();
        var groups = new Dictionary<string, Group>();
        string? groupName = null;
        var (role, isInSpectrum, offset, points) = (ArrayRole.None, false, 0L, 0);
        while (xml.Read())
        {
            if (xml.NodeType == XmlNodeType.EndElement)
            {
                if (xml.LocalName == "binaryDataArray")
                    spectra.Add(role, offset, points);
                else if (xml.LocalName == "spectrum")
                    isInSpectrum = false;
                else if (xml.LocalName == "referenceableParamGroup")
                    groupName = null;
                continue;
            }

            if (xml.NodeType != XmlNodeType.Element)
                continue;
            switch (xml.LocalName)
            {
                case "referenceableParamGroup":
                    groups[groupName = xml.GetAttribute("id")!] = new Group(ArrayRole.None, 0);
                    break;
                case "spectrum":
                    isInSpectrum = true;
                    break;
                case "binaryDataArray":
                    (role, offset, points) = (ArrayRole.None, 0, 0);
                    break;
                case "referenceableParamGroupRef" when isInSpectrum && groups[xml.GetAttribute("ref")!] is { Role: not ArrayRole.None } group:
                    role = group.Role;
                    if (role == ArrayRole.Mz)
                        spectra.MzSize = group.ElementSize;
                    else
                        spectra.IntensitySize = group.ElementSize;
                    break;
                case "cvParam" when groupName is not null:
                    groups[groupName] = xml.GetAttribute("accession") switch
                    {
                        "MS:1000514" => groups[groupName] with { Role = ArrayRole.Mz },
                        "MS:1000515" => groups[groupName] with { Role = ArrayRole.Intensity },
                        "MS:1000521" => groups[groupName] with { ElementSize = 4 },
                        "MS:1000523" => groups[groupName] with { ElementSize = 8 },
                        _ => groups[groupName],
                    };
                    break;
                case "cvParam" when isInSpectrum:
                    switch (xml.GetAttribute("accession"))
                    {
                        case "IMS:1000050":
                            spectra.X.Add(int.Parse(xml.GetAttribute("value")!, CultureInfo.InvariantCulture));
                            break;
                        case "IMS:1000051":
                            spectra.Y.Add(int.Parse(xml.GetAttribute("value")!, CultureInfo.InvariantCulture));
                            break;
                        case "IMS:1000102":
                            offset = long.Parse(xml.GetAttribute("value")!, CultureInfo.InvariantCulture);
                            break;
                        case "IMS:1000103":
                            points = int.Parse(xml.GetAttribute("value")!, CultureInfo.InvariantCulture);
                            break;
                        default:
                            break;
                    }

                    break;
                default:
                    break;
            }
        }

        return spectra;
    }

    private void Add(ArrayRole role, long offset, int points)
    {
        if (role == ArrayRole.Mz)
        {
            MzOffsets.Add(offset);
        }
        else if (role == ArrayRole.Intensity)
        {
            IntensityOffsets.Add(offset);
            Points.Add(points);
        }
    }
}
