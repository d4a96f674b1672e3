using Dataplug.Storage;

namespace Dataplug.Conformance.Storage;

/// <summary>What every store that can be written must do. Derive a test class from it for each store.</summary>
public abstract class ObjectStoreConformance : ReadConformance
{
    /// <summary>The smallest part that the store takes, other than the last.</summary>
    protected virtual int PartSize => 5 << 20;

    /// <summary>Whether the server leaves a race between a condition and the completion of an upload in parts; see docs/storage.md.</summary>
    protected virtual bool MayRaceOnCompletion => false;

    [Fact]
    public async Task What_is_put_can_be_read_with_its_metadata()
    {
        var uri = Uri("new/object");
        var options = new PutOptions
        {
            ContentType = "text/x-test",
            UserMetadata = new Dictionary<string, string> { ["Plain"] = "value", ["unicode"] = "é ☃ 𝒳 日本語の長い長い長い長い長い値", ["empty"] = "", ["spaces"] = "  a  ", ["looks-encoded"] = "=?UTF-8?B?YWJj?=" },
        };
        var put = await Store.PutAsync(uri, "hello"u8.ToArray(), options);
        var head = await Store.HeadAsync(uri);
        Assert.Equal(put.ETag, head.ETag);
        Assert.Equal(5, put.Size);
        Assert.Equal(5, head.Size);
        Assert.Equal("text/x-test", head.ContentType);
        Assert.NotNull(head.LastModified);
        var expected = options.UserMetadata.ToDictionary(pair => pair.Key.ToLowerInvariant(), pair => pair.Value);
        Assert.Equal(expected.OrderBy(pair => pair.Key), head.UserMetadata.OrderBy(pair => pair.Key));
        await using var read = await Store.OpenReadAsync(uri, new ReadRequest(ReadRange.All));
        Assert.Equal("hello"u8.ToArray(), await ContentAsync(read));
        Assert.Equal(expected.OrderBy(pair => pair.Key), read.Info.UserMetadata.OrderBy(pair => pair.Key));
    }

    [Fact]
    public async Task Overwriting_changes_the_ETag_and_takes_the_old_metadata_away()
    {
        var uri = Uri("object");
        var first = await Store.PutAsync(uri, "one"u8.ToArray(), new PutOptions { UserMetadata = new Dictionary<string, string> { ["a"] = "1" } });
        var second = await Store.PutAsync(uri, "two"u8.ToArray(), PutOptions.Overwrite);
        Assert.NotEqual(first.ETag, second.ETag);
        Assert.Empty((await Store.HeadAsync(uri)).UserMetadata);
    }

    [Fact]
    public async Task Create_only_refuses_where_something_is()
    {
        var uri = Uri("once");
        await Store.PutAsync(uri, "first"u8.ToArray(), PutOptions.CreateOnly);
        await Assert.ThrowsAsync<PreconditionFailedException>(() => Store.PutAsync(uri, "second"u8.ToArray(), PutOptions.CreateOnly));
        Assert.Equal("first"u8.ToArray(), await ReadAllAsync(uri));
    }

    [Fact]
    public async Task A_put_with_an_ETag_replaces_that_version_only()
    {
        var uri = Uri("versions");
        var first = await Store.PutAsync(uri, "first"u8.ToArray(), PutOptions.Overwrite);
        var second = await Store.PutAsync(uri, "second"u8.ToArray(), new PutOptions { IfMatch = first.ETag });
        await Assert.ThrowsAsync<PreconditionFailedException>(() => Store.PutAsync(uri, "third"u8.ToArray(), new PutOptions { IfMatch = first.ETag }));
        Assert.Equal("second"u8.ToArray(), await ReadAllAsync(uri));
        await Store.PutAsync(uri, "third"u8.ToArray(), new PutOptions { IfMatch = second.ETag });
        Assert.Equal("third"u8.ToArray(), await ReadAllAsync(uri));
    }

    [Fact]
    public async Task A_put_with_an_ETag_needs_an_object()
    {
        await Assert.ThrowsAsync<PreconditionFailedException>(() => Store.PutAsync(Uri("nothing"), "x"u8.ToArray(), new PutOptions { IfMatch = "\"abc\"" }));
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => Store.HeadAsync(Uri("nothing")));
    }

    [Fact]
    public async Task Options_that_can_not_be_kept_are_refused()
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.PutAsync(Uri("x"), default, new PutOptions { IfAbsent = true, IfMatch = "\"a\"" }));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.PutAsync(Uri("x"), default, new PutOptions { UserMetadata = new Dictionary<string, string> { ["no spaces"] = "" } }));
    }

    [Fact]
    public async Task Of_many_that_create_at_once_exactly_one_wins()
    {
        for (var round = 0; round < 5; round++)
        {
            var uri = Uri($"race-{round}");
            var winners = new System.Collections.Concurrent.ConcurrentBag<int>();
            await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(async () =>
            {
                try
                {
                    await Store.PutAsync(uri, new[] { (byte)i }, PutOptions.CreateOnly);
                    winners.Add(i);
                }
                catch (PreconditionFailedException)
                {
                    // One of the fifteen.
                }
            })));
            Assert.Single(winners);
            Assert.Equal((byte)winners.Single(), Assert.Single(await ReadAllAsync(uri)));
        }
    }

    [Fact]
    public async Task No_update_is_lost_between_writers_that_compare_and_swap()
    {
        var uri = Uri("counter");
        await Store.PutAsync(uri, BitConverter.GetBytes(0), PutOptions.CreateOnly);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(async () =>
        {
            for (int done = 0, tries = 0; done < 5; tries++)
            {
                Assert.True(tries < 500, "a writer never gets through");
                try
                {
                    await using var read = await Store.OpenReadAsync(uri, new ReadRequest(ReadRange.All));
                    var value = BitConverter.ToInt32(await ContentAsync(read));
                    await Store.PutAsync(uri, BitConverter.GetBytes(value + 1), new PutOptions { IfMatch = read.Info.ETag });
                    done++;
                }
                catch (Exception exception) when (exception is PreconditionFailedException or StorageException { IsTransient: true })
                {
                    // Another was faster; servers say so in more ways than one.
                }
            }
        })));
        Assert.Equal(30, BitConverter.ToInt32(await ReadAllAsync(uri)));
    }

    [Fact]
    public async Task Parts_in_any_order_make_the_object()
    {
        var uri = Uri("parts");
        var first = Bytes(1, PartSize);
        var second = Bytes(2, PartSize + 1000);
        var third = Bytes(3, 77);
        ObjectInfo info;
        await using (var upload = await Store.CreateMultipartAsync(uri, new PutOptions { UserMetadata = new Dictionary<string, string> { ["k"] = "ü" } }))
        {
            await upload.UploadPartAsync(3, third);
            await Assert.ThrowsAsync<ObjectNotFoundException>(() => Store.HeadAsync(uri));
            await Task.WhenAll(upload.UploadPartAsync(2, second), upload.UploadPartAsync(1, first));
            info = await upload.CompleteAsync();
        }

        byte[] expected = [.. first, .. second, .. third];
        Assert.Equal(expected.Length, info.Size);
        Assert.Equal(expected, await ReadAllAsync(uri));
        var head = await Store.HeadAsync(uri);
        Assert.Equal(info.ETag, head.ETag);
        Assert.Equal("ü", head.UserMetadata["k"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_aborted_upload_leaves_nothing(bool byDisposal)
    {
        var uri = Uri("aborted");
        var upload = await Store.CreateMultipartAsync(uri, PutOptions.Overwrite);
        await upload.UploadPartAsync(1, Bytes(1, PartSize));
        if (!byDisposal)
            await upload.AbortAsync();
        await upload.DisposeAsync();
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => Store.HeadAsync(uri));
        Assert.Empty(await ListAsync(""));
        Assert.Equal(0, await LeftoversAsync());
        await Assert.ThrowsAnyAsync<Exception>(() => upload.UploadPartAsync(2, Bytes(1, 10)));
    }

    [Fact]
    public async Task An_upload_that_may_only_create_does_not_replace()
    {
        var uri = Uri("there");
        await Store.PutAsync(uri, "first"u8.ToArray(), PutOptions.Overwrite);
        await using (var upload = await Store.CreateMultipartAsync(uri, PutOptions.CreateOnly))
        {
            await upload.UploadPartAsync(1, Bytes(1, 100));
            await Assert.ThrowsAsync<PreconditionFailedException>(() => upload.CompleteAsync());
        }

        Assert.Equal("first"u8.ToArray(), await ReadAllAsync(uri));
        Assert.Equal(0, await LeftoversAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(-2)]
    [InlineData(-3)]
    [InlineData(-4)]
    public async Task A_stream_of_any_length_can_be_uploaded(int length)
    {
        // Around the borders of parts: one less, exactly one, one more, and several with a rest.
        length = length switch { -1 => PartSize - 1, -2 => PartSize, -3 => PartSize + 1, -4 => (3 * PartSize) + 5, _ => length };
        var content = Bytes(length, length);
        var upload = new UploadOptions { PartSize = PartSize, Parallelism = 3 };
        var seekable = await Store.UploadAsync(Uri("seekable"), new MemoryStream(content), PutOptions.CreateOnly, upload);
        var piped = await Store.UploadAsync(Uri("piped"), new TrickleStream(content, 300_007), null, upload);
        Assert.Equal(length, seekable.Size);
        Assert.Equal(length, piped.Size);
        Assert.Equal(content, await ReadAllAsync(Uri("seekable")));
        Assert.Equal(content, await ReadAllAsync(Uri("piped")));
    }

    [Fact]
    public async Task An_upload_whose_source_fails_leaves_nothing()
    {
        var source = new TrickleStream(Bytes(1, 3 * PartSize), 100_000, failAt: (2 * PartSize) + 5);
        await Assert.ThrowsAsync<InvalidDataException>(() => Store.UploadAsync(Uri("failed"), source, null, new UploadOptions { PartSize = PartSize, Parallelism = 2 }));
        Assert.Empty(await ListAsync(""));
        Assert.Equal(0, await LeftoversAsync());
    }

    [Fact]
    public async Task A_cancelled_upload_leaves_nothing()
    {
        using var stop = new CancellationTokenSource();
        var source = new TrickleStream(Bytes(1, 3 * PartSize), 100_000, failAt: (2 * PartSize) + 5, onFailure: stop.Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.UploadAsync(Uri("cancelled"), source, null, new UploadOptions { PartSize = PartSize, Parallelism = 2 }, stop.Token));
        Assert.Empty(await ListAsync(""));
        Assert.Equal(0, await LeftoversAsync());
    }

    [Fact]
    public async Task A_list_of_more_than_a_page_is_whole_and_in_order()
    {
        var keys = Enumerable.Range(0, 1234).Select(i => $"list/{i * 7919 % 1234:0000}").ToList();
        await Parallel.ForEachAsync(keys, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (key, stop) => await Store.PutAsync(Uri(key), new byte[key.Length % 7], PutOptions.Overwrite, stop));
        await Store.PutAsync(Uri("lisa"), new byte[1], PutOptions.Overwrite);
        await Store.PutAsync(Uri("list-not"), new byte[1], PutOptions.Overwrite);

        var listed = await ListAsync("list/");
        Assert.Equal(keys.Order(StringComparer.Ordinal).Select(key => Uri(key).Key), listed.Select(info => info.Uri.Key));
        Assert.All(listed, info => Assert.Matches("^\".+\"$", info.ETag));
        Assert.Equal(listed[17].ETag, (await Store.HeadAsync(listed[17].Uri)).ETag);
        Assert.Equal(100, (await ListAsync("list/00")).Count);
        Assert.Equal(1236, (await ListAsync("lis")).Count);
        Assert.Empty(await ListAsync("nothing/"));

        await Store.DeleteAsync([.. keys.Select(Uri), Uri("never-there")]);
        Assert.Equal(["lisa", "list-not"], (await ListAsync("")).Select(info => info.Uri.Key[Container.Key.Length..]));
        await Store.DeleteAsync([]);
    }

    [Fact]
    public async Task Lists_are_in_the_order_of_the_keys_bytes()
    {
        string[] keys = ["a", "a-b", "a.b", "a/b", "a/b/c", "a0", "B", "é", "\uFFFD", "\U0001F600", "z/y", "z-y"];
        foreach (var key in keys.Where(key => key != "a" && key != "a/b"))
            await Store.PutAsync(Uri(key), new byte[1], PutOptions.Overwrite);
        var expected = keys.Where(key => key != "a" && key != "a/b").OrderBy(key => Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(key)), StringComparer.Ordinal);
        Assert.Equal(expected, (await ListAsync("")).Select(info => info.Uri.Key[Container.Key.Length..]));
    }

    [Fact]
    public async Task Odd_names_survive_listing_copying_and_deletion()
    {
        foreach (var key in OddKeys)
            await Store.PutAsync(Uri(key), System.Text.Encoding.UTF8.GetBytes(key), PutOptions.Overwrite);
        var listed = await ListAsync("");
        Assert.Equal(OddKeys.Select(key => Uri(key).Key).Order(StringComparer.Ordinal), listed.Select(info => info.Uri.Key).Order(StringComparer.Ordinal));
        foreach (var info in listed)
        {
            var copy = Uri("copies/" + info.Uri.Key[Container.Key.Length..]);
            await Store.CopyAsync(info.Uri, copy, PutOptions.Overwrite);
            Assert.Equal(await ReadAllAsync(info.Uri), await ReadAllAsync(copy));
        }

        await Store.DeleteAsync([.. (await ListAsync("")).Select(info => info.Uri)]);
        Assert.Empty(await ListAsync(""));
    }

    [Fact]
    public async Task A_copy_has_the_content_and_the_metadata()
    {
        var source = Uri("source");
        await Store.PutAsync(source, "content"u8.ToArray(), new PutOptions { ContentType = "text/x-test", UserMetadata = new Dictionary<string, string> { ["name"] = "wért" } });
        var copied = await Store.CopyAsync(source, Uri("plain copy"), PutOptions.Overwrite);
        var head = await Store.HeadAsync(Uri("plain copy"));
        Assert.Equal(copied.ETag, head.ETag);
        Assert.Equal(7, head.Size);
        Assert.Equal("text/x-test", head.ContentType);
        Assert.Equal("wért", Assert.Single(head.UserMetadata).Value);
        Assert.Equal("content"u8.ToArray(), await ReadAllAsync(Uri("plain copy")));

        await Store.CopyAsync(source, Uri("other copy"), new PutOptions { UserMetadata = new Dictionary<string, string> { ["other"] = "x" } });
        Assert.Equal("other", Assert.Single((await Store.HeadAsync(Uri("other copy"))).UserMetadata).Key);
    }

    [Fact]
    public async Task A_copy_keeps_to_its_condition_and_needs_a_source()
    {
        await Store.PutAsync(Uri("source"), "content"u8.ToArray(), PutOptions.Overwrite);
        var there = await Store.PutAsync(Uri("there"), "old"u8.ToArray(), PutOptions.Overwrite);
        await Assert.ThrowsAsync<PreconditionFailedException>(() => Store.CopyAsync(Uri("source"), Uri("there"), PutOptions.CreateOnly));
        await Assert.ThrowsAsync<PreconditionFailedException>(() => Store.CopyAsync(Uri("source"), Uri("there"), new PutOptions { IfMatch = "\"other\"" }));
        Assert.Equal("old"u8.ToArray(), await ReadAllAsync(Uri("there")));
        await Store.CopyAsync(Uri("source"), Uri("there"), new PutOptions { IfMatch = there.ETag });
        Assert.Equal("content"u8.ToArray(), await ReadAllAsync(Uri("there")));
        await Store.CopyAsync(Uri("source"), Uri("fresh"), PutOptions.CreateOnly);
        Assert.Empty((await Store.HeadAsync(Uri("fresh"))).UserMetadata);
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => Store.CopyAsync(Uri("missing"), Uri("copy"), PutOptions.Overwrite));
    }

    [Fact]
    public async Task A_container_is_made_once()
    {
        var container = NewContainer();
        Assert.True(await Store.CreateContainerAsync(container));
        Assert.False(await Store.CreateContainerAsync(container));
        await Store.PutAsync(container.WithKey(container.Key + "x"), new byte[1], PutOptions.Overwrite);
    }

    [Fact]
    public async Task What_was_deleted_is_gone_and_can_be_made_anew()
    {
        var uri = Uri("short-lived");
        var first = await Store.PutAsync(uri, "first"u8.ToArray(), new PutOptions { UserMetadata = new Dictionary<string, string> { ["a"] = "1" } });
        await Store.DeleteAsync([uri]);
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => Store.HeadAsync(uri));
        await Assert.ThrowsAsync<ObjectNotFoundException>(() => Store.OpenReadAsync(uri, new ReadRequest(ReadRange.Bounded(0, 2), first.ETag)));
        Assert.Empty(await ListAsync(""));
        var second = await Store.PutAsync(uri, "again"u8.ToArray(), PutOptions.CreateOnly);
        Assert.NotEqual(first.ETag, second.ETag);
        Assert.Empty((await Store.HeadAsync(uri)).UserMetadata);
        Assert.Equal("again"u8.ToArray(), await ReadAllAsync(uri));
    }

    [Fact]
    public async Task A_part_that_is_sent_twice_counts_once()
    {
        var uri = Uri("twice");
        await using (var upload = await Store.CreateMultipartAsync(uri, PutOptions.Overwrite))
        {
            await upload.UploadPartAsync(1, Bytes(1, PartSize + 500));
            await upload.UploadPartAsync(2, Bytes(2, 10));
            await upload.UploadPartAsync(1, Bytes(3, PartSize));
            Assert.Equal(PartSize + 10, (await upload.CompleteAsync()).Size);
        }

        byte[] expected = [.. Bytes(3, PartSize), .. Bytes(2, 10)];
        Assert.Equal(expected, await ReadAllAsync(uri));
        Assert.Equal(0, await LeftoversAsync());
    }

    [Fact]
    public async Task Of_many_uploads_in_parts_that_may_only_create_at_most_one_wins()
    {
        var uri = Uri("race");
        var winners = new System.Collections.Concurrent.ConcurrentBag<int>();
        await Task.WhenAll(Enumerable.Range(1, 6).Select(i => Task.Run(async () =>
        {
            try
            {
                await using var upload = await Store.CreateMultipartAsync(uri, PutOptions.CreateOnly);
                await upload.UploadPartAsync(1, Bytes(i, 1000));
                await upload.CompleteAsync();
                winners.Add(i);
            }
            catch (Exception exception) when (exception is PreconditionFailedException or StorageException)
            {
                // Another was faster; servers say so in more ways than one.
            }
        })));
        Assert.True(winners.Count <= 1 || MayRaceOnCompletion, $"{winners.Count} have created the same object");
        Assert.NotEmpty(winners);
        var content = await ReadAllAsync(uri);
        Assert.Contains(winners, winner => Bytes(winner, 1000).SequenceEqual(content));
    }

    [Fact]
    public async Task A_cancelled_write_ends_with_cancellation_and_writes_nothing()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.PutAsync(Uri("x"), new byte[10], PutOptions.Overwrite, stop.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.CreateMultipartAsync(Uri("x"), PutOptions.Overwrite, stop.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var info in Store.ListAsync(Uri(""), stop.Token))
                Assert.Fail($"{info.Uri} is listed");
        });
        Assert.Empty(await ListAsync(""));
    }

    /// <inheritdoc/>
    protected override async Task<ObjectUri> SeedAsync(string key, byte[] content)
    {
        await Store.PutAsync(Uri(key), content, PutOptions.Overwrite);
        return Uri(key);
    }

    /// <inheritdoc/>
    protected override Task ReplaceAsync(ObjectUri uri, byte[] content) => Store.PutAsync(uri, content, PutOptions.Overwrite);

    /// <summary>A container that does not exist yet.</summary>
    protected abstract ObjectUri NewContainer();

    /// <summary>How many unfinished uploads or hidden files lie in the container.</summary>
    protected abstract Task<int> LeftoversAsync();

    /// <summary>The objects whose keys begin with a prefix.</summary>
    protected async Task<List<ObjectInfo>> ListAsync(string prefix)
    {
        var listed = new List<ObjectInfo>();
        await foreach (var info in Store.ListAsync(Uri(prefix)))
            listed.Add(info);
        return listed;
    }

    /// <summary>All bytes of an object.</summary>
    protected async Task<byte[]> ReadAllAsync(ObjectUri uri)
    {
        await using var read = await Store.OpenReadAsync(uri, new ReadRequest(ReadRange.All));
        return await ContentAsync(read);
    }
}
