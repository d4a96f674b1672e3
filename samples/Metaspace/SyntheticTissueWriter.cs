using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml;
using Dataplug.Storage;

namespace Samples.Metaspace;

/// <summary>
/// Writes a tissue as an imzML 1.1 data set: processed, centroided, m/z as 64-bit and intensities as 32-bit floats, not compressed. By plain
/// code that shares nothing with what reads it.
/// </summary>
internal static class SyntheticTissueWriter
{
    private const string Namespace = "http://psi.hupo.org/ms/mzml";
    private const string Micrometre = "UO:0000017";

    /// <summary>The width and the height of a pixel, in micrometres.</summary>
    public const int PixelSize = 50;

    /// <summary>Writes the ibd, and then the document, so that whoever sees the document finds its ibd. What is there is replaced.</summary>
    /// <param name="tissue">The tissue. The same gives the same bytes.</param>
    /// <param name="document">Where the document goes; the ibd goes beside it, with the ending <c>.ibd</c>.</param>
    /// <param name="stores">The stores; those of the process where they are null.</param>
    /// <param name="cancellationToken">Cancels the writing.</param>
    /// <returns>How many spectra there are.</returns>
    /// <exception cref="DataplugException">They can't be written.</exception>
    public static async Task<int> WriteAsync(SyntheticTissue tissue, ObjectUri document, ObjectStores? stores = null, CancellationToken cancellationToken = default)
    {
        var (ibd, places) = Binary(tissue);
        var text = Document(tissue, ibd, places);
        var store = (stores ?? ObjectStores.Default).Get(document);
        var dot = document.Key.LastIndexOf('.');
        var stem = dot > document.Key.LastIndexOf('/') ? document.Key[..dot] : document.Key;
        _ = await store.CreateContainerAsync(document, cancellationToken);
        _ = await store.PutAsync(document.WithKey(stem + ".ibd"), ibd, PutOptions.Overwrite, cancellationToken);
        _ = await store.PutAsync(document, text, PutOptions.Overwrite, cancellationToken);
        return places.Count;
    }

    // The UUID, and then the m/z and the intensities of each spectrum.
    private static (byte[] Ibd, List<Place> Places) Binary(SyntheticTissue tissue)
    {
        var ibd = new MemoryStream();
        ibd.Write(UuidOf(tissue).ToByteArray(bigEndian: true));
        var places = new List<Place>();
        Span<byte> number = stackalloc byte[sizeof(double)];
        foreach (var (x, y, mzs, intensities) in tissue.Spectra())
        {
            var offset = ibd.Position;
            foreach (var mz in mzs)
            {
                BinaryPrimitives.WriteDoubleLittleEndian(number, mz);
                ibd.Write(number);
            }

            places.Add(new Place(x, y, mzs.Length, offset, ibd.Position));
            foreach (var intensity in intensities)
            {
                BinaryPrimitives.WriteSingleLittleEndian(number, (float)intensity);
                ibd.Write(number[..sizeof(float)]);
            }
        }

        return (ibd.ToArray(), places);
    }

    // Of what the tissue is made of, as a version 8 of RFC 9562.
    private static Guid UuidOf(SyntheticTissue tissue)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{tissue with { Planted = [] }} {string.Join(' ', tissue.Planted)}");
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    private static byte[] Document(SyntheticTissue tissue, byte[] ibd, List<Place> places)
    {
        var text = new MemoryStream();
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { Encoding = new UTF8Encoding(false), Indent = true, IndentChars = " ", NewLineChars = "\n" }))
        {
            Begin("mzML", ("version", "1.1"));
            Begin("cvList", ("count", "3"));
            Empty("cv", ("id", "MS"), ("fullName", "Proteomics Standards Initiative Mass Spectrometry Ontology"), ("version", "4.1.0"), ("URI", "https://raw.githubusercontent.com/HUPO-PSI/psi-ms-CV/master/psi-ms.obo"));
            Empty("cv", ("id", "UO"), ("fullName", "Unit Ontology"), ("URI", "http://purl.obolibrary.org/obo/uo.obo"));
            Empty("cv", ("id", "IMS"), ("fullName", "Imaging MS Ontology"), ("version", "1.1.0"), ("URI", "https://raw.githubusercontent.com/imzML/imzML/master/imagingMS.obo"));
            End();

            Begin("fileDescription");
            Begin("fileContent");
            Term("MS:1000579", "MS1 spectrum");
            Term("MS:1000127", "centroid spectrum");
            Term("IMS:1000080", "universally unique identifier", UuidOf(tissue).ToString("B"));
            Term("IMS:1000091", "ibd SHA-1", Convert.ToHexStringLower(CryptographicOperations.HashData(HashAlgorithmName.SHA1, ibd)));
            Term("IMS:1000031", "processed");
            End();
            End();

            Begin("referenceableParamGroupList", ("count", "4"));
            Begin("referenceableParamGroup", ("id", "mzArray"));
            Term("MS:1000514", "m/z array", unit: ("MS:1000040", "m/z"));
            Term("MS:1000523", "64-bit float");
            Term("MS:1000576", "no compression");
            Term("IMS:1000101", "external data", "true");
            End();
            Begin("referenceableParamGroup", ("id", "intensityArray"));
            Term("MS:1000515", "intensity array", unit: ("MS:1000131", "number of detector counts"));
            Term("MS:1000521", "32-bit float");
            Term("MS:1000576", "no compression");
            Term("IMS:1000101", "external data", "true");
            End();
            Begin("referenceableParamGroup", ("id", "scan"));
            Term("MS:1000093", "increasing m/z scan");
            End();
            Begin("referenceableParamGroup", ("id", "spectrum"));
            Term("MS:1000579", "MS1 spectrum");
            Term("MS:1000511", "ms level", "1");
            Term("MS:1000127", "centroid spectrum");
            Term("MS:1000130", "positive scan");
            End();
            End();

            Begin("softwareList", ("count", "1"));
            Begin("software", ("id", "tissue"), ("version", "1"));
            Term("MS:1000799", "custom unreleased software tool", "synthetic tissue");
            End();
            End();

            Begin("scanSettingsList", ("count", "1"));
            Begin("scanSettings", ("id", "settings"));
            Term("IMS:1000401", "top down");
            Term("IMS:1000413", "flyback");
            Term("IMS:1000480", "horizontal line scan");
            Term("IMS:1000491", "linescan left right");
            Term("IMS:1000042", "max count of pixels x", Text(tissue.Width));
            Term("IMS:1000043", "max count of pixels y", Text(tissue.Height));
            Term("IMS:1000044", "max dimension x", Text(tissue.Width * (long)PixelSize), (Micrometre, "micrometer"));
            Term("IMS:1000045", "max dimension y", Text(tissue.Height * (long)PixelSize), (Micrometre, "micrometer"));
            Term("IMS:1000046", "pixel size (x)", Text(PixelSize), (Micrometre, "micrometer"));
            Term("IMS:1000047", "pixel size y", Text(PixelSize), (Micrometre, "micrometer"));
            End();
            End();

            Begin("instrumentConfigurationList", ("count", "1"));
            Begin("instrumentConfiguration", ("id", "instrument"));
            Term("MS:1000031", "instrument model");
            End();
            End();

            Begin("dataProcessingList", ("count", "1"));
            Begin("dataProcessing", ("id", "made"));
            Begin("processingMethod", ("order", "1"), ("softwareRef", "tissue"));
            Term("MS:1000543", "data processing action");
            End();
            End();
            End();

            Begin("run", ("id", "run"), ("defaultInstrumentConfigurationRef", "instrument"));
            Begin("spectrumList", ("count", Text(places.Count)), ("defaultDataProcessingRef", "made"));
            for (var i = 0; i < places.Count; i++)
            {
                var place = places[i];
                Begin("spectrum", ("id", $"spectrum={Text(i + 1)}"), ("index", Text(i)), ("defaultArrayLength", "0"));
                Empty("referenceableParamGroupRef", ("ref", "spectrum"));
                Begin("scanList", ("count", "1"));
                Term("MS:1000795", "no combination");
                Begin("scan", ("instrumentConfigurationRef", "instrument"));
                Empty("referenceableParamGroupRef", ("ref", "scan"));
                Term("IMS:1000050", "position x", Text(place.X));
                Term("IMS:1000051", "position y", Text(place.Y));
                End();
                End();
                Begin("binaryDataArrayList", ("count", "2"));
                Array("mzArray", place.MzOffset, place.Points, sizeof(double));
                Array("intensityArray", place.IntensityOffset, place.Points, sizeof(float));
                End();
                End();
            }

            xml.WriteEndDocument();

            void Begin(string name, params ReadOnlySpan<(string Name, string Value)> attributes)
            {
                xml.WriteStartElement(name, Namespace);
                foreach (var (attribute, value) in attributes)
                    xml.WriteAttributeString(attribute, value);
            }

            void End() => xml.WriteEndElement();

            void Empty(string name, params ReadOnlySpan<(string Name, string Value)> attributes)
            {
                Begin(name, attributes);
                End();
            }

            void Term(string accession, string name, string value = "", (string Accession, string Name)? unit = null)
            {
                Begin("cvParam", ("cvRef", accession.Split(':')[0]), ("accession", accession), ("name", name), ("value", value));
                if (unit is var (unitAccession, unitName))
                {
                    xml.WriteAttributeString("unitCvRef", unitAccession.Split(':')[0]);
                    xml.WriteAttributeString("unitAccession", unitAccession);
                    xml.WriteAttributeString("unitName", unitName);
                }

                End();
            }

            void Array(string group, long offset, int points, int size)
            {
                Begin("binaryDataArray", ("encodedLength", "0"));
                Empty("referenceableParamGroupRef", ("ref", group));
                Term("IMS:1000102", "external offset", Text(offset));
                Term("IMS:1000103", "external array length", Text(points));
                Term("IMS:1000104", "external encoded length", Text(points * (long)size));
                Empty("binary");
                End();
            }
        }

        return text.ToArray();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed record Place(int X, int Y, int Points, long MzOffset, long IntensityOffset);
}
