using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.ExceptionServices;

namespace Dataplug.Storage;

/// <summary>
/// A stream that is read ahead of its reader by another task, so that waiting for the network and working on what came overlap.
/// Sends no request of its own: one answer stays one answer. Memory is at most <see cref="Ahead"/> and a segment.
/// </summary>
/// <remarks>Nothing is read before the first read. A failure is thrown after all bytes that came before it were given out.</remarks>
internal sealed class PrefetchStream : ForwardStream
{
    /// <summary>How many bytes are read ahead.</summary>
    public const int Ahead = 1 << 20;

    private const int SegmentSize = 128 << 10;

    private readonly Stream _inner;
    private readonly Pipe _pipe = new(new PipeOptions(
        pauseWriterThreshold: Ahead, resumeWriterThreshold: Ahead / 2, minimumSegmentSize: SegmentSize, useSynchronizationContext: false));

    private readonly CancellationTokenSource _stop = new();
    private ExceptionDispatchInfo? _failure;
    private Task? _pump;
    private bool _disposed;

    /// <param name="inner">The stream; owned.</param>
    public PrefetchStream(Stream inner) => _inner = inner;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (buffer.IsEmpty)
            return 0;
        _pump ??= Task.Run(PumpAsync, CancellationToken.None);

        // The caller's token stops the wait; the reading ahead goes on until the stream is disposed.
        var result = await _pipe.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        var available = result.Buffer;
        if (available.IsEmpty)
        {
            _pipe.Reader.AdvanceTo(available.End);
            _failure?.Throw();
            return 0;
        }

        var taken = available.Slice(0, Math.Min(available.Length, buffer.Length));
        taken.CopyTo(buffer.Span);
        var count = (int)taken.Length;
        _pipe.Reader.AdvanceTo(taken.End);
        return count;
    }

    public override async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        // The pump ends on its own, and soon, once it is told to: nothing waits for it here.
        if (disposing)
            _ = StopAsync();
        base.Dispose(disposing);
    }

    private async Task PumpAsync()
    {
        try
        {
            for (; ; )
            {
                var read = await _inner.ReadAsync(_pipe.Writer.GetMemory(SegmentSize), _stop.Token).ConfigureAwait(false);
                if (read == 0)
                    break;
                _pipe.Writer.Advance(read);
                if ((await _pipe.Writer.FlushAsync(_stop.Token).ConfigureAwait(false)).IsCompleted)
                    break;
            }
        }
        catch (Exception failure)
        {
            // Handed to the reader when it comes to the place, whatever it is.
            _failure = ExceptionDispatchInfo.Capture(failure);
        }

        await _pipe.Writer.CompleteAsync().ConfigureAwait(false);
    }

    private async Task StopAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_pump is { } pump)
            await pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _pipe.Reader.CompleteAsync().ConfigureAwait(false);
        await _inner.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }
}
