using Microsoft.Win32.SafeHandles;

namespace Dataplug.Storage;

/// <summary>
/// A run of a file's bytes. After every read the open file is held against the version that the read began with, so that
/// bytes which were written over meanwhile are never given out.
/// </summary>
internal sealed class FileReadStream(SafeFileHandle handle, FileVersion version, ByteRange range, string name) : ForwardStream
{
    private long _position = range.Offset;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Clip(buffer.Length) is not (> 0 and var count))
            return 0;
        try
        {
            return Checked(await RandomAccess.ReadAsync(handle, buffer[..count], _position, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (FileFaults.Applies(exception))
        {
            throw FileFaults.Translate(exception, name);
        }
    }

    public override int Read(Span<byte> buffer)
    {
        if (Clip(buffer.Length) is not (> 0 and var count))
            return 0;
        try
        {
            return Checked(RandomAccess.Read(handle, buffer[..count], _position));
        }
        catch (Exception exception) when (FileFaults.Applies(exception))
        {
            throw FileFaults.Translate(exception, name);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            handle.Dispose();
        base.Dispose(disposing);
    }

    private int Clip(int wanted) => (int)Math.Min(wanted, range.End - _position);

    private int Checked(int read)
    {
        if (FileVersion.Of(handle) != version)
            throw new StaleIndexException(name, "the file was changed while it was read", byteOffset: _position);
        if (read == 0)
            throw new StorageException(name, $"the file ends before the {range.End - _position} bytes that are left to read", byteOffset: _position);
        _position += read;
        return read;
    }
}
