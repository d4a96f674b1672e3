using System.Text.Json.Serialization;
using Dataplug.Metadata;
using Dataplug.Storage;

namespace Dataplug.Text;

/// <summary>A run of bytes of an object's content, be the object compressed or not: what is needed to read it.</summary>
public sealed record ContentRange
{
    /// <summary>Bytes of content before the run.</summary>
    public required long Offset { get; init; }

    /// <summary>Bytes of the run.</summary>
    public required long Length { get; init; }

    /// <summary>Where it is in a compressed object; null where the object is its content.</summary>
    public GZipContentRange? Compressed { get; init; }

    /// <summary>Bytes of content before what comes after the run.</summary>
    [JsonIgnore]
    public long End => Offset + Length;

    /// <summary>Whether there is nothing in it, so that nothing is fetched.</summary>
    [JsonIgnore]
    public bool IsEmpty => Length == 0;

    /// <summary>The bytes of the object that are fetched; none of an empty run.</summary>
    [JsonIgnore]
    public IReadOnlyList<ByteRange> Ranges => IsEmpty ? [] : [Compressed?.Range ?? new ByteRange(Offset, Length)];

    /// <summary>The blobs of the index that are needed: a window, or none.</summary>
    [JsonIgnore]
    public IReadOnlyList<BlobReference> Blobs => Compressed?.Window is { } window ? [window] : [];

    /// <summary>A run of an object's content. Costs no read.</summary>
    /// <param name="index">Where the content of a compressed object is; null where the object is its content.</param>
    /// <param name="start">Bytes of content before it.</param>
    /// <param name="end">Bytes of content before what comes after it.</param>
    public static ContentRange Of(GZipLineIndex? index, long start, long end) => new()
    {
        Offset = start,
        Length = end - start,
        Compressed = start == end ? null : index?.LocateContent(start, end),
    };

    /// <summary>The same run with another reference to its window, as <see cref="Blobs"/> gave it.</summary>
    public ContentRange WithBlobs(IReadOnlyList<BlobReference> blobs)
    {
        ArgumentNullException.ThrowIfNull(blobs);
        return Compressed?.Window is null ? this : this with { Compressed = Compressed with { Window = blobs[0] } };
    }

    /// <summary>Opens the run, decompressed: one range GET when it is read, and one of the window before, if there is one.</summary>
    /// <param name="source">The object, pinned.</param>
    /// <param name="stores">The stores that a window is fetched through.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="StaleIndexException">The object changed since it was indexed; thrown here or by a read.</exception>
    /// <exception cref="InvalidSliceException">The numbers make no sense.</exception>
    public Task<Stream> OpenAsync(PinnedObject source, ObjectStores stores, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (Offset < 0 || Length < 0 || (Compressed is null && !IsEmpty && End > source.Size) || (Compressed is { } compressed && compressed.Length != Length))
            throw new InvalidSliceException(source.Uri.Display, "the slice's numbers contradict each other");
        return Compressed is null
            ? Task.FromResult(IsEmpty ? Stream.Null : source.OpenRead(new ByteRange(Offset, Length)))
            : Compressed.OpenAsync(source, stores, cancellationToken);
    }
}
