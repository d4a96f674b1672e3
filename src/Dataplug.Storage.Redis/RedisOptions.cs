namespace Dataplug.Storage;

/// <summary>How Redis servers are reached. What is left null comes from the environment: <c>REDIS_USERNAME</c> and
/// <c>REDIS_PASSWORD</c>. The server itself is in the URI.</summary>
public sealed record RedisOptions
{
    /// <summary>The user, for servers with access lists; null for the server's default user.</summary>
    public string? User { get; init; }

    /// <summary>The password; null for none.</summary>
    public string? Password { get; init; }

    /// <summary>How long to wait for a connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long to wait for an answer; the bytes of a request and its answer count in.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long parts of an upload stay that a killed process left behind.</summary>
    public TimeSpan UnfinishedUploadsLast { get; init; } = TimeSpan.FromDays(1);

    /// <summary>The longest string that is stored: longer contents are several strings. Redis itself takes at most 512 MiB, and serves
    /// nobody else while it takes one in.</summary>
    internal int ChunkSize { get; init; } = 64 << 20;

    /// <summary>How many bytes are asked for at once: that much memory an open read takes. As large as the parts of reads ahead.</summary>
    internal int ReadSize { get; init; } = 8 << 20;

    /// <summary>Where <c>REDIS_…</c> variables are looked up.</summary>
    internal Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    // The compiler's own would print the password.
    private bool PrintMembers(System.Text.StringBuilder text)
    {
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"User = {User}, ConnectTimeout = {ConnectTimeout}, Timeout = {Timeout}");
        return true;
    }
}
