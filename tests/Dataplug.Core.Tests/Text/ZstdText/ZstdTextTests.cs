using System.Text;
using Dataplug.Compression;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Formats;
using Dataplug.Storage;
using Dataplug.Text;

namespace Dataplug.Core.Tests.Text;

public sealed class ZstdTextTests
{
    private static readonly ZstdTextFormat Fine = ZstdText.WithOptions(new ZstdTextOptions { MarkSpacing = 1, CheckpointSpacing = 1000 });
    private static readonly ZstdTextFormat Salvaging = ZstdText.WithOptions(new ZstdTextOptions { MarkSpacing = 1, CheckpointSpacing = 1000, Salvage = true });
    private static readonly byte[] Content = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 40_000).Select(i => $"line {i * 7919L % 100_003}\n")));

    [Fact]
    public async Task A_slice_of_many_frames_reads_only_its_own()
    {
        var stored = ZstdSamples.Compress(Content, ZstdLayout.Frames);
        await using var file = await IndexedFile.CreateAsync(Fine, stored, "text.zst");
        Assert.Equal((40_000, Content.Length), (file.Index.Lines, file.Index.UncompressedSize));
        Assert.Equal((Content.Length / 4099) + 1, file.Index.Frames);
        Assert.Equal(file.Index.Frames, file.Index.LineIndex.AccessPointCount);
        file.Requests.Clear();
        var slice = file.Cut(ZstdTextPartition.IntoSlices(40))[17];
        Assert.StartsWith($"line {17_000 * 7919L % 100_003}\n", await slice.GetAsync(), StringComparison.Ordinal);
        var read = Assert.Single(file.Requests.Reads);
        Assert.InRange(read.Range.Length, 1, stored.Length / 20);
    }

    [Fact]
    public async Task A_single_frame_has_one_access_point_and_slices_that_end_at_blocks()
    {
        var stored = ZstdSamples.Compress(Content, ZstdLayout.Flushed);
        await using var file = await IndexedFile.CreateAsync(Fine, stored, "text.zst");
        Assert.Equal((1, 1), (file.Index.Frames, file.Index.LineIndex.AccessPointCount));
        Assert.True(file.Index.LineIndex.MarkCount > 100);
        var slices = file.Cut(ZstdTextPartition.IntoSlices(10));
        Assert.All(slices, slice => Assert.Equal(0, slice.Lines.Start));
        Assert.InRange(slices[0].Lines.End, 1, stored.Length / 5);
        Assert.Equal(Content, await SliceBytes.JoinAsync(slices));
    }

    [Theory]
    [InlineData((int)ZstdLayout.Frames)]
    [InlineData((int)ZstdLayout.Pzstd)]
    [InlineData((int)ZstdLayout.EmptyFrames)]
    [InlineData((int)ZstdLayout.Seekable)]
    public async Task A_killed_run_goes_on_from_its_checkpoint_and_makes_the_same_bytes(int layout)
    {
        // Checkpoints are stored between reads of half a megabyte.
        var content = Enumerable.Repeat(Content, 12).SelectMany(c => c).ToArray();
        await using var file = await IndexedFile.CreateAsync(Fine, ZstdSamples.Compress(content, (ZstdLayout)layout), "text.zst");
        Assert.Equal(file.Sidecar, await file.IndexAgainAsync(Fine, killAfter: 1));
        Assert.True(file.Kills >= 2, $"only {file.Kills} kills");
        Assert.Equal(content, await SliceBytes.JoinAsync(file.Cut(ZstdTextPartition.IntoSlices(9))));
    }

    [Theory]
    [InlineData((int)ZstdLayout.Seekable, true)]
    [InlineData((int)ZstdLayout.SeekableUnchecked, false)]
    public async Task A_seek_table_is_read_and_verified(int layout, bool hasChecksums)
    {
        var stored = ZstdSamples.Compress(Content, (ZstdLayout)layout);
        await using var file = await IndexedFile.CreateAsync(Fine, stored, "text.zst");
        var attribute = file.Index.Attributes.GetProperty("seekTable");
        Assert.True(attribute.GetProperty("verified").GetBoolean());
        Assert.Equal(hasChecksums, attribute.GetProperty("checksums").GetBoolean());
        Assert.Empty(file.Index.Warnings);

        file.Requests.Clear();
        var table = await ZstdSeekTable.ReadAsync(await file.Stores.PinAsync(file.Uri));
        Assert.Equal(2, file.Requests.Reads.Count);
        Assert.Equal((file.Index.Frames, hasChecksums, true), (table!.Count, table.HasChecksums, table.CoversObject));
        Assert.Equal(Content.Length, table.UncompressedOffsets.Span[^1]);
        Assert.Equal(table.TableOffset, table.CompressedOffsets.Span[^1]);
        Assert.Equal(7, table.FindFrame((7 * 4099) + 4098));
        Assert.Equal(8, table.FindFrame(8 * 4099));
    }

    [Fact]
    public async Task A_seek_table_whose_checksum_is_wrong_shows_the_damaged_frame()
    {
        // Frames without checksums of their own, the content of the third changed: only the table can tell.
        var pieces = Enumerable.Range(0, 5).Select(i => Content[(i * 1000)..((i + 1) * 1000)]).ToArray();
        var good = ZstdSamples.Compress(Content[..5000], ZstdLayout.Seekable, 1000);
        pieces[2][10] ^= 1;
        var other = ZstdSamples.Compress([.. pieces.SelectMany(p => p)], ZstdLayout.Seekable, 1000);
        var frames = pieces.Select((p, i) => ZstdSamples.Frame(p, 1 + (i % 9), false)).ToArray();
        var table = 5 * 12 + 17;
        Assert.Equal(frames.Sum(f => f.Length) + table, other.Length);
        if (good.Length != other.Length)
            return; // the changed byte changed a size; the sizes then tell
        var refused = await Assert.ThrowsAsync<CorruptObjectException>(() => IndexedFile.CreateAsync(Fine, [.. other[..^table], .. good[^table..]], "text.zst"));
        Assert.Equal((3L, (long)frames[0].Length + frames[1].Length), (refused.MemberNumber, refused.MemberOffset));
    }

    [Fact]
    public async Task A_seek_table_of_a_part_is_ignored_with_a_warning()
    {
        var half = ZstdSamples.Compress(Content[..50_000], ZstdLayout.Seekable);
        await using var file = await IndexedFile.CreateAsync(Fine, [.. half, .. half], "text.zst");
        Assert.False(file.Index.Attributes.GetProperty("seekTable").GetProperty("verified").GetBoolean());
        Assert.Contains("seek table", Assert.Single(file.Index.Warnings), StringComparison.Ordinal);
        Assert.Equal((byte[])[.. Content[..50_000], .. Content[..50_000]], await SliceBytes.JoinAsync(file.Cut(ZstdTextPartition.IntoSlices(7))));
    }

    [Theory]
    [InlineData((int)ZstdLayout.Frames)]
    [InlineData((int)ZstdLayout.Flushed)]
    [InlineData((int)ZstdLayout.OneFrame)]
    [InlineData((int)ZstdLayout.Pzstd)]
    public async Task Cut_at_any_byte_it_is_refused_or_salvaged_and_a_part_of_a_longer_object_is_no_error(int layout)
    {
        var content = Content[..9000];
        var stored = ZstdSamples.Compress(content, (ZstdLayout)layout);
        var whole = WholeFrameEnds(stored);
        for (var length = 0; length < stored.Length; length += 1 + (length % 7))
        {
            var cut = stored[..length];
            var delivered = new MemoryStream();
            using (var part = new ZstdStream(new MemoryStream(cut), "x.zst", 0, expectMoreData: true))
                part.CopyTo(delivered);
            Assert.Equal(content[..(int)delivered.Length], delivered.ToArray());
            if (whole.Contains(length))
                continue;

            var refused = await Assert.ThrowsAsync<CorruptObjectException>(() => IndexedFile.CreateAsync(Fine, cut, "text.zst"));
            Assert.Equal(length, refused.ByteOffset);
            if (delivered.Length == 0)
            {
                await Assert.ThrowsAsync<CorruptObjectException>(() => IndexedFile.CreateAsync(Salvaging, cut, "text.zst"));
                continue;
            }

            await using var file = await IndexedFile.CreateAsync(Salvaging, cut, "text.zst");
            Assert.Equal(delivered.Length, file.Index.UncompressedSize);
            Assert.True(file.Index.LineIndex.IsSalvaged);
            Assert.Equal(delivered.ToArray(), await SliceBytes.JoinAsync(file.Cut(ZstdTextPartition.IntoSlices(3))));
        }
    }

    [Fact]
    public async Task Damage_names_byte_and_frame_and_a_wrong_checksum_is_salvaged_as_unproven()
    {
        var frame = ZstdSamples.Frame(Content[..10_000], 3, isChecked: true);
        var wrong = frame.ToArray();
        wrong[^1] ^= 1;
        byte[] stored = [.. frame, .. wrong, .. frame];
        var refused = await Assert.ThrowsAsync<CorruptObjectException>(() => IndexedFile.CreateAsync(Fine, stored, "text.zst"));
        Assert.Equal(((2L * frame.Length) - 4, 2, frame.Length), (refused.ByteOffset, refused.MemberNumber, refused.MemberOffset));
        Assert.Contains("checksum", refused.Message, StringComparison.Ordinal);

        await using var file = await IndexedFile.CreateAsync(Salvaging, stored, "text.zst");
        var salvage = file.Index.Attributes.GetProperty("salvage");
        Assert.Equal((20_000, 10_000), (salvage.GetProperty("contentEnd").GetInt64(), salvage.GetProperty("verifiedContentEnd").GetInt64()));
        Assert.Equal((byte[])[.. Content[..10_000], .. Content[..10_000]], await SliceBytes.JoinAsync(file.Cut(ZstdTextPartition.IntoSlices(3))));
    }

    [Fact]
    public async Task What_follows_the_last_frame_and_is_none_is_refused()
    {
        var frame = ZstdSamples.Frame(Content[..1000], 3, isChecked: true);
        var refused = await Assert.ThrowsAsync<CorruptObjectException>(() => IndexedFile.CreateAsync(Fine, [.. frame, .. "garbage"u8], "text.zst"));
        Assert.Equal(frame.Length, refused.ByteOffset);
        await Assert.ThrowsAsync<CorruptObjectException>(() => IndexedFile.CreateAsync(Fine, "no zstd at all"u8.ToArray(), "text.zst"));
        await Assert.ThrowsAsync<CorruptObjectException>(() => IndexedFile.CreateAsync(Fine, [], "text.zst"));
    }

    [Fact]
    public async Task A_window_beyond_the_limit_and_a_dictionary_are_refused_as_unsupported()
    {
        // A frame header with window descriptor 2^28, and one with dictionary 7.
        byte[] wide = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 18 << 3, 1, 0, 0];
        byte[] dictionary = [0x28, 0xB5, 0x2F, 0xFD, 0x01, 0x00, 7, 1, 0, 0];
        foreach (var stored in new[] { wide, dictionary })
            Assert.Equal(0, (await Assert.ThrowsAsync<UnsupportedFormatException>(() => IndexedFile.CreateAsync(Fine, stored, "text.zst"))).ByteOffset);
        wide[5] = 17 << 3;
        await using var file = await IndexedFile.CreateAsync(Fine, wide, "text.zst");
        Assert.Equal(0, file.Index.Lines);
    }

    [Fact]
    public async Task Zstd_and_zlib_of_text_are_detected_and_deflate_is_not()
    {
        var registry = new FormatRegistry(GZipText.Format, ZLibText.Format, ZstdText.Format, DeflateText.Format, Dataplug.Text.RawText.Format);
        Assert.Equal("zstd-text", await DetectAsync(ZstdSamples.Compress(Content, ZstdLayout.OneFrame)));
        Assert.Equal("zstd-text", await DetectAsync(ZstdSamples.Compress(Content, ZstdLayout.Pzstd)));
        Assert.Equal("zlib-text", await DetectAsync(ContainerSamples.Compress(Content, DeflateContainer.ZLib)));
        Assert.Equal("raw-text", await DetectAsync("x^ looks like a zlib header\n"u8.ToArray()));
        await Assert.ThrowsAsync<UnsupportedFormatException>(() => DetectAsync(ContainerSamples.Compress(Content, DeflateContainer.Raw)));
        await Assert.ThrowsAsync<UnsupportedFormatException>(() => DetectAsync(ZstdSamples.Frame([0, 1, 2, 3, 0, 1, 2, 3], 3, true)));

        async Task<string> DetectAsync(byte[] stored)
        {
            var path = Path.GetTempFileName();
            try
            {
                await File.WriteAllBytesAsync(path, stored);
                await using var stores = new ObjectStores().Register("file", () => new FileStore());
                return (await registry.DetectAsync(await stores.PinAsync(ObjectUri.ForFile(path)))).Id;
            }
            finally
            {
                File.Delete(path);
            }
        }
    }

    [Fact]
    public void Parameters_come_back_as_they_went()
    {
        Assert.Equal("{}", ZstdText.Format.Parameters);
        Assert.Equal("{\"salvage\":true}", ZstdText.Format.ForSalvage()!.Parameters);
        Assert.Equal(Salvaging.Parameters, ZstdText.Format.WithParameters(Salvaging.Parameters).Parameters);
        Assert.Throws<ArgumentException>(() => Fine.WithParameters("{\"spacing\":1}"));
        Assert.Throws<ArgumentOutOfRangeException>(() => Fine.WithParameters("{\"markSpacing\":0}"));
    }

    private static HashSet<int> WholeFrameEnds(byte[] stored)
    {
        using var decoder = new ZstdDecoder("x.zst");
        var ends = new HashSet<int>();
        var at = 0;
        for (; ; )
        {
            var happened = decoder.Advance(stored.AsSpan(at), out var consumed);
            decoder.TakeOutput(decoder.Output.Length);
            at += consumed;
            if (happened == ZstdEvent.FrameEnd)
                ends.Add(at);
            if (happened == ZstdEvent.NeedInput && at == stored.Length)
                return ends;
        }
    }
}
