using System.Security.Cryptography;
using System.Text.Json;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Formats.Geo.Laz;
using Dataplug.Formats.Geo.Laz.Tests;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Preprocessing;

namespace Dataplug.Formats.Geo.Tests;

#pragma warning disable CA1001 // The test runner disposes by IAsyncLifetime.

/// <summary>LAZ as LAS with another layout: the same slices of the same points, fewer bytes.</summary>
public sealed class LazPointCloudTests : IAsyncLifetime
{
    private static readonly LazFormat Small = new(64, 20_000);

    private readonly FileLawStore _store = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(10)]
    public async Task Slices_are_those_of_the_object_without_compression(int pdrf)
    {
        var las = LasSamples.Make(new LasSample { Seed = pdrf, Pdrf = pdrf, Minor = 4, Points = 3000, ExtraLength = 2, Evlrs = [("late", 9, new byte[40])] });
        var plain = await LasTestObject.IndexAsync(_store, las);
        var laz = await IndexAsync(LazSamples.Compress(las, 70));
        foreach (var (name, parameters) in new (string, Dictionary<string, string>)[]
        {
            ("points", new() { ["points"] = "431" }),
            ("grid", new() { ["rows"] = "3", ["columns"] = "2" }),
            ("bbox", new() { ["box"] = "500010,-990,500060,-940", ["columns"] = "2" }),
            ("polygon", new() { ["polygon"] = "POLYGON((500000 -1000, 500090 -1000, 500030 -910, 500000 -1000))" }),
            ("batches", new() { ["count"] = "3", ["returns"] = "1-2", ["classes"] = "0-15" }),
        })
        {
            var expected = (await plain.PartitionAsync(name, parameters)).Cast<LasSlice>().ToArray();
            var slices = (await laz.PartitionAsync(name, parameters)).Cast<LasSlice>().ToArray();
            Assert.Equal(expected.Length, slices.Length);
            Assert.Contains(expected, slice => slice.Runs.Count > 0);
            foreach (var (a, b) in expected.Zip(slices))
            {
                var records = await LasTestObject.RecordsOfAsync(a);
                Assert.Equal(records, await LasTestObject.RecordsOfAsync(b));

                // As LAS on request: the same file, byte for byte. As LAZ: the same after decompression, and its header is true.
                var file = await SliceBytes.ReadAsync(a);
                Assert.Equal(Convert.ToHexString(file), Convert.ToHexString(await SliceBytes.ReadAsync(b.AsLas())));
                var written = await SliceBytes.ReadAsync(b);
                Assert.NotEqual(0, written[104] & 0x80);
                Assert.Equal(Convert.ToHexString(file), Convert.ToHexString(LazSamples.Decompress(written)));
                Assert.Null((await new LazFile(written).ReadTableAsync()).Rebuilt);
            }
        }
    }

    [Fact]
    public async Task Chunks_wholly_inside_are_copied_and_others_made_anew()
    {
        var las = LasSamples.Make(new LasSample { Seed = 3, Pdrf = 7, Minor = 4, Points = 2000 });
        var stored = LazSamples.Compress(las, 100);
        var file = new LazFile(stored);
        var table = await file.ReadTableAsync();
        var slices = await (await IndexAsync(stored)).PartitionAsync(LasPartition.ByPoints(950));
        var written = new LazFile(await SliceBytes.ReadAsync(slices[0]));
        var own = await written.ReadTableAsync();
        Assert.Equal(10, own.Count);
        for (var i = 0; i < 9; i++)
            Assert.Equal(Convert.ToHexString(file.BytesOf(table[i])), Convert.ToHexString(written.BytesOf(own[i])));
        Assert.Equal(50, own[9].Points);
        Assert.True(written.Vlr.HasVariableChunks);
    }

    [Fact]
    public async Task A_slice_fetches_only_the_chunks_that_it_touches()
    {
        // Chunks of 40 000 points are larger than a gap that is read over.
        const int Chunk = 40_000;
        var las = LasSamples.Make(new LasSample { Seed = 5, Pdrf = 1, Points = 20 * Chunk, Extent = 1_000_000 });
        var stored = LazSamples.Compress(las, Chunk);
        var table = await new LazFile(stored).ReadTableAsync();
        Assert.All(Enumerable.Range(0, table.Count), i => Assert.True(table[i].Length > LasIndex.MaxGap));
        var cloud = await IndexAsync(stored, new LazFormat(4096, 8 << 20));
        var plain = PlainLas.Parse(las);
        var box = new LasRectangle(100_000, 0, 160_000, 200_000);
        var index = await cloud.GetIndexAsync();
        foreach (var slice in index.Select([box]).Concat(index.Cut([0, 5, (3 * Chunk) - 1, 3 * Chunk, 20 * Chunk])))
        {
            var bound = slice with { Stores = _store.Stores };
            _store.Requests.Clear();
            var points = await bound.GetAsync();
            var fetched = _store.Requests.Reads.Where(read => read.Uri == slice.Source.Uri).ToArray();
            var touched = plain.Records.Index()
                .Where(record => slice.Region is { } region ? region.Contains(PlainLas.X(record.Item), PlainLas.Y(record.Item)) : record.Index >= slice.FirstPoint && record.Index < slice.FirstPoint + slice.PointCount)
                .Select(record => record.Index / Chunk).Distinct().Order().ToArray();
            Assert.True(points.Count > 0);
            var bytes = touched.Sum(i => table[i].Length);

            // Region: a chunk's rectangle may touch where none of its points does; the flights here keep to theirs.
            Assert.InRange(fetched.Sum(read => read.Range.Length), bytes, bytes + index.Header.PointsOffset + 8 + (slice.Region is null ? 0 : 2 * table[0].Length));
            Assert.InRange(fetched.Length, 1, 1 + touched.Length + 4);
        }
    }

    [Fact]
    public async Task Chunks_are_found_without_a_chunk_table()
    {
        foreach (var pdrf in new[] { 1, 6 })
        {
            var las = LasSamples.Make(new LasSample { Seed = 8, Pdrf = pdrf, Minor = 4, Points = 900 });
            var stored = LazSamples.Compress(las, 64);
            var file = new LazFile(stored);

            // As a writer leaves it that was interrupted.
            BitConverter.TryWriteBytes(stored.AsSpan((int)file.Points.Offset), file.Points.Offset);
            var cloud = await IndexAsync(stored, new LazFormat(64, 2000));
            Assert.Contains((await cloud.GetIndexAsync()).Warnings, warning => warning.Contains("without the chunk table", StringComparison.Ordinal));
            Assert.Equal(Convert.ToHexString(las), Convert.ToHexString(await SliceBytes.JoinAsync(await cloud.PartitionAsync(LasPartition.IntoBatches(7)))));
        }
    }

    [Fact]
    public async Task What_the_header_says_wrongly_of_points_is_told()
    {
        var las = LasSamples.Make(new LasSample { Seed = 8, Pdrf = 6, Minor = 4, Points = 300 });
        BitConverter.TryWriteBytes(las.AsSpan(179), 123.0);
        BitConverter.TryWriteBytes(las.AsSpan(255), 7L);
        var index = await (await IndexAsync(LazSamples.Compress(las, 64))).GetIndexAsync();
        Assert.Contains(index.Warnings, warning => warning.StartsWith("x goes from", StringComparison.Ordinal));
        Assert.Contains(index.Warnings, warning => warning.StartsWith("points by return", StringComparison.Ordinal));
        Assert.Equal(("layered", 5, (long?)64), (index.Points.Compression!.Compressor, index.Points.Compression.Chunks, index.Points.Compression.ChunkSize));
    }

    [Fact]
    public async Task A_damaged_chunk_is_refused_with_its_place()
    {
        var stored = LazSamples.Compress(LasSamples.Make(new LasSample { Seed = 2, Pdrf = 1, Points = 900 }), 300);
        var chunk = (await new LazFile(stored).ReadTableAsync())[1];
        stored.AsSpan((int)chunk.Offset + 28, (int)chunk.Length - 28).Fill(0xff);
        var refused = await Assert.ThrowsAsync<CorruptObjectException>(() => IndexAsync(stored));
        Assert.InRange(refused.ByteOffset!.Value, chunk.Offset, chunk.Offset + chunk.Length);
    }

    [Fact]
    public async Task What_is_not_chunked_LAZ_is_refused()
    {
        var las = LasSamples.Make(new LasSample { Pdrf = 1, Points = 30 });
        Assert.Contains("is LAS, not LAZ", (await Assert.ThrowsAsync<UnsupportedFormatException>(() => IndexAsync(las))).Problem, StringComparison.Ordinal);
        var stored = LazSamples.Compress(las, 10);
        var file = new LazFile(stored);
        var without = stored.ToArray();
        without[file.VlrOffset - 54 + 2] = (byte)'X';
        Assert.Contains("no laszip VLR", (await Assert.ThrowsAsync<CorruptObjectException>(() => IndexAsync(without))).Problem, StringComparison.Ordinal);
        stored[file.VlrOffset] = 1;
        Assert.Contains("one stream", (await Assert.ThrowsAsync<UnsupportedFormatException>(() => IndexAsync(stored))).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_preview_is_that_of_the_object_without_compression()
    {
        var las = LasSamples.Make(new LasSample { Seed = 4, Pdrf = 3, Points = 2000 });
        var plain = await LasPreview.CreateAsync(await LasTestObject.IndexAsync(_store, las), 40, 30);
        Assert.Equal(plain.Rgb.ToArray(), (await LasPreview.CreateAsync(await IndexAsync(LazSamples.Compress(las, 70)), 40, 30)).Rgb.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Pages_of_chunks_are_read_as_they_were_written(int seed)
    {
        var random = new Random(seed);
        var chunks = new List<StoredChunk>();
        var (at, point) = (0L, 0L);
        for (var i = 0; i < 200; i++)
        {
            var byReturn = random.Next(3) == 0 ? null : Enumerable.Range(0, 16).Select(_ => (long)random.Next(3)).ToArray();
            var bounds = i % 7 == 0 ? LasBounds.None : i % 7 == 1 ? LasBounds.Unknown : new LasBounds(random.Next(), -random.Next(), 5, random.Next(), random.Next(), 9);
            chunks.Add(new StoredChunk(at + random.NextInt64(1L << 40), random.NextInt64(1L << 30), point, random.NextInt64(1L << 33), random.Next(9), bounds, byReturn));
            (at, point) = (chunks[^1].End, chunks[^1].EndPoint);
        }

        var page = ChunkPage.Write(chunks);
        var read = ChunkPage.Read(page, "test");
        Assert.Equal(chunks.Select(Text), read.Select(Text));
        for (var length = 1; length < page.Length; length += 97)
        {
            try
            {
                Assert.True(ChunkPage.Read(page.AsMemory(0, length), "test").Count < chunks.Count);
            }
            catch (CorruptIndexException)
            {
                // Cut within a chunk.
            }
        }

        static string Text(StoredChunk chunk) => $"{chunk with { ByReturn = null }} {string.Join(",", chunk.ByReturn ?? [])}";
    }

    [SharedDataFact]
    public async Task Every_file_is_read_as_LASzip_reads_it()
    {
        using var truths = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(SharedData.Folder!, "TRUTH.json")));
        var files = truths.RootElement.EnumerateObject().Where(file => file.Name.StartsWith("laz/", StringComparison.Ordinal)).ToArray();
        Assert.True(files.Length >= 14);
        foreach (var file in files)
        {
            var cloud = await IndexAsync(await File.ReadAllBytesAsync(Path.Combine(SharedData.Folder!, file.Name)), LasZip.Format);
            var truth = file.Value.GetProperty("decompressed");
            using var records = new MemoryStream();
            foreach (var slice in await cloud.PartitionAsync(LasPartition.IntoBatches(7)))
                records.Write((await slice.GetAsync()).Records.Span);
            Assert.Equal(truth.GetProperty("point_records_sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(records.ToArray())));

            // By place, through the slices' files.
            var (points, sums) = (0L, new long[3]);
            foreach (var slice in await cloud.PartitionAsync(LasPartition.IntoGrid(3, 3)))
            {
                var part = PlainLas.Parse(LazSamples.Decompress(await SliceBytes.ReadAsync(slice)));
                part.AssertHeaderIsTrue();
                points += part.Count;
                foreach (var record in part.Records)
                {
                    sums[0] += PlainLas.X(record);
                    sums[1] += PlainLas.Y(record);
                    sums[2] += PlainLas.Z(record);
                }
            }

            Assert.Equal(truth.GetProperty("points_in_file").GetInt64(), points);
            Assert.Equal(truth.GetProperty("raw_xyz_sum").EnumerateArray().Select(value => value.GetInt64()), sums);
        }
    }

    private async Task<CloudObject<LasIndex>> IndexAsync(byte[] stored, LazFormat? format = null)
    {
        var cloud = CloudObject.FromUri(format ?? Small, (await _store.PutAsync(stored, "points.laz")).Value, new CloudObjectOptions { Stores = _store.Stores, Metadata = new MetadataOptions { Home = _store.NewHome() } });
        await cloud.PreprocessAsync();
        return cloud;
    }
}
