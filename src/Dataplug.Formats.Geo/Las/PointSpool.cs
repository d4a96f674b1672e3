namespace Dataplug.Formats.Geo;

/// <summary>Points that wait for their header: in memory, or in a temporary file when they are many.</summary>
internal sealed class PointSpool(long mostInMemory = 256 << 20) : IAsyncDisposable
{
    private readonly List<ReadOnlyMemory<byte>> _pieces = [];
    private long _length;
    private FileStream? _file;

    public async ValueTask AddAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        if (piece.IsEmpty)
            return;
        try
        {
            await KeepAsync(piece, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new StorageException(_file?.Name ?? Path.GetTempPath(), "points could not be kept in a temporary file", "Make room there, name another folder by the environment variable TMPDIR, or cut the object into smaller slices.", innerException: e);
        }
    }

    /// <summary>All of it, in order; each piece is valid until the next.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var piece in _pieces)
            yield return piece;
        if (_file is null)
            yield break;
        _file.Position = 0;
        var buffer = new byte[1 << 20];
        for (int read; (read = await _file.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
            yield return buffer.AsMemory(0, read);
    }

    public ValueTask DisposeAsync() => _file?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async ValueTask KeepAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        if (_file is null && _length + piece.Length > mostInMemory)
        {
            _file = new FileStream(Path.Combine(Path.GetTempPath(), $"dataplug-points-{Guid.NewGuid():N}"), new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
                BufferSize = 0,
            });
            foreach (var kept in _pieces)
                await _file.WriteAsync(kept, cancellationToken).ConfigureAwait(false);
            _pieces.Clear();
        }

        _length += piece.Length;
        if (_file is null)
            _pieces.Add(piece);
        else
            await _file.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
    }
}
