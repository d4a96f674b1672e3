using System.Globalization;
using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Conformance.Servers;
using Dataplug.Conformance.Storage;
using Dataplug.Metadata;
using Dataplug.Preprocessing;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>The same as <c>samtools faidx</c>: its index to the byte, and its answers.</summary>
public sealed class SamtoolsFaidxTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task The_index_is_that_of_samtools(int seed)
    {
        // A header at the very end, without a line, is what samtools refuses.
        var content = (byte[])[.. FastaSamples.Make(new Random(seed), count: 60, longest: 3000, regular: true), .. "\n>last\nACGT\n"u8];

        var (ours, theirs) = await IndexesAsync("genome.fa", content);

        Assert.Equal(theirs, ours);
    }

    [Fact]
    public async Task The_index_of_a_bgzf_object_is_that_of_samtools()
    {
        var content = FastaSamples.Make(new Random(7), count: 90, longest: 20_000, regular: true);
        var path = Path.Combine(_scratch.Path, "genome.fa.gz");
        await File.WriteAllBytesAsync(path, GZipSamples.Compress(content, GZipLayout.Bgzf));
        var cloud = CloudObject.FromFile(Fasta.GZip, path, Options("home"));
        await cloud.PreprocessAsync();

        await (await InstalledPrograms.Genomics).RunAsync("samtools", "faidx", path);

        Assert.Equal(await File.ReadAllTextAsync(path + ".fai"), await ExportAsync(await cloud.GetIndexAsync()));
        var gzi = new MemoryStream();
        await GZipIndexFile.ExportAsync(cloud, GZipIndexKind.Bgzip, gzi);
        Assert.Equal(await File.ReadAllBytesAsync(path + ".gzi"), gzi.ToArray());
    }

    [SharedDataFact]
    public async Task The_indexes_of_real_files_are_those_of_samtools()
    {
        foreach (var name in new[] { "ce.fa", "xx.fa", "auxf.fa", "contigs.fa", "dups.fasta", "f003.fa", "faidx.fa", "ls_orchid.fasta", "m_cold.fasta", "protein_lib.fa", "wildcard.fa", "adapter-empty-name.fasta" })
        {
            var (ours, theirs) = await IndexesAsync(name, await File.ReadAllBytesAsync(Path.Combine(SharedData.Folder!, "fasta", name)));
            Assert.True(theirs == ours, $"{name}: samtools has\n{theirs}\nand we have\n{ours}");
        }

        // A line that begins with a blank: samtools describes it as if it did not.
        var error = await Assert.ThrowsAsync<UnsupportedFormatException>(async () => await IndexesAsync("empty_id_and_seq.fa", await File.ReadAllBytesAsync(Path.Combine(SharedData.Folder!, "fasta", "empty_id_and_seq.fa"))));
        Assert.Contains("'s11'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_thousand_regions_are_those_of_samtools(bool compressed)
    {
        var random = new Random(compressed ? 12 : 11);
        var content = (byte[])[.. FastaSamples.Make(random, count: 40, longest: 9000, regular: true), .. "\n>last\nACGT\n"u8];
        var path = Path.Combine(_scratch.Path, compressed ? "genome.fa.gz" : "genome.fa");
        await File.WriteAllBytesAsync(path, compressed ? GZipSamples.Compress(content, GZipLayout.Bgzf) : content);
        var cloud = Open(compressed, path);
        await cloud.PreprocessAsync();
        var index = await cloud.GetIndexAsync();

        // Those of samtools without a warning: within the sequence.
        var sequences = Enumerable.Range(0, index.Count).Select(i => index[i]).Where(s => s.Length > 0 && index.Find(s.Name)!.Number == s.Number).ToArray();
        var regions = Enumerable.Range(0, 1000).Select(_ =>
        {
            var sequence = sequences[random.Next(sequences.Length)];
            var start = random.NextInt64(sequence.Length);
            return new GenomicRegion(sequence.Name, start, random.NextInt64(start + 1, sequence.Length + 1));
        }).ToArray();
        var list = Path.Combine(_scratch.Path, "regions.txt");
        await File.WriteAllLinesAsync(list, regions.Select(region => $"{region}"));

        var theirs = await (await InstalledPrograms.Genomics).RunAsync("samtools", "faidx", path, "-r", list);
        var ours = new MemoryStream();
        foreach (var slice in await cloud.PartitionAsync("regions", new Dictionary<string, string> { ["regions"] = string.Join(';', regions.Select(region => $"{region}")) }))
            await ours.WriteAsync(await SliceBytes.ReadAsync(slice));

        Assert.Equal(Encoding.ASCII.GetString(theirs), Encoding.ASCII.GetString(ours.ToArray()));
    }

    [Fact]
    public async Task An_imported_index_cuts_as_our_own_and_reads_next_to_nothing()
    {
        // Without empty sequences and second ones of a name, which samtools leaves out.
        var text = new StringBuilder();
        var random = new Random(21);
        for (var i = 0; i < 50; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $">seq{i} of fifty\n");
            for (var left = random.Next(1, 30_000); left > 0; left -= 60)
                text.Append('A', Math.Min(60, left)).Append('\n');
        }

        var content = Encoding.ASCII.GetBytes(text.ToString());
        var path = Path.Combine(_scratch.Path, "genome.fa");
        await File.WriteAllBytesAsync(path, content);
        var own = CloudObject.FromFile(Fasta.Format, path, Options("own"));
        await own.PreprocessAsync();
        await (await InstalledPrograms.Genomics).RunAsync("samtools", "faidx", path);
        var imported = CloudObject.FromFile(Fasta.Format, path, Options("imported"));

        await using (var fai = File.OpenRead(path + ".fai"))
            Assert.Equal(PreprocessOutcome.Indexed, (await FaidxFile.ImportAsync(imported, fai, "genome.fa.fai")).Outcome);

        foreach (var strategy in new[] { FastaPartition.IntoChunks(13), FastaPartition.ByBases(7001), FastaPartition.BySequences(3) })
            Assert.Equal((await own.PartitionAsync(strategy)).Select(slice => (slice.Content.Offset, slice.Content.Length, slice.Lead)), (await imported.PartitionAsync(strategy)).Select(slice => (slice.Content.Offset, slice.Content.Length, slice.Lead)));
    }

    [Fact]
    public async Task An_index_of_another_object_is_refused()
    {
        var path = Path.Combine(_scratch.Path, "genome.fa");
        await File.WriteAllTextAsync(path, ">a\nACGT\nAC\n>b\nACGTA\n");
        var cloud = CloudObject.FromFile(Fasta.Format, path, Options("foreign"));
        foreach (var (fai, problem) in new[]
        {
            ("a\t6\t4\t4\t5\nb\t5\t14\t5\t6\n", "the header of 'a' is not where"),
            ("c\t6\t3\t4\t5\nb\t5\t14\t5\t6\n", "the header of 'c' is not where"),
            ("b\t5\t14\t5\t6\n", "or there are sequences that it leaves out"),
            ("a\t6\t3\t4\t5\nb\t50\t14\t5\t6\n", "behind the object's"),
            ("a\t6\t3\t5\t4\n", "contradict each other"),
            ("a\t6\t3\t4\n", "line 1 is not NAME, LENGTH"),
            ("a\t6\t3\t4\t5\t9\n", "not one of FASTA but of FASTQ"),
            ("a\t6\t3\t6\t7\nb\t5\t14\t5\t6\n", "has not 6 bases"),
        })
        {
            var error = await Assert.ThrowsAsync<CorruptIndexException>(() => FaidxFile.ImportAsync(cloud, new MemoryStream(Encoding.ASCII.GetBytes(fai)), "x.fai"));
            Assert.Contains(problem, error.Message, StringComparison.Ordinal);
            Assert.Equal("x.fai", error.ObjectName);
        }
    }

    private async Task<(string Ours, string Theirs)> IndexesAsync(string name, byte[] content)
    {
        var path = Path.Combine(_scratch.Path, name);
        await File.WriteAllBytesAsync(path, content);
        await (await InstalledPrograms.Genomics).RunAsync("samtools", "faidx", path);
        var cloud = CloudObject.FromFile(Fasta.Format, path, Options(name));
        await cloud.PreprocessAsync();
        return (await ExportAsync(await cloud.GetIndexAsync()), await File.ReadAllTextAsync(path + ".fai"));
    }

    private static async Task<string> ExportAsync(FastaIndex index)
    {
        var fai = new MemoryStream();
        await FaidxFile.ExportAsync(index, fai);
        return Encoding.UTF8.GetString(fai.ToArray());
    }

    private CloudObject<FastaIndex> Open(bool compressed, string path) => compressed
        ? CloudObject.FromFile(Fasta.GZip, path, Options("home"))
        : CloudObject.FromFile(Fasta.Format, path, Options("home"));

    private CloudObjectOptions Options(string home) => new() { Metadata = new MetadataOptions { Home = Path.Combine(_scratch.Path, home + ".home") } };
}
