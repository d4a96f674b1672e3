using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Dataplug.Conformance.Generators;

/// <summary>
/// Realistic VCF 4.2 (hts-specs, VCFv4.2): a cohort's variants in order of position on human contigs, most of them rare, with
/// INFO fields that fit the genotypes and GT:DP:GQ for every sample. The same options give the same bytes.
/// </summary>
/// <param name="samples">Samples, at least 1.</param>
/// <param name="seed">Determines everything.</param>
public sealed class VcfGenerator(int samples = 120, int seed = 1)
{
    // GRCh38.
    private static readonly (string Name, int Length)[] Contigs =
    [
        ("chr1", 248956422), ("chr2", 242193529), ("chr3", 198295559), ("chr4", 190214555), ("chr5", 181538259), ("chr6", 170805979),
        ("chr7", 159345973), ("chr8", 145138636), ("chr9", 138394717), ("chr10", 133797422), ("chr11", 135086622), ("chr12", 133275309),
        ("chr13", 114364328), ("chr14", 107043718), ("chr15", 101991189), ("chr16", 90338345), ("chr17", 83257441), ("chr18", 80373285),
        ("chr19", 58617616), ("chr20", 64444167), ("chr21", 46709983), ("chr22", 50818468), ("chrX", 156040895),
    ];

    /// <summary>Writes the header and records.</summary>
    /// <param name="destination">Takes plain, uncompressed VCF.</param>
    /// <param name="records">Records to write; they are spread over the contigs.</param>
    /// <param name="cancellationToken">Cancels between pieces.</param>
    public async Task WriteAsync(Stream destination, long records, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        await destination.WriteAsync(Header(), cancellationToken);
        var random = new Random(seed);
        var buffer = new byte[1 << 20];
        var longest = 512 + (samples * 12);
        var length = 0;
        long written = 0;
        var genome = Contigs.Sum(contig => (long)contig.Length);
        foreach (var (contig, contigLength) in Contigs)
        {
            // The last contig takes what rounding leaves.
            var share = contig == Contigs[^1].Name ? records - written : (long)((double)records * contigLength / genome);
            var name = Encoding.ASCII.GetBytes(contig);
            var step = Math.Max(1, (int)(contigLength / Math.Max(1, share)));
            var position = 10_000 + random.Next(step);
            for (long i = 0; i < share; i++)
            {
                if (buffer.Length - length < longest)
                {
                    await destination.WriteAsync(buffer.AsMemory(0, length), cancellationToken);
                    length = 0;
                }
                length += Record(buffer.AsSpan(length), name, position, random);
                // Gaps of an exponential distribution.
                position += 1 + (int)(-Math.Log(1 - random.NextDouble()) * step * 0.95);
            }
            written += share;
        }
        await destination.WriteAsync(buffer.AsMemory(0, length), cancellationToken);
    }

    private byte[] Header()
    {
        var text = new StringBuilder("##fileformat=VCFv4.2\n##FILTER=<ID=PASS,Description=\"All filters passed\">\n##FILTER=<ID=LowQual,Description=\"Low quality\">\n");
        foreach (var (name, length) in Contigs)
            text.Append(CultureInfo.InvariantCulture, $"##contig=<ID={name},length={length},assembly=GRCh38>\n");
        text.Append("##INFO=<ID=AC,Number=A,Type=Integer,Description=\"Allele count in genotypes\">\n##INFO=<ID=AF,Number=A,Type=Float,Description=\"Allele frequency\">\n"
            + "##INFO=<ID=AN,Number=1,Type=Integer,Description=\"Total number of alleles in called genotypes\">\n##INFO=<ID=DP,Number=1,Type=Integer,Description=\"Total depth\">\n"
            + "##INFO=<ID=FS,Number=1,Type=Float,Description=\"Phred-scaled strand bias\">\n##INFO=<ID=MQ,Number=1,Type=Float,Description=\"RMS mapping quality\">\n##INFO=<ID=QD,Number=1,Type=Float,Description=\"Variant confidence by depth\">\n"
            + "##FORMAT=<ID=GT,Number=1,Type=String,Description=\"Genotype\">\n##FORMAT=<ID=DP,Number=1,Type=Integer,Description=\"Read depth\">\n##FORMAT=<ID=GQ,Number=1,Type=Integer,Description=\"Genotype quality\">\n"
            + "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT");
        for (var i = 0; i < samples; i++)
            text.Append(CultureInfo.InvariantCulture, $"\tHG{96 + (i * 7):d5}");
        return Encoding.ASCII.GetBytes(text.Append('\n').ToString());
    }

    private int Record(Span<byte> line, ReadOnlySpan<byte> contig, int position, Random random)
    {
        // Frequencies as 1/x: most variants are seen in one or two genomes.
        var frequency = Math.Exp(random.NextDouble() * Math.Log(0.5 * 2 * samples)) / (2 * samples);
        Span<byte> genotypes = stackalloc byte[samples <= 4096 ? samples : 0];
        if (genotypes.IsEmpty)
            genotypes = new byte[samples];
        var alleles = 0;
        var called = 0;
        for (var i = 0; i < samples; i++)
        {
            var missing = random.Next(100) == 0;
            var count = (random.NextDouble() < frequency ? 1 : 0) + (random.NextDouble() < frequency ? 1 : 0);
            genotypes[i] = missing ? (byte)3 : (byte)count;
            alleles += missing ? 0 : count;
            called += missing ? 0 : 2;
        }
        var depth = 24 + random.Next(14);
        var at = 0;
        Text(line, ref at, contig);
        Text(line, ref at, "\t"u8);
        Number(line, ref at, position);
        Text(line, ref at, "\t"u8);
        if (random.Next(5) != 0)
        {
            Text(line, ref at, "rs"u8);
            Number(line, ref at, random.Next(3) == 0 ? random.Next(1_000_000) : random.Next(1_000_000, 1_600_000_000));
        }
        else
        {
            Text(line, ref at, "."u8);
        }
        Text(line, ref at, "\t"u8);
        var reference = "ACGT"[random.Next(4)];
        line[at++] = (byte)reference;
        if (random.Next(9) == 0)
        {
            // An insertion or deletion.
            var isDeletion = random.Next(2) == 0;
            if (!isDeletion)
                Text(line, ref at, "\t"u8);
            if (!isDeletion)
                line[at++] = (byte)reference;
            for (var bases = random.Next(1, 9); bases > 0; bases--)
                line[at++] = (byte)"ACGT"[random.Next(4)];
            if (isDeletion)
            {
                Text(line, ref at, "\t"u8);
                line[at++] = (byte)reference;
            }
        }
        else
        {
            // Two of three are transitions.
            var transition = reference switch { 'A' => 'G', 'G' => 'A', 'C' => 'T', _ => 'C' };
            Text(line, ref at, "\t"u8);
            var other = "ACGT"[random.Next(4)];
            line[at++] = (byte)(random.Next(3) != 0 || other == reference ? transition : other);
        }
        Text(line, ref at, "\t"u8);
        var quality = 30 + (alleles * depth * 12) + random.Next(400);
        Decimal(line, ref at, (quality * 100L) + random.Next(100), 2);
        Text(line, ref at, random.Next(12) == 0 ? "\tLowQual\tAC="u8 : "\tPASS\tAC="u8);
        Number(line, ref at, alleles);
        Text(line, ref at, ";AF="u8);
        Decimal(line, ref at, called == 0 ? 0 : 10_000L * alleles / called, 4);
        Text(line, ref at, ";AN="u8);
        Number(line, ref at, called);
        Text(line, ref at, ";DP="u8);
        Number(line, ref at, (depth * samples) + random.Next(-200, 200));
        Text(line, ref at, ";FS="u8);
        Decimal(line, ref at, random.Next(4) == 0 ? random.Next(9000) : 0, 3);
        Text(line, ref at, ";MQ="u8);
        Decimal(line, ref at, random.Next(3) == 0 ? random.Next(4000, 6000) : 6000, 2);
        Text(line, ref at, ";QD="u8);
        Decimal(line, ref at, random.Next(200, 3600), 2);
        Text(line, ref at, "\tGT:DP:GQ"u8);
        foreach (var genotype in genotypes)
        {
            if (genotype == 3)
            {
                Text(line, ref at, "\t./.:.:."u8);
                continue;
            }
            Text(line, ref at, genotype switch { 0 => "\t0/0:"u8, 1 => "\t0/1:"u8, _ => "\t1/1:"u8 });
            // About a normal distribution around the site's depth; the quality grows with the depth, capped at 99.
            var reads = Math.Max(0, depth + random.Next(-6, 7) + random.Next(-6, 7));
            Number(line, ref at, reads);
            Text(line, ref at, ":"u8);
            Number(line, ref at, genotype == 0 ? Math.Min(99, reads * 3) : random.Next(6) == 0 ? random.Next(20, 99) : 99);
        }
        line[at++] = (byte)'\n';
        return at;
    }

    private static void Text(Span<byte> line, ref int at, ReadOnlySpan<byte> text)
    {
        text.CopyTo(line[at..]);
        at += text.Length;
    }

    private static void Number(Span<byte> line, ref int at, long value)
    {
        Utf8Formatter.TryFormat(value, line[at..], out var written);
        at += written;
    }

    /// <summary>A number given in units of its last decimal place.</summary>
    private static void Decimal(Span<byte> line, ref int at, long value, int places)
    {
        var scale = (long)Math.Pow(10, places);
        Number(line, ref at, value / scale);
        line[at++] = (byte)'.';
        Utf8Formatter.TryFormat(value % scale, line[at..], out var written, new('D', (byte)places));
        at += written;
    }
}
