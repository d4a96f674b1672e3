using System.Globalization;
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

    /// <summary>Length of the blob as stored, in bytes; at most 16 MiB.</summary>
    public int Length { get; init; }

    /// <summary>XXH3-64 of the stored bytes, as 16 hexadecimal digits.</summary>
    public required string Checksum { get; init; }

    /// <summary>The stored bytes in Base64, or null when they are read from <see cref="Sidecar"/>.</summary>
    public string? Inline { get; init; }

    /// <summary>Fetches the stored bytes (one range GET, or none) and checks them.</summary>
    /// <exception cref="CorruptIndexException">The bytes are not those that were written.</exception>
    /// <exception cref="ObjectNotFoundException">The sidecar is gone.</exception>
    public async Task<ReadOnlyMemory<byte>> LoadAsync(ObjectStores stores, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stores);
        if (Length < 0 || Offset < 0 || Length > SidecarLayout.MaximumBlobLength || Offset > long.MaxValue - Length)
            throw Corrupt($"a blob of {Length} bytes can't be");

        byte[] bytes;
        if (Inline is { } inline)
        {
            bytes = new byte[Length];
            if (!Convert.TryFromBase64String(inline, bytes, out var decoded) || decoded != Length)
                throw Corrupt("the blob in the slice is not what it says");
        }
        else if (Length == 0)
        {
            bytes = [];
        }
        else
        {
            if (Sidecar is null)
                throw Corrupt("the blob is nowhere: neither in a sidecar nor in the slice");
            bytes = await SidecarReader.ReadRangeAsync(stores, Sidecar, new ByteRange(Offset, Length), null, cancellationToken).ConfigureAwait(false);
        }

        return SidecarLayout.Checksum(bytes).ToString("x16", CultureInfo.InvariantCulture) == Checksum
            ? bytes
            : throw Corrupt("the blob has another checksum than when the object was partitioned: the index was rewritten or is damaged");
    }

    /// <summary>The same blob with its bytes on board.</summary>
    /// <inheritdoc cref="LoadAsync" path="/exception"/>
    public async Task<BlobReference> InlineAsync(ObjectStores stores, CancellationToken cancellationToken = default)
    {
        if (Inline is not null)
            return this;
        var bytes = await LoadAsync(stores, cancellationToken).ConfigureAwait(false);
        return this with { Sidecar = null, Offset = 0, Inline = Convert.ToBase64String(bytes.Span) };
    }

    private CorruptIndexException Corrupt(string problem) =>
        new(Sidecar?.Display, problem, "Partition the object again; if that fails too, preprocess it with force.", Offset);
}
