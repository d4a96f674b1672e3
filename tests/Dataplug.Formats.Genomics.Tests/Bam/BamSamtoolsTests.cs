using System.Globalization;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Metadata;
using Dataplug.Preprocessing;

namespace Dataplug.Formats.Genomics.Tests;

#pragma warning disable CA1001 // The test runner disposes by IAsyncLifetime.

/// <summary>What is read here is what samtools reads; and either reads the other's indexes.</summary>
public sealed class BamSamtoolsTests : IAsyncLifetime
{
    private static readonly BamSample Sample = new() { Seed = 11, Records = 6000, References = 4, Length = 3_000_000, LongRead = 3000 };

    private readonly FileLawStore _store = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("dataplug-samtools-").FullName;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_thousand_random_regions_hold_what_samtools_view_gives()
    {
        var path = await WriteAsync(BamSamples.Make(Sample));
        var cloud = await IndexAsync(path);
        var header = (await cloud.GetIndexAsync()).Header;
        await Samtools.RunAsync("index", path);
        var random = new Random(5);
        for (var batch = 0; batch < 25; batch++)
        {
            var regions = Enumerable.Range(0, 40).Select(_ => RandomRegion(random, header)).ToArray();
            var slices = await cloud.PartitionAsync(BamPartition.ByRegions(RegionList.Of(regions)));
            var ours = new List<string>();
            foreach (var slice in slices)
                ours.AddRange((await slice.GetAsync()).Select(record => record.ToString()));

            var theirs = await Samtools.LinesAsync("view", "-M", "-L", await WriteBedAsync(regions, header), path);
            Assert.Equal(theirs.Order(StringComparer.Ordinal), ours.Order(StringComparer.Ordinal));

            // By itself a region has all records that overlap it, in their order.
            var alone = (await cloud.PartitionAsync(BamPartition.ByRegions(RegionList.Of(regions[0])))).Single();
            Assert.Equal(await Samtools.LinesAsync("view", path, regions[0].ToString()), (await alone.GetAsync()).Select(record => record.ToString()));
        }
    }

    [SharedDataFact]
    public async Task Real_files_are_read_as_samtools_reads_them()
    {
        foreach (var path in Directory.EnumerateFiles(Path.Combine(SharedData.Folder!, "bam"), "*.bam"))
        {
            var slice = (await (await IndexAsync(path)).PartitionAsync(BamPartition.IntoChunks(1))).Single();
            Assert.Equal(await Samtools.LinesAsync("view", path), (await slice.GetAsync()).Select(record => record.ToString()));
        }
    }

    [Fact]
    public async Task Every_slice_passes_quickcheck_and_has_the_records_that_samtools_counts()
    {
        var path = await WriteAsync(BamSamples.Make(Sample with { Records = 1500, Layout = BlockLayout.Small }));
        var cloud = await IndexAsync(path);
        var whole = await Samtools.LinesAsync("view", path);
        foreach (var strategy in new[] { BamPartition.IntoChunks(5), BamPartition.ByRecords(333), BamPartition.ByReferences(), BamPartition.ByWindows(1_000_000), BamPartition.ByBytes(100_000) })
        {
            var slices = await cloud.PartitionAsync(strategy);
            var paths = new List<string>();
            foreach (var slice in slices)
                paths.Add(await WriteAsync(await SliceBytes.ReadAsync(slice)));
            await Samtools.RunAsync(["quickcheck", .. paths]);
            var catenated = Path.Combine(_folder, "catenated.bam");
            await Samtools.RunAsync(["cat", "-o", catenated, .. paths]);
            Assert.Equal(whole, await Samtools.LinesAsync("view", catenated));

            for (var i = 0; i < slices.Count; i += 3)
            {
                var count = long.Parse((await Samtools.LinesAsync("view", "-c", paths[i])).Single(), CultureInfo.InvariantCulture);
                Assert.Equal(count, await slices[i].ReadAsync().LongCountAsync());
                Assert.Equal(count, slices[i].RecordCount ?? count);
            }

            var joined = await WriteAsync(await SliceBytes.JoinAsync(slices));
            await Samtools.RunAsync("quickcheck", joined);
            Assert.Equal(whole, await Samtools.LinesAsync("view", joined));
        }
    }

    [Fact]
    public async Task The_counts_are_those_of_idxstats()
    {
        var path = await WriteAsync(BamSamples.Make(Sample));
        var index = await (await IndexAsync(path)).GetIndexAsync();
        await Samtools.RunAsync("index", path);
        var ours = index.Header.References.Select((reference, i) => string.Create(CultureInfo.InvariantCulture, $"{reference.Name}\t{reference.Length}\t{index.CountsOf(i).Mapped}\t{index.CountsOf(i).Unmapped}"));
        Assert.Equal(await Samtools.LinesAsync("idxstats", path), (string[])[.. ours, $"*\t0\t0\t{index.Alignments.Unplaced}"]);
        Assert.Equal(index.Records, long.Parse((await Samtools.LinesAsync("view", "-c", path)).Single(), CultureInfo.InvariantCulture));
        Assert.Equal(index.Alignments.Unmapped, long.Parse((await Samtools.LinesAsync("view", "-c", "-f", "4", path)).Single(), CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task An_exported_index_serves_samtools_as_its_own_does()
    {
        var path = await WriteAsync(BamSamples.Make(Sample));
        var cloud = await IndexAsync(path);
        var header = (await cloud.GetIndexAsync()).Header;
        await Samtools.RunAsync("index", path);
        var random = new Random(8);
        foreach (var kind in new[] { BinningIndexKind.Bai, BinningIndexKind.Csi })
        {
            var exported = Path.Combine(_folder, $"exported.{kind.ToString().ToLowerInvariant()}");
            await using (var file = File.Create(exported))
                await BamIndexFile.ExportAsync(cloud, kind, file);
            var linked = Path.Combine(_folder, $"linked-{kind}.bam");
            File.CreateSymbolicLink(linked, path);
            File.Copy(exported, $"{linked}.{kind.ToString().ToLowerInvariant()}");
            for (var i = 0; i < 8; i++)
            {
                var region = i == 0 ? "*" : RandomRegion(random, header).ToString();
                Assert.Equal(await Samtools.LinesAsync("view", path, region), await Samtools.LinesAsync("view", "-X", path, exported, region));
                var bed = await WriteBedAsync([.. Enumerable.Range(0, 10).Select(_ => RandomRegion(random, header))], header);
                Assert.Equal(await Samtools.LinesAsync("view", "-M", "-L", bed, path), await Samtools.LinesAsync("view", "-M", "-L", bed, linked));
            }

            Assert.Equal(await Samtools.LinesAsync("idxstats", path), await Samtools.LinesAsync("idxstats", linked));
            if (kind == BinningIndexKind.Bai)
                Assert.Equal(Convert.ToHexString(SortBins(await File.ReadAllBytesAsync(path + ".bai"))), Convert.ToHexString(SortBins(await File.ReadAllBytesAsync(exported))));
        }
    }

    [Fact]
    public async Task An_imported_index_gives_the_same_records_as_one_of_our_own()
    {
        var path = await WriteAsync(BamSamples.Make(Sample));
        var own = await IndexAsync(path);
        var header = (await own.GetIndexAsync()).Header;
        foreach (var (option, ending) in new[] { ("-b", "bai"), ("-c", "csi") })
        {
            var file = Path.Combine(_folder, $"made.{ending}");
            await Samtools.RunAsync("index", option, path, file);
            var imported = Bind(path);
            _store.Requests.Clear();
            await using (var stream = File.OpenRead(file))
                Assert.Equal(PreprocessOutcome.Indexed, (await BamIndexFile.ImportAsync(imported, stream, file)).Outcome);
            Assert.InRange(_store.Requests.Reads.Count(read => read.Uri == imported.Uri), 1, 20);

            var index = await imported.GetIndexAsync();
            Assert.Equal(((await own.GetIndexAsync()).Records, ending), (index.Records, index.Alignments.ImportedFrom));
            var refused = await Assert.ThrowsAsync<PartitionException>(() => imported.PartitionAsync(BamPartition.ByRecords(10)));
            Assert.Contains(ending, refused.Message, StringComparison.Ordinal);
            var whole = await RecordsAsync(await own.PartitionAsync(BamPartition.IntoChunks(1)));
            foreach (var strategy in new[] { BamPartition.IntoChunks(7), BamPartition.ByBytes(50_000), BamPartition.ByReferences(), BamPartition.ByWindows(500_000) })
                Assert.Equal(whole, await RecordsAsync(await imported.PartitionAsync(strategy)));
            Assert.Equal(await RecordsAsync(await own.PartitionAsync(BamPartition.Unplaced())), await RecordsAsync(await imported.PartitionAsync(BamPartition.Unplaced())));
            var random = new Random(3);
            var regions = RegionList.Of(Enumerable.Range(0, 100).Select(_ => RandomRegion(random, header)));
            Assert.Equal(await RecordsAsync(await own.PartitionAsync(BamPartition.ByRegions(regions))), await RecordsAsync(await imported.PartitionAsync(BamPartition.ByRegions(regions))));

            // What was imported can be exported again.
            await using var again = new MemoryStream();
            await BamIndexFile.ExportAsync(imported, ending == "bai" ? BinningIndexKind.Bai : BinningIndexKind.Csi, again);
            if (ending == "bai")
                Assert.Equal(Convert.ToHexString(SortBins(await File.ReadAllBytesAsync(file))), Convert.ToHexString(SortBins(again.ToArray())));
            else
                await Assert.ThrowsAsync<UnsupportedFormatException>(() => BamIndexFile.ExportAsync(imported, BinningIndexKind.Bai, Stream.Null));
            await imported.CleanAsync();
        }
    }

    [Fact]
    public async Task An_index_of_another_object_is_refused()
    {
        var path = await WriteAsync(BamSamples.Make(Sample with { Records = 2000 }));
        var other = await WriteAsync(BamSamples.Make(Sample with { Records = 3000, Seed = 12 }));
        var fewer = await WriteAsync(BamSamples.Make(Sample with { Records = 3000, References = 2 }));
        foreach (var wrong in new[] { other, fewer })
        {
            await Samtools.RunAsync("index", wrong);
            await using var stream = File.OpenRead(wrong + ".bai");
            var refused = await Assert.ThrowsAsync<CorruptIndexException>(() => BamIndexFile.ImportAsync(Bind(path), stream, "wrong.bai"));
            Assert.Equal("wrong.bai", refused.ObjectName);
        }
    }

    private static GenomicRegion RandomRegion(Random random, BamHeader header)
    {
        var reference = header.References[random.Next(header.References.Count)];
        var start = random.Next(reference.Length);
        var length = random.Next(4) switch { 0 => 1, 1 => random.Next(1, 100), 2 => random.Next(1, 100_000), _ => random.Next(1, reference.Length + 1) };
        return random.Next(20) == 0 ? new GenomicRegion(reference.Name) : random.Next(20) == 0 ? new GenomicRegion(reference.Name, start) : new GenomicRegion(reference.Name, start, start + length);
    }

    // Programs write the bins of a sequence in any order.
    private static byte[] SortBins(byte[] bai)
    {
        using var reader = new BinaryReader(new MemoryStream(bai));
        var sorted = new MemoryStream();
        sorted.Write(reader.ReadBytes(8));
        for (var left = BitConverter.ToInt32(bai, 4); left > 0; left--)
        {
            var bins = Enumerable.Range(0, reader.ReadInt32()).Select(_ =>
            {
                var number = reader.ReadInt32();
                var chunks = reader.ReadInt32();
                return (Number: number, Chunks: reader.ReadBytes(16 * chunks));
            }).OrderBy(bin => bin.Number).ToArray();
            foreach (var (number, chunks) in bins)
                sorted.Write([.. BitConverter.GetBytes(number), .. chunks]);
            sorted.Write(reader.ReadBytes(8 * reader.ReadInt32()));
        }

        sorted.Write(reader.ReadBytes(8));
        return sorted.ToArray();
    }

    private static async Task<List<string>> RecordsAsync(IEnumerable<BamSlice> slices)
    {
        var records = new List<string>();
        foreach (var slice in slices)
            records.AddRange((await slice.GetAsync()).Select(record => Convert.ToHexString(record.Bytes.Span)));
        return records;
    }

    private async Task<string> WriteAsync(byte[] bytes)
    {
        var path = Path.Combine(_folder, $"{Guid.NewGuid():N}.bam");
        await File.WriteAllBytesAsync(path, bytes);
        return path;
    }

    private async Task<string> WriteBedAsync(GenomicRegion[] regions, BamHeader header)
    {
        var path = Path.Combine(_folder, $"{Guid.NewGuid():N}.bed");
        await File.WriteAllLinesAsync(path, regions.Select(region =>
        {
            _ = header.TryFind(region.Name, out var number);
            return string.Create(CultureInfo.InvariantCulture, $"{region.Name}\t{region.Start}\t{Math.Min(region.End, header.References[number].Length)}");
        }));
        return path;
    }

    private CloudObject<BamIndex> Bind(string path) => CloudObject.FromFile(Bam.Format, path, new CloudObjectOptions
    {
        Stores = _store.Stores,
        Metadata = new MetadataOptions { Home = _store.NewHome() },
    });

    private async Task<CloudObject<BamIndex>> IndexAsync(string path)
    {
        var cloud = Bind(path);
        await cloud.PreprocessAsync();
        return cloud;
    }
}
