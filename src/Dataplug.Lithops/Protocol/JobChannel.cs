using System.Collections.Concurrent;
using StackExchange.Redis;

namespace Dataplug.Lithops.Protocol;

/// <summary>
/// Redis' publish and subscribe between a client and its workers: what is told there arrives at once, and may be lost. Storage keeps the
/// truth, and is still looked at, only more seldom.
/// </summary>
internal sealed class JobChannel
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<ConnectionMultiplexer>>> Connections = new(StringComparer.Ordinal);

    private readonly ISubscriber _subscriber;

    private JobChannel(ISubscriber subscriber) => _subscriber = subscriber;

    /// <summary>Where workers tell of a job.</summary>
    public static string NoticesOf(string job) => "dataplug/" + job + "/notices";

    /// <summary>Where workers of a job are told to stop attempts.</summary>
    public static string CancelsOf(string job) => "dataplug/" + job + "/cancels";

    /// <summary>Checks an address.</summary>
    /// <exception cref="FormatException">It is no address of a Redis server.</exception>
    public static Uri Parse(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "redis" or "rediss" && uri.Host.Length > 0 && uri.AbsolutePath is "" or "/"
            ? uri
            : throw new FormatException($"'{address}' names no Redis server; write redis://host:port, or rediss://host:port over TLS.");

    /// <summary>Connects, or uses the connection that there is: one per server and process, which finds its way back when it breaks.</summary>
    /// <param name="address">The server; its user and password are in REDIS_USERNAME and REDIS_PASSWORD.</param>
    /// <exception cref="RedisConnectionException">The server can't be reached.</exception>
    public static async Task<JobChannel> OpenAsync(string address)
    {
        var connecting = Connections.GetOrAdd(address, key => new Lazy<Task<ConnectionMultiplexer>>(() => ConnectAsync(Parse(key))));
        try
        {
            return new JobChannel((await connecting.Value.ConfigureAwait(false)).GetSubscriber());
        }
        catch
        {
            // The next job tries anew.
            Connections.TryRemove(KeyValuePair.Create(address, connecting));
            throw;
        }
    }

    /// <summary>Tells whoever listens now. Never throws: what can't be told is found in storage.</summary>
    public void Tell(string channel, byte[] message)
    {
        try
        {
            _subscriber.Publish(RedisChannel.Literal(channel), message, CommandFlags.FireAndForget);
        }
        catch (RedisException)
        {
        }
    }

    /// <summary>Listens until the subscription is disposed. Messages come one after another.</summary>
    /// <exception cref="RedisException">The server can't be reached.</exception>
    public async Task<IAsyncDisposable> ListenAsync(string channel, Action<byte[]> listener)
    {
        var queue = await _subscriber.SubscribeAsync(RedisChannel.Literal(channel)).ConfigureAwait(false);
        queue.OnMessage(message => listener((byte[])message.Message!));
        return new Subscription(queue);
    }

    private static async Task<ConnectionMultiplexer> ConnectAsync(Uri address)
    {
        var configuration = new ConfigurationOptions
        {
            Ssl = address.Scheme == "rediss",
            User = Variable("REDIS_USERNAME"),
            Password = Variable("REDIS_PASSWORD"),
            ClientName = "dataplug-jobs",
            AbortOnConnectFail = true,
            ConnectRetry = 1,
            BacklogPolicy = BacklogPolicy.FailFast,
        };
        configuration.EndPoints.Add(address.Host, address.Port > 0 ? address.Port : 6379);
        return await ConnectionMultiplexer.ConnectAsync(configuration).ConfigureAwait(false);
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private sealed class Subscription(ChannelMessageQueue queue) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            try
            {
                await queue.UnsubscribeAsync().ConfigureAwait(false);
            }
            catch (RedisException)
            {
                // The server is gone, and the subscription with it.
            }
        }
    }
}
