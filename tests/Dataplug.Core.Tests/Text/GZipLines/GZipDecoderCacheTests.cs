using Dataplug.Conformance.Formats;
using Dataplug.Conformance.GZip;
using Dataplug.Text;

namespace Dataplug.Core.Tests.Text;

public sealed class GZipDecoderCacheTests
{
    private const int Slices = 24;

    // Fine enough that every slice has an access point of its own to begin at, none exactly at its first line.
    private static readonly GZipTextFormat Format = GZipText.WithOptions(new GZipLineOptions { AccessPointSpacing = 200_000, MarkSpacing = 50_000 });

    private static readonly byte[] Content = NumberedLines.Make(150_000, seed: 11);

    [Theory]
    [InlineData(GZipLayout.OneMember)]
    [InlineData(GZipLayout.Bgzf)]
    [InlineData(GZipLayout.Members)]
    [InlineData(GZipLayout.Stored)]
    public async Task Neighbours_read_one_after_another_fetch_and_decode_every_byte_once(GZipLayout layout)
    {
        var stored = GZipSamples.Compress(Content, layout);
        await using var file = await IndexedFile.CreateAsync(Format, stored);
        var slices = file.Cut(GZipTextPartition.IntoSlices(Slices));
        Assert.All(slices.Skip(1), slice => Assert.True(slice.Lines.SkipLines > 0 || slice.Lines.IsMemberStart));
        file.Requests.Clear();

        var (bytes, decoded) = await ReadAllAsync(slices);
        Assert.Equal(Content, bytes);
        Assert.Equal(Content.Length, decoded);
        Assert.Equal(Slices, file.Requests.Reads.Count);
        Assert.All(file.Requests.Reads, read => Assert.Equal((file.Uri, file.Index.Source.ETag), (read.Uri, read.IfMatch)));
        Assert.Equal(stored.Length, file.Requests.Reads.Sum(read => read.Range.Length));

        // Each by itself reads more.
        GZipDecoderCache.Of(file.Stores).Capacity = 0;
        file.Requests.Clear();
        (bytes, decoded) = await ReadAllAsync(slices);
        Assert.Equal(Content, bytes);
        Assert.True(decoded > Content.Length * 1.1, $"{decoded} of {Content.Length}");
        Assert.True(file.Requests.Reads.Where(read => read.Uri == file.Uri).Sum(read => read.Range.Length) > stored.Length * 1.1);
    }

    [Fact]
    public async Task Slices_are_right_in_any_order_read_whole_or_in_part_at_once_or_one_after_another()
    {
        await using var file = await IndexedFile.CreateAsync(Format, GZipSamples.Compress(Content, GZipLayout.OneMember));
        var slices = file.Cut(GZipTextPartition.IntoSlices(Slices));
        var other = file.Cut(GZipTextPartition.ByLines(9_001));
        var expected = await Task.WhenAll(slices.Concat(other).Select(PlainAsync));
        var all = slices.Concat(other).ToArray();
        var seed = 20260;
        var random = new Random(seed);
        var order = Enumerable.Range(0, 400).Select(_ => random.Next(3) == 0 ? random.Next(all.Length) : -1).ToArray();
        var last = 0;
        for (var i = 0; i < order.Length; i++)
            last = order[i] = order[i] >= 0 ? order[i] : (last + 1) % all.Length;

        await Parallel.ForEachAsync(order.Chunk(100), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (part, stop) =>
        {
            foreach (var i in part)
            {
                await using var stream = await all[i].OpenReadAsync(stop);
                var whole = i % 5 != 0;
                var bytes = new byte[whole ? expected[i].Length : expected[i].Length / 2];
                await stream.ReadExactlyAsync(bytes, stop);
                if (whole)
                    Assert.Equal(0, await stream.ReadAsync(new byte[1], stop));
                Assert.True(expected[i].AsSpan(0, bytes.Length).SequenceEqual(bytes), $"slice {i}, seed {seed}");
            }
        });
        Assert.InRange(GZipDecoderCache.Of(file.Stores).Count, 1, GZipDecoderCache.Of(file.Stores).Capacity);
    }

    [Fact]
    public async Task A_decoder_is_given_away_once_and_only_after_all_lines_were_read()
    {
        await using var file = await IndexedFile.CreateAsync(Format, GZipSamples.Compress(Content, GZipLayout.OneMember));
        var slices = file.Cut(GZipTextPartition.IntoSlices(Slices));
        var cache = GZipDecoderCache.Of(file.Stores);

        await using (var half = await slices[3].OpenReadAsync())
            await half.ReadExactlyAsync(new byte[1000]);
        Assert.Equal(0, cache.Count);

        await SliceBytes.ReadAsync(slices[3]);
        Assert.Equal(1, cache.Count);
        var expected = await PlainAsync(slices[4]);
        Assert.Equal(expected, await SliceBytes.ReadAsync(slices[4]));
        Assert.Equal(expected, await SliceBytes.ReadAsync(slices[4]));
        Assert.Equal(2, cache.Count);

        cache.Clear();
        Assert.Equal(0, cache.Count);
        Assert.Equal(expected, await SliceBytes.ReadAsync(slices[4]));
    }

    [Fact]
    public async Task The_oldest_decoder_goes_when_there_are_too_many()
    {
        await using var file = await IndexedFile.CreateAsync(Format, GZipSamples.Compress(Content, GZipLayout.OneMember));
        var slices = file.Cut(GZipTextPartition.IntoSlices(Slices));
        var cache = GZipDecoderCache.Of(file.Stores);
        cache.Capacity = 2;
        foreach (var i in new[] { 2, 8, 14 })
            await SliceBytes.ReadAsync(slices[i]);
        Assert.Equal(2, cache.Count);
        Assert.Equal(0, await SkippedAsync(slices[9]));
        Assert.Equal(0, await SkippedAsync(slices[15]));
        Assert.True(await SkippedAsync(slices[3]) > 0);
    }

    [Fact]
    public async Task A_decoder_goes_on_with_the_version_that_it_began_with_or_not_at_all()
    {
        await using var file = await IndexedFile.CreateAsync(Format, GZipSamples.Compress(Content, GZipLayout.OneMember));
        var slices = file.Cut(GZipTextPartition.IntoSlices(Slices));
        await SliceBytes.ReadAsync(slices[5]);
        await File.WriteAllBytesAsync(file.Uri.Key, GZipSamples.Compress(NumberedLines.Make(150_000, seed: 12), GZipLayout.OneMember));
        await Assert.ThrowsAsync<StaleIndexException>(() => SliceBytes.ReadAsync(slices[6]));
    }

    [Fact]
    public async Task Synchronous_reads_go_on_too()
    {
        await using var file = await IndexedFile.CreateAsync(Format, GZipSamples.Compress(Content, GZipLayout.OneMember));
        var bytes = new MemoryStream();
        long decoded = 0;
        foreach (var slice in file.Cut(GZipTextPartition.IntoSlices(Slices)))
        {
            using var stream = await slice.OpenReadAsync();
            for (int b; (b = stream.ReadByte()) >= 0;)
                bytes.WriteByte((byte)b);
            decoded += ((GZipLineStream)stream).BytesDecoded;
        }

        Assert.Equal(Content, bytes.ToArray());
        Assert.Equal(Content.Length, decoded);
    }

    private static async Task<(byte[] Bytes, long Decoded)> ReadAllAsync(IReadOnlyList<GZipTextSlice> slices)
    {
        var bytes = new MemoryStream();
        long decoded = 0;
        foreach (var slice in slices)
        {
            await using var stream = await slice.OpenReadAsync();
            await stream.CopyToAsync(bytes);
            decoded += ((GZipLineStream)stream).BytesDecoded;
        }

        return (bytes.ToArray(), decoded);
    }

    private static async Task<long> SkippedAsync(GZipTextSlice slice)
    {
        await using var stream = await slice.OpenReadAsync();
        var first = new byte[1];
        await stream.ReadExactlyAsync(first);
        return Math.Max(0, ((GZipLineStream)stream).BytesDecoded - 1);
    }

    private static Task<byte[]> PlainAsync(GZipTextSlice slice) => Task.FromResult(NumberedLines.Between(Content, slice.Lines.FirstLine, slice.Lines.FirstLine + slice.Lines.LineCount));
}
