using System.Text;
using Dataplug.Compression;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Core.Tests.Compression;
using Dataplug.Metadata;
using Dataplug.Storage;
using Dataplug.Text;
using FsCheck.Xunit;

namespace Dataplug.Core.Tests.Text;

/// <summary>Objects with something after their end, without their end, or with damage in the middle.</summary>
public sealed class OddObjectTests
{
    private static readonly GZipLineOptions Fine = new() { AccessPointSpacing = 1, MarkSpacing = 1, CheckpointSpacing = 1000 };
    private static readonly GZipTextFormat Plain = GZipText.WithOptions(Fine);
    private static readonly GZipTextFormat Salvaging = GZipText.WithOptions(Fine with { Salvage = true });
    private static readonly byte[] Content = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 40_000).Select(i => $"line {i * 7919L % 100_003}\n")));

    [Theory]
    [InlineData(GZipLayout.OneMember)]
    [InlineData(GZipLayout.Flushed)]
    [InlineData(GZipLayout.Members)]
    public async Task Bytes_after_the_last_member_are_ignored_with_a_warning_and_never_read(GZipLayout layout)
    {
        var stored = GZipSamples.Compress(Content, layout);
        await using var file = await IndexedFile.CreateAsync(Plain, [.. stored, .. new byte[300], .. "<html>not found</html>"u8]);
        Assert.Equal(stored.Length, file.Index.LineIndex.StoredEnd);
        Assert.False(file.Index.LineIndex.IsSalvaged);
        Assert.Contains($"322 bytes from byte {stored.Length} on", Assert.Single(file.Index.Warnings), StringComparison.Ordinal);
        var trailing = file.Index.Attributes.GetProperty("trailingBytes");
        Assert.Equal((stored.Length, 322), (trailing.GetProperty("offset").GetInt64(), trailing.GetProperty("length").GetInt64()));

        file.Requests.Clear();
        foreach (var strategy in new[] { GZipTextPartition.IntoSlices(1), GZipTextPartition.IntoSlices(11), GZipTextPartition.ByLines(999) })
            Assert.Equal(Content, await SliceBytes.JoinAsync(file.Cut(strategy)));
        Assert.All(file.Requests.Reads.Where(read => read.Uri == file.Uri), read => Assert.InRange(read.Range.End, 0, stored.Length));
        Assert.Equal(file.Sidecar, await file.IndexAgainAsync(Plain, killAfter: 1));
    }

    [Fact]
    public async Task Zeros_after_the_last_member_are_ignored_without_a_word()
    {
        await using var file = await IndexedFile.CreateAsync(Plain, [.. GZipSamples.Compress(Content, GZipLayout.OneMember), .. new byte[700]]);
        Assert.Empty(file.Index.Warnings);
        Assert.False(file.Index.Attributes.TryGetProperty("trailingBytes", out _));
        Assert.Equal(Content, await SliceBytes.JoinAsync(file.Cut(GZipTextPartition.IntoSlices(3))));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(28, false)]
    public async Task Bgzf_without_its_end_marker_is_taken_with_a_warning(int cut, bool hasMarker)
    {
        // Checkpoints are stored between reads of half a megabyte.
        var stored = GZipSamples.Compress([.. Enumerable.Repeat(Content, 12).SelectMany(content => content)], GZipLayout.Bgzf);
        await using var file = await IndexedFile.CreateAsync(Plain, stored[..^cut]);
        Assert.Equal(hasMarker, file.Index.Attributes.GetProperty("bgzfEndMarker").GetBoolean());
        Assert.Equal(hasMarker ? 0 : 1, file.Index.Warnings.Count);
        Assert.Equal(file.Sidecar, await file.IndexAgainAsync(Plain, killAfter: 1));
        Assert.True(file.Kills > 0);
    }

    [Theory]
    [InlineData(GZipLayout.OneMember)]
    [InlineData(GZipLayout.Flushed)]
    [InlineData(GZipLayout.Stored)]
    [InlineData(GZipLayout.Members)]
    [InlineData(GZipLayout.Bgzf)]
    public async Task What_comes_before_damage_is_salvaged(GZipLayout layout)
    {
        var stored = GZipSamples.Compress(Content, layout);
        var random = new Random(11);
        for (var i = 0; i < 12; i++)
        {
            var damaged = stored.ToArray();
            var at = stored.Length / 4 + random.Next(stored.Length / 2);
            if (i % 3 == 0)
                damaged = damaged[..at];
            else if (i % 3 == 1)
                damaged.AsSpan(at, 40).Fill(0xFF);
            else
                damaged[at] ^= 1;

            var refused = await Assert.ThrowsAsync<CorruptObjectException>(() => IndexedFile.CreateAsync(Plain, damaged));
            IndexedFile<GZipTextIndex> file;
            try
            {
                file = await IndexedFile.CreateAsync(Salvaging, damaged);
            }
            catch (CorruptObjectException nothing)
            {
                // One block over all of the content leaves nothing before the damage.
                Assert.Equal(refused.Message, nothing.Message);
                Assert.True(layout is GZipLayout.OneMember or GZipLayout.Stored);
                continue;
            }

            await using (file)
                await CheckSalvagedAsync(file, refused, damaged);
        }
    }

    private static async Task CheckSalvagedAsync(IndexedFile<GZipTextIndex> file, CorruptObjectException refused, byte[] damaged)
    {
        var salvage = file.Index.Attributes.GetProperty("salvage");
        Assert.Equal(refused.ByteOffset, salvage.GetProperty("byteOffset").GetInt64());
        Assert.Equal(refused.MemberNumber, salvage.GetProperty("member").GetInt64());
        Assert.Equal(refused.MemberOffset, salvage.GetProperty("memberOffset").GetInt64());
        Assert.Contains(refused.Problem, Assert.Single(file.Index.Warnings), StringComparison.Ordinal);
        Assert.True(file.Index.LineIndex.IsSalvaged);
        // The byte of the last boundary may hold the first bits of what is broken.
        Assert.InRange(file.Index.LineIndex.StoredEnd, 1, refused.ByteOffset!.Value + 1);

        // What an independent decoder gives up to the damage begins with what was salvaged, and proven content is the content.
        var length = (int)file.Index.UncompressedSize;
        var decoded = new MemoryStream();
        using (var stream = new InflateStream(new MemoryStream(damaged), new InflateReadOptions()))
            Assert.Throws<CorruptObjectException>(() => stream.CopyTo(decoded));
        Assert.Equal(length, salvage.GetProperty("contentEnd").GetInt64());
        Assert.InRange(length, 1, decoded.Length);
        var verified = (int)salvage.GetProperty("verifiedContentEnd").GetInt64();
        Assert.InRange(verified, 0, length);
        Assert.Equal(Content[..verified], decoded.ToArray()[..verified]);

        file.Requests.Clear();
        foreach (var strategy in new[] { GZipTextPartition.IntoSlices(1), GZipTextPartition.IntoSlices(5), GZipTextPartition.ByLines(777), GZipTextPartition.ByBytes(5000) })
            Assert.Equal(decoded.ToArray()[..length], await SliceBytes.JoinAsync(file.Cut(strategy)));
        Assert.All(file.Requests.Reads.Where(read => read.Uri == file.Uri), read => Assert.InRange(read.Range.End, 0, file.Index.LineIndex.StoredEnd));
        Assert.Equal(file.Sidecar, await file.IndexAgainAsync(Salvaging, killAfter: 2));
    }

    [Property(MaxTest = 60)]
    public async Task Whatever_is_damaged_it_is_salvaged_or_refused(Seed seed)
    {
        var random = seed.Random();
        var gzip = GzipObjects.Object(random, 3000);
        for (var flips = random.Next(1, 4); flips > 0; flips--)
            gzip[random.Next(gzip.Length)] ^= (byte)(1 << random.Next(8));
        if (random.Next(3) == 0)
            gzip = gzip[..random.Next(gzip.Length)];
        var decoded = new MemoryStream();
        var isWhole = false;
        try
        {
            using var stream = new InflateStream(new MemoryStream(gzip), new InflateReadOptions());
            stream.CopyTo(decoded);
            isWhole = true;
        }
        catch (CorruptObjectException)
        {
        }

        try
        {
            await using var file = await IndexedFile.CreateAsync(Salvaging, gzip);
            Assert.Equal(!isWhole, file.Index.LineIndex.IsSalvaged);
            var content = await SliceBytes.JoinAsync(file.Cut(GZipTextPartition.IntoSlices(4)));
            Assert.Equal(file.Index.UncompressedSize, content.Length);
            Assert.Equal(decoded.ToArray()[..content.Length], content);
            if (isWhole)
                Assert.Equal(decoded.Length, content.Length);
        }
        catch (CorruptObjectException)
        {
            Assert.False(isWhole);
        }
    }

    [Fact]
    public async Task A_member_whose_checksum_is_wrong_is_salvaged_as_unproven()
    {
        var first = GZipSamples.Compress(Content.AsSpan(0, 200_000), GZipLayout.OneMember);
        var second = GZipSamples.Compress(Content.AsSpan(200_000, 200_000), GZipLayout.OneMember);
        second[^8] ^= 1;
        await using var file = await IndexedFile.CreateAsync(Salvaging, [.. first, .. second, .. first]);
        var salvage = file.Index.Attributes.GetProperty("salvage");
        Assert.Equal((400_000, 200_000), (salvage.GetProperty("contentEnd").GetInt64(), salvage.GetProperty("verifiedContentEnd").GetInt64()));
        Assert.Equal(2, salvage.GetProperty("member").GetInt64());
        Assert.Equal(Content[..400_000], await SliceBytes.JoinAsync(file.Cut(GZipTextPartition.IntoSlices(6))));
    }

    [Fact]
    public async Task A_salvaged_index_is_not_taken_for_one_of_the_whole_object()
    {
        var folder = Directory.CreateTempSubdirectory("dataplug-salvage-").FullName;
        try
        {
            var path = Path.Combine(folder, "text.txt.gz");
            await File.WriteAllBytesAsync(path, GZipSamples.Compress(Content, GZipLayout.Members)[..^100]);
            var options = new CloudObjectOptions { Metadata = new MetadataOptions { Home = Path.Combine(folder, "home") } };
            await Assert.ThrowsAsync<CorruptObjectException>(() => CloudObject.FromFile(GZipText.Format, path, options).PreprocessAsync());
            var salvaged = CloudObject.FromUri(GZipText.Format.ForSalvage()!, ObjectUri.ForFile(path), options);
            await salvaged.PreprocessAsync();
            Assert.True((await salvaged.GetObjectIndexAsync()).Attributes.TryGetProperty("salvage", out _));
            var plain = await Assert.ThrowsAsync<NotPreprocessedException>(() => CloudObject.FromFile(GZipText.Format, path, options).GetIndexAsync());
            Assert.Contains("salvage", plain.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Salvage_of_a_sound_object_is_the_whole_object()
    {
        await using var file = await IndexedFile.CreateAsync(Salvaging, GZipSamples.Compress(Content, GZipLayout.Members));
        Assert.False(file.Index.LineIndex.IsSalvaged);
        Assert.Empty(file.Index.Warnings);
        Assert.Equal("{\"accessPointSpacing\":1,\"markSpacing\":1,\"salvage\":true}", Salvaging.Parameters);
        Assert.Equal(Salvaging.Parameters, Plain.WithParameters(Salvaging.Parameters).Parameters);
        Assert.Equal(Content, await SliceBytes.JoinAsync(file.Cut(GZipTextPartition.IntoSlices(6))));
    }

    [Theory]
    [InlineData("78BB00000001", "preset dictionary")]
    [InlineData("789D", "check bits")]
    [InlineData("7998", "method 9")]
    [InlineData("881C", "window")]
    [InlineData("", "not zlib")]
    [InlineData("78", "cut short")]
    [InlineData("789C0300000000", "cut short")]
    [InlineData("789C030000000002", "Adler-32")]
    public async Task A_zlib_stream_that_breaks_a_rule_is_refused(string hex, string problem)
    {
        var refused = await Assert.ThrowsAnyAsync<DataplugException>(() => IndexedFile.CreateAsync(ZLibText.WithOptions(Fine), Convert.FromHexString(hex), "text.zz"));
        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
        Assert.Equal(problem == "preset dictionary", refused is UnsupportedFormatException);
        Assert.NotNull(refused.ByteOffset);
    }

    [Fact]
    public void Adler_of_pieces_is_that_of_the_definition()
    {
        var random = new Random(3);
        var bytes = new byte[70_000];
        random.NextBytes(bytes);
        bytes.AsSpan(20_000, 20_000).Fill(0xFF);
        uint a = 1, b = 0;
        foreach (var value in bytes)
            b = (b + (a = (a + value) % 65521)) % 65521;
        var adler = Adler32.Start;
        for (var at = 0; at < bytes.Length;)
        {
            var length = Math.Min(random.Next(9000), bytes.Length - at);
            adler = Adler32.Append(adler, bytes.AsSpan(at, length));
            at += length;
        }

        Assert.Equal(b << 16 | a, adler);
    }
}
