using System.Text.Json.Serialization;
using Dataplug.Compression;
using Dataplug.Metadata;
using Dataplug.Storage;
using Dataplug.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>A run of the text of a VCF object, by what the object is stored in: exactly one of the three is set.</summary>
public sealed record VcfRun
{
    /// <summary>Of a plain object: the bytes.</summary>
    public ByteRange? Plain { get; init; }

    /// <summary>Of an object in BGZF.</summary>
    public BgzfRange? Bgzf { get; init; }

    /// <summary>Of an object in other gzip.</summary>
    public GZipContentRange? GZip { get; init; }

    /// <summary>The stored bytes that are fetched.</summary>
    [JsonIgnore]
    public ByteRange Range => Plain ?? Bgzf?.Range ?? GZip?.Range ?? default;

    /// <summary>Whether there is nothing in it, so that nothing is fetched.</summary>
    [JsonIgnore]
    public bool IsEmpty => Plain is { Length: 0 } || Bgzf is { IsEmpty: true } || GZip is { IsEmpty: true };

    /// <summary>The decompression window that is needed; often none.</summary>
    [JsonIgnore]
    public BlobReference? Window => GZip?.Window;

    /// <summary>Opens the run as text: one range GET of the object, and one of the window where there is one.</summary>
    /// <param name="source">The object, pinned.</param>
    /// <param name="stores">The stores that a window is fetched through.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <exception cref="InvalidSliceException">The numbers make no sense.</exception>
    public async Task<Stream> OpenAsync(PinnedObject source, ObjectStores stores, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (Plain is { } range)
        {
            return range.End <= source.Size && Bgzf is null && GZip is null
                ? source.OpenRead(range)
                : throw new InvalidSliceException(source.Uri.Display, "the slice's numbers contradict each other");
        }

        if (Bgzf is not null)
            return Bgzf.Open(source);
        return GZip is not null
            ? await GZip.OpenAsync(source, stores, cancellationToken).ConfigureAwait(false)
            : throw new InvalidSliceException(source.Uri.Display, "a run of the slice is nowhere");
    }

    internal VcfRun WithWindow(BlobReference window) => GZip is null ? this : this with { GZip = GZip with { Window = window } };
}
