namespace Dataplug.Metadata;

/// <summary>A new file in the home folder, whose failures (disk full, quota) say what to do about them.</summary>
internal sealed class HomeFileStream(string path) : Stream
{
    private readonly FileStream _file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _file.Length;

    public override long Position
    {
        get => _file.Position;
        set => throw new NotSupportedException();
    }

    /// <summary>Forces everything to the disk.</summary>
    public void FlushToDisk() => DataplugHome.Guard(path, () =>
    {
        _file.Flush(flushToDisk: true);
        return true;
    });

    public override void Flush() => DataplugHome.Guard(path, () =>
    {
        _file.Flush();
        return true;
    });

    public override Task FlushAsync(CancellationToken cancellationToken) => DataplugHome.GuardAsync(path, async () =>
    {
        await _file.FlushAsync(cancellationToken).ConfigureAwait(false);
        return true;
    });

    public override void Write(byte[] buffer, int offset, int count) => DataplugHome.Guard(path, () =>
    {
        _file.Write(buffer, offset, count);
        return true;
    });

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await _file.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DataplugHome.Unwritable(path, e);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await _file.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _file.Dispose();
        base.Dispose(disposing);
    }
}
