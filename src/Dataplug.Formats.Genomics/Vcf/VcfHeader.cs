using System.Globalization;
using System.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>The header of a VCF object: its meta-information lines and the line of column names (VCF 4.3, sections 1.4 and 1.5).</summary>
public sealed class VcfHeader
{
    private static readonly string[] FixedNames = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"];

    private VcfHeader(ReadOnlyMemory<byte> bytes) => Bytes = bytes;

    /// <summary>The header as it is in the object, line ends included.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The value of <c>##fileformat</c>, e.g. <c>VCFv4.3</c>; null where the first line is another.</summary>
    public string? FileFormat { get; private set; }

    /// <summary>The contigs that are declared, in their order.</summary>
    public IReadOnlyList<VcfContig> Contigs { get; private set; } = [];

    /// <summary>The INFO fields that are declared.</summary>
    public IReadOnlyList<VcfDefinition> Info { get; private set; } = [];

    /// <summary>The FORMAT fields that are declared.</summary>
    public IReadOnlyList<VcfDefinition> Format { get; private set; } = [];

    /// <summary>The filters that are declared.</summary>
    public IReadOnlyList<VcfDefinition> Filters { get; private set; } = [];

    /// <summary>The symbolic alleles that are declared.</summary>
    public IReadOnlyList<VcfDefinition> Alts { get; private set; } = [];

    /// <summary>The samples in the order of their columns.</summary>
    public IReadOnlyList<string> Samples { get; private set; } = [];

    /// <summary>Number of columns of every line: 8, or 9 and one for each sample.</summary>
    public int ColumnCount { get; private set; }

    /// <summary>Reads a header.</summary>
    /// <param name="bytes">All lines that begin with '#', to the line of column names; kept.</param>
    /// <param name="source">The object's name for messages.</param>
    /// <exception cref="CorruptObjectException">The line of column names is missing or wrong, or not the last one.</exception>
    public static VcfHeader Parse(ReadOnlyMemory<byte> bytes, string? source = null)
    {
        var header = new VcfHeader(bytes);
        var definitions = new Dictionary<string, List<VcfDefinition>>(StringComparer.Ordinal)
        {
            ["INFO"] = [],
            ["FORMAT"] = [],
            ["FILTER"] = [],
            ["ALT"] = [],
        };
        var contigs = new List<VcfContig>();
        var (at, line) = (0, 0);
        while (at < bytes.Length)
        {
            line++;
            if (header.ColumnCount > 0)
                throw Corrupt("a header line comes after the line of column names");
            var rest = bytes.Span[at..];
            var feed = rest.IndexOf((byte)'\n');
            var text = Encoding.UTF8.GetString((feed < 0 ? rest : rest[..feed]).TrimEnd((byte)'\r'));
            if (text.StartsWith("##", StringComparison.Ordinal))
                AddMeta(text);
            else if (text.StartsWith("#CHROM", StringComparison.Ordinal))
                header.ReadColumns(text, Corrupt);
            at += feed < 0 ? rest.Length : feed + 1;
        }

        line++;
        if (header.ColumnCount == 0)
            throw Corrupt("the line of column names, #CHROM, is missing");
        header.Contigs = contigs;
        (header.Info, header.Format) = (definitions["INFO"], definitions["FORMAT"]);
        (header.Filters, header.Alts) = (definitions["FILTER"], definitions["ALT"]);
        return header;

        void AddMeta(string text)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                return;
            var key = text[2..equals];
            var value = text[(equals + 1)..];
            if (key == "fileformat" && line == 1)
                header.FileFormat = value;
            if (!value.StartsWith('<') || !value.EndsWith('>'))
                return;
            if (key == "contig")
            {
                var fields = ReadFields(value);
                if (fields.TryGetValue("ID", out var id))
                    contigs.Add(new VcfContig(id, long.TryParse(fields.GetValueOrDefault("length"), NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length : null));
            }
            else if (definitions.TryGetValue(key, out var list))
            {
                var fields = ReadFields(value);
                if (fields.TryGetValue("ID", out var id))
                    list.Add(new VcfDefinition(id, fields.GetValueOrDefault("Number"), fields.GetValueOrDefault("Type"), fields.GetValueOrDefault("Description")));
            }
        }

        CorruptObjectException Corrupt(string problem) =>
            new(source, string.Create(CultureInfo.InvariantCulture, $"line {line} (at byte {at} of the content): {problem}"), "Write the header anew, e.g. with bcftools reheader, or get the object from its origin once more.");
    }

    /// <summary>The numbers of the columns of some samples, from 0 for the first sample.</summary>
    /// <param name="names">Their names.</param>
    /// <param name="source">The object's name for messages.</param>
    /// <exception cref="PartitionException">There is no such sample, or one is named twice.</exception>
    internal int[] Find(IReadOnlyList<string> names, string source)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < Samples.Count; i++)
            numbers[Samples[i]] = i;
        var unknown = names.Where(name => !numbers.ContainsKey(name)).ToArray();
        if (unknown.Length > 0)
            throw new PartitionException(source, $"there is no sample {string.Join(", ", unknown.Select(name => $"'{name}'"))}", "The header names the samples: dataplug inspect, or bcftools query -l.");
        if (names.Distinct(StringComparer.Ordinal).Count() < names.Count)
            throw new PartitionException(source, "a sample is asked for twice", "Name each sample once.");
        return [.. names.Select(name => numbers[name])];
    }

    private void ReadColumns(string text, Func<string, Exception> corrupt)
    {
        var names = text.Split('\t');
        for (var i = 0; i < FixedNames.Length; i++)
        {
            if (i >= names.Length || names[i] != FixedNames[i])
                throw corrupt($"column {i + 1} of the line of column names is {(i < names.Length ? $"'{names[i]}'" : "missing")} instead of '{FixedNames[i]}'; columns are separated by tabs");
        }

        if (names.Length > FixedNames.Length && names[FixedNames.Length] != "FORMAT")
            throw corrupt($"column 9 of the line of column names is '{names[FixedNames.Length]}' instead of 'FORMAT'");
        var samples = names.Skip(FixedNames.Length + 1).ToArray();
        if (samples.Contains("", StringComparer.Ordinal))
            throw corrupt("a sample has no name");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (samples.FirstOrDefault(sample => !seen.Add(sample)) is { } twice)
            throw corrupt($"there are two samples with the name '{twice}'");
        (Samples, ColumnCount) = (samples, names.Length);
    }

    // <ID=DP,Number=1,Type=Integer,Description="Depth, \"raw\"">: values in quotes may hold commas and escaped quotes.
    private static Dictionary<string, string> ReadFields(string value)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        var at = 1;
        var end = value.Length - 1;
        while (at < end)
        {
            var equals = value.IndexOf('=', at);
            if (equals < 0)
                break;
            var key = value[at..equals];
            at = equals + 1;
            var text = new StringBuilder();
            var isQuoted = at < end && value[at] == '"';
            for (at += isQuoted ? 1 : 0; at < end && value[at] != (isQuoted ? '"' : ','); at++)
            {
                if (isQuoted && value[at] == '\\' && at + 1 < end)
                    at++;
                text.Append(value[at]);
            }

            fields.TryAdd(key.Trim(), text.ToString());
            while (at < end && value[at] != ',')
                at++;
            at++;
        }

        return fields;
    }
}

/// <summary>A contig that a header declares.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Length">Its positions; null where the header does not tell.</param>
public sealed record VcfContig(string Id, long? Length);

/// <summary>An INFO or FORMAT field, a filter or a symbolic allele that a header declares.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Number">How many values it has, as written: a number, <c>A</c>, <c>R</c>, <c>G</c> or <c>.</c>; null where it has none.</param>
/// <param name="Type">Integer, Float, Flag, Character or String; null where it has none.</param>
/// <param name="Description">What it is; null where that is not told.</param>
public sealed record VcfDefinition(string Id, string? Number, string? Type, string? Description);
