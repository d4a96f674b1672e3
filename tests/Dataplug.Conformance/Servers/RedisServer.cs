using Dataplug.Storage;

namespace Dataplug.Conformance.Servers;

/// <summary>
/// A real Redis server, started once for the test process and stopped with it; or the one that <c>DATAPLUG_TEST_REDIS</c> gives: the
/// lines that <c>tests/services/redis-up.sh</c> printed. When it can't be had, every test that asks for it fails with the reason.
/// </summary>
public sealed class RedisServer
{
    private const string Script = "redis-up.sh";
    private static readonly string[] Needed = ["REDIS_ADDRESS", "REDIS_PASSWORD"];
    private static readonly Lazy<Task<RedisServer>> Shared = new(StartAsync);

    private readonly IReadOnlyDictionary<string, string> _settings;

    private RedisServer(IReadOnlyDictionary<string, string> settings) => _settings = settings;

    /// <summary>Host and port.</summary>
    public string Address => _settings["REDIS_ADDRESS"];

    /// <summary>The password of the default user.</summary>
    public string Password => _settings["REDIS_PASSWORD"];

    /// <summary>Options that reach the server.</summary>
    public RedisOptions Options => new() { Password = Password };

    /// <summary>The environment with which other processes reach the server.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["REDIS_PASSWORD"] = Password };

    /// <summary>The server of this process.</summary>
    /// <exception cref="InvalidOperationException">It can't be started; the message says why.</exception>
    public static Task<RedisServer> GetAsync() => Shared.Value;

    /// <summary>A server of the test's own, which it may stop; in the place of one that was before, if that is given.</summary>
    public static async Task<RedisServer> StartOwnAsync(RedisServer? former = null) => new(await ServerScript.StartOwnAsync(Script, "REDIS_", Needed, former is null ? null : new Dictionary<string, string>
    {
        ["REDIS_PORT"] = former.Address[(former.Address.LastIndexOf(':') + 1)..],
        ["REDIS_REQUIREPASS"] = former.Password,
    }));

    /// <summary>Stops a server of the test's own, at once.</summary>
    public Task StopAsync() => ServerScript.DownAsync(Script, "REDIS_", _settings);

    /// <summary>A bucket of its own for a test; the URI ends with a slash.</summary>
    public ObjectUri NewBucket(int database = 0) => ObjectUri.ForContainer("redis", Address, $"{database}/test-{Guid.NewGuid():N}/");

    private static async Task<RedisServer> StartAsync() => new(await ServerScript.StartAsync(Script, "REDIS_", "DATAPLUG_TEST_REDIS", Needed));
}
