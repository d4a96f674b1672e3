using Dataplug.Conformance.Servers;
using Dataplug.Conformance.Storage;
using StackExchange.Redis;

namespace Dataplug.Storage.Tests;

/// <summary>The conformance suite on a real Redis server.</summary>
public class RedisStoreConformanceTests : RemoteStoreConformance
{
    private RedisServer _server = null!;

    protected override int PartSize => 300_000;

    protected override IEnumerable<string> OddKeys =>
        [.. base.OddKeys, "a/../b", "./x", "..", "a/./b", "x//y", "/lead", "trail/", " lead and trail ", "tab\tx", "control\u0001x", "%2e%2e/x", "line\nfeed", "{braces}:object:x", "*", "[a", "(b", "-", "+"];

    protected virtual RedisOptions Options => _server.Options;

    protected RedisServer Server => _server;

    protected override async Task<(IObjectStore Store, ObjectUri Container)> CreateAsync()
    {
        _server = await RedisServer.GetAsync();
        return (Wrap(new RedisStore(Options)), _server.NewBucket(3));
    }

    protected virtual IObjectStore Wrap(RedisStore store) => store;

    protected override (IObjectStore Store, ObjectUri Container) At(string address) =>
        (new RedisStore(Options with { ConnectTimeout = TimeSpan.FromSeconds(3) }), ObjectUri.ForContainer("redis", address, "0/bucket/"));

    protected override ObjectUri NewContainer() => _server.NewBucket(4);

    /// <summary>Keys of the bucket on the server that belong to no object that is listed.</summary>
    protected override async Task<int> LeftoversAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{_server.Address},password={_server.Password}");
        var bucket = Container.Key.Split('/')[1];
        var keys = connection.GetServer(_server.Address).Keys(3, $"dataplug:{{{bucket}}}:*").Select(key => key.ToString()).ToList();
        var listed = await ListAsync("");
        var versions = listed.Select(info => info.ETag.Trim('"')).ToHashSet();
        return keys.Count(key => key.Contains("}:chunk:", StringComparison.Ordinal)
            ? !versions.Contains(key.Split("}:chunk:")[1].Split(':')[0]) || connection.GetDatabase(3).KeyTimeToLive(key) is not null
            : key.Contains("}:object:", StringComparison.Ordinal) && !listed.Any(info => key.EndsWith("}:object:" + info.Uri.Key[Container.Key.Length..], StringComparison.Ordinal)));
    }
}

/// <summary>The conformance suite on a real Redis server, as everybody gets it.</summary>
public sealed class ResilientRedisStoreConformanceTests : RedisStoreConformanceTests
{
    protected override IObjectStore Wrap(RedisStore store) => new ResilientStore(store);
}

/// <summary>The conformance suite with contents in many small strings, and reads in many requests.</summary>
public sealed class ChunkedRedisStoreConformanceTests : RedisStoreConformanceTests
{
    protected override RedisOptions Options => base.Options with { ChunkSize = 70_001, ReadSize = 50_000 };
}
