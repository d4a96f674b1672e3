using System.Buffers;

namespace Dataplug.Storage;

/// <summary>Uploads of streams of any length with bounded memory.</summary>
public static class ObjectUpload
{
    private const int MaxParts = 10_000;
    private const int PartsBetweenGrowth = 1000;
    private const int LargestGrownPart = 512 << 20;

    /// <summary>
    /// Writes a stream to an object: at once when it is shorter than one part, else in parts, several at a time. Nothing is
    /// visible until all is there; on failure or cancellation the parts are thrown away.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="uri">The object.</param>
    /// <param name="content">The bytes, read from the present position to the end; not disposed.</param>
    /// <param name="options">Conditions and metadata; null to overwrite.</param>
    /// <param name="upload">Part size and parallelism; null for the default.</param>
    /// <param name="cancellationToken">Cancels the upload.</param>
    /// <exception cref="PreconditionFailedException">The condition does not hold.</exception>
    /// <exception cref="StorageException">The store failed, or the stream is longer than 10 000 parts.</exception>
    public static async Task<ObjectInfo> UploadAsync(
        this IObjectStore store, ObjectUri uri, Stream content, PutOptions? options = null, UploadOptions? upload = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(uri);
        ArgumentNullException.ThrowIfNull(content);
        options ??= PutOptions.Overwrite;
        upload ??= UploadOptions.Default;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(upload.PartSize);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(upload.Parallelism);

        long? length = content.CanSeek ? content.Length - content.Position : null;
        var first = await ReadPartAsync(content, PartSize(1, upload.PartSize, length), cancellationToken).ConfigureAwait(false);
        if (!first.IsFull)
        {
            using (first)
                return await store.PutAsync(uri, first.Bytes, options, cancellationToken).ConfigureAwait(false);
        }

        return await UploadPartsAsync(store, uri, content, first, length, options, upload, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The size of a part: such that 10 000 hold an object of known length, else doubled after every thousand parts up to 512
    /// MiB, so that 10 000 parts of at first 8 MiB hold 2.4 TiB of a stream whose end nobody knows.
    /// </summary>
    internal static int PartSize(int partNumber, int wanted, long? length)
    {
        if (length is { } known)
            return (int)Math.Min(Array.MaxLength, Math.Max(wanted, (known + MaxParts - 1) / MaxParts));
        var grown = (long)wanted << Math.Min(20, (partNumber - 1) / PartsBetweenGrowth);
        return (int)Math.Max(wanted, Math.Min(grown, LargestGrownPart));
    }

    private static async Task<ObjectInfo> UploadPartsAsync(
        IObjectStore store, ObjectUri uri, Stream content, Part first, long? length, PutOptions options, UploadOptions upload, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var slots = new SemaphoreSlim(upload.Parallelism);
        var sending = new List<Task>();
        var part = first;
        IMultipartUpload? parts = null;
        try
        {
            parts = await store.CreateMultipartAsync(uri, options, cancellationToken).ConfigureAwait(false);
            var wanted = Math.Max(upload.PartSize, parts.MinimumPartSize);
            if (part.Size < wanted)
                part = await part.EnlargeAsync(content, PartSize(1, wanted, length), cancellationToken).ConfigureAwait(false);
            for (var number = 1; !part.IsEmpty; number++)
            {
                if (number > MaxParts)
                    throw new StorageException(uri.Display, $"the stream is longer than {MaxParts} parts of up to {part.Size} bytes", "Upload it with a larger part size.");
                await slots.WaitAsync(stop.Token).ConfigureAwait(false);
                sending.RemoveAll(task => task.IsCompletedSuccessfully);
                var isLast = !part.IsFull;
                sending.Add(SendAsync(parts, number, part, slots, stop));
                part = Part.None;
                if (isLast)
                    break;
                part = await ReadPartAsync(content, PartSize(number + 1, wanted, length), stop.Token).ConfigureAwait(false);
            }

            await Task.WhenAll(sending).ConfigureAwait(false);
            return await parts.CompleteAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

            // The loop may have been stopped by a part's failure; then that is the reason to report.
            var cause = exception is OperationCanceledException && !cancellationToken.IsCancellationRequested
                ? sending.Select(task => task.Exception?.InnerException).FirstOrDefault(inner => inner is not null) : null;
            if (cause is not null)
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(cause);
            throw;
        }
        finally
        {
            part.Dispose();
            if (parts is not null)
                await parts.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task SendAsync(IMultipartUpload parts, int number, Part part, SemaphoreSlim slots, CancellationTokenSource stop)
    {
        try
        {
            using (part)
                await parts.UploadPartAsync(number, part.Bytes, stop.Token).ConfigureAwait(false);
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            slots.Release();
        }
    }

    private static async Task<Part> ReadPartAsync(Stream content, int size, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            var filled = await content.ReadAtLeastAsync(buffer.AsMemory(0, size), size, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            return new Part(buffer, size, filled);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    /// <summary>A rented buffer with the bytes of a part.</summary>
    private sealed class Part(byte[] buffer, int size, int filled) : IDisposable
    {
        private byte[]? _buffer = buffer;

        public static Part None => new([], 0, 0);

        public int Size => size;

        public bool IsFull => filled == size;

        public bool IsEmpty => filled == 0;

        public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, filled);

        /// <summary>A larger part that begins with this one's bytes.</summary>
        public async Task<Part> EnlargeAsync(Stream content, int newSize, CancellationToken cancellationToken)
        {
            var larger = ArrayPool<byte>.Shared.Rent(newSize);
            try
            {
                Bytes.CopyTo(larger);
                var more = await content.ReadAtLeastAsync(larger.AsMemory(filled, newSize - filled), newSize - filled, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
                Dispose();
                return new Part(larger, newSize, filled + more);
            }
            catch
            {
                ArrayPool<byte>.Shared.Return(larger);
                throw;
            }
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _buffer, null) is { Length: > 0 } rented)
                ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
