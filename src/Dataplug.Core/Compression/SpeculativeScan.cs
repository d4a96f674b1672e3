using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;

namespace Dataplug.Compression;

/// <summary>
/// Drives a scan with the help of other cores: while the scan decodes, workers decode chunks that lie ahead of it from guessed block
/// starts, and where the scan arrives at such a start it takes over what they have (Kerbiriou and Chikhi 2019; Knespel and Brunst,
/// HPDC 2023). What the scan reports is the same as without.
/// </summary>
/// <remarks>
/// <para>The scan does not wait for a worker that is late: each takes the nearest chunk that it can be expected to finish before the
/// scan gets there, by the times that chunks took so far; where it does not, because its core is busy with something else, the scan
/// decodes the chunk, too. The more workers, the more of the scan's work becomes copying.</para>
/// <para>Where that does not pay (stored data, blocks that can't be found, cores that are busy, slow storage), the pace over some
/// chunks is no better than that of the scan alone, which is measured at the start and now and then; the workers then rest,
/// longer each time.</para>
/// <para>Memory: 2 · workers + 4 chunks as they are stored, and the output of workers + 2 of them.</para>
/// </remarks>
internal sealed class SpeculativeScan<TVisitor> : IDisposable
    where TVisitor : IGzipVisitor
{
    private const int Slack = 4;
    private const int FirstWindow = 4;
    private const int PaceWindow = 8;
    private const int LongestRest = 64;

    // How long the scan waits for a worker that is late; to decode a chunk takes longer.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(1);

    private readonly GzipScan<TVisitor> _scan;
    private readonly SpeculationOptions _options;
    private readonly SpeculatedBlocks _blocks;
    private readonly ConcurrentStack<SpeculativeInput> _freeInputs = [];
    private readonly SemaphoreSlim _inputSlots;
    private readonly List<Thread> _workers = [];
    private readonly long _start;

    // All below is guarded by the gate; workers wait on it for something to do.
    private readonly object _gate = new();
    private readonly List<SpeculativeInput> _ahead = [];
    private readonly List<SpeculatedChunk> _chunks = [];
    private readonly Stack<SpeculatedChunk> _freeChunks = new();
    private readonly int _chunkLimit;
    private bool _stopped;
    private bool _rests;

    // Stopwatch ticks that a chunk takes: decoded by the scan, copied by the scan, decoded by a worker.
    private double _decoding;
    private double _copying;
    private double _speculating;
    private long _currentSince;
    private double _currentLasts;

    private double _paceAlone = double.PositiveInfinity;
    private long _windowSince;
    private int _window = FirstWindow;
    private int _windowLeft = FirstWindow;
    private int _rest = 1;
    private int _restLeft;

    public SpeculativeScan(GzipScan<TVisitor> scan, SpeculationOptions options)
    {
        _scan = scan;
        _options = options;
        _start = scan.InputPosition;
        _rests = !options.Always;
        _chunkLimit = options.Always ? int.MaxValue : options.Workers + 2;
        _inputSlots = new SemaphoreSlim(2 * options.Workers + Slack);
        _blocks = new SpeculatedBlocks(FreeChunk);
        scan.Speculation = _blocks;
    }

    /// <summary>Bytes of output that were copied from what workers had decoded.</summary>
    public long Copied => _blocks.Copied;

    /// <summary>Runs the scan to the object's end.</summary>
    /// <param name="input">The object's bytes from the scan's place on.</param>
    /// <param name="progress">Told after every chunk how many bytes of the object are done.</param>
    /// <param name="cancellationToken">Cancels reading and waiting; the scan looks at its own.</param>
    public async Task<GzipScanResult> RunAsync(Stream input, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var loaded = Channel.CreateUnbounded<SpeculativeInput>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        var loading = LoadAsync(input, loaded.Writer, ending.Token);
        for (var i = 0; i < _options.Workers; i++)
        {
            var worker = new Thread(Work) { IsBackground = true, Name = "dataplug inflate" };
            _workers.Add(worker);
            worker.Start();
        }

        try
        {
            _windowSince = Stopwatch.GetTimestamp();
            for (; ; )
            {
                var current = await NextAsync(loaded.Reader, cancellationToken).ConfigureAwait(false);
                var (copied, output) = (_blocks.Copied, _scan.OutputPosition);
                var unconsumed = Push(current);
                progress?.Report(_scan.InputPosition);
                if (current.IsLast)
                    return _scan.End(unconsumed);
                Learn(isCopied: 2 * (_blocks.Copied - copied) > _scan.OutputPosition - output);
                lock (_gate)
                    Release(current);
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await ((Task)loading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }
        foreach (var worker in _workers)
            worker.Join();
        _scan.Speculation = null;
        foreach (var chunk in _chunks)
            chunk.Dispose();
        _inputSlots.Dispose();
    }

    /// <summary>Reads chunks, as many ahead as there are slots.</summary>
    private async Task LoadAsync(Stream input, ChannelWriter<SpeculativeInput> loaded, CancellationToken cancellationToken)
    {
        try
        {
            SpeculativeInput? before = null;
            for (var isLast = false; !isLast;)
            {
                await _inputSlots.WaitAsync(cancellationToken).ConfigureAwait(false);
                if (!_freeInputs.TryPop(out var next))
                    next = new SpeculativeInput(_options);
                if (before is null)
                    next.Begin(_start);
                else
                    next.Follow(before, _options.ChunkLength);
                var free = next.Free;
                var read = await input.ReadAtLeastAsync(free, free.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
                next.Length += read;
                next.IsLast = isLast = next.Length <= _options.ChunkLength;
                await loaded.WriteAsync(next, cancellationToken).ConfigureAwait(false);
                before = next;
            }
            loaded.Complete();
        }
        catch (Exception failure)
        {
            loaded.Complete(failure);
        }
    }

    /// <summary>The next chunk; a worker that is at it is waited for.</summary>
    private async ValueTask<SpeculativeInput> NextAsync(ChannelReader<SpeculativeInput> loaded, CancellationToken cancellationToken)
    {
        for (; ; )
        {
            SpeculativeInput? current = null;
            lock (_gate)
            {
                while (loaded.TryRead(out var input))
                    _ahead.Add(input);
                if (_ahead.Count > 0)
                {
                    current = _ahead[0];
                    if (_options.Always && !current.IsClaimed && current.Position > _start)
                    {
                        // A worker takes it at once.
                        Monitor.PulseAll(_gate);
                        while (!current.IsClaimed && !_stopped)
                            Monitor.Wait(_gate);
                    }
                    _ahead.RemoveAt(0);
                    Monitor.PulseAll(_gate);
                }
            }
            if (current is null)
            {
                if (!await loaded.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
                    throw new UnreachableException("The object's last chunk is its end.");
                continue;
            }

            if (current.Result is { IsCompleted: false } late)
                await ((Task)late).WaitAsync(_options.Always ? Timeout.InfiniteTimeSpan : Patience, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            lock (_gate)
            {
                var chunk = current.Result is { IsCompleted: true } done ? done.GetAwaiter().GetResult() : null;
                if (chunk is not null)
                    _blocks.Add(chunk);
                else
                    current.IsGivenUp = true;
                _currentSince = Stopwatch.GetTimestamp();
                _currentLasts = chunk is null ? _decoding : _copying;
            }
            return current;
        }
    }

    /// <summary>Nobody needs a chunk's output any more: a worker may wait for one.</summary>
    private void FreeChunk(SpeculatedChunk chunk)
    {
        lock (_gate)
        {
            _freeChunks.Push(chunk);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>The scan, or the worker that had it, no longer needs a chunk. The gate is held.</summary>
    private void Release(SpeculativeInput input)
    {
        if (--input.Users > 0)
            return;
        _freeInputs.Push(input);
        _inputSlots.Release();
    }

    /// <summary>Gives the scan what it has not had of a chunk.</summary>
    /// <returns>The bytes of it that were left.</returns>
    private int Push(SpeculativeInput chunk)
    {
        var bytes = chunk.All;
        var end = SpeculativeInput.Headroom + (chunk.IsLast ? chunk.Length : _options.ChunkLength);
        var from = SpeculativeInput.Headroom + (_scan.InputPosition - chunk.Position);
        if (from >= end)
            return 0;
        var length = end - (int)from;
        return length - Math.Min(length, _scan.Push(bytes.Slice((int)from, length)));
    }

    /// <summary>Takes the measure of the chunk that was just done, and decides whether workers are worth their while.</summary>
    private void Learn(bool isCopied)
    {
        if (_options.Always)
            return;
        lock (_gate)
        {
            var now = Stopwatch.GetTimestamp();
            ref var time = ref isCopied ? ref _copying : ref _decoding;
            time = Smooth(time, now - _currentSince);
            // What took long once may not again: estimates that keep workers from trying fade.
            _speculating *= 0.98;
            _copying *= 0.98;
            if (--_windowLeft > 0)
                return;
            var pace = (now - _windowSince) / (double)_window;
            if (_rests)
            {
                _paceAlone = pace;
                if (--_restLeft <= 0)
                    _rests = false;
            }
            else if (pace > 0.97 * _paceAlone)
            {
                _rests = true;
                _restLeft = _rest;
                _rest = Math.Min(2 * _rest, LongestRest);
            }
            else
            {
                _rest = 1;
            }
            _window = _windowLeft = PaceWindow;
            _windowSince = now;
            Monitor.PulseAll(_gate);
        }
    }

    private static double Smooth(double known, double measured) => known == 0 ? measured : 0.75 * known + 0.25 * measured;

    /// <summary>What a worker does.</summary>
    private unsafe void Work()
    {
        while (WaitForChunk() is var (input, chunk, isNew))
        {
            var since = Stopwatch.GetTimestamp();
            Exception? failure = null;
            var found = false;
            try
            {
                found = chunk.TryDecode(input.Start, input.Length, input.Position, Math.Min(_options.ChunkLength, input.Length));
            }
            catch (Exception exception)
            {
                failure = exception;
            }
            lock (_gate)
            {
                // The first time its memory is new, which takes longer than the decoding.
                if (!isNew)
                    _speculating = Smooth(_speculating, Stopwatch.GetTimestamp() - since);
                if (!found || input.IsGivenUp)
                    _freeChunks.Push(chunk);
                if (failure is not null)
                    input.Completion!.SetException(failure);
                else
                    input.Completion!.SetResult(found ? chunk : null);
                Release(input);
            }
        }
    }

    /// <summary>Something to decode, and where to: there may be one more of it, which is new.</summary>
    private (SpeculativeInput Input, SpeculatedChunk Chunk, bool IsNew)? WaitForChunk()
    {
        lock (_gate)
        {
            for (; ; )
            {
                if (_stopped)
                    return null;
                var isNew = _freeChunks.Count == 0;
                if ((!isNew || _chunks.Count < _chunkLimit) && TryClaim() is { } input)
                {
                    var chunk = isNew ? new SpeculatedChunk(_options.MaxOutput) : _freeChunks.Pop();
                    if (isNew)
                        _chunks.Add(chunk);
                    input.Users++;
                    input.Completion = new TaskCompletionSource<SpeculatedChunk?>(TaskCreationOptions.RunContinuationsAsynchronously);
                    Monitor.PulseAll(_gate);
                    return (input, chunk, isNew);
                }
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>The nearest chunk that the scan will not reach before a worker can be done with it.</summary>
    private SpeculativeInput? TryClaim()
    {
        if (_options.Always)
            return _ahead.Find(input => !input.IsClaimed && input.Position > _start);
        if (_rests || _decoding == 0)
            return null;
        var speculating = _speculating > 0 ? _speculating : 2 * _decoding;
        var copying = _copying > 0 ? _copying : _decoding / 4;
        if (copying > 0.9 * _decoding)
            return null;
        var arrival = Math.Max(0, _currentLasts - (Stopwatch.GetTimestamp() - _currentSince));
        foreach (var input in _ahead)
        {
            if (!input.IsClaimed && arrival >= speculating)
                return input;
            arrival += input.IsClaimed ? copying : _decoding;
        }
        return null;
    }
}
