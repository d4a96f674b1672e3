using System.Security.Cryptography;
using System.Text;
using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Core.Tests.Compression;
using Dataplug.Formats;
using Dataplug.Metadata;
using Dataplug.Partitioning;
using Dataplug.Text;
using ICSharpCode.SharpZipLib.GZip;

namespace Dataplug.Core.Tests.Text;

/// <summary>What other programs write, cut into slices: together they are what <c>gzip -dc</c> gives.</summary>
public sealed class CompressorTests
{
    private static readonly GZipLineOptions Fine = new() { AccessPointSpacing = 1, MarkSpacing = 1 };
    private static readonly byte[] Reads = Encoding.ASCII.GetBytes(GzipObjects.Fastq(new Random(52133), 6000));

    [CompressorTheory]
    [InlineData("gzip -1", 1)]
    [InlineData("gzip -6", 1)]
    [InlineData("gzip -9", 1)]
    [InlineData("gzip --rsyncable", 1)]
    [InlineData("pigz -p 2 -c", 1)]
    [InlineData("pigz -p 2 --independent -b 128 -c", 1)]
    [InlineData("pigz -1 -c", 1)]
    [InlineData("pigz -0 -c", 1)]
    [InlineData("pigz -F -c -C comment", 1)]
    [InlineData("bgzip -c", 0)]
    [InlineData("bgzip -l 0 -c", 0)]
    [InlineData("bgzip -@ 2 -c", 0)]
    [InlineData("igzip -0 -c", 1)]
    [InlineData("igzip -1 -c", 1)]
    [InlineData("igzip -2 -c", 1)]
    [InlineData("igzip -3 -c", 1)]
    [InlineData("igzip -1 -T 2 -c", 0)]
    [InlineData("zopfli -c --i1 {}", 1)]
    public async Task Its_gzip_is_cut_into_what_gzip_gives(string command, int members)
    {
        // Zopfli is slow.
        var content = command.StartsWith("zopfli", StringComparison.Ordinal) ? Reads[..100_000] : Reads;
        var stored = await Compressors.RunAsync(command, content);
        await using var file = await CheckAsync(GZipText.WithOptions(Fine), stored, content);
        if (members > 0)
            Assert.Equal(members, file.Index.Members);
        Assert.Empty(file.Index.Warnings);
        Assert.Equal(command.StartsWith("bgzip", StringComparison.Ordinal), file.Index.Attributes.TryGetProperty("bgzfEndMarker", out var marker) && marker.GetBoolean());
    }

    [CompressorFact]
    public async Task Kinds_one_after_another_are_cut_into_what_gzip_gives()
    {
        var stored = new MemoryStream();
        foreach (var (command, i) in (((string, int)[])[("gzip -9", 0), ("bgzip -c", 1), ("pigz -p 2 -i -b 128 -c", 2), ("igzip -0 -c", 3), ("zopfli -c --i1 {}", 4), ("pigz -0 -c", 5), ("igzip -3 -c", 6)]))
            stored.Write(await Compressors.RunAsync(command, Reads[(i * 40_001)..((i + 1) * 40_001)]));
        stored.Write(GZipSamples.Compress([], GZipLayout.OneMember));
        stored.Write(BySharpZipLib(Reads[(7 * 40_001)..(8 * 40_001)], 5));

        await using var file = await CheckAsync(GZipText.WithOptions(Fine), stored.ToArray(), Reads[..(8 * 40_001)]);
        Assert.False(file.Index.Attributes.TryGetProperty("bgzfEndMarker", out _));
    }

    [CompressorTheory]
    [InlineData("pigz -z -c")]
    [InlineData("pigz -z -1 -p 2 -i -b 128 -c")]
    [InlineData("zopfli --zlib -c --i1 {}")]
    public async Task Its_zlib_is_cut_into_the_content(string command)
    {
        var content = Reads[..200_000];
        var stored = await Compressors.RunAsync(command, content);
        await using var file = await IndexedFile.CreateAsync(ZLibText.WithOptions(Fine), stored, "text.zz");
        await CheckPlansAsync(file, content, GZipTextPartition.IntoSlices(1), GZipTextPartition.IntoSlices(7), GZipTextPartition.ByLines(100), GZipTextPartition.ByBytes(10_000));
    }

    [CompressorTheory]
    [InlineData("zstd -q -c", 1)]
    [InlineData("zstd -q -19 --no-check -c", 1)]
    [InlineData("pzstd -q -p 2 -c", 0)]
    public async Task Its_zstd_is_cut_into_the_content(string command, int frames)
    {
        var stored = await Compressors.RunAsync(command, Reads);
        await CheckZstdAsync(stored, frames);

        // Concatenated, as zstd allows.
        var half = Reads.Length / 2;
        await CheckZstdAsync([.. await Compressors.RunAsync(command, Reads[..half]), .. await Compressors.RunAsync(command, Reads[half..])], 2 * frames);

        static async Task CheckZstdAsync(byte[] stored, int frames)
        {
            Assert.Equal(SHA256.HashData(Reads), SHA256.HashData(await Compressors.RunAsync("zstd -q -dc", stored)));
            await using var file = await IndexedFile.CreateAsync(ZstdText.WithOptions(new ZstdTextOptions { MarkSpacing = 1 }), stored, "text.zst");
            if (frames > 0)
                Assert.Equal(frames, file.Index.Frames);
            await CheckPlansAsync(file, Reads, ZstdTextPartition.IntoSlices(1), ZstdTextPartition.IntoSlices(7), ZstdTextPartition.ByLines(1000), ZstdTextPartition.ByBytes(100_000));
        }
    }

    [Fact]
    public async Task SharpZipLib_at_every_level_with_odd_headers_is_cut_into_the_content()
    {
        var random = new Random(7);
        var stored = new MemoryStream();
        var content = new MemoryStream();
        for (var level = 0; level <= 9; level++)
        {
            var piece = Reads[(level * 10_007)..((level + 1) * 10_007)];
            stored.Write(BySharpZipLib(piece, level));
            content.Write(piece);
            stored.Write(BySharpZipLib([], level));

            // Every combination of header fields: FTEXT, FHCRC, FEXTRA, FNAME, FCOMMENT.
            for (var fields = level; fields < 32; fields += 10)
            {
                var (deflate, data) = GzipObjects.BySharpZipLib(random, Encoding.ASCII.GetBytes($"fields {fields}\n"));
                var extra = new byte[random.Next(200)];
                random.NextBytes(extra);
                stored.Write(GzipObjects.Member(deflate, data, GzipObjects.Header(12345, 2, 3, (fields & 1) != 0, (fields & 4) != 0 ? extra : null,
                    (fields & 8) != 0 ? "reads.fastq" : null, (fields & 16) != 0 ? "Grüße" : null, (fields & 2) != 0)));
                content.Write(data);
            }
        }

        await using var file = await IndexedFile.CreateAsync(GZipText.WithOptions(Fine), stored.ToArray());
        Assert.Equal(52, file.Index.Members);
        await CheckPlansAsync(file, content.ToArray(), GZipTextPartition.IntoSlices(1), GZipTextPartition.IntoSlices(9), GZipTextPartition.ByLines(50));
        if (Compressors.Missing.Count == 0)
            Assert.Equal(SHA256.HashData(content.ToArray()), SHA256.HashData(await Compressors.RunAsync("gzip -dc", stored.ToArray())));
    }

    private static async Task<IndexedFile<GZipTextIndex>> CheckAsync(GZipTextFormat format, byte[] stored, byte[] content)
    {
        Assert.Equal(SHA256.HashData(content), SHA256.HashData(await Compressors.RunAsync("gzip -dc", stored)));
        var file = await IndexedFile.CreateAsync(format, stored);
        await CheckPlansAsync(file, content, GZipTextPartition.IntoSlices(1), GZipTextPartition.IntoSlices(7), GZipTextPartition.ByLines(1000), GZipTextPartition.ByBytes(100_000));
        return file;
    }

    private static async Task CheckPlansAsync<TIndex, TSlice>(IndexedFile<TIndex> file, byte[] content, params IPartitionStrategy<TIndex, TSlice>[] strategies)
        where TIndex : ObjectIndex
        where TSlice : Slice
    {
        foreach (var strategy in strategies)
            Assert.Equal(SHA256.HashData(content), SHA256.HashData(await SliceBytes.JoinAsync(file.Cut(strategy))));
    }

    private static byte[] BySharpZipLib(byte[] content, int level)
    {
        var stored = new MemoryStream();
        using (var gzip = new GZipOutputStream(stored) { IsStreamOwner = false, FileName = "reads.fastq" })
        {
            gzip.SetLevel(level);
            gzip.Write(content);
        }

        return stored.ToArray();
    }
}
