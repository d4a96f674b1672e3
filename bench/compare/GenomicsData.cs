using System.Globalization;
using System.Text;
using Dataplug.Conformance.Generators;
using Dataplug.Formats.Genomics;

namespace Dataplug.Compare;

/// <summary>Makes the files of the genomics suite, once.</summary>
internal sealed class GenomicsData(DirectoryInfo folder, int megabytes)
{
    private const int LineLength = 60;
    private const int ReadLength = 100;
    private const int ContigLength = 200_000_000;
    private const int Contigs = 6;

    // It is indexed so fast that start-up would be half of the time.
    private const int GenomeFactor = 9;

    /// <summary>A genome: six sequences, in lines of 60.</summary>
    public Task<string> GenomeAsync() => EnsureAsync("genome.fa", async path =>
    {
        await using var stream = File.Create(path);
        var random = new Random(1);
        var block = new byte[(LineLength + 1) * 10_000];
        var blocks = (int)(GenomeFactor * megabytes * 1e6 / block.Length / Contigs);
        for (var contig = 1; contig <= Contigs; contig++)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $">chr{contig} synthetic\n")));
            for (var i = 0; i < blocks; i++)
            {
                for (var at = 0; at < block.Length; at++)
                    block[at] = at % (LineLength + 1) == LineLength ? (byte)'\n' : "ACGT"u8[random.Next(4)];
                await stream.WriteAsync(block);
            }
        }
    });

    /// <summary>The beginning of the genome in BGZF.</summary>
    public async Task<string> CompressedGenomeAsync()
    {
        var plain = await GenomeAsync();
        return await EnsureAsync("genome.fa.gz", path => Machine.OutputAsync($"head -c {megabytes}000000 '{plain}' | bgzip -@ 2 -c > '{path}'"));
    }

    /// <summary>Reads, not compressed.</summary>
    public Task<string> ReadsAsync(CancellationToken cancellationToken) => EnsureAsync("reads.fastq", async path =>
    {
        await using var stream = File.Create(path);
        await FastqGenerator.WriteAsync(stream, new FastqGeneratorOptions { Reads = (long)(megabytes * 1e6 / 360) }, cancellationToken);
    });

    /// <summary>Variants of 120 samples in BGZF.</summary>
    public async Task<string> VariantsAsync(CancellationToken cancellationToken) => await EnsureAsync("variants.vcf.gz", async path =>
    {
        await using (var stream = File.Create(path + ".vcf"))
            await new VcfGenerator().WriteAsync(stream, (long)(megabytes * 1e6 / 3 / 220), cancellationToken);
        await Machine.OutputAsync($"bgzip -@ 2 -c '{path}.vcf' > '{path}' && rm '{path}.vcf'");
    });

    /// <summary>Alignments in the order of positions.</summary>
    public Task<string> AlignmentsAsync() => EnsureAsync("alignments.bam", async path =>
    {
        var records = (long)(megabytes * 1e6 / 3 / 85);
        await using (var sam = new StreamWriter(path + ".sam"))
        {
            await sam.WriteAsync("@HD\tVN:1.6\tSO:coordinate\n");
            for (var contig = 1; contig <= Contigs; contig++)
                await sam.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"@SQ\tSN:chr{contig}\tLN:{ContigLength}\n"));
            var random = new Random(2);
            var bases = new char[ReadLength];
            var qualities = new char[ReadLength];
            for (long i = 0; i < records; i++)
            {
                for (var at = 0; at < ReadLength; at++)
                    (bases[at], qualities[at]) = ("ACGT"[random.Next(4)], "FFFFFFF:,#"[random.Next(10)]);
                var place = (long)((double)i / records * Contigs * (ContigLength - 1000));
                await sam.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"read{i}\t{(i % 2) * 16}\tchr{1 + (place / (ContigLength - 1000))}\t{1 + (place % (ContigLength - 1000))}\t60\t{ReadLength}M\t*\t0\t0\t"));
                await sam.WriteAsync(bases);
                await sam.WriteAsync('\t');
                await sam.WriteAsync(qualities);
                await sam.WriteAsync("\tNM:i:0\n");
            }
        }

        await Machine.OutputAsync($"samtools view -@ 2 -b -o '{path}' '{path}.sam' && rm '{path}.sam'");
    });

    private async Task<string> EnsureAsync(string name, Func<string, Task> makeAsync)
    {
        folder.Create();
        var path = Path.GetFullPath(Path.Combine(folder.FullName, string.Create(CultureInfo.InvariantCulture, $"{megabytes}MB-{name}")));
        if (File.Exists(path))
            return path;
        Console.Error.WriteLine($"making {path}");
        await makeAsync(path + ".part");
        File.Move(path + ".part", path);
        return path;
    }
}
