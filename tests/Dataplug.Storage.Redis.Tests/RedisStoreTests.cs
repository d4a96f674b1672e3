using Dataplug.Conformance.Servers;
using StackExchange.Redis;

namespace Dataplug.Storage.Tests;

/// <summary>What is Redis's own: who one is, databases and buckets, memory that runs out, servers that go and come back.</summary>
public sealed class RedisStoreTests : IAsyncLifetime
{
    private RedisServer _server = null!;
    private ObjectUri _bucket = null!;

    public async Task InitializeAsync()
    {
        _server = await RedisServer.GetAsync();
        _bucket = _server.NewBucket();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("redis://host:1/bucket/key")]
    [InlineData("redis://host:1/0")]
    [InlineData("redis://host:1/0//key")]
    [InlineData("redis://host:1/-1/bucket/key")]
    [InlineData("redis://host:1/0/buc{ket/key")]
    [InlineData("redis://host:1/0/bucket/")]
    public async Task URIs_that_name_no_object_are_refused(string uri)
    {
        await using var store = new RedisStore();
        await Assert.ThrowsAsync<InvalidUriException>(() => store.HeadAsync(ObjectUri.Parse(uri)));
    }

    [Fact]
    public async Task A_key_that_is_no_text_is_refused()
    {
        // Not as an argument of a theory, which could not hold it either.
        await using var store = new RedisStore();
        await Assert.ThrowsAsync<InvalidUriException>(() => store.HeadAsync(ObjectUri.Parse("redis://host:1/0/bucket/" + (char)0xD83D)));
    }

    [Fact]
    public async Task A_password_in_a_URI_is_refused_and_not_shown()
    {
        await using var store = new RedisStore();
        var refusal = await Assert.ThrowsAsync<InvalidUriException>(() => store.HeadAsync(ObjectUri.Parse("redis://me:s3cret@host:1/0/bucket/key")));
        Assert.DoesNotContain("s3cret", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", new RedisOptions { Password = "s3cret" }.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_gets_in_with_a_wrong_password_or_none()
    {
        foreach (var password in (string?[])["wrong", null])
        {
            await using var store = new RedisStore(new RedisOptions { Password = password, Environment = _ => null });
            await Assert.ThrowsAsync<AccessDeniedException>(() => store.PutAsync(_bucket.WithKey(_bucket.Key + "x"), new byte[1], PutOptions.Overwrite));
            await Assert.ThrowsAsync<AccessDeniedException>(() => store.HeadAsync(_bucket.WithKey(_bucket.Key + "x")));
        }
    }

    [Fact]
    public async Task The_environment_has_the_password()
    {
        await using var store = new RedisStore(new RedisOptions { Environment = _server.Environment.GetValueOrDefault });
        await store.PutAsync(_bucket.WithKey(_bucket.Key + "x"), new byte[3], PutOptions.Overwrite);
        Assert.Equal(3, (await store.HeadAsync(_bucket.WithKey(_bucket.Key + "x"))).Size);
    }

    [Fact]
    public async Task Buckets_and_databases_do_not_see_each_other()
    {
        await using var store = new RedisStore(_server.Options);
        var other = _server.NewBucket(5);
        await store.PutAsync(_bucket.WithKey(_bucket.Key + "x"), new byte[1], PutOptions.Overwrite);
        await store.PutAsync(other.WithKey(other.Key + "x"), new byte[2], PutOptions.Overwrite);
        Assert.Equal(1, (await store.HeadAsync(_bucket.WithKey(_bucket.Key + "x"))).Size);
        await store.CopyAsync(other.WithKey(other.Key + "x"), _bucket.WithKey(_bucket.Key + "copy"), PutOptions.CreateOnly);
        Assert.Equal(2, (await store.HeadAsync(_bucket.WithKey(_bucket.Key + "copy"))).Size);
        Assert.Equal(["copy", "x"], await KeysAsync(store, _bucket));
        Assert.Equal(["x"], await KeysAsync(store, other));

        // Also without the slash at the end.
        Assert.Equal(["copy", "x"], await KeysAsync(store, _bucket.WithKey(_bucket.Key.TrimEnd('/'))));
    }

    [Fact]
    public async Task An_object_may_be_larger_than_a_string()
    {
        // As 600 MiB are to 512 MiB.
        await using var store = new RedisStore(_server.Options with { ChunkSize = 1 << 20, ReadSize = 1 << 19 });
        var content = new byte[(5 << 20) + 17];
        new Random(1).NextBytes(content);
        var uri = _bucket.WithKey(_bucket.Key + "large");
        await store.PutAsync(uri, content, PutOptions.CreateOnly);
        await using var read = await store.OpenReadAsync(uri, new ReadRequest(ReadRange.From(3)));
        var got = new MemoryStream();
        await read.Content.CopyToAsync(got);
        Assert.Equal(content[3..], got.ToArray());
        await Assert.ThrowsAsync<PreconditionFailedException>(() => store.PutAsync(uri, content, PutOptions.CreateOnly));
        Assert.Equal(6, await ChunksAsync());
        await store.DeleteAsync([uri]);
        Assert.Equal(0, await ChunksAsync());
    }

    [Fact]
    public async Task A_part_that_the_server_has_lost_is_told_and_never_made_up()
    {
        await using var store = new RedisStore(_server.Options with { ChunkSize = 1000, ReadSize = 1500 });
        var uri = _bucket.WithKey(_bucket.Key + "evicted");
        await store.PutAsync(uri, new byte[10_000], PutOptions.Overwrite);
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{_server.Address},password={_server.Password}");
        Assert.True(await connection.GetDatabase().KeyDeleteAsync(connection.GetServer(_server.Address).Keys(0, "*:chunk:*:1.7").Single(key => key.ToString().Contains(_bucket.Key.Split('/')[1], StringComparison.Ordinal))));
        await using var read = await store.OpenReadAsync(uri, new ReadRequest(ReadRange.All));
        var failure = await Assert.ThrowsAsync<StorageException>(() => read.Content.CopyToAsync(Stream.Null));
        Assert.Contains("noeviction", failure.Message, StringComparison.Ordinal);
        Assert.False(failure.IsTransient);
    }

    [Fact]
    public async Task A_full_server_refuses_and_what_was_there_stays()
    {
        var server = await RedisServer.StartOwnAsync();
        try
        {
            await using var store = new RedisStore(server.Options);
            var uri = ObjectUri.ForContainer("redis", server.Address, "0/bucket/x");
            await store.PutAsync(uri, new byte[100], PutOptions.Overwrite);
            await using var connection = await ConnectionMultiplexer.ConnectAsync($"{server.Address},password={server.Password},allowAdmin=true");
            await connection.GetDatabase().ExecuteAsync("CONFIG", "SET", "maxmemory", "2mb");
            var full = false;
            for (var i = 0; i < 20 && !full; i++)
            {
                var failure = await Record.ExceptionAsync(() => store.PutAsync(uri.WithKey($"0/bucket/fill-{i}"), new byte[500_000], PutOptions.Overwrite));
                full = failure is StorageException { IsTransient: false } refusal && refusal.Message.Contains("memory is full", StringComparison.Ordinal);
                Assert.True(full || failure is null, failure?.ToString());
            }

            Assert.True(full);
            Assert.Equal(100, (await store.HeadAsync(uri)).Size);
        }
        finally
        {
            await server.StopAsync();
        }
    }

    [Fact]
    public async Task A_server_that_comes_back_is_used_again()
    {
        var server = await RedisServer.StartOwnAsync();
        try
        {
            var uri = ObjectUri.ForContainer("redis", server.Address, "0/bucket/x");
            await using var store = new RedisStore(server.Options);
            await using var resilient = new ResilientStore(store, new RetryOptions { MaxAttempts = 20 });
            await store.PutAsync(uri, new byte[100], PutOptions.Overwrite);
            await server.StopAsync();
            Assert.True((await Assert.ThrowsAsync<StorageException>(() => store.HeadAsync(uri))).IsTransient);
            server = await RedisServer.StartOwnAsync(server);
            await resilient.PutAsync(uri, new byte[7], PutOptions.CreateOnly);
            Assert.Equal(7, (await resilient.HeadAsync(uri)).Size);
        }
        finally
        {
            await server.StopAsync();
        }
    }

    [Fact]
    public async Task A_connection_that_was_cut_is_made_anew_under_the_retries()
    {
        // A server of its own: all clients of the other one are those of other tests as well.
        var server = await RedisServer.StartOwnAsync();
        try
        {
            await using var store = new ResilientStore(new RedisStore(server.Options));
            var bucket = server.NewBucket();
            var uri = bucket.WithKey(bucket.Key + "x");
            await store.PutAsync(uri, new byte[3], PutOptions.Overwrite);
            await using var connection = await ConnectionMultiplexer.ConnectAsync($"{server.Address},password={server.Password},allowAdmin=true,name=killer");
            for (var i = 0; i < 3; i++)
            {
                var clients = await connection.GetServer(server.Address).ClientListAsync();
                foreach (var client in clients.Where(client => client.Name == "dataplug"))
                    await connection.GetServer(server.Address).ClientKillAsync(client.Id);
                Assert.Equal(3, (await store.HeadAsync(uri)).Size);
            }
        }
        finally
        {
            await server.StopAsync();
        }
    }

    private static async Task<List<string>> KeysAsync(RedisStore store, ObjectUri prefix)
    {
        var keys = new List<string>();
        await foreach (var info in store.ListAsync(prefix))
            keys.Add(info.Uri.Name);
        return keys;
    }

    private async Task<int> ChunksAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{_server.Address},password={_server.Password}");
        return connection.GetServer(_server.Address).Keys(0, $"dataplug:{{{_bucket.Key.Split('/')[1]}}}:chunk:*").Count();
    }
}
