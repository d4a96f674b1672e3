using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Partitioning;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics.Tests;

public sealed class VcfSliceTests
{
    private static readonly VcfFormat FineGZip = Vcf.GZipWithOptions(new GZipLineOptions { AccessPointSpacing = 1, MarkSpacing = 1 });

    public static TheoryData<string> Containers() => ["plain", "bgzf", "gzip"];

    [Theory]
    [MemberData(nameof(Containers))]
    public async Task Regions_hold_what_overlaps_them_each_record_once(string container)
    {
        var content = VcfSamples.Make(new VcfShape(17) { Records = 3000, Contigs = 3, ContigLength = 2_000_000, Longest = 90_000, HasOddEnd = false });
        await using var file = await CreateAsync(container, content);
        var records = VcfSamples.Records(content).Select(line => (Line: line, Place: VcfSamples.Interval(line))).ToArray();
        var random = new Random(5);
        for (var round = 0; round < 20; round++)
        {
            var regions = Enumerable.Range(0, 50).Select(_ =>
            {
                var start = random.Next(2_100_000);
                return new GenomicRegion($"chr{1 + random.Next(3)}", start, random.Next(9) == 0 ? GenomicRegion.ToEnd : start + 1 + random.Next(random.Next(2) == 0 ? 100 : 100_000));
            }).ToArray();
            var slices = await file.CutAsync(VcfPartition.ByRegions(RegionList.Of(regions)));
            var given = new HashSet<string>();
            var order = Enumerable.Range(0, regions.Length).OrderBy(i => regions[i].Start).ThenBy(i => i).ToArray();
            foreach (var i in order)
            {
                var own = records.Where(record => record.Place.Contig == regions[i].Name && record.Place.Start < regions[i].End && record.Place.End > regions[i].Start).ToArray();
                var expected = own.Where(record => !order.TakeWhile(j => j != i).Any(j => record.Place.Contig == regions[j].Name && record.Place.Start < regions[j].End && record.Place.End > regions[j].Start));
                var read = VcfSamples.Records(await SliceBytes.ReadAsync(slices[i]));
                Assert.Equal(expected.Select(record => record.Line), read);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Containers))]
    public async Task Contigs_are_slices_and_windows_hold_records_by_POS(string container)
    {
        var content = VcfSamples.Make(new VcfShape(8) { Records = 500, Contigs = 4, Longest = 90_000 });
        await using var file = await CreateAsync(container, content);
        var index = await file.IndexAsync();
        var lines = VcfSamples.Records(content);
        var names = lines.Select(line => line.Split('\t')[0]).Distinct().ToArray();
        Assert.Equal(names, index.Contigs.Select(contig => contig.Name));
        var slices = await file.CutAsync(VcfPartition.ByContig());
        Assert.Equal(names.Length, slices.Count);
        for (var i = 0; i < names.Length; i++)
        {
            var own = lines.Where(line => line.StartsWith(names[i] + "\t", StringComparison.Ordinal)).ToArray();
            Assert.Equal(own, (await slices[i].GetAsync()).Select(record => record.ToString()));
            Assert.Equal(own.Length, index.Contigs[i].Records);
            Assert.Equal(own.Max(line => VcfSamples.Interval(line).End), index.Contigs[i].MaxEnd);
        }

        foreach (var slice in await file.CutAsync(VcfPartition.ByWindows(10_000)))
        {
            var filter = slice.Filter!;
            Assert.All(await slice.GetAsync(), record => Assert.True(record.Chrom == filter.Contig && record.Position > filter.Start && record.Position <= filter.End));
        }
    }

    [Theory]
    [MemberData(nameof(Containers))]
    public async Task Samples_are_chosen_when_a_slice_is_read(string container)
    {
        var content = VcfSamples.Make(new VcfShape(3) { Records = 60, Samples = 5, HasOddEnd = false });
        await using var file = await CreateAsync(container, content);
        var expected = Encoding.ASCII.GetString(content).Split('\n').Select(line => line.TrimEnd('\r')).Where(line => line.Length > 0)
            .Select(line => line.StartsWith("##", StringComparison.Ordinal) ? line : string.Join('\t', line.Split('\t') is var columns ? [.. columns[..9], columns[12], columns[9]] : Array.Empty<string>())).ToArray();
        foreach (var strategy in new[] { VcfPartition.IntoChunks(4), VcfPartition.ByRecords(7), VcfPartition.ByWindows(20_000) })
        {
            var slices = (await file.CutAsync(strategy)).Select(slice => slice.WithSamples("NA00004", "NA00001")).ToArray();
            var joined = Encoding.ASCII.GetString(await SliceBytes.JoinAsync(slices));
            Assert.Equal(expected, joined.Split('\n').Select(line => line.TrimEnd('\r')).Where(line => line.Length > 0));
            foreach (var slice in slices)
            {
                var alone = Encoding.ASCII.GetString(await SliceBytes.ReadAsync(slice));
                Assert.Contains("FORMAT\tNA00004\tNA00001", alone, StringComparison.Ordinal);
                Assert.Equal(VcfSamples.Records(Encoding.ASCII.GetBytes(alone)), (await slice.GetAsync()).Select(record => record.ToString()));
                Assert.All(await slice.GetAsync(), record => Assert.Equal(2, record.SampleCount));
            }
        }

        var first = (await file.CutAsync(VcfPartition.IntoChunks(2)))[1];
        var none = Encoding.ASCII.GetString(await SliceBytes.ReadAsync(first.WithSamples()));
        Assert.All(none.Split('\n').Where(line => line.Length > 0 && !line.StartsWith("##", StringComparison.Ordinal)), line => Assert.Equal(8, line.Split('\t').Length));
        var unknown = await Assert.ThrowsAsync<PartitionException>(() => SliceBytes.ReadAsync(first.WithSamples("NA00001", "nobody", "noone")));
        Assert.Contains("'nobody', 'noone'", unknown.Problem, StringComparison.Ordinal);
        await Assert.ThrowsAsync<PartitionException>(() => SliceBytes.ReadAsync(first.WithSamples("NA00001", "NA00001")));
    }

    [Theory]
    [MemberData(nameof(Containers))]
    public async Task A_slice_costs_a_request_for_its_header_and_one_for_its_records(string container)
    {
        var content = VcfSamples.Make(new VcfShape(11) { Records = 4000, Contigs = 2, HasOddEnd = false });
        await using var file = await CreateAsync(container, content);
        var slices = await file.CutAsync(VcfPartition.IntoChunks(10));
        var requests = file.Store.Requests;
        for (var i = 0; i < slices.Count; i++)
        {
            requests.Clear();
            await SliceBytes.ReadAsync(slices[i]);
            Assert.Equal(i == 0 ? 1 : 2, requests.Reads.Count(read => read.Uri == file.Cloud.Uri));
            requests.Clear();
            await slices[i].GetAsync();
            Assert.Single(requests.Reads, read => read.Uri == file.Cloud.Uri);
        }

        requests.Clear();
        var region = (await file.CutAsync(VcfPartition.ByRegions("chr1:50,000-50,500")))[0];
        await region.GetAsync();
        Assert.Single(requests.Reads, read => read.Uri == file.Cloud.Uri);

        // A slice of a gzip object needs a window; with it on board it needs the object alone.
        var packed = await slices.InlineBlobsAsync();
        requests.Clear();
        await SliceBytes.JoinAsync(packed);
        Assert.All(requests.Reads, read => Assert.Equal(file.Cloud.Uri, read.Uri));
    }

    [Fact]
    public async Task Objects_that_are_not_sorted_are_cut_by_number_and_size_only()
    {
        var head = VcfSamples.Header(VcfSamples.Make(new VcfShape(4) { Records = 0, Samples = 0, HasOddEnd = false })).Replace("\r", "", StringComparison.Ordinal);
        var unsorted = Encoding.ASCII.GetBytes(head + "chr1\t50\t.\tA\tC\t.\t.\t.\nchr1\t20\t.\tA\tC\t.\t.\t.\nchr2\t5\t.\tA\tC\t.\t.\t.\n");
        await using (var file = await VcfFile.CreateAsync(Vcf.Plain, unsorted))
        {
            var index = await file.IndexAsync();
            Assert.Equal("a record at position 20 comes after one at 50", index.Unsorted);
            Assert.Null(index.Binning);
            var refused = await Assert.ThrowsAsync<PartitionException>(() => file.CutAsync(VcfPartition.ByRegions("chr1")));
            Assert.Contains("a record at position 20 comes after one at 50", refused.Problem, StringComparison.Ordinal);
            await Assert.ThrowsAsync<PartitionException>(() => file.CutAsync(VcfPartition.ByWindows(100)));
            Assert.Equal(2, (await file.CutAsync(VcfPartition.ByContig())).Count);
            Assert.Equal(unsorted, await SliceBytes.JoinAsync(await file.CutAsync(VcfPartition.ByRecords(1))));
        }

        var apart = Encoding.ASCII.GetBytes(head + "chr1\t50\t.\tA\tC\t.\t.\t.\nchr2\t20\t.\tA\tC\t.\t.\t.\nchr1\t60\t.\tA\tC\t.\t.\t.\n");
        await using (var file = await VcfFile.CreateAsync(new VcfFormat(VcfContainer.Plain, chunkSize: 10), apart))
        {
            Assert.False((await file.IndexAsync()).AreContigsTogether);
            await Assert.ThrowsAsync<PartitionException>(() => file.CutAsync(VcfPartition.ByContig()));
            await Assert.ThrowsAsync<PartitionException>(() => file.CutAsync(VcfPartition.ByRegions("chr2")));
            Assert.Equal(apart, await SliceBytes.JoinAsync(await file.CutAsync(VcfPartition.IntoChunks(5))));
        }
    }

    [Fact]
    public async Task Unknown_contigs_are_refused_and_declared_ones_without_records_are_empty()
    {
        var content = Encoding.ASCII.GetBytes("##fileformat=VCFv4.2\n##contig=<ID=chr1>\n##contig=<ID=HLA-A*01:01>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nchr1\t5\t.\tA\tC\t.\t.\t.\n");
        await using var file = await VcfFile.CreateAsync(Vcf.Plain, content, "a.vcf");
        var slices = await file.CutAsync(VcfPartition.ByRegions("HLA-A*01:01;chr1"));
        Assert.Empty(await slices[0].GetAsync());
        Assert.Single(await slices[1].GetAsync());
        var refused = await Assert.ThrowsAsync<PartitionException>(() => file.CutAsync(VcfPartition.ByRegions("1:5-6")));
        Assert.Contains("no contig '1'", refused.Problem, StringComparison.Ordinal);
        Assert.Contains("chr1", refused.Cure, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Containers))]
    public async Task Objects_without_records_give_their_header(string container)
    {
        var content = Encoding.ASCII.GetBytes("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1");
        foreach (var text in new[] { content, [.. content, (byte)'\n'], [.. content, .. "\n\n\n"u8] })
        {
            await using var file = await CreateAsync(container, text);
            foreach (var strategy in new[] { VcfPartition.IntoChunks(3), VcfPartition.ByRecords(5), VcfPartition.ByBytes(10), VcfPartition.ByContig(), VcfPartition.ByWindows(10) })
            {
                var slices = await file.CutAsync(strategy);
                Assert.Equal(text, await SliceBytes.JoinAsync(slices));
                foreach (var slice in slices)
                {
                    Assert.Empty(await slice.GetAsync());
                    Assert.Contains("S1", Encoding.ASCII.GetString(await SliceBytes.ReadAsync(slice)), StringComparison.Ordinal);
                }
            }
        }
    }

    [Fact]
    public async Task A_strategy_of_ones_own_cuts_by_record_numbers()
    {
        var content = VcfSamples.Make(new VcfShape(2) { Records = 10 });
        await using var file = await VcfFile.CreateAsync(Vcf.Plain, content);
        var index = await file.IndexAsync();
        var slices = index.Cut([0, 0, 3, 3, 10, 10]).Select(slice => slice with { Stores = file.Store.Stores }).ToArray();
        Assert.Equal([0L, 3, 0, 7, 0], slices.Select(slice => slice.RecordCount!.Value));
        Assert.Equal(content, await SliceBytes.JoinAsync(slices));
        Assert.Throws<PartitionException>(() => index.Cut([0, 11]));
    }

    // In a large object many records lie between two marks.
    [Theory]
    [MemberData(nameof(Containers))]
    public async Task Records_are_counted_off_from_the_mark_before_them(string container)
    {
        var content = VcfSamples.Make(new VcfShape(6) { Records = 30_000, Samples = 0, Contigs = 2, ContigLength = 30_000_000 });
        await using var file = await CreateAsync(container, content);
        var slices = await file.CutAsync(VcfPartition.ByRecords(1001));
        Assert.True(slices.Count(slice => slice.Skip > 1) > 20);
        Assert.True(slices.Count(slice => slice.HasSurplus) > 20);
        Assert.Equal(content, await SliceBytes.JoinAsync(slices));
        var lines = VcfSamples.Records(content);
        foreach (var slice in slices)
            Assert.Equal(lines.Skip((int)slice.FirstRecord!.Value).Take(1001), (await slice.GetAsync()).Select(record => record.ToString()));
        Assert.Equal(content, await SliceBytes.JoinAsync(await file.CutAsync(VcfPartition.ByWindows(1_000_000))));
    }

    [Theory]
    [MemberData(nameof(Containers))]
    public async Task Bytes_cut_near_to_what_is_asked(string container)
    {
        var content = VcfSamples.Make(new VcfShape(5) { Records = 5000, Samples = 3, HasOddEnd = false });
        await using var file = await CreateAsync(container, content);
        var size = container == "bgzf" ? (await file.Store.Stores.PinAsync(file.Cloud.Uri)).Size : content.Length;
        var slices = await file.CutAsync(VcfPartition.ByBytes(20_000));
        Assert.InRange(slices.Count, size / 20_000, (size / 20_000 * 1.5) + 1);
        Assert.Equal(content, await SliceBytes.JoinAsync(slices));
    }

    [Fact]
    public void Strategies_are_made_by_name()
    {
        foreach (var format in new[] { Vcf.Plain, Vcf.Bgzf, Vcf.GZip })
        {
            foreach (var description in format.Strategies)
            {
                var values = description.Parameters.ToDictionary(p => p.Name, _ => "5");
                Assert.NotNull(format.CreateStrategy(new StrategyArguments(description, values), description.Name));
            }

            Assert.Equal(format.Parameters, format.WithParameters(format.Parameters).Parameters);
        }
    }

    private static Task<VcfFile> CreateAsync(string container, byte[] content) => container switch
    {
        "plain" => VcfFile.CreateAsync(new VcfFormat(VcfContainer.Plain, chunkSize: 20_000), content, "variants.vcf"),
        "bgzf" => VcfFile.CreateAsync(new VcfFormat(VcfContainer.Bgzf, chunkSize: 20_000), VcfSamples.ToBgzf(content, 3, 4000)),
        _ => VcfFile.CreateAsync(FineGZip, GZipSamples.Compress(content, GZipLayout.Flushed)),
    };
}
