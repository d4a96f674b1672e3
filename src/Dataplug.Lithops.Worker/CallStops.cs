using Dataplug.Lithops.Jobs;

namespace Dataplug.Lithops.Worker;

/// <summary>Tells attempts of an invocation to stop, each by its name, before or while it runs.</summary>
internal sealed class CallStops
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _stopped = new(StringComparer.Ordinal);
    private string? _current;
    private CancellationTokenSource? _cancellation;

    public void Stop(string call)
    {
        CancellationTokenSource? cancellation;
        lock (_gate)
        {
            _stopped.Add(call);
            cancellation = call == _current ? _cancellation : null;
        }

        // The callbacks are user code.
        cancellation?.CancelAsync().IgnoreFailure();
    }

    public bool IsStopped(string call)
    {
        lock (_gate)
            return _stopped.Contains(call);
    }

    /// <summary>From now on this attempt runs, and is stopped by its source.</summary>
    public void Enter(string call, CancellationTokenSource cancellation)
    {
        lock (_gate)
            (_current, _cancellation) = (call, cancellation);
        if (IsStopped(call))
            Stop(call);
    }

    /// <summary>No attempt runs.</summary>
    public void Leave()
    {
        lock (_gate)
            (_current, _cancellation) = (null, null);
    }
}
