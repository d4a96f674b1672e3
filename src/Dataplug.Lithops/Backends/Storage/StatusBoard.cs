using Dataplug.Lithops.Protocol;
using Dataplug.Storage;

namespace Dataplug.Lithops.Backends.Storage;

/// <summary>
/// Looks for the ends of many attempts at once: one listing in place of a request for each. Used when enough of them wait for workers
/// that don't tell.
/// </summary>
internal sealed class StatusBoard(IObjectStore store, JobLayout layout, string job)
{
    /// <summary>With fewer that wait, each asks for its own status.</summary>
    private const int Least = 4;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, TaskCompletionSource> _waiting = new(StringComparer.Ordinal);
    private readonly bool _canList = store.Capabilities.HasFlag(StoreCapabilities.List);
    private long _lastNews = TimeProvider.System.GetTimestamp();
    private bool _isLooking;

    /// <summary>Begins to wait for an attempt.</summary>
    public Entry Watch(string call)
    {
        var there = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Add(call, there);
            _lastNews = TimeProvider.System.GetTimestamp();
            if (!_isLooking && IsBusy)
            {
                _isLooking = true;
                _ = LookAsync();
            }
        }

        return new Entry(this, call, there.Task);
    }

    private bool IsBusy => _canList && _waiting.Count >= Least;

    private async Task LookAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (true)
        {
            TimeSpan pause;
            lock (_gate)
            {
                if (!IsBusy)
                {
                    _isLooking = false;
                    return;
                }

                pause = TimeSpan.FromTicks(Math.Clamp(TimeProvider.System.GetElapsedTime(_lastNews).Ticks / 10, ShortestPause.Ticks, LongestPause.Ticks));
            }

            await Task.Delay(pause).ConfigureAwait(false);
            try
            {
                await foreach (var status in store.ListAsync(layout.Statuses(job)).ConfigureAwait(false))
                    Found(layout.CallOfStatus(job, status.Uri));
            }
            catch (DataplugException)
            {
                // The next listing may come through; the attempts ask for themselves at each heartbeat.
            }
        }
    }

    private void Found(string call)
    {
        TaskCompletionSource? there;
        lock (_gate)
        {
            if (!_waiting.TryGetValue(call, out there) || there.Task.IsCompleted)
                return;
            _lastNews = TimeProvider.System.GetTimestamp();
        }

        there.TrySetResult();
    }

    private void Forget(string call)
    {
        lock (_gate)
            _waiting.Remove(call);
    }

    /// <summary>An attempt that waits; disposed when it doesn't any more.</summary>
    internal sealed class Entry(StatusBoard board, string call, Task there) : IDisposable
    {
        /// <summary>Done when its status has been seen.</summary>
        public Task There => there;

        /// <summary>Whether listings look for it.</summary>
        public bool IsLookedFor
        {
            get
            {
                lock (board._gate)
                    return board._isLooking;
            }
        }

        public void Dispose() => board.Forget(call);
    }
}
