using Dataplug.Storage;

namespace Dataplug.Formats.Geo;

/// <summary>A stream of what is made piece by piece while it is read.</summary>
internal sealed class PieceStream(IAsyncEnumerable<ReadOnlyMemory<byte>> pieces) : ForwardStream
{
    private readonly IAsyncEnumerator<ReadOnlyMemory<byte>> _pieces = pieces.GetAsyncEnumerator();
    private ReadOnlyMemory<byte> _piece;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_piece.IsEmpty && buffer.Length > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!await _pieces.MoveNextAsync().ConfigureAwait(false))
                return 0;
            _piece = _pieces.Current;
        }

        var length = Math.Min(buffer.Length, _piece.Length);
        _piece[..length].CopyTo(buffer);
        _piece = _piece[length..];
        return length;
    }

    public override async ValueTask DisposeAsync()
    {
        await _pieces.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }
}
