using System.Diagnostics;
using System.Globalization;
using System.Text;
using Dataplug.Conformance.Servers;

namespace Dataplug.Compare;

/// <summary>Indexing FASTA, FASTQ, VCF and BAM beside the programs that make the usual indexes of them, and reading regions over HTTP
/// beside those that read them.</summary>
internal sealed class GenomicsSuite(DirectoryInfo work, DirectoryInfo docs, string dataplug, int rounds)
{
    private const string Cores = "0,1";
    private const int Regions = 20;

    public async Task RunAsync(int megabytes, CancellationToken cancellationToken)
    {
        Environment.SetEnvironmentVariable("DATAPLUG_HOME", Path.Combine(work.FullName, "home"));
        var data = new GenomicsData(work, megabytes);
        var genome = await data.GenomeAsync();
        var compressed = await data.CompressedGenomeAsync();
        var reads = await data.ReadsAsync(cancellationToken);
        var variants = await data.VariantsAsync(cancellationToken);
        var alignments = await data.AlignmentsAsync();

        var body = new StringBuilder();
        body.AppendLine(CultureInfo.InvariantCulture, $"Measured {DateTime.UtcNow:yyyy-MM-dd} on {Machine.Describe()}; files in the page cache; whole processes on both cores, start-up included (dataplug: about 0.35 s, of which reading the catalog is a part); medians of {rounds} rounds in which all tools take turns, after one that does not count. samtools {await Machine.PackageVersionAsync("samtools")}, bcftools {await Machine.PackageVersionAsync("bcftools")}, tabix {await Machine.PackageVersionAsync("tabix")}, seqkit {await Machine.PackageVersionAsync("seqkit")}.");
        await IndexAsync(body, "FASTA, 6 sequences in lines of 60", genome, "fasta",
            new("samtools faidx", "index", $"samtools faidx '{genome}'", genome + ".fai"),
            new("seqkit faidx", "index", $"seqkit faidx '{genome}'", genome + ".fai"),
            new("wc -l", "counts lines", $"wc -l '{genome}' > /dev/null"));
        await IndexAsync(body, "FASTA in BGZF", compressed, "fasta-gzip",
            new Contender("samtools faidx", "index, of blocks too", $"samtools faidx '{compressed}'", compressed + ".fai"));
        await IndexAsync(body, "FASTQ, reads of 150", reads, "fastq",
            new("samtools fqidx", "index of every read", $"samtools fqidx '{reads}'", reads + ".fai"),
            new("seqkit stats", "counts and statistics", $"seqkit stats '{reads}' > /dev/null"),
            new("wc -l", "counts lines", $"wc -l '{reads}' > /dev/null"));
        await IndexAsync(body, "VCF in BGZF, 120 samples", variants, "vcf-bgzf",
            new("tabix -p vcf", "index", $"tabix -f -p vcf '{variants}'", variants + ".tbi"),
            new("bcftools index", "index", $"bcftools index -f '{variants}'", variants + ".csi"));
        await IndexAsync(body, "BAM, sorted", alignments, "bam",
            new Contender("samtools index", "index", $"samtools index '{alignments}'", alignments + ".bai"));

        // The tools look for the newest of several indexes.
        File.Delete(variants + ".csi");
        await RegionsAsync(body, genome, variants, alignments);
        await DocumentSection.OfBenchmarks(docs, "genomics").ReplaceAsync(body.ToString(), cancellationToken);
    }

    private async Task IndexAsync(StringBuilder body, string title, string file, string format, params Contender[] others)
    {
        var report = Path.Combine(work.FullName, $"report-{format}.json");
        var ours = new Contender($"dataplug ({format})", "index, checks, statistics", $"{dataplug} preprocess '{file}' --format {format} --force --json > '{report}'");
        var rows = await new Comparison(title, [ours, .. others], Cores).RunAsync(rounds);
        using var answer = System.Text.Json.JsonDocument.Parse(await File.ReadAllTextAsync(report));
        var size = new FileInfo(file).Length;
        body.AppendLine();
        body.AppendLine(CultureInfo.InvariantCulture, $"**{title}**: {size / 1e6:F0} MB");
        body.AppendLine();
        body.AppendLine("| | does | wall s | CPU s | MB/s | × ours | peak MiB | index, % of the object |");
        body.AppendLine("|---|---|---:|---:|---:|---:|---:|---:|");
        foreach (var row in rows)
        {
            var bytes = row == rows[0] ? answer.RootElement.GetProperty("sidecarSize").GetInt64() : row.IndexBytes;
            var index = bytes is { } length ? (100.0 * length / size).ToString("F3", CultureInfo.InvariantCulture) : "–";
            body.AppendLine(CultureInfo.InvariantCulture, $"| {row.Contender.Name} | {row.Contender.Does} | {row.Median.WallSeconds:F2} | {row.Median.CpuSeconds:F2} | {size / 1e6 / row.Median.WallSeconds:F0} | {row.TimesOf(rows[0]):F2} | {row.Median.PeakMebibytes:F0} | {index} |");
        }
    }

    // Every region by a process of its own, as a worker would read it: its slice was made before.
    private async Task RegionsAsync(StringBuilder body, string genome, string variants, string alignments)
    {
        await using var server = await HttpFileServer.StartAsync();
        foreach (var file in (string[])[genome, genome + ".fai", variants, variants + ".tbi", alignments, alignments + ".bai"])
            File.CreateSymbolicLink(Path.Combine(server.Root, Path.GetFileName(file)), file);
        var random = new Random(3);
        body.AppendLine();
        body.AppendLine(CultureInfo.InvariantCulture, $"**Regions over HTTP**, {Regions} of them, one after another, a process each, on the same server; per region: requests, bytes of bodies, and time. dataplug reads a slice that was planned before (which reads nothing of the object); the others read their index, too.");
        body.AppendLine();
        body.AppendLine("| | region | requests | kB | seconds |");
        body.AppendLine("|---|---|---:|---:|---:|");
        foreach (var (file, format, length, name, command) in ((string, string, int, string, Func<string, string, string>)[])
        [
            (genome, "fasta", 100_000, "samtools faidx", (url, region) => $"samtools faidx '{url}' {region}"),
            (variants, "vcf-bgzf", 1_000_000, "bcftools view -r", (url, region) => $"bcftools view -r {region} '{url}'"),
            (alignments, "bam", 100_000, "samtools view -b", (url, region) => $"samtools view -b '{url}' {region}"),
        ])
        {
            var url = $"{server.Url}/{Path.GetFileName(file)}";
            await Machine.OutputAsync($"{dataplug} preprocess '{url}' --format {format} --force");
            var regions = Enumerable.Range(0, Regions).Select(_ => (Contig: random.Next(1, 7), Start: random.Next(1, 100_000_000)))
                .Select(place => string.Create(CultureInfo.InvariantCulture, $"chr{place.Contig}:{place.Start}-{place.Start + length - 1}")).ToArray();
            var slices = Path.Combine(work.FullName, $"regions-{format}.jsonl");
            await Machine.OutputAsync($"{dataplug} partition '{url}' --format {format} --strategy regions --param 'regions={string.Join(';', regions)}' --out '{slices}'");
            var folder = Directory.CreateDirectory(Path.Combine(work.FullName, "indexes")).FullName;
            body.AppendLine(await MeasureAsync(server, $"dataplug get ({format})", length, regions, (_, i) => $"{dataplug} get '{slices}' --slice {i} > /dev/null"));
            body.AppendLine(await MeasureAsync(server, name, length, regions, (region, _) => $"cd '{folder}' && rm -f ./* && {command(url, region)} > /dev/null"));
        }
    }

    private static async Task<string> MeasureAsync(HttpFileServer server, string name, int length, string[] regions, Func<string, int, string> command)
    {
        var (requests, bytes, clock) = (server.Requests.Count, server.BytesSent, Stopwatch.StartNew());
        for (var i = 0; i < regions.Length; i++)
            await Machine.OutputAsync(command(regions[i], i));
        var seconds = clock.Elapsed.TotalSeconds / regions.Length;
        return string.Create(CultureInfo.InvariantCulture, $"| {name} | {length:N0} positions | {(double)(server.Requests.Count - requests) / regions.Length:F1} | {(server.BytesSent - bytes) / 1e3 / regions.Length:F0} | {seconds:F3} |");
    }
}
