namespace Dataplug.Storage;

/// <summary>How plain HTTP(S) servers are asked.</summary>
public sealed record HttpOptions
{
    /// <summary>Headers to send with every request, e.g. <c>Authorization</c>; null for none.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>How long to wait for a connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest time from sending a request to the head of its answer. Stalls are cut off far sooner by
    /// <see cref="RetryOptions"/>.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The most connections to one server.</summary>
    public int MaxConnections { get; init; } = 64;

    /// <summary>How many bytes may be read and thrown away to reach a range on a server that sends the whole object whatever
    /// range is asked for. Further inside, such a server can't be used.</summary>
    public long MaxSkip { get; init; } = 1 << 20;
}
