using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>A content that ends before its object does: after a known number of bytes.</summary>
/// <param name="content">The decompressed bytes.</param>
/// <param name="length">How many there are.</param>
/// <param name="checksEnd">Whether the end of the compressed data, where a checksum may be, is read as well.</param>
/// <param name="source">The object's name for messages.</param>
/// <param name="storedEnd">Offset of the first stored byte that is not read; for messages.</param>
internal sealed class BoundedContentStream(Stream content, long length, bool checksEnd, string source, long storedEnd) : ForwardStream
{
    private readonly byte[] _beyond = new byte[1];
    private long _left = length;
    private bool _ended;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty || _ended)
            return 0;
        if (_left > 0)
            return Take(content.Read(buffer[..(int)Math.Min(_left, buffer.Length)]));
        return End(checksEnd ? content.Read(_beyond) : 0);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _ended)
            return 0;
        if (_left > 0)
            return Take(await content.ReadAsync(buffer[..(int)Math.Min(_left, buffer.Length)], cancellationToken).ConfigureAwait(false));
        return End(checksEnd ? await content.ReadAsync(_beyond, cancellationToken).ConfigureAwait(false) : 0);
    }

    public override async ValueTask DisposeAsync()
    {
        await content.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            content.Dispose();
        base.Dispose(disposing);
    }

    private int Take(int read)
    {
        if (read == 0)
            Throw("the content is shorter than when the object was indexed");
        _left -= read;
        return read;
    }

    private int End(int beyond)
    {
        if (beyond != 0)
            Throw("the content is longer than when the object was indexed");
        _ended = true;
        return 0;
    }

    private void Throw(string problem) =>
        throw new CorruptObjectException(source, problem, "Preprocess the object again with force, then partition it again.", storedEnd);
}
