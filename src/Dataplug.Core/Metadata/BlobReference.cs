using Dataplug.Storage;

namespace Dataplug.Metadata;

/// <summary>
/// A few kilobytes of an index that a reader of one slice needs (a decompression window): where they lie in the sidecar, or
/// the bytes themselves, so that a slice can also travel where the sidecar can't be read.
/// </summary>
public sealed record BlobReference
{
    /// <summary>The sidecar object; null when <see cref="Inline"/> holds the bytes.</summary>
    public ObjectUri? Sidecar { get; init; }

    /// <summary>Offset of the blob from the start of the sidecar, in bytes.</summary>
    public long Offset { get; init; }

    /// <summary>Length of the blob as stored, in bytes.</summary>
    public int Length { get; init; }

    /// <summary>XXH3-64 of the stored bytes, as 16 hexadecimal digits.</summary>
    public required string Checksum { get; init; }

    /// <summary>The stored bytes in Base64, or null when they are read from <see cref="Sidecar"/>.</summary>
    public string? Inline { get; init; }

    /// <summary>Fetches the stored bytes (one range GET, or none) and checks them.</summary>
    /// <exception cref="CorruptIndexException">The bytes are not those that were written.</exception>
    /// <exception cref="ObjectNotFoundException">The sidecar is gone.</exception>
    public Task<ReadOnlyMemory<byte>> LoadAsync(ObjectStores stores, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();

    /// <summary>The same blob with its bytes on board.</summary>
    public Task<BlobReference> InlineAsync(ObjectStores stores, CancellationToken cancellationToken = default) =>
        throw new NotImplementedException();
}
