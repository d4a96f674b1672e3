using System.Globalization;
using System.Text;
using Dataplug.Conformance.Servers;

namespace Dataplug.Cli.Tests;

/// <summary>FASTA, VCF and BAM on the command line, beside the programs that their users know.</summary>
public sealed class GenomicsCommandTests : IDisposable
{
    private readonly Workspace _workspace = new();
    private readonly Tool _tool;

    public GenomicsCommandTests() => _tool = new Tool(_workspace);

    public void Dispose() => _workspace.Dispose();

    [Fact]
    public async Task Bam_indexes_go_to_samtools_and_come_from_it()
    {
        var programs = await InstalledPrograms.Genomics;
        var bam = await WriteBamAsync();
        await _tool.OkAsync("preprocess", bam);
        await _tool.OkAsync("index", "export", bam, "--to", "bai", "--out", bam + ".bai");
        var theirs = Text(await programs.RunAsync("samtools", "view", bam, "chr2:5000-9000"));
        Assert.NotEmpty(theirs);

        await _tool.OkAsync("clean", bam);
        var answer = await _tool.JsonAsync("index", "import", bam, bam + ".bai");
        Assert.Equal(("imported", "bam", "bai"), (answer.GetProperty("outcome").GetString(), answer.GetProperty("format").GetString(), answer.GetProperty("from").GetString()));
        var region = await GetAsync(bam, "region.bam", "--strategy", "regions", "--param", "regions=chr2:5000-9000");
        await programs.RunAsync("samtools", "quickcheck", region);
        Assert.Equal(theirs, Text(await programs.RunAsync("samtools", "view", region)));
    }

    [Fact]
    public async Task Vcf_indexes_go_to_tabix_and_come_from_it()
    {
        var programs = await InstalledPrograms.Genomics;
        var vcf = await WriteVcfAsync(programs);
        await _tool.OkAsync("preprocess", vcf);
        await _tool.OkAsync("index", "export", vcf, "--to", "tbi", "--out", vcf + ".tbi");
        var theirs = Text(await programs.RunAsync("tabix", vcf, "chr2:5000-9000"));
        Assert.NotEmpty(theirs);

        await _tool.OkAsync("clean", vcf);
        var imported = await _tool.OkAsync("index", "import", vcf); // what lies beside it
        Assert.Contains("Imported the tbi index of", imported.Text, StringComparison.Ordinal);
        var region = await GetAsync(vcf, "region.vcf", "--strategy", "regions", "--param", "regions=chr2:5000-9000");
        Assert.Equal(theirs, Text(await programs.RunAsync("bcftools", "view", "-H", region)));
    }

    [Fact]
    public async Task Fasta_indexes_go_to_samtools_and_come_from_it()
    {
        var programs = await InstalledPrograms.Genomics;
        var fasta = _workspace.PathOf("genome.fa");
        await File.WriteAllTextAsync(fasta, $">chr1 one\n{Lines(4321)}>chr2\n{Lines(999)}");
        await programs.RunAsync("samtools", "faidx", fasta);
        await _tool.OkAsync("preprocess", fasta);
        Assert.Equal(await File.ReadAllBytesAsync(fasta + ".fai"), (await _tool.OkAsync("index", "export", fasta, "--to", "fai")).Output);

        await _tool.OkAsync("clean", fasta);
        await _tool.OkAsync("index", "import", fasta, fasta + ".fai");
        var targets = _workspace.PathOf("targets.bed");
        await File.WriteAllTextAsync(targets, "chr1\t99\t200\nchr2\t0\t50\n");
        var region = await GetAsync(fasta, "region.fa", "--strategy", "regions", "--param", "regions=@" + targets);
        Assert.Equal(Text(await programs.RunAsync("samtools", "faidx", fasta, "chr1:100-200")), await File.ReadAllTextAsync(region));
    }

    [Fact]
    public async Task What_can_not_be_done_is_one_line_of_error()
    {
        var fasta = _workspace.PathOf("genome.fa");
        await File.WriteAllTextAsync(fasta, $">chr1\n{Lines(100)}");
        await _tool.OkAsync("preprocess", fasta);
        Assert.Contains("no bai index of the format 'fasta'", await FailAsync(1, "index", "export", fasta, "--to", "bai"), StringComparison.Ordinal);
        Assert.Contains("there is no sequence 'chr9'", await FailAsync(1, "partition", fasta, "--strategy", "regions", "--param", "regions=chr9:1-2"), StringComparison.Ordinal);
        Assert.Contains("is no region", await FailAsync(1, "partition", fasta, "--strategy", "regions", "--param", "regions=chr1:9-2"), StringComparison.Ordinal);
        Assert.Contains("can't be read", await FailAsync(2, "partition", fasta, "--strategy", "regions", "--param", "regions=@" + fasta + ".none"), StringComparison.Ordinal);
        Assert.Contains("no index of another program lies beside it", await FailAsync(1, "index", "import", fasta), StringComparison.Ordinal);
        var cram = _workspace.PathOf("reads.cram");
        await File.WriteAllBytesAsync(cram, [.. "CRAM"u8, 3, 0, .. new byte[100]]);
        Assert.Contains("CRAM", await FailAsync(1, "preprocess", cram), StringComparison.Ordinal);
        Assert.Contains("samtools view", await FailAsync(1, "preprocess", cram), StringComparison.Ordinal);
    }

    private async Task<string> FailAsync(int exitCode, params string[] arguments)
    {
        var result = await _tool.RunAsync(arguments);
        Assert.Equal(exitCode, result.ExitCode);
        return result.ErrorLine;
    }

    private async Task<string> GetAsync(string path, string name, params string[] strategy)
    {
        var slices = _workspace.PathOf("slices.jsonl");
        await _tool.OkAsync(["partition", path, .. strategy, "--out", slices]);
        await _tool.OkAsync("get", slices, "--slice", "0", "--out", _workspace.PathOf(name));
        return _workspace.PathOf(name);
    }

    private async Task<string> WriteBamAsync()
    {
        var programs = await InstalledPrograms.Genomics;
        var sam = new StringBuilder("@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:chr1\tLN:100000\n@SQ\tSN:chr2\tLN:100000\n");
        for (var i = 0; i < 2000; i++)
            sam.Append(CultureInfo.InvariantCulture, $"read{i}\t0\tchr{1 + (i / 1000)}\t{1 + (i % 1000 * 50)}\t60\t10M\t*\t0\t0\tACGTACGTAC\tIIIIIIIIII\n");
        var path = _workspace.PathOf("reads.sam");
        await File.WriteAllTextAsync(path, sam.ToString());
        var bam = _workspace.PathOf("reads.bam");
        await programs.RunAsync("samtools", "view", "-b", "-o", bam, path);
        return bam;
    }

    private async Task<string> WriteVcfAsync(InstalledPrograms programs)
    {
        var vcf = new StringBuilder("##fileformat=VCFv4.2\n##contig=<ID=chr1,length=100000>\n##contig=<ID=chr2,length=100000>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n");
        for (var i = 0; i < 2000; i++)
            vcf.Append(CultureInfo.InvariantCulture, $"chr{1 + (i / 1000)}\t{1 + (i % 1000 * 50)}\t.\tA\tC\t10\t.\t.\n");
        var path = _workspace.PathOf("variants.vcf");
        await File.WriteAllTextAsync(path, vcf.ToString());
        await programs.RunAsync("bgzip", path);
        return path + ".gz";
    }

    private static string Lines(int bases)
    {
        var text = new StringBuilder();
        for (var left = bases; left > 0; left -= 60)
            text.Append("ACGTTGCA".PadRight(60, 'G').AsSpan(0, Math.Min(60, left))).Append('\n');
        return text.ToString();
    }

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
