using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Imzml.Tests;

/// <summary>How a generated data set is written.</summary>
internal sealed record ImzmlDialect
{
    public bool IsContinuous { get; init; }

    /// <summary>Accessions of the number types of m/z and intensity.</summary>
    public string MzType { get; init; } = "MS:1000523";

    public string IntensityType { get; init; } = "MS:1000521";

    public bool IsZLib { get; init; }

    public bool HasZ { get; init; }

    /// <summary>Parameters of the arrays in groups, or in each array.</summary>
    public bool HasGroups { get; init; } = true;

    /// <summary>An ion mobility for each point.</summary>
    public bool HasMobility { get; init; }

    /// <summary>Arrays in any order in the ibd, with bytes between them.</summary>
    public bool IsShuffled { get; init; }

    public bool IntensityFirst { get; init; }

    public char Quote { get; init; } = '"';

    public bool IsIndented { get; init; } = true;

    /// <summary>A comment between spectra, which is not read byte by byte.</summary>
    public bool HasComment { get; init; }

    /// <summary>An entity in the identifiers, which is not read byte by byte.</summary>
    public bool HasEntity { get; init; }

    public bool IsIndexed { get; init; }

    public string Encoding { get; init; } = "utf-8";

    /// <summary>Lengths by defaultArrayLength alone.</summary>
    public bool CountsByDefault { get; init; }

    /// <summary>A userParam in every other spectrum.</summary>
    public bool IsUneven { get; init; }

    public bool IsUnsorted { get; init; }
}

/// <summary>A generated data set.</summary>
internal sealed record ImzmlSample(byte[] Document, byte[] Ibd)
{
    /// <summary>Both in one piece, for what takes one object.</summary>
    public byte[] Join() => [.. Encoding.ASCII.GetBytes(Document.Length.ToString("D10", CultureInfo.InvariantCulture)), .. Document, .. Ibd];

    public static ImzmlSample Split(byte[] joined)
    {
        var length = joined.Length >= 10 && int.TryParse(joined.AsSpan(0, 10), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : joined.Length;
        var rest = joined.AsSpan(Math.Min(10, joined.Length));
        length = Math.Min(length, rest.Length);
        return new ImzmlSample(rest[..length].ToArray(), rest[length..].ToArray());
    }
}

/// <summary>Makes data sets, realistic and odd, by plain code.</summary>
internal static class ImzmlSamples
{
    private static readonly string[] Types = ["MS:1000521", "MS:1000523", "MS:1000519", "IMS:1000141", "IMS:1000142", "IMS:1100001", "MS:1000522", "IMS:1100000"];

    public static Gen<ImzmlDialect> Dialects =>
        from flags in Gen.Choose(0, (1 << 13) - 1)
        from mz in Gen.Elements("MS:1000521", "MS:1000523")
        from intensity in Gen.Elements(Types)
        from encoding in Gen.Frequency((6, Gen.Constant("utf-8")), (2, Gen.Constant("ISO-8859-1")), (1, Gen.Constant("utf-16")), (1, Gen.Constant("windows-1252")))
        from comment in Gen.Choose(0, 5)
        from entity in Gen.Choose(0, 7)
        select new ImzmlDialect
        {
            MzType = mz,
            IntensityType = intensity,
            Encoding = encoding,
            IsContinuous = (flags & 1) != 0,
            IsZLib = (flags & 2) != 0,
            HasZ = (flags & 4) != 0,
            HasGroups = (flags & 8) != 0,
            HasMobility = (flags & 48) == 48,
            IsShuffled = (flags & 64) != 0,
            IntensityFirst = (flags & 128) != 0,
            Quote = (flags & 256) != 0 ? '"' : '\'',
            IsIndented = (flags & 512) != 0,
            IsIndexed = (flags & 1024) != 0,
            CountsByDefault = (flags & 2048) != 0,
            IsUneven = (flags & 4096) != 0,
            HasComment = comment == 0,
            HasEntity = entity == 0,
        };

    public static Gen<ImzmlSample> Any =>
        from dialect in Dialects
        from width in Gen.Choose(1, 7)
        from height in Gen.Choose(0, 6)
        from seed in Gen.Choose(0, int.MaxValue - 1)
        select Make(dialect, width, height, seed);

    /// <summary>Writes a data set of so many pixels, row by row; some are missing, some have no points.</summary>
    public static ImzmlSample Make(ImzmlDialect dialect, int width, int height, int seed, int maxPoints = 40, bool isWhole = false)
    {
        var random = new Random(seed);
        var pixels = Enumerable.Range(0, width * height).Where(_ => isWhole || random.Next(8) > 0).Select(i => (X: (i % width) + 1, Y: (i / width) + 1, Z: dialect.HasZ ? 1 + (i % 2) : 1)).ToArray();
        var shared = Mz(random, random.Next(1, maxPoints), dialect);
        var spectra = pixels.Select(_ => dialect.IsContinuous ? shared : Mz(random, random.Next(10) == 0 ? 0 : random.Next(1, maxPoints), dialect))
            .Select(mz => (Mz: mz, Intensities: mz.Select(_ => Math.Round(random.NextDouble() * 100)).ToArray(), Mobility: mz.Select(_ => random.NextDouble()).ToArray())).ToArray();

        var ibd = new MemoryStream();
        var uuid = new byte[16];
        random.NextBytes(uuid);
        ibd.Write(uuid);
        var places = new (long Offset, int Points, long Length)[spectra.Length, 3];
        (long, int, long)? axis = null;
        var order = Enumerable.Range(0, spectra.Length * 3).ToArray();
        if (dialect.IsShuffled)
            random.Shuffle(order);
        foreach (var number in order)
        {
            var (spectrum, kind) = (number / 3, number % 3);
            if (kind == 2 && !dialect.HasMobility)
                continue;
            if (kind == 0 && dialect.IsContinuous && axis is { } known)
            {
                places[spectrum, 0] = known;
                continue;
            }

            var numbers = kind switch { 0 => spectra[spectrum].Mz, 1 => spectra[spectrum].Intensities, _ => spectra[spectrum].Mobility };
            var bytes = Store(numbers, kind switch { 0 => dialect.MzType, 1 => dialect.IntensityType, _ => "MS:1000523" }, dialect.IsZLib);
            if (dialect.IsShuffled)
                ibd.Write(new byte[random.Next(5)]);
            places[spectrum, kind] = (ibd.Length, numbers.Length, bytes.Length);
            ibd.Write(bytes);
            if (kind == 0)
                axis = places[spectrum, 0];
        }

        var binary = ibd.ToArray();
        var encoding = CodePagesEncodingProvider.Instance.GetEncoding(dialect.Encoding) ?? Encoding.GetEncoding(dialect.Encoding);
        var document = Document(dialect, pixels, places, Convert.ToHexStringLower(uuid), Sha1Of(binary));
        return new ImzmlSample([.. dialect.Encoding == "utf-16" ? encoding.GetPreamble() : [], .. encoding.GetBytes(document)], binary);
    }

#pragma warning disable CA5350 // The checksum that the format asks for.
    private static string Sha1Of(byte[] bytes) => Convert.ToHexStringLower(SHA1.HashData(bytes));
#pragma warning restore CA5350

    private static double[] Mz(Random random, int points, ImzmlDialect dialect)
    {
        var values = Enumerable.Range(0, points).Select(_ => (double)(float)(100 + (random.NextDouble() * 900))).ToArray();
        if (!dialect.IsUnsorted)
            Array.Sort(values);
        return values;
    }

    private static byte[] Store(double[] numbers, string type, bool isZLib)
    {
        var raw = new MemoryStream();
        Span<byte> buffer = stackalloc byte[8];
        foreach (var number in numbers)
        {
            switch (type)
            {
                case "MS:1000521":
                    BinaryPrimitives.WriteSingleLittleEndian(buffer, (float)number);
                    raw.Write(buffer[..4]);
                    break;
                case "MS:1000523":
                    BinaryPrimitives.WriteDoubleLittleEndian(buffer, number);
                    raw.Write(buffer);
                    break;
                case "MS:1000519" or "IMS:1000141":
                    BinaryPrimitives.WriteInt32LittleEndian(buffer, (int)number);
                    raw.Write(buffer[..4]);
                    break;
                case "IMS:1100001":
                    BinaryPrimitives.WriteInt16LittleEndian(buffer, (short)number);
                    raw.Write(buffer[..2]);
                    break;
                case "IMS:1100000":
                    raw.WriteByte((byte)(sbyte)number);
                    break;
                default:
                    BinaryPrimitives.WriteInt64LittleEndian(buffer, (long)number);
                    raw.Write(buffer);
                    break;
            }
        }

        if (!isZLib)
            return raw.ToArray();
        var stored = new MemoryStream();
        using (var deflate = new ZLibStream(stored, CompressionLevel.Fastest, leaveOpen: true))
            deflate.Write(raw.ToArray());
        return stored.ToArray();
    }

    private static string Document(ImzmlDialect dialect, (int X, int Y, int Z)[] pixels, (long Offset, int Points, long Length)[,] places, string uuid, string sha1)
    {
        var text = new StringBuilder();
        var depth = 0;
        Line($"<?xml version=\"1.0\" encoding=\"{dialect.Encoding}\"?>");
        if (dialect.IsIndexed)
            Open("<indexedmzML xmlns=\"http://psi.hupo.org/ms/mzml\">");
        Open("<mzML xmlns=\"http://psi.hupo.org/ms/mzml\" version=\"1.1\">");
        Open("<fileDescription>");
        Open("<fileContent>");
        Term("MS:1000579", "MS1 spectrum");
        Term("IMS:1000080", "universally unique identifier", uuid);
        Term("IMS:1000091", "ibd SHA-1", sha1);
        Term(dialect.IsContinuous ? "IMS:1000030" : "IMS:1000031", dialect.IsContinuous ? "continuous" : "processed");
        Close("fileContent");
        Line("<contact><!-- <spectrumList> --><userParam name=\"place\" value=\"Gie\u00DFen &lt; Wetzlar\"/></contact>");
        Close("fileDescription");
        Open("<referenceableParamGroupList count=\"3\">");
        foreach (var (kind, name) in (ReadOnlySpan<(int, string)>)[(0, "mzArray"), (1, "intensityArray"), (2, "mobilityArray")])
        {
            Open($"<referenceableParamGroup id=\"{name}\">");
            ArrayTerms(kind);
            Close("referenceableParamGroup");
        }

        Close("referenceableParamGroupList");
        Open("<scanSettingsList count=\"1\">");
        Open("<scanSettings id=\"s\">");
        Term("IMS:1000042", "max count of pixels x", "9");
        Term("IMS:1000046", "pixel size (x)", "50.5");
        Close("scanSettings");
        Close("scanSettingsList");
        Open("<run id=\"r\">");
        Open($"<spectrumList count=\"{pixels.Length}\" defaultDataProcessingRef=\"d\">");
        for (var i = 0; i < pixels.Length; i++)
        {
            if (dialect.HasComment && i == pixels.Length / 2)
                Line("<!-- <spectrum index=\"7\" -->");
            Open($"<spectrum id={Quoted(dialect.HasEntity ? $"a&amp;b={i}" : $"Scan={i + 1}")} defaultArrayLength={Quoted($"{(dialect.CountsByDefault ? places[i, 0].Points : 0)}")} index={Quoted($"{i}")}>");
            Term("MS:1000511", "ms level", "1");
            Term("MS:1000127", "centroid spectrum");
            Term("MS:1000129", "negative scan");
            Term("MS:1000285", "total ion current", $"{i}.5e+3");
            Open($"<scanList count={Quoted("1")}>");
            Open("<scan>");
            if (dialect.IsUneven && i % 2 == 0)
                Line($"<userParam name={Quoted("odd")} value={Quoted("x")}/>");
            Term("IMS:1000050", "position x", $"{pixels[i].X}");
            Term("IMS:1000051", "position y", $"{pixels[i].Y}");
            if (dialect.HasZ)
                Term("IMS:1000052", "position z", $"{pixels[i].Z}");
            Close("scan");
            Close("scanList");
            Open($"<binaryDataArrayList count={Quoted("2")}>");
            foreach (var kind in dialect.HasMobility ? (int[])[2, 0, 1] : dialect.IntensityFirst ? [1, 0] : [0, 1])
            {
                Open($"<binaryDataArray encodedLength={Quoted("0")}>");
                if (dialect.HasGroups)
                    Line($"<referenceableParamGroupRef ref={Quoted(kind switch { 0 => "mzArray", 1 => "intensityArray", _ => "mobilityArray" })}/>");
                else
                    ArrayTerms(kind);
                Term("IMS:1000102", "external offset", $"{places[i, kind].Offset}");
                if (!dialect.CountsByDefault)
                    Term("IMS:1000103", "external array length", $"{places[i, kind].Points}");
                Term("IMS:1000104", "external encoded length", $"{places[i, kind].Length}");
                Line("<binary/>");
                Close("binaryDataArray");
            }

            Close("binaryDataArrayList");
            Close("spectrum");
        }

        Close("spectrumList");
        Close("run");
        Close("mzML");
        if (dialect.IsIndexed)
        {
            Line("<indexList count=\"1\"><index name=\"spectrum\"><offset idRef=\"Scan=1\">5311</offset></index></indexList>");
            Line("<fileChecksum>0123456789abcdef0123456789abcdef01234567</fileChecksum>");
            Close("indexedmzML");
        }

        return text.ToString();

        void ArrayTerms(int kind)
        {
            Term(kind switch { 0 => "MS:1000514", 1 => "MS:1000515", _ => "MS:1003006" }, kind switch { 0 => "m/z array", 1 => "intensity array", _ => "mean inverse reduced ion mobility array" });
            Term(kind switch { 0 => dialect.MzType, 1 => dialect.IntensityType, _ => "MS:1000523" }, "numbers");
            Term(dialect.IsZLib ? "MS:1000574" : "MS:1000576", dialect.IsZLib ? "zlib compression" : "no compression");
            Term("IMS:1000101", "external data", "true");
        }

        string Quoted(string value) => $"{dialect.Quote}{value}{dialect.Quote}";

        void Term(string accession, string name, string value = "") => Line(value.Length > 0
            ? $"<cvParam cvRef={Quoted(accession[..accession.IndexOf(':')])} accession={Quoted(accession)} name={Quoted(name)} value={Quoted(value)}/>"
            : $"<cvParam cvRef={Quoted(accession[..accession.IndexOf(':')])} accession={Quoted(accession)} name={Quoted(name)}/>");

        void Open(string line)
        {
            Line(line);
            depth++;
        }

        void Close(string name)
        {
            depth--;
            Line($"</{name}>");
        }

        void Line(string line)
        {
            if (dialect.IsIndented)
                text.Append('\t', depth);
            text.Append(line);
            if (dialect.IsIndented)
                text.Append("\r\n");
        }
    }
}
