namespace Dataplug.Formats.Imzml.Xml;

/// <summary>Lets no reader take more than a limit between two grants, so that one endless name or value does not fill the memory.</summary>
internal sealed class GuardedStream(Stream inner, string source) : Stream
{
    /// <summary>Bytes that may be read for one node of the document.</summary>
    public const int Limit = 4 << 20;

    private long _left = Limit;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public void Grant() => _left = Limit;

    public override int Read(byte[] buffer, int offset, int count) => Count(inner.Read(buffer, offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Count(await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }

    private int Count(int read) => (_left -= read) >= 0
        ? read
        : throw new CorruptObjectException(source, $"a name, a value or a text of the document has more than {Limit} bytes", "This is no imzML that an instrument or a converter wrote; check where it is from.");
}
