using System.Globalization;
using System.Text;
using Dataplug.Compression;
using Dataplug.Formats.Genomics;
using Dataplug.Metadata;

namespace Dataplug.Compare;

/// <summary>How much memory indexing takes of objects of a size and of ten times that: generated while they are read, over HTTP.</summary>
internal sealed class GenomicsMemory(DirectoryInfo work, DirectoryInfo docs, string dataplug)
{
    private const string Cores = "0,1";

    public async Task RunAsync(int gigabytes, CancellationToken cancellationToken)
    {
        Environment.SetEnvironmentVariable("DATAPLUG_HOME", Path.Combine(work.FullName, "home"));
        work.Create();
        await using var server = await RepeatingServer.StartAsync();
        var body = new StringBuilder();
        body.AppendLine(CultureInfo.InvariantCulture, $"Measured {DateTime.UtcNow:yyyy-MM-dd} on {Machine.Describe()}: `dataplug preprocess` of objects that a server on the same machine makes while they are read; one run each.");
        body.AppendLine();
        body.AppendLine("| | GB | wall s | peak MiB |");
        body.AppendLine("|---|---:|---:|---:|");
        var (head, unit, tail) = await AlignmentsAsync();
        foreach (var size in (long[])[gigabytes * 100_000_000L, gigabytes * 1_000_000_000L])
        {
            var line = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("ACGTTGCANN", 6)) + "\n");
            await MeasureAsync(body, "FASTA, one sequence", "fasta", server.Add($"{size}.fa", ">chr1\n"u8.ToArray(), line, [], size));
            await MeasureAsync(body, "FASTA, sequences of 6000 bases", "fasta", server.Add($"{size}-many.fa", [], [.. ">sequence\n"u8, .. Enumerable.Repeat(line, 100).SelectMany(bytes => bytes)], [], size));
            var read = Encoding.ASCII.GetBytes($"@read\n{new string('A', 150)}\n+\n{new string('F', 150)}\n");
            await MeasureAsync(body, "FASTQ", "fastq", server.Add($"{size}.fastq", [], read, [], size));
            var record = Encoding.ASCII.GetBytes($"chr1\t1000\t.\tA\tC\t50\tPASS\tDP=100\tGT{string.Concat(Enumerable.Repeat("\t0/1", 100))}\n");
            var columns = string.Concat(Enumerable.Range(0, 100).Select(i => $"\ts{i}"));
            var header = Encoding.ASCII.GetBytes($"##fileformat=VCFv4.2\n##contig=<ID=chr1,length=10000>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT{columns}\n");
            await MeasureAsync(body, "VCF", "vcf", server.Add($"{size}.vcf", header, record, [], size));
            await MeasureAsync(body, "VCF in BGZF", "vcf-bgzf", server.Add($"{size}.vcf.gz", BgzfWriter.Compress(header), BgzfWriter.Compress([.. Enumerable.Repeat(record, 100).SelectMany((bytes, i) => Vary(bytes, i))]), BgzfWriter.EndMarker.ToArray(), size / 10));
            await MeasureAsync(body, "BAM", "bam", server.Add($"{size}.bam", head, unit, tail, size));
        }

        await DocumentSection.OfBenchmarks(docs, "genomics-memory").ReplaceAsync(body.ToString(), cancellationToken);
    }

    private async Task MeasureAsync(StringBuilder body, string name, string format, (string Url, long Size) file)
    {
        var run = await Measurement.RunAsync($"{dataplug} preprocess '{file.Url}' --format {format} --force", Cores);
        Console.Error.WriteLine($"{name}, {file.Size / 1e9:F1} GB: {run.WallSeconds:F1} s, {run.PeakMebibytes:F0} MiB");
        body.AppendLine(CultureInfo.InvariantCulture, $"| {name} | {file.Size / 1e9:F1} | {run.WallSeconds:F1} | {run.PeakMebibytes:F0} |");
    }

    // Genotypes that are not all alike, or a gigabyte of text would be a few kilobytes.
    private static byte[] Vary(byte[] record, int number)
    {
        var random = new Random(number);
        var varied = record.ToArray();
        for (var i = 0; i < varied.Length; i++)
        {
            if (varied[i] == (byte)'/')
                varied[i + 1] = (byte)('0' + random.Next(10));
        }

        return varied;
    }

    // A header, blocks of records at one position, and the end-of-file marker.
    private async Task<(byte[] Head, byte[] Unit, byte[] Tail)> AlignmentsAsync()
    {
        var path = Path.GetFullPath(Path.Combine(work.FullName, "repeat.bam"));
        var random = new Random(1);
        await using (var sam = new StreamWriter(path + ".sam"))
        {
            await sam.WriteAsync("@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:chr1\tLN:100000\n");
            for (var i = 0; i < 2000; i++)
                await sam.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"read{random.Next()}\t0\tchr1\t1000\t60\t100M\t*\t0\t0\t{new string([.. Enumerable.Range(0, 100).Select(_ => "ACGT"[random.Next(4)])])}\t{new string('F', 100)}\n"));
        }

        await Machine.OutputAsync($"samtools view -b -o '{path}' '{path}.sam'");
        var cloud = CloudObject.FromFile(Bam.Format, path, new CloudObjectOptions { Metadata = new MetadataOptions { Home = Path.Combine(work.FullName, "repeat.home") } });
        await cloud.PreprocessAsync(new() { Force = true });
        var first = new VirtualOffset((await cloud.GetIndexAsync()).Attributes.GetProperty("firstRecord").GetUInt64());
        if (first.Within != 0)
            throw new InvalidOperationException("samtools has written the header and records into one block");
        var bytes = await File.ReadAllBytesAsync(path);
        var marker = BgzfWriter.EndMarker.Length;
        return (bytes[..(int)first.Block], bytes[(int)first.Block..^marker], bytes[^marker..]);
    }
}
