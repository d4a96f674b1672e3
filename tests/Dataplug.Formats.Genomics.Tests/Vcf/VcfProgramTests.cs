using System.Globalization;
using System.Text;
using Dataplug.Compression;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Conformance.Servers;
using Dataplug.Preprocessing;
using Dataplug.Storage;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>bcftools and tabix give the same answers.</summary>
public sealed class VcfProgramTests
{
    [Fact]
    public async Task Tabix_and_bcftools_find_the_same_records_in_a_thousand_regions()
    {
        // A gVCF of blocks that reach over bins and BGZF blocks.
        var content = VcfSamples.Make(new VcfShape(34) { Records = 12_000, Samples = 1, Contigs = 3, ContigLength = 30_000_000, Longest = 60_000, HasOddEnd = false });
        await using var file = await VcfFile.CreateAsync(Vcf.Bgzf, VcfSamples.ToBgzf(content, 34, 30_000));
        await RunAsync("tabix", "-p", "vcf", file.Path);
        var random = new Random(34);
        var regions = Enumerable.Range(0, 1000).Select(_ =>
        {
            var start = random.Next(random.Next(5) == 0 ? 31_000_000 : 30_000_000);
            return new GenomicRegion($"chr{1 + random.Next(3)}", start, start + 1 + random.Next(random.Next(3) == 0 ? 500_000 : 2000));
        }).ToArray();

        // Each region alone, as tabix gives them one after another.
        var index = await file.IndexAsync();
        var own = new MemoryStream();
        foreach (var region in regions)
        {
            var slice = index.Cut(RegionList.Of(region))[0] with { Stores = file.Store.Stores };
            await using var records = await slice.OpenContinuationAsync();
            var bytes = new MemoryStream();
            await records.CopyToAsync(bytes);
            own.Write(Encoding.ASCII.GetBytes(string.Concat(VcfSamples.Records(bytes.ToArray()).Select(line => line + "\n"))));
        }

        var theirs = await RunAsync("tabix", [file.Path, .. regions.Select(region => region.ToString())]);
        Assert.True(own.Length > 100_000);
        Assert.Equal(WithoutReturns(theirs), Encoding.ASCII.GetString(own.ToArray()));

        // A list of regions together, as bcftools gives them, without repeats.
        foreach (var some in regions.Chunk(100).Take(4))
        {
            var slices = await file.CutAsync(VcfPartition.ByRegions(RegionList.Of(some)));
            var lines = new List<string>();
            foreach (var slice in slices)
                lines.AddRange((await slice.GetAsync()).Select(Key));
            var expected = Encoding.ASCII.GetString(await RunAsync("bcftools", "view", "-H", "-r", string.Join(',', some.Select(region => region.ToString())), file.Path));
            Assert.Equal(
                expected.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => string.Join(' ', line.Split('\t').Take(5))).Order(StringComparer.Ordinal),
                lines.Order(StringComparer.Ordinal));
        }
    }

    [Theory]
    [InlineData(BinningIndexKind.Tbi)]
    [InlineData(BinningIndexKind.Csi)]
    public async Task What_is_exported_gives_tabix_the_answers_of_its_own_index(BinningIndexKind kind)
    {
        var content = VcfSamples.Make(new VcfShape(7) { Records = 8000, Samples = 2, Contigs = 3, ContigLength = 20_000_000, Longest = 40_000, HasOddEnd = false });
        await using var file = await VcfFile.CreateAsync(new VcfFormat(VcfContainer.Bgzf, chunkSize: 50_000), VcfSamples.ToBgzf(content, 7, 20_000));
        string[] build = kind == BinningIndexKind.Tbi ? ["index", "-t", "-f", file.Path] : ["index", "-c", "-f", file.Path];
        await RunAsync("bcftools", build);
        var path = $"{file.Path}.{(kind == BinningIndexKind.Tbi ? "tbi" : "csi")}";
        var regions = RandomRegions(200, 20_000_000);
        var theirs = await RunAsync("tabix", [file.Path, .. regions]);
        var statistics = await RunAsync("bcftools", "index", "-s", file.Path);
        var before = new FileInfo(path).Length;

        File.Delete(path);
        await using (var destination = File.Create(path))
            await VcfIndexFile.ExportAsync(file.Cloud, kind, destination);
        Assert.Equal(WithoutReturns(theirs), WithoutReturns(await RunAsync("tabix", [file.Path, .. regions])));
        Assert.Equal(Encoding.ASCII.GetString(statistics), Encoding.ASCII.GetString(await RunAsync("bcftools", "index", "-s", file.Path)));
        Assert.InRange(new FileInfo(path).Length, before / 2, before * 2);
    }

    [Theory]
    [InlineData("-t")]
    [InlineData("-c")]
    public async Task What_is_imported_gives_the_answers_of_an_own_index(string kind)
    {
        var content = VcfSamples.Make(new VcfShape(15) { Records = 6000, Samples = 2, Contigs = 4, ContigLength = 10_000_000, Longest = 40_000, HasOddEnd = false });
        var stored = VcfSamples.ToBgzf(content, 15, 30_000);
        await using var own = await VcfFile.CreateAsync(Vcf.Bgzf, stored);
        await using var file = await VcfFile.PutAsync(Vcf.Bgzf, stored);
        Assert.Null(await VcfIndexFile.FindBesideAsync(file.Cloud));
        await RunAsync("bcftools", "index", kind, file.Path);
        var beside = await VcfIndexFile.FindBesideAsync(file.Cloud);
        Assert.Equal(file.Path + (kind == "-t" ? ".tbi" : ".csi"), beside?.Key);
        file.Store.Requests.Clear();
        await using (var stream = File.OpenRead(beside!.Key))
            Assert.Equal(PreprocessOutcome.Indexed, (await VcfIndexFile.ImportAsync(file.Cloud, stream, beside.Display)).Outcome);
        Assert.True(file.Store.Requests.Reads.Where(read => read.Uri == file.Cloud.Uri).Sum(read => read.Range.Length) < 20L * (256 << 10));

        var index = await file.IndexAsync();
        Assert.Equal((6000, false, kind == "-t" ? "tbi" : "csi"), (index.Records, index.HasRecordNumbers, index.Attributes.GetProperty("importedFrom").GetString()));
        Assert.Equal((await own.IndexAsync()).Contigs.Select(contig => (contig.Name, contig.Records)), index.Contigs.Select(contig => (contig.Name, contig.Records)));
        var regions = string.Join(';', RandomRegions(200, 10_000_000));
        var (mine, theirs) = (await own.CutAsync(VcfPartition.ByRegions(regions)), await file.CutAsync(VcfPartition.ByRegions(regions)));
        for (var i = 0; i < mine.Count; i++)
            Assert.Equal(await SliceBytes.ReadAsync(mine[i]), await SliceBytes.ReadAsync(theirs[i]));
        foreach (var strategy in new[] { VcfPartition.IntoChunks(7), VcfPartition.ByBytes(50_000), VcfPartition.ByContig(), VcfPartition.ByWindows(1_000_000) })
            Assert.Equal(content, await SliceBytes.JoinAsync(await file.CutAsync(strategy)));
        await Assert.ThrowsAsync<PartitionException>(() => file.CutAsync(VcfPartition.ByRecords(10)));

        // It can be exported again.
        using var again = new MemoryStream();
        await VcfIndexFile.ExportAsync(file.Cloud, BinningIndexKind.Csi, again);
        again.Position = 0;
        Assert.Equal(BinningIndexKind.Csi, (await BinningIndexFile.ReadAsync(again, "again")).Kind);
    }

    [Fact]
    public async Task Indexes_of_other_objects_are_refused()
    {
        var content = VcfSamples.Make(new VcfShape(15) { Records = 900, Samples = 0, HasOddEnd = false });
        await using var other = await VcfFile.PutAsync(Vcf.Bgzf, VcfSamples.ToBgzf(content, 15, 3000));
        await RunAsync("bcftools", "index", "-t", other.Path);
        var index = await File.ReadAllBytesAsync(other.Path + ".tbi");
        foreach (var (text, seed) in new[]
        {
            (content, 16),
            (content[..(content.Length / 2)], 15),
            ([.. content, .. Encoding.ASCII.GetBytes(VcfSamples.Records(content)[^1] + "\n")], 15),
            (VcfSamples.Make(new VcfShape(15) { Records = 0, Samples = 0, HasOddEnd = false }), 15),
            (VcfSamples.Make(new VcfShape(19) { Records = 900, Samples = 0, HasOddEnd = false }), 15),
        })
        {
            await using var file = await VcfFile.PutAsync(Vcf.Bgzf, VcfSamples.ToBgzf(text, seed, 3000));
            var refused = await Assert.ThrowsAsync<CorruptIndexException>(() => VcfIndexFile.ImportAsync(file.Cloud, new MemoryStream(index), "a.tbi"));
            Assert.Equal("a.tbi", refused.ObjectName);
        }

        await using (var plain = await VcfFile.PutAsync(Vcf.Plain, content))
            await Assert.ThrowsAsync<UnsupportedFormatException>(() => VcfIndexFile.ImportAsync(plain.Cloud, new MemoryStream(index), "a.tbi"));
        await using (var plain = await VcfFile.CreateAsync(Vcf.Plain, content))
        {
            var refused = await Assert.ThrowsAsync<UnsupportedFormatException>(() => VcfIndexFile.ExportAsync(plain.Cloud, BinningIndexKind.Tbi, Stream.Null));
            Assert.Contains("bgzip", refused.Cure, StringComparison.Ordinal);
        }

        await using var cut = await VcfFile.PutAsync(Vcf.Bgzf, VcfSamples.ToBgzf(content, 15, 3000));
        await Assert.ThrowsAsync<UnsupportedFormatException>(() => VcfIndexFile.ImportAsync(cut.Cloud, new MemoryStream(content), "a.tbi"));
    }

    [Fact]
    public async Task Bcftools_accepts_every_slice_and_chooses_the_same_samples()
    {
        var content = VcfSamples.Make(new VcfShape(16) { Records = 300, Samples = 4, Contigs = 2, HasOddEnd = false });
        foreach (var (format, stored) in new[] { (Vcf.Plain, content), (Vcf.Bgzf, VcfSamples.ToBgzf(content, 2, 3000)), (Vcf.GZip, GZipSamples.Compress(content, GZipLayout.OneMember)) })
        {
            await using var file = await VcfFile.CreateAsync(format, stored);
            foreach (var strategy in new[] { VcfPartition.IntoChunks(4), VcfPartition.ByRecords(100), VcfPartition.ByRegions("chr1:1-50,000;chr2") })
            {
                foreach (var slice in await file.CutAsync(strategy))
                {
                    var bytes = await SliceBytes.ReadAsync(slice);
                    var shown = Encoding.ASCII.GetString(await RunWithInputAsync(bytes, "bcftools", "view", "-H", "-"));
                    Assert.Equal(VcfSamples.Records(bytes).Count, shown.Count(c => c == '\n'));
                }
            }

            var two = (await file.CutAsync(VcfPartition.IntoChunks(2)))[1].WithSamples("NA00003", "NA00002");
            var whole = (await file.CutAsync(VcfPartition.IntoChunks(2)))[1];
            var expected = Encoding.ASCII.GetString(await RunWithInputAsync(await SliceBytes.ReadAsync(whole), "bcftools", "query", "-s", "NA00003,NA00002", "-f", "%CHROM %POS[ %SAMPLE=%GT:%DP]\n", "-"));
            var own = Encoding.ASCII.GetString(await RunWithInputAsync(await SliceBytes.ReadAsync(two), "bcftools", "query", "-f", "%CHROM %POS[ %SAMPLE=%GT:%DP]\n", "-"));
            Assert.Equal(expected, own);
        }
    }

    [Theory]
    [InlineData("test.vcf.gz")]
    [InlineData("o.vcf.gz")]
    [InlineData("roh.1.vcf.gz")]
    [InlineData("1kGP_high_coverage_Illumina.chr1.filtered.SNV_INDEL_SV_phased_panel-head-1000.vcf.gz")]
    [InlineData("index.vcf")]
    [InlineData("mpileup.5.vcf")]
    [InlineData("large_chr.vcf")]
    [InlineData("view.vcf")]
    [InlineData("vcf_file.vcf")]
    public async Task Regions_of_real_files_are_those_of_bcftools(string name)
    {
        if (SharedData.Folder is not { } folder)
            return;
        var stored = await File.ReadAllBytesAsync(Path.Combine(folder, "vcf", name));
        if (name.EndsWith(".vcf", StringComparison.Ordinal))
            stored = GZipSamples.Compress(stored, GZipLayout.Bgzf);
        await using var file = await VcfFile.CreateAsync(Vcf.Bgzf, stored);
        var index = await file.IndexAsync();
        await RunAsync("bcftools", "index", "-c", file.Path);
        var random = new Random(1);
        var regions = index.Contigs.Take(20).SelectMany(contig => Enumerable.Range(0, 5).Select(_ =>
        {
            var from = random.NextInt64(contig.MaxEnd!.Value);
            return new GenomicRegion(contig.Name, from, from + 1 + random.NextInt64(contig.MaxEnd.Value));
        })).ToArray();
        var own = new StringBuilder();
        foreach (var region in regions)
        {
            var slice = index.Cut(RegionList.Of(region))[0] with { Stores = file.Store.Stores };
            foreach (var record in await slice.GetAsync())
                own.Append(record).Append('\n');
        }

        Assert.Equal(Encoding.UTF8.GetString(await RunAsync("tabix", [file.Path, .. regions.Select(region => region.ToString())])), own.ToString());
    }

    [Fact]
    public async Task An_index_that_is_in_the_shared_data_is_imported()
    {
        if (SharedData.Folder is not { } folder)
            return;
        await using var file = await VcfFile.PutAsync(Vcf.Bgzf, await File.ReadAllBytesAsync(Path.Combine(folder, "vcf", "test.vcf.gz")));
        await using (var index = File.OpenRead(Path.Combine(folder, "vcf", "test.vcf.gz.tbi")))
            await VcfIndexFile.ImportAsync(file.Cloud, index, "test.vcf.gz.tbi");
        var slices = await file.CutAsync(VcfPartition.ByContig());
        Assert.Equal(115, (await slices[0].GetAsync()).Count);
    }

    private static string[] RandomRegions(int count, int length)
    {
        var random = new Random(count);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var start = 1 + random.Next(length);
            return string.Create(CultureInfo.InvariantCulture, $"chr{1 + random.Next(3)}:{start}-{start + random.Next(100_000)}");
        })];
    }

    private static string Key(VcfRecord record) => string.Create(CultureInfo.InvariantCulture, $"{record.Chrom} {record.Position} {record.Id} {record.Ref} {(record.Alts.Count == 0 ? "." : string.Join(',', record.Alts))}");

    private static string WithoutReturns(byte[] text) => Encoding.ASCII.GetString(text).Replace("\r", "", StringComparison.Ordinal);

    private static Task<byte[]> RunAsync(string program, params string[] arguments) => RunWithInputAsync([], program, arguments);

    private static async Task<byte[]> RunWithInputAsync(byte[] input, string program, params string[] arguments) =>
        await (await InstalledPrograms.Genomics).RunAsync(input, program, arguments);
}
