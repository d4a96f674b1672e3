using System.Globalization;
using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Conformance.Storage;
using Dataplug.Metadata;
using Dataplug.Partitioning;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>Slices of FASTA that the laws do not look at: overlaps, regions, long and ragged lines.</summary>
public sealed class FastaSliceTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();
    private int _files;

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(1000, 30)]
    [InlineData(1000, 1000)]
    [InlineData(77, 5000)]
    public async Task No_word_is_missing_where_slices_overlap_by_one_letter_less(int bases, int word)
    {
        var content = FastaSamples.Make(new Random(5), count: 20, longest: 8000, regular: true);
        var cloud = await PutAsync(content);
        var words = new HashSet<(string, int)>();
        foreach (var slice in await cloud.PartitionAsync(FastaPartition.ByBases(bases, word - 1)))
        {
            await foreach (var record in slice.ReadAsync())
            {
                for (var at = 0; at + word <= record.Bases.Length; at++)
                    words.Add((record.Name, (int)record.Offset + at));
            }
        }

        var expected = PlainFasta.Parse(content).Where(record => record.Name != "same")
            .SelectMany(record => Enumerable.Range(0, Math.Max(0, record.Letters.Length - word + 1)).Select(at => (record.Name, at)));
        Assert.Equal(expected.Order(), words.Where(found => found.Item1 != "same").Order());
    }

    [Fact]
    public async Task Slices_by_bases_have_exactly_so_many()
    {
        var content = FastaSamples.Make(new Random(6), count: 30, longest: 8000, regular: true);
        var cloud = await PutAsync(content);
        var slices = await cloud.PartitionAsync(FastaPartition.ByBases(1234));

        var lengths = new List<long>();
        foreach (var slice in slices)
            lengths.Add((await slice.GetAsync()).Sum(record => record.Bases.Length));

        Assert.All(lengths.SkipLast(1), length => Assert.Equal(1234, length));
        Assert.Equal((await cloud.GetIndexAsync()).Bases, lengths.Sum());
    }

    [Fact]
    public async Task A_chromosome_on_one_line_is_cut_anywhere()
    {
        var letters = new string([.. Enumerable.Range(0, 1_000_000).Select(i => "ACGT"[(i / 3) % 4])]);
        var cloud = await PutAsync(Encoding.ASCII.GetBytes($">one\n{letters}\n>two\nACGT\n"));
        var slices = await cloud.PartitionAsync(FastaPartition.IntoChunks(10));

        var joined = new StringBuilder();
        foreach (var slice in slices)
        {
            Assert.InRange(slice.Content.Length, 90_000, 110_000);
            foreach (var record in (await slice.GetAsync()).Where(record => record.Name == "one"))
            {
                Assert.Equal(joined.Length, record.Offset);
                joined.Append(record.Sequence);
            }
        }

        Assert.Equal(letters, joined.ToString());
        Assert.StartsWith(">one offset=", Encoding.ASCII.GetString(await SliceBytes.ReadAsync(slices[3])), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Regions_of_ragged_sequences_are_exact(bool compressed)
    {
        // Large enough for several marks.
        var random = new Random(8);
        var content = FastaSamples.Make(random, count: 12, longest: 60_000, regular: false);
        var cloud = await PutAsync(content, compressed);
        var index = await cloud.GetIndexAsync();
        Assert.True(index.Attributes.GetProperty("raggedSequences").GetInt32() > 3);
        var records = PlainFasta.Parse(content);
        var regions = Enumerable.Range(0, 300).Select(_ => records[random.Next(records.Count)]).Where(record => record.Letters.Length > 0 && record.Name != "same")
            .Select(record =>
            {
                var start = random.Next(record.Letters.Length);
                return (Region: new GenomicRegion(record.Name, start, random.Next(start + 1, record.Letters.Length + 1)), record.Letters);
            }).ToArray();

        var slices = await cloud.PartitionAsync(FastaPartition.ByRegions(regions.Select(region => region.Region)));

        for (var i = 0; i < slices.Count; i++)
        {
            var (region, letters) = regions[i];
            Assert.Equal(letters[(int)region.Start..(int)region.End], Assert.Single(await slices[i].GetAsync()).Sequence);
        }
    }

    [Theory]
    [InlineData("chr1", 0, GenomicRegion.ToEnd, "chr1")]
    [InlineData("chr1:1,000-2,000", 999, 2000, "chr1")]
    [InlineData("chr1:1000", 999, GenomicRegion.ToEnd, "chr1")]
    [InlineData("chr1:-2000", 0, 2000, "chr1")]
    [InlineData("chr1:1000-", 999, GenomicRegion.ToEnd, "chr1")]
    [InlineData("{HLA:A*01:01}:1-100", 0, 100, "HLA:A*01:01")]
    [InlineData("{HLA:A*01:01}", 0, GenomicRegion.ToEnd, "HLA:A*01:01")]
    public void Regions_are_written_as_samtools_writes_them(string text, long start, long end, string name) =>
        Assert.Equal(new GenomicRegion(name, start, end), GenomicRegion.Parse(text));

    [Fact]
    public void Names_with_colons_are_told_from_regions_by_the_names_that_there_are()
    {
        Assert.Equal(new GenomicRegion("a:1-2"), GenomicRegion.Parse("a:1-2", name => name == "a:1-2"));
        Assert.Throws<FormatException>(() => GenomicRegion.Parse("a:1-2", name => name is "a:1-2" or "a"));
        foreach (var text in new[] { "", "chr1:5-2", "chr1:x", "chr1:1-2-3", "{a", "{}:1", ":1-2" })
            Assert.Throws<FormatException>(() => GenomicRegion.Parse(text));
    }

    [Fact]
    public async Task Reading_allocates_nothing_a_sequence()
    {
        var text = string.Concat(Enumerable.Range(0, 20_000).Select(i => $">seq{i} of many\nACGTACGTAC\nACGT\n"));
        await using var reader = new FastaReader(new MemoryStream(Encoding.ASCII.GetBytes(text)));
        var (before, sequences, bases) = (0L, 0, 0L);
        while (await reader.NextAsync())
        {
            if (++sequences == 10)
                before = GC.GetAllocatedBytesForCurrentThread();
            for (ReadOnlyMemory<byte> piece; !(piece = await reader.ReadBasesAsync()).IsEmpty;)
                bases += piece.Length;
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000);
        Assert.Equal((20_000, 280_000), (sequences, bases));
    }

    [Theory]
    [InlineData("ACGT\n>a\nACGT\n", "letters before the first header", 0)]
    [InlineData("\n\n# comment\n>a\nACGT\n", "letters before the first header", 2)]
    [InlineData(">a\nACGT\nAC\0GT\n", "holds the byte 0", 10)]
    [InlineData(">a\nACGT\n>b\nAC\u00e9\n", "holds the byte 233", 13)]
    public async Task What_is_no_FASTA_is_refused_with_its_place(string content, string problem, long offset)
    {
        foreach (var chunkSize in new[] { 1, 3, 1000 })
        {
            var path = Write(Encoding.Latin1.GetBytes(content), ".fa");
            var error = await Assert.ThrowsAsync<CorruptObjectException>(() => CloudObject.FromFile(new FastaFormat(chunkSize), path, Options(path)).PreprocessAsync());
            Assert.Contains(problem, error.Message, StringComparison.Ordinal);
            Assert.Equal(offset, error.ByteOffset);
        }
    }

    [Fact]
    public async Task A_name_longer_than_64_KiB_is_refused()
    {
        var path = Write(Encoding.ASCII.GetBytes($">{new string('x', 70_000)}\nACGT\n"), ".fa");
        var error = await Assert.ThrowsAsync<CorruptObjectException>(() => CloudObject.FromFile(Fasta.Format, path, Options(path)).PreprocessAsync());
        Assert.Contains("the name of sequence 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_region_of_no_sequence_and_a_cut_of_no_base_are_refused()
    {
        var cloud = await PutAsync(">a\nACGT\n"u8.ToArray());
        Assert.Contains("there is no sequence 'b'", (await Assert.ThrowsAsync<PartitionException>(() => cloud.PartitionAsync(FastaPartition.ByRegions("b:1-2")))).Message, StringComparison.Ordinal);
        var index = await cloud.GetIndexAsync();
        Assert.Throws<PartitionException>(() => index.Cut([default, new FastaCut(0, 9), new FastaCut(1, 0)]));
        Assert.Throws<PartitionException>(() => index.Cut([default, new FastaCut(1, 0), new FastaCut(0, 2), new FastaCut(1, 0)]));
        Assert.Equal(2, index.Cut([default, new FastaCut(0, 2), new FastaCut(1, 0)]).Count);
    }

    private async Task<CloudObject<FastaIndex>> PutAsync(byte[] content, bool compressed = false)
    {
        var path = Write(compressed ? GZipSamples.Compress(content, GZipLayout.Members) : content, compressed ? ".fa.gz" : ".fa");
        var cloud = compressed ? CloudObject.FromFile(Fasta.GZip, path, Options(path)) : CloudObject.FromFile(Fasta.Format, path, Options(path));
        await cloud.PreprocessAsync();
        return cloud;
    }

    private string Write(byte[] content, string ending)
    {
        var path = Path.Combine(_scratch.Path, string.Create(CultureInfo.InvariantCulture, $"{_files++}{ending}"));
        File.WriteAllBytes(path, content);
        return path;
    }

    private static CloudObjectOptions Options(string path) => new() { Metadata = new MetadataOptions { Home = path + ".home" } };
}
