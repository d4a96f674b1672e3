using System.Globalization;
using System.Text;
using Dataplug.Compression;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>Valid VCF of many shapes, made by plain, obvious code.</summary>
internal static class VcfSamples
{
    /// <summary>Sorted VCF: any number of samples and contigs, gVCF blocks, symbolic alleles, long lines, CRLF, no last line end, empty
    /// lines at the end, no records.</summary>
    public static Gen<byte[]> Valid { get; } = Gen.Sized(size =>
        from shape in Gen.Choose(0, int.MaxValue)
        from records in Gen.Frequency((1, Gen.Constant(0)), (8, Gen.Choose(0, 2 * (size + 1))))
        select Make(new VcfShape(shape) { Records = records }));

    /// <summary>VCF of a shape.</summary>
    public static byte[] Make(VcfShape shape)
    {
        var random = new Random(shape.Seed);
        var samples = shape.Samples ?? random.Next(5);
        var newline = random.Next(5) == 0 ? "\r\n" : "\n";
        var text = new StringBuilder("##fileformat=VCFv4.3").Append(newline);
        for (var i = 0; i < shape.Contigs; i++)
            text.Append(CultureInfo.InvariantCulture, $"##contig=<ID=chr{i + 1}{(random.Next(3) > 0 ? $",length={shape.ContigLength + (shape.ContigLength / 2)}" : "")}>").Append(newline);
        text.Append("##FILTER=<ID=q10,Description=\"Quality, \\\"low\\\"\">").Append(newline);
        text.Append("##INFO=<ID=END,Number=1,Type=Integer,Description=\"End, as htslib has it\">").Append(newline);
        text.Append("##INFO=<ID=DP,Number=1,Type=Integer,Description=\"Depth\">").Append(newline);
        text.Append("##INFO=<ID=SVLEN,Number=.,Type=Integer,Description=\"Length\">").Append(newline);
        text.Append("##INFO=<ID=CIEND,Number=2,Type=Integer,Description=\"Confidence\">").Append(newline);
        text.Append("##ALT=<ID=DEL,Description=\"Deletion\">").Append(newline).Append("##ALT=<ID=NON_REF,Description=\"Any\">").Append(newline);
        text.Append("##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">").Append(newline);
        text.Append("##FORMAT=<ID=DP,Number=1,Type=Integer,Description=\"Depth\">").Append(newline);
        for (var i = random.Next(4) == 0 ? random.Next(60) : 0; i > 0; i--)
            text.Append("##note=").Append('x', random.Next(200)).Append(newline);
        text.Append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO");
        if (samples > 0)
            text.Append("\tFORMAT").Append(string.Concat(Enumerable.Range(1, samples).Select(i => $"\tNA{i:d5}")));
        text.Append(newline);

        var cuts = Enumerable.Range(0, shape.Contigs - 1).Select(_ => random.Next(shape.Records + 1)).Order().Append(shape.Records).ToArray();
        var done = 0;
        for (var contig = 0; contig < shape.Contigs; contig++)
        {
            var count = cuts[contig] - done;
            foreach (var position in Enumerable.Range(0, count).Select(_ => (long)random.Next(1, shape.ContigLength)).Order().ToArray())
            {
                AppendRecord(text, contig, position, samples, shape, random);
                text.Append(newline);
            }

            done = cuts[contig];
        }

        for (var i = shape.HasOddEnd ? random.Next(5) == 0 ? random.Next(3) : 0 : 0; i > 0; i--)
            text.Append(newline);
        var bytes = Encoding.ASCII.GetBytes(text.ToString());
        return shape.HasOddEnd && random.Next(4) == 0 ? bytes[..^newline.Length] : bytes;
    }

    /// <summary>BGZF of blocks of any sizes, some of no content.</summary>
    public static byte[] ToBgzf(byte[] content, int seed, int maxBlock = 700, bool withMarker = true)
    {
        var random = new Random(seed);
        using var stored = new MemoryStream();
        for (var at = 0; at < content.Length;)
        {
            if (random.Next(20) == 0)
                stored.Write(BgzfWriter.EndMarker.Span);
            var length = Math.Min(content.Length - at, 1 + random.Next(maxBlock));
            stored.Write(BgzfWriter.Compress(content.AsSpan(at, length)));
            at += length;
        }

        if (withMarker)
            stored.Write(BgzfWriter.EndMarker.Span);
        return stored.ToArray();
    }

    /// <summary>The records of a text: all lines that are not empty and don't begin with '#'.</summary>
    public static IReadOnlyList<string> Records(byte[] content) =>
        [.. Encoding.UTF8.GetString(content).Split('\n').Select(line => line.TrimEnd('\r')).Where(line => line.Length > 0 && line[0] != '#')];

    /// <summary>The header lines of a text.</summary>
    public static string Header(byte[] content) => string.Concat(Encoding.UTF8.GetString(content).Split('\n').TakeWhile(line => line.StartsWith('#')).Select(line => line + "\n"));

    /// <summary>The positions that a record covers, from 0, the last excluded: as tabix has it, by other means than the library's.</summary>
    public static (string Contig, long Start, long End) Interval(string line)
    {
        var columns = line.Split('\t');
        var start = Math.Max(0, long.Parse(columns[1], CultureInfo.InvariantCulture) - 1);
        var end = start + columns[3].Length;
        var text = columns[7].Split(';').FirstOrDefault(field => field.StartsWith("END=", StringComparison.Ordinal));
        if (text is not null && long.TryParse(text[4..], NumberStyles.None, CultureInfo.InvariantCulture, out var told) && told > start)
            end = told;
        return (columns[0], start, end);
    }

    private static void AppendRecord(StringBuilder text, int contig, long position, int samples, VcfShape shape, Random random)
    {
        var kind = random.Next(8);
        var reference = kind == 1 ? new string('A', 1 + random.Next(30)) : "ACGT"[random.Next(4)].ToString();
        var alternative = kind switch { 0 => "<NON_REF>", 1 => "A", 2 => "<DEL>", 3 => "T,<NON_REF>", 4 => ".", _ => "G" };
        var info = kind switch
        {
            0 => $"END={position + random.Next(shape.Longest)}",
            2 => $"CIEND=-5,5;SVTYPE=DEL;END={position + random.Next(shape.Longest)};SVLEN=-10",
            3 => "CIEND=-50,50;DP=7",
            4 => ".",
            5 => $"DP={random.Next(100)};END=.",
            _ => $"DP={random.Next(100)}",
        };
        if (random.Next(40) == 0)
            info += ";X=" + new string('y', random.Next(4000));
        text.Append(CultureInfo.InvariantCulture, $"chr{contig + 1}\t{position}\t{(random.Next(2) == 0 ? "." : $"rs{random.Next(1000)}")}\t{reference}\t{alternative}\t{(random.Next(3) == 0 ? "." : $"{random.Next(1000) / 10.0}")}\tPASS\t{info}");
        if (samples == 0)
            return;
        text.Append("\tGT:DP");
        for (var i = 0; i < samples; i++)
            text.Append(CultureInfo.InvariantCulture, $"\t{(random.Next(9) == 0 ? "./." : $"{random.Next(2)}/{random.Next(2)}:{random.Next(60)}")}");
    }
}

/// <summary>What a made-up VCF is like.</summary>
internal sealed record VcfShape(int Seed)
{
    public int Records { get; init; } = 100;

    public int? Samples { get; init; }

    public int Contigs { get; init; } = (Seed % 4) + 1;

    public int ContigLength { get; init; } = 100_000;

    /// <summary>Positions that the longest record covers.</summary>
    public int Longest { get; init; } = 3000;

    /// <summary>Whether empty lines and a missing last line end may occur.</summary>
    public bool HasOddEnd { get; init; } = true;
}
