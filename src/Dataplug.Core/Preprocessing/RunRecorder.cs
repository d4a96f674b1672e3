using Dataplug.Metadata;

namespace Dataplug.Preprocessing;

/// <summary>
/// Writes a run into the catalog beside the work: the database is opened while the first chunks are read, and is written at
/// most about once a second, however many chunks end.
/// </summary>
internal sealed class RunRecorder
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly MetadataOptions _options;
    private readonly RunRow _run;
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource<Ending> _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _worker;
    private List<int> _chunks = [];
    private long _bytesDone;
    private bool _isChanged;

    private RunRecorder(MetadataOptions options, RunRow run)
    {
        _options = options;
        _run = run;
        _bytesDone = run.BytesDone;
        _worker = Task.Run(WorkAsync);
    }

    private sealed record Ending(CatalogRunState State, string? Error, SidecarReader? Sidecar);

    /// <summary>Begins with a run and its chunks.</summary>
    public static RunRecorder Start(MetadataOptions options, RunRow run) => new(options, run);

    /// <summary>Notes progress; returns at once.</summary>
    /// <exception cref="DataplugException">The catalog could not be written so far.</exception>
    public void Advance(long bytesDone, int? chunk = null)
    {
        if (_worker.IsFaulted)
            _worker.GetAwaiter().GetResult();
        lock (_lock)
        {
            _bytesDone = Math.Max(_bytesDone, bytesDone);
            if (chunk is { } index)
                _chunks.Add(index);
            _isChanged = true;
        }
    }

    /// <summary>Enters the end of the run and waits until it is written.</summary>
    public Task FinishAsync(CatalogRunState state, string? error = null, SidecarReader? sidecar = null)
    {
        _ending.TrySetResult(new Ending(state, error, sidecar));
        return _worker;
    }

    private async Task WorkAsync()
    {
        var catalog = await Catalog.OpenAsync(_options).ConfigureAwait(false);
        await catalog.StartRunAsync(_run, CancellationToken.None).ConfigureAwait(false);
        while (!_ending.Task.IsCompleted)
        {
            await Task.WhenAny(_ending.Task, Task.Delay(Interval)).ConfigureAwait(false);
            await FlushAsync(catalog, CatalogRunState.Running, null, always: false).ConfigureAwait(false);
        }

        var ending = await _ending.Task.ConfigureAwait(false);
        if (ending.Sidecar is { } sidecar)
            await catalog.AddAsync(sidecar, CancellationToken.None).ConfigureAwait(false);
        await FlushAsync(catalog, ending.State, ending.Error, always: true).ConfigureAwait(false);
    }

    private Task FlushAsync(Catalog catalog, CatalogRunState state, string? error, bool always)
    {
        List<int> chunks;
        long bytesDone;
        lock (_lock)
        {
            if (!_isChanged && !always)
                return Task.CompletedTask;
            chunks = _chunks;
            _chunks = [];
            _isChanged = false;
            bytesDone = state == CatalogRunState.Succeeded ? _run.Size : _bytesDone;
        }

        return catalog.UpdateRunAsync(_run.Id, state, bytesDone, chunks, error, CancellationToken.None);
    }
}
