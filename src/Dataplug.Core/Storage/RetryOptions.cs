namespace Dataplug.Storage;

/// <summary>
/// How requests that failed for a passing reason are sent again: lost connections, timeouts, stalls, short bodies, and the
/// statuses 408, 429, 500, 502, 503 and 504.
/// </summary>
/// <remarks>The wait before the n-th repetition is a random time between zero and <see cref="BaseDelay"/> · 2ⁿ⁻¹, at most
/// <see cref="MaxDelay"/> ("full jitter"), or what the server asks for with Retry-After where that is longer.</remarks>
public sealed record RetryOptions
{
    /// <summary>Six attempts over at most some minutes.</summary>
    public static RetryOptions Default { get; } = new();

    /// <summary>One attempt, no repetition.</summary>
    public static RetryOptions None { get; } = new() { MaxAttempts = 1 };

    /// <summary>The most times a request is sent; for a read, in a row without progress of at least 64 KiB. At least 1.</summary>
    public int MaxAttempts { get; init; } = 6;

    /// <summary>The upper bound of the first wait.</summary>
    public TimeSpan BaseDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The upper bound of every wait, except one that the server asks for.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The most time from the first failure to the last attempt; no wait is begun that would end later.</summary>
    public TimeSpan MaxElapsed { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>How long a server may be silent, before the answer or in the middle of a body, until the attempt is given up.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The slowest upload that is waited for, in bytes a second: an upload may take <see cref="IdleTimeout"/> and the
    /// time that its bytes take at this rate.</summary>
    public int SlowestUpload { get; init; } = 64 << 10;

    /// <summary>How long the server may work on a copy or on putting parts together until the attempt is given up.</summary>
    public TimeSpan ServerWorkTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>The clock that waits are measured by.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where the jitter comes from.</summary>
    internal Random Random { get; init; } = Random.Shared;
}
