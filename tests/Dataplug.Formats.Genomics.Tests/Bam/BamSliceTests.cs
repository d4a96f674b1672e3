using System.Text;
using Dataplug.Compression;
using Dataplug.Conformance;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Formats;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Dataplug.Formats.Genomics.Tests;

public sealed class BamSliceTests
{
    private static readonly BamFormat Fine = new(checkpointSpacing: 2000);

    public static Arbitrary<BamCase> Cases() =>
        (from seed in Gen.Choose(0, int.MaxValue)
         from records in Gen.Choose(0, 250)
         from references in Gen.Choose(1, 4)
         from length in Gen.Elements(500, 20_000, 3_000_000)
         from layout in Gen.Elements(BlockLayout.Usual, BlockLayout.Small, BlockLayout.RecordByRecord)
         select new BamCase(new BamSample { Seed = seed, Records = records, References = references, Length = length, LongRead = 2000, Layout = layout }, seed)).ToArbitrary();

    [Property(Arbitrary = [typeof(BamSliceTests)], MaxTest = 60)]
    public void Regions_hold_the_records_that_overlap_them_and_none_twice(BamCase bam) => Run(async () =>
    {
        ArgumentNullException.ThrowIfNull(bam);
        var (_, records) = BamSamples.Content(bam.Sample);
        await using var file = await IndexedFile.CreateAsync(Fine, BamSamples.Make(bam.Sample), "regions.bam");
        var random = new System.Random(bam.Seed);
        var regions = Enumerable.Range(0, random.Next(1, 20)).Select(_ =>
        {
            var reference = random.Next(bam.Sample.References);
            var start = random.Next(bam.Sample.Length);
            return (Reference: reference, Region: new GenomicRegion(file.Index.Header.References[reference].Name, start, start + random.Next(1, bam.Sample.Length)));
        }).ToArray();

        var slices = file.Cut(BamPartition.ByRegions(RegionList.Of(regions.Select(region => region.Region))));
        Assert.Equal(regions.Length, slices.Count);
        var given = new HashSet<int>();
        var order = Enumerable.Range(0, regions.Length).OrderBy(i => regions[i].Region.Start).ThenBy(i => i);
        foreach (var i in order)
        {
            var expected = new List<string>();
            for (var r = 0; r < records.Count; r++)
            {
                var (reference, start, end) = PlainBam.PlaceOf(records[r]);
                if (reference == regions[i].Reference && start < regions[i].Region.End && end > regions[i].Region.Start && given.Add(r))
                    expected.Add(Convert.ToHexString(records[r]));
            }

            Assert.Equal(expected, (await slices[i].GetAsync()).Select(record => Convert.ToHexString(record.Bytes.Span)));
            Assert.Equal(expected, PlainBam.Parse(PlainBam.Inflate(await SliceBytes.ReadAsync(slices[i]))).Records.Select(Convert.ToHexString));
            Assert.InRange(slices[i].Ranges.Count, 0, BamIndex.MaxRangesPerSlice);
        }
    });

    [Property(Arbitrary = [typeof(BamSliceTests)], MaxTest = 25)]
    public void Windows_references_and_the_tail_hold_what_they_say(BamCase bam) => Run(async () =>
    {
        ArgumentNullException.ThrowIfNull(bam);
        var (_, records) = BamSamples.Content(bam.Sample);
        await using var file = await IndexedFile.CreateAsync(Fine, BamSamples.Make(bam.Sample), "windows.bam");
        var length = bam.Sample.Length / 7;
        var windows = file.Cut(BamPartition.ByWindows(length));
        var i = 0;
        for (var reference = 0; reference < bam.Sample.References; reference++)
        {
            for (var window = 0; window < Math.Max(1, (file.Index.Header.References[reference].Length + length - 1) / length); window++, i++)
            {
                var expected = records.Where(record => PlainBam.PlaceOf(record) is var (on, start, _) && on == reference && start / length == window);
                Assert.Equal(expected.Select(Convert.ToHexString), (await windows[i].GetAsync()).Select(record => Convert.ToHexString(record.Bytes.Span)));
            }
        }

        Assert.Equal(i + 1, windows.Count);
        var tail = records.Where(record => PlainBam.PlaceOf(record).Reference < 0).Select(Convert.ToHexString).ToArray();
        foreach (var slice in new[] { windows[i], file.Cut(BamPartition.Unplaced()).Single(), file.Cut(BamPartition.ByRegions("*")).Single(), file.Cut(BamPartition.ByReferences())[^1] })
        {
            Assert.Equal(tail, (await slice.GetAsync()).Select(record => Convert.ToHexString(record.Bytes.Span)));
            Assert.Equal(tail.Length, slice.RecordCount);
        }

        foreach (var slice in file.Cut(BamPartition.ByReferences()).SkipLast(1))
            Assert.Single((await slice.GetAsync()).Select(record => record.ReferenceId).Distinct());
    });

    [Fact]
    public async Task A_killed_run_goes_on_in_the_middle_of_a_record_and_makes_the_same_bytes()
    {
        foreach (var layout in Enum.GetValues<BlockLayout>())
        {
            foreach (var isSorted in new[] { true, false })
            {
                var stored = BamSamples.Make(new BamSample { Seed = 5, Records = 700, Layout = layout, LongRead = 3000, IsSorted = isSorted });
                var often = new BamFormat(stored.Length / 7);
                await using var file = await IndexedFile.CreateAsync(often, stored, "killed.bam");
                Assert.Equal(file.Sidecar, await file.IndexAgainAsync(often, killAfter: 1));
                Assert.True(file.Kills >= 2, $"only {file.Kills} kills");
                Assert.Equal(stored.Length, file.BytesReported);
            }
        }
    }

    [Fact]
    public async Task A_run_of_records_costs_one_request_and_its_whole_blocks_are_passed_on_as_they_are()
    {
        var stored = BamSamples.Make(new BamSample { Seed = 6, Records = 8000, LongRead = 200 });
        await using var file = await IndexedFile.CreateAsync(Bam.Format, stored, "run.bam");
        var slices = file.Cut(BamPartition.IntoChunks(4));
        Assert.All(slices, slice => Assert.InRange(slice.RecordCount!.Value, 1500, 2500));
        file.Requests.Clear();
        var piece = await SliceBytes.ReadAsync(slices[1]);
        var read = Assert.Single(file.Requests.Reads, read => read.Uri == file.Uri);
        Assert.Equal(slices[1].Ranges.Single(), read.Range);

        // All but the first and the last block of the range are in the slice, byte for byte.
        var blocks = new List<(long Start, long End)>();
        await using (var reader = BgzfReader.Open(await file.Stores.PinAsync(file.Uri), read.Range))
        {
            while (await reader.NextAsync() && reader.NextOffset <= read.Range.End)
                blocks.Add((reader.BlockOffset, reader.NextOffset));
        }

        Assert.True(blocks.Count > 4, $"only {blocks.Count} blocks");
        Assert.True(piece.AsSpan().IndexOf(stored.AsSpan((int)blocks[1].Start, (int)(blocks[^2].End - blocks[1].Start))) > 0);

        // The slice travels as about a kilobyte of JSON.
        var serializer = new FormatRegistry(Bam.Format).CreateSliceSerializer();
        Assert.InRange(serializer.Serialize(slices[1]).Length, 300, 1300);
    }

    [Fact]
    public async Task Slices_of_records_are_exact()
    {
        var sample = new BamSample { Seed = 7, Records = 3000, LongRead = 500 };
        var (_, records) = BamSamples.Content(sample);
        await using var file = await IndexedFile.CreateAsync(Bam.Format, BamSamples.Make(sample), "records.bam");
        var slices = file.Cut(BamPartition.ByRecords(700));
        Assert.Equal([700, 700, 700, 700, 200], slices.Select(slice => slice.RecordCount!.Value));
        var third = await slices[2].GetAsync();
        Assert.Equal(records.Skip(1400).Take(700).Select(Convert.ToHexString), third.Select(record => Convert.ToHexString(record.Bytes.Span)));
        Assert.Equal(3, file.Index.Cut([0, 5, 5, 3000]).Count);
        Assert.Throws<PartitionException>(() => file.Index.Cut([0, 5, 4, 3000]));
    }

    [Fact]
    public async Task Reference_sequences_in_another_order_than_the_headers_are_cut_in_theirs()
    {
        var sample = new BamSample { Seed = 12, Records = 300, References = 4, LongRead = 300 };
        var (header, records) = BamSamples.Content(sample);
        int[] ranks = [2, 0, 9, 1];
        var reordered = records.Where(record => BitConverter.ToInt32(record) != 2)
            .OrderBy(record => BitConverter.ToInt32(record) is >= 0 and var reference ? ranks[reference] : 10).ToList();
        await using var file = await IndexedFile.CreateAsync(Fine, BamSamples.Store((header, reordered), BlockLayout.Small, new System.Random(1)), "reordered.bam");
        Assert.True(file.Index.IsSorted);
        Assert.Equal(4, file.Cut(BamPartition.ByReferences()).Count);
        foreach (var strategy in new[] { BamPartition.ByReferences(), BamPartition.ByWindows(20_000) })
        {
            var read = new List<string>();
            foreach (var slice in file.Cut(strategy))
                read.AddRange((await slice.GetAsync()).Select(record => Convert.ToHexString(record.Bytes.Span)));
            Assert.Equal(reordered.Select(Convert.ToHexString), read);
        }

        var region = file.Cut(BamPartition.ByRegions("chr2")).Single();
        Assert.Equal(reordered.Where(record => BitConverter.ToInt32(record) == 1).Select(Convert.ToHexString), (await region.GetAsync()).Select(record => Convert.ToHexString(record.Bytes.Span)));
    }

    [Fact]
    public async Task Reads_longer_than_many_blocks_and_buffers_are_read_whole()
    {
        var sample = new BamSample { Seed = 10, Records = 40, LongRead = 600_000, Layout = BlockLayout.Small };
        var (_, records) = BamSamples.Content(sample);
        Assert.Contains(records, record => record.Length > 500_000);
        await using var file = await IndexedFile.CreateAsync(Fine, BamSamples.Make(sample), "long.bam");
        foreach (var strategy in new[] { BamPartition.IntoChunks(3), BamPartition.ByRecords(3), BamPartition.ByReferences() })
        {
            var read = new List<string>();
            foreach (var slice in file.Cut(strategy))
            {
                var own = (await slice.GetAsync()).Select(record => Convert.ToHexString(record.Bytes.Span)).ToArray();
                Assert.Equal(own, PlainBam.Parse(PlainBam.Inflate(await SliceBytes.ReadAsync(slice))).Records.Select(Convert.ToHexString));
                read.AddRange(own);
            }

            Assert.Equal(records.Select(Convert.ToHexString), read);
        }
    }

    [Fact]
    public async Task The_reader_of_spans_allocates_nothing_per_record()
    {
        var stored = BamSamples.Make(new BamSample { Seed = 9, Records = 6000, LongRead = 200 });
        await using var file = await IndexedFile.CreateAsync(Bam.Format, stored, "spans.bam");
        var content = new MemoryStream(PlainBam.Inflate(stored)[file.Index.Header.Bytes.Length..]);
        await using var reader = new BamReader(content, new BamReaderOptions { Header = file.Index.Header });
        long seen = 0;
        var bases = new byte[1000];
        var meter = new AllocationMeter();
        Func<long> walk = () => Walk(reader, bases);
        while (await reader.FillAsync())
        {
            // What is warmed up on the first block's records is measured on all others.
            seen += seen == 0 ? walk() : meter.Measure(walk);
        }

        Assert.Equal(6000, reader.RecordsRead);
        Assert.True(meter.Measured > 0);
        Assert.InRange(meter.Allocated, 0, 100);
    }

    [Fact]
    public async Task A_record_tells_all_its_fields()
    {
        await using var file = await IndexedFile.CreateAsync(Bam.Format, BamSamples.Make(new BamSample { Seed = 3, Records = 400 }), "fields.bam");
        var records = await file.Cut(BamPartition.IntoChunks(1)).Single().GetAsync();
        var record = records.First(record => record.Cigar.Count > 1 && record.TryGetTag("X5"u8, out _));
        Assert.Equal(file.Index.Header.References[record.ReferenceId].Name, record.ReferenceName);
        Assert.Equal(record.Sequence.Length, record.Qualities.Length);
        Assert.Equal(record.Sequence.Length, record.Cigar.SequenceLength);
        Assert.Equal(record.End, record.Position + record.Cigar.ReferenceLength);
        Assert.True(record.TryGetTag("X5"u8, out var tag));
        Assert.Equal(("X5", 'I', 4000000000), (Encoding.ASCII.GetString(tag.Name), tag.Type, tag.ToInt64()));
        Assert.True(record.TryGetTag("Y1"u8, out tag));
        Assert.Equal(('f', 2, 1.5), (tag.ElementType, tag.Count, tag.GetDouble(0)));
        Assert.Throws<InvalidOperationException>(() => record.TryGetTag("Y1"u8, out var array) ? array.ToInt64() : 0);
        Assert.False(record.TryGetTag("ZZ"u8, out _));
        var names = new List<string>();
        foreach (var each in record.Tags)
            names.Add(Encoding.ASCII.GetString(each.Name));
        Assert.Equal(["X0", "X1", "X2", "X3", "X4", "X5", "X6", "X7", "X8", "X9", "Y0", "Y1"], names.SkipWhile(name => name is "CG" or "NM"));
    }

    private static long Walk(BamReader reader, byte[] bases)
    {
        long seen = 0;
        while (reader.TryRead(out var record))
        {
            seen += record.Name.Length + record.End + record.MappingQuality + (int)record.Flags + record.CopySequence(bases) + record.Qualities.Length;
            foreach (var operation in record.Cigar)
                seen += operation.Length;
            if (record.TryGetTag("NM"u8, out var tag))
                seen += tag.ToInt64();
        }

        return seen;
    }

    private static void Run(Func<Task> test) => Task.Run(test).GetAwaiter().GetResult();
}

/// <summary>An object and a seed for what is asked of it.</summary>
public sealed record BamCase(BamSample Sample, int Seed);
