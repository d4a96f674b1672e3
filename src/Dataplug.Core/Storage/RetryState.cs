using System.Globalization;

namespace Dataplug.Storage;

/// <summary>One request's attempts: counts them, and waits between them or gives up.</summary>
internal sealed class RetryState(RetryOptions options)
{
    private int _failures;
    private long _firstFailure;

    /// <summary>Forgets the failures so far, since the request has got on.</summary>
    public void Reset() => _failures = 0;

    /// <summary>Waits before the next attempt.</summary>
    /// <exception cref="StorageException">There is none: attempts or time are used up.</exception>
    public async Task WaitAsync(StorageException failure, CancellationToken cancellationToken)
    {
        var time = options.Time;
        if (_failures++ == 0)
            _firstFailure = time.GetTimestamp();
        if (_failures >= options.MaxAttempts)
            throw GivenUp(failure, null);

        var delay = DelayBefore(_failures, failure.RetryAfter);
        if (time.GetElapsedTime(_firstFailure) + delay > options.MaxElapsed)
            throw GivenUp(failure, failure.RetryAfter);
        await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The wait before the repetition with this number, from 1: full jitter over an exponentially growing bound.</summary>
    internal TimeSpan DelayBefore(int repetition, TimeSpan? retryAfter)
    {
        var bound = Math.Min(options.MaxDelay.TotalMilliseconds, options.BaseDelay.TotalMilliseconds * Math.Pow(2, repetition - 1));
        var delay = TimeSpan.FromMilliseconds(options.Random.NextDouble() * bound);
        return retryAfter is { } asked && asked > delay ? asked : delay;
    }

    private StorageException GivenUp(StorageException failure, TimeSpan? asked)
    {
        if (options.MaxAttempts == 1)
            return failure;
        var why = asked is { } wait && wait > options.MaxElapsed
            ? string.Create(CultureInfo.InvariantCulture, $"{failure.Problem}; it asks to wait {wait.TotalSeconds:0} s, which is longer than is waited")
            : string.Create(CultureInfo.InvariantCulture, $"{failure.Problem}; given up after {_failures} attempts");
        return new StorageException(
            failure.ObjectName, why, failure.Cure, failure.ByteOffset, failure, isTransient: true, statusCode: failure.StatusCode, retryAfter: failure.RetryAfter);
    }
}
