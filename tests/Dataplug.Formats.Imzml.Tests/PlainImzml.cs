using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Dataplug.Formats.Imzml.Tests;

/// <summary>Reads imzML by the plainest means: the whole document as a tree, the whole ibd in memory.</summary>
internal static class PlainImzml
{
    static PlainImzml() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    private static readonly string[] OtherArrays = ["MS:1000516", "MS:1000517", "MS:1000786", "MS:1002816", "MS:1003006"];

    /// <summary>The spectra as lines of text: position, then each array's numbers.</summary>
    public static IReadOnlyList<string> Read(byte[] document, byte[] ibd)
    {
        using var reader = XmlReader.Create(new MemoryStream(document), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
        var root = XDocument.Load(reader).Root!;
        var groups = Named(root, "referenceableParamGroup").ToDictionary(group => (string)group.Attribute("id")!, Terms);
        var lines = new List<string>();
        foreach (var spectrum in Named(root, "spectrum"))
        {
            var terms = Expand(spectrum.Descendants().Where(element => !element.Ancestors().Any(ancestor => ancestor.Name.LocalName == "binaryDataArray")), groups);
            var line = new StringBuilder().Append(First(terms, "IMS:1000050")).Append(',').Append(First(terms, "IMS:1000051")).Append(',').Append(First(terms, "IMS:1000052") ?? "1");
            var arrays = Named(spectrum, "binaryDataArray").Select(array => Expand(array.Descendants(), groups)).ToArray();
            var ordered = arrays.Where(array => array.Any(term => term.Accession == "MS:1000514"))
                .Concat(arrays.Where(array => array.Any(term => term.Accession == "MS:1000515")))
                .Concat(arrays.Where(array => !array.Any(term => term.Accession is "MS:1000514" or "MS:1000515")));
            foreach (var array in ordered)
                line.Append('|').AppendJoin(' ', Numbers(array, ibd, long.Parse((string?)spectrum.Attribute("defaultArrayLength") ?? "0", CultureInfo.InvariantCulture)).Select(number => number.ToString("R", CultureInfo.InvariantCulture)));
            lines.Add(line.ToString());
        }

        return lines;
    }

    /// <summary>A line as <see cref="Read"/> makes it.</summary>
    public static string Line(Spectrum spectrum)
    {
        var line = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{spectrum.X},{spectrum.Y},{spectrum.Z}");
        foreach (var array in (ReadOnlyMemory<double>[])[spectrum.Mz, spectrum.Intensities, .. spectrum.OtherArrays])
            line.Append('|').AppendJoin(' ', array.ToArray().Select(number => number.ToString("R", CultureInfo.InvariantCulture)));
        return line.ToString();
    }

    /// <summary>The two files of an archive, which also must hold nothing else.</summary>
    public static (byte[] Document, byte[] Ibd) Unpack(byte[] archive)
    {
        using var zip = new ZipArchive(new MemoryStream(archive), ZipArchiveMode.Read);
        Assert.Equal(2, zip.Entries.Count);
        return (Content(".imzML"), Content(".ibd"));

        byte[] Content(string ending)
        {
            using var stream = zip.Entries.Single(entry => entry.Name.EndsWith(ending, StringComparison.Ordinal)).Open();
            using var content = new MemoryStream();
            stream.CopyTo(content);
            return content.ToArray();
        }
    }

    private static IEnumerable<XElement> Named(XElement root, string name) => root.Descendants().Where(element => element.Name.LocalName == name);

    private static List<(string Accession, string Value)> Terms(XElement parent) =>
        [.. Named(parent, "cvParam").Select(term => ((string?)term.Attribute("accession") ?? "", (string?)term.Attribute("value") ?? ""))];

    private static List<(string Accession, string Value)> Expand(IEnumerable<XElement> elements, Dictionary<string, List<(string, string)>> groups)
    {
        var terms = new List<(string, string)>();
        foreach (var element in elements)
        {
            if (element.Name.LocalName == "cvParam")
                terms.Add(((string?)element.Attribute("accession") ?? "", (string?)element.Attribute("value") ?? ""));
            else if (element.Name.LocalName == "referenceableParamGroupRef")
                terms.AddRange(groups[(string)element.Attribute("ref")!]);
        }

        return terms;
    }

    private static string? First(List<(string Accession, string Value)> terms, string accession)
    {
        var found = terms.FindIndex(term => term.Accession == accession);
        return found < 0 ? null : Whole(terms[found].Value).ToString(CultureInfo.InvariantCulture);
    }

    private static long Whole(string text) => (long)double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

    private static double[] Numbers(List<(string Accession, string Value)> terms, byte[] ibd, long byDefault)
    {
        string? Last(string accession) => terms.FindLastIndex(term => term.Accession == accession) is >= 0 and var at ? terms[at].Value : null;
        bool Has(string accession) => Last(accession) is not null;
        Assert.True(Has("MS:1000514") || Has("MS:1000515") || OtherArrays.Any(Has) || terms.Count > 0);
        var points = Last("IMS:1000103") is { } length ? (int)Whole(length) : (int)byDefault;
        var element = terms.Select(term => term.Accession).Last(accession => accession is "MS:1000519" or "MS:1000521" or "MS:1000522" or "MS:1000523" or "IMS:1000141" or "IMS:1000142" or "IMS:1100000" or "IMS:1100001");
        var size = element switch { "IMS:1100000" => 1, "IMS:1100001" => 2, "MS:1000519" or "MS:1000521" or "IMS:1000141" => 4, _ => 8 };
        if (points == 0)
            return [];
        var offset = (int)Whole(Last("IMS:1000102")!);
        var raw = Has("MS:1000574") ? Inflate(ibd.AsSpan(offset, (int)Whole(Last("IMS:1000104")!)).ToArray()) : ibd.AsSpan(offset, points * size).ToArray();
        Assert.Equal(points * size, raw.Length);
        return
        [
            .. Enumerable.Range(0, points).Select(i => raw.AsSpan(i * size, size)[0] is var _ ? element switch
            {
                "IMS:1100000" => (sbyte)raw[i],
                "IMS:1100001" => BinaryPrimitives.ReadInt16LittleEndian(raw.AsSpan(i * 2)),
                "MS:1000519" or "IMS:1000141" => BinaryPrimitives.ReadInt32LittleEndian(raw.AsSpan(i * 4)),
                "MS:1000521" => BinaryPrimitives.ReadSingleLittleEndian(raw.AsSpan(i * 4)),
                "MS:1000523" => BinaryPrimitives.ReadDoubleLittleEndian(raw.AsSpan(i * 8)),
                _ => BinaryPrimitives.ReadInt64LittleEndian(raw.AsSpan(i * 8)),
            } : 0),
        ];
    }

    private static byte[] Inflate(byte[] stored)
    {
        using var inflate = new ZLibStream(new MemoryStream(stored), CompressionMode.Decompress);
        using var raw = new MemoryStream();
        inflate.CopyTo(raw);
        return raw.ToArray();
    }
}
