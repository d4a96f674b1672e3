using Dataplug.Storage;

namespace Dataplug.Cli.Output;

/// <summary>Writes an object in parts with the memory of one part; small objects go up in one request. Disposing it without
/// <see cref="CompleteAsync"/> leaves no object.</summary>
internal sealed class UploadStream(IObjectStore store, ObjectUri uri) : Stream
{
    // 10 000 parts (the limit of S3) of growing size: 8 MiB, doubled every 1000 parts, reach far beyond the 5 TiB of an object.
    private const int FirstPartSize = 8 << 20;
    private const int PartsPerSize = 1000;
    private const int LargestPartSize = 1 << 30;

    private byte[] _part = new byte[FirstPartSize];
    private int _filled;
    private int _parts;
    private IMultipartUpload? _upload;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            if (_filled == _part.Length)
                await SendPartAsync(cancellationToken);
            var taken = Math.Min(buffer.Length, _part.Length - _filled);
            buffer[..taken].CopyTo(_part.AsMemory(_filled));
            _filled += taken;
            buffer = buffer[taken..];
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Flush()
    {
        // Parts are sent when they are full.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Makes the object visible.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        if (_upload is null)
        {
            await store.PutAsync(uri, _part.AsMemory(0, _filled), PutOptions.Overwrite, cancellationToken);
            return;
        }

        if (_filled > 0)
            await SendPartAsync(cancellationToken);
        await _upload.CompleteAsync(cancellationToken);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_upload is not null)
            await _upload.DisposeAsync();
        await base.DisposeAsync();
    }

    private async Task SendPartAsync(CancellationToken cancellationToken)
    {
        _upload ??= await store.CreateMultipartAsync(uri, PutOptions.Overwrite, cancellationToken);
        await _upload.UploadPartAsync(++_parts, _part.AsMemory(0, _filled), cancellationToken);
        _filled = 0;
        if (_parts % PartsPerSize == 0 && _part.Length < LargestPartSize)
            _part = new byte[_part.Length * 2];
    }
}
