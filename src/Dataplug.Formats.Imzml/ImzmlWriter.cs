using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Xml;

namespace Dataplug.Formats.Imzml;

/// <summary>Writes the spectra of a slice as imzML 1.1: first the ibd, then the document, which holds the ibd's checksum.</summary>
internal sealed class ImzmlWriter(ImzmlSlice slice)
{
    private const string Namespace = "http://psi.hupo.org/ms/mzml";
    private static readonly XmlWriterSettings Settings = new() { Async = true, Encoding = new UTF8Encoding(false), Indent = true, IndentChars = " ", NewLineChars = "\n" };

    private readonly List<Row> _rows = [];
    private byte[] _checksum = [];
    private bool _isContinuous;

    /// <summary>A UUID that follows from what the slice is, so that the same slice is always written the same (RFC 9562, version 8).</summary>
    public Guid Uuid { get; } = UuidOf(slice);

    /// <summary>Writes the ibd: the UUID, then the arrays as they were stored, an axis that is shared once.</summary>
    public async Task WriteIbdAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        long position = 0;
        await WriteAsync(Uuid.ToByteArray(bigEndian: true)).ConfigureAwait(false);
        var isWindow = slice.Selection.IsWindow;
        (SpectrumArray Source, SpectrumArray Written) axis = default;
        var axes = 0;
        var reader = await slice.OpenReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            while (await reader.FillAsync(cancellationToken).ConfigureAwait(false))
            {
                while (TakeNext(reader, isWindow) is { } next)
                {
                    var arrays = new SpectrumArray[next.Stored.Length];
                    for (var slot = 0; slot < arrays.Length; slot++)
                    {
                        var isAxis = slot == 0 && slice.IsContinuous && next.Points > 0;
                        if (isAxis && next.Axis == axis.Source)
                        {
                            arrays[0] = axis.Written;
                            continue;
                        }

                        arrays[slot] = new SpectrumArray(position, next.Points, next.Stored[slot].Length);
                        await WriteAsync(next.Stored[slot]).ConfigureAwait(false);
                        if (isAxis)
                            (axis, axes) = ((next.Axis, arrays[0]), axes + 1);
                    }

                    _rows.Add(new Row(next.X, next.Y, next.Z, next.Layout, arrays));
                }
            }
        }

        _isContinuous = slice.IsContinuous && axes <= 1;
        _checksum = hash.GetHashAndReset();

        async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
        {
            hash.AppendData(bytes.Span);
            await stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
            position += bytes.Length;
        }
    }

    /// <summary>Writes the document of the ibd that was written.</summary>
    public async Task WriteDocumentAsync(Stream stream, CancellationToken cancellationToken)
    {
        var xml = XmlWriter.Create(stream, Settings);
        await using (xml.ConfigureAwait(false))
        {
            await xml.WriteStartDocumentAsync().ConfigureAwait(false);
            xml.WriteStartElement("mzML", Namespace);
            xml.WriteAttributeString("version", "1.1");
            WriteHead(xml);
            xml.WriteStartElement("run");
            xml.WriteAttributeString("id", "run");
            xml.WriteAttributeString("defaultInstrumentConfigurationRef", "instrument");
            xml.WriteStartElement("spectrumList");
            xml.WriteAttributeString("count", Text(_rows.Count));
            xml.WriteAttributeString("defaultDataProcessingRef", "cut");
            for (var i = 0; i < _rows.Count; i++)
            {
                WriteSpectrum(xml, i, _rows[i]);
                if (i % 64 == 63)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    await xml.FlushAsync().ConfigureAwait(false);
                }
            }

            await xml.WriteEndDocumentAsync().ConfigureAwait(false);
        }
    }

    private static Guid UuidOf(ImzmlSlice slice)
    {
        // Not the places in the index, which may be made anew.
        var what = JsonSerializer.Serialize(slice with { Tables = [], MzBlocks = null, Index = 0, Count = 1, MaxGap = null }, ImzmlJson.Default.ImzmlSlice);
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(what)).AsSpan(0, 16);
        digest[6] = (byte)((digest[6] & 0x0F) | 0x80);
        digest[8] = (byte)((digest[8] & 0x3F) | 0x80);
        return new Guid(digest, bigEndian: true);
    }

    private static NextSpectrum? TakeNext(SpectrumReader reader, bool isWindow)
    {
        if (!reader.TryRead(out var spectrum))
            return null;
        var stored = new ReadOnlyMemory<byte>[spectrum.Layout.Arrays.Count];
        for (var slot = 0; slot < stored.Length; slot++)
            stored[slot] = spectrum.Store(slot, !isWindow);

        // Points that are left out are left out of what is compressed as well.
        var layout = isWindow ? spectrum.Layout with { Arrays = [.. spectrum.Layout.Arrays.Select(array => array with { Compression = ArrayCompression.None })] } : spectrum.Layout;
        return new NextSpectrum(spectrum.X, spectrum.Y, spectrum.Z, spectrum.Mz.Length, layout, spectrum.SourceOf(0), stored);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    private static void WriteTerm(XmlWriter xml, string accession, string name, string value = "")
    {
        xml.WriteStartElement("cvParam");
        xml.WriteAttributeString("cvRef", accession[..accession.IndexOf(':', StringComparison.Ordinal)]);
        xml.WriteAttributeString("accession", accession);
        xml.WriteAttributeString("name", name);
        xml.WriteAttributeString("value", value);
        xml.WriteEndElement();
    }

    private static void WriteMicrometres(XmlWriter xml, string accession, string name, double? value)
    {
        if (value is not { } size)
            return;
        xml.WriteStartElement("cvParam");
        xml.WriteAttributeString("cvRef", "IMS");
        xml.WriteAttributeString("accession", accession);
        xml.WriteAttributeString("name", name);
        xml.WriteAttributeString("value", Text(size));
        xml.WriteAttributeString("unitCvRef", "UO");
        xml.WriteAttributeString("unitAccession", "UO:0000017");
        xml.WriteAttributeString("unitName", "micrometer");
        xml.WriteEndElement();
    }

    private static void WriteArray(XmlWriter xml, ArrayLayout layout, SpectrumArray array)
    {
        xml.WriteStartElement("binaryDataArray");
        xml.WriteAttributeString("encodedLength", "0");
        if (layout.Accession.Length > 0)
            WriteTerm(xml, layout.Accession, layout.Name, layout.Accession == "MS:1000786" ? layout.Name : "");
        var (element, elementName) = layout.Element switch
        {
            ArrayElement.Float32 => ("MS:1000521", "32-bit float"),
            ArrayElement.Float64 => ("MS:1000523", "64-bit float"),
            ArrayElement.Int8 => ("IMS:1100000", "8-bit integer"),
            ArrayElement.Int16 => ("IMS:1100001", "16-bit integer"),
            ArrayElement.Int32 => ("IMS:1000141", "32-bit integer"),
            _ => ("IMS:1000142", "64-bit integer"),
        };
        WriteTerm(xml, element, elementName);
        WriteTerm(xml, layout.Compression == ArrayCompression.None ? "MS:1000576" : "MS:1000574", layout.Compression == ArrayCompression.None ? "no compression" : "zlib compression");
        WriteTerm(xml, "IMS:1000101", "external data", "true");
        WriteTerm(xml, "IMS:1000102", "external offset", Text(array.Offset));
        WriteTerm(xml, "IMS:1000103", "external array length", Text(array.Points));
        WriteTerm(xml, "IMS:1000104", "external encoded length", Text(array.Length));
        xml.WriteStartElement("binary");
        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    private static void WriteSpectrum(XmlWriter xml, int index, Row row)
    {
        xml.WriteStartElement("spectrum");
        xml.WriteAttributeString("id", "spectrum=" + Text(index + 1));
        xml.WriteAttributeString("defaultArrayLength", "0");
        xml.WriteAttributeString("index", Text(index));
        if (row.Layout.MsLevel > 0)
            WriteTerm(xml, "MS:1000511", "ms level", Text(row.Layout.MsLevel));
        if (row.Layout.Representation != SpectrumRepresentation.Unknown)
            WriteTerm(xml, row.Layout.Representation == SpectrumRepresentation.Centroid ? "MS:1000127" : "MS:1000128", row.Layout.Representation == SpectrumRepresentation.Centroid ? "centroid spectrum" : "profile spectrum");
        if (row.Layout.Polarity != Polarity.Unknown)
            WriteTerm(xml, row.Layout.Polarity == Polarity.Positive ? "MS:1000130" : "MS:1000129", row.Layout.Polarity == Polarity.Positive ? "positive scan" : "negative scan");
        xml.WriteStartElement("scanList");
        xml.WriteAttributeString("count", "1");
        WriteTerm(xml, "MS:1000795", "no combination");
        xml.WriteStartElement("scan");
        WriteTerm(xml, "IMS:1000050", "position x", Text(row.X));
        WriteTerm(xml, "IMS:1000051", "position y", Text(row.Y));
        WriteTerm(xml, "IMS:1000052", "position z", Text(row.Z));
        xml.WriteEndElement();
        xml.WriteEndElement();
        xml.WriteStartElement("binaryDataArrayList");
        xml.WriteAttributeString("count", Text(row.Arrays.Length));
        for (var slot = 0; slot < row.Arrays.Length; slot++)
            WriteArray(xml, row.Layout.Arrays[slot], row.Arrays[slot]);
        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    private void WriteHead(XmlWriter xml)
    {
        xml.WriteStartElement("cvList");
        xml.WriteAttributeString("count", "3");
        foreach (var (id, name, uri) in ((string, string, string)[])
        [
            ("MS", "Proteomics Standards Initiative Mass Spectrometry Ontology", "https://raw.githubusercontent.com/HUPO-PSI/psi-ms-CV/master/psi-ms.obo"),
            ("UO", "Unit Ontology", "http://purl.obolibrary.org/obo/uo.obo"),
            ("IMS", "Mass Spectrometry Imaging Ontology", "https://raw.githubusercontent.com/imzML/imzML/master/imagingMS.obo"),
        ])
        {
            xml.WriteStartElement("cv");
            xml.WriteAttributeString("id", id);
            xml.WriteAttributeString("fullName", name);
            xml.WriteAttributeString("URI", uri);
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
        xml.WriteStartElement("fileDescription");
        xml.WriteStartElement("fileContent");
        WriteTerm(xml, "MS:1000294", "mass spectrum");
        if (_rows.Select(row => row.Layout.Representation).Distinct().ToArray() is [not SpectrumRepresentation.Unknown and var representation])
            WriteTerm(xml, representation == SpectrumRepresentation.Centroid ? "MS:1000127" : "MS:1000128", representation == SpectrumRepresentation.Centroid ? "centroid spectrum" : "profile spectrum");
        WriteTerm(xml, "IMS:1000080", "universally unique identifier", "{" + Uuid.ToString("D") + "}");
        WriteTerm(xml, "IMS:1000091", "ibd SHA-1", Convert.ToHexStringLower(_checksum));
        WriteTerm(xml, _isContinuous ? "IMS:1000030" : "IMS:1000031", _isContinuous ? "continuous" : "processed");
        xml.WriteEndElement();
        xml.WriteStartElement("sourceFileList");
        xml.WriteAttributeString("count", "1");
        xml.WriteStartElement("sourceFile");
        xml.WriteAttributeString("id", "source");
        xml.WriteAttributeString("name", slice.Source.Uri.Name);
        xml.WriteAttributeString("location", slice.Source.Uri.Scheme is "http" or "https" ? slice.Source.Uri.Value.Split('?')[0] : slice.Source.Uri.Value);
        xml.WriteEndElement();
        xml.WriteEndElement();
        xml.WriteEndElement();
        xml.WriteStartElement("softwareList");
        xml.WriteAttributeString("count", "1");
        xml.WriteStartElement("software");
        xml.WriteAttributeString("id", "dataplug");
        xml.WriteAttributeString("version", "1");
        WriteTerm(xml, "MS:1000799", "custom unreleased software tool", "Dataplug.NET");
        xml.WriteEndElement();
        xml.WriteEndElement();
        xml.WriteStartElement("scanSettingsList");
        xml.WriteAttributeString("count", "1");
        xml.WriteStartElement("scanSettings");
        xml.WriteAttributeString("id", "settings");
        WriteTerm(xml, "IMS:1000042", "max count of pixels x", Text(_rows.Count == 0 ? 0 : _rows.Max(row => (long)row.X)));
        WriteTerm(xml, "IMS:1000043", "max count of pixels y", Text(_rows.Count == 0 ? 0 : _rows.Max(row => (long)row.Y)));
        WriteMicrometres(xml, "IMS:1000046", "pixel size (x)", slice.PixelSizeX);
        WriteMicrometres(xml, "IMS:1000047", "pixel size y", slice.PixelSizeY);
        xml.WriteEndElement();
        xml.WriteEndElement();
        xml.WriteStartElement("instrumentConfigurationList");
        xml.WriteAttributeString("count", "1");
        xml.WriteStartElement("instrumentConfiguration");
        xml.WriteAttributeString("id", "instrument");
        WriteTerm(xml, "MS:1000031", "instrument model");
        xml.WriteEndElement();
        xml.WriteEndElement();
        xml.WriteStartElement("dataProcessingList");
        xml.WriteAttributeString("count", "1");
        xml.WriteStartElement("dataProcessing");
        xml.WriteAttributeString("id", "cut");
        xml.WriteStartElement("processingMethod");
        xml.WriteAttributeString("order", "1");
        xml.WriteAttributeString("softwareRef", "dataplug");
        WriteTerm(xml, "MS:1000544", "Conversion to mzML");
        xml.WriteEndElement();
        xml.WriteEndElement();
        xml.WriteEndElement();
    }

    private sealed record NextSpectrum(int X, int Y, int Z, int Points, SpectrumLayout Layout, SpectrumArray Axis, ReadOnlyMemory<byte>[] Stored);

    private sealed record Row(int X, int Y, int Z, SpectrumLayout Layout, SpectrumArray[] Arrays);
}
