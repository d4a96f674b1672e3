using System.Collections.Concurrent;
using StackExchange.Redis;

namespace Dataplug.Storage;

/// <summary>One connection for each server, made when it is first needed; the client puts all requests through it.</summary>
internal sealed class RedisConnections(RedisOptions options) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<(string Scheme, string Server), Lazy<Task<ConnectionMultiplexer>>> _servers = new();
    private volatile bool _disposed;

    /// <summary>The database that a URI names.</summary>
    public async Task<IDatabase> DatabaseAsync(ObjectUri uri, int database, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var server = (uri.Scheme, uri.Container);
        var connecting = _servers.GetOrAdd(server, key => new Lazy<Task<ConnectionMultiplexer>>(() => ConnectAsync(key.Scheme, key.Server)));
        try
        {
            return (await connecting.Value.WaitAsync(cancellationToken).ConfigureAwait(false)).GetDatabase(database);
        }
        catch when (connecting.IsValueCreated && connecting.Value.IsFaulted)
        {
            // The next request tries anew.
            _servers.TryRemove(KeyValuePair.Create(server, connecting));
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        foreach (var connecting in _servers.Values)
        {
            if (!connecting.IsValueCreated)
                continue;
            await ((Task)connecting.Value).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (connecting.Value.IsCompletedSuccessfully)
                await connecting.Value.Result.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<ConnectionMultiplexer> ConnectAsync(string scheme, string server)
    {
        var configuration = new ConfigurationOptions
        {
            Ssl = scheme == "rediss",
            User = options.User ?? Variable("REDIS_USERNAME"),
            Password = options.Password ?? Variable("REDIS_PASSWORD"),
            ConnectTimeout = (int)options.ConnectTimeout.TotalMilliseconds,
            AsyncTimeout = (int)options.Timeout.TotalMilliseconds,
            SyncTimeout = (int)options.Timeout.TotalMilliseconds,
            ClientName = "dataplug",

            // Retries and waits are those of all stores: what can't be sent now fails now.
            AbortOnConnectFail = true,
            ConnectRetry = 1,
            BacklogPolicy = BacklogPolicy.FailFast,
            IncludeDetailInExceptions = false,
        };
        try
        {
            configuration.EndPoints.Add(server);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            throw new InvalidUriException($"{scheme}://{server}", "this names no server", "Write redis://host:port/database/bucket/key.", innerException: exception);
        }

        return await ConnectionMultiplexer.ConnectAsync(configuration).ConfigureAwait(false);
    }

    private string? Variable(string name) => options.Environment(name) is { Length: > 0 } value ? value : null;
}
