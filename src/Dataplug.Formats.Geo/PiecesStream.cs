using System.Runtime.ExceptionServices;
using Dataplug.Storage;

namespace Dataplug.Formats.Geo;

/// <summary>A stream of pieces that are made one after another, when they are asked for; each is valid until the next.</summary>
internal sealed class PiecesStream(Func<CancellationToken, IAsyncEnumerable<ReadOnlyMemory<byte>>> pieces) : ForwardStream
{
    private readonly CancellationTokenSource _stop = new();
    private IAsyncEnumerator<ReadOnlyMemory<byte>>? _pieces;
    private ReadOnlyMemory<byte> _piece;
    private bool _ended;
    private ExceptionDispatchInfo? _failure;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        using var registration = cancellationToken.UnsafeRegister(static stop => ((CancellationTokenSource)stop!).Cancel(), _stop);
        while (_piece.IsEmpty)
        {
            // Whoever tries again must not take a failure for the end.
            _failure?.Throw();
            if (_ended)
                return 0;
            await NextAsync().ConfigureAwait(false);
        }

        var count = Math.Min(buffer.Length, _piece.Length);
        _piece[..count].CopyTo(buffer);
        _piece = _piece[count..];
        return count;
    }

    public override async ValueTask DisposeAsync()
    {
        if (_pieces is { } enumerator)
        {
            _pieces = null;
            _ended = true;
            await enumerator.DisposeAsync().ConfigureAwait(false);
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            if (_pieces is { } enumerator)
            {
                _pieces = null;
                _ended = true;
                enumerator.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }

            _stop.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask NextAsync()
    {
        try
        {
            _pieces ??= pieces(_stop.Token).GetAsyncEnumerator(_stop.Token);
            _ended = !await _pieces.MoveNextAsync().ConfigureAwait(false);
            _piece = _ended ? default : _pieces.Current;
        }
        catch (Exception failure)
        {
            _failure = ExceptionDispatchInfo.Capture(failure);
            throw;
        }
    }
}
