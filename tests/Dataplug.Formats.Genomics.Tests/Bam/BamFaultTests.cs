using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Preprocessing;

namespace Dataplug.Formats.Genomics.Tests;

#pragma warning disable CA1001 // The test runner disposes by IAsyncLifetime.

public sealed class BamFaultTests : IAsyncLifetime
{
    private readonly FileLawStore _store = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Theory]
    [InlineData(0, -2, "is on reference sequence -2, but there are 3")]
    [InlineData(0, 3, "is on reference sequence 3, but there are 3")]
    [InlineData(20, 99, "has its next segment on reference sequence 99, but there are 3")]
    [InlineData(4, -2, "has a position below -1")]
    [InlineData(16, -1, "too few for a name")]
    [InlineData(16, int.MaxValue, "too few for a name")]
    public async Task A_record_whose_numbers_are_wrong_is_refused_with_its_place(int offset, int value, string problem)
    {
        var (header, records) = BamSamples.Content(new BamSample { Seed = 1, Records = 50 });
        BitConverter.TryWriteBytes(records[20].AsSpan(offset), value);
        var refused = await RefusedAsync<CorruptObjectException>(BamSamples.Store((header, records), BlockLayout.Small, new Random(1)));
        Assert.Contains(problem, refused.Problem, StringComparison.Ordinal);
        Assert.StartsWith("record 21, which begins at virtual offset ", refused.Problem, StringComparison.Ordinal);
        Assert.NotNull(refused.ByteOffset);
    }

    [Fact]
    public async Task A_record_without_a_name_or_with_too_many_operations_is_refused()
    {
        var sample = new BamSample { Seed = 1, Records = 50 };
        var nameless = BamSamples.Content(sample);
        nameless.Records[3][8] = 0;
        Assert.Contains("has no name", (await RefusedAsync<CorruptObjectException>(BamSamples.Store(nameless, BlockLayout.Usual, new Random(1)))).Problem, StringComparison.Ordinal);
        var long_ = BamSamples.Content(sample);
        BitConverter.TryWriteBytes(long_.Records[3].AsSpan(12), ushort.MaxValue);
        Assert.Contains("65535 CIGAR operations", (await RefusedAsync<CorruptObjectException>(BamSamples.Store(long_, BlockLayout.Usual, new Random(1)))).Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(31)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public async Task A_block_size_that_holds_no_record_is_refused(int size)
    {
        var (header, _) = BamSamples.Content(new BamSample { Records = 0 });
        var refused = await RefusedAsync<CorruptObjectException>([.. PlainBam.Block([.. header, .. BitConverter.GetBytes(size), .. new byte[40]]), .. PlainBam.EndMarker]);
        Assert.Contains($"block_size of {size}", refused.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_block_size_beyond_all_records_is_refused_before_memory_is_taken()
    {
        var (header, _) = BamSamples.Content(new BamSample { Records = 0 });
        await RefusedAsync<UnsupportedFormatException>([.. PlainBam.Block([.. header, .. BitConverter.GetBytes(int.MaxValue), .. new byte[40]]), .. PlainBam.EndMarker]);
        var cut = await RefusedAsync<CorruptObjectException>([.. PlainBam.Block([.. header, .. BitConverter.GetBytes(200 << 20), .. new byte[40]]), .. PlainBam.EndMarker]);
        Assert.Contains("is cut short", cut.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_object_that_is_cut_short_is_refused_or_told()
    {
        var stored = BamSamples.Make(new BamSample { Seed = 2, Records = 60, Layout = BlockLayout.Small, LongRead = 1000 });
        var outcomes = new HashSet<string>();
        for (var length = 0; length < stored.Length; length += 257)
        {
            var refused = await Record.ExceptionAsync(() => IndexAsync(stored[..length]));
            outcomes.Add(refused is CorruptObjectException ? "refused" : refused?.ToString() ?? "read");
        }

        Assert.Equal(["refused"], outcomes);

        // Between two blocks and two records only the missing marker tells.
        var whole = BamSamples.Make(new BamSample { Seed = 2, Records = 60, Layout = BlockLayout.RecordByRecord, HasEndMarker = false, LongRead = 100 });
        var index = await (await IndexAsync(whole)).GetIndexAsync();
        Assert.False(index.Alignments.BgzfEndMarker);
        Assert.Contains("end-of-file block is missing", Assert.Single(index.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_that_promise_much_take_no_memory()
    {
        foreach (var (text, references) in new[] { (int.MaxValue, 0), (0, int.MaxValue), (200 << 20, 0), (0, 20 << 20), (-1, 0), (0, -1) })
        {
            byte[] header = [.. "BAM\u0001"u8, .. BitConverter.GetBytes(text), .. BitConverter.GetBytes(references), .. BitConverter.GetBytes(4), .. "x\0\0\0"u8];
            var before = GC.GetTotalAllocatedBytes();
            var refused = await Record.ExceptionAsync(() => IndexAsync([.. PlainBam.Block(header), .. PlainBam.EndMarker]));
            Assert.True(refused is CorruptObjectException or UnsupportedFormatException, $"{text}, {references}: {refused}");
            Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 64 << 20);
        }
    }

    [Fact]
    public async Task Objects_near_BAM_are_refused_with_what_to_do()
    {
        foreach (var (stored, cure) in new (byte[], string)[]
        {
            ([.. "CRAM"u8, 3, 0, .. new byte[100]], "samtools view -b"),
            ([.. "BCF\u0002\u0002"u8, .. new byte[100]], "bcftools view"),
            ([.. PlainBam.Block([.. "BCF\u0002\u0002"u8, .. new byte[100]]), .. PlainBam.EndMarker], "bcftools view"),
            ([.. PlainBam.Block([.. "BCF\u0004"u8, .. new byte[100]]), .. PlainBam.EndMarker], "bcftools view"),
        })
        {
            var uri = await _store.PutAsync(stored, "near.bin");
            var detected = await new FormatRegistry(Fastq.GZip, Bam.Format).DetectAsync(await _store.Stores.PinAsync(uri));
            Assert.Same(Bam.Format, detected);
            var refused = await RefusedAsync<UnsupportedFormatException>(stored);
            Assert.Contains(cure, refused.Cure, StringComparison.Ordinal);
        }

        foreach (var other in new[] { Encoding.ASCII.GetBytes("@HD\tVN:1.6\n"), PlainBam.Block("@HD\tVN:1.6\tSO:coordinate\n"u8), PlainBam.EndMarker, [] })
            await RefusedAsync<CorruptObjectException>(other);
    }

    [Fact]
    public async Task What_needs_an_order_is_refused_where_there_is_none()
    {
        var cloud = await IndexAsync(BamSamples.Make(new BamSample { Seed = 4, Records = 200, IsSorted = false }));
        Assert.False((await cloud.GetIndexAsync()).IsSorted);
        foreach (var strategy in new[] { BamPartition.ByReferences(), BamPartition.ByWindows(1000), BamPartition.ByRegions("chr1"), BamPartition.Unplaced() })
        {
            var refused = await Assert.ThrowsAsync<PartitionException>(() => cloud.PartitionAsync(strategy));
            Assert.Contains("not sorted by position", refused.Problem, StringComparison.Ordinal);
            Assert.Contains("samtools sort", refused.Cure, StringComparison.Ordinal);
        }

        await Assert.ThrowsAsync<UnsupportedFormatException>(() => BamIndexFile.ExportAsync(cloud, BinningIndexKind.Bai, Stream.Null));
        Assert.NotEmpty(await cloud.PartitionAsync(BamPartition.IntoChunks(3)));
    }

    [Fact]
    public async Task Regions_of_unknown_names_are_refused()
    {
        var cloud = await IndexAsync(BamSamples.Make(new BamSample { Seed = 4, Records = 20 }));
        var refused = await Assert.ThrowsAsync<PartitionException>(() => cloud.PartitionAsync(BamPartition.ByRegions("chrZ:1-5")));
        Assert.Contains("chr1", refused.Problem, StringComparison.Ordinal);
        Assert.Single(await cloud.PartitionAsync(BamPartition.ByRegions("HLA:A*01:01")));
        Assert.Empty(await (await cloud.PartitionAsync(BamPartition.ByRegions("chr1:900000000-900000001"))).Single().GetAsync());
    }

    [Fact]
    public async Task A_broken_list_of_tags_is_told_by_whoever_reads_them()
    {
        var (header, records) = BamSamples.Content(new BamSample { Seed = 1, Records = 5 });
        records[2] = [.. records[2], .. "XXZno end"u8];
        var cloud = await IndexAsync(BamSamples.Store((header, records), BlockLayout.Usual, new Random(1)));
        var read = await (await cloud.PartitionAsync(BamPartition.IntoChunks(1))).Single().GetAsync();
        var refused = Assert.Throws<CorruptObjectException>(() => read[2].TryGetTag("ZZ"u8, out _));
        Assert.Equal(cloud.Uri.Display, refused.ObjectName);
    }

    [SharedDataFact]
    public async Task Real_files_are_put_together_again_by_every_plan()
    {
        foreach (var path in Directory.EnumerateFiles(Path.Combine(SharedData.Folder!, "bam"), "*.bam"))
        {
            var stored = await File.ReadAllBytesAsync(path);
            var cloud = await IndexAsync(stored);
            var content = PlainBam.Inflate(stored);
            var index = await cloud.GetIndexAsync();
            Assert.Equal(PlainBam.Parse(content).Records.Count, index.Records);
            var strategies = new List<Partitioning.IPartitionStrategy<BamIndex, BamSlice>> { BamPartition.IntoChunks(3), BamPartition.ByBytes(5000), BamPartition.ByRecords(7) };
            if (index.IsSorted)
                strategies.AddRange([BamPartition.ByReferences(), BamPartition.ByWindows(10_000_000)]);
            foreach (var strategy in strategies)
                Assert.Equal(content, PlainBam.Inflate(await SliceBytes.JoinAsync(await cloud.PartitionAsync(strategy))));

            if (File.Exists(path + ".bai"))
            {
                var whole = await cloud.PartitionAsync(BamPartition.ByReferences());
                await using var bai = File.OpenRead(path + ".bai");
                await BamIndexFile.ImportAsync(cloud, bai, path + ".bai", new BamImportOptions { Force = true });
                var imported = await cloud.PartitionAsync(BamPartition.ByReferences());
                Assert.Equal(PlainBam.Inflate(await SliceBytes.JoinAsync(whole)), PlainBam.Inflate(await SliceBytes.JoinAsync(imported)));
            }
        }
    }

    private async Task<T> RefusedAsync<T>(byte[] stored)
        where T : DataplugException
    {
        var refused = await Assert.ThrowsAsync<T>(() => IndexAsync(stored));
        Assert.NotNull(refused.ObjectName);
        Assert.NotNull(refused.Cure);
        return refused;
    }

    private async Task<CloudObject<BamIndex>> IndexAsync(byte[] stored)
    {
        var cloud = CloudObject.FromUri(Bam.Format, (await _store.PutAsync(stored, "object.bam")).Value, new CloudObjectOptions
        {
            Stores = _store.Stores,
            Metadata = new MetadataOptions { Home = _store.NewHome() },
        });
        await cloud.PreprocessAsync(new PreprocessOptions { Workers = 1 });
        return cloud;
    }
}
