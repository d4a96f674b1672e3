namespace Dataplug.Storage;

/// <summary>An object on its way up in parts. Nothing is visible until <see cref="CompleteAsync"/>; disposing without it aborts.</summary>
public interface IMultipartUpload : IAsyncDisposable
{
    /// <summary>The smallest allowed size of a part other than the last, in bytes.</summary>
    int MinimumPartSize { get; }

    /// <summary>Sends one part. Parts may be sent in any order and at the same time.</summary>
    /// <param name="partNumber">1 to 10 000; the object is the parts in the order of their numbers.</param>
    /// <param name="content">The part's bytes; not kept after the call.</param>
    /// <param name="cancellationToken">Cancels the part.</param>
    Task UploadPartAsync(int partNumber, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default);

    /// <summary>Makes the object of the parts and shows it.</summary>
    /// <exception cref="PreconditionFailedException">The condition of <see cref="PutOptions"/> does not hold.</exception>
    Task<ObjectInfo> CompleteAsync(CancellationToken cancellationToken = default);

    /// <summary>Throws the parts away. Does nothing after completion.</summary>
    Task AbortAsync(CancellationToken cancellationToken = default);
}
