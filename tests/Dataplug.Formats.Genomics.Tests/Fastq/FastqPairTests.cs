using System.Globalization;
using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Conformance.Storage;
using Dataplug.Metadata;
using Dataplug.Partitioning;

namespace Dataplug.Formats.Genomics.Tests;

/// <summary>Mates in two objects and in one.</summary>
public sealed class FastqPairTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("/1", "/2")]
    [InlineData(" 1:N:0:ACGT", " 2:N:0:ACGT")]
    [InlineData("", "")]
    public async Task Slices_of_two_objects_hold_the_same_pairs(string first, string second)
    {
        var r1 = await PutAsync("r1.fastq.gz", Make(1000, first, seed: 1));
        var r2 = await PutAsync("r2.fastq.gz", Make(1000, second, seed: 2));
        foreach (var strategy in new[] { FastqPartition.IntoBatches(7), FastqPartition.ByReads(33), FastqPartition.ByBases(5000), FastqPartition.ByBytes(20_000) })
        {
            var slices = await FastqPairs.PartitionAsync(r1, r2, strategy);

            var names = new List<string>();
            foreach (var slice in slices)
            {
                await foreach (var pair in slice.ReadAsync())
                    names.Add(pair.First.Name.Split('/')[0]);
                Assert.Equal(slice.PairCount, slice.Second.ReadCount);
            }

            Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"read{i}"), names);
        }
    }

    [Fact]
    public async Task A_slice_of_pairs_is_an_interleaved_file_and_travels()
    {
        var r1 = await PutAsync("r1.fastq", Make(100, "/1", seed: 1));
        var r2 = await PutAsync("r2.fastq.gz", Make(100, "/2", seed: 2));
        var slices = await FastqPairs.PartitionAsync(r1, r2, FastqPartition.IntoBatches(3));
        var serializer = new SliceSerializer([FastqPairSlice.SliceKind]);

        var reads = new List<string>();
        foreach (var slice in slices)
        {
            var elsewhere = serializer.Deserialize(serializer.Serialize(slice));
            Assert.Equal(slice, elsewhere);
            reads.AddRange(PlainFastq.Parse(await SliceBytes.ReadAsync(elsewhere)).Select(read => read.Title));
        }

        Assert.Equal(Enumerable.Range(0, 100).SelectMany(i => new[] { $"read{i}/1", $"read{i}/2" }), reads);
    }

    [Fact]
    public async Task Reads_that_are_no_mates_are_refused_by_number()
    {
        var r1 = await PutAsync("r1.fastq.gz", Make(100, "/1", seed: 1));
        var r2 = await PutAsync("r2.fastq.gz", Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(Make(100, "/2", seed: 2)).Replace("read57/2", "reed57/2", StringComparison.Ordinal)));
        var slices = await FastqPairs.PartitionAsync(r1, r2, FastqPartition.IntoBatches(2));

        Assert.Equal(50, (await slices[0].GetAsync()).Count);
        var error = await Assert.ThrowsAsync<CorruptObjectException>(() => slices[1].GetAsync());

        Assert.Contains("read 58 is 'reed57/2', but its mate", error.Message, StringComparison.Ordinal);
        Assert.Equal(r2.Uri.Display, error.ObjectName);
    }

    [Fact]
    public async Task Objects_of_different_length_are_refused()
    {
        var r1 = await PutAsync("r1.fastq.gz", Make(100, "/1", seed: 1));
        var r2 = await PutAsync("r2.fastq.gz", Make(99, "/2", seed: 2));

        var error = await Assert.ThrowsAsync<PartitionException>(() => FastqPairs.PartitionAsync(r1, r2, FastqPartition.IntoBatches(2)));

        Assert.Contains("99 reads", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interleaved_mates_are_never_parted()
    {
        var mates = PlainFastq.Parse(Make(101, "/1", seed: 1)).Zip(PlainFastq.Parse(Make(101, "/2", seed: 2)));
        var content = Encoding.ASCII.GetBytes(string.Concat(mates.SelectMany(pair => new[] { pair.First, pair.Second }).Select(read => $"@{read.Title}\n{read.Sequence}\n+\n{read.Qualities}\n")));
        var cloud = await PutAsync("interleaved.fastq.gz", content);
        foreach (var strategy in new[] { FastqPartition.IntoBatches(7, FastqMates.Interleaved), FastqPartition.ByReads(10, FastqMates.Interleaved), FastqPartition.ByBases(999, FastqMates.Interleaved), FastqPartition.ByBytes(1999, FastqMates.Interleaved) })
        {
            var names = new List<string>();
            foreach (var slice in await cloud.PartitionAsync(strategy))
            {
                await foreach (var pair in slice.ReadPairsAsync())
                    names.Add(pair.First.Name);
            }

            Assert.Equal(Enumerable.Range(0, 101).Select(i => $"read{i}/1"), names);
        }

        Assert.Throws<PartitionException>(() => FastqPartition.ByReads(3, FastqMates.Interleaved));
        var parted = await Assert.ThrowsAsync<CorruptObjectException>(async () =>
        {
            await foreach (var pair in (await cloud.PartitionAsync(FastqPartition.ByReads(3)))[0].ReadPairsAsync())
                Assert.NotNull(pair);
        });
        Assert.Contains("has no mate after it", parted.Message, StringComparison.Ordinal);
    }

    private static byte[] Make(int reads, string suffix, int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder();
        for (var i = 0; i < reads; i++)
        {
            var length = random.Next(20, 151);
            text.Append(CultureInfo.InvariantCulture, $"@read{i}{suffix}\n{new string("ACGT"[i % 4], length)}\n+\n{new string('I', length)}\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private async Task<CloudObject<FastqIndex>> PutAsync(string name, byte[] content)
    {
        var path = Path.Combine(_scratch.Path, name);
        await File.WriteAllBytesAsync(path, name.EndsWith(".gz", StringComparison.Ordinal) ? GZipSamples.Compress(content, GZipLayout.Members) : content);
        var options = new CloudObjectOptions { Metadata = new MetadataOptions { Home = Path.Combine(_scratch.Path, name + ".home") } };
        var cloud = name.EndsWith(".gz", StringComparison.Ordinal) ? CloudObject.FromFile(Fastq.GZip, path, options) : CloudObject.FromFile(Fastq.Plain, path, options);
        await cloud.PreprocessAsync();
        return cloud;
    }
}
