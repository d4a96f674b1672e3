namespace Dataplug.Lithops.Backends;

/// <summary>Waits that grow, with full jitter, so that many who were refused at once don't come back at once.</summary>
internal sealed class Backoff(TimeSpan patience, TimeSpan baseDelay)
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    private readonly long _started = TimeProvider.System.GetTimestamp();
    private int _waits;

    /// <param name="atLeast">What was asked for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False, at once, when there is no patience left for the wait.</returns>
    public async Task<bool> WaitAsync(TimeSpan? atLeast, CancellationToken cancellationToken)
    {
        var longest = Math.Min(baseDelay.TotalMilliseconds * Math.Pow(2, Math.Min(_waits++, 30)), LongestDelay.TotalMilliseconds);
        var wait = TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * longest);
        if (atLeast > wait)
            wait = atLeast.Value + wait;
        if (TimeProvider.System.GetElapsedTime(_started) + wait > patience)
            return false;
        await Task.Delay(wait, cancellationToken).ConfigureAwait(false);
        return true;
    }
}
