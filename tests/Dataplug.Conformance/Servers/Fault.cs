namespace Dataplug.Conformance.Servers;

/// <summary>What a <see cref="FaultProxy"/> does to one request.</summary>
public enum FaultKind
{
    /// <summary>Ends the connection with a reset instead of passing the request on.</summary>
    RefuseRequest,

    /// <summary>Passes the request on, then ends the connection with a reset after some bytes of the answer's body (−1: before
    /// its head).</summary>
    Reset,

    /// <summary>Passes the request on, then closes the connection in good order after some bytes of the body, which is
    /// announced in full.</summary>
    ShortBody,

    /// <summary>Passes the request on, then falls silent after some bytes of the answer's body (−1: before its head).</summary>
    Stall,

    /// <summary>Answers with a status itself.</summary>
    Status,

    /// <summary>Passes everything on, late.</summary>
    Latency,
}

/// <summary>One fault.</summary>
public sealed record Fault(FaultKind Kind)
{
    /// <summary>After how many bytes of the body it happens.</summary>
    public long AfterBytes { get; init; }

    /// <summary>The status to answer with.</summary>
    public int StatusCode { get; init; } = 503;

    /// <summary>The value of Retry-After; null for none.</summary>
    public string? RetryAfter { get; init; }

    /// <summary>How late.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>A random fault for a share of the requests, the same ones for the same seed when requests come one by one.</summary>
    public static Func<ProxyRequest, Fault?> Randomly(int seed, double share, int maxBytes)
    {
        var random = new Random(seed);
        return request =>
        {
            lock (random)
            {
                if (random.NextDouble() >= share)
                    return null;
                var after = random.Next(-1, maxBytes);
                return random.Next(5) switch
                {
                    0 => new Fault(FaultKind.RefuseRequest),
                    1 => new Fault(FaultKind.Reset) { AfterBytes = after },
                    2 => new Fault(FaultKind.ShortBody) { AfterBytes = Math.Max(0, after) },
                    3 => new Fault(FaultKind.Stall) { AfterBytes = after },
                    _ => new Fault(FaultKind.Status) { RetryAfter = "0" },
                };
            }
        };
    }
}

/// <summary>A request that came by.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Method">GET, PUT, …</param>
/// <param name="Target">Path and query as sent.</param>
/// <param name="Head">The whole head as sent.</param>
public sealed record ProxyRequest(int Number, string Method, string Target, string Head);
