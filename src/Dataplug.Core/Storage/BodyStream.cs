namespace Dataplug.Storage;

/// <summary>For stores: the body of an answer, of which exactly a known number of bytes must come: a body that ends early is a failure.</summary>
/// <param name="body">The bytes as they come.</param>
/// <param name="range">Where in the object they are.</param>
/// <param name="name">The object, for messages.</param>
/// <param name="owner">What to dispose with the stream, besides the body; may be null.</param>
public sealed class BodyStream(Stream body, ByteRange range, string name, IDisposable? owner) : ForwardStream
{
    private long _position = range.Offset;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position == range.End || buffer.IsEmpty)
            return 0;
        int read;
        try
        {
            read = await body.ReadAsync(buffer[..(int)Math.Min(buffer.Length, range.End - _position)], cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException or Amazon.Runtime.AmazonClientException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw HttpFaults.Lost(exception, name, _position);
        }

        if (read == 0)
            throw new StorageException(name, $"the answer ended {range.End - _position} bytes short", byteOffset: _position, isTransient: true);
        _position += read;
        return read;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            body.Dispose();
            owner?.Dispose();
        }

        base.Dispose(disposing);
    }
}
