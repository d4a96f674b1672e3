namespace Dataplug.Lithops.Backends.Http;

/// <summary>How an <see cref="HttpBackend"/> reaches its workers.</summary>
public sealed record HttpBackendOptions : RemoteBackendOptions
{
    /// <summary>Where invocations are posted to: the service's or function's URL.</summary>
    public required Uri Url { get; init; }

    /// <summary>Headers of every request, such as an API key.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Called for each request before it is sent, for what has to be made anew each time: an identity token, a signature over
    /// the body. Null for nothing.</summary>
    public Func<HttpRequestMessage, CancellationToken, ValueTask>? Authenticate { get; init; }

    /// <summary>How long an invocation goes on being offered to a service that has no place for it (429, 503), or that can't be
    /// reached.</summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The longest wait before the second offer; the next ones wait for up to twice as long each time, 30 s at most, and never
    /// less than the service asks for by Retry-After.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a connection may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    internal override void Validate()
    {
        base.Validate();
        if (!Url.IsAbsoluteUri || Url.Scheme is not ("http" or "https"))
            throw new ArgumentException("The URL of the workers has to be an absolute http(s) URL.", nameof(Url));
        ArgumentOutOfRangeException.ThrowIfLessThan(RetryFor, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(RetryDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ConnectTimeout, TimeSpan.Zero);
    }
}
