using Microsoft.Win32.SafeHandles;

namespace Dataplug.Storage;

/// <summary>
/// An upload in parts to a file. Parts of one size, which is what uploads send, are written straight to their place; any
/// other mix is put together on completion.
/// </summary>
internal sealed class FileMultipartUpload(ObjectUri uri, string target, PutOptions options, FileMetadata metadata) : IMultipartUpload
{
    private const int CopyBufferSize = 1 << 20;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<int, Part> _parts = [];
    private SafeFileHandle? _file;
    private string? _path;
    private long _stride;
    private bool _finished;

    public int MinimumPartSize => 1;

    public Task UploadPartAsync(int partNumber, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(partNumber, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(partNumber, 10_000);
        return FileStore.Guard(uri, async () =>
        {
            Part part;
            Part? former;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_finished, this);
                if (_file is null)
                {
                    _path = FileStore.NewTemporary(target, out _file);
                    _stride = content.Length;
                }

                _parts.TryGetValue(partNumber, out former);
                part = content.Length <= _stride
                    ? new Part(_path!, _file, (partNumber - 1) * _stride, content.Length)
                    : new Part(FileStore.NewTemporary(target, out var own), own, 0, content.Length);
                _parts[partNumber] = part;
            }

            if (former is not null && former.File != _file)
                Remove(former);
            await RandomAccess.WriteAsync(part.File, content, part.Offset, cancellationToken).ConfigureAwait(false);
            return true;
        });
    }

    public Task<ObjectInfo> CompleteAsync(CancellationToken cancellationToken = default) => FileStore.Guard(uri, async () =>
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        if (_file is null)
            throw new InvalidOperationException("An upload needs at least one part.");

        var position = 0L;
        var inPlace = true;
        foreach (var part in _parts.Values)
        {
            inPlace &= part.File == _file && part.Offset == position;
            position += part.Length;
        }

        if (inPlace)
            RandomAccess.SetLength(_file, position);
        else
            await AssembleAsync(cancellationToken).ConfigureAwait(false);

        _file.Dispose();
        var info = await FileStore.CommitAsync(uri, target, _path!, options, metadata, cancellationToken).ConfigureAwait(false);
        _finished = true;
        return info;
    });

    public Task AbortAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_finished)
                return Task.CompletedTask;
            _finished = true;
        }

        foreach (var part in _parts.Values)
            Remove(part);
        if (_file is not null)
            Remove(new Part(_path!, _file, 0, 0));
        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync() => await AbortAsync(CancellationToken.None).ConfigureAwait(false);

    private static void Remove(Part part)
    {
        part.File.Dispose();
        File.Delete(part.Path);
    }

    private async Task AssembleAsync(CancellationToken cancellationToken)
    {
        var path = FileStore.NewTemporary(target, out var file);
        var buffer = new byte[CopyBufferSize];
        var position = 0L;
        try
        {
            foreach (var part in _parts.Values)
            {
                for (var done = 0L; done < part.Length;)
                {
                    var read = await RandomAccess.ReadAsync(part.File, buffer.AsMemory(0, (int)Math.Min(buffer.Length, part.Length - done)), part.Offset + done, cancellationToken).ConfigureAwait(false);
                    if (read == 0)
                        throw new EndOfStreamException("a part was cut short");
                    await RandomAccess.WriteAsync(file, buffer.AsMemory(0, read), position, cancellationToken).ConfigureAwait(false);
                    done += read;
                    position += read;
                }
            }
        }
        catch
        {
            Remove(new Part(path, file, 0, 0));
            throw;
        }

        foreach (var part in _parts.Values)
            Remove(part);
        Remove(new Part(_path!, _file!, 0, 0));
        _parts.Clear();
        _parts[1] = new Part(path, file, 0, position);
        (_path, _file) = (path, file);
    }

    private sealed record Part(string Path, SafeFileHandle File, long Offset, long Length);
}
