using Dataplug.Storage;

namespace Dataplug.Conformance.Storage;

/// <summary>What every store must do with reads. Derive a test class from it for each store.</summary>
public abstract class ReadConformance : IAsyncLifetime
{
    private static readonly byte[] Digits = "0123456789"u8.ToArray();

    /// <summary>The store under test.</summary>
    protected IObjectStore Store { get; private set; } = null!;

    /// <summary>A container of this test's own.</summary>
    protected ObjectUri Container { get; private set; } = null!;

    /// <summary>Keys that are awkward and that the store must cope with.</summary>
    protected virtual IEnumerable<string> OddKeys =>
        ["with space", "plus+and%20percent%", "ünïcödé/☃/𝒳", "hash#question?x=1&y=2", "a/b/c/deep", "quotes'\"<>", "~tilde_-.!*'()", "semi;colon:at@comma,", "back\\slash", "[brackets]{braces}"];

    /// <inheritdoc/>
    public async Task InitializeAsync() => (Store, Container) = await CreateAsync();

    /// <inheritdoc/>
    public virtual async Task DisposeAsync()
    {
        if (Store is not null)
            await Store.DisposeAsync();
    }

    [Fact]
    public async Task Head_tells_the_size_and_an_ETag()
    {
        var uri = await SeedAsync("digits", Digits);
        var info = await Store.HeadAsync(uri);
        Assert.Equal(uri, info.Uri);
        Assert.Equal(10, info.Size);
        Assert.Matches("^(W/)?\".+\"$", info.ETag);
        Assert.Equal(info.ETag, (await Store.HeadAsync(uri)).ETag);
    }

    [Theory]
    [InlineData("all", 0, 0, "0123456789")]
    [InlineData("bounded", 0, 3, "012")]
    [InlineData("bounded", 0, 10, "0123456789")]
    [InlineData("bounded", 4, 3, "456")]
    [InlineData("bounded", 9, 1, "9")]
    [InlineData("bounded", 7, 3, "789")]
    [InlineData("bounded", 7, 300, "789")]
    [InlineData("bounded", 4, 0, "")]
    [InlineData("bounded", 10, 0, "")]
    [InlineData("from", 0, 0, "0123456789")]
    [InlineData("from", 6, 0, "6789")]
    [InlineData("from", 9, 0, "9")]
    [InlineData("suffix", 0, 1, "9")]
    [InlineData("suffix", 0, 4, "6789")]
    [InlineData("suffix", 0, 10, "0123456789")]
    [InlineData("suffix", 0, 1000, "0123456789")]
    public async Task A_read_gives_the_bytes_that_were_asked_for(string kind, long offset, long length, string expected)
    {
        var uri = await SeedAsync("digits", Digits);
        await using var read = await Store.OpenReadAsync(uri, new ReadRequest(RangeOf(kind, offset, length)));
        Assert.Equal(expected, System.Text.Encoding.ASCII.GetString(await ContentAsync(read)));
        Assert.Equal(expected.Length, read.Range.Length);
        if (expected.Length > 0)
            Assert.Equal(expected[0] - '0', read.Range.Offset);
        Assert.Equal(10, read.Info.Size);
        Assert.Equal((await Store.HeadAsync(uri)).ETag, read.Info.ETag);
    }

    [Theory]
    [InlineData("bounded", 10, 1)]
    [InlineData("bounded", 11, 5)]
    [InlineData("bounded", 5_000_000_000, 5)]
    [InlineData("from", 10, 0)]
    [InlineData("from", 6_000_000_000, 0)]
    public async Task A_read_that_starts_past_the_end_is_refused(string kind, long offset, long length)
    {
        var uri = await SeedAsync("digits", Digits);
        await Assert.ThrowsAsync<RangeNotSatisfiableException>(() => Store.OpenReadAsync(uri, new ReadRequest(RangeOf(kind, offset, length))));
    }

    [Theory]
    [InlineData("all", 0, 0)]
    [InlineData("from", 0, 0)]
    [InlineData("suffix", 0, 5)]
    [InlineData("bounded", 0, 0)]
    public async Task An_empty_object_can_be_read(string kind, long offset, long length)
    {
        var uri = await SeedAsync("empty", []);
        var info = await Store.HeadAsync(uri);
        Assert.Equal(0, info.Size);
        await using var read = await Store.OpenReadAsync(uri, new ReadRequest(RangeOf(kind, offset, length), info.ETag));
        Assert.Empty(await ContentAsync(read));
        Assert.Equal(new ByteRange(0, 0), read.Range);
    }

    [Fact]
    public async Task A_range_of_an_empty_object_is_refused()
    {
        var uri = await SeedAsync("empty", []);
        await Assert.ThrowsAsync<RangeNotSatisfiableException>(() => Store.OpenReadAsync(uri, new ReadRequest(ReadRange.Bounded(0, 5))));
    }

    [Fact]
    public async Task What_is_not_there_is_reported_by_name()
    {
        var uri = Uri("missing");
        var head = await Assert.ThrowsAsync<ObjectNotFoundException>(() => Store.HeadAsync(uri));
        Assert.Contains("missing", head.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => Store.OpenReadAsync(uri, new ReadRequest(ReadRange.All)));
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => Store.OpenReadAsync(uri, new ReadRequest(ReadRange.Bounded(0, 5))));
    }

    [Fact]
    public async Task A_pinned_read_of_the_same_version_succeeds()
    {
        var uri = await SeedAsync("digits", Digits);
        var info = await Store.HeadAsync(uri);
        await using var read = await Store.OpenReadAsync(uri, new ReadRequest(ReadRange.Bounded(2, 2), info.ETag));
        Assert.Equal("23"u8.ToArray(), await ContentAsync(read));
    }

    [Theory]
    [InlineData("all")]
    [InlineData("bounded")]
    [InlineData("empty")]
    [InlineData("suffix")]
    public async Task A_pinned_read_of_another_version_is_refused(string kind)
    {
        var uri = await SeedAsync("digits", Digits);
        var info = await Store.HeadAsync(uri);
        await ReplaceAsync(uri, "abcdefghijk"u8.ToArray());
        var range = kind switch { "all" => ReadRange.All, "bounded" => ReadRange.Bounded(1, 2), "empty" => ReadRange.Bounded(1, 0), _ => ReadRange.Suffix(3) };
        await Assert.ThrowsAsync<StaleIndexException>(() => Store.OpenReadAsync(uri, new ReadRequest(range, info.ETag)));

        var pinned = new PinnedObject(Store, info);
        await Assert.ThrowsAsync<StaleIndexException>(() => pinned.ReadAsync(new ByteRange(0, 5)));
        await Assert.ThrowsAsync<StaleIndexException>(() => pinned.ReadManyAsync([new ByteRange(0, 2), new ByteRange(5, 2)]));
        await using var plain = pinned.OpenRead(new ByteRange(0, 10));
        await Assert.ThrowsAsync<StaleIndexException>(async () => await plain.ReadExactlyAsync(new byte[10]));
        await using var ahead = pinned.OpenRead(new ByteRange(0, 10), new ReadAheadOptions { PartSize = 3, Parallelism = 2 });
        await Assert.ThrowsAsync<StaleIndexException>(async () => await ahead.ReadExactlyAsync(new byte[10]));
    }

    [Fact]
    public async Task Bytes_of_two_versions_are_never_mixed_in_one_read()
    {
        var old = Bytes(1, 12 << 20);
        var uri = await SeedAsync("large", old);
        var pinned = new PinnedObject(Store, await Store.HeadAsync(uri));
        await using var stream = pinned.OpenRead(new ByteRange(0, old.Length));
        var got = new MemoryStream();
        var buffer = new byte[100_000];
        await stream.ReadExactlyAsync(buffer);
        got.Write(buffer);
        await ReplaceAsync(uri, Bytes(2, 12 << 20));
        try
        {
            // Either the store still sends the version that the read began with, or it says that it can't.
            await stream.CopyToAsync(got);
            Assert.Equal(old.Length, got.Length);
        }
        catch (StaleIndexException)
        {
            Assert.True(got.Length < old.Length);
        }

        Assert.True(got.ToArray().AsSpan().SequenceEqual(old.AsSpan(0, (int)got.Length)), "bytes of the new version were given out as the old one's");
    }

    [Fact]
    public async Task Objects_with_odd_names_can_be_read()
    {
        foreach (var key in OddKeys)
        {
            var content = System.Text.Encoding.UTF8.GetBytes(key);
            var uri = await SeedAsync(key, content);
            Assert.Equal(uri, ObjectUri.Parse(uri.Value));
            await using var read = await Store.OpenReadAsync(ObjectUri.Parse(uri.Value), new ReadRequest(ReadRange.All));
            Assert.Equal(content, await ContentAsync(read));
            Assert.Equal(content.Length, (await Store.HeadAsync(uri)).Size);
        }
    }

    [Fact]
    public async Task Many_reads_at_once_each_get_their_own_bytes()
    {
        var content = Bytes(3, 1 << 20);
        var pinned = new PinnedObject(Store, await Store.HeadAsync(await SeedAsync("shared", content)));
        await Parallel.ForAsync(0, 100, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, stop) =>
        {
            var range = new ByteRange(i * 10_000, 12_345);
            Assert.Equal(content[(int)range.Offset..(int)range.End], await pinned.ReadAsync(range, stop));
        });
    }

    [Fact]
    public async Task Many_ranges_come_back_in_the_order_asked()
    {
        var content = Bytes(4, 300_000);
        var pinned = new PinnedObject(Store, await Store.HeadAsync(await SeedAsync("many", content)));
        var random = new Random(5);
        var ranges = Enumerable.Range(0, 200).Select(_ => random.Next(content.Length) is var at ? new ByteRange(at, random.Next(Math.Min(3000, content.Length - at))) : default).ToList();
        ranges.Add(ranges[0]);
        ranges.Add(new ByteRange(0, content.Length));
        ranges.Add(new ByteRange(content.Length, 0));
        var options = new ReadManyOptions { MaxGap = 500, PartSize = 20_000, Parallelism = 4, MaxBytesInFlight = 50_000 };
        var answers = await pinned.ReadManyAsync(ranges, options);
        var streamed = new List<byte[]>();
        await foreach (var answer in pinned.StreamManyAsync(ranges, options))
            streamed.Add(answer.ToArray());
        Assert.Equal(ranges.Count, streamed.Count);
        for (var i = 0; i < ranges.Count; i++)
        {
            var expected = content.AsSpan((int)ranges[i].Offset, (int)ranges[i].Length);
            Assert.True(answers[i].Span.SequenceEqual(expected), $"range {i} {ranges[i]} is wrong");
            Assert.True(streamed[i].AsSpan().SequenceEqual(expected), $"streamed range {i} {ranges[i]} is wrong");
        }
    }

    [Theory]
    [InlineData(1000, 1)]
    [InlineData(7777, 3)]
    [InlineData(65536, 4)]
    [InlineData(10_000_000, 4)]
    public async Task A_stream_read_ahead_is_the_object(int partSize, int parallelism)
    {
        var content = Bytes(6, 200_001);
        var pinned = new PinnedObject(Store, await Store.HeadAsync(await SeedAsync("ahead", content)));
        await using var stream = pinned.OpenRead(new ByteRange(1, content.Length - 2), new ReadAheadOptions { PartSize = partSize, Parallelism = parallelism });
        var got = new MemoryStream();
        await stream.CopyToAsync(got, 5000);
        Assert.Equal(content[1..^1], got.ToArray());
    }

    [Fact]
    public async Task A_range_over_the_end_of_a_pinned_object_is_refused()
    {
        var pinned = new PinnedObject(Store, await Store.HeadAsync(await SeedAsync("digits", Digits)));
        await Assert.ThrowsAsync<RangeNotSatisfiableException>(() => pinned.ReadAsync(new ByteRange(5, 6)));
        await Assert.ThrowsAsync<RangeNotSatisfiableException>(() => pinned.ReadManyAsync([new ByteRange(0, 1), new ByteRange(5, 6)]));
        Assert.Throws<RangeNotSatisfiableException>(() => pinned.OpenRead(new ByteRange(5, 6)));
    }

    [Fact]
    public async Task A_cancelled_call_ends_with_cancellation()
    {
        var uri = await SeedAsync("digits", Digits);
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.HeadAsync(uri, stop.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.OpenReadAsync(uri, new ReadRequest(ReadRange.All), stop.Token));
    }

    [Fact]
    public async Task A_read_that_is_given_up_in_the_middle_leaves_the_store_usable()
    {
        var content = Bytes(7, 8 << 20);
        var uri = await SeedAsync("large", content);
        for (var i = 0; i < 20; i++)
        {
            await using var read = await Store.OpenReadAsync(uri, new ReadRequest(ReadRange.All));
            Assert.True(await read.Content.ReadAsync(new byte[1000]) > 0);
        }

        var pinned = new PinnedObject(Store, await Store.HeadAsync(uri));
        Assert.Equal(content[100..200], await pinned.ReadAsync(new ByteRange(100, 100)));
    }

    /// <summary>Bytes that look random and are the same for the same seed.</summary>
    protected static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>All bytes of a read.</summary>
    protected static async Task<byte[]> ContentAsync(ObjectRead read)
    {
        ArgumentNullException.ThrowIfNull(read);
        var content = new MemoryStream();
        await read.Content.CopyToAsync(content);
        return content.ToArray();
    }

    /// <summary>The URI of a key in this test's container.</summary>
    protected virtual ObjectUri Uri(string key) => Container.WithKey(Container.Key + key);

    /// <summary>Makes the store and a container of this test's own.</summary>
    protected abstract Task<(IObjectStore Store, ObjectUri Container)> CreateAsync();

    /// <summary>Brings an object into being, by the store or behind its back.</summary>
    protected abstract Task<ObjectUri> SeedAsync(string key, byte[] content);

    /// <summary>Replaces an object by another version.</summary>
    protected abstract Task ReplaceAsync(ObjectUri uri, byte[] content);

    private static ReadRange RangeOf(string kind, long offset, long length) => kind switch
    {
        "all" => ReadRange.All,
        "bounded" => ReadRange.Bounded(offset, length),
        "from" => ReadRange.From(offset),
        _ => ReadRange.Suffix(length),
    };
}
