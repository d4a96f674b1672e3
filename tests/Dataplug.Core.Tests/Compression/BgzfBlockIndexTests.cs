using System.Buffers.Binary;
using Dataplug.Compression;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Conformance.Storage;
using Dataplug.Storage;

namespace Dataplug.Core.Tests.Compression;

public sealed class BgzfBlockIndexTests
{
    private static readonly ObjectUri Place = ObjectUri.ForContainer("mem", "test", "object");

    [Theory]
    [InlineData("gzip/bgziptest.txt.gz", 6, 15)]
    [InlineData("gzip/ls_orchid.gbk.bgz", 5, 235482)]
    [InlineData("gzip/wnts.xml.bgz", 8, 422644)]
    public async Task Blocks_are_the_members_that_decoding_finds(string path, int blocks, long size)
    {
        var stored = SampleFiles.Read(path);
        var scan = await GzipRecording.OfAsync(stored);
        var index = await BgzfBlockIndex.ScanAsync(new RandomReadsStream(stored, new Random(5), 5000));
        Assert.Equal((blocks, size, stored.Length, true), (index.Count, index.UncompressedSize, index.CompressedSize, index.HasEndMarker));
        Assert.Equal(scan.Members.Select(m => m.Offset), index.CompressedOffsets.ToArray());
        Assert.Equal(scan.Members.Select(m => m.OutputOffset), index.UncompressedOffsets.ToArray());
        for (long offset = 0; offset < size; offset += 1 + (size / 50))
        {
            var block = index.FindBlock(offset);
            var member = scan.Members[block];
            Assert.InRange(offset, member.OutputOffset, member.OutputOffset + member.OutputLength - 1);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => { index.FindBlock(size); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { index.FindBlock(-1); });
    }

    [Fact]
    public async Task On_this_machine_a_block_costs_one_small_read()
    {
        var stored = GZipSamples.Compress(new byte[3_000_000], GZipLayout.Bgzf);
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(path, stored);
            var requests = new RecordingObjectStore(new FileStore());
            await using var stores = new ObjectStores().Register("file", () => requests);
            var source = await stores.PinAsync(ObjectUri.ForFile(path));
            requests.Clear();
            var index = await BgzfBlockIndex.ReadAsync(source);
            Assert.Equal(3_000_000, index.UncompressedSize);
            Assert.Equal(47, index.Count);
            Assert.Equal(48, requests.Reads.Count);
            Assert.All(requests.Reads, read => Assert.InRange(read.Range.Length, 1, 46));
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>The index that <c>bgzip -r</c> made of the same file: 64-bit pairs of all blocks but the first.</summary>
    [SharedDataFact]
    public async Task It_is_that_of_bgzip()
    {
        var folder = Path.Combine(SharedData.Folder!, "gzip");
        var gzi = await File.ReadAllBytesAsync(Path.Combine(folder, "bgziptest.txt.gz.gzi"));
        var index = await BgzfBlockIndex.ScanAsync(new MemoryStream(await File.ReadAllBytesAsync(Path.Combine(folder, "bgziptest.txt.gz"))));
        var count = (int)BinaryPrimitives.ReadInt64LittleEndian(gzi);
        Assert.InRange(count, 1, index.Count - 1);
        for (var i = 0; i < count; i++)
        {
            Assert.Equal(BinaryPrimitives.ReadInt64LittleEndian(gzi.AsSpan(8 + (16 * i))), index.CompressedOffsets.Span[i + 1]);
            Assert.Equal(BinaryPrimitives.ReadInt64LittleEndian(gzi.AsSpan(16 + (16 * i))), index.UncompressedOffsets.Span[i + 1]);
        }
    }

    [Fact]
    public async Task Without_the_end_marker_it_says_so()
    {
        var stored = GZipSamples.Compress("a\nb\n"u8, GZipLayout.Bgzf);
        Assert.True((await BgzfBlockIndex.ScanAsync(new MemoryStream(stored))).HasEndMarker);
        var cut = await BgzfBlockIndex.ScanAsync(new MemoryStream(stored[..^28]));
        Assert.Equal((false, 4, 1), (cut.HasEndMarker, cut.UncompressedSize, cut.Count));
        Assert.Equal(BgzfBlock.EndMarker, stored.AsSpan()[^28..]);
    }

    [Fact]
    public async Task Cut_anywhere_inside_a_block_it_is_refused()
    {
        var stored = GZipSamples.Compress("some lines\nof a text\n"u8, GZipLayout.Bgzf);
        var requests = new RecordingObjectStore(new MemoryObjectStore("test"));
        await using var stores = MemoryObjectStore.Stores(requests);
        for (var length = 0; length < stored.Length; length++)
        {
            if (length == stored.Length - 28)
                continue;
            var refused = await Assert.ThrowsAsync<CorruptObjectException>(() => BgzfBlockIndex.ScanAsync(new MemoryStream(stored[..length]), "x.bgz"));
            Assert.Equal("x.bgz", refused.ObjectName);
            Assert.InRange(refused.ByteOffset!.Value, 0, length);
            await requests.PutAsync(Place, stored.AsMemory(0, length), PutOptions.Overwrite);
            var pinned = await stores.PinAsync(Place);
            Assert.Equal(refused.Problem, (await Assert.ThrowsAsync<CorruptObjectException>(() => BgzfBlockIndex.ReadAsync(pinned))).Problem);
        }
    }

    [Fact]
    public async Task Gzip_that_is_not_Bgzf_is_refused()
    {
        var first = GZipSamples.Compress("a\n"u8, GZipLayout.Bgzf)[..^28];
        var refused = await Assert.ThrowsAsync<CorruptObjectException>(() => BgzfBlockIndex.ScanAsync(new MemoryStream([.. first, .. GZipSamples.Compress("b\n"u8, GZipLayout.OneMember)])));
        Assert.Equal((first.Length, 2L), (refused.ByteOffset, refused.MemberNumber));
        await Assert.ThrowsAsync<CorruptObjectException>(() => BgzfBlockIndex.ScanAsync(new MemoryStream("no gzip at all, but long enough"u8.ToArray())));
    }

    [Fact]
    public async Task Other_subfields_before_the_size_are_passed_over()
    {
        var block = GZipSamples.Compress("a\n"u8, GZipLayout.Bgzf)[..^28];
        byte[] extra = [(byte)'X', (byte)'Y', 5, 0, 1, 2, 3, 4, 5, .. block.AsSpan(12, 6)];
        BinaryPrimitives.WriteUInt16LittleEndian(extra.AsSpan(^2), (ushort)(block.Length + 9 - 1));
        byte[] odd = [.. block.AsSpan(0, 10), (byte)extra.Length, 0, .. extra, .. block.AsSpan(18)];
        var index = await BgzfBlockIndex.ScanAsync(new MemoryStream([.. odd, .. odd]));
        Assert.Equal([0L, odd.Length], index.CompressedOffsets.ToArray());
        Assert.Equal(4, index.UncompressedSize);
    }
}
