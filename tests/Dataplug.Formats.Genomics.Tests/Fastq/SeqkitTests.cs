using System.Globalization;
using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Conformance.Servers;
using Dataplug.Conformance.Storage;
using Dataplug.Metadata;
using FsCheck;
using FsCheck.Fluent;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>seqkit counts the same reads and bases in an object, in its index and in the slices of it.</summary>
public sealed class SeqkitTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("reads.fastq", false)]
    [InlineData("reads.fastq.gz", false)]
    [InlineData("reads.fastq.zst", false)]
    [InlineData("reads.fastq", true)]
    [InlineData("reads.fastq.gz", true)]
    [InlineData("reads.fastq.zst", true)]
    public async Task Slices_have_what_seqkit_counts(string name, bool wrapped)
    {
        // Without CRLF and reads of no bases, which seqkit takes for something else.
        var content = (wrapped ? FastqSamples.Wrapped : FastqSamples.Valid).Sample(40, 30)
            .First(sample => sample.Length > 5000 && !sample.Contains((byte)'\r') && PlainFastq.Parse(sample).TrueForAll(read => read.Sequence.Length > 0));
        var path = Path.Combine(_scratch.Path, name);
        await File.WriteAllBytesAsync(path, name[^3..] switch { ".gz" => GZipSamples.Compress(content, GZipLayout.Members), "zst" => ZstdSamples.Compress(content, ZstdLayout.Frames), _ => content });
        await File.WriteAllBytesAsync(Path.Combine(_scratch.Path, "plain.fastq"), content);
        var options = new CloudObjectOptions { Metadata = new MetadataOptions { Home = Path.Combine(_scratch.Path, "home") } };
        var cloud = name[^3..] switch { ".gz" => CloudObject.FromFile(Fastq.GZip, path, options), "zst" => CloudObject.FromFile(Fastq.Zstd, path, options), _ => CloudObject.FromFile(Fastq.Plain, path, options) };
        await cloud.PreprocessAsync();
        var index = await cloud.GetIndexAsync();
        var all = Assert.Single(await CountAsync("plain.fastq"));
        Assert.Equal(all, (index.Reads, index.Bases));

        foreach (var strategy in new[] { FastqPartition.IntoBatches(5), FastqPartition.ByReads(7), FastqPartition.ByBases(999), FastqPartition.ByBytes(3000) })
        {
            var slices = await cloud.PartitionAsync(strategy);
            var files = slices.Select(slice => string.Create(CultureInfo.InvariantCulture, $"slice-{slice.Index}.fastq")).ToArray();
            for (var i = 0; i < files.Length; i++)
                await File.WriteAllBytesAsync(Path.Combine(_scratch.Path, files[i]), await SliceBytes.ReadAsync(slices[i]));
            var counts = await CountAsync(files);
            Assert.Equal(slices.Select(slice => slice.ReadCount), counts.Select(count => count.Reads));
            Assert.Equal(index.Bases, counts.Sum(count => count.Bases));
        }
    }

    // Name, format, type, num_seqs, sum_len, …
    private async Task<IReadOnlyList<(long Reads, long Bases)>> CountAsync(params string[] files)
    {
        var table = Encoding.UTF8.GetString(await (await InstalledPrograms.Genomics).RunAsync("seqkit", ["stats", "-T", .. files.Select(file => Path.Combine(_scratch.Path, file))]));
        return [.. table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split('\t')).Select(fields => (long.Parse(fields[3], CultureInfo.InvariantCulture), long.Parse(fields[4], CultureInfo.InvariantCulture)))];
    }
}
