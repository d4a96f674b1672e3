using System.Security.Cryptography;
using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Formats;
using Dataplug.Partitioning;
using Dataplug.Storage;
using Dataplug.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dataplug.Formats.Genomics.Tests;

public sealed class FastqSliceTests
{
    private static readonly FastqGZipFormat Fine = Fastq.GZipWithOptions(new GZipLineOptions { AccessPointSpacing = 1, MarkSpacing = 1, CheckpointSpacing = 1000 });

    public static Arbitrary<FastqCase> Cases() =>
        (from content in FastqSamples.Valid
         from layout in GZipSamples.Layouts
         from amount in Gen.Choose(1, 40)
         from strategy in Gen.Elements("batches", "reads", "bytes")
         select new FastqCase(content, layout, strategy, amount)).ToArbitrary();

    [Property(Arbitrary = [typeof(FastqSliceTests)], MaxTest = 100)]
    public void Slices_hold_whole_reads_in_order_and_put_together_they_are_the_content(FastqCase fastq) => Run(async () =>
    {
        var expected = PlainFastq.Parse(fastq.Content);
        await using var file = await IndexedFile.CreateAsync(Fine, GZipSamples.Compress(fastq.Content, fastq.Layout));
        Assert.Equal(expected.Count, file.Index.Reads);
        Assert.Equal(expected.Sum(read => (long)read.Sequence.Length), file.Index.Bases);

        var slices = file.Cut(fastq.ToStrategy());
        fastq.CheckShape(slices);
        var whole = new MemoryStream();
        foreach (var slice in slices)
        {
            var piece = await SliceBytes.ReadAsync(slice);
            whole.Write(piece);
            var own = expected.Skip((int)slice.FirstRead).Take((int)slice.ReadCount).ToList();
            Assert.Equal(own, PlainFastq.Parse(piece));

            var reads = await slice.GetAsync();
            Assert.Equal(own, reads.Select(read => ($"{read.Name}{(read.Description.Length > 0 ? " " : "")}{read.Description}", read.Sequence, read.Qualities)));
            Assert.Equal(slice.ReadCount, await slice.ReadAsync().LongCountAsync());
        }

        Assert.Equal(fastq.Content, whole.ToArray());
    });

    [Theory]
    [InlineData(GZipLayout.OneMember, 2)]
    [InlineData(GZipLayout.Flushed, 2)]
    [InlineData(GZipLayout.Stored, 10)]
    [InlineData(GZipLayout.Members, 3)]
    [InlineData(GZipLayout.Bgzf, 2)]
    public async Task A_killed_run_goes_on_in_the_middle_of_a_read_and_makes_the_same_bytes(GZipLayout layout, int leastKills)
    {
        var content = new MemoryStream();
        await FastqGenerator.WriteAsync(content, new FastqGeneratorOptions { Reads = 20_000, MinReadLength = 20, MaxReadLength = 280, Seed = 3 });
        await using var file = await IndexedFile.CreateAsync(Fine, GZipSamples.Compress(content.ToArray(), layout));
        Assert.Equal(20_000, file.Index.Reads);
        Assert.Equal(file.Sidecar, await file.IndexAgainAsync(Fine, killAfter: 1));
        Assert.True(file.Kills >= leastKills, $"only {file.Kills} kills");
    }

    [Fact]
    public async Task A_slice_of_a_realistic_file_costs_two_requests_and_its_own_bytes()
    {
        var content = new MemoryStream();
        await FastqGenerator.WriteAsync(content, new FastqGeneratorOptions { Reads = 20_000, Seed = 7 });
        var stored = GZipSamples.Compress(content.ToArray(), GZipLayout.OneMember);
        await using var file = await IndexedFile.CreateAsync(Fine, stored);
        Assert.Equal(20_000, file.Index.Reads);
        Assert.Equal(3_000_000, file.Index.Bases);
        Assert.Equal(QualityEncoding.Phred33, file.Index.QualityEncoding);

        // One slice from the middle: two requests, its own bytes and little more.
        var slices = file.Cut(FastqPartition.IntoBatches(100));
        file.Requests.Clear();
        var reads = await slices[57].GetAsync();
        Assert.Equal(200, reads.Count);
        Assert.Equal(2, file.Requests.Reads.Count);
        var fetched = file.Requests.Reads.Single(read => read.Uri == file.Uri).Range.Length;
        Assert.InRange(fetched, stored.Length / 200, (stored.Length / 100) + file.Index.LineIndex!.MaxOverread);

        // The slice travels as about a kilobyte of JSON.
        var serializer = new FormatRegistry(Fine).CreateSliceSerializer();
        var json = serializer.Serialize(slices[57]);
        Assert.InRange(json.Length, 300, 1200);
        Assert.Equal(slices[57], serializer.Deserialize(json));
    }

    [Theory]
    [InlineData("fastqgz/multiblock.fastq.gz", "2a8f6c6389451df83b6ad1f5a4248634da7cd5f4ae02d8e98f4bd4ff8387a2ce", 2, 3, 102, 34, 34)]
    [InlineData("fastqgz/illumina.fastq.gz", "5a2d769428fdbcc4a5a901b4514a0b7145a1f072eebe80527ea1ad8c36a93814", 1, 100, 10100, 101, 101)]
    [InlineData("fastqgz/small.fastq.gz", "2a8f6c6389451df83b6ad1f5a4248634da7cd5f4ae02d8e98f4bd4ff8387a2ce", 1, 3, 102, 34, 34)]
    [InlineData("fastqgz/reads_1.fq.gz", "c78b3eedd246966e2ca2880772e413e3922192a0f7303c8671185dc01a60802d", 1, 2500, 567516, 226, 229)]
    [InlineData("fastqgz/example.fastq.gz", "10bc5b39327a363b0019193c9823bc424a6d5706197688fdbdd45023a1481a0c", 1, 3, 75, 25, 25)]
    [InlineData("fastqgz/example.fastq.bgz", "10bc5b39327a363b0019193c9823bc424a6d5706197688fdbdd45023a1481a0c", 2, 3, 75, 25, 25)]
    public async Task Real_files_have_the_reads_that_seqkit_counts_and_every_plan_puts_them_together(string path, string sha256, long members, long reads, long bases, long shortest, long longest)
    {
        await CheckAsync(SampleFiles.Read(path), sha256, members, reads, bases, shortest, longest);
    }

    [SharedDataTheory]
    [InlineData("fastqgz/reads_2.fq.gz", "2be14f9da7380e3dd87854d94cad6112790287aa3473b16dcbf20c84079eeb7a", 1, 2500, 560002, 223, 225)]
    [InlineData("fastqgz/Illimina1.8.fq.gz", "be7dc955e246005168c0f899021da4f9815f5ccafd1bb2ade6d91777eaced799", 1, 10000, 1500000, 150, 150)]
    public async Task Larger_real_files_too(string path, string sha256, long members, long reads, long bases, long shortest, long longest) =>
        await CheckAsync(await File.ReadAllBytesAsync(Path.Combine(SharedData.Folder!, path)), sha256, members, reads, bases, shortest, longest);

    private static async Task CheckAsync(byte[] stored, string sha256, long members, long reads, long bases, long shortest, long longest)
    {
        await using var file = await IndexedFile.CreateAsync(Fine, stored);
        var index = file.Index;
        Assert.Equal((members, reads, bases, shortest, longest), (index.Members, index.Reads, index.Bases, index.MinReadLength, index.MaxReadLength));
        Assert.Equal((double)bases / reads, index.MeanReadLength);
        foreach (var strategy in new[] { FastqPartition.IntoBatches(1), FastqPartition.IntoBatches(9), FastqPartition.ByReads(701), FastqPartition.ByBytes(100_000) })
        {
            var whole = new MemoryStream();
            long count = 0, length = 0;
            foreach (var slice in file.Cut(strategy))
            {
                whole.Write(await SliceBytes.ReadAsync(slice));
                await foreach (var read in slice.ReadAsync())
                {
                    count++;
                    length += read.Length;
                }
            }

            Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(whole.ToArray())));
            Assert.Equal((reads, bases), (count, length));
        }
    }

    [Theory]
    [InlineData("fastqgz/s_1_sequence.txt.gz")]
    [InlineData("fastqgz/simple.fastq.gz")]
    public async Task Bases_that_are_no_nucleotides_are_allowed(string path)
    {
        await using var file = await IndexedFile.CreateAsync(Fine, SampleFiles.Read(path));
        Assert.Equal((2, 18), (file.Index.Reads, file.Index.Bases));
        var reads = await file.Cut(FastqPartition.IntoBatches(1))[0].GetAsync();
        Assert.Equal(["SEQUENCE1", "SEQUENCE2"], reads.Select(read => read.Sequence));
    }

    [Theory]
    [InlineData("small.fastq", 3, 102, "phred+33")]
    [InlineData("dos.fastq", 3, 105 - 3, "phred+33")]
    [InlineData("casava.fastq", 2, 92, "phred+33")]
    [InlineData("interleaved.fastq", 10, 292, "phred+33")]
    [InlineData("longline.fq", 1, 4, "ambiguous")]
    [InlineData("minimal.fq", 1, 1, "phred+33")]
    [InlineData("single.fq", 5, 500, "phred+33")]
    [InlineData("R1.fq", 9, 1208, "phred+33")]
    [InlineData("R2.fq", 9, 1359, "phred+33")]
    [InlineData("example.fastq", 3, 75, "phred+33")]
    [InlineData("longreads_as_sanger.fastq", 10, 3665, "phred+33")]
    [InlineData("wrapping_as_sanger.fastq", 3, 410, "phred+33")]
    [InlineData("illumina64.fastq", 20, 1900, "phred+64")]
    [InlineData("empty.fastq", 0, 0, "unknown")]
    public async Task Real_FASTQ_has_the_reads_that_seqkit_counts(string name, long reads, long bases, string encoding)
    {
        await using var file = await IndexedFile.CreateAsync(Fine, GZipSamples.Compress(SampleFiles.Read("fastq/" + name), GZipLayout.Flushed));
        Assert.Equal((reads, bases), (file.Index.Reads, file.Index.Bases));
        Assert.Equal(encoding, file.Index.Attributes.GetProperty("qualityEncoding").GetString());
    }

    [Theory]
    [InlineData("error_trunc_in_qual.fastq", typeof(CorruptObjectException), "bases but")]
    [InlineData("error_no_qual.fastq", typeof(CorruptObjectException), "read 1")]
    [InlineData("error_diff_ids.fastq", typeof(CorruptObjectException), "the '+' line of read 3 repeats another title")]
    [InlineData("withplus.fastq", typeof(CorruptObjectException), "the '+' line of read 1 repeats another title")]
    [InlineData("format-error.fastq", typeof(CorruptObjectException), "read 1 has more qualities than its 3 bases")]
    public async Task Malformed_real_FASTQ_is_refused_with_read_line_and_place(string name, Type type, string message)
    {
        var stored = GZipSamples.Compress(SampleFiles.Read("fastq/" + name), GZipLayout.OneMember);
        var refused = Assert.IsAssignableFrom<DataplugException>(await Assert.ThrowsAsync(type, () => IndexedFile.CreateAsync(Fine, stored)));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.Contains("of the content", refused.Message, StringComparison.Ordinal);
        Assert.NotNull(refused.ByteOffset);
    }

    [Fact]
    public async Task Empty_lines_after_the_last_read_belong_to_the_last_slice()
    {
        var content = "@a\nAC\n+\nII\n@b\nAC\n+\nII\n\n\r\n\n"u8.ToArray();
        await using var file = await IndexedFile.CreateAsync(Fine, GZipSamples.Compress(content, GZipLayout.OneMember));
        Assert.Equal((2, 11), (file.Index.Reads, file.Index.Lines));
        foreach (var count in new[] { 1, 2, 3 })
        {
            var slices = file.Cut(FastqPartition.IntoBatches(count));
            var pieces = await Task.WhenAll(slices.Select(SliceBytes.ReadAsync));
            Assert.Equal(content, pieces.SelectMany(piece => piece));
            Assert.EndsWith("\n\r\n\n", Encoding.ASCII.GetString(pieces[^1]), StringComparison.Ordinal);
            Assert.Equal(slices[^1].ReadCount, (await slices[^1].GetAsync()).Count);
        }
    }

    [Fact]
    public async Task An_object_without_reads_has_empty_slices()
    {
        await using var file = await IndexedFile.CreateAsync(Fine, GZipSamples.Compress([], GZipLayout.OneMember));
        Assert.Null(file.Index.MeanReadLength);
        Assert.Equal(QualityEncoding.Unknown, file.Index.QualityEncoding);
        Assert.Equal(4, file.Cut(FastqPartition.IntoBatches(4)).Count);
        file.Requests.Clear();
        var slice = Assert.Single(file.Cut(FastqPartition.ByReads(10)));
        Assert.Empty(await slice.GetAsync());
        Assert.Empty(slice.Ranges);
        Assert.Empty(file.Requests.Reads);
    }

    [Fact]
    public async Task Bytes_cut_near_to_what_is_asked()
    {
        var content = new MemoryStream();
        await FastqGenerator.WriteAsync(content, new FastqGeneratorOptions { Reads = 10_000 });
        await using var file = await IndexedFile.CreateAsync(Fine, GZipSamples.Compress(content.ToArray(), GZipLayout.OneMember));
        var slices = file.Cut(FastqPartition.ByBytes(200_000));
        Assert.Equal((content.Length + 199_999) / 200_000, slices.Count);
        foreach (var slice in slices.SkipLast(1))
            Assert.InRange((await SliceBytes.ReadAsync(slice)).Length, 198_000, 202_000);
    }

    [Fact]
    public async Task A_strategy_of_ones_own_is_a_few_lines()
    {
        var content = new MemoryStream();
        await FastqGenerator.WriteAsync(content, new FastqGeneratorOptions { Reads = 100 });
        await using var file = await IndexedFile.CreateAsync(Fine, GZipSamples.Compress(content.ToArray(), GZipLayout.OneMember));
        var slices = file.Cut(new FirstTenApart());
        Assert.Equal([(0, 10), (10, 90)], slices.Select(slice => (slice.FirstRead, slice.ReadCount)));
        Assert.Throws<PartitionException>(() => file.Index.Cut([0, 101]));
    }

    [Theory]
    [InlineData("x.fastq.gz", "@r\nACGT\n+\nIIII\n@", true, FormatMatch.Certain)]
    [InlineData("x.txt.gz", "@r\nACGT\n+\nIIII\n@", true, FormatMatch.Likely)]
    [InlineData("x.FQ.GZ", "@r\r\nACGT\r\n+\r\nIIII", true, FormatMatch.Certain)]
    [InlineData("x.fq.bgz", "", true, FormatMatch.Likely)]
    [InlineData("x.gz", "", true, FormatMatch.None)]
    [InlineData("x.txt.gz", "@mention in a text\n", true, FormatMatch.None)]
    [InlineData("x.txt.gz", "@r\nACGT\n-\nIIII\n", true, FormatMatch.None)]
    [InlineData("x.txt.gz", "@r\nACGT\n+\nIII\n", true, FormatMatch.None)]
    [InlineData("x.fastq.gz", ">r\nACGT\n", true, FormatMatch.Possible)]
    [InlineData("x.fastq", "@r\nACGT\n+\nIIII\n", false, FormatMatch.None)]
    public void Detection_looks_at_the_decompressed_content_and_the_name(string name, string content, bool isGZip, FormatMatch expected)
    {
        var probe = new FormatProbe(ObjectUri.ForFile("/" + name), 100, new byte[] { 0x1f, 0x8b }, isGZip, Encoding.ASCII.GetBytes(content));
        Assert.Equal(expected, Fastq.GZip.Detect(probe));
    }

    [Fact]
    public void Strategies_are_made_by_name()
    {
        foreach (var description in Fastq.GZip.Strategies)
        {
            var values = description.Parameters.Where(p => p.DefaultValue is null).ToDictionary(p => p.Name, _ => "5");
            Assert.NotNull(Fastq.GZip.CreateStrategy(new StrategyArguments(description, values), description.Name));
        }

        Assert.Equal("{}", Fastq.GZip.Parameters);
        Assert.Equal(Fine.Parameters, Fastq.GZip.WithParameters(Fine.Parameters).Parameters);
    }

    private static void Run(Func<Task> test) => Task.Run(test).GetAwaiter().GetResult();

    public sealed record FastqCase(byte[] Content, GZipLayout Layout, string Strategy, int Amount)
    {
        public IPartitionStrategy<FastqIndex, FastqSlice> ToStrategy() => Strategy switch
        {
            "batches" => FastqPartition.IntoBatches(Amount),
            "reads" => FastqPartition.ByReads(Amount),
            _ => FastqPartition.ByBytes(Amount * 97L),
        };

        public void CheckShape(IReadOnlyList<FastqSlice> slices)
        {
            var counts = slices.Select(slice => slice.ReadCount).ToArray();
            if (Strategy == "batches")
            {
                Assert.Equal(Amount, counts.Length);
                Assert.InRange(counts.Max() - counts.Min(), 0, 1);
            }
            else if (Strategy == "reads")
            {
                Assert.All(counts[..^1], count => Assert.Equal(Amount, count));
                Assert.InRange(counts[^1], counts.Length > 1 ? 1 : 0, Amount);
            }
        }

        public override string ToString() => $"{Strategy}({Amount}), {Layout}: {Encoding.ASCII.GetString(Content.AsSpan(0, Math.Min(200, Content.Length)))}";
    }

    private sealed class FirstTenApart : IPartitionStrategy<FastqIndex, FastqSlice>
    {
        public IReadOnlyList<FastqSlice> Partition(FastqIndex index) => index.Cut([0, 10, index.Reads]);
    }
}
