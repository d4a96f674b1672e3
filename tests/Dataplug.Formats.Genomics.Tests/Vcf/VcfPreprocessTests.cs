using System.Text;
using Dataplug.Compression;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Preprocessing;
using Dataplug.Storage;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics.Tests;

public sealed class VcfPreprocessTests
{
    private const string Head = "##fileformat=VCFv4.3\n##contig=<ID=1,length=1000>\n##INFO=<ID=DP,Number=1,Type=Integer,Description=\"a, \\\"b\\\"\">\n##FILTER=<ID=q10,Description=\"x\">\n##ALT=<ID=DEL,Description=\"y\">\n##FORMAT=<ID=GT,Number=1,Type=String,Description=\"z\">\n";
    private const string Columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO";
    private const string Record = "1\t10\t.\tA\tC\t.\t.\tDP=3";

    [Fact]
    public async Task The_header_is_in_the_attributes()
    {
        var text = Encoding.ASCII.GetBytes(Head + Columns + "\tFORMAT\tS1\tS2\n" + Record + "\tGT\t0/1\t1/1\n" + Record + "\tGT\t0/1\t1/1\n");
        await using var file = await VcfFile.CreateAsync(Vcf.Plain, text);
        var index = await file.IndexAsync();
        Assert.Equal((2, 2, "VCFv4.3", true), (index.Records, index.SampleCount, index.FileFormat, index.HasRecordNumbers));
        Assert.Equal(["S1", "S2"], index.Samples);
        Assert.Equal("""[{"id":"1","length":1000}]""", index.Attributes.GetProperty("contigs").GetRawText());
        Assert.Equal("""[{"id":"DP","number":"1","type":"Integer"}]""", index.Attributes.GetProperty("info").GetRawText());
        Assert.Equal("""[{"id":"GT","number":"1","type":"String"}]""", index.Attributes.GetProperty("format").GetRawText());
        Assert.Equal("""[{"id":"q10"}]""", index.Attributes.GetProperty("filters").GetRawText());
        Assert.Equal("""[{"id":"DEL"}]""", index.Attributes.GetProperty("alts").GetRawText());
        var header = await index.ReadHeaderAsync(file.Store.Stores);
        Assert.Equal("a, \"b\"", Assert.Single(header.Info).Description);
        Assert.Equal(Encoding.ASCII.GetBytes(Head + Columns + "\tFORMAT\tS1\tS2\n"), header.Bytes.ToArray());
        Assert.Equal(new VcfContig("1", 1000), Assert.Single(header.Contigs));
    }

    // A chunk of 5 bytes: what one chunk does not know another must.
    [Theory]
    [InlineData("", "line of column names, #CHROM, is missing", null)]
    [InlineData("##fileformat=VCFv4.3\n", "line 2 (at byte 21 of the content): the line of column names, #CHROM, is missing", null)]
    [InlineData("##fileformat=VCFv4.3\n" + Record + "\n", "#CHROM, is missing", null)]
    [InlineData(Columns + "\n##late=1\n", "after the line of column names", null)]
    [InlineData(Columns + "\n" + Record + "\n##late=1\n", "line 3: there is a header line after records", 59L)]
    [InlineData(Columns + "\n" + Record + "\n\n" + Record + "\n", "line 4: there is an empty line before it", 60L)]
    [InlineData(Columns + "\n\n" + Record + "\n", "line 3: there is an empty line before it", 40L)]
    [InlineData(Columns + "\n" + Record + "\n1\t10\t.\tA\n", "line 3: it has fewer than 8 columns", 59L)]
    [InlineData(Columns + "\n" + Record + "\n" + Record + "\tGT\n", "line 3: it has 9 columns", 59L)]
    [InlineData(Columns + "\n" + Record + "\tGT\n", "line 2: it has 9 columns where the line of column names has 8", 39L)]
    [InlineData(Columns + "\tFORMAT\tS\n" + Record + "\tGT\n", "line 2: it has 9 columns where the line of column names has 10", 48L)]
    [InlineData(Columns + "\n" + Record + "\n" + Record + "\n\t5\t.\tA\tC\t.\t.\t.\n", "line 4: CHROM is empty", 79L)]
    [InlineData(Columns + "\n1\t-1\t.\tA\tC\t.\t.\t.", "line 2: POS is no whole number of at least 0", 39L)]
    [InlineData("#CHROM\tPOS\tREF\n", "column 3 of the line of column names is 'REF' instead of 'ID'", null)]
    [InlineData(Columns + "\tFORMAT\tA\tA\n", "two samples with the name 'A'", null)]
    [InlineData(Columns + "\tFORMAT\tA\t\n", "a sample has no name", null)]
    [InlineData(Columns + "\tSAMPLE\n", "instead of 'FORMAT'", null)]
    public async Task What_breaks_the_rules_is_refused_with_line_and_byte(string text, string problem, long? offset)
    {
        foreach (var chunkSize in new long[] { 5, 1000 })
        {
            await using var file = await VcfFile.PutAsync(new VcfFormat(VcfContainer.Plain, chunkSize: chunkSize), Encoding.ASCII.GetBytes(text));
            var refused = await Assert.ThrowsAsync<CorruptObjectException>(() => file.Cloud.PreprocessAsync());
            Assert.Contains(problem, refused.Problem, StringComparison.Ordinal);
            Assert.Equal(file.Cloud.Uri.Display, refused.ObjectName);
            Assert.NotNull(refused.Cure);
            if (offset is not null)
                Assert.Equal(offset, refused.ByteOffset);
        }

        if (text.Length == 0)
            return;
        await using (var file = await VcfFile.PutAsync(new VcfFormat(VcfContainer.Bgzf, chunkSize: 60), VcfSamples.ToBgzf(Encoding.ASCII.GetBytes(text), 1, 20)))
            await Assert.ThrowsAsync<CorruptObjectException>(() => file.Cloud.PreprocessAsync());
        await using (var file = await VcfFile.PutAsync(Vcf.GZipWithOptions(new GZipLineOptions { MarkSpacing = 1, AccessPointSpacing = 1 }), GZipSamples.Compress(Encoding.ASCII.GetBytes(text), GZipLayout.Flushed)))
        {
            var refused = await Assert.ThrowsAsync<CorruptObjectException>(() => file.Cloud.PreprocessAsync());
            Assert.Equal(file.Cloud.Uri.Display, refused.ObjectName);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(1000)]
    public async Task The_index_does_not_depend_on_the_chunks(long chunkSize)
    {
        for (var seed = 0; seed < 6; seed++)
        {
            var content = VcfSamples.Make(new VcfShape(seed) { Records = 8 });
            var stored = VcfSamples.ToBgzf(content, seed, 90);
            Assert.Equal(await SidecarAsync(VcfContainer.Plain, content, long.MaxValue), await SidecarAsync(VcfContainer.Plain, content, Math.Max(chunkSize, content.Length / 500)));
            Assert.Equal(await SidecarAsync(VcfContainer.Bgzf, stored, long.MaxValue), await SidecarAsync(VcfContainer.Bgzf, stored, Math.Max(chunkSize, stored.Length / 200)));
        }
    }

    [Fact]
    public async Task Lines_over_many_chunks_and_blocks_belong_to_one()
    {
        var content = Encoding.ASCII.GetBytes(Head + Columns + "\n" + Record + ";X=" + new string('a', 5000) + "\n" + Record + "\n" + Record + ";Y=" + new string('b', 9000));
        foreach (var stored in new[] { content, VcfSamples.ToBgzf(content, 1, 300) })
        {
            var container = stored == content ? VcfContainer.Plain : VcfContainer.Bgzf;
            await using var file = await VcfFile.CreateAsync(new VcfFormat(container, chunkSize: 97), stored);
            Assert.Equal(3, (await file.IndexAsync()).Records);
            Assert.Equal(content, await SliceBytes.JoinAsync(await file.CutAsync(VcfPartition.ByRecords(1))));
        }
    }

    [Fact]
    public async Task A_long_record_reads_on_in_a_few_requests()
    {
        var content = Encoding.ASCII.GetBytes(Head + Columns + "\n" + Record + ";X=" + new string('a', 900_000) + "\n" + Record + "\n");
        await using var file = await VcfFile.PutAsync(new VcfFormat(VcfContainer.Plain, chunkSize: 300_000), content);
        await file.Cloud.PreprocessAsync(new PreprocessOptions { Workers = 1 });
        Assert.Equal(2, (await file.IndexAsync()).Records);
        Assert.InRange(file.Store.Requests.Reads.Count(read => read.Uri == file.Cloud.Uri), 4, 12);
    }

    [Theory]
    [InlineData("BCF\u0002\u0002")]
    [InlineData("BCF\u0002\u0001")]
    public async Task BCF_is_refused_with_what_to_do(string magic)
    {
        var content = Encoding.Latin1.GetBytes(magic + new string('\0', 100));
        var registry = new FormatRegistry(GZipText.Format, RawText.Format, Vcf.Plain, Vcf.Bgzf, Vcf.GZip);
        foreach (var (format, stored) in new[] { (Vcf.Plain, content), (Vcf.Bgzf, VcfSamples.ToBgzf(content, 1)), (Vcf.GZip, GZipSamples.Compress(content, GZipLayout.OneMember)) })
        {
            await using var file = await VcfFile.PutAsync(format, stored, "variants.bcf");
            Assert.Equal(format.Id, (await registry.DetectAsync(await file.Store.Stores.PinAsync(file.Cloud.Uri))).Id);
            var refused = await Assert.ThrowsAsync<UnsupportedFormatException>(() => file.Cloud.PreprocessAsync());
            Assert.Contains("BCF", refused.Problem, StringComparison.Ordinal);
            Assert.Contains("bcftools view", refused.Cure, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("a.vcf", "##fileformat=VCFv4.2\n", null, "vcf")]
    [InlineData("a.txt", "##fileformat=VCFv4.2\n", null, "vcf")]
    [InlineData("a.vcf.gz", "##fileformat=VCFv4.2\n", GZipLayout.Bgzf, "vcf-bgzf")]
    [InlineData("a.gz", "##fileformat=VCFv4.2\n", GZipLayout.Bgzf, "vcf-bgzf")]
    [InlineData("a.vcf.gz", "##fileformat=VCFv4.2\n", GZipLayout.OneMember, "vcf-gzip")]
    [InlineData("a.x", "##reference=a\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n", null, "vcf")]
    [InlineData("a.vcf", "", null, "vcf")]
    [InlineData("a.bed.gz", "#chrom\tstart\n", GZipLayout.Bgzf, "gzip-text")]
    [InlineData("a.txt", "## a text\n", null, "raw-text")]
    public async Task Formats_are_detected_by_content(string name, string content, GZipLayout? layout, string id)
    {
        var registry = new FormatRegistry(Fastq.GZip, Vcf.Plain, Vcf.Bgzf, Vcf.GZip, GZipText.Format, RawText.Format);
        var bytes = Encoding.ASCII.GetBytes(content);
        await using var file = await VcfFile.PutAsync(Vcf.Plain, layout is { } how ? GZipSamples.Compress(bytes, how) : bytes, name);
        Assert.Equal(id, (await registry.DetectAsync(await file.Store.Stores.PinAsync(file.Cloud.Uri))).Id);
    }

    [Fact]
    public async Task A_missing_end_marker_is_told_and_damage_between_blocks_is_refused()
    {
        var content = VcfSamples.Make(new VcfShape(9) { Records = 200 });
        await using (var file = await VcfFile.CreateAsync(Vcf.Bgzf, VcfSamples.ToBgzf(content, 1, 500, withMarker: false)))
        {
            var index = await file.IndexAsync();
            Assert.Contains("end-of-file block is missing", Assert.Single(index.Warnings), StringComparison.Ordinal);
            Assert.Equal(content, await SliceBytes.JoinAsync(await file.CutAsync(VcfPartition.IntoChunks(7))));
        }

        await using (var file = await VcfFile.CreateAsync(Vcf.Bgzf, VcfSamples.ToBgzf(content, 1, 500)))
            Assert.Empty((await file.IndexAsync()).Warnings);

        // Bytes between two blocks, at a place where a chunk begins.
        byte[] stored = [.. BgzfWriter.Compress(content), .. new byte[5000], .. BgzfWriter.EndMarker.ToArray()];
        await using (var file = await VcfFile.PutAsync(new VcfFormat(VcfContainer.Bgzf, chunkSize: stored.Length - 5000), stored))
            await Assert.ThrowsAsync<CorruptObjectException>(() => file.Cloud.PreprocessAsync());
        await using (var file = await VcfFile.PutAsync(Vcf.Bgzf, GZipSamples.Compress(content, GZipLayout.OneMember)))
            await Assert.ThrowsAsync<CorruptObjectException>(() => file.Cloud.PreprocessAsync());
    }

    [Fact]
    public async Task A_damaged_gzip_object_is_used_up_to_its_damage_where_that_is_asked_for()
    {
        var content = VcfSamples.Make(new VcfShape(9) { Records = 300, HasOddEnd = false });
        var stored = GZipSamples.Compress(content, GZipLayout.Flushed)[..^(content.Length / 20)];
        var format = (VcfFormat)Vcf.GZipWithOptions(new GZipLineOptions { MarkSpacing = 1, AccessPointSpacing = 1 }).ForSalvage()!;
        await using var file = await VcfFile.CreateAsync(format, stored);
        var index = await file.IndexAsync();
        Assert.Contains("damaged", Assert.Single(index.Warnings), StringComparison.Ordinal);
        var whole = await SliceBytes.JoinAsync(await file.CutAsync(VcfPartition.ByRecords(11)));
        Assert.True(content.AsSpan().StartsWith(whole));
        Assert.Equal(index.Records, VcfSamples.Records(whole).Count);
        Assert.InRange(index.Records!.Value, 50, 299);
        Assert.Null(Vcf.Bgzf.ForSalvage());
    }

    [Fact]
    public async Task A_killed_gzip_run_goes_on_and_makes_the_same_bytes()
    {
        var content = VcfSamples.Make(new VcfShape(21) { Records = 30_000, Samples = 24 });
        var fine = Vcf.GZipWithOptions(new GZipLineOptions { AccessPointSpacing = 30_000, MarkSpacing = 1, CheckpointSpacing = 1000 });
        var stored = GZipSamples.Compress(content, GZipLayout.Flushed);

        // A run is killed between two reads of 512 KiB, of which the next one is always on its way: with fewer than three it may be through.
        Assert.InRange(stored.Length, 3 << 19, int.MaxValue);
        await using var file = await IndexedFile.CreateAsync(fine, stored, "a.vcf.gz");
        Assert.Equal(30_000, file.Index.Records);
        Assert.Equal(file.Sidecar, await file.IndexAgainAsync(fine, killAfter: 1));
        Assert.True(file.Kills >= 1, "it was not killed");
        Assert.IsAssignableFrom<IGZipIndexed>(file.Index);
    }

    [Fact]
    public async Task An_index_is_small()
    {
        var content = VcfSamples.Make(new VcfShape(1) { Records = 40_000, Samples = 20, Contigs = 4, ContigLength = 1_000_000 });
        await using var plain = await VcfFile.CreateAsync(Vcf.Plain, content);
        var report = await plain.Cloud.PreprocessAsync();
        var sidecar = await plain.Store.GetAsync(report.Sidecar);
        Assert.InRange(sidecar.Length, 1000, content.Length / 100);
    }

    public static TheoryData<string> SharedFiles() => SharedData.Folder is not { } folder ? [""] : [.. Directory.EnumerateFiles(Path.Combine(folder, "vcf"))
        .Where(path => !path.EndsWith(".tbi", StringComparison.Ordinal)).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [SharedDataTheory]
    [MemberData(nameof(SharedFiles))]
    public async Task A_real_file_is_put_together_again_by_every_plan(string name)
    {
        var stored = await File.ReadAllBytesAsync(Path.Combine(SharedData.Folder!, "vcf", name));
        var registry = new FormatRegistry(Vcf.Plain, Vcf.Bgzf, Vcf.GZip, GZipText.Format, RawText.Format);
        await using var probe = await VcfFile.PutAsync(Vcf.Plain, stored, name);
        var format = Assert.IsType<VcfFormat>(await registry.DetectAsync(await probe.Store.Stores.PinAsync(probe.Cloud.Uri)));
        Assert.Equal(name.EndsWith(".gz", StringComparison.Ordinal) ? "vcf-bgzf" : "vcf", format.Id);
        var content = format.Id == "vcf" ? stored : GZipSamples.Decompress(stored);
        foreach (var (container, bytes) in new[] { (format, stored), (new VcfFormat(VcfContainer.Bgzf, chunkSize: 10_000), VcfSamples.ToBgzf(content, 1, 3000)), (Vcf.GZip, GZipSamples.Compress(content, GZipLayout.OneMember)) })
        {
            if (container != format && content.Length > 2 << 20)
                break; // that of a large file in other containers says nothing new
            await using var file = await VcfFile.PutAsync(container, bytes, name);
            if (name is "empty.vcf" or "test-invalid-header.vcf")
            {
                await Assert.ThrowsAsync<CorruptObjectException>(() => file.Cloud.PreprocessAsync());
                continue;
            }

            await file.Cloud.PreprocessAsync();
            var index = await file.IndexAsync();
            var records = VcfSamples.Records(content);
            Assert.Equal(records.Count, index.Records);
            foreach (var strategy in new[] { VcfPartition.IntoChunks(7), VcfPartition.ByRecords(300), VcfPartition.ByBytes(30_000), VcfPartition.ByContig(), VcfPartition.ByWindows(10_000_000) })
            {
                var slices = await file.CutAsync(strategy);
                Assert.Equal(content, await SliceBytes.JoinAsync(slices));
                var read = new List<string>();
                foreach (var slice in slices)
                    read.AddRange((await slice.GetAsync()).Select(record => record.ToString()));
                Assert.Equal(records, read);
            }
        }
    }

    private static async Task<byte[]> SidecarAsync(VcfContainer container, byte[] stored, long chunkSize)
    {
        // The same name and version of the object: what is compared holds both.
        var folder = Directory.CreateTempSubdirectory("dataplug-vcf-");
        try
        {
            var path = Path.Combine(folder.FullName, "a.vcf");
            await File.WriteAllBytesAsync(path, stored);
            await using var stores = new ObjectStores().Register("file", () => new FileStore());
            var source = await stores.PinAsync(ObjectUri.ForFile(path));
            var preprocessor = new VcfPreprocessor(container, chunkSize);
            using var sidecar = new MemoryStream();
            await using var writer = new Metadata.SidecarWriter(sidecar, new Metadata.SidecarHeader("vcf", 1, new Metadata.SourceIdentity(ObjectUri.ForFile("/a.vcf"), "x", stored.Length), "{}"));
            await preprocessor.MergeAsync(MapAsync(preprocessor, source), source, writer, CancellationToken.None);
            await writer.CompleteAsync();
            return sidecar.ToArray();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> MapAsync(VcfPreprocessor preprocessor, PinnedObject source)
    {
        var chunks = preprocessor.PlanChunks(source.Size);
        for (var i = 0; i < chunks.Count; i++)
            yield return await preprocessor.MapAsync(new ChunkRun(source, chunks[i], i, chunks.Count), CancellationToken.None);
    }
}
